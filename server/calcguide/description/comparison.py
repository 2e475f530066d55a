"""The comparison: the graded kinds side by side, in a chosen order, as far as chosen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from calcguide.dataset import Dataset
from calcguide.description.cards import Card, cards, found_at, places_of
from calcguide.description.naming import Name, last_part
from calcguide.description.statements import Source, Statement, sources_of

_Key = tuple[bool | int | str, ...]


def _by_grade(card: Card) -> _Key:
    return -(card.rating.rank or 0), card.kind.label.casefold()


def _by_kind(card: Card) -> _Key:
    return (card.kind.label.casefold(),)


def _by_place(card: Card) -> _Key:
    return (*sorted(s.object.label.casefold() for s in card.places), card.kind.label.casefold())


ORDERS: Final[dict[str, Callable[[Card], _Key]]] = {
    "grade": _by_grade,
    "kind": _by_kind,
    "place": _by_place,
}
"""Name of an order -> what it compares; `-` before the name turns it round. The first is usual."""
USUAL: Final = next(iter(ORDERS))


@dataclass(frozen=True)
class Comparison:
    """The rows chosen; with what could be chosen of places and grades, and what was."""

    rows: tuple[Card, ...]
    sources: tuple[Source, ...]
    places: tuple[Name, ...]
    grades: tuple[Name, ...]
    """From the highest down, then those without a rank."""
    place: Name | None
    grade: Name | None
    order: str

    @property
    def unranked(self) -> tuple[Name, ...]:
        """The grades on show that have no place in the order."""
        shown = {row.rating.level for row in self.rows if row.rating.rank is None}
        return tuple(grade for grade in self.grades if grade in shown)

    @property
    def whole(self) -> bool:
        """Whether every graded kind is shown."""
        return self.place is None and self.grade is None


def compare(dataset: Dataset, order: str = "", place: str = "", grade: str = "") -> Comparison:
    """Return the graded kinds, those of one place or grade where the last part of its IRI is given.

    Raises LookupError where there is no such order, place or grade: it says which there are.
    """
    found = cards(dataset)
    places = places_of(found)
    grades = tuple(dict.fromkeys(card.rating.level for card in found))
    place_chosen, grade_chosen = _choose("place", place, places), _choose("grade", grade, grades)
    if place_chosen:
        found = found_at(dataset, place_chosen, found)
    if grade_chosen:
        found = [card for card in found if card.rating.level == grade_chosen]
    rows = tuple(_sorted(found, order or USUAL))
    sources = sources_of(statement for card in rows for statement in _statements(card))
    return Comparison(rows, sources, places, grades, place_chosen, grade_chosen, order or USUAL)


def _choose(what: str, asked: str, offered: tuple[Name, ...]) -> Name | None:
    if not asked:
        return None
    chosen = next((found for found in offered if last_part(found.iri or "") == asked), None)
    if chosen is None:
        raise LookupError(
            _none_such(what, asked, (last_part(found.iri or "") for found in offered))
        )
    return chosen


def _sorted(found: list[Card], order: str) -> list[Card]:
    """The cards in an order; by grade, those without a rank stay behind either way round."""
    key = ORDERS.get(order.removeprefix("-"))
    if key is None:
        raise LookupError(_none_such("order", order, [*ORDERS, *(f"-{name}" for name in ORDERS)]))
    ordered = sorted(found, key=key, reverse=order.startswith("-"))
    if key is _by_grade:
        ordered.sort(key=lambda card: card.rating.rank is None)
    return ordered


def _statements(card: Card) -> tuple[Statement, ...]:
    return (*card.places, *card.grades, *card.outcomes, *card.beside, *card.approaches)


def _none_such(what: str, asked: str, offered: Iterable[str]) -> str:
    return f"There is no {what} {asked} to compare by. There are: {', '.join(offered)}."
