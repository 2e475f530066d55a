"""Matches: what a thing is called in other vocabularies, and how near the meanings are."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.naming import Name, calc, members, name, names, summary, text
from calcguide.description.statements import Origin, Statement, unclaimed

_KINDS: Final = {
    "exactMatch": "The same",
    "closeMatch": "Close",
    "broadMatch": "Broader",
    "narrowMatch": "Narrower",
    "relatedMatch": "Related",
}
"""Local name of a SKOS mapping property -> what it says of the other vocabulary's term."""
_MAPPING_SET: Final = NamedNode(terms.SSSOM + "MappingSet")
_HOMEPAGE: Final = NamedNode(terms.FOAF + "homepage")
_LICENCE: Final = NamedNode(terms.DCT + "license")


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary of others; `space` is how the IRIs of its terms begin."""

    name: Name
    summary: str
    prefix: str
    space: str
    version: str
    rights: str
    homepage: Name | None
    licence: Name | None


@dataclass(frozen=True)
class Match:
    """A term of another vocabulary that ours is matched to; its identifier as a CURIE."""

    statement: Statement
    curie: str
    vocabulary: Vocabulary | None

    @property
    def term(self) -> Name:
        """The other vocabulary's term."""
        return self.statement.object


@dataclass(frozen=True)
class Alignments:
    """Whose terms ours are matched to, and the mapping sets that say which."""

    vocabularies: tuple[Vocabulary, ...]
    mapping_sets: tuple[Name, ...]


@lru_cache(maxsize=4)
def describe_alignments(dataset: Dataset) -> Alignments:
    """Return the vocabularies and mapping sets; kept, since a dataset does not change."""
    found = names(dataset, members(dataset, calc("Vocabulary")))
    return Alignments(
        tuple(_vocabulary(dataset, vocabulary) for vocabulary in found),
        names(dataset, members(dataset, _MAPPING_SET)),
    )


def matches_of(dataset: Dataset, node: NamedNode) -> dict[str, list[Match]]:
    """Return the matches of a thing by their kind in words, the nearest kind first."""
    found: dict[str, list[Match]] = {}
    for local, kind in _KINDS.items():
        match = NamedNode(terms.SKOS + local)
        for quad in dataset.store.quads_for_pattern(node, match, None, DEFAULT_GRAPH):
            statement = unclaimed(dataset, quad.triple, Origin.EDITORS)
            found.setdefault(kind, []).append(_match(dataset, statement))
    return {
        kind: sorted(matches, key=lambda match: match.curie.casefold())
        for kind, matches in found.items()
    }


def _match(dataset: Dataset, statement: Statement) -> Match:
    iri = statement.object.iri or ""
    for vocabulary in describe_alignments(dataset).vocabularies:
        if iri.startswith(vocabulary.space):
            local = iri.removeprefix(vocabulary.space)
            return Match(statement, f"{vocabulary.prefix}:{local}", vocabulary)
    return Match(statement, dataset.compact(iri), None)


def _vocabulary(dataset: Dataset, vocabulary: Name) -> Vocabulary:
    node = NamedNode(vocabulary.iri or "")
    homepage, licence = (dataset.value(node, p) for p in (_HOMEPAGE, _LICENCE))
    return Vocabulary(
        name=vocabulary,
        summary=summary(dataset, node),
        prefix=text(dataset, node, terms.VANN + "preferredNamespacePrefix"),
        space=text(dataset, node, terms.VOID + "uriSpace"),
        version=text(dataset, node, terms.OWL + "versionInfo"),
        rights=text(dataset, node, terms.DCT + "rights"),
        homepage=name(dataset, homepage) if homepage else None,
        licence=name(dataset, licence) if licence else None,
    )
