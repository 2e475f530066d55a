"""Where a guide's files are, and which named graph each belongs to."""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from calcguide.errors import DataError, UsageError

_PACKAGE: Final = Path(__file__).parent

GRAPH_FILES: Final[dict[str, tuple[str, ...]]] = {
    "alignments": ("ontology/vocabularies.ttl", "ontology/*.sssom.tsv", "data/*.sssom.tsv"),
    "ontology": ("ontology/*.ttl",),
    "claims": ("data/guide.ttl", "data/claims/*.ttl", "data/questions.ttl"),
    "background": ("data/background.ttl",),
    "dataset": ("data/dataset.ttl",),
    "queries": ("data/queries/*.ttl",),
    "shapes": ("shapes/*.ttl",),
    "entities": ("data/*.ttl",),
}
"""Named graph -> the files in it. A file belongs to the first graph that names it.

A mapping set stands beside what it maps: the ontology's also serve another guide, entities do not.
"""

FACT_RULES: Final = "ontology/rules/*.rq"
"""Each file makes the graph of its own name, once, out of the claims."""
ENTAILMENT_RULES: Final = "ontology/rules/entailed/*.rq"
"""Run together to a fixpoint."""
CHECKS: Final = "shapes/checks/*.rq"
"""Constraints that cross named graphs."""

_DECIDING: Final = ("alignments", "dataset", "loading", "files", "paths", "shacl", "validation")
"""The modules of ours that decide what is derived and what conforms."""


def published() -> Path:
    """Return the folder of this project's own guide: in the wheel, or else the checkout."""
    shipped = _PACKAGE / "published"
    return shipped if shipped.is_dir() else _PACKAGE.parent.parent


class Root:
    """A folder laid out like this project: `ontology/`, `data/` and `shapes/`.

    `ontology/` and `shapes/` may be missing from another guide: then ours are used.
    `added` are further Turtle files of entities and claims, to be validated with the guide.
    """

    def __init__(self, folder: Path, added: tuple[Path, ...] = ()) -> None:
        if not (folder / "data").is_dir():
            raise UsageError(
                f"{folder} holds no guide: there is no folder data/ in it. A guide has data/ and, "
                "where it brings its own, ontology/ and shapes/."
            )
        self.folder = folder
        self.added = added

    def _home(self, top: str) -> Path:
        return self.folder if (self.folder / top).is_dir() else published()

    def glob(self, pattern: str) -> list[Path]:
        """Return the files that match, sorted by path."""
        return sorted(self._home(pattern.split("/", maxsplit=1)[0]).glob(pattern))

    def graph_files(self) -> Iterator[tuple[str, Path]]:
        """Yield (graph name, file) for each Turtle or SSSOM file of the guide, each file once."""
        seen: set[Path] = set()
        for graph, patterns in GRAPH_FILES.items():
            for pattern in patterns:
                for path in self.glob(pattern):
                    if path not in seen:
                        seen.add(path)
                        yield graph, path
        for path in self.added:
            yield "entities", path

    def rule_files(self) -> Iterator[Path]:
        """Yield every SPARQL file that derives or checks."""
        for pattern in (FACT_RULES, ENTAILMENT_RULES, CHECKS):
            yield from self.glob(pattern)

    def inputs(self) -> list[Path]:
        """Return every file that decides what is served, in a fixed order."""
        return [path for _, path in self.graph_files()] + list(self.rule_files())

    def name_of(self, path: Path) -> str:
        """Return the path as an editor knows it: relative to the guide's folder."""
        for home in (self.folder, published()):
            if path.is_relative_to(home):
                return str(path.relative_to(home))
        return str(path)

    def fingerprint(self) -> str:
        """Return the SHA-256 of all inputs and of the code that derives and validates."""
        digest = hashlib.sha256()
        named = [(self.name_of(path), path) for path in self.inputs()]
        named += [(name, _PACKAGE / f"{name}.py") for name in _DECIDING]
        for name, path in named:
            content = read_bytes(path)
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()


def opening_comment(text: str) -> str:
    """Return the words of the comment lines that a SPARQL file opens with, on one line."""
    lines = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.lstrip("# ") for line in lines)


def read_bytes(path: Path) -> bytes:
    """Return the file's content; raises DataError, with the reason, where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}.", path=path) from error


def read_text(path: Path) -> str:
    """Return the file's text; raises DataError where it cannot be read or is not UTF-8."""
    content = read_bytes(path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            "is not UTF-8 from this line on. Save it as UTF-8.", path=path, line=line
        ) from error
