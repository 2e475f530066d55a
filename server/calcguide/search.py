"""Search: things by address, by name, by what is said of them, by a name spelt nearly so.

The index is plain lists and dictionaries, made once and never changed: threads share it without a
lock, and there is no file and no connection that a fork could break.
"""

import functools
import heapq
import re
import threading
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.home import is_guide
from calcguide.description.naming import (
    Name,
    asserted_types,
    calc,
    members,
    name,
    names,
    summary,
    text,
)

LONGEST: Final = 500
"""Characters that a query may have."""
MOST_FOUND: Final = 50
"""Things in one answer."""
MOST_NEAR: Final = 5
"""Near names offered where nothing is found."""

_MOST_THINGS: Final = 25_000
"""Things in an index, so that it is made within a second; others are found by a whole name."""
_MOST_STATED: Final = 500
"""Statements of one thing that are read for it."""
_MOST_WORDS: Final = 12
"""Words of a query, or of a name, that are compared one by one."""
_MOST_ENDINGS: Final = 100
"""Words that one beginning of a word stands for."""
_MOST_COUNTED: Final = 100_000
"""Occurrences of trigrams that are counted for one query, those of the rarest first."""
_MOST_COMPARED: Final = 50
"""Names that are compared letter by letter for one query."""
_LONGEST_COMPARED: Final = 40
"""Letters of what is compared letter by letter."""
_LONGEST_TEXT: Final = 2_000
"""Characters of a definition or note that are indexed."""

_LABELS: Final = (terms.SKOS + "prefLabel", terms.RDFS + "label", terms.DCT + "title")
_SYNONYMS: Final = (terms.SKOS + "altLabel", terms.SKOS + "hiddenLabel")
_SHORT_ANSWER: Final = terms.CALC + "shortAnswer"
_TEXTS: Final = (
    *(terms.SKOS + local for local in ("definition", "scopeNote", "editorialNote")),
    terms.RDFS + "comment",
    terms.DCT + "description",
    _SHORT_ANSWER,
)
_KINDS: Final = (
    "id/",
    "question/",
    "ontology#",
    "collection/",
    "query/",
    "claim/",
    "section/",
    "passage/",
    "activity/",
)
"""How the path of a thing begins, in the order in which things that fit alike are shown."""
_CLAIM: Final = _KINDS.index("claim/")
_OTHER: Final = len(_KINDS)
_WORD: Final = re.compile(r"[^\W_]+")
_EMPTY_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "the",
        "this",
        "to",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
    ]
)
"""Words that say nothing of what is looked for."""
_AFTER_ALL: Final = "\U0010ffff"
_BUILDING: Final = threading.Lock()


class Why(StrEnum):
    """What of a thing fits a query."""

    ADDRESS = "address"
    LABEL = "label"
    SYNONYM = "synonym"
    TEXT = "text"
    SPELLING = "spelling"


@dataclass(frozen=True)
class Found:
    """A thing with its classes and what it is; `matched` is the name that fits, where one does."""

    name: Name
    kinds: tuple[Name, ...]
    summary: str
    why: Why
    matched: str


@dataclass(frozen=True)
class Results:
    """What fits a query, the best first, and whether that is all; else the nearest names."""

    found: tuple[Found, ...]
    complete: bool
    near: tuple[Name, ...]


class _Named(NamedTuple):
    """A name of a thing; names in this order stand by key, equal ones with the best thing first."""

    key: str
    kind: int
    why: Why
    thing: int
    written: str


class _Said(NamedTuple):
    """The literals of a thing that are searched, each once."""

    labels: list[str]
    synonyms: list[str]
    texts: list[str]


_Hit = tuple[NamedNode, Why, str]
_NAMING: Final = dict.fromkeys(_LABELS, Why.LABEL) | dict.fromkeys(_SYNONYMS, Why.SYNONYM)


def index(dataset: Dataset) -> "Index":
    """Return the index of a dataset, made when it is first asked for."""
    with _BUILDING:
        return _built(dataset)


@functools.lru_cache(maxsize=1)
def _built(dataset: Dataset) -> "Index":
    return Index(dataset)


class Index:
    """The names and texts of a dataset's things; `whole` tells whether of all of them."""

    def __init__(self, dataset: Dataset) -> None:
        chosen, self.whole = _chosen(dataset)
        said = {node: _said_of(dataset, node) for node in chosen}
        labels = {node: found.labels for node, found in said.items()}
        used = (node for node in labels if labels[node] and node.value not in dataset.out_of_use)
        kinds = {node: _kind(dataset, node) for node in used}
        if is_guide(dataset):
            kinds = {node: kind for node, kind in kinds.items() if kind != _OTHER}
        self._dataset = dataset
        self._things = sorted(
            kinds, key=lambda node: (kinds[node], len(labels[node][0]), labels[node][0], node.value)
        )
        self._kinds = [kinds[node] for node in self._things]
        self._names = sorted(
            _Named(_key(written), kinds[node], why, thing, written)
            for thing, node in enumerate(self._things)
            for written, why in _names_of(node, said[node]).items()
        )
        self._in_names = _postings((named.thing, named.written) for named in self._names)
        self._in_texts = _postings(
            (thing, found[:_LONGEST_TEXT])
            for thing, node in enumerate(self._things)
            for found in said[node].texts
        )
        self._vocabulary = sorted(self._in_names.keys() | self._in_texts.keys())
        self._with_trigram: dict[str, list[int]] = defaultdict(list)
        for place, named in enumerate(self._names):
            for trigram in _trigrams(named.key):
                self._with_trigram[trigram].append(place)

    def find(self, query: str, most: int = MOST_FOUND) -> Results:
        """Return what fits a query, at most `most` things; nothing for one beyond `LONGEST`.

        Where no name fits, names that are spelt nearly so are taken to fit.
        """
        query = query if len(query) <= LONGEST else ""
        hits = _first(self._fitting(query, words(query)), most + 1)
        alike = [] if hits else sorted(self._alike(_key(query)), key=lambda named: named.kind)
        named = (n for n in alike if n.kind != _CLAIM and _half_alike(_key(query), n.key))
        near = dict.fromkeys(self._things[n.thing] for n in named)
        return Results(
            tuple(self._found(*hit) for hit in hits[:most]),
            len(hits) <= most,
            tuple(name(self._dataset, node) for node in islice(near, MOST_NEAR)),
        )

    def complete(self, beginning: str, most: int) -> tuple[Found, ...]:
        """Return the things that have a name with this beginning, best first, at most `most`."""
        key = _key(beginning[:LONGEST])
        return tuple(self._found(*hit) for hit in _first(self._by_name(key) if key else (), most))

    def names(self, most: int) -> list[str]:
        """Return the labels and synonyms of the entities, sorted; none where above `most`."""
        found = {n.written for n in self._names if n.kind == 0 and n.why != Why.ADDRESS}
        return sorted(found, key=str.casefold) if len(found) <= most else []

    def _fitting(self, query: str, asked: list[str]) -> Iterator[_Hit]:
        hits = [*self._by_address(query.strip().strip("<>"))]
        if not self.whole:
            hits += self._by_whole_name(query.strip())
        if asked:
            hits += self._by_name("".join(asked))
            hits += self._by_words([word for word in asked if word not in _EMPTY_WORDS] or asked)
        if all(why is Why.TEXT for _, why, _ in hits):
            yield from self._misspelt(asked)
        yield from hits

    def _by_address(self, query: str) -> Iterator[_Hit]:
        """What the query names as IRI, as path below the base or with a prefix, a suffix aside."""
        prefix, _, local = query.partition(":")
        namespace = self._dataset.prefixes.get(prefix, "")
        for iri in (query, self._dataset.base + query, namespace + local):
            for spelt in (iri, iri.rpartition(".")[0]):
                if self._dataset.knows(spelt) and spelt not in self._dataset.out_of_use:
                    yield NamedNode(spelt), Why.ADDRESS, query

    def _by_whole_name(self, query: str) -> Iterator[_Hit]:
        """What has exactly this name, also where it is not in the index."""
        for predicate, why in _NAMING.items():
            for literal in (Literal(query, language="en"), Literal(query)):
                pattern = (None, NamedNode(predicate), literal, None)
                for quad in islice(self._dataset.store.quads_for_pattern(*pattern), MOST_FOUND):
                    node = quad.subject
                    if isinstance(node, NamedNode) and node.value not in self._dataset.out_of_use:
                        yield node, why, query

    def _by_name(self, key: str) -> Iterator[_Hit]:
        """What has this name; then what has a name that begins so."""
        start, end = (bisect_left(self._names, (k,)) for k in (key, key + _AFTER_ALL))
        fitting = (n for n in self._names[start:end] if n.key == key or n.why != Why.ADDRESS)
        for named in heapq.nsmallest(
            MOST_FOUND + 1, fitting, key=lambda n: (n.key != key, n.kind, n.why, n.thing)
        ):
            yield self._things[named.thing], named.why, named.written

    def _by_words(self, wanted: list[str]) -> Iterator[_Hit]:
        """What has all these words, or words that begin so, in its names or else in its texts."""
        if len(wanted) > _MOST_WORDS:
            return
        having = [self._having(word) for word in wanted]
        in_names = set.intersection(*(names for names, _ in having))
        anywhere = set.intersection(*(names | texts for names, texts in having))
        for thing in heapq.nsmallest(
            MOST_FOUND + 1, anywhere, key=lambda t: (self._kinds[t], t not in in_names, t)
        ):
            node = self._things[thing]
            yield node, *(self._name_with(node, wanted) if thing in in_names else (Why.TEXT, ""))

    def _having(self, word: str) -> tuple[set[int], set[int]]:
        """The things that have a word, or one that begins so, in their names; in their texts."""
        start = bisect_left(self._vocabulary, word)
        end = bisect_left(self._vocabulary, word + _AFTER_ALL, start)
        found = self._vocabulary[start : min(end, start + _MOST_ENDINGS)]
        in_names, in_texts = (
            set().union(*(postings.get(ending, ()) for ending in found))
            for postings in (self._in_names, self._in_texts)
        )
        return in_names, in_texts

    def _name_with(self, node: NamedNode, wanted: list[str]) -> tuple[Why, str]:
        """The first name of a thing in which all the words are; its label where they are spread."""
        said = _said_of(self._dataset, node)
        for written, why in _names_of(node, said).items():
            if all(any(w.startswith(word) for w in words(written)) for word in wanted):
                return why, written
        return Why.LABEL, said.labels[0]

    def _alike(self, key: str) -> list[_Named]:
        """The names that share most trigrams with the key, at least a third of them."""
        trigrams = _trigrams(key)
        counts: Counter[int] = Counter()
        budget = _MOST_COUNTED
        for found in sorted((self._with_trigram.get(t, []) for t in trigrams), key=len):
            budget -= len(found)
            if budget < 0:
                break
            counts.update(found)
        enough = (place for place, count in counts.items() if 3 * count >= len(trigrams))
        best = heapq.nsmallest(
            _MOST_COMPARED, enough, key=lambda place: (-counts[place], *self._rank(place))
        )
        return [self._names[place] for place in best]

    def _rank(self, place: int) -> tuple[int, int]:
        return self._names[place].kind, self._names[place].thing

    def _misspelt(self, asked: list[str]) -> Iterator[_Hit]:
        """The names that a few slips turn into what is asked, the fewest slips first."""
        alike = self._alike("".join(asked))
        slips = [(found, named) for named in alike if (found := _slips(asked, named)) is not None]
        for _, named in sorted(slips, key=lambda item: (item[0], item[1].kind, item[1].thing)):
            yield self._things[named.thing], Why.SPELLING, named.written

    def _found(self, node: NamedNode, why: Why, matched: str) -> Found:
        dataset = self._dataset
        what = summary(dataset, node) or text(dataset, node, _SHORT_ANSWER)
        kinds = names(dataset, asserted_types(dataset, node))
        return Found(name(dataset, node), kinds, what, why, matched)


def words(text: str) -> list[str]:
    """Return the words of a text as search compares them: no case, accents or punctuation."""
    plain = text.lower()
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _WORD.findall(plain)


def _key(text: str) -> str:
    """A name as it is looked up: `shock wave` and `Shockwave` have one key."""
    return "".join(words(text))


def edits(one: str, other: str, most: int) -> int:
    """Return how many letters are added, left out, changed or swapped with their neighbour.

    That is the optimal string alignment distance; above `most` it is `most` + 1.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                best = min(best, last[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _slips(asked: list[str], named: _Named) -> int | None:
    """How many edits lead from what is asked to a name: as a whole, or word by word to some of it.

    None where that takes more than slips of the finger.
    """
    key = "".join(asked)
    whole = edits(key, named.key, _forgiven(key))
    if whole <= _forgiven(key):
        return whole
    total = 0
    others = words(named.written)[:_MOST_WORDS]
    for word in asked if len(asked) <= _MOST_WORDS else ():
        least = min((edits(word, other, _forgiven(word)) for other in others), default=len(word))
        if least > _forgiven(word):
            return None
        total += least
    return total if total else None


def _forgiven(word: str) -> int:
    """How many edits count as a slip: none in a short word, one in a middling one, else two."""
    if len(word) < 4 or len(word) > _LONGEST_COMPARED:
        return 0
    return 1 if len(word) < 8 else 2


def _trigrams(key: str) -> set[str]:
    padded = f"^{key}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _half_alike(one: str, other: str) -> bool:
    """Whether the shorter of two keys has half its trigrams in common with the other."""
    found, others = _trigrams(one), _trigrams(other)
    return 2 * len(found & others) >= min(len(found), len(others))


def _first(hits: Iterable[_Hit], most: int) -> list[_Hit]:
    """The first hit of each thing, for at most so many things."""
    found: dict[NamedNode, _Hit] = {}
    for hit in hits:
        found.setdefault(hit[0], hit)
        if len(found) == most:
            break
    return list(found.values())


def _chosen(dataset: Dataset) -> tuple[list[NamedNode], bool]:
    """The things to index, and whether those are all that have a label; a guide's entities first.

    Where there are too many, no more are read than are taken.
    """
    found: dict[NamedNode, None] = {}
    for predicate in _LABELS:
        labels = dataset.store.quads_for_pattern(None, NamedNode(predicate), None, None)
        for quad in islice(labels, 4 * _MOST_THINGS):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                found[quad.subject] = None
            if len(found) > _MOST_THINGS:
                entities = islice(members(dataset, calc("Entity")), _MOST_THINGS)
                return [*dict.fromkeys((*entities, *found))][:_MOST_THINGS], False
    return [*found], True


def _said_of(dataset: Dataset, node: NamedNode) -> _Said:
    found: dict[str, dict[str, None]] = {}
    for quad in islice(dataset.store.quads_for_pattern(node, None, None, None), _MOST_STATED):
        if isinstance(quad.object, Literal):
            found.setdefault(quad.predicate.value, {})[quad.object.value] = None

    def literals(predicates: Iterable[str]) -> list[str]:
        return [*dict.fromkeys(chain.from_iterable(found.get(p, ()) for p in predicates))]

    return _Said(literals(_LABELS), literals(_SYNONYMS), literals(_TEXTS))


def _kind(dataset: Dataset, node: NamedNode) -> int:
    """The place among `_KINDS` of a thing; `_OTHER` for what has none, such as foreign terms."""
    iri = node.value
    path = "ontology#" if iri.startswith(terms.CALC) else dataset.path(iri) or ""
    return next((i for i, start in enumerate(_KINDS) if path.startswith(start)), _OTHER)


def _names_of(node: NamedNode, said: _Said) -> dict[str, Why]:
    """A thing's names: labels, synonyms, and the last part of its IRI where it is no such name."""
    found = dict.fromkeys(said.labels, Why.LABEL)
    for synonym in said.synonyms:
        found.setdefault(synonym, Why.SYNONYM)
    local = node.value.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    if _key(local) not in map(_key, found):
        found[local] = Why.ADDRESS
    return found


def _postings(texts: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """Word -> the things in whose texts it is."""
    found: dict[str, dict[int, None]] = defaultdict(dict)
    for thing, written in texts:
        for word in words(written):
            found[word][thing] = None
    return {word: list(things) for word, things in found.items()}
