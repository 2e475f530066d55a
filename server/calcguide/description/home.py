"""The home page: the kinds that the guide grades, what is asked; or an overview of any dataset."""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset, GraphCount
from calcguide.description.cards import Card, cards, found_at, places_of
from calcguide.description.entity import OUTCOME
from calcguide.description.figure import Figure, draw
from calcguide.description.listings import Entry, entries, questions
from calcguide.description.naming import Name, calc, example, members, name, text
from calcguide.description.paging import Paging
from calcguide.description.statements import (
    Source,
    Statement,
    claims_about,
    read_claims,
    sources_of,
    statements_of,
)

_PREDICATE: Final = calc("predicate")
_DEPENDS_ON: Final = calc("resolutionDependsOn")
_MEMBER: Final = NamedNode(terms.SKOS + "member")
_COLLECTION: Final = NamedNode(terms.SKOS + "Collection")
_CLASSES_SHOWN: Final = 50
_EXAMPLES_SHOWN: Final = 20
_EXAMPLES_SOUGHT: Final = 200


@dataclass(frozen=True)
class Reason:
    """A kind that tells why answers differ: what it is, and what is said to become of it."""

    kind: Entry
    outcomes: tuple[Statement, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class HomePage:
    """What a guide answers. `ranked` goes from the highest grade down, `unranked` by label."""

    title: str
    grades_differ: bool
    depends_on: tuple[Statement, ...]
    ranked: tuple[Card, ...]
    unranked: tuple[Card, ...]
    unranked_levels: tuple[Entry, ...]
    places: tuple[Name, ...]
    place: Name | None
    figure: Figure | None
    """The body with the places on it; None where none of them is known to lie there."""
    why: tuple[Reason, ...]
    questions: tuple[Entry, ...]
    example: Name | None

    @property
    def lead(self) -> tuple[Source, ...]:
        """The first passage that says what it depends on, for each thing that the lead names."""
        return sources_of(replace(s, claims=s.claims[:1]) for s in self.depends_on[:3])

    @property
    def cards(self) -> tuple[Card, ...]:
        """Every card shown."""
        return self.ranked + self.unranked


@dataclass(frozen=True)
class Overview:
    """What is in a dataset that is no guide: graphs and classes with counts, a few resources."""

    graphs: tuple[GraphCount, ...]
    statements: int
    classes: tuple[tuple[Name, int], ...]
    examples: tuple[Name, ...]


@lru_cache(maxsize=4)
def is_guide(dataset: Dataset) -> bool:
    """Return whether there is any entity of our vocabulary; kept, as a dataset does not change."""
    return next(members(dataset, calc("Entity")), None) is not None


def describe_home(dataset: Dataset, place: str = "") -> HomePage | None:
    """Return the answers, those for one place where its name is given; None where it is no guide.

    A name that is the place of no graded kind counts as none.
    """
    if not is_guide(dataset):
        return None
    found = cards(dataset)
    levels = {card.rating.level for card in found}
    places = places_of(found)
    chosen = next((p for p in places if place and (p.iri or "").endswith(f"/{place}")), None)
    if chosen is not None:
        found = found_at(dataset, chosen, found)
    unranked = tuple(card for card in found if card.rating.rank is None)
    guide = next(members(dataset, calc("Guide")), None)
    return HomePage(
        title=text(dataset, guide, terms.DCT + "title") if guide else "What the guide says",
        grades_differ=len(levels) > 1,
        depends_on=_depends_on(dataset),
        ranked=tuple(card for card in found if card.rating.rank is not None),
        unranked=unranked,
        unranked_levels=entries(
            dataset, (NamedNode(c.rating.level.iri or "") for c in unranked if c.rating.level.iri)
        ),
        places=places,
        place=chosen,
        figure=draw(dataset, places),
        why=tuple(_reason(dataset, entry) for entry in _collected(dataset, "by-mechanism")),
        questions=questions(dataset),
        example=example(dataset),
    )


def overview(dataset: Dataset) -> Overview:
    """Return what is in the dataset, as the statistics have it."""
    counted = dataset.statistics
    some = islice(dataset.store.quads_for_pattern(None, None, None, None), _EXAMPLES_SOUGHT)
    named = (quad.subject for quad in some if isinstance(quad.subject, NamedNode))
    return Overview(
        graphs=tuple(dataset.named_graphs()),
        statements=counted.triples,
        classes=tuple(
            (name(dataset, NamedNode(iri)), count)
            for iri, count in islice(counted.members.items(), _CLASSES_SHOWN)
        ),
        examples=tuple(name(dataset, node) for node in dict.fromkeys(named))[:_EXAMPLES_SHOWN],
    )


def _depends_on(dataset: Dataset) -> tuple[Statement, ...]:
    """What the guide says that going away depends on, what most claims say first."""
    claims = read_claims(dataset, Paging().part(dataset.subjects(_PREDICATE, _DEPENDS_ON)))
    found = statements_of(claim for claim in claims if claim.affirmed)
    return tuple(sorted(found, key=lambda statement: -len(statement.claims)))


def _reason(dataset: Dataset, kind: Entry) -> Reason:
    """What all claims together say that becomes of a kind: what is affirmed, then what is not."""
    about = claims_about(dataset, NamedNode(kind.name.iri or ""))
    outcomes = sorted(
        statements_of(
            c for c in about if c.predicate.iri == OUTCOME.value and c.subject == kind.name
        ),
        key=lambda statement: statement.polarity != "affirmed",
    )
    return Reason(kind, tuple(outcomes), sources_of(outcomes))


def _collected(dataset: Dataset, slug: str) -> tuple[Entry, ...]:
    """The members of the collection of that name, none where there is no such collection."""
    for collection in members(dataset, _COLLECTION):
        if collection.value.endswith(f"/{slug}"):
            return entries(dataset, Paging().part(dataset.values(collection, _MEMBER)))
    return ()
