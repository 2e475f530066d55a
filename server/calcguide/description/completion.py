"""The terms that a query may name, with the words by which people know them, for the editor."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.home import is_guide
from calcguide.description.naming import name, texts
from calcguide.description.partitions import count_default_graph

MOST: Final = 5_000
"""Terms that the editor completes; in a larger dataset, search finds the others."""

_MOST_READ: Final = 50_000
"""Labels of one kind that are read to find them."""

_LABELS: Final = (terms.SKOS + "prefLabel", terms.RDFS + "label", terms.DCT + "title")
_SYNONYMS: Final = (terms.SKOS + "altLabel", terms.SKOS + "hiddenLabel")
_OWN: Final = ("id/", "graph/", "collection/")
"""How the paths begin of the guide's own things that queries name; others have numbers only."""
_WRITTEN: Final = re.compile(r"[a-z]+:[A-Za-z_][\w-]*|<[^<>]+>")
"""A name as a query can hold it without escapes (SPARQL 1.1, PN_LOCAL)."""


@dataclass(frozen=True)
class Completion:
    """A term as a query names it, its label, and its further names."""

    name: str
    label: str
    synonyms: tuple[str, ...]


@functools.lru_cache(maxsize=1)
def completions(dataset: Dataset) -> tuple[Completion, ...]:
    """Return the classes and properties that are used and the things that have a name, by name."""
    counts = count_default_graph(dataset)
    used = (*counts.classes, *counts.properties)
    found = dict.fromkeys((*used, *islice(_things(dataset), MOST)))
    described = (_completion(dataset, term) for term in found)
    written = [c for c in described if _WRITTEN.fullmatch(c.name)]
    return tuple(sorted(written[:MOST], key=lambda c: c.name))


def _things(dataset: Dataset) -> Iterator[NamedNode]:
    """What has a label: of the guide, its own things in use; of other people's data, everything."""
    guide = is_guide(dataset)
    for predicate in _LABELS:
        labels = dataset.store.quads_for_pattern(None, NamedNode(predicate), None, None)
        for quad in islice(labels, _MOST_READ):
            if isinstance(quad.subject, NamedNode) and (
                not guide or _is_own(dataset, quad.subject.value)
            ):
                yield quad.subject


def _is_own(dataset: Dataset, iri: str) -> bool:
    own = iri.startswith(terms.CALC) or (dataset.path(iri) or "").startswith(_OWN)
    return own and iri not in dataset.out_of_use


def _completion(dataset: Dataset, term: NamedNode) -> Completion:
    label = name(dataset, term).label
    others = {t for p in (*_LABELS, *_SYNONYMS) for t in texts(dataset, term, p)} - {label}
    return Completion(dataset.compact(term.value), label, tuple(sorted(others)))
