"""A scanner of SPARQL tokens: finds what is refused before the engine sees the query."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DEEPEST_NESTING: Final = 100
"""Brackets within brackets; the engine's parser recurses, and far deeper ends its process."""
LONGEST_CHAIN: Final = 1000
"""Times that one operator or keyword that chains patterns may stand in a query."""

_TOKEN = re.compile(
    r'''(?P<string>"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n\r]|\\.)*")'''
    r"""|(?P<string_>\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'|'(?:[^'\\\n\r]|\\.)*')"""
    r"""|(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)"""
    r"""|(?P<comment>\#[^\n\r]*)"""
    r"""|(?P<variable>[?$]\w+)"""
    r"""|(?P<name>[\w.\-\u00B7\u0300-\u036F\u203F\u2040]*:(?:[\w.\-:%\u00B7\u0300-\u036F\u203F\u2040]|\\.)*)"""
    r"""|(?P<number>\.?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?)"""
    r"""|(?P<word>[A-Za-z]\w*)"""
    r"""|(?P<sign>\|\||&&|\^\^|\S)""",
    re.DOTALL,
)
_OPEN, _CLOSE = "([{", ")]}"
_CHAINING = frozenset(
    ("||", "&&", "+", "-", "*", "/", "|", "^", "!", "UNION", "OPTIONAL", "MINUS", "BIND", "FILTER")
)


@dataclass(frozen=True)
class Token:
    """A token of a query; `start` is its offset in code points."""

    kind: str
    text: str
    start: int


def tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of a query without comments.

    Kinds are string, iri, variable, name, number, word (a keyword) and sign: SPARQL 1.1 Query
    Language, section 19.8 (grammar terminals).
    """
    for match in _TOKEN.finditer(query):
        kind = (match.lastgroup or "").rstrip("_")
        if kind != "comment":
            yield Token(kind, match.group(), match.start())


def service(query: str) -> Token | None:
    """Return the first SERVICE keyword, None where there is none.

    The engine takes keywords without a space between them too.
    """
    words = ("SERVICE", "SERVICESILENT")
    found = (t for t in tokens(query) if t.kind == "word" and t.text.upper() in words)
    return next(found, None)


def excess(query: str) -> tuple[str, Token] | None:
    """Return what there is too much of and the token where it begins, None where all is well.

    That is nesting deeper than `DEEPEST_NESTING` or a chain longer than `LONGEST_CHAIN`.
    """
    depth, chains = 0, Counter[str]()
    for token in tokens(query):
        if token.kind not in ("word", "sign"):
            continue
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth > DEEPEST_NESTING:
            return f"brackets nested deeper than {DEEPEST_NESTING}", token
        name = token.text.upper()
        chains[name] += name in _CHAINING
        if chains[name] > LONGEST_CHAIN:
            return f"more than {LONGEST_CHAIN} times {name}", token
    return None


def may_exceed(query: str) -> bool:
    """Return whether it is worth the time to look for an excess."""
    return len(query) > LONGEST_CHAIN or sum(map(query.count, _OPEN)) > DEEPEST_NESTING


def place(query: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an offset."""
    line_start = query.rfind("\n", 0, offset) + 1
    return query.count("\n", 0, offset) + 1, offset - line_start + 1


def offset(query: str, line: int, column: int) -> int:
    """Return the offset of a line and column, both from 1."""
    return sum(map(len, query.splitlines(keepends=True)[: line - 1])) + column - 1


def names(query: str) -> Iterator[tuple[Token, str | None]]:
    """Yield each IRI and prefixed name with the IRI it stands for, None where that is unknown.

    The declarations of the prologue are not among them; relative IRIs are unknown.
    """
    prefixes: dict[str, str] = {}
    declared: str | None = None
    previous = ""
    for token in tokens(query):
        if previous == "PREFIX" and token.kind == "name":
            declared = token.text
        elif declared is not None and token.kind == "iri":
            prefixes[declared] = token.text[1:-1]
            declared = None
        elif token.kind == "iri" and previous != "BASE":
            yield token, token.text[1:-1] if ":" in token.text else None
        elif token.kind == "name" and not token.text.startswith("_:"):
            prefix, _, local = token.text.partition(":")
            namespace = prefixes.get(prefix + ":")
            yield token, None if namespace is None else namespace + local.replace("\\", "")
        previous = token.text.upper()


def dataset_clause(query: str) -> tuple[list[str], list[str]]:
    """Return the graphs of FROM and those of FROM NAMED, as they stand in the query (13.2)."""
    resolved = {token.start: iri for token, iri in names(query)}
    graphs: dict[str, list[str]] = {"FROM": [], "NAMED": []}
    previous = ""
    for token in tokens(query):
        iri = resolved.get(token.start)
        if previous in graphs and iri is not None:
            graphs[previous].append(iri)
        previous = token.text.upper() if token.kind == "word" else ""
    return graphs["FROM"], graphs["NAMED"]
