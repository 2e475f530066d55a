"""How much of what a dataset holds: the counts that VoID asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from calcguide import terms
from calcguide.dataset import Dataset


@dataclass(frozen=True)
class Counts:
    """What SELECT COUNT counts in the default graph.

    `classes` and `properties` are the most used thousand of each, sorted by IRI.
    """

    triples: int
    entities: int
    """Subjects with a name below the base: void:entities goes with void:uriSpace."""
    class_count: int
    property_count: int
    distinct_subjects: int
    distinct_objects: int
    classes: Mapping[NamedNode, int]
    properties: Mapping[NamedNode, int]

    def statements(self, subject: NamedNode) -> Iterator[Triple]:
        """Yield the counts of a dataset as VoID states them (section 4)."""
        totals = {
            "triples": self.triples,
            "entities": self.entities,
            "classes": self.class_count,
            "properties": self.property_count,
            "distinctSubjects": self.distinct_subjects,
            "distinctObjects": self.distinct_objects,
        }
        for local, total in totals.items():
            yield Triple(subject, _void(local), Literal(total))
        yield from _partitions(subject, "class", "entities", self.classes)
        yield from _partitions(subject, "property", "triples", self.properties)


def count_default_graph(dataset: Dataset) -> Counts:
    """Return the counts, as the statistics of the dataset have them."""
    counted = dataset.statistics
    return Counts(
        triples=counted.triples,
        entities=counted.own_subjects,
        class_count=counted.class_count,
        property_count=counted.property_count,
        distinct_subjects=counted.distinct_subjects,
        distinct_objects=counted.distinct_objects,
        classes=_sorted(counted.classes),
        properties=_sorted(counted.properties),
    )


def _sorted(counts: Mapping[str, int]) -> dict[NamedNode, int]:
    return {NamedNode(iri): count for iri, count in sorted(counts.items())}


def _partitions(
    subject: NamedNode, what: str, counted: str, counts: Mapping[NamedNode, int]
) -> Iterator[Triple]:
    for number, (term, count) in enumerate(counts.items(), 1):
        part = BlankNode(f"{what}-{number}")
        yield Triple(subject, _void(f"{what}Partition"), part)
        yield Triple(part, _void(what), term)
        yield Triple(part, _void(counted), Literal(count))


def _void(name: str) -> NamedNode:
    return NamedNode(terms.VOID + name)
