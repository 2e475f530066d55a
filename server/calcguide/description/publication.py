"""What a document such as the ontology says of itself: the block at the top of its page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset, Node, Term
from calcguide.description.naming import Name, in_order, name

About = Mapping[str, list[Term]]
"""IRI of a property -> the values that one graph states of one thing."""

_ONTOLOGY: Final = NamedNode(terms.OWL + "Ontology")
_FACTS: Final = {
    terms.OWL + "versionInfo": "Version",
    terms.OWL + "versionIRI": "Name of this version",
    terms.BIBO + "status": "Status",
    terms.DCT + "creator": "Made by",
    terms.DCT + "created": "First made",
    terms.DCT + "issued": "Published",
    terms.DCT + "modified": "Last changed",
    terms.DCT + "license": "Licence",
    terms.VANN + "preferredNamespacePrefix": "Prefix",
    terms.VANN + "preferredNamespaceUri": "Namespace",
    terms.DCT + "source": "Drawn from",
    terms.DCT + "bibliographicCitation": "Cite it as",
}
_NOTES: Final = {
    terms.RDFS + "comment": "In short",
    terms.SKOS + "scopeNote": "What it is for",
    terms.SKOS + "historyNote": "How it came about",
    terms.SKOS + "editorialNote": "How it is kept",
}


@dataclass(frozen=True)
class Fact:
    """A row of a page: what it is about, and the values."""

    label: str
    values: tuple[Name, ...] = ()


@dataclass(frozen=True)
class Publication:
    """The title, purpose, facts and notes of a document about itself."""

    title: str
    lead: str
    facts: tuple[Fact, ...]
    notes: tuple[Fact, ...]


def describe_publication(dataset: Dataset, kind: str) -> Publication:
    """Return what a document states of itself in its graph; what it leaves out has no row.

    `kind` is `ontology` or `shapes`. Another guide that uses ours leaves them their names.
    """
    graph = dataset.graph(kind)
    typed = dataset.store.quads_for_pattern(None, terms.RDF_TYPE, _ONTOLOGY, graph)
    named = sorted((q.subject for q in typed if isinstance(q.subject, NamedNode)), key=str)
    document = next(iter(named), dataset.iri(kind))
    stated = about(dataset, document, graph)
    return Publication(
        title=dataset.label(document),
        lead=" ".join(t.value for t in stated.get(terms.DCT + "description", ())),  # type: ignore[union-attr]
        facts=facts(dataset, stated, _FACTS),
        notes=facts(dataset, stated, _NOTES),
    )


def about(dataset: Dataset, node: Node, graph: NamedNode) -> About:
    """Return what a graph states of a thing, the values in a fixed order."""
    found: dict[str, list[Term]] = {}
    for quad in sorted(dataset.store.quads_for_pattern(node, None, None, graph), key=str):
        found.setdefault(quad.predicate.value, []).append(quad.object)
    return found


def facts(dataset: Dataset, stated: About, labels: Mapping[str, str]) -> tuple[Fact, ...]:
    """Return a row for each of the properties that has a value, under its label."""
    return tuple(
        Fact(label, _values(dataset, stated[predicate], predicate))
        for predicate, label in labels.items()
        if predicate in stated
    )


def members(dataset: Dataset, node: Term, graph: NamedNode) -> Iterator[Term]:
    """Yield the members of an RDF list in a graph, in their order; none where it is no list."""
    while isinstance(node, BlankNode):
        stated = about(dataset, node, graph)
        yield from stated.get(terms.RDF + "first", ())
        node = next(iter(stated.get(terms.RDF + "rest", ())), Literal(""))


def shown(dataset: Dataset, term: Term) -> Name:
    """Return a term by its label where the data know it, else by its prefix."""
    if isinstance(term, NamedNode) and not dataset.knows(term.value):
        return Name(dataset.compact(term.value), term.value)
    return name(dataset, term)


def _values(dataset: Dataset, found: Iterable[Term], predicate: str) -> tuple[Name, ...]:
    return in_order(_value(dataset, term, predicate) for term in found)


def _value(dataset: Dataset, term: Term, predicate: str) -> Name:
    """A thing of ours by its label, an address of others in full, a status by its word."""
    if isinstance(term, Literal) or predicate == terms.BIBO + "status":
        return Name(dataset.label(term))
    named = name(dataset, term)
    ours = named.iri is not None and dataset.knows(named.iri)
    return named if ours or named.iri is None else Name(named.iri, named.iri)
