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

    No text keeps the form that a shape asks for, so every shape only warns there.
    """
    root = folder / "hostile"
    labels = itertools.cycle(LABELS)
    numbers = itertools.count(1)

    def word(_: re.Match[str]) -> str:
        label = next(labels).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{next(numbers)} {label}?"'

    shutil.copytree(REPOSITORY / "tests" / "second_guide" / "data", root / "data")
    shutil.copytree(REPOSITORY / "shapes", root / "shapes")
    for file in sorted((root / "data").rglob("*.ttl")):
        text = file.read_text(encoding="utf-8")
        file.write_text(_SENTENCE.sub(word, text), encoding="utf-8")
    for file in (root / "shapes").glob("*.ttl"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("sh:severity sh:Violation", "sh:severity sh:Warning"))
    return root
