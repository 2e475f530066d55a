"""The result of a query as people read it: a table, bars, the statements and picture of a graph."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.description.naming import name
from calcguide.description.picture import Picture, draw
from calcguide.formats import TURTLE

MOST_ROWS: Final = 1000
"""Rows that a page shows; the downloads have all."""
MOST_BARS: Final = 60

_NUMBERS: Final = tuple(
    terms.XSD + local for local in ("integer", "decimal", "double", "float", "int", "long")
)


@dataclass(frozen=True)
class Cell:
    """A term of a result: its label, the IRI where it has one, what it exactly is."""

    text: str
    iri: str | None = None
    exact: str = ""
    """The name with its prefix, the language tag, or the datatype; empty for a plain string."""
    number: float | None = None


@dataclass(frozen=True)
class Bar:
    """A row of a chart; `percent` is its part of the longest bar."""

    label: str
    value: str
    percent: float


@dataclass(frozen=True)
class Table:
    """Solutions: the columns, the rows that are shown, how many there are; bars where they fit."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    count: int
    bars: tuple[Bar, ...] = ()

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column holds numbers, and nothing else."""
        return tuple(
            bool(self.rows) and all(row[i].number is not None for row in self.rows)
            for i in range(len(self.columns))
        )


@dataclass(frozen=True)
class Statements:
    """A graph: its statements as a table, as a picture, and as Turtle where it is small."""

    table: Table
    picture: Picture | None
    turtle: str


def read_solutions(dataset: Dataset, body: bytes) -> Table | bool:
    """Return the table of SPARQL results in JSON; of ASK, the boolean."""
    content = json.loads(body)
    if "boolean" in content:
        return bool(content["boolean"])
    columns = tuple(content["head"]["vars"])
    bindings = content["results"]["bindings"]
    rows = tuple(
        tuple(_cell_of(dataset, row.get(column)) for column in columns)
        for row in bindings[:MOST_ROWS]
    )
    table = Table(columns, rows, len(bindings))
    return replace(table, bars=tuple(_bars(table)))


def read_graph(dataset: Dataset, body: bytes) -> Statements:
    """Return what a page shows of a graph in N-Triples."""
    count = body.count(b"\n")
    found = [q.triple for q in islice(parse(body, format=RdfFormat.N_TRIPLES), MOST_ROWS)]
    found.sort(key=str)
    rows = tuple(tuple(_cell(dataset, term) for term in triple) for triple in found)
    edges = [
        (name(dataset, t.subject), name(dataset, t.predicate), name(dataset, t.object))
        for t in found
    ]
    turtle = TURTLE.write(found, dataset.context).decode() if count == len(found) else ""
    table = Table(("subject", "predicate", "object"), rows, count)
    return Statements(table, draw(edges), turtle)


def read_expected(dataset: Dataset, answer: str) -> Table | bool:
    """Return the table of an answer as `calc:expectedAnswer` writes it; of ASK, the boolean."""
    if answer in ("true", "false"):
        return answer == "true"
    columns, *rows = csv.reader(io.StringIO(answer))
    cells = tuple(tuple(_expected_cell(dataset, value) for value in row) for row in rows)
    table = Table(tuple(columns), cells[:MOST_ROWS], len(cells))
    return replace(table, bars=tuple(_bars(table)))


def _expected_cell(dataset: Dataset, value: str) -> Cell:
    """A name with its prefix or in angle brackets is what it names, if that is known here."""
    prefix, _, local = value.partition(":")
    iri = value[1:-1] if value.startswith("<") else dataset.prefixes.get(prefix, "") + local
    if dataset.knows(iri):
        return _cell(dataset, NamedNode(iri))
    return Cell(value, number=_number(value) if value.isdecimal() else None)


def _cell_of(dataset: Dataset, term: dict[str, Any] | None) -> Cell:
    """The cell of a term in SPARQL 1.1 Query Results JSON, section 3.2.2."""
    if term is None:
        return Cell("")
    value = str(term["value"])
    if term["type"] == "uri":
        return _cell(dataset, NamedNode(value))
    if term["type"] == "bnode":
        return Cell("_:" + value)
    return _literal(dataset, value, term.get("xml:lang"), term.get("datatype"))


def _cell(dataset: Dataset, term: Term) -> Cell:
    if isinstance(term, NamedNode):
        return Cell(name(dataset, term).label, term.value, dataset.compact(term.value))
    if isinstance(term, Literal):
        return _literal(dataset, term.value, term.language, term.datatype.value)
    return Cell(str(term))


def _literal(dataset: Dataset, value: str, language: str | None, datatype: str | None) -> Cell:
    if language:
        return Cell(value, exact="@" + language)
    if datatype in (None, terms.XSD + "string"):
        return Cell(value)
    number = _number(value) if datatype in _NUMBERS else None
    return Cell(value, exact=dataset.compact(datatype or ""), number=number)


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _bars(table: Table) -> Iterator[Bar]:
    """A bar for each row, where there is one column of labels and one of numbers, none negative."""
    if sorted(table.numeric) != [False, True] or not 2 <= table.count <= MOST_BARS:
        return
    at = table.numeric.index(True)
    values = [row[at].number or 0.0 for row in table.rows]
    longest = max(values)
    if min(values) < 0 or not 0 < longest < float("inf"):
        return
    for row, value in zip(table.rows, values, strict=True):
        yield Bar(row[1 - at].text or "(nothing)", row[at].text, round(100 * value / longest, 2))
