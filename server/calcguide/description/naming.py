"""Terms as pages show them: a label to read, an IRI to follow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Node, Term


@dataclass(frozen=True)
class Name:
    """A term to show; a literal and a blank node have no `iri`."""

    label: str
    iri: str | None = None


def calc(local: str) -> NamedNode:
    """Return a term of our vocabulary."""
    return NamedNode(terms.CALC + local)


@lru_cache(maxsize=20_000)
def name(dataset: Dataset, term: Term) -> Name:
    """Return the term with its label; kept, since a dataset does not change."""
    return Name(dataset.label(term), term.value if isinstance(term, NamedNode) else None)


def names(dataset: Dataset, found: Iterable[Term]) -> tuple[Name, ...]:
    """Return each term with its label, in alphabetical order."""
    return in_order({name(dataset, term) for term in found})


def in_order(found: Iterable[Name]) -> tuple[Name, ...]:
    """Return the names in alphabetical order."""
    return tuple(sorted(found, key=lambda n: (n.label.casefold(), n.iri or "")))


def in_sentence(label: str) -> str:
    """Return a label as it stands within a sentence: `NSAID` stays, `Skin` becomes `skin`."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def last_part(iri: str) -> str:
    """Return what stands behind the last slash or number sign of an IRI."""
    return iri.rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def texts(dataset: Dataset, node: Node, predicate: str) -> tuple[str, ...]:
    """Return the literals of a predicate, sorted; the English ones alone where there are any."""
    found = [t for t in dataset.values(node, NamedNode(predicate)) if isinstance(t, Literal)]
    english = [t for t in found if (t.language or "").startswith("en")]
    return tuple(sorted(t.value for t in english or found))


def text(dataset: Dataset, node: Node, predicate: str) -> str:
    """Return one literal of a predicate, the empty string where there is none."""
    return next(iter(texts(dataset, node, predicate)), "")


def summary(dataset: Dataset, node: NamedNode) -> str:
    """The definition, comment or description of a thing, whichever there is first."""
    predicates = (terms.SKOS + "definition", terms.RDFS + "comment", terms.DCT + "description")
    return next((found for p in predicates if (found := text(dataset, node, p))), "")


def example(dataset: Dataset) -> Name | None:
    """Return what the dataset gives as an example of itself, an entity rather than another thing.

    None if it gives no example.
    """
    found = names(
        dataset, dataset.values(dataset.iri("dataset"), NamedNode(terms.VOID + "exampleResource"))
    )
    entity = calc("Entity").value
    entities = (n for n in found if n.iri and entity in types_of(dataset, NamedNode(n.iri)))
    return next(entities, None) or next(iter(found), None)


def site_name(dataset: Dataset) -> str:
    """Return the short name that the dataset gives itself (dct:alternative), ours if none."""
    return text(dataset, dataset.iri("dataset"), terms.DCT + "alternative") or "calcguide"


def number(dataset: Dataset, node: Node, predicate: NamedNode) -> int | None:
    """Return a whole number that is stated of a node, else None."""
    found = dataset.value(node, predicate)
    return int(found.value) if isinstance(found, Literal) and found.value.isdecimal() else None


def members(dataset: Dataset, type: NamedNode) -> Iterator[NamedNode]:
    """Yield the named instances of a class, as the default graph has them, that are in use."""
    for node in dataset.subjects(terms.RDF_TYPE, type):
        if isinstance(node, NamedNode) and node.value not in dataset.out_of_use:
            yield node


@lru_cache(maxsize=5_000)
def types_of(dataset: Dataset, node: Node) -> frozenset[str]:
    """Return the IRIs of the classes of a node, entailed ones included; kept."""
    found = dataset.values(node, terms.RDF_TYPE)
    return frozenset(term.value for term in found if isinstance(term, NamedNode))


def asserted_types(dataset: Dataset, node: Node) -> list[NamedNode]:
    """Return the classes that a node is stated to be in, without those that are entailed."""
    derived = {DEFAULT_GRAPH, dataset.graph("entailed"), dataset.graph("qualified-entailed")}
    return [
        quad.object
        for quad in dataset.store.quads_for_pattern(node, terms.RDF_TYPE, None, None)
        if quad.graph_name not in derived and isinstance(quad.object, NamedNode)
    ]
