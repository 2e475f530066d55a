"""The tables for spreadsheets: one row a claim, one row a kind that the guide grades."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from calcguide.dataset import Dataset
from calcguide.description.cards import Card, cards
from calcguide.description.naming import Name, calc, members
from calcguide.description.statements import (
    Circumstance,
    Claim,
    Statement,
    read_claims,
    section_of,
)

BETWEEN: Final = "|"
"""What stands between the values of a cell that holds several."""

Cell = Name | str | int | Sequence[Name] | Sequence[str] | None
Plain = str | int | list[str] | None
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Column(Generic[Thing]):
    """One column: what it holds, and what of a row's thing stands in it."""

    name: str
    description: str
    cell: Callable[[Dataset, Thing], Cell]
    required: bool = False
    type: str = "string"


@dataclass(frozen=True)
class Table:
    """A table, to be read as CSV or JSON; the first column is the key."""

    name: str
    title: str
    description: str
    columns: tuple[Column[Claim] | Column[Card], ...]
    cells: tuple[tuple[Cell, ...], ...]
    prefixed: Callable[[str], str]
    """Shortens an IRI."""

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells as text: things by short name, several values with a bar between them."""
        return tuple(tuple(_text(cell, self.prefixed) for cell in row) for row in self.cells)

    @property
    def csv(self) -> bytes:
        """The table as CSV (RFC 4180) in UTF-8, with a header row."""
        output = io.StringIO()
        writer = csv.writer(output)
        writer.writerow(column.name for column in self.columns)
        writer.writerows(self.rows)
        return output.getvalue().encode()

    @property
    def records(self) -> list[dict[str, Plain]]:
        """The rows as JSON objects: things by IRI, several values as a list, no value as null."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in self.cells]


def claims(dataset: Dataset) -> Table:
    """Return the claims, one row each, in the order of their names."""
    return Table(
        "claims",
        "Claims",
        "One row a claim: what a passage affirms, denies or calls unproven, and how it says it.",
        _CLAIM_COLUMNS,
        _cells(dataset, _CLAIM_COLUMNS, read_claims(dataset, members(dataset, calc("Claim")))),
        dataset.compact,
    )


def comparison(dataset: Dataset, rows: Iterable[Card] | None = None) -> Table:
    """Return the kinds that the guide grades, one row each: these, or all as on the home page."""
    return Table(
        "comparison",
        "Comparison",
        "One row a kind that the guide grades: its grade with condition and emphasis, where it "
        "occurs, what becomes of it, what is done about it, and the claims behind the row.",
        _CARD_COLUMNS,
        _cells(dataset, _CARD_COLUMNS, cards(dataset) if rows is None else rows),
        dataset.compact,
    )


def _cells(
    dataset: Dataset, columns: Sequence[Column[Thing]], things: Iterable[Thing]
) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(column.cell(dataset, thing) for column in columns) for thing in things)


def _text(cell: Cell, prefixed: Callable[[str], str]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Name):
        return prefixed(cell.iri) if cell.iri else cell.label
    if isinstance(cell, str | int):
        return str(cell)
    return BETWEEN.join(_text(value, prefixed) for value in cell)


def _plain(cell: Cell) -> Plain:
    if isinstance(cell, Name):
        return cell.iri or cell.label
    if cell is None or isinstance(cell, str | int):
        return cell
    return [value.iri or value.label if isinstance(value, Name) else value for value in cell]


def _named(circumstances: Iterable[Circumstance]) -> list[Name]:
    return [circumstance.name for circumstance in circumstances]


_CLAIM_COLUMNS: Final[tuple[Column[Claim], ...]] = (
    Column("id", "Name of the claim.", lambda _, c: c.name, required=True),
    Column("passage", "The passage that it is stated in.", lambda _, c: c.passage, required=True),
    Column("section", "The section of that passage.", lambda d, c: section_of(d, c.passage)),
    Column("subject", "What the claim is about.", lambda _, c: c.subject, required=True),
    Column("subject_label", "Label of the subject.", lambda _, c: c.subject.label),
    Column("predicate", "The relation claimed.", lambda _, c: c.predicate, required=True),
    Column("predicate_label", "Label of the relation.", lambda _, c: c.predicate.label),
    Column("object", "What the subject is related to.", lambda _, c: c.object, required=True),
    Column("object_label", "Label of the object.", lambda _, c: c.object.label),
    Column(
        "polarity",
        "Whether the passage affirms it, denies it, or calls it unproven, which is neither.",
        lambda _, c: c.polarity,
        required=True,
    ),
    Column(
        "certainty",
        "How sure the passage puts it forward.",
        lambda _, c: c.certainty,
        required=True,
    ),
    Column("frequency", "How often it is said to hold.", lambda _, c: c.frequency),
    Column("importance", "How much weight it is given.", lambda _, c: c.importance),
    Column("under", "Conditions: it is said for these alone.", lambda _, c: _named(c.under)),
    Column(
        "especially",
        "Emphasis: it is said in general, and above all for these.",
        lambda _, c: _named(c.especially),
    ),
    Column("hedge_word", "The word that hedges, as the passage has it.", lambda _, c: c.hedge_word),
    Column("gloss", "What is claimed, in the editors' words.", lambda _, c: c.gloss),
)


def _said(statement: Statement, words: str) -> str:
    """The words with the ways in which claims say it: `treats: Surgery (only if persistent)`."""
    ways = [claims[0].in_words or "said plainly" for claims in statement.wordings]
    return words if ways == ["said plainly"] else f"{words} ({'; '.join(ways)})"


def _circumstances(card: Card, link: str) -> list[Circumstance]:
    claims = [claim for grade in card.grades for claim in grade.claims]
    return list(dict.fromkeys(found for claim in claims for found in getattr(claim, link)))


def _claims_of(card: Card) -> list[Name]:
    return sorted(
        {claim.name for source in card.sources for claim in source.claims},
        key=lambda name: name.iri or "",
    )


_CARD_COLUMNS: Final[tuple[Column[Card], ...]] = (
    Column("kind", "The kind that is graded.", lambda _, c: c.kind, required=True),
    Column("kind_label", "Label of the kind.", lambda _, c: c.kind.label),
    Column(
        "grade",
        "Grade of its potential to go away.",
        lambda _, c: c.rating.level,
        required=True,
    ),
    Column("grade_label", "The guide's word for the grade.", lambda _, c: c.rating.level.label),
    Column(
        "rank",
        "Place of the grade from 1, the lowest; empty where the word has no place in the order. "
        "The order is the editors'.",
        lambda _, c: c.rating.rank,
        type="integer",
    ),
    Column(
        "condition",
        "Conditions: the grade holds under these alone.",
        lambda _, c: _named(_circumstances(c, "under")),
    ),
    Column(
        "condition_label",
        "The conditions in words.",
        lambda _, c: [found.words for found in _circumstances(c, "under")],
    ),
    Column(
        "emphasis",
        "The grade holds in general, and above all under these.",
        lambda _, c: _named(_circumstances(c, "especially")),
    ),
    Column(
        "emphasis_label",
        "The emphasis in words.",
        lambda _, c: [found.words for found in _circumstances(c, "especially")],
    ),
    Column("places", "Where it occurs.", lambda _, c: [s.object for s in c.places]),
    Column(
        "places_label",
        "The same in words, with hedges and conditions.",
        lambda _, c: [_said(s, s.object.label) for s in c.places],
    ),
    Column("outcomes", "What becomes of it.", lambda _, c: [s.object for s in c.outcomes]),
    Column(
        "outcomes_label",
        "The same in words, with hedges and conditions.",
        lambda _, c: [_said(s, s.object.label) for s in c.outcomes],
    ),
    Column(
        "beside_label",
        "What the same passages say becomes of something else, in words.",
        lambda _, c: [_said(s, f"{s.subject.label}: {s.object.label}") for s in c.beside],
    ),
    Column("approaches", "What is done.", lambda _, c: [s.subject for s in c.approaches]),
    Column(
        "approaches_label",
        "The same in words, with the effect named, hedges and conditions.",
        lambda _, c: [_said(s, f"{s.predicate.label}: {s.subject.label}") for s in c.approaches],
    ),
    Column("claims", "Every claim behind the row.", lambda _, c: _claims_of(c), required=True),
)
