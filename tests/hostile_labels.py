"""A guide whose every name and sentence is meant to break a page."""

import itertools
import re
import shutil
from pathlib import Path
from typing import Final

from tests.conftest import REPOSITORY

LABELS: Final = (
    "<script>window.injected=1</script><img src=x onerror='window.injected=1'>&amp;{{7*7}}",
    "\"> 'single' `back` \\ </title></textarea><svg onload=window.injected=1>",
    "تكلّس الكتف \u202eהסתיידות בכתף",
    "x" * 300,
    "W " * 150 + "end",
)
"""Markup, quotes, right-to-left text with an override, 300 characters without and with spaces."""

_SENTENCE: Final = re.compile(r'"([^"\n]*)"(?=@en)')


def hostile_guide(folder: Path) -> Path:
    """Return a copy of the second guide, in `folder`, whose English texts are all hostile.

    It conforms to the shapes: glosses and questions are cut, and a question ends as one.
    """
    source = REPOSITORY / "tests" / "second_guide" / "data"
    copy = Path(shutil.copytree(source, folder / "hostile" / "data"))
    labels = itertools.cycle(LABELS)
    numbers = itertools.count(1)
    for file in sorted(copy.rglob("*.ttl")):
        short = file.stem == "questions" or file.parent.name == "claims"

        def word(_: re.Match[str], short: bool = short) -> str:
            label = next(labels)[: 190 if short else None].strip()
            escaped = label.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{next(numbers)} {escaped}?"'

        text = file.read_text(encoding="utf-8")
        file.write_text(_SENTENCE.sub(word, text), encoding="utf-8")
    return folder / "hostile"
