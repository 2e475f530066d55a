"""The page of the shapes: what each applies to, what it asks for, and what to do about it."""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.description.naming import Name, in_order
from calcguide.description.publication import (
    About,
    Fact,
    Publication,
    about,
    describe_publication,
    members,
    shown,
)
from calcguide.files import opening_comment
from calcguide.paths import IN_WORDS, write_path

_SHAPES: Final = terms.BASE + "shapes"
_KINDS: Final = tuple(NamedNode(terms.SH + kind) for kind in ("NodeShape", "PropertyShape"))
_PATH: Final = terms.SH + "path"
_GROUP: Final = NamedNode(terms.SH + "group")
_NIL: Final = NamedNode(terms.RDF + "nil")
_TARGETS: Final = {
    terms.SH + "targetClass": "every",
    terms.SH + "targetSubjectsOf": "whatever has",
    terms.SH + "targetObjectsOf": "the values of",
    terms.SH + "targetNode": "the thing",
}
_CONDITIONS: Final = {
    terms.SH + "uniqueLang": "one for each language",
    terms.SH + "class": "a member of",
    terms.SH + "datatype": "of the datatype",
    terms.SH + "nodeKind": "in the form of an",
    terms.SH + "hasValue": "among them",
    terms.SH + "in": "one of",
    terms.SH + "pattern": "matching",
    terms.SH + "minLength": "characters, at least",
    terms.SH + "maxLength": "characters, at most",
    terms.SH + "minInclusive": "not below",
    terms.SH + "maxInclusive": "not above",
    terms.SH + "lessThan": "less than its",
    terms.SH + "disjoint": "never the same as its",
    terms.SH + "not": "must not be of the shape",
    terms.SH + "node": "must be of the shape",
    terms.SH + "ignoredProperties": "nothing but what is listed here and",
}
"""Parameters of SHACL, and how a page says what they ask of the values."""
_WITHOUT_VALUE: Final = (terms.SH + "uniqueLang",)


@dataclass(frozen=True)
class Shape:
    """A shape; one that has a path is a property shape. `local` is its anchor on the page."""

    name: Name
    local: str
    order: float
    path: str
    """The property path as SPARQL writes it; empty for a node shape."""
    path_in_words: str
    targets: tuple[Fact, ...]
    query: str
    """The query that finds what it applies to, where there is one."""
    conditions: tuple[Fact, ...]
    description: str
    message: str
    severity: str
    listed_by: tuple[Name, ...]


@dataclass(frozen=True)
class Family:
    """A node shape, and the shapes whose names begin with its own."""

    head: Shape
    members: tuple[Shape, ...]


@dataclass(frozen=True)
class Check:
    """A query across graphs that must find nothing; `message` says what to do where it does."""

    name: Name
    local: str
    message: str
    query: str


@dataclass(frozen=True)
class Group:
    """A heading of the pages of entities, and the shapes whose relations stand under it."""

    name: Name
    local: str
    shapes: tuple[Name, ...]


@dataclass(frozen=True)
class ConstraintsPage:
    """The shapes as a publication."""

    head: Publication
    counts: Mapping[str, int]
    families: tuple[Family, ...]
    groups: tuple[Group, ...]
    checks: tuple[Check, ...]


@functools.lru_cache(maxsize=1)
def describe_constraints(dataset: Dataset) -> ConstraintsPage:
    """Return every shape and every check; kept, since a dataset does not change."""
    shapes = [_shape(dataset, node) for node in _nodes(dataset)]
    rules = sum(bool(shape.path) for shape in shapes)
    return ConstraintsPage(
        head=describe_publication(dataset, "shapes"),
        counts={
            "node shapes": len(shapes) - rules,
            "property shapes": rules,
            "checks across graphs": len(dataset.checks),
        },
        families=tuple(_families(shapes)),
        groups=tuple(_groups(dataset)),
        checks=tuple(
            Check(_check_name(stem), stem, opening_comment(query), query)
            for stem, query in sorted(dataset.checks.items())
        ),
    )


@functools.lru_cache(maxsize=1)
def checked_by(dataset: Dataset) -> Mapping[str, tuple[Name, ...]]:
    """Return, by the IRI of a class or property, the shapes and checks that it stands in.

    A class stands in the shapes that target it, a property in those with it in their path or
    target, both in the checks that name them.
    """
    found: dict[str, dict[Name, None]] = {}
    for node in _nodes(dataset):
        stated = about(dataset, node, dataset.graph("shapes"))
        for predicate in (*_TARGETS, _PATH):
            for term in stated.get(predicate, ()):
                for named in _named_in(dataset, term):
                    found.setdefault(named.value, {})[Name(_local(node), node.value)] = None
    for stem, query in sorted(dataset.checks.items()):
        for prefix, local in re.findall(r"\b(\w+):(\w+)", query):
            iri = dataset.prefixes.get(prefix, f"{prefix}:") + local
            found.setdefault(iri, {})[_check_name(stem)] = None
    return {iri: tuple(names) for iri, names in found.items()}


def _check_name(stem: str) -> Name:
    return Name(stem.replace("-", " "), f"{_SHAPES}#{stem}")


def _nodes(dataset: Dataset) -> list[NamedNode]:
    """The named shapes, in the order of their names."""
    graph = dataset.graph("shapes")
    found = {
        quad.subject
        for kind in _KINDS
        for quad in dataset.store.quads_for_pattern(None, terms.RDF_TYPE, kind, graph)
        if isinstance(quad.subject, NamedNode)
    }
    return sorted(found, key=str)


def _local(node: NamedNode) -> str:
    return node.value.rsplit("#", 1)[-1]


def _groups(dataset: Dataset) -> Iterator[Group]:
    """The property groups (SHACL 2.3.2.4), in the order in which pages show them."""
    graph = dataset.graph("shapes")
    kind = NamedNode(terms.SH + "PropertyGroup")
    found = dataset.store.quads_for_pattern(None, terms.RDF_TYPE, kind, graph)
    groups = [quad.subject for quad in found if isinstance(quad.subject, NamedNode)]
    for group in sorted(groups, key=lambda node: (_order(dataset, node), node.value)):
        listed = dataset.store.quads_for_pattern(None, _GROUP, group, graph)
        shapes = {shown(dataset, q.subject) for q in listed if isinstance(q.subject, NamedNode)}
        yield Group(shown(dataset, group), _local(group), in_order(shapes))


def _order(dataset: Dataset, node: NamedNode) -> float:
    found = about(dataset, node, dataset.graph("shapes")).get(terms.SH + "order")
    return float(dataset.label(found[0])) if found else 0


def _shape(dataset: Dataset, node: NamedNode) -> Shape:
    graph = dataset.graph("shapes")
    stated = about(dataset, node, graph)
    listing = dataset.store.quads_for_pattern(None, NamedNode(terms.SH + "property"), node, graph)
    owners = [quad.subject for quad in listing if isinstance(quad.subject, NamedNode)]

    def one(local: str) -> str:
        found = stated.get(terms.SH + local)
        return dataset.label(found[0]) if found else ""

    targets = [
        Fact(label, _shown(dataset, term))
        for predicate, label in _TARGETS.items()
        for term in stated.get(predicate, ())
    ]
    return Shape(
        name=Name(one("name") or _local(node), node.value),
        local=_local(node),
        order=float(one("order") or "inf"),
        path="".join(write_path(dataset, term) for term in stated.get(_PATH, ())),
        path_in_words="".join(
            write_path(dataset, term, IN_WORDS) for term in stated.get(_PATH, ())
        ),
        targets=tuple(targets),
        query=_query(dataset, stated.get(terms.SH + "target", [])),
        conditions=(*_how_many(one("minCount"), one("maxCount")), *_conditions(dataset, stated)),
        description=one("description"),
        message=one("message"),
        severity=one("severity"),
        listed_by=in_order(Name(_local(owner), owner.value) for owner in owners),
    )


def _how_many(least: str, most: str) -> Iterator[Fact]:
    if most == "0":
        yield Fact("none at all")
    elif least == most != "":
        yield Fact(f"exactly {most}")
    elif least not in ("", "0"):
        yield Fact(f"at least {least}")
    if most not in ("", "0", least):
        yield Fact(f"at most {most}")


def _conditions(dataset: Dataset, stated: About) -> Iterator[Fact]:
    for predicate, label in _CONDITIONS.items():
        for term in stated.get(predicate, ()):
            shown = _shown(dataset, term)
            if predicate == terms.SH + "in" and not shown:
                yield Fact("at fault wherever it applies")
            else:
                yield Fact(label, () if predicate in _WITHOUT_VALUE else shown)


def _query(dataset: Dataset, targets: list[Term]) -> str:
    for target in targets:
        if isinstance(target, NamedNode | BlankNode):
            stated = about(dataset, target, dataset.graph("shapes"))
            for query in stated.get(terms.SH + "select", ()):
                return dataset.label(query).strip()
    return ""


def _shown(dataset: Dataset, term: Term) -> tuple[Name, ...]:
    """The term, or the members of a list."""
    if isinstance(term, BlankNode) or term == _NIL:
        found = members(dataset, term, dataset.graph("shapes"))
        return tuple(name for member in found for name in _shown(dataset, member))
    if isinstance(term, NamedNode) and term.value.startswith(terms.SH):
        return (Name(term.value.removeprefix(terms.SH)),)
    if isinstance(term, NamedNode) and term.value.startswith(_SHAPES):
        return (Name(_local(term), term.value),)
    return (shown(dataset, term),)


def _named_in(dataset: Dataset, term: Term) -> Iterator[NamedNode]:
    """The properties of a path; a class is itself."""
    if isinstance(term, NamedNode):
        yield term
    elif isinstance(term, BlankNode):
        for found in about(dataset, term, dataset.graph("shapes")).values():
            for inner in found:
                yield from _named_in(dataset, inner)


def _families(shapes: list[Shape]) -> Iterator[Family]:
    """Each node shape with the shapes that carry its name in front, in the order of names."""
    heads = {shape.local: shape for shape in shapes if not shape.path}
    families: dict[str, list[Shape]] = {}
    for shape in shapes:
        head = next((h for h in sorted(heads) if shape.local.startswith(f"{h}-")), shape.local)
        members = families.setdefault(head, [])
        if head != shape.local:
            members.append(shape)
    by_local = {shape.local: shape for shape in shapes}
    for head in sorted(families, key=lambda local: by_local[local].name.label.casefold()):
        found = sorted(families[head], key=lambda shape: (shape.order, shape.local))
        yield Family(by_local[head], tuple(found))
