"""Lists of things: by class, of questions, of what a document such as the ontology names."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import MOST_DESCRIBED, Dataset, Term
from calcguide.description.naming import (
    Name,
    asserted_types,
    calc,
    members,
    name,
    number,
    summary,
    text,
    texts,
)
from calcguide.description.paging import Paging, member_count
from calcguide.words import counted

BROWSE: Final = {
    "types": "Calcification",
    "mechanisms": "Mechanism",
    "causes": "Cause",
    "locations": "Location",
    "treatments": "Treatment",
    "conditions": "Condition",
    "interventions": "Intervention",
    "substances": "Substance",
    "exposures": "Exposure",
    "factors": "Factor",
    "circumstances": "Circumstance",
    "values": "Value",
    "sources": "Source",
}
"""Name of a browse page -> local name of the class whose members it lists; the main five first."""

_COUNTED: Final = {
    "Passage": ("passage",),
    "Claim": ("claim",),
    "Entity": ("thing that they speak of", "things that they speak of"),
    "Question": ("question",),
}
_ORDINAL: Final = calc("ordinal")
_SUB_CLASS_OF: Final = NamedNode(terms.RDFS + "subClassOf")
_LISTED: Final = 1000
_MOST_TYPED: Final = 100_000
"""Statements of a class that are read to list all things."""


@dataclass(frozen=True)
class Entry:
    """A thing in a list: its name and what it is, in a sentence or two."""

    name: Name
    summary: str
    synonyms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A titled list; `total` counts also what is left out of `entries`."""

    title: Name
    summary: str
    entries: tuple[Entry, ...]
    total: int


@dataclass(frozen=True)
class SourcePage:
    """What the data are: their description, their guides, their graphs with statement counts."""

    summary: str
    counts: tuple[str, ...]
    """How many things there are of some sorts, in words."""
    guides: tuple[Entry, ...]
    graphs: tuple[Listing, ...]


def entries(dataset: Dataset, nodes: Iterable[Term]) -> tuple[Entry, ...]:
    """Return an entry for each named thing, in alphabetical order."""
    found = {
        Entry(
            name(dataset, node),
            summary(dataset, node),
            texts(dataset, node, terms.SKOS + "altLabel"),
            texts(dataset, node, terms.SKOS + "scopeNote"),
        )
        for node in nodes
        if isinstance(node, NamedNode)
    }
    return tuple(sorted(found, key=lambda e: (e.name.label.casefold(), e.name.iri or "")))


def browse(dataset: Dataset, slug: str, paging: Paging | None = None) -> Listing:
    """Return the members of the class of a browse page; raises KeyError for an unknown page.

    Where they are more than a page is long, each page is in alphabetical order; which page a
    member is on is for the store to say.
    """
    type, paging = calc(BROWSE[slug]), paging or Paging()
    found = entries(dataset, paging.part(members(dataset, type)))
    total = len(found) if paging.whole else member_count(dataset, type)
    return Listing(name(dataset, type), summary(dataset, type), found, total)


def browse_page(dataset: Dataset, node: NamedNode) -> str | None:
    """Return the browse page that lists a thing by its asserted class, or the class above."""
    types = asserted_types(dataset, node)
    above = [term for type in types for term in dataset.values(type, _SUB_CLASS_OF)]
    return next((slug for slug, local in BROWSE.items() if calc(local) in [*types, *above]), None)


def questions(dataset: Dataset) -> tuple[Entry, ...]:
    """Return the questions with their short answers, in their order; at most a page of them."""
    found = sorted(
        Paging().part(members(dataset, calc("Question"))),
        key=lambda node: (number(dataset, node, _ORDINAL) or 0, node.value),
    )
    return tuple(
        Entry(name(dataset, node), text(dataset, node, terms.CALC + "shortAnswer"))
        for node in found
    )


@functools.lru_cache(maxsize=1)
def things(dataset: Dataset) -> tuple[str, ...]:
    """Return the paths of all things and documents in use with a page of their own, sorted.

    Those of the first hundred thousand statements of a class, in the order of the store. Kept,
    since a dataset does not change; none for other people's names.
    """
    statements = dataset.store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
    typed = islice(statements, _MOST_TYPED)
    subjects = {quad.subject.value for quad in typed if isinstance(quad.subject, NamedNode)}
    subjects -= dataset.out_of_use
    paths = {path for iri in subjects if (path := dataset.path(iri)) and "#" not in path}
    paths |= {path for count in dataset.named_graphs() if (path := dataset.path(count.iri))}
    paths |= {kind for kind in terms.DOCUMENT_KINDS if dataset.knows(dataset.base + kind)}
    kinds = (*terms.THING_KINDS, *terms.DOCUMENT_KINDS)
    return tuple(sorted(path for path in paths if path.split("/")[0] in kinds))


def describe_source(dataset: Dataset) -> SourcePage:
    """Return what the dataset says of itself, of the guides behind it and of its graphs."""
    return SourcePage(
        summary=summary(dataset, dataset.iri("dataset")),
        counts=tuple(
            counted(member_count(dataset, calc(local)), *words) for local, words in _COUNTED.items()
        ),
        guides=entries(dataset, Paging().part(members(dataset, calc("Guide")))),
        graphs=tuple(
            Listing(
                name(dataset, graph := NamedNode(count.iri)),
                summary(dataset, graph),
                (),
                count.statements,
            )
            for count in dataset.named_graphs()
        ),
    )


def contents(dataset: Dataset, graph: NamedNode) -> tuple[Listing, ...]:
    """Return what in use a named graph states something of, by class, at most 1000 things."""
    quads = dataset.store.quads_for_pattern(None, None, None, graph)
    subjects = dict.fromkeys(
        quad.subject
        for quad in islice(quads, MOST_DESCRIBED)
        if isinstance(quad.subject, NamedNode) and quad.subject.value not in dataset.out_of_use
    )
    grouped: dict[Name, list[NamedNode]] = {}
    for node in islice(subjects, _LISTED):
        type = next(iter(asserted_types(dataset, node)), None)
        grouped.setdefault(name(dataset, type) if type else Name("Other"), []).append(node)
    return tuple(
        Listing(type, "", entries(dataset, nodes), len(nodes))
        for type, nodes in sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0].label))
    )
