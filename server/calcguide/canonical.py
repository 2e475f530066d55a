"""The canonical form of hand-edited Turtle: one block a subject, sorted, one value a line."""

import difflib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import rdflib

from calcguide.errors import CalcguideError, DataError
from calcguide.files import Root, published, read_text
from calcguide.loading import parse_turtle
from calcguide.words import counted

_COMMENT_OR_QUOTED = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|<[^<>\s]*>|#[^\n]*'''
    r"""|'''(?:[^'\\]|\\.|'(?!''))*'''|'(?:[^'\\\n]|\\.)*'""",
    re.DOTALL,
)
"""Turtle's quoted tokens, in which a number sign is no comment, and its comments."""
_SUBJECT = re.compile(r"^(?:[\w.-]*:[^\s;,]*|<[^<>\s]*>)(?=\s)", re.MULTILINE)
"""A name at the beginning of a line, where blocks begin."""


def canonical_turtle(text: str, path: Path) -> str:
    """Return `text` in canonical form, its opening comment kept; `path` is for messages.

    Raises DataError for a comment below the opening one, which the form could not keep, and for
    a second block of one subject, which it would merge. The text must be well-formed Turtle.
    """
    opening = _opening_comment(text)
    _refuse_other_comments(text, len(opening), path)
    _refuse_second_blocks(text, path)
    graph = rdflib.Graph(bind_namespaces="none")
    normalize, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        graph.parse(data=text, format="turtle")
    finally:
        rdflib.NORMALIZE_LITERALS = normalize
    body = graph.serialize(format="longturtle", canon=True)
    lines = [line.rstrip() for line in body.strip().splitlines()]
    return opening + "\n".join(lines) + "\n"


def differences(text: str, canonical: str, path: Path) -> str:
    """Return a unified diff from `text` to `canonical`; the empty string where they agree."""
    return "".join(
        difflib.unified_diff(
            text.splitlines(keepends=True),
            canonical.splitlines(keepends=True),
            f"{path} as it is",
            f"{path} in canonical form",
        )
    )


def _opening_comment(text: str) -> str:
    lines = text.splitlines(keepends=True)
    count = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:count])


def _refuse_other_comments(text: str, start: int, path: Path) -> None:
    for token in _COMMENT_OR_QUOTED.finditer(text, start):
        if token.group().startswith("#"):
            before = text[: token.start()]
            raise DataError(
                "a comment here would be lost when the file is put into canonical form. "
                "Move it to the top of the file, or make it an rdfs:comment or "
                "skos:editorialNote of the thing it speaks of.",
                path=path,
                line=before.count("\n") + 1,
                column=token.start() - before.rfind("\n"),
            )


def _refuse_second_blocks(text: str, path: Path) -> None:
    """A number or name that is used twice would make one thing of two."""
    blanked = _COMMENT_OR_QUOTED.sub(
        lambda token: token[0] if token[0].startswith("<") else re.sub(r"[^\n]", " ", token[0]),
        text,
    )
    lines: dict[str, int] = {}
    for found in _SUBJECT.finditer(blanked):
        line = blanked.count("\n", 0, found.start()) + 1
        first = lines.setdefault(found[0], line)
        if first != line:
            raise DataError(
                f"{found[0]} has a block already, in line {first}. Put the two together, or give "
                "this one a name of its own: a claim has the next free number.",
                path=path,
                line=line,
            )


def main(arguments: Sequence[str]) -> int:
    """Write the files named, or all of the guide, in canonical form; return the exit status.

    With `--check` nothing is written: the differences are shown, and the status is 1 if any.
    """
    check = "--check" in arguments
    named = [Path(argument) for argument in arguments if argument != "--check"]
    changed = 0
    guide = (path for _, path in Root(published()).graph_files() if path.suffix == ".ttl")
    for path in named or guide:
        parse_turtle(path)
        text = read_text(path)
        canonical = canonical_turtle(text, path)
        if text != canonical:
            changed += 1
            print(differences(text, canonical, path) if check else f"formatted {path}")
            if not check:
                path.write_text(canonical, encoding="utf-8")
    if check and changed:
        print(
            f"{counted(changed, 'file is', 'files are')} not in canonical form. Run scripts/format."
        )
    return 1 if check and changed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CalcguideError as error:
        sys.exit(f"calcguide: {error}")
