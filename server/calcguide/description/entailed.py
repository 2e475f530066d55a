"""What the rules entail of an entity and no stated row says already."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.dataset import Dataset, Node, Term
from calcguide.description.naming import asserted_types, types_of
from calcguide.description.paging import Paging
from calcguide.description.statements import Origin, Statement, unclaimed

DERIVED: Final = {"entailed": Origin.RULE, "qualified-entailed": Origin.HEDGED_RULE}
"""The graphs that rules fill, and what a statement in each is to be shown as."""

_INVERSE_OF: Final = NamedNode(terms.OWL + "inverseOf")
_SYMMETRIC: Final = terms.OWL + "SymmetricProperty"
_SUB_PROPERTY_OF: Final = NamedNode(terms.RDFS + "subPropertyOf")
_SUB_CLASS_OF: Final = NamedNode(terms.RDFS + "subClassOf")


def both_ends(dataset: Dataset, node: NamedNode, paging: Paging) -> list[Quad]:
    """Return a page of quads with the node as subject or object, but for those with blank nodes."""
    outgoing = dataset.store.quads_for_pattern(node, None, None, None)
    incoming = dataset.store.quads_for_pattern(None, None, node, None)
    return [
        *(q for q in paging.part(outgoing) if isinstance(q.object, NamedNode | Literal)),
        *(q for q in paging.part(incoming) if isinstance(q.subject, NamedNode)),
    ]


def what_follows(
    dataset: Dataset, node: NamedNode, quads: list[Quad], statements: list[Statement]
) -> tuple[Statement, ...]:
    """Return the entailed statements among the quads that say something new of the node.

    Left out: the inverse of what is stated, the same with a super-property or a superclass,
    the other direction of a symmetric property, and labels.
    """
    origins: dict[Node | DefaultGraph, Origin] = {
        dataset.graph(graph): origin for graph, origin in DERIVED.items()
    }
    entailed = {
        _one_way(dataset, quad.triple): origins[quad.graph_name]
        for quad in quads
        if quad.graph_name in origins and isinstance(quad.object, NamedNode)
    }
    stated = {Triple(node, terms.RDF_TYPE, type) for type in asserted_types(dataset, node)}
    stated |= {
        _one_way(dataset, Triple(*(NamedNode(iri) for iri in s.triple if iri)))
        for s in statements
        if s.polarity == "affirmed" and s.object.iri
    }
    known = stated.union(*({*_coarser(dataset, t)} for t in stated | entailed.keys()))
    new = [t for t in entailed if t not in known]
    return tuple(unclaimed(dataset, t, entailed[t]) for t in sorted(new, key=str))


def _one_way(dataset: Dataset, triple: Triple) -> Triple:
    """The triple as a claim would put it: inverses turned round, symmetric ones in one order."""
    subject, predicate, object = triple
    if isinstance(object, NamedNode):
        forward = _forward(dataset, predicate)
        if isinstance(forward, NamedNode):
            return Triple(object, forward, subject)
        if _SYMMETRIC in types_of(dataset, predicate):
            first, second = sorted((subject, object), key=str)
            return Triple(first, predicate, second)
    return triple


@lru_cache(maxsize=1_000)
def _forward(dataset: Dataset, predicate: NamedNode) -> Term | None:
    """The property that claims use instead of its inverse, None for one that is none; kept."""
    return dataset.value(predicate, _INVERSE_OF)


def _coarser(dataset: Dataset, triple: Triple) -> Iterator[Triple]:
    """What says the same less exactly."""
    subject, predicate, object = triple
    for wider in _above(dataset, predicate, _SUB_PROPERTY_OF):
        yield Triple(subject, wider, object)
    if predicate == terms.RDF_TYPE:
        for wider in _above(dataset, object, _SUB_CLASS_OF):
            yield Triple(subject, predicate, wider)


@lru_cache(maxsize=1_000)
def _above(dataset: Dataset, term: Term, link: NamedNode) -> frozenset[NamedNode]:
    """What a property or a class leads to by a link, over any number of steps; kept."""
    found: set[NamedNode] = set()
    waiting = [term]
    while waiting:
        for wider in dataset.values(waiting.pop(), link):  # type: ignore[arg-type]
            if isinstance(wider, NamedNode) and wider not in found:
                found.add(wider)
                waiting.append(wider)
    return frozenset(found)
