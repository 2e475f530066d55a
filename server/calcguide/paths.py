"""SHACL property paths (SHACL 2.3.1), as SPARQL writes them and in words."""

import re
from collections.abc import Iterator
from typing import Final, cast

from pyoxigraph import BlankNode, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset, Term

AS_SPARQL: Final = 0
IN_WORDS: Final = 1

_STEPS: Final = {
    NamedNode(terms.SH + "inversePath"): ("^{}", "{}, seen from the other end"),
    NamedNode(terms.SH + "zeroOrMorePath"): ("{}*", "{}, over any number of steps"),
    NamedNode(terms.SH + "oneOrMorePath"): ("{}+", "{}, over one step or more"),
    NamedNode(terms.SH + "zeroOrOnePath"): ("{}?", "{}, over one step or none"),
}
"""A step of a path: as SPARQL writes it, and in words."""
_SEQUENCE: Final = ("/", ", then ")
_ALTERNATIVES: Final = ("|", " or ")
_ALTERNATIVE: Final = NamedNode(terms.SH + "alternativePath")
_FIRST, _REST, _NIL = (NamedNode(terms.RDF + local) for local in ("first", "rest", "nil"))


def write_path(dataset: Dataset, path: Term, style: int = AS_SPARQL) -> str:
    """Return a property path of the shapes, `AS_SPARQL` or `IN_WORDS`."""
    if isinstance(path, NamedNode):
        if style == AS_SPARQL:
            return dataset.compact(path.value)
        return re.sub("(?<=[a-z])(?=[A-Z])", " ", dataset.label(path)).lower()
    stated = stated_on(dataset, path)
    alternatives = stated.get(_ALTERNATIVE)
    if alternatives or _FIRST in stated:
        separator = (_ALTERNATIVES if alternatives else _SEQUENCE)[style]
        members = _members(dataset, alternatives or path)
        joined = separator.join(write_path(dataset, member, style) for member in members)
        return f"({joined})" if style == AS_SPARQL else joined
    ((predicate, inner),) = stated.items()  # nothing else stands on such a node
    return _STEPS[predicate][style].format(write_path(dataset, inner, style))


def stated_on(dataset: Dataset, node: Term) -> dict[NamedNode, Term]:
    """Return what the shapes say of a node of a path or list: one value a predicate."""
    shapes = dataset.graph("shapes")
    quads = dataset.store.quads_for_pattern(cast(BlankNode, node), None, None, shapes)
    return {quad.predicate: quad.object for quad in sorted(quads, key=str)}


def _members(dataset: Dataset, node: Term) -> Iterator[Term]:
    while node != _NIL:
        found = stated_on(dataset, node)
        yield found[_FIRST]
        node = found[_REST]
