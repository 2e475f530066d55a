"""The rows of an entity page: relations, names and order are those of the shapes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.description.naming import calc, number, types_of
from calcguide.description.statements import CIRCUMSTANCES, Statement

LAST_GROUP: Final = "Also stated"
_LAST: Final = 1e9
_EXPECTED: Final = calc("expected")
_ORDINAL: Final = calc("ordinal")
_HAS_PART: Final = terms.DCT + "hasPart"
_CIRCUMSTANCES: Final = tuple(circumstance.value for circumstance in CIRCUMSTANCES)
_INVERSE_OF: Final = NamedNode(terms.OWL + "inverseOf")
_SYMMETRIC: Final = NamedNode(terms.OWL + "SymmetricProperty")
_POLARITIES: Final = ("affirmed", "unproven", "denied", "")
"""In the order of rows; the last is that of a claim of other people that states none."""
_STANDARD_INVERSES: Final = {
    terms.SKOS + "broader": "has narrower concept",
    terms.SKOS + "member": "listed in",
    terms.DCT + "hasPart": "part of",
    terms.DCT + "references": "referred to by",
    _CIRCUMSTANCES[0]: "claims that hold only under this",
    _CIRCUMSTANCES[1]: "claims that hold above all under this",
}
"""Names of relations seen from their object, where the vocabulary has no term for that."""


@dataclass(frozen=True)
class Relation:
    """A property seen from one end, as a shape lists it or as the data use it."""

    path: str
    inverse: bool
    name: str
    group: str = LAST_GROUP
    order: tuple[float, float] = (_LAST, _LAST)
    expected: bool = False
    symmetric: bool = False

    def seen_as(self, predicate: NamedNode) -> bool:
        """Return whether this is a property seen from its subject."""
        return self.path == predicate.value and not self.inverse

    def covers(self, statement: Statement, iri: str) -> bool:
        """Return whether a statement about the named thing belongs in this row."""
        if self.inverse and self.path in _CIRCUMSTANCES:
            local = self.path.removeprefix(terms.CALC)
            return any(iri == c.name.iri for k in statement.claims for c in getattr(k, local))
        if statement.predicate.iri != self.path:
            return False
        if self.symmetric:
            return iri in (statement.object.iri, statement.subject.iri)
        return iri == (statement.object.iri if self.inverse else statement.subject.iri)


@dataclass(frozen=True)
class Row:
    """A relation with its statements; without any, the guide does not say."""

    relation: Relation
    statements: tuple[Statement, ...]

    @property
    def alike(self) -> bool:
        """Whether all statements are of one origin and need no mark of their own."""
        marked = [s for s in self.statements if s.claims or s.reason]
        return not marked and len({s.origin for s in self.statements}) == 1


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    label: str
    rows: tuple[Row, ...]


def arrange(dataset: Dataset, node: NamedNode, statements: list[Statement]) -> tuple[Group, ...]:
    """Return the statements in rows and groups: as the shapes have them, the others last."""
    listed = _listed(dataset, types_of(dataset, node))
    rows = [_row(dataset, found, statements, node.value) for found in listed]
    placed = {id(statement) for row in rows for statement in row.statements}
    others = [statement for statement in statements if id(statement) not in placed]
    rows += [_row(dataset, r, others, node.value) for r in _unlisted(dataset, node, others)]
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.relation.order, row.relation.name)):
        if row.statements or row.relation.expected:
            groups.setdefault(row.relation.group, []).append(row)
    return tuple(Group(label, tuple(found)) for label, found in groups.items())


def _row(dataset: Dataset, relation: Relation, statements: Iterable[Statement], iri: str) -> Row:
    """The statements of a relation: parts in their order, all else what is plain first."""
    found = [s for s in statements if relation.covers(s, iri)]
    is_whole = relation.path == _HAS_PART

    def place(statement: Statement) -> tuple[int, bool, int, str]:
        end = statement.other_end(iri)
        ordinal = number(dataset, NamedNode(end.iri), _ORDINAL) if is_whole and end.iri else None
        polarity = _POLARITIES.index(statement.polarity)
        return polarity, not statement.plain, ordinal or 0, end.label.casefold()

    return Row(relation, tuple(sorted(found, key=place)))


@lru_cache(maxsize=200)
def _listed(dataset: Dataset, types: frozenset[str]) -> tuple[Relation, ...]:
    """The relations that the shapes of these classes list, each once; kept."""
    found: dict[tuple[str, bool], Relation] = {}
    for type in sorted(types):
        for relation in _listed_for(dataset, type):
            key = (relation.path, relation.inverse)
            found[key] = _merged(relation, found.get(key, relation))
    return tuple(found.values())


@lru_cache(maxsize=200)
def _listed_for(dataset: Dataset, type: str) -> tuple[Relation, ...]:
    """The relations that the shapes of one class list; kept, since a dataset does not change."""
    shapes = dataset.graph("shapes")
    listed = (
        _read(dataset, quad.object, shapes)
        for shape in _subjects(dataset, "targetClass", NamedNode(type), shapes)
        for quad in dataset.store.quads_for_pattern(shape, _sh("property"), None, shapes)
    )
    return tuple(relation for relation in listed if relation is not None)


def _merged(one: Relation, other: Relation) -> Relation:
    """A relation that two shapes list: the first in order, expected where either expects it."""
    first = min(one, other, key=lambda relation: relation.order)
    return replace(first, expected=one.expected or other.expected)


def _read(dataset: Dataset, shape: Term, shapes: NamedNode) -> Relation | None:
    """The relation of a property shape; None where it is in no group, so makes no row."""
    if isinstance(shape, Literal):
        return None
    values = {
        q.predicate: q.object for q in dataset.store.quads_for_pattern(shape, None, None, shapes)
    }
    group, path = values.get(_sh("group")), values.get(_sh("path"))
    inverse = isinstance(path, BlankNode)
    if isinstance(path, BlankNode):
        path = _object(dataset, path, "inversePath", shapes)
    if group is None or not isinstance(path, NamedNode):
        return None
    own_order, group_order = values.get(_sh("order")), _object(dataset, group, "order", shapes)
    named = values.get(_sh("name"))
    return Relation(
        path=path.value,
        inverse=inverse,
        name=named.value if isinstance(named, Literal) else _called(dataset, path, inverse),
        group=dataset.label(group),
        order=(_decimal(group_order), _decimal(own_order)),
        expected=_EXPECTED in values and dataset.label(values[_EXPECTED]) == "true",
        symmetric=_is_symmetric(dataset, path),
    )


def _unlisted(dataset: Dataset, node: NamedNode, statements: list[Statement]) -> list[Relation]:
    found: dict[tuple[str, bool], Relation] = {}
    for statement in statements:
        predicate = NamedNode(statement.predicate.iri or "")
        inverse = statement.subject.iri != node.value
        if inverse and statement.object.iri != node.value:
            for circumstance in _CIRCUMSTANCES:
                called = _STANDARD_INVERSES[circumstance]
                found[circumstance, True] = Relation(circumstance, True, called)
        else:
            relation = Relation(predicate.value, inverse, _called(dataset, predicate, inverse))
            found[predicate.value, inverse] = relation
    return list(found.values())


def _called(dataset: Dataset, predicate: NamedNode, inverse: bool) -> str:
    """What a property is called from one end: its label, or that of its inverse."""
    label = dataset.label(predicate)
    if not inverse or _is_symmetric(dataset, predicate):
        return label
    if predicate.value in _STANDARD_INVERSES:
        return _STANDARD_INVERSES[predicate.value]
    declared = next(iter(dataset.subjects(_INVERSE_OF, predicate)), None)
    return dataset.label(declared) if declared is not None else f"{label} (seen from its object)"


def _is_symmetric(dataset: Dataset, predicate: NamedNode) -> bool:
    return _SYMMETRIC.value in types_of(dataset, predicate)


def _sh(local: str) -> NamedNode:
    return NamedNode(terms.SH + local)


def _subjects(
    dataset: Dataset, local: str, object: NamedNode, graph: NamedNode
) -> Iterable[NamedNode]:
    for quad in dataset.store.quads_for_pattern(None, _sh(local), object, graph):
        if isinstance(quad.subject, NamedNode):
            yield quad.subject


def _object(dataset: Dataset, subject: Term, local: str, graph: NamedNode) -> Term | None:
    if not isinstance(subject, NamedNode | BlankNode):
        return None
    quads = dataset.store.quads_for_pattern(subject, _sh(local), None, graph)
    return next((quad.object for quad in quads), None)


def _decimal(term: Term | None) -> float:
    return float(term.value) if isinstance(term, Literal) else _LAST
