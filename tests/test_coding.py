"""Coding: claims beside their passages, and how far two codings agree."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from calcguide.cli import main
from calcguide.coding import (
    COLUMNS,
    Code,
    agreement,
    coded_passages,
    codes_of,
    cohens_kappa,
    read_codes,
    report,
    unmatched_words,
)
from calcguide.dataset import Dataset
from calcguide.errors import DataError
from tests.conftest import REPOSITORY, source_file

CODINGS = REPOSITORY / "docs" / "codings"
STUDY = REPOSITORY / "docs" / "coding-study.md"
SETTLED = REPOSITORY.parent / "shared" / "guide" / "claims.tsv"
REST = Code("p/1", "rest", "treats", "pain", "affirmed", "stated", "", "", "", "", "")


def run(*words: str) -> str:
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_claim_stands_beside_its_passage(guide: Dataset) -> None:
    shown = coded_passages(guide)
    assert len(shown) == 119
    assert [p.start for p in shown] == sorted(p.start for p in shown)
    assert sorted(c.claim for p in shown for c in p.codes) == [c.claim for c in codes_of(guide)]
    assert all(code.passage == passage.name for passage in shown for code in passage.codes)
    assert not [p for p in shown if p.text]


def test_one_section_is_shown_alone(guide: Dataset) -> None:
    names = {p.name.split("/")[0] for p in coded_passages(guide, "faq")}
    assert names == {"faq"}


def test_a_claim_reads_with_what_is_unusual_about_it() -> None:
    assert str(REST) == "rest treats pain"
    hedged = replace(REST, claim="c1", certainty="possible", under="acute", hedge="may")
    assert str(hedged) == "c1 rest treats pain (certainty possible, under acute, “may”)"


def test_the_words_come_from_the_readers_copy_alone(guide: Dataset, guide_text: str) -> None:
    shown = coded_passages(guide, copy=source_file())
    assert all(p.text == guide_text[p.start : p.end] for p in shown)


def test_another_text_is_not_shown_as_the_guide(guide: Dataset, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Another text. " * 2000, "utf-8")
    assert not [p for p in coded_passages(guide, copy=other) if p.text]
    assert "another text stands there" in run("passages", "intro", "--source", str(other))


def test_the_commands_show_passages_and_refuse_unknown_sections() -> None:
    shown = run("passages", "intro")
    assert shown.startswith(
        "intro/p1s1 (sentence, 91-225)\n  c001 calcium supports bone-strength\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", "from calcguide.cli import main; main()", "passages", "x"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 1
    assert "There is no section x." in ran.stderr


def test_words_that_the_rules_code_are_kept_by_a_claim_but_for_these(
    guide: Dataset, guide_text: str
) -> None:
    found = {
        (passage.name, remark)
        for passage in coded_passages(guide, copy=source_file())
        for remark in unmatched_words(passage)
    }
    assert not [remark for _, remark in found if "does not stand here" in remark]
    assert {(name, remark.split("”")[0][1:]) for name, remark in found} == {
        ("key-points/i3s1", "key"),  # in the heading of the item
        ("nuance/p2s2", "often"),  # of the exception, which is coded
        ("types/p1s1", "can"),  # in a question
        ("dystrophic/p1s1", "common"),  # in a superlative
        ("metastatic/p1s4", "some"),  # kept as a frequency, under the word may
        ("lifestyle/p1s3", "some"),  # of research
        ("lifestyle/p1s4", "can"),  # said to the reader
        ("comparison/r6c4", "some"),  # kept as a frequency, under the word may
        ("conclusion/p1s1", "can"),  # in a question
        ("faq/a4s2", "often"),  # kept as a frequency, under the word can
        ("faq/a5s1", "can"),  # of what is unproven
    }


# Two codings


def test_a_coding_agrees_with_itself(guide: Dataset) -> None:
    codes = codes_of(guide)
    found = agreement(codes, codes)
    assert found.f1_identical == found.f1_exact == found.f1_loose == 1
    assert set(found.kappa.values()) == {1.0}
    assert not found.only_first + found.only_second


@pytest.mark.parametrize(
    ("other", "exact", "loose", "identical"),
    [
        (REST, 1, 0, 1),
        (replace(REST, polarity="denied"), 1, 0, 0),
        (replace(REST, object="swelling"), 0, 1, 0),
        (replace(REST, object="swelling", predicate="slows"), 0, 0, 0),
        (replace(REST, passage="p/2"), 0, 0, 0),
    ],
)
def test_claims_match_within_their_passage(
    other: Code, exact: int, loose: int, identical: int
) -> None:
    found = agreement([REST], [other])
    assert (len(found.exact), len(found.loose), found.identical) == (exact, loose, identical)
    assert len(found.only_first) == len(found.only_second) == 1 - exact - loose


def test_a_claim_is_matched_once() -> None:
    found = agreement([REST], [REST, REST])
    assert (len(found.exact), len(found.only_second)) == (1, 1)
    assert found.f1_exact == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}, 0.4),
        ({("y", "y"): 45, ("y", "n"): 15, ("n", "y"): 25, ("n", "n"): 15}, 0.1304),
        ({("y", "n"): 5, ("n", "y"): 5}, -1.0),
        ({("y", "y"): 7}, None),
        ({}, None),
    ],
)
def test_cohens_kappa_is_as_in_worked_examples(
    table: dict[tuple[str, str], int], kappa: float | None
) -> None:
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    found = cohens_kappa(pairs)
    assert found == (pytest.approx(kappa, abs=1e-4) if kappa is not None else None)


def test_the_order_of_circumstances_is_no_difference(tmp_path: Path) -> None:
    tables = []
    for number, under in enumerate(("b;a", "a; b")):
        cells = ["p/1", "rest", "treats", "pain", "affirmed", "stated", "", "", under, "", ""]
        path = tmp_path / f"{number}.tsv"
        path.write_text("\t".join(COLUMNS) + "\n" + "\t".join(cells) + "\n", "utf-8")
        tables.append(read_codes(path))
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("passage\tsubject\n", "has no column predicate, no column object"),
        ("\t".join(COLUMNS) + "\np/1\trest\n", "2: this row has not as many cells"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "codes.tsv"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=words):
        read_codes(path)


# The study


def test_the_study_shows_what_the_command_computes() -> None:
    lines = "\n".join(
        report(agreement(*(read_codes(CODINGS / f"{n}.tsv") for n in ("first", "second"))))
    )
    shown = STUDY.read_text("utf-8").split("<!-- agreement -->\n")[1]
    assert shown.strip() == lines.strip(), "write it anew: calcguide agreement docs/codings/*.tsv"
    assert run("agreement", str(CODINGS / "first.tsv"), str(CODINGS / "second.tsv")) == lines + "\n"


def test_the_study_says_that_the_second_coder_had_the_words_of_the_first() -> None:
    assert "had the first coder's vocabulary" in " ".join(STUDY.read_text("utf-8").split())


def test_the_third_reading_names_claims_and_passages_that_there_are(guide: Dataset) -> None:
    import re

    text = STUDY.read_text("utf-8").split("## The third reading")[1].split("<!-- agreement -->")[0]
    claims = set(re.findall(r"\bc\d{3}\b", text))
    assert claims <= {code.claim for code in codes_of(guide)}
    assert {"c083", "c161", "c049", "c214", "c220", "c221", "c149", "c023", "c024"} <= claims
    passages = set(re.findall(r"`([a-z-]+/[a-z0-9]+)`", text))
    assert passages <= {passage.name for passage in coded_passages(guide)}


def test_the_claims_are_those_that_were_settled(guide: Dataset) -> None:
    if not SETTLED.is_file():
        pytest.skip("the table of the settled coding is not part of the project")
    found = agreement(read_codes(SETTLED), codes_of(guide))
    assert found.f1_identical == 1, "\n".join(report(found))
