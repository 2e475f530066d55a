"""What an answer that is empty, or a query that does not parse, may owe to a slip of the pen."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import Literal, NamedNode, Store

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.formats import Format
from calcguide.query.scan import Token, names, place, tokens

_CUTOFF = 0.7
_MOST_UNKNOWN = 50
"""Unknown names of one query for which near ones are looked for."""


_OTHER_WAY = {
    terms.DCT + "isPartOf": terms.DCT + "hasPart",
    terms.DCT + "isReferencedBy": terms.DCT + "references",
    terms.SKOS + "narrower": terms.SKOS + "broader",
    terms.PROV + "generated": terms.PROV + "wasGeneratedBy",
}
"""Property of a standard -> its inverse there, by which data may say the same."""


@dataclass(frozen=True)
class Hint:
    """A place in a query where something else may be meant, counted in code points from 1."""

    line: int
    column: int
    length: int
    message: str
    instead: tuple[str, ...]
    """What may be meant, the nearest first: each can be written at this place."""

    def __str__(self) -> str:
        return f"Line {self.line}, column {self.column}: {self.message}"


def undeclared_prefix(query: str, prefixes: Mapping[str, str]) -> tuple[Token, str] | None:
    """Return the first prefixed name whose prefix the query does not declare, and what to do."""
    for token, iri in names(query):
        if token.kind == "name" and iri is None:
            prefix = token.text.partition(":")[0]
            if prefix in prefixes:
                cure = f"Add this line at the top: PREFIX {prefix}: <{prefixes[prefix]}>"
            else:
                cure = f"Declare it at the top with PREFIX {prefix}: and its IRI."
            return token, f"the prefix {prefix}: is not declared. {cure}"
    return None


def hints(query: str, dataset: Dataset) -> Iterator[Hint]:
    """Yield what in a query finds nothing, each with its place and what is near.

    That is unknown names that resemble known ones, properties whose inverse the data use, and
    strings without the language tag that they have in the data.
    """
    known = _Known(dataset)
    unknown = ((token, iri) for token, iri in names(query) if iri and not known.has(iri))
    for token, iri in islice(unknown, _MOST_UNKNOWN):
        near = tuple(_rewritten(token, iri, other) for other in known.near(iri))
        inverse = _OTHER_WAY.get(iri)
        if inverse and known.has(inverse):
            near = (f"^{_rewritten(token, iri, inverse)}", *near)
        if near:
            yield _hint(query, token, f"nothing is named {token.text}.", near)
    yield from _untagged(query, dataset.store)


def _hint(query: str, token: Token, finding: str, instead: tuple[str, ...]) -> Hint:
    line, column = place(query, token.start)
    message = f"{finding} Did you mean {' or '.join(instead)}?"
    return Hint(line, column, len(token.text), message, instead)


def _rewritten(token: Token, iri: str, other: str) -> str:
    """Another IRI as it is written at the place of a token: with the same prefix, if it can be."""
    if token.kind == "name":
        local = token.text.partition(":")[2]
        namespace = iri.removesuffix(local)
        if other.startswith(namespace):
            return token.text.removesuffix(local) + other.removeprefix(namespace)
    return f"<{other}>"


def is_empty(format: Format, body: bytes) -> bool:
    """Return whether a result holds no solution, no statement, or is false."""
    if len(body) > 4096:
        return False
    if format.name == "json":  # in a string the quotes would be escaped
        return body.endswith(b'"bindings":[]}}') or b'"boolean":false' in body
    if format.name == "xml":
        return b"<result>" not in body and b"<boolean>true" not in body
    if format.name in ("csv", "tsv"):
        return body.count(b"\n") <= 1
    lines = body.splitlines()
    return all(not line.strip() or line.startswith((b"@prefix", b"[]", b"<?")) for line in lines)


class _Known:
    """The names that the dataset states something about."""

    def __init__(self, dataset: Dataset) -> None:
        self._store = dataset.store
        self._out_of_use = dataset.out_of_use
        self._ours = (terms.CALC, dataset.prefixes["id"])
        self._below: dict[str, frozenset[str]] = {}

    def near(self, iri: str) -> list[str]:
        """Return the known names of ours that resemble an unknown one, the nearest first."""
        namespace = next((ns for ns in self._ours if iri.startswith(ns)), None)
        if namespace is None:
            return []
        found = difflib.get_close_matches(
            iri.removeprefix(namespace), self._names(namespace), 3, _CUTOFF
        )
        return [namespace + local for local in found]

    def _names(self, namespace: str) -> frozenset[str]:
        """The last parts of the names in a namespace; looked up once."""
        if namespace not in self._below:
            self._below[namespace] = frozenset(
                quad.subject.value.removeprefix(namespace)
                for quad in self._store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
                if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(namespace)
                if quad.subject.value not in self._out_of_use
            )
        return self._below[namespace]

    def has(self, iri: str) -> bool:
        """Return whether a name stands anywhere in the dataset; true for what is no IRI."""
        try:
            node = NamedNode(iri)
        except ValueError:
            return True
        find = self._store.quads_for_pattern
        places = (find(node, None, None), find(None, node, None), find(None, None, node))
        return any(next(place, None) is not None for place in places)


def _untagged(query: str, store: Store) -> Iterator[Hint]:
    """Strings without a language tag that stand in the data with one."""
    found = [*tokens(query)]
    for token, following in zip(found, [*found[1:], Token("sign", "", len(query))], strict=True):
        if token.kind != "string" or following.text in ("@", "^^"):
            continue
        text = token.text.strip("\"'")
        tagged = Literal(text, language="en")
        plain = Literal(text)
        if _stands(store, tagged) and not _stands(store, plain):
            instead = (f'"{text}"@en',)
            yield _hint(query, token, f"{token.text} has no language tag.", instead)


def _stands(store: Store, literal: Literal) -> bool:
    return next(store.quads_for_pattern(None, None, literal, None), None) is not None
