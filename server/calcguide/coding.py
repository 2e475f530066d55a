"""Coding: the claims of each passage as codes, and how far two codings of one text agree."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.errors import DataError
from calcguide.files import read_text
from calcguide.source import Passage, passages, sha256
from calcguide.words import counted

PROPOSITION: Final = ("subject", "predicate", "object")
QUALIFIERS: Final = ("polarity", "certainty", "frequency", "importance", "under", "especially")
COLUMNS: Final = ("passage", *PROPOSITION, *QUALIFIERS, "hedge")
"""The columns that a table of codes must have; others are passed over."""

_STATED_IN: Final = NamedNode(terms.CALC + "statedIn")
_KIND: Final = NamedNode(terms.CALC + "kind")
_LOOSE: Final = 2


@dataclass(frozen=True)
class Code:
    """One claim as a coder writes it down: local names, several circumstances joined by `;`."""

    passage: str
    subject: str
    predicate: str
    object: str
    polarity: str
    certainty: str
    frequency: str
    importance: str
    under: str
    especially: str
    hedge: str
    claim: str = ""
    """The claim's number, empty where the coder gave none."""

    @property
    def proposition(self) -> tuple[str, str, str]:
        """Subject, predicate and object."""
        return self.subject, self.predicate, self.object

    def __str__(self) -> str:
        extras = [
            f"{name} {getattr(self, name)}"
            for name in QUALIFIERS
            if getattr(self, name) not in ("", "affirmed", "stated")
        ]
        if self.hedge:
            extras.append(f"“{self.hedge}”")
        qualified = f" ({', '.join(extras)})" if extras else ""
        return " ".join(filter(None, (self.claim, *self.proposition))) + qualified


def codes_of(dataset: Dataset) -> list[Code]:
    """Return the codes of every claim of a dataset, in the order of claim numbers."""
    claims = {q.subject for q in dataset.store.quads_for_pattern(None, _STATED_IN, None, None)}
    found = [_code(dataset, claim) for claim in claims if isinstance(claim, NamedNode)]
    return sorted(found, key=lambda code: code.claim)


def _code(dataset: Dataset, claim: NamedNode) -> Code:
    def names(predicate: str) -> str:
        values = dataset.values(claim, NamedNode(terms.CALC + predicate))
        return ";".join(sorted(_local(dataset, value) for value in values))

    fields = {name: names(name) for name in (*PROPOSITION, *QUALIFIERS)}
    return Code(
        passage=names("statedIn"), hedge=names("hedgeWord"), claim=_local(dataset, claim), **fields
    )


def _local(dataset: Dataset, term: object) -> str:
    """The name behind the prefix: of a passage with its section, of a word the word itself."""
    if isinstance(term, Literal):
        return term.value
    iri = term.value if isinstance(term, NamedNode) else str(term)
    return dataset.compact(iri).partition(":")[2]


def read_codes(path: Path) -> list[Code]:
    """Return the codes of a table separated by tabs; raises DataError where it cannot be used."""
    rows = csv.DictReader(read_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise DataError(f"has no column {', no column '.join(missing)}. Add it.", path=path)
    codes = []
    for row in rows:
        if None in row or None in row.values():
            message = "this row has not as many cells as there are columns. Separate them by tabs."
            raise DataError(message, path=path, line=rows.line_num)
        fields = {column: _sorted(row[column]) for column in COLUMNS}
        codes.append(Code(**fields, claim=row.get("id") or ""))
    return codes


def _sorted(cell: str) -> str:
    return ";".join(sorted(part.strip() for part in cell.split(";")))


# Passage by passage


@dataclass(frozen=True)
class CodedPassage:
    """A passage beside the claims coded from it."""

    name: str
    kind: str
    start: int
    end: int
    text: str | None
    """Its words, from the reader's copy; None without a copy, or where that is another text."""
    codes: tuple[Code, ...]


def coded_passages(
    dataset: Dataset, section: str | None = None, copy: Path | None = None
) -> list[CodedPassage]:
    """Return each passage, of one section where it is given, with its claims, in reading order.

    The words come from `copy`, a copy of the guide. Raises DataError where it cannot be read.
    """
    guide_text = read_text(copy) if copy else ""
    by_passage: dict[str, list[Code]] = defaultdict(list)
    for code in codes_of(dataset):
        by_passage[code.passage].append(code)
    found = []
    for passage in passages(dataset):
        name = _local(dataset, NamedNode(passage.iri))
        if section in (None, name.partition("/")[0]):
            kind = dataset.value(NamedNode(passage.iri), _KIND)
            words = _words(guide_text, passage)
            codes = tuple(by_passage[name])
            kind_name = kind.value if isinstance(kind, Literal) else ""
            found.append(CodedPassage(name, kind_name, passage.start, passage.end, words, codes))
    return found


def _words(guide_text: str, passage: Passage) -> str | None:
    words = guide_text[passage.start : passage.end]
    return words if sha256(words) == passage.sha256 else None


# Two codings


@dataclass(frozen=True)
class Agreement:
    """How far two codings agree; kappa is None where both use one value throughout."""

    first: int
    second: int
    exact: tuple[tuple[Code, Code], ...]
    """Claims with the same passage, subject, predicate and object."""
    loose: tuple[tuple[Code, Code], ...]
    """Others of one passage that share two of subject, predicate and object."""
    only_first: tuple[Code, ...]
    only_second: tuple[Code, ...]
    agreeing: dict[str, int]
    """Qualifier -> matches, exact or loose, in which both give it the same value."""
    kappa: dict[str, float | None]
    """Qualifier -> Cohen's kappa over all matches; no value counts as a value."""

    @property
    def f1_exact(self) -> float:
        """F1 of the exact matches, from 0 to 1; either coding may be taken as the reference."""
        return _f1(len(self.exact), self.first, self.second)

    @property
    def f1_loose(self) -> float:
        """F1 of exact and loose matches together, from 0 to 1."""
        return _f1(len(self.exact) + len(self.loose), self.first, self.second)

    @property
    def identical(self) -> int:
        """Exact matches in which every qualifier is the same, too."""
        return sum(
            all(getattr(one, name) == getattr(two, name) for name in QUALIFIERS)
            for one, two in self.exact
        )

    @property
    def f1_identical(self) -> float:
        """F1 of the matches that agree in every qualifier, from 0 to 1."""
        return _f1(self.identical, self.first, self.second)


def _f1(matches: int, first: int, second: int) -> float:
    return 2 * matches / (first + second) if first + second else 1.0


def agreement(first: Iterable[Code], second: Iterable[Code]) -> Agreement:
    """Return how far two codings of the same passages agree.

    A claim is matched at most once: first with one of the same proposition in the same passage,
    what is left with one that shares two of subject, predicate and object, in reading order.
    """
    one, two = list(first), list(second)
    exact, rest_one, rest_two = _matched(one, two, lambda a, b: a.proposition == b.proposition)
    loose, only_one, only_two = _matched(rest_one, rest_two, _alike)
    columns = {
        name: [(getattr(a, name), getattr(b, name)) for a, b in [*exact, *loose]]
        for name in QUALIFIERS
    }
    return Agreement(
        first=len(one),
        second=len(two),
        exact=tuple(exact),
        loose=tuple(loose),
        only_first=tuple(only_one),
        only_second=tuple(only_two),
        agreeing={name: sum(a == b for a, b in pairs) for name, pairs in columns.items()},
        kappa={name: cohens_kappa(pairs) for name, pairs in columns.items()},
    )


def _alike(one: Code, two: Code) -> bool:
    same = sum(a == b for a, b in zip(one.proposition, two.proposition, strict=True))
    return same >= _LOOSE


def _matched(
    first: list[Code], second: list[Code], fits: Callable[[Code, Code], bool]
) -> tuple[list[tuple[Code, Code]], list[Code], list[Code]]:
    """Pairs of one passage that fit, then what is left on either side."""
    left, pairs, alone = list(second), [], []
    for one in first:
        two = next((c for c in left if c.passage == one.passage and fits(one, c)), None)
        if two is None:
            alone.append(one)
        else:
            left.remove(two)
            pairs.append((one, two))
    return pairs, alone, left


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa (1960) of two coders' values; None where chance alone explains all."""
    if not pairs:
        return None
    total = len(pairs)
    observed = sum(one == two for one, two in pairs) / total
    firsts, seconds = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    expected = sum(firsts[value] * seconds[value] for value in firsts) / total**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def report(found: Agreement) -> Iterator[str]:
    """Yield the agreement as lines of Markdown: counts, F1, a table of kappa, what differs."""
    first, second = (counted(n, "claim") for n in (found.first, found.second))
    yield f"First coding: {first}. Second coding: {second}."
    yield ""
    yield "| match | claims | F1 |"
    yield "|---|---|---|"
    yield f"| same proposition and every qualifier | {found.identical} | {found.f1_identical:.2f} |"
    yield f"| same proposition | {len(found.exact)} | {found.f1_exact:.2f} |"
    both = len(found.exact) + len(found.loose)
    yield f"| two of subject, predicate, object | {both} | {found.f1_loose:.2f} |"
    yield ""
    yield "| qualifier | same value | Cohen's kappa |"
    yield "|---|---|---|"
    for name in QUALIFIERS:
        kappa = found.kappa[name]
        shown = "not defined: one value throughout" if kappa is None else f"{kappa:.2f}"
        yield f"| {name} | {found.agreeing[name]} of {both} | {shown} |"
    yield from _differences(found)


def _differences(found: Agreement) -> Iterator[str]:
    differing = [
        (one, two)
        for one, two in found.exact
        if any(getattr(one, name) != getattr(two, name) for name in QUALIFIERS)
    ]
    pairs = {"Same proposition, other qualifiers": differing, "Loose matches": found.loose}
    for title, members in pairs.items():
        yield from ("", f"{title}: {len(members)}", "")
        yield from (f"- {one.passage}: {one} — {two}" for one, two in members)
    singles = {"Only in the first": found.only_first, "Only in the second": found.only_second}
    for title, codes in singles.items():
        yield from ("", f"{title}: {len(codes)}", "")
        yield from (f"- {code.passage}: {code}" for code in codes)


# What the words of a passage ask for

_CODED_WORDS: Final = re.compile(
    r"\b(?:may|might|can|could|potentially|likely|generally|usually|typically|most commonly|often"
    r"|common|many|some|always|crucial|critical|essential|key)\b",
    re.IGNORECASE,
)


def unmatched_words(passage: CodedPassage) -> tuple[str, ...]:
    """Return what the words of a coded passage and the hedging words of its claims do not share.

    That is hedging words that do not stand in the passage, and words which the coding rules code
    that no claim keeps. A reader decides whether that is right; empty without the text.
    """
    if passage.text is None or not passage.codes:
        return ()
    unproven = [code.hedge for code in passage.codes if code.polarity == "unproven"]
    kept = {code.hedge.casefold() for code in passage.codes if code.hedge not in ("", *unproven)}
    text = " ".join(passage.text.casefold().split())
    absent = [word for word in kept if not re.search(rf"\b{re.escape(word)}\b", text)]
    words = {word.casefold() for word in _CODED_WORDS.findall(text)}
    uncoded = [word for word in words if not any(word in hedge for hedge in kept)]
    return (
        *(f"“{word}” is kept by a claim and does not stand here" for word in sorted(absent)),
        *(f"“{word}” stands here and is kept by no claim" for word in sorted(uncoded)),
    )
