"""The kinds that the guide grades, a card each: grade, places, what is done, what becomes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.entity import GRADE, OUTCOME, Rating, rate
from calcguide.description.naming import Name, calc, in_order, name
from calcguide.description.paging import Paging
from calcguide.description.statements import (
    Claim,
    Source,
    Statement,
    claims_about,
    read_claims,
    section_of,
    sources_of,
    statements_of,
)

_PREDICATE: Final = calc("predicate")
_STATED_IN: Final = calc("statedIn")
_OCCURS_IN: Final = calc("occursIn")
_MANAGES: Final = calc("manages")
_SUB_PROPERTY_OF: Final = NamedNode(terms.RDFS + "subPropertyOf")


@dataclass(frozen=True)
class Card:
    """A graded kind: its grade, places, what is done, what becomes of it, and their sources."""

    kind: Name
    rating: Rating
    grades: tuple[Statement, ...]
    places: tuple[Statement, ...]
    outcomes: tuple[Statement, ...]
    """What becomes of it, as far as the section that grades it says so."""
    approaches: tuple[Statement, ...]
    beside: tuple[Statement, ...]
    """What the same passages say becomes of something else, such as the calcified part of it."""
    sources: tuple[Source, ...]

    @property
    def unconditional(self) -> bool:
        """Whether the grade is given plainly, without condition or emphasis."""
        return all(claim.plain for grade in self.grades for claim in grade.claims)

    @property
    def effects(self) -> list[tuple[Name, tuple[Statement, ...]]]:
        """What is done, by the effect that it is said to have."""
        found: dict[Name, list[Statement]] = {}
        for statement in self.approaches:
            found.setdefault(statement.predicate, []).append(statement)
        return [(effect, tuple(statements)) for effect, statements in found.items()]


def cards(dataset: Dataset) -> list[Card]:
    """Return the card of each graded kind: from the highest grade down, then those without a rank.

    Cards of one grade follow each other by label.
    """
    found = [_card(dataset, kind) for kind in _graded(dataset)]
    return sorted(found, key=lambda c: (-(c.rating.rank or 0), c.kind.label.casefold()))


def places_of(found: Iterable[Card]) -> tuple[Name, ...]:
    """Return the places on cards, each once, in alphabetical order."""
    return in_order({statement.object for card in found for statement in card.places})


def found_at(dataset: Dataset, place: Name, found: Iterable[Card]) -> list[Card]:
    """Return the cards of the kinds that occur in a place, also where a rule says so."""
    here = {
        node.value
        for node in dataset.subjects(_OCCURS_IN, NamedNode(place.iri or ""))
        if isinstance(node, NamedNode)
    }
    return [card for card in found if card.kind.iri in here]


def _graded(dataset: Dataset) -> list[NamedNode]:
    """The kinds that an affirmed claim grades; at most a page of them."""
    claims = read_claims(dataset, Paging().part(dataset.subjects(_PREDICATE, GRADE)))
    return [
        NamedNode(iri) for iri in dict.fromkeys(c.subject.iri for c in claims if c.affirmed) if iri
    ]


def _card(dataset: Dataset, kind: NamedNode) -> Card:
    """The card of a kind: places and approaches from the section that grades it, where it has them.

    So a table's row stays together; the entity page has the rest.
    """
    claims = [claim for claim in claims_about(dataset, kind) if claim.affirmed]
    grades = [c for c in claims if c.predicate.iri == GRADE.value and c.subject.iri == kind.value]
    section = {section_of(dataset, claim.passage) for claim in grades}
    effects = {_MANAGES, *dataset.subjects(_SUB_PROPERTY_OF, _MANAGES)}

    def chosen(predicates: Iterable[object], end: str) -> list[Claim]:
        iris = {p.value for p in predicates if isinstance(p, NamedNode)}
        return [c for c in claims if c.predicate.iri in iris and getattr(c, end).iri == kind.value]

    def of_section(found: list[Claim]) -> list[Claim]:
        return [claim for claim in found if section_of(dataset, claim.passage) in section]

    places, approaches = chosen([_OCCURS_IN], "subject"), chosen(effects, "object")
    shown = (
        tuple(statements_of(grades)),
        tuple(statements_of(of_section(places) or places)),
        tuple(statements_of(of_section(chosen([OUTCOME], "subject")))),
        tuple(statements_of(of_section(approaches) or approaches)),
    )
    beside = _beside(dataset, {c.passage for part in shown for s in part for c in s.claims}, kind)
    sources = sources_of(statement for part in (*shown, beside) for statement in part)
    return Card(name(dataset, kind), rate(dataset, grades[0].object), *shown, beside, sources)


def _beside(dataset: Dataset, passages: Iterable[Name], kind: NamedNode) -> tuple[Statement, ...]:
    nodes = [NamedNode(passage.iri) for passage in passages if passage.iri]
    claims = read_claims(dataset, (c for node in nodes for c in dataset.subjects(_STATED_IN, node)))
    return tuple(
        statements_of(
            claim
            for claim in claims
            if claim.predicate.iri == OUTCOME.value and claim.subject.iri != kind.value
        )
    )
