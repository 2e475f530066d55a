"""Statistics of a store: counted once, when it is loaded, and never by going through it again."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, QuerySolution, Store

VERSION: Final = 1
"""Of what is counted; to be raised where that changes, since statistics are kept with a store."""
MOST: Final = 1_000
"""Classes, properties and named graphs that are counted one by one, those with most first."""

_SUBJECTS: Final = """
SELECT (COUNT(*) AS ?all) (COUNT(?named) AS ?own) {
  { SELECT DISTINCT ?node { ?node ?p ?o } }
  BIND(IF(STRSTARTS(STR(?node), %s), 1, ?unbound) AS ?named)
}"""
_OBJECTS: Final = "SELECT (COUNT(DISTINCT ?node) AS ?all) { ?s ?p ?node }"
_PROPERTIES: Final = "SELECT ?term (COUNT(*) AS ?all) { ?s ?term ?o } GROUP BY ?term"
_CLASSES: Final = "SELECT ?term (COUNT(*) AS ?all) { ?s a ?term } GROUP BY ?term"
_MEMBERS: Final = "SELECT ?term (COUNT(DISTINCT ?s) AS ?all) { ?s a ?term } GROUP BY ?term"
_GRAPHS: Final = "SELECT ?term (COUNT(*) AS ?all) { GRAPH ?term { ?s ?p ?o } } GROUP BY ?term"


@dataclass(frozen=True)
class Statistics:
    """How much of what a store holds, in its default graph where nothing else is said.

    `classes`, `properties`, `members` and `graphs` are IRI -> count, at most `MOST` of each.
    """

    triples: int
    distinct_subjects: int
    own_subjects: int
    """Subjects with a name below the dataset's base."""
    distinct_objects: int
    class_count: int
    property_count: int
    classes: Mapping[str, int]
    properties: Mapping[str, int]
    members: Mapping[str, int]
    """Classes with their members in the default graph and all named graphs together."""
    graphs: Mapping[str, int]
    """Named graphs, with the statements in each."""


def keep(statistics: Statistics, folder: Path) -> None:
    """Keep the statistics of a store on disk, beside its folder."""
    _place(folder).write_text(json.dumps(asdict(statistics)), encoding="utf-8")


def kept(folder: Path) -> Statistics:
    """Return the statistics that were kept of the store in a folder."""
    return Statistics(**json.loads(_place(folder).read_text(encoding="utf-8")))


def _place(folder: Path) -> Path:
    return folder.with_name("statistics.json")


def count(store: Store, base: str) -> Statistics:
    """Return the statistics of a store, whose own names begin with `base`.

    The engine counts, on all processors. Where there are no named graphs, it goes through the
    statements without looking for them.
    """
    has_graphs = next(store.named_graphs(), None) is not None

    def rows(query: str) -> list[QuerySolution]:
        everywhere = query is _MEMBERS
        return list(store.query(query, use_default_graph_as_union=everywhere))  # type: ignore[arg-type]

    with ThreadPoolExecutor() as threads:
        subjects, objects, properties, classes, *named = threads.map(
            rows,
            (
                _SUBJECTS % Literal(base),
                _OBJECTS,
                _PROPERTIES,
                _CLASSES,
                *((_MEMBERS, _GRAPHS) if has_graphs else ()),
            ),
        )
    members, graphs = named or (classes, [])
    return Statistics(
        triples=sum(_number(row) for row in properties),
        distinct_subjects=_number(subjects[0]),
        own_subjects=int(subjects[0]["own"].value),
        distinct_objects=_number(objects[0]),
        class_count=len(classes),
        property_count=len(properties),
        classes=dict(_most(classes)),
        properties=dict(_most(properties)),
        members=dict(_most(members)),
        graphs=dict(_most(graphs)),
    )


def _number(row: QuerySolution) -> int:
    return int(row["all"].value)


def _most(rows: list[QuerySolution]) -> Iterator[tuple[str, int]]:
    """The terms with a name and how often each is used, the most used first."""
    named = ((row["term"].value, _number(row)) for row in rows if _is_named(row))
    yield from sorted(named, key=lambda pair: (-pair[1], pair[0]))[:MOST]


def _is_named(row: QuerySolution) -> bool:
    return isinstance(row["term"], NamedNode)
