"""Claims, the statements they make, and the numbered passages that these rest on."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final

from pyoxigraph import NamedNode, Triple

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Node, Term
from calcguide.description.naming import Name, calc, in_sentence, name, names, text
from calcguide.description.paging import Paging

AFFIRMED: Final = terms.CALC + "affirmed"
PLAINLY: Final = terms.CALC + "stated"
CIRCUMSTANCES: Final = (calc("under"), calc("especially"))
_LINKS: Final = (calc("subject"), calc("object"), *CIRCUMSTANCES)
_HAS_PART: Final = NamedNode(terms.DCT + "hasPart")
_CONJUNCTIONS: Final = ("if", "once", "when", "where")
"""The first word of a phrase that "only" goes before."""


@dataclass(frozen=True)
class Circumstance:
    """A circumstance and the words with which it reads on behind a statement."""

    name: Name
    phrase: str

    @property
    def words(self) -> str:
        """The phrase; the label where there is none."""
        return self.phrase or in_sentence(self.name.label)

    @property
    def as_condition(self) -> str:
        """What stands before the words where the statement holds under it alone."""
        if not self.phrase:
            return "only if:"
        return "only" if self.phrase.split(" ")[0] in _CONJUNCTIONS else ""

    @property
    def as_emphasis(self) -> str:
        """What stands before the words where the statement holds above all under it."""
        return "above all" if self.phrase else "above all:"


@dataclass(frozen=True)
class Claim:
    """One proposition that one passage affirms, denies or calls unproven."""

    name: Name
    subject: Name
    predicate: Name
    object: Name
    polarity: Name
    certainty: Name
    frequency: Name | None
    importance: Name | None
    under: tuple[Circumstance, ...]
    especially: tuple[Circumstance, ...]
    hedge_word: str
    gloss: str
    passage: Name
    activity: Name | None

    @property
    def number(self) -> str:
        """The last part of the claim's IRI, such as `c040`."""
        return (self.name.iri or "").rsplit("/", 1)[-1]

    @property
    def affirmed(self) -> bool:
        """Whether the passage puts the proposition forward as so."""
        return self.polarity.iri == AFFIRMED

    @property
    def hedged(self) -> bool:
        """Whether the passage puts it forward as less than certain."""
        return self.certainty.iri != PLAINLY

    @property
    def proposition(self) -> tuple[Name, Name, Name]:
        """What is claimed, whatever the polarity."""
        return self.subject, self.predicate, self.object

    @cached_property
    def wording(self) -> tuple[Hashable, ...]:
        """How it is said: claims that agree in this are shown as one."""
        word = self.hedge_word if self.hedged else ""
        how = (self.certainty, self.frequency, self.importance, word)
        return (*how, self.under, self.especially)

    @cached_property
    def plain(self) -> bool:
        """Whether it is said without hedge, frequency, weight, condition or emphasis."""
        return not (self.hedged or any(self.wording[1:]))

    @property
    def in_words(self) -> str:
        """How it is said, as pages mark it but without links; empty where it is plain."""
        hedge = self.certainty.label + (f": “{self.hedge_word}”" if self.hedge_word else "")
        parts = [
            hedge if self.hedged else "",
            self.frequency.label + ("" if self.affirmed else " not so") if self.frequency else "",
            f"called {self.importance.label}" if self.importance else "",
            " and ".join(f"{c.as_condition} {c.words}".strip() for c in self.under),
            " and ".join(f"{c.as_emphasis} {c.words}" for c in self.especially),
        ]
        return ", ".join(filter(None, parts))


class Origin(StrEnum):
    """Who says so."""

    CLAIMS = "claims"
    EDITORS = "editors"
    RULE = "rule"
    HEDGED_RULE = "hedged-rule"
    ONTOLOGY = "ontology"


@dataclass(frozen=True)
class Statement:
    """A proposition in one polarity, with every claim that makes it, or its other origin."""

    subject: Name
    predicate: Name
    object: Name
    claims: tuple[Claim, ...] = ()
    origin: Origin = Origin.CLAIMS
    reason: str = ""

    @property
    def polarity(self) -> str:
        """`affirmed`, `denied` or `unproven`; the editors and the rules only affirm."""
        iri = self.claims[0].polarity.iri if self.claims else AFFIRMED
        return (iri or "").removeprefix(terms.CALC)

    @cached_property
    def wordings(self) -> list[tuple[Claim, ...]]:
        """The claims, those that say it in the same way together, the plain ones first."""
        alike: dict[tuple[Hashable, ...], list[Claim]] = {}
        for claim in sorted(self.claims, key=lambda claim: not claim.plain):
            alike.setdefault(claim.wording, []).append(claim)
        return [tuple(found) for found in alike.values()]

    @cached_property
    def plain(self) -> bool:
        """Whether it is affirmed and never said with a qualifier."""
        return self.polarity == "affirmed" and all(claim.plain for claim in self.claims)

    @property
    def triple(self) -> tuple[str | None, str | None, str | None]:
        """The IRIs of subject, predicate and object."""
        return self.subject.iri, self.predicate.iri, self.object.iri

    def other_end(self, iri: str) -> Name:
        """Return what the statement relates the named thing to."""
        return self.object if self.subject.iri == iri else self.subject


@dataclass(frozen=True)
class Source:
    """A passage under the number that its marks carry, with the claims used from it."""

    number: int
    passage: Name
    claims: tuple[Claim, ...]


@lru_cache(maxsize=5_000)
def read_claim(dataset: Dataset, node: Node) -> Claim:
    """Return the claim that the default graph states under this name.

    It is kept, since a dataset does not change.
    """
    found: dict[str, list[Term]] = {}
    for quad in dataset.store.quads_for_pattern(node, None, None, DEFAULT_GRAPH):
        found.setdefault(quad.predicate.value, []).append(quad.object)

    def several(local: str, namespace: str = terms.CALC) -> tuple[Name, ...]:
        return names(dataset, found.get(namespace + local, ()))

    def perhaps(local: str, namespace: str = terms.CALC) -> Name | None:
        return next(iter(several(local, namespace)), None)

    def circumstances(local: str) -> tuple[Circumstance, ...]:
        return tuple(_circumstance(dataset, found_name) for found_name in several(local))

    def one(local: str) -> Name:
        return perhaps(local) or Name("not stated")

    gloss = perhaps("definition", terms.SKOS)
    hedge_word = perhaps("hedgeWord")
    return Claim(
        name=name(dataset, node),
        subject=one("subject"),
        predicate=one("predicate"),
        object=one("object"),
        polarity=one("polarity"),
        certainty=one("certainty"),
        frequency=perhaps("frequency"),
        importance=perhaps("importance"),
        under=circumstances("under"),
        especially=circumstances("especially"),
        hedge_word=hedge_word.label if hedge_word else "",
        gloss=gloss.label if gloss else "",
        passage=one("statedIn"),
        activity=perhaps("wasGeneratedBy", terms.PROV),
    )


def _circumstance(dataset: Dataset, found: Name) -> Circumstance:
    return Circumstance(found, text(dataset, NamedNode(found.iri or ""), terms.CALC + "phrase"))


def read_claims(dataset: Dataset, nodes: Iterable[Term]) -> list[Claim]:
    """Return the claims under these names, each once, in the order of their names."""
    named = {node.value: node for node in nodes if isinstance(node, NamedNode)}
    return [read_claim(dataset, named[iri]) for iri in sorted(named)]


def claims_about(dataset: Dataset, node: NamedNode, paging: Paging | None = None) -> list[Claim]:
    """Return the claims that name an entity, as subject, object or circumstance: one page."""
    paging = paging or Paging()
    return read_claims(
        dataset,
        (claim for link in _LINKS for claim in paging.part(dataset.subjects(link, node))),
    )


def section_of(dataset: Dataset, passage: Name) -> Name | None:
    """Return the section that a passage is part of, None where none names it."""
    section = next(dataset.subjects(_HAS_PART, NamedNode(passage.iri or "")), None)
    return name(dataset, section) if section else None


def statements_of(claims: Iterable[Claim]) -> list[Statement]:
    """Return one statement for each proposition and polarity, with its claims, in their order."""
    grouped: dict[tuple[Name, Name, Name, Name], list[Claim]] = {}
    for claim in claims:
        grouped.setdefault((*claim.proposition, claim.polarity), []).append(claim)
    return [Statement(s, p, o, tuple(found)) for (s, p, o, _), found in grouped.items()]


def unclaimed(dataset: Dataset, triple: Triple, origin: Origin, reason: str = "") -> Statement:
    """Return a statement that the editors or a rule make."""
    subject, predicate, object = (name(dataset, term) for term in triple)
    return Statement(subject, predicate, object, (), origin, reason)


def editors_reason(dataset: Dataset, triple: Triple) -> str:
    """Return the comment of the owl:Axiom that annotates a statement, empty where none does."""
    for axiom in dataset.subjects(NamedNode(terms.OWL + "annotatedSource"), triple.subject):
        if triple.predicate == _annotated(dataset, axiom, "annotatedProperty") and (
            triple.object == _annotated(dataset, axiom, "annotatedTarget")
        ):
            return text(dataset, axiom, terms.RDFS + "comment")
    return ""


def _annotated(dataset: Dataset, axiom: Node, local: str) -> Term | None:
    return dataset.value(axiom, NamedNode(terms.OWL + local))


def sources_of(statements: Iterable[Statement]) -> tuple[Source, ...]:
    """Return the passages behind statements, numbered in the order of their first use."""
    used: dict[Name, dict[Claim, None]] = {}
    for statement in statements:
        for wording in statement.wordings:
            for claim in wording:
                used.setdefault(claim.passage, {})[claim] = None
    return tuple(
        Source(number, passage, tuple(claims))
        for number, (passage, claims) in enumerate(used.items(), start=1)
    )
