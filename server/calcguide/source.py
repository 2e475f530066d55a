"""Compare passages with a copy of the guide: verify each, or locate the one to cite."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.errors import UsageError
from calcguide.files import read_text

_SHA256 = NamedNode(terms.CALC + "sha256")
_LENGTH = NamedNode(terms.CALC + "length")
_SELECTOR = NamedNode(terms.OA + "hasSelector")
_START = NamedNode(terms.OA + "start")
_END = NamedNode(terms.OA + "end")


@dataclass(frozen=True)
class Passage:
    """A passage as the dataset has it; `start` and `end` count Unicode code points from 0."""

    iri: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True)
class Verification:
    """What comparing a file with the passages came to; `problems` is empty where all agree."""

    passages: int
    problems: tuple[str, ...]


def passages(dataset: Dataset) -> list[Passage]:
    """Return every passage that has a selector, in the order of the guide."""
    found = [
        Passage(
            iri=quad.subject.value,
            start=_number(dataset, quad.object, _START),
            end=_number(dataset, quad.object, _END),
            sha256=_text(dataset, quad.subject, _SHA256),
        )
        for quad in dataset.store.quads_for_pattern(None, _SELECTOR, None, DEFAULT_GRAPH)
        if isinstance(quad.subject, NamedNode)
    ]
    return sorted(found, key=lambda passage: (passage.start, passage.end))


def _text(dataset: Dataset, subject: object, predicate: NamedNode) -> str:
    value = dataset.value(subject, predicate)  # type: ignore[arg-type]
    return value.value if isinstance(value, Literal) else ""


def _number(dataset: Dataset, subject: object, predicate: NamedNode) -> int:
    return int(_text(dataset, subject, predicate) or 0)


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def verify(dataset: Dataset, path: Path) -> Verification:
    """Compare length and checksum of the file, and offsets and checksum of each passage.

    Raises DataError where the file cannot be read.
    """
    text = read_text(path)
    known = passages(dataset)
    problems = list(_problems_of_whole(dataset, text))
    for passage in known:
        actual = text[passage.start : passage.end]
        place = f"{dataset.compact(passage.iri)} at {passage.start}-{passage.end}"
        if passage.end > len(text):
            problems.append(f"{place}: the file ends before, at {len(text)}.")
        elif sha256(actual) != passage.sha256:
            problems.append(f"{place}: the checksum differs; this is another text.")
    return Verification(len(known), tuple(problems))


def _problems_of_whole(dataset: Dataset, text: str) -> Iterator[str]:
    for quad in dataset.store.quads_for_pattern(None, _LENGTH, None, DEFAULT_GRAPH):
        stated = _number(dataset, quad.subject, _LENGTH)
        if stated != len(text):
            yield f"The guide has {stated} code points, the file {len(text)}."
        if _text(dataset, quad.subject, _SHA256) != sha256(text):
            yield "The checksum of the whole file differs from the guide's."


@dataclass(frozen=True)
class Location:
    """A place in the guide's file: the passage there, None where it has none yet."""

    start: int
    end: int
    sha256: str
    passage: str | None

    def block(self) -> str:
        """Return the Turtle of a passage at this place, ready for data/guide.ttl."""
        return (
            f'    calc:sha256 "{self.sha256}" ;\n'
            f"    oa:hasSelector\n        [\n            a oa:TextPositionSelector ;\n"
            f"            oa:end {self.end} ;\n            oa:start {self.start} ;\n        ] ;"
        )


def locate(dataset: Dataset, path: Path, words: str) -> list[Location]:
    """Return each place where the words stand, whatever the case and the white space between.

    A place inside a known passage is given as that passage; any other as the words alone.
    Raises UsageError where there are no words or they stand nowhere, DataError where the file
    cannot be read.
    """
    text = read_text(path)
    parts = [re.escape(part) for part in words.split()]
    if not parts:
        raise UsageError("Give some words of the passage, in quotation marks.")
    matches = list(re.finditer(r"\s+".join(parts), text, re.IGNORECASE))
    if not matches:
        raise UsageError(
            f"These words do not stand in {path}. Give fewer, as they are printed there."
        )
    known = passages(dataset)
    found = dict.fromkeys(_place(text, match, known) for match in matches)
    return list(found)


def _place(text: str, match: re.Match[str], known: list[Passage]) -> Location:
    for passage in known:
        if passage.start <= match.start() and match.end() <= passage.end:
            content = text[passage.start : passage.end]
            return Location(passage.start, passage.end, sha256(content), passage.iri)
    return Location(match.start(), match.end(), sha256(match.group()), None)
