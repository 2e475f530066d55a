"""All that a guide speaks of, to browse: a tree of classes and narrower things; by letter."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.listings import BROWSE
from calcguide.description.naming import (
    Name,
    asserted_types,
    calc,
    in_order,
    members,
    name,
    names,
    texts,
)
from calcguide.description.paging import member_count

MOST: Final = 2_000
"""Entities that are all named on one page."""

_ENTITY: Final = calc("Entity")
_COLLECTION: Final = NamedNode(terms.SKOS + "Collection")
_MEMBER: Final = NamedNode(terms.SKOS + "member")
_SUB_CLASS_OF: Final = NamedNode(terms.RDFS + "subClassOf")
_PAGES: Final = {calc(local): slug for slug, local in BROWSE.items()}
_NOT_PLAIN: Final = ("qualified-facts", "qualified-entailed", "entailed")
"""Graphs whose statements a tree would show without their hedge, or twice."""


@dataclass(frozen=True)
class Branch:
    """A thing in the tree with what is below it; a class has a count, and most a browse page."""

    name: Name
    below: tuple["Branch", ...] = ()
    count: int | None = None
    page: str = ""


@dataclass(frozen=True)
class Letter:
    """A letter with each name that begins so: the name as written, and what it names."""

    letter: str
    names: tuple[tuple[str, Name], ...]


def tree(dataset: Dataset) -> tuple[Branch, ...]:
    """Return a branch for each class of entities in the order of browse pages, then collections.

    Where there are more entities than `MOST`, classes have their counts alone.
    """
    order = list(_PAGES)
    top = {term for term in order if _ENTITY in dataset.values(term, _SUB_CLASS_OF)}
    first = dict.fromkeys(found for term in order for found in _up_to(dataset, term) & top)
    branches = [_of_class(dataset, term) for term in first]
    collections = in_order({name(dataset, node) for node in members(dataset, _COLLECTION)})
    branches += [_of_collection(dataset, found) for found in collections]
    return tuple(branch for branch in branches if branch.below or branch.count)


def by_letter(dataset: Dataset) -> tuple[Letter, ...]:
    """Return every label and synonym of an entity under its first letter, digits under one sign.

    None where there are more entities than `MOST`.
    """
    if not _fit(dataset):
        return ()
    found = {
        (written, name(dataset, node))
        for node in members(dataset, _ENTITY)
        for written in (dataset.label(node), *texts(dataset, node, terms.SKOS + "altLabel"))
    }
    ordered = sorted(found, key=lambda item: (_letter(item[0]), item[0].casefold(), item[1].label))
    grouped = groupby(ordered, key=lambda item: _letter(item[0]))
    return tuple(Letter(letter, tuple(group)) for letter, group in grouped)


def _fit(dataset: Dataset) -> bool:
    """Whether there are so few entities that one page can name them all."""
    return member_count(dataset, _ENTITY) <= MOST


def _letter(written: str) -> str:
    first = unicodedata.normalize("NFKD", written)[:1].upper()
    return first if first.isalpha() else "0–9"


def _up_to(dataset: Dataset, term: NamedNode) -> set[NamedNode]:
    """The class and the classes right above it."""
    above = dataset.values(term, _SUB_CLASS_OF)
    return {term, *(node for node in above if isinstance(node, NamedNode))}


def _of_class(dataset: Dataset, term: NamedNode) -> Branch:
    """A class: its subclasses, then its own members; for a class without any, whoever follows."""
    subclasses = [
        node
        for node in dataset.subjects(_SUB_CLASS_OF, term)
        if isinstance(node, NamedNode) and node.value.startswith(terms.CALC) and node != term
    ]
    every = set(members(dataset, term)) if _fit(dataset) else set()
    own = {node for node in every if term in asserted_types(dataset, node)}
    below = [_of_class(dataset, node) for node in sorted(subclasses, key=dataset.label)]
    below = [branch for branch in below if branch.below or branch.count]
    below += _nested(dataset, own or (set() if below else every))
    page = _PAGES.get(term, "")
    title = Name(page.capitalize(), term.value) if page else name(dataset, term)
    return Branch(title, tuple(below), len(every) or member_count(dataset, term), page)


def _of_collection(dataset: Dataset, collection: Name) -> Branch:
    node = NamedNode(collection.iri or "")
    listed = names(dataset, islice(dataset.values(node, _MEMBER), MOST))
    return Branch(collection, tuple(map(Branch, listed)), len(listed))


def _nested(dataset: Dataset, nodes: set[NamedNode]) -> Iterator[Branch]:
    """The things, each below what it is a kind of as far as that is among them; each way once."""
    wider = {node: set(_plainly_wider(dataset, node)) & nodes - {node} for node in nodes}
    below: dict[NamedNode, list[NamedNode]] = {}
    for node, above in wider.items():
        for wide in above:
            below.setdefault(wide, []).append(node)
    shown: set[NamedNode] = set()

    def branch(node: NamedNode, above: frozenset[NamedNode]) -> Branch:
        shown.add(node)
        narrower = [n for n in below.get(node, ()) if n not in above]
        return Branch(
            name(dataset, node),
            tuple(branch(n, above | {n}) for n in _ordered(dataset, narrower)),
        )

    for node in _ordered(dataset, nodes):
        if not wider[node]:
            yield branch(node, frozenset({node}))
    for node in _ordered(dataset, nodes):  # whatever is only below itself
        if node not in shown:
            yield branch(node, frozenset({node}))


def _plainly_wider(dataset: Dataset, node: NamedNode) -> Iterator[NamedNode]:
    left_out = {DEFAULT_GRAPH, *map(dataset.graph, _NOT_PLAIN)}
    for quad in dataset.store.quads_for_pattern(node, terms.SKOS_BROADER, None, None):
        if quad.graph_name not in left_out and isinstance(quad.object, NamedNode):
            yield quad.object


def _ordered(dataset: Dataset, nodes: Iterable[NamedNode]) -> list[NamedNode]:
    return sorted(nodes, key=lambda node: (dataset.label(node).casefold(), node.value))
