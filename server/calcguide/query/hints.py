"""What an answer that is empty, or a query that does not parse, may owe to a slip of the pen."""

import difflib
from collections.abc import Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Store

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.formats import Format
from calcguide.query.scan import Token, names, place, tokens

_CUTOFF = 0.7


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


def hints(query: str, dataset: Dataset) -> Iterator[str]:
    """Yield what in a query finds nothing, each in a sentence with its place.

    That is unknown names that resemble known ones, and strings without the language tag that
    they have in the data.
    """
    known = _Known(dataset)
    for token, iri in names(query):
        near = known.near(iri) if iri else None
        if near:
            line, column = place(query, token.start)
            yield f"Line {line}, column {column}: nothing is named {token.text}. {near}"
    yield from _untagged(query, dataset.store)


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
        namespaces = (terms.CALC, dataset.prefixes["id"])
        self._ours = {p: ns for p, ns in dataset.prefixes.items() if ns.startswith(namespaces)}

    def near(self, iri: str) -> str | None:
        """Return «Did you mean …?» for an unknown name of ours that resembles a known one."""
        of_ours = ((p, ns) for p, ns in self._ours.items() if iri.startswith(ns))
        prefix, namespace = next(of_ours, ("", ""))
        if not namespace or self._is_known(iri):
            return None
        known = {
            quad.subject.value[len(namespace) :]
            for quad in self._store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(namespace)
            if quad.subject.value not in self._out_of_use
        }
        near = difflib.get_close_matches(iri[len(namespace) :], known, 3, _CUTOFF)
        return f"Did you mean {' or '.join(f'{prefix}:{n}' for n in near)}?" if near else None

    def _is_known(self, iri: str) -> bool:
        try:
            node = NamedNode(iri)
        except ValueError:
            return True
        find = self._store.quads_for_pattern
        places = (find(node, None, None), find(None, node, None), find(None, None, node))
        return any(next(place, None) is not None for place in places)


def _untagged(query: str, store: Store) -> Iterator[str]:
    """Strings without a language tag that stand in the data with one."""
    found = [*tokens(query)]
    for token, following in zip(found, [*found[1:], Token("sign", "", len(query))], strict=True):
        if token.kind != "string" or following.text in ("@", "^^"):
            continue
        text = token.text.strip("\"'")
        tagged = Literal(text, language="en")
        plain = Literal(text)
        if _stands(store, tagged) and not _stands(store, plain):
            line, column = place(query, token.start)
            yield (
                f"Line {line}, column {column}: {token.text} has no language tag. "
                f'Did you mean "{text}"@en?'
            )


def _stands(store: Store, literal: Literal) -> bool:
    return next(store.quads_for_pattern(None, None, literal, None), None) is not None
