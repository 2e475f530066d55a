"""A mutant: the guide with one change made to it, and what is needed to make such changes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.loading import OUTSIDE_DEFAULT

XSD_STRING: Final = terms.XSD + "string"


@dataclass(frozen=True)
class Mutant:
    """One change: the statements taken out and put in, and the operator that chose them."""

    operator: str
    about: str
    removed: frozenset[Quad]
    added: frozenset[Quad]
    core: frozenset[str]
    """Names of what the changed statements are about, and of what is judged together with that."""
    rim: frozenset[str]
    """Names of what else they mention."""
    alone: bool
    """Whether it changes how the vocabulary hangs together, which tells on everything."""

    @property
    def name(self) -> str:
        return f"{self.operator}: {self.about}"

    def apply(self, dataset: Dataset) -> None:
        """Make the change in a dataset that is not yet derived."""
        for quad in self.removed:
            dataset.store.remove(quad)
        dataset.store.extend(self.added)


Change = tuple[str, Iterable[Quad], Iterable[Quad]]
"""What is changed, in words; the statements taken out; those put in."""


class World:
    """The asserted guide, looked up in the ways that operators need."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        outside = {dataset.graph(name) for name in OUTSIDE_DEFAULT}
        quads = sorted((q for q in dataset.store if q.graph_name not in outside), key=str)
        self.quads: Final = quads
        self.stated: Final = frozenset(quads)
        self._of: dict[Term, list[Quad]] = defaultdict(list)
        self._to: dict[Term, list[Quad]] = defaultdict(list)
        for quad in quads:
            self._of[quad.subject].append(quad)
            self._to[quad.object].append(quad)

    def of(self, node: Term, predicate: NamedNode | None = None) -> list[Quad]:
        """The statements about a thing, those with one predicate only where it is given."""
        return [q for q in self._of[node] if predicate in (None, q.predicate)]

    def to(self, node: Term) -> list[Quad]:
        """The statements that lead to a thing."""
        return self._to[node]

    def one(self, node: Term, predicate: NamedNode) -> Term:
        """The one value of a thing that must have one."""
        [quad] = self.of(node, predicate)
        return quad.object

    def value(self, node: Term, predicate: NamedNode) -> Term | None:
        found = self.of(node, predicate)
        return found[0].object if found else None

    def kind(self, node: Term) -> NamedNode | None:
        """The class that stands first; things of ours have one."""
        for quad in self.of(node, terms.RDF_TYPE):
            if isinstance(quad.object, NamedNode):
                return quad.object
        return None

    def members(self, *classes: str) -> list[NamedNode]:
        """The named members of some classes of ours, by the class that is stated."""
        return [
            quad.subject
            for name in classes
            for quad in self.to(NamedNode(terms.CALC + name))
            if quad.predicate == terms.RDF_TYPE and isinstance(quad.subject, NamedNode)
        ]

    @cached_property
    def claims(self) -> list[NamedNode]:
        return self.members("Claim")

    @cached_property
    def entities(self) -> list[NamedNode]:
        """Everything a claim can be about."""
        name = self.dataset.base + "id/"
        return [n for n in self._of if isinstance(n, NamedNode) and n.value.startswith(name)]

    @cached_property
    def by_class(self) -> dict[NamedNode, list[NamedNode]]:
        """Class -> the entities of it."""
        found = defaultdict(list)
        for entity in self.entities:
            if kind := self.kind(entity):
                found[kind].append(entity)
        return found

    def name(self, term: Term) -> str:
        """A term as a reader knows it."""
        if isinstance(term, NamedNode):
            return self.dataset.compact(term.value)
        return term.value if isinstance(term, Literal | BlankNode) else str(term)

    def owner(self, node: Term, added: Iterable[Quad]) -> Term:
        """The thing whose block holds a blank node; a reason belongs to what it is about."""
        source = NamedNode(terms.OWL + "annotatedSource")
        while isinstance(node, BlankNode):
            about = [q.object for q in [*self.of(node, source), *added] if q.subject == node]
            inside = [q.subject for q in self.to(node)]
            reasons = [term for term in about if isinstance(term, NamedNode)]
            node = [*reasons, *inside][0]
        return node

    def kin(self, node: Term, changed: Iterable[Quad]) -> Iterator[Term]:
        """What is judged together with a thing: its neighbours in a section, its namesakes, the
        claims that say the same or use the same property."""
        new = {q.predicate.value: q.object for q in changed if q.subject == node}
        for name in (terms.SKOS + "prefLabel", terms.OWL + "annotatedTarget"):
            if name in new:
                yield from (q.subject for q in self.to(new[name]))
        places = {
            terms.OA + "start",
            terms.OA + "end",
            terms.OA + "hasSelector",
            terms.DCT + "hasPart",
        }
        if (places | {terms.CALC + "ordinal"}) & {q.predicate.value for q in changed}:
            part = NamedNode(terms.DCT + "hasPart")
            for whole in [node, *(q.subject for q in self.to(node) if q.predicate == part)]:
                yield from (q.object for q in self.of(whole, part))
        if any(q.predicate.value.startswith(terms.CALC) for q in changed):
            yield from self._same_proposition(node, new)
        if terms.CALC + "rank" in new:
            yield from self.members("ResolutionLevel")
        ends = {terms.RDFS + "subClassOf", terms.RDFS + "domain", terms.RDFS + "range"} & {
            q.predicate.value for q in changed
        }
        if ends and self.value(node, NamedNode(terms.RDFS + "isDefinedBy")):
            yield from (q.subject for q in self.to(node))

    def _same_proposition(self, claim: Term, new: dict[str, Term]) -> Iterator[Term]:
        names = [terms.CALC + name for name in ("subject", "predicate", "object")]
        mine = [new.get(name) or self.value(claim, NamedNode(name)) for name in names]
        if mine[0] is not None:
            for quad in self.to(mine[0]):
                if [self.value(quad.subject, NamedNode(n)) for n in names] == mine:
                    yield quad.subject

    def graph_of(self, node: Term) -> NamedNode:
        """The graph that states the thing's class."""
        [graph, *_] = [q.graph_name for q in self.of(node, terms.RDF_TYPE)]
        assert isinstance(graph, NamedNode)
        return graph


STRUCTURE: Final = {
    terms.RDF + "type",
    *(terms.RDFS + name for name in ("domain", "range", "subClassOf", "subPropertyOf")),
    terms.OWL + "inverseOf",
    terms.OWL + "propertyChainAxiom",
}


def mutant(world: World, operator: str, change: Change) -> Mutant:
    """Return the change as a mutant that knows what it touches."""
    about, removed = change[0], frozenset(change[1])
    added = frozenset(change[2]) - (world.stated - removed)
    owners = {world.owner(q.subject, added) for q in removed | added}
    core = owners | {kin for node in owners for kin in world.kin(node, added | removed)}
    rim: set[Term] = {q.object for q in removed | added if isinstance(q.object, NamedNode)}
    rim |= {world.value(c, calc(end)) or c for c in owners for end in ("subject", "object")}
    rim |= {q.graph_name for q in added if isinstance(q.graph_name, NamedNode)}
    names = frozenset(map(world.name, core))
    if any(q.predicate.value.endswith("annotatedSource") for q in removed):
        names |= {"[]", '"word"'}  # a reason that belongs to nothing has no name
    mentioned = frozenset(map(world.name, rim)) - names
    ontology = world.dataset.graph("ontology")
    alone = any(
        q.graph_name == ontology and q.predicate.value in STRUCTURE for q in removed | added
    )
    return Mutant(operator.replace("_", " "), about, removed, added, names, mentioned, alone)


def with_value(quad: Quad, value: Term) -> Quad:
    return Quad(quad.subject, quad.predicate, value, quad.graph_name)


def with_subject(quad: Quad, subject: NamedNode | BlankNode) -> Quad:
    return Quad(subject, quad.predicate, quad.object, quad.graph_name)


def with_predicate(quad: Quad, predicate: NamedNode) -> Quad:
    return Quad(quad.subject, predicate, quad.object, quad.graph_name)


def in_graph(quad: Quad, graph: NamedNode) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object, graph)


def calc(name: str) -> NamedNode:
    return NamedNode(terms.CALC + name)


def skos(name: str) -> NamedNode:
    return NamedNode(terms.SKOS + name)


def text(value: str, language: str | None = "en") -> Literal:
    return Literal(value, language=language) if language else Literal(value)


Operator = Callable[[World], Iterator[Change]]
