"""The dataset described by VoID: its own statements about itself, and counts of what is in it."""

import functools
from collections import Counter
from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Node, Term


def _void(name: str) -> NamedNode:
    return NamedNode(terms.VOID + name)


def describe_dataset(dataset: Dataset, endpoint: str) -> list[Triple]:
    """Return what the dataset states of itself, with counts of its default graph (VoID, 4).

    `endpoint` is the address of the SPARQL endpoint. The class and property partitions count
    what SELECT COUNT counts.
    """
    subject = dataset.iri("dataset")
    stated = [quad.triple for quad in dataset.graph_quads(dataset.graph("dataset"))]
    link = Triple(subject, _void("sparqlEndpoint"), NamedNode(endpoint))
    return [*stated, link, *_counts(dataset, subject)]


@functools.lru_cache(maxsize=1)
def _counts(dataset: Dataset, subject: NamedNode) -> tuple[Triple, ...]:
    """The counts; made once, since the data never change."""
    quads = list(dataset.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH))
    classes = Counter(q.object for q in quads if q.predicate == terms.RDF_TYPE)
    properties = Counter(q.predicate for q in quads)
    return (
        Triple(subject, _void("triples"), Literal(len(quads))),
        Triple(subject, _void("entities"), Literal(_entities(quads, dataset.base))),
        Triple(subject, _void("classes"), Literal(len(classes))),
        Triple(subject, _void("properties"), Literal(len(properties))),
        Triple(subject, _void("distinctSubjects"), Literal(len({q.subject for q in quads}))),
        Triple(subject, _void("distinctObjects"), Literal(len({q.object for q in quads}))),
        *_partitions(subject, "class", "entities", classes),
        *_partitions(subject, "property", "triples", properties),
    )


def _entities(quads: list[Quad], base: str) -> int:
    """How many subjects have a name below the base: void:entities goes with void:uriSpace."""
    subjects = {q.subject for q in quads if isinstance(q.subject, NamedNode)}
    return sum(subject.value.startswith(base) for subject in subjects)


def _partitions(
    subject: Node, what: str, counted: str, counts: Counter[Term] | Counter[NamedNode]
) -> Iterator[Triple]:
    for number, term in enumerate(sorted(counts, key=str), 1):
        part = BlankNode(f"{what}-{number}")
        yield Triple(subject, _void(f"{what}Partition"), part)
        yield Triple(part, _void(what), term)
        yield Triple(part, _void(counted), Literal(counts[term]))  # type: ignore[index]
