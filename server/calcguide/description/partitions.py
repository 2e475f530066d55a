"""How much of what a dataset holds: the counts that VoID asks for."""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Term


@dataclass(frozen=True)
class Counts:
    """What SELECT COUNT counts in the default graph; classes and properties are sorted by IRI."""

    triples: int
    entities: int
    """Subjects with a name below the base: void:entities goes with void:uriSpace."""
    distinct_subjects: int
    distinct_objects: int
    classes: Mapping[Term, int]
    properties: Mapping[Term, int]

    def statements(self, subject: NamedNode) -> Iterator[Triple]:
        """Yield the counts of a dataset as VoID states them (section 4)."""
        totals = {
            "triples": self.triples,
            "entities": self.entities,
            "classes": len(self.classes),
            "properties": len(self.properties),
            "distinctSubjects": self.distinct_subjects,
            "distinctObjects": self.distinct_objects,
        }
        for local, total in totals.items():
            yield Triple(subject, _void(local), Literal(total))
        yield from _partitions(subject, "class", "entities", self.classes)
        yield from _partitions(subject, "property", "triples", self.properties)


@functools.lru_cache(maxsize=1)
def count_default_graph(dataset: Dataset) -> Counts:
    """Return the counts; made once, since the data never change."""
    quads = list(dataset.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH))
    return Counts(
        triples=len(quads),
        entities=_entities(quads, dataset.base),
        distinct_subjects=len({q.subject for q in quads}),
        distinct_objects=len({q.object for q in quads}),
        classes=_sorted(Counter(q.object for q in quads if q.predicate == terms.RDF_TYPE)),
        properties=_sorted(Counter(q.predicate for q in quads)),
    )


def _entities(quads: list[Quad], base: str) -> int:
    subjects = {q.subject for q in quads if isinstance(q.subject, NamedNode)}
    return sum(subject.value.startswith(base) for subject in subjects)


def _sorted(counts: Mapping[Term, int] | Mapping[NamedNode, int]) -> dict[Term, int]:
    return dict(sorted(counts.items(), key=lambda item: str(item[0])))


def _partitions(
    subject: NamedNode, what: str, counted: str, counts: Mapping[Term, int]
) -> Iterator[Triple]:
    for number, (term, count) in enumerate(counts.items(), 1):
        part = BlankNode(f"{what}-{number}")
        yield Triple(subject, _void(f"{what}Partition"), part)
        yield Triple(part, _void(what), term)
        yield Triple(part, _void(counted), Literal(count))


def _void(name: str) -> NamedNode:
    return NamedNode(terms.VOID + name)
