"""The page of the ontology: every class, property and qualifier, with its use in the data."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.description.constraints import checked_by
from calcguide.description.explanation import Rule, rules_of
from calcguide.description.matches import Match, matches_of
from calcguide.description.naming import Name, calc, in_order, name
from calcguide.description.publication import (
    About,
    Fact,
    Publication,
    about,
    describe_publication,
    members,
    shown,
)
from calcguide.description.statements import Statement
from calcguide.description.uses import Uses

_TYPE: Final = terms.RDF_TYPE.value
_CLASS: Final = NamedNode(terms.OWL + "Class")
_LINK: Final = NamedNode(terms.OWL + "ObjectProperty")
_PROPERTIES: Final[dict[Term, str]] = {
    _LINK: "Object property",
    NamedNode(terms.OWL + "DatatypeProperty"): "Datatype property",
    NamedNode(terms.OWL + "AnnotationProperty"): "Annotation property",
}
_CHARACTERISTICS: Final[dict[Term, str]] = {
    NamedNode(terms.OWL + "TransitiveProperty"): "transitive: it holds over several steps",
    NamedNode(terms.OWL + "SymmetricProperty"): "symmetric: it holds both ways",
    NamedNode(terms.OWL + "AsymmetricProperty"): "asymmetric: it never holds both ways",
    NamedNode(terms.OWL + "IrreflexiveProperty"): "irreflexive: nothing has it to itself",
    NamedNode(terms.OWL + "FunctionalProperty"): "functional: it has one value at most",
}
_DOMAIN, _RANGE = terms.RDFS + "domain", terms.RDFS + "range"
_SUB_CLASS, _SUB_PROPERTY = terms.RDFS + "subClassOf", terms.RDFS + "subPropertyOf"
_INVERSE, _CHAIN = terms.OWL + "inverseOf", terms.OWL + "propertyChainAxiom"
_ENTITY, _CLAIM = calc("Entity"), calc("Claim")
_HEADINGS: Final = {
    "classes": ("Classes", "What a thing can be."),
    "relations": (
        "Relations",
        "What can be said of a thing. A claim names one of these as its predicate. Where the "
        "guide affirms it, a direct statement follows.",
    ),
    "claims": ("Properties of claims", "What is claimed, how it is put, and where it stands."),
    "others": (
        "Other properties",
        "Of passages, questions, circumstances, grades, example queries and the data as a whole.",
    ),
    "qualifiers": ("Qualifiers", "The values that say how a claim is put, each under its class."),
}
"""Part of the page -> its heading, and what stands under it."""


@dataclass(frozen=True)
class VocabularyTerm:
    """A class, property or qualifier; `local` is its anchor on the page."""

    name: Name
    local: str
    kind: str
    definition: str
    notes: tuple[str, ...]
    facts: tuple[Fact, ...]
    uses: int
    """Members of a class, statements with a property, claims with a qualifier."""
    claims: int
    """Claims that have the property as their predicate."""
    example: Statement | None
    checked_by: tuple[Name, ...]
    matches: Mapping[str, Sequence[Match]]
    """How near -> the terms of other vocabularies that it is matched to."""


@dataclass(frozen=True)
class Branch:
    """A term with those directly below it."""

    name: Name
    narrower: tuple["Branch", ...]


@dataclass(frozen=True)
class Section:
    """Terms under one heading: as a tree, and each with all that is stated of it."""

    local: str
    title: str
    lead: str
    tree: tuple[Branch, ...]
    terms: tuple[VocabularyTerm, ...]


@dataclass(frozen=True)
class VocabularyPage:
    """The ontology as a publication."""

    head: Publication
    counts: Mapping[str, int]
    sections: tuple[Section, ...]
    disjoint: tuple[tuple[Name, ...], ...]
    """Sets of classes of which no two share a member."""
    borrowed: tuple[VocabularyTerm, ...]
    """Terms of other vocabularies."""
    rules: tuple[Rule, ...]
    """What entails further statements."""


@functools.lru_cache(maxsize=1)
def describe_vocabulary(dataset: Dataset) -> VocabularyPage:
    """Return every term that the ontology declares or borrows; a dataset does not change."""
    reader = _Reader(dataset)
    own = [node for node in reader.stated if node.value.startswith(terms.CALC)]
    classes = [node for node in own if reader.kinds.get(node) == _CLASS]
    properties = [node for node in own if node in reader.kinds and node not in classes]
    qualifiers = [node for node in own if node not in reader.kinds]
    relations = [node for node in properties if reader.is_relation(node)]
    of_claims = [node for node in properties if _CLAIM in reader.stated[node].get(_DOMAIN, ())]
    others = [node for node in properties if node not in (*relations, *of_claims)]
    parts = {
        "classes": (classes, _SUB_CLASS),
        "relations": (relations, _SUB_PROPERTY),
        "claims": (of_claims, _SUB_PROPERTY),
        "others": (others, _SUB_PROPERTY),
        "qualifiers": (qualifiers, _TYPE),
    }
    counted = {"classes": classes, "properties": properties, "qualifiers": qualifiers}
    return VocabularyPage(
        head=describe_publication(dataset, "ontology"),
        counts={what: len(nodes) for what, nodes in counted.items()},
        sections=tuple(
            Section(f"part-{part}", *_HEADINGS[part], reader.tree(nodes, up), reader.terms(nodes))
            for part, (nodes, up) in parts.items()
            if nodes
        ),
        disjoint=reader.disjoint(),
        borrowed=reader.terms(sorted({*reader.kinds} - {*own}, key=str)),
        rules=rules_of(dataset),
    )


class _Reader:
    """Reads terms out of the ontology; `stated` has what it says of each, by label."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._graph = dataset.graph("ontology")
        subjects = {quad.subject for quad in dataset.graph_quads(self._graph)}
        nodes = [node for node in subjects if isinstance(node, NamedNode)]
        nodes.sort(key=lambda node: (dataset.label(node).casefold(), node.value))
        self.stated: dict[NamedNode, About] = {n: about(dataset, n, self._graph) for n in nodes}
        self.kinds = {
            node: type
            for node, stated in self.stated.items()
            for type in stated.get(_TYPE, ())
            if type == _CLASS or type in _PROPERTIES
        }
        """Class or property -> which of these it is."""
        self._uses = Uses(dataset)
        self._checked_by = checked_by(dataset)

    def is_relation(self, node: NamedNode) -> bool:
        """Return whether a property links entities of some class to something."""
        above = list(self.stated[node].get(_DOMAIN, ()))
        for wider in above:  # it grows while it is read
            stated = self.stated.get(wider, {}) if isinstance(wider, NamedNode) else {}
            above += [term for term in stated.get(_SUB_CLASS, ()) if term not in above]
        return self.kinds[node] == _LINK and _ENTITY in above

    def terms(self, nodes: Iterable[NamedNode]) -> tuple[VocabularyTerm, ...]:
        """Return the terms, with all that is shown of each."""
        return tuple(self._term(node) for node in nodes)

    def tree(self, nodes: list[NamedNode], up: str) -> tuple[Branch, ...]:
        """Return the terms below those of ours that they name by the property `up`."""
        above = {
            node: [wider for wider in self.stated[node].get(up, ()) if _is_ours(wider)]
            for node in nodes
        }
        tops = dict.fromkeys([*(wider for found in above.values() for wider in found), *nodes])

        def branches(found: Iterable[Term], inside: tuple[Term, ...]) -> tuple[Branch, ...]:
            unseen = [term for term in found if term not in inside]
            unseen.sort(key=lambda term: self._dataset.label(term).casefold())
            return tuple(
                Branch(
                    name(self._dataset, term),
                    branches([n for n in nodes if term in above[n]], (*inside, term)),
                )
                for term in unseen
            )

        return branches([top for top in tops if not above.get(cast(NamedNode, top))], ())

    def disjoint(self) -> tuple[tuple[Name, ...], ...]:
        """Return the members of each owl:AllDisjointClasses, the largest set first."""
        lists = [
            quad.object
            for quad in self._dataset.graph_quads(self._graph)
            if quad.predicate.value == terms.OWL + "members"
        ]
        found = [self._names(members(self._dataset, node, self._graph)) for node in lists]
        return tuple(sorted(found, key=lambda names: (-len(names), names[0].label)))

    def _term(self, node: NamedNode) -> VocabularyTerm:
        kind, stated, uses = self.kinds.get(node), self.stated[node], self._uses
        if kind == _CLASS:
            label, counter, example = "Class", uses.members, uses.example(terms.RDF_TYPE, node)
        elif kind is not None:
            label, counter, example = _PROPERTIES[kind], uses.statements, uses.example(node, None)
        else:
            label = self._dataset.label(stated[_TYPE][0])
            counter, example = uses.bearers, uses.example(None, node)
        return VocabularyTerm(
            name=name(self._dataset, node),
            local=re.split("[/#]", node.value)[-1],
            kind=label,
            definition=" ".join(self._texts(stated, "definition")),
            notes=self._texts(stated, "scopeNote"),
            facts=tuple(self._facts(node)),
            uses=counter[node],
            claims=uses.claims[node],
            example=example,
            checked_by=self._checked_by.get(node.value, ()),
            matches=matches_of(self._dataset, node),
        )

    def _texts(self, stated: About, local: str) -> tuple[str, ...]:
        return tuple(self._dataset.label(term) for term in stated.get(terms.SKOS + local, ()))

    def _facts(self, node: NamedNode) -> Iterator[Fact]:
        stated = self.stated[node]
        rows: dict[str, Iterable[Term]] = {
            "Sub-class of": stated.get(_SUB_CLASS, ()),
            "Sub-classes": self._pointing(_SUB_CLASS, node),
            "Domain": stated.get(_DOMAIN, ()),
            "Range": stated.get(_RANGE, ()),
            "Sub-property of": stated.get(_SUB_PROPERTY, ()),
            "Sub-properties": self._pointing(_SUB_PROPERTY, node),
            "Inverse": [*stated.get(_INVERSE, ()), *self._pointing(_INVERSE, node)],
            "In the domain of": self._pointing(_DOMAIN, node),
            "In the range of": self._pointing(_RANGE, node),
        }
        for label, found in rows.items():
            names = self._names(found)
            if names:
                yield Fact(label, names)
        for chain in stated.get(_CHAIN, ()):
            steps = members(self._dataset, chain, self._graph)
            yield Fact("Follows from", (Name(", then ".join(map(self._dataset.label, steps))),))
        marks = [_CHARACTERISTICS[t] for t in stated.get(_TYPE, ()) if t in _CHARACTERISTICS]
        if marks:
            yield Fact("Characteristics", tuple(map(Name, marks)))

    def _pointing(self, property: str, node: NamedNode) -> list[NamedNode]:
        return [other for other, stated in self.stated.items() if node in stated.get(property, ())]

    def _names(self, found: Iterable[Term]) -> tuple[Name, ...]:
        return in_order(shown(self._dataset, term) for term in found)


def _is_ours(term: Term) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(terms.CALC)
