"""Passages are compared with a copy of the guide, which never becomes part of the project."""

import re
from pathlib import Path

import pytest

from calcguide import source
from calcguide.dataset import Dataset
from calcguide.errors import DataError, UsageError
from tests.conftest import REPOSITORY, source_file

ALLOWED_RUNS = {"can calcification go away on its own"}
"""A work may be named."""
TEXT_ENDINGS = {
    ".md",
    ".ttl",
    ".rq",
    ".py",
    ".html",
    ".css",
    ".js",
    ".toml",
    ".cff",
    ".tsv",
    ".txt",
    ".json",
    ".svg",
    ".nt",
    ".jsonld",
    ".rdf",
    "",
}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def runs(text: str, length: int = 6) -> set[str]:
    found = words(text)
    return {" ".join(found[i : i + length]) for i in range(len(found) - length + 1)}


def copied(text: str, guide_text: str) -> set[str]:
    """Runs of six words that both texts have, but for those of the guide's name."""
    allowed = set().union(*(runs(name) for name in ALLOWED_RUNS))
    return runs(text) & runs(guide_text) - allowed


def project_files() -> list[Path]:
    skipped = {".git", "dist", "node_modules", "__pycache__"}
    return [
        path
        for path in REPOSITORY.rglob("*")
        if path.is_file()
        and path.suffix in TEXT_ENDINGS
        and not any(
            part in skipped or part.startswith((".venv", ".mypy", ".ruff", ".pytest"))
            for part in path.relative_to(REPOSITORY).parts
        )
        and not path.name.endswith(".lock")
    ]


def test_no_file_holds_six_words_in_a_row_of_the_guide(guide_text: str) -> None:
    found = {}
    for path in project_files():
        hit = copied(path.read_text(encoding="utf-8", errors="ignore"), guide_text)
        if hit:
            found[str(path.relative_to(REPOSITORY))] = sorted(hit)[:3]
    assert not found


def test_no_literal_of_the_dataset_holds_six_words_in_a_row_of_the_guide(
    guide: Dataset, guide_text: str
) -> None:
    literals = {q.object.value for q in guide.store if type(q.object).__name__ == "Literal"}
    assert not {text: hit for text in literals if (hit := copied(text, guide_text))}


def test_the_comparison_would_notice_a_sentence(guide_text: str) -> None:
    assert copied("Before. " + guide_text[2004:2107] + " After.", guide_text)


def test_every_passage_stands_in_the_guide_as_the_data_say(guide: Dataset, guide_text: str) -> None:
    assert source.verify(guide, source_file()) == source.Verification(119, ())


def test_another_text_is_told_apart_passage_by_passage(
    guide: Dataset, guide_text: str, tmp_path: Path
) -> None:
    altered = tmp_path / "guide.txt"
    altered.write_text(guide_text[:2010] + "#" + guide_text[2011:], encoding="utf-8")
    [whole, one] = source.verify(guide, altered).problems
    assert "checksum of the whole file differs" in whole
    assert "passage:nuance/p1s1" in one


def test_a_file_that_ends_early_is_told_where(guide: Dataset, tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("short", encoding="utf-8")
    problems = source.verify(guide, short).problems
    assert any("the file ends before, at 5" in problem for problem in problems)


def test_a_missing_file_is_named(guide: Dataset) -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt: cannot be read: No such file"):
        source.verify(guide, Path("nowhere.txt"))


def test_words_lead_to_the_passage_to_cite(guide: Dataset, guide_text: str) -> None:
    [place] = source.locate(guide, source_file(), "PHOSPHATE   from dying")
    assert place.passage == guide.base + "passage/dystrophic/p1s2"
    assert f"oa:start {place.start}" in place.block()
    assert place.sha256 in place.block()


def test_words_that_stand_in_several_places_lead_to_each(guide: Dataset, guide_text: str) -> None:
    places = source.locate(guide, source_file(), "acute phase")
    assert [place.start for place in places] == [2364, 7032]


@pytest.mark.parametrize(
    ("text", "message"), [("", "Give some words"), ("xyzzy plugh", "do not stand in")]
)
def test_words_that_lead_nowhere_are_explained(
    guide: Dataset, guide_text: str, text: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        source.locate(guide, source_file(), text)
