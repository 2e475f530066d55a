"""The pages of a claim, a passage, a section, a question, and of any other resource."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.description.listings import Entry, entries
from calcguide.description.naming import Name, calc, name, names, number, summary, text, texts
from calcguide.description.statements import (
    Claim,
    Source,
    Statement,
    read_claim,
    read_claims,
    section_of,
    sources_of,
    statements_of,
)

_ANSWERED_BY: Final = calc("answeredBy")
_HAS_PART: Final = NamedNode(terms.DCT + "hasPart")
_ORDINAL: Final = calc("ordinal")
_MEMBER: Final = NamedNode(terms.SKOS + "member")
_MADE_BY: Final = NamedNode(terms.PROV + "wasGeneratedBy")
_STATED_IN: Final = calc("statedIn")
_SELECTOR: Final = NamedNode(terms.OA + "hasSelector")
_SOURCE: Final = NamedNode(terms.OA + "hasSource")
_ROWS_SHOWN: Final = 500
_NESTING_SHOWN: Final = 4


@dataclass(frozen=True)
class ClaimPage:
    """A claim; `siblings` make the same proposition elsewhere, in whatever polarity."""

    claim: Claim
    notes: tuple[str, ...]
    siblings: tuple[Claim, ...]
    questions: tuple[Name, ...]

    @property
    def conflicting(self) -> tuple[Claim, ...]:
        """The siblings of another polarity."""
        return tuple(c for c in self.siblings if c.polarity != self.claim.polarity)


@dataclass(frozen=True)
class PassagePage:
    """Where a passage stands, from `start` up to `end` in code points, and what rests on it."""

    name: Name
    kind: str
    start: int | None
    end: int | None
    length: int | None
    sha256: str
    section: Name | None
    guide: Name | None
    claims: tuple[Claim, ...]

    @property
    def opens(self) -> bool:
        """Whether a copy of the guide can be opened at it: its place and fingerprint are known."""
        return None not in (self.start, self.end) and bool(self.sha256)


@dataclass(frozen=True)
class SectionPage:
    """A section: its passages in their order, each with what rests on it."""

    name: Name
    summary: str
    guide: Name | None
    passages: tuple[tuple[Name, tuple[Claim, ...]], ...]

    @property
    def count(self) -> int:
        """How many claims rest on the section."""
        return sum(len(claims) for _, claims in self.passages)


@dataclass(frozen=True)
class QuestionPage:
    """A question, its short answer, and the statements behind it."""

    name: Name
    reconstructed: bool
    answer: str
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Line:
    """A statement as a plain page shows it; `nested` holds those of an unnamed node."""

    predicate: Name
    value: Name
    note: str
    graphs: tuple[Name, ...]
    nested: tuple["Line", ...] = ()


@dataclass(frozen=True)
class PlainPage:
    """Whatever is stated with a resource as subject and as object, at most 500 of each."""

    name: Name
    summary: str
    outgoing: tuple[Line, ...]
    incoming: tuple[Line, ...]
    complete: bool
    members: tuple[Entry, ...] = ()
    """What a collection holds, or what an activity has made."""


def describe_claim(dataset: Dataset, iri: str) -> ClaimPage:
    """Return a claim with those that make the same proposition."""
    node = NamedNode(iri)
    claim = read_claim(dataset, node)
    about = dataset.subjects(calc("subject"), NamedNode(claim.subject.iri or ""))
    return ClaimPage(
        claim,
        texts(dataset, node, terms.SKOS + "editorialNote"),
        tuple(
            other
            for other in read_claims(dataset, about)
            if other.proposition == claim.proposition and other != claim
        ),
        names(dataset, dataset.subjects(_ANSWERED_BY, node)),
    )


def describe_passage(dataset: Dataset, iri: str) -> PassagePage:
    """Return the position of a passage and the claims that rest on it, never its text."""
    node = NamedNode(iri)
    selector = dataset.value(node, _SELECTOR)
    guide = dataset.value(node, _SOURCE)
    return PassagePage(
        name=(passage := name(dataset, node)),
        kind=text(dataset, node, terms.CALC + "kind"),
        start=_position(dataset, selector, "start"),
        end=_position(dataset, selector, "end"),
        length=number(dataset, guide, calc("length")) if isinstance(guide, NamedNode) else None,
        sha256=text(dataset, node, terms.CALC + "sha256"),
        section=section_of(dataset, passage),
        guide=name(dataset, guide) if guide else None,
        claims=_claims_of(dataset, node),
    )


def describe_section(dataset: Dataset, iri: str) -> SectionPage:
    """Return what a section says, passage by passage, in our own words."""
    node = NamedNode(iri)
    parts = [part for part in dataset.values(node, _HAS_PART) if isinstance(part, NamedNode)]
    parts.sort(key=lambda part: (number(dataset, part, _ORDINAL) or 0, part.value))
    guide = next((whole for whole in dataset.subjects(_HAS_PART, node)), None)
    return SectionPage(
        name=name(dataset, node),
        summary=summary(dataset, node),
        guide=name(dataset, guide) if guide else None,
        passages=tuple((name(dataset, part), _claims_of(dataset, part)) for part in parts),
    )


def _claims_of(dataset: Dataset, passage: NamedNode) -> tuple[Claim, ...]:
    return tuple(read_claims(dataset, dataset.subjects(_STATED_IN, passage)))


def _position(dataset: Dataset, selector: Term | None, local: str) -> int | None:
    if not isinstance(selector, NamedNode | BlankNode):
        return None
    return number(dataset, selector, NamedNode(terms.OA + local))


def describe_question(dataset: Dataset, iri: str) -> QuestionPage:
    """Return a question with the claims that answer it."""
    node = NamedNode(iri)
    statements = statements_of(read_claims(dataset, dataset.values(node, _ANSWERED_BY)))
    return QuestionPage(
        name=name(dataset, node),
        reconstructed="true" in texts(dataset, node, terms.CALC + "reconstructed"),
        answer=text(dataset, node, terms.CALC + "shortAnswer"),
        statements=tuple(statements),
        sources=sources_of(statements),
    )


def describe_plainly(dataset: Dataset, iri: str) -> PlainPage:
    """Return what is stated about any resource, in the graphs it stands in, both directions."""
    node = NamedNode(iri)
    outgoing = _lines(dataset, dataset.store.quads_for_pattern(node, None, None, None))
    incoming = _lines(dataset, dataset.store.quads_for_pattern(None, None, node, None), True)
    held = chain(dataset.values(node, _MEMBER), dataset.subjects(_MADE_BY, node))
    return PlainPage(
        name=name(dataset, node),
        summary=summary(dataset, node),
        outgoing=outgoing[:_ROWS_SHOWN],
        incoming=incoming[:_ROWS_SHOWN],
        complete=max(len(outgoing), len(incoming)) <= _ROWS_SHOWN,
        members=entries(dataset, islice(held, _ROWS_SHOWN)),
    )


def _lines(
    dataset: Dataset, quads: Iterable[Quad], incoming: bool = False, nesting: int = 0
) -> tuple[Line, ...]:
    """One line for each statement, with every named graph it stands in; bounded work."""
    graphs: dict[Triple, set[Name]] = {}
    for quad in islice(quads, 4 * _ROWS_SHOWN):
        found = graphs.setdefault(quad.triple, set())
        if not isinstance(quad.graph_name, DefaultGraph):
            found.add(name(dataset, quad.graph_name))
    lines = [
        Line(
            name(dataset, triple.predicate),
            name(dataset, other := triple.subject if incoming else triple.object),
            _note(dataset, other),
            tuple(sorted(found, key=lambda n: n.label)),
            () if incoming else _nested(dataset, other, nesting),
        )
        for triple, found in graphs.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.predicate.label, line.value.label)))


def _nested(dataset: Dataset, node: Term, nesting: int) -> tuple[Line, ...]:
    if not isinstance(node, BlankNode) or nesting == _NESTING_SHOWN:
        return ()
    quads = dataset.store.quads_for_pattern(node, None, None, None)
    return _lines(dataset, quads, nesting=nesting + 1)


def _note(dataset: Dataset, term: Term) -> str:
    """The language of a literal, or its datatype where that is not a string."""
    if not isinstance(term, Literal):
        return ""
    datatype = dataset.compact(term.datatype.value)
    return term.language or ("" if datatype == "xsd:string" else datatype)
