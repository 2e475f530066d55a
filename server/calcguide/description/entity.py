"""The page of an entity: the answer, what is stated about it in both directions, what follows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Quad

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.entailed import DERIVED, both_ends, what_follows
from calcguide.description.explanation import Explained, explained
from calcguide.description.matches import Match, matches_of
from calcguide.description.naming import (
    Name,
    asserted_types,
    calc,
    name,
    names,
    number,
    text,
    texts,
)
from calcguide.description.neighbourhood import Neighbourhood, neighbourhood
from calcguide.description.paging import Paging
from calcguide.description.relations import LAST_GROUP, Group, Row, arrange
from calcguide.description.statements import (
    Origin,
    Source,
    Statement,
    claims_about,
    editors_reason,
    sources_of,
    statements_of,
    unclaimed,
)
from calcguide.description.worked_questions import queries_about

GRADE: Final = calc("resolutionPotential")
OUTCOME: Final = calc("outcome")
_RANK: Final = calc("rank")
_ANSWERED_BY: Final = calc("answeredBy")
_IN_HEAD: Final = {
    terms.RDF_TYPE.value,
    terms.RDFS + "label",
    terms.RDFS + "isDefinedBy",
    terms.CALC + "phrase",
    *(terms.SKOS + local for local in ("prefLabel", "altLabel", "hiddenLabel", "definition")),
    *(terms.SKOS + local for local in ("scopeNote", "editorialNote")),
    *(terms.OWL + "deprecated", terms.DCT + "isReplacedBy", terms.SKOS + "changeNote"),
}
"""Predicates that the head of the page or the wording of a claim shows."""
_ELSEWHERE: Final = ("facts", "qualified-facts", "alignments")
"""Graphs whose statements come with their claims, or as matches."""
_WITHOUT_INCOMING: Final = ("claims", "dataset", "ontology")
"""Graphs whose links to an entity say nothing of it: parts of claims, examples, sources."""


@dataclass(frozen=True)
class Rating:
    """A level of resolution: its word, its rank among `steps`, None where it has no rank."""

    level: Name
    rank: int | None
    steps: int

    @property
    def tone(self) -> str:
        """How to draw it: `high`, `low`, `very-low`, or `possible` where it has no rank."""
        if self.rank is None:
            return "possible"
        if self.rank == self.steps:
            return "high"
        return "very-low" if self.rank == 1 else "low"


@dataclass(frozen=True)
class Answer:
    """Whether a kind goes away on its own: its grade, and the rows that its shape puts beside it.

    `rating` is None where the guide gives no grade.
    """

    rating: Rating | None
    grade: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class EntityPage:
    """An entity with all that is said of it."""

    name: Name
    kinds: tuple[Name, ...]
    successor: Name | None
    """What to use instead of a name that is out of use."""
    definition: str
    synonyms: tuple[str, ...]
    notes: tuple[str, ...]
    answer: Answer | None
    groups: tuple[Group, ...]
    follows: tuple[Explained, ...]
    sources: tuple[Source, ...]
    questions: tuple[Name, ...]
    queries: tuple[tuple[str, str], ...]
    """What is asked, and the query that asks it."""
    matches: dict[str, list[Match]]
    """Kind of match in words -> terms of other vocabularies."""
    picture: Neighbourhood | None
    origins: dict[str, int]
    """Who says it, `claims`, `editors` or `rule` -> how many statements beside the answer."""


def describe_entity(dataset: Dataset, iri: str, paging: Paging | None = None) -> EntityPage:
    """Return the page of an entity, its statements in the order of its shapes.

    Of what links to it more often than a page is long, that part which `paging` says.
    Raises Withdrawn for one that was taken back.
    """
    paging = paging or Paging()
    node, successor = NamedNode(iri), dataset.successor(iri)
    quads = both_ends(dataset, node, paging)
    statements = statements_of(claims_about(dataset, node, paging))
    statements += _editors(dataset, node, quads)
    arranged = arrange(dataset, node, statements)
    answer, groups = _answer(dataset, _filled(arranged) if successor else arranged)
    rows = [*((answer.grade, *answer.rows) if answer else ())]
    rows += [row for group in groups for row in group.rows]
    sources = sources_of(statement for row in rows for statement in row.statements)
    follows = [
        explained(dataset, found) for found in what_follows(dataset, node, quads, statements)
    ]
    matches = matches_of(dataset, node)
    claims = [NamedNode(c.name.iri or "") for source in sources for c in source.claims]
    return EntityPage(
        name=name(dataset, node),
        kinds=names(dataset, asserted_types(dataset, node)),
        successor=name(dataset, NamedNode(successor)) if successor else None,
        definition=text(dataset, node, terms.SKOS + "definition"),
        synonyms=texts(dataset, node, terms.SKOS + "altLabel"),
        notes=tuple(
            note
            for local in ("scopeNote", "editorialNote", "changeNote")
            for note in texts(dataset, node, terms.SKOS + local)
        ),
        answer=answer,
        groups=groups,
        follows=tuple(follows),
        sources=sources,
        questions=names(dataset, (q for c in claims for q in dataset.subjects(_ANSWERED_BY, c))),
        queries=queries_about(dataset, node),
        matches=matches,
        picture=neighbourhood(name(dataset, node), rows),
        origins=_counted(
            [
                *(s for group in groups for row in group.rows for s in row.statements),
                *(found.statement for found in follows),
                *(match.statement for found_matches in matches.values() for match in found_matches),
            ]
        ),
    )


def _counted(statements: Iterable[Statement]) -> dict[str, int]:
    """How many statements there are by who says them: `claims`, `editors`, `rule`."""
    found = Counter(statement.origin.rsplit("-", 1)[-1] for statement in statements)
    return {who: found[who] for who in ("claims", "editors", "rule") if found[who]}


def rate(dataset: Dataset, level: Name) -> Rating:
    """Return a level with its place in the order of all ranked levels."""
    ranks = {q.object for q in dataset.store.quads_for_pattern(None, _RANK, None, DEFAULT_GRAPH)}
    return Rating(level, number(dataset, NamedNode(level.iri or ""), _RANK), len(ranks))


def _filled(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups without rows that say only that the guide does not say."""
    filled = (Group(g.label, tuple(row for row in g.rows if row.statements)) for g in groups)
    return tuple(group for group in filled if group.rows)


def _answer(dataset: Dataset, groups: tuple[Group, ...]) -> tuple[Answer | None, tuple[Group, ...]]:
    """The answer card, None where no row is for a grade; the groups without the card's rows."""
    rows = [row for group in groups for row in group.rows]
    grade = next((row for row in rows if row.relation.seen_as(GRADE)), None)
    if grade is None:
        return None, groups
    beside = [
        row
        for row in rows
        if row.relation.seen_as(OUTCOME) or row.relation.group == grade.relation.group != LAST_GROUP
    ]
    affirmed = next((s for s in grade.statements if s.polarity == "affirmed"), None)
    answer = Answer(
        rate(dataset, affirmed.object) if affirmed else None,
        grade,
        tuple(row for row in beside if row is not grade),
    )
    left = [Group(g.label, tuple(r for r in g.rows if r not in (grade, *beside))) for g in groups]
    return answer, tuple(group for group in left if group.rows)


def _editors(dataset: Dataset, node: NamedNode, quads: list[Quad]) -> list[Statement]:
    """What is asserted of the node without a claim: the editors' statements, with their reasons."""
    left_out = {dataset.graph(g) for g in (*_ELSEWHERE, *DERIVED)} | {DEFAULT_GRAPH}
    no_incoming = {dataset.graph(g) for g in _WITHOUT_INCOMING}
    return [
        unclaimed(dataset, quad.triple, Origin.EDITORS, editors_reason(dataset, quad.triple))
        for quad in quads
        if quad.graph_name not in left_out
        and quad.predicate.value not in _IN_HEAD
        and (quad.subject == node or quad.graph_name not in no_incoming)
    ]
