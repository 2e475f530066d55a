"""The home page: the kinds that the guide grades, what is asked; or an overview of any dataset."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, GraphCount
from calcguide.description.entity import GRADE, OUTCOME, Rating, rate
from calcguide.description.listings import Entry, entries, questions
from calcguide.description.naming import Name, calc, example, in_order, members, name, text
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
_OCCURS_IN: Final = calc("occursIn")
_MANAGES: Final = calc("manages")
_DEPENDS_ON: Final = calc("resolutionDependsOn")
_MEMBER: Final = NamedNode(terms.SKOS + "member")
_COLLECTION: Final = NamedNode(terms.SKOS + "Collection")
_SUB_PROPERTY_OF: Final = NamedNode(terms.RDFS + "subPropertyOf")
_EXAMPLES_SHOWN: Final = 20


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
    why: tuple[Entry, ...]
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


def is_guide(dataset: Dataset) -> bool:
    """Return whether there is any entity of our vocabulary."""
    return next(members(dataset, calc("Entity")), None) is not None


def describe_home(dataset: Dataset, place: str = "") -> HomePage | None:
    """Return the answers, those for one place where its name is given; None where it is no guide.

    A name that is the place of no graded kind counts as none.
    """
    if not is_guide(dataset):
        return None
    cards = [_card(dataset, kind) for kind in _graded(dataset)]
    levels = {card.rating.level for card in cards}
    places = in_order({s.object for card in cards for s in card.places})
    chosen = next((p for p in places if place and (p.iri or "").endswith(f"/{place}")), None)
    if chosen is not None:
        here = set(dataset.subjects(_OCCURS_IN, NamedNode(chosen.iri or "")))
        cards = [card for card in cards if NamedNode(card.kind.iri or "") in here]
    cards.sort(key=lambda card: (-(card.rating.rank or 0), card.kind.label.casefold()))
    unranked = tuple(card for card in cards if card.rating.rank is None)
    guide = next(members(dataset, calc("Guide")), None)
    return HomePage(
        title=text(dataset, guide, terms.DCT + "title") if guide else "What the guide says",
        grades_differ=len(levels) > 1,
        depends_on=_depends_on(dataset),
        ranked=tuple(card for card in cards if card.rating.rank is not None),
        unranked=unranked,
        unranked_levels=entries(
            dataset, (NamedNode(c.rating.level.iri or "") for c in unranked if c.rating.level.iri)
        ),
        places=places,
        place=chosen,
        why=_collected(dataset, "by-mechanism"),
        questions=questions(dataset),
        example=example(dataset),
    )


def overview(dataset: Dataset) -> Overview:
    """Return what is in the dataset, by counting each of its type statements once."""
    types = {
        (quad.subject, quad.object)
        for quad in dataset.store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
    }
    counts = Counter(type for _, type in types)
    named = (
        quad.subject
        for quad in dataset.store.quads_for_pattern(None, None, None, None)
        if isinstance(quad.subject, NamedNode)
    )
    return Overview(
        graphs=tuple(dataset.named_graphs()),
        statements=sum(1 for _ in dataset.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)),
        classes=tuple((name(dataset, type), count) for type, count in counts.most_common(50)),
        examples=tuple(name(dataset, node) for node in dict.fromkeys(islice(named, 200)))[
            :_EXAMPLES_SHOWN
        ],
    )


def _graded(dataset: Dataset) -> list[NamedNode]:
    """The kinds that an affirmed claim grades."""
    claims = read_claims(dataset, dataset.subjects(_PREDICATE, GRADE))
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
    sources = sources_of(statement for part in shown for statement in part)
    return Card(name(dataset, kind), rate(dataset, grades[0].object), *shown, sources)


def _depends_on(dataset: Dataset) -> tuple[Statement, ...]:
    """What the guide says that going away depends on, what most claims say first."""
    claims = read_claims(dataset, dataset.subjects(_PREDICATE, _DEPENDS_ON))
    found = statements_of(claim for claim in claims if claim.affirmed)
    return tuple(sorted(found, key=lambda statement: -len(statement.claims)))


def _collected(dataset: Dataset, slug: str) -> tuple[Entry, ...]:
    """The members of the collection of that name, none where there is no such collection."""
    for collection in members(dataset, _COLLECTION):
        if collection.value.endswith(f"/{slug}"):
            return entries(dataset, dataset.values(collection, _MEMBER))
    return ()
