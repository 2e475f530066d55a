"""Each constraint of the model is carried by a shape or check, and has its good and bad example."""

import csv

import pytest

from calcguide.dataset import Dataset
from tests.conftest import REPOSITORY, Ask
from tests.test_validation import EXAMPLES, FOLDER, noted

TABLE = REPOSITORY / "docs" / "constraints.tsv"


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = _rows()
each_constraint = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["constraint"])


def _bad(name: str) -> list[str]:
    """The examples that this shape or check catches."""
    caught = [e for e, path in EXAMPLES.items() if f"shape:{name}" in noted(path, "caught by")]
    check = FOLDER / "checks" / f"{name}.trig"
    return caught + ([check.stem] if check.is_file() else [])


def test_no_constraint_is_listed_twice() -> None:
    said = [row["constraint"] for row in ROWS]
    carrying = [name for row in ROWS for name in row["carried by"].split()]
    assert len(said) == len(set(said)) >= 60
    assert len(carrying) == len(set(carrying))


@each_constraint
def test_a_constraint_is_carried_by_shapes_or_checks_that_there_are(
    row: dict[str, str], ask: Ask, guide: Dataset
) -> None:
    shapes = {
        shape.removeprefix("shape:")
        for (shape,) in ask("SELECT ?s { GRAPH graph:shapes { ?s sh:severity ?severity } }")
    }
    assert row["carried by"].split()
    assert set(row["carried by"].split()) <= shapes | guide.checks.keys()


@each_constraint
def test_a_constraint_has_a_bad_example_that_is_caught(row: dict[str, str]) -> None:
    assert [name for name in row["carried by"].split() if not _bad(name)] == []


@each_constraint
def test_a_constraint_has_a_good_example_beside_the_bad_one(row: dict[str, str]) -> None:
    """A check's example has good things in it; a shape's folder has examples that conform."""
    for name in row["carried by"].split():
        folders = {example.split("/")[0] for example in _bad(name) if "/" in example}
        good = [e for e in EXAMPLES if e.split("/")[0] in folders and "/conforms" in e]
        assert good or (FOLDER / "checks" / f"{name}.trig").is_file(), name


def test_each_shape_that_constrains_is_in_the_list_but_relations_and_what_others_refer_to(
    ask: Ask,
) -> None:
    """A relation's shape is for the pages first: `test_relations.py` has its examples."""
    constraining = ask(
        """SELECT DISTINCT ?shape { GRAPH graph:shapes {
             VALUES ?parameter { sh:class sh:closed sh:datatype sh:hasValue sh:in sh:maxCount
               sh:maxLength sh:minCount sh:minInclusive sh:minLength sh:not sh:pattern }
             ?shape sh:severity ?severity ; ?parameter ?value .
             FILTER NOT EXISTS { ?shape sh:group ?group }
             FILTER NOT EXISTS { ?other sh:not ?shape } } }"""
    )
    carrying = {name for row in ROWS for name in row["carried by"].split()}
    assert {name.removeprefix("shape:") for (name,) in constraining} <= carrying


def test_each_check_carries_a_constraint_of_the_list(guide: Dataset) -> None:
    carrying = {name for row in ROWS for name in row["carried by"].split()}
    assert guide.checks.keys() <= carrying


def test_the_document_on_the_checks_counts_what_there_is() -> None:
    text = (REPOSITORY / "docs" / "validation.md").read_text("utf-8")
    carrying = [name for row in ROWS for name in row["carried by"].split()]
    counted = {
        "constraints in the list": len(ROWS),
        "shapes and checks that carry them": len(carrying),
        "examples that conform": sum("/conforms" in name for name in EXAMPLES),
        "examples that a shape catches": sum("/violates" in name for name in EXAMPLES),
        "examples of a check, good and bad things in each": len([*FOLDER.glob("checks/*.trig")]),
    }
    assert [what for what, number in counted.items() if f"| {what} | {number} |" not in text] == []
