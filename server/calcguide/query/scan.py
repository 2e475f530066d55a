"""A scanner of SPARQL tokens: finds what is refused before the engine sees the query."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r'''(?P<string>"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n\r]|\\.)*")'''
    r"""|(?P<string_>\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'|'(?:[^'\\\n\r]|\\.)*')"""
    r"""|(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)"""
    r"""|(?P<comment>\#[^\n\r]*)"""
    r"""|(?P<variable>[?$]\w+)"""
    r"""|(?P<name>[\w.\-]*:(?:[\w.\-:%]|\\.)*)"""
    r"""|(?P<number>\.?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?)"""
    r"""|(?P<word>[A-Za-z]\w*)"""
    r"""|(?P<other>\S)""",
    re.DOTALL,
)
_SKIPPED = ("string", "string_", "iri", "comment", "variable", "name", "number")


@dataclass(frozen=True)
class Token:
    """A keyword or sign of a query; `start` is its offset in code points."""

    text: str
    start: int


def tokens(query: str) -> Iterator[Token]:
    """Yield the keywords and signs of a query, without strings, IRIs, names and comments.

    SPARQL 1.1 Query Language, section 19.8 (grammar terminals).
    """
    for match in _TOKEN.finditer(query):
        if match.lastgroup not in _SKIPPED:
            yield Token(match.group(), match.start())


def service(query: str) -> Token | None:
    """Return the first SERVICE keyword, None where there is none.

    The engine takes keywords without a space between them too.
    """
    words = ("SERVICE", "SERVICESILENT")
    return next((token for token in tokens(query) if token.text.upper() in words), None)


def place(query: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an offset."""
    line_start = query.rfind("\n", 0, offset) + 1
    return query.count("\n", 0, offset) + 1, offset - line_start + 1
