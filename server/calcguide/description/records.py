"""The pages of a claim, a passage, a section, a question, and of any other resource."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.dataset import Dataset, Node, Term
from calcguide.description.listings import Entry, entries
from calcguide.description.naming import Name, calc, name, names, number, summary, text, texts
from calcguide.description.paging import LENGTH, MOST_PAGES, Paging
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
    """Whatever is stated with a resource as subject and as object, a page of each."""

    name: Name
    summary: str
    outgoing: tuple[Line, ...]
    incoming: tuple[Line, ...]
    members: tuple[Entry, ...] = ()
    """What a collection holds, or what an activity has made."""


def describe_claim(dataset: Dataset, iri: str, paging: Paging | None = None) -> ClaimPage:
    """Return a claim with those that make the same proposition, a page of them."""
    node = NamedNode(iri)
    claim = read_claim(dataset, node)
    alike = (paging or Paging()).part(_alike(dataset, claim))
    return ClaimPage(
        claim,
        texts(dataset, node, terms.SKOS + "editorialNote"),
        tuple(
            other
            for other in read_claims(dataset, alike)
            if other.proposition == claim.proposition and other != claim
        ),
        names(dataset, islice(dataset.subjects(_ANSWERED_BY, node), LENGTH)),
    )


def _alike(dataset: Dataset, claim: Claim) -> Iterator[Node]:
    """The claims of the same subject that have its predicate and object; bounded work."""
    ends = [(link, NamedNode(end.iri or "")) for link, end in _ends(claim) if end.iri]
    about = dataset.subjects(calc("subject"), NamedNode(claim.subject.iri or ""))
    for node in islice(about, LENGTH * MOST_PAGES):
        if all(Quad(node, link, end) in dataset.store for link, end in ends):
            yield node


def _ends(claim: Claim) -> tuple[tuple[NamedNode, Name], ...]:
    return (calc("predicate"), claim.predicate), (calc("object"), claim.object)


def describe_passage(dataset: Dataset, iri: str, paging: Paging | None = None) -> PassagePage:
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
        claims=_claims_of(dataset, node, paging or Paging()),
    )


def describe_section(dataset: Dataset, iri: str, paging: Paging | None = None) -> SectionPage:
    """Return what a section says, passage by passage, in our own words."""
    node = NamedNode(iri)
    found = (paging or Paging()).part(dataset.values(node, _HAS_PART))
    parts = [part for part in found if isinstance(part, NamedNode)]
    parts.sort(key=lambda part: (number(dataset, part, _ORDINAL) or 0, part.value))
    guide = next((whole for whole in dataset.subjects(_HAS_PART, node)), None)
    return SectionPage(
        name=name(dataset, node),
        summary=summary(dataset, node),
        guide=name(dataset, guide) if guide else None,
        passages=tuple(
            (name(dataset, part), _claims_of(dataset, part, Paging())) for part in parts
        ),
    )


def _claims_of(dataset: Dataset, passage: NamedNode, paging: Paging) -> tuple[Claim, ...]:
    return tuple(read_claims(dataset, paging.part(dataset.subjects(_STATED_IN, passage))))


def _position(dataset: Dataset, selector: Term | None, local: str) -> int | None:
    if not isinstance(selector, NamedNode | BlankNode):
        return None
    return number(dataset, selector, NamedNode(terms.OA + local))


def describe_question(dataset: Dataset, iri: str, paging: Paging | None = None) -> QuestionPage:
    """Return a question with the claims that answer it."""
    node = NamedNode(iri)
    answering = (paging or Paging()).part(dataset.values(node, _ANSWERED_BY))
    statements = statements_of(read_claims(dataset, answering))
    return QuestionPage(
        name=name(dataset, node),
        reconstructed="true" in texts(dataset, node, terms.CALC + "reconstructed"),
        answer=text(dataset, node, terms.CALC + "shortAnswer"),
        statements=tuple(statements),
        sources=sources_of(statements),
    )


def describe_plainly(dataset: Dataset, iri: str, paging: Paging | None = None) -> PlainPage:
    """Return what is stated about any resource, in the graphs it stands in, both directions."""
    node, paging = NamedNode(iri), paging or Paging()
    outgoing = paging.part(dataset.store.quads_for_pattern(node, None, None, None))
    incoming = paging.part(dataset.store.quads_for_pattern(None, None, node, None))
    held = chain(dataset.values(node, _MEMBER), dataset.subjects(_MADE_BY, node))
    return PlainPage(
        name=name(dataset, node),
        summary=summary(dataset, node),
        outgoing=_lines(dataset, outgoing),
        incoming=_lines(dataset, incoming, True),
        members=entries(dataset, paging.part(held)),
    )


def _lines(
    dataset: Dataset, quads: Iterable[Quad], incoming: bool = False, nesting: int = 0
) -> tuple[Line, ...]:
    """One line for each statement, with every named graph that it stands in on this page."""
    graphs: dict[Triple, set[Name]] = {}
    for quad in quads:
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
    return _lines(dataset, islice(quads, LENGTH), nesting=nesting + 1)


def _note(dataset: Dataset, term: Term) -> str:
    """The language of a literal, or its datatype where that is not a string."""
    if not isinstance(term, Literal):
        return ""
    datatype = dataset.compact(term.datatype.value)
    return term.language or ("" if datatype == "xsd:string" else datatype)
