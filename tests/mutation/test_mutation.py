"""Whatever makes the data wrong is noticed; whatever is not noticed is explained."""

import csv
from pathlib import Path

import pytest

from tests.conftest import source_file
from tests.mutation import systematic, telling
from tests.mutation.judging import (
    Rules,
    answered_otherwise,
    batches,
    contradicted_by_the_text,
    make_mutants,
    rules_of,
)
from tests.mutation.mutants import Mutant

SURVIVORS = Path(__file__).parent / "survivors.tsv"
OPERATORS = [*systematic.OPERATORS, *telling.OPERATORS]
SAMPLE = 20
"""How many mutants are judged in each quick run: one validation."""


@pytest.fixture(scope="session")
def groups() -> list[list[Mutant]]:
    return batches(make_mutants())


@pytest.fixture(scope="session")
def explained() -> dict[tuple[str, str], str]:
    """Operator, and how what it changed begins -> why shapes and checks may pass it over."""
    with SURVIVORS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {(row["operator"], row["about"]): row["reason"] for row in rows}


def unexplained(
    mutants: list[Mutant], rules: dict[str, Rules], explained: dict[tuple[str, str], str]
) -> list[str]:
    return [
        each.name
        for each in mutants
        if not rules[each.name]
        and not any(o == each.operator and each.about.startswith(a) for o, a in explained)
    ]


def test_mutants_are_many_and_each_is_different(groups: list[list[Mutant]]) -> None:
    mutants = [each for group in groups for each in group]
    assert len(mutants) >= 300
    assert len({(each.removed, each.added) for each in mutants}) == len(mutants)
    assert len({each.name for each in mutants}) == len(mutants)
    made = {each.operator for each in mutants}
    assert made == {operator.__name__.replace("_", " ") for operator in OPERATORS}


def test_a_seed_makes_the_same_mutants_again(groups: list[list[Mutant]]) -> None:
    again = [each.name for group in batches(make_mutants()) for each in group]
    assert again == [each.name for group in groups for each in group]


def test_mutants_judged_together_change_different_things(groups: list[list[Mutant]]) -> None:
    for group in groups:
        cores = [name for each in group for name in each.core]
        assert len(cores) == len(set(cores))


def test_in_a_sample_each_wrong_mutant_is_caught_or_explained(
    groups: list[list[Mutant]], explained: dict[tuple[str, str], str]
) -> None:
    group = groups[0]
    sample = group[:: max(1, len(group) // SAMPLE)]
    rules = rules_of(sample)
    assert not unexplained(sample, rules, explained)
    assert sum(map(bool, rules.values())) > len(sample) // 2


def test_an_operator_that_is_explained_is_there(explained: dict[tuple[str, str], str]) -> None:
    names = {operator.__name__.replace("_", " ") for operator in OPERATORS}
    assert {operator for operator, _ in explained} <= names
    assert all(explained.values())


@pytest.fixture(scope="session")
def rules(groups: list[list[Mutant]]) -> dict[str, Rules]:
    """What catches each mutant."""
    return rules_of(each for group in groups for each in group)


@pytest.mark.slow
def test_each_wrong_mutant_is_caught_or_explained(
    groups: list[list[Mutant]],
    rules: dict[str, Rules],
    explained: dict[tuple[str, str], str],
) -> None:
    mutants = [each for group in groups for each in group]
    assert not unexplained(mutants, rules, explained)
    assert sum(map(bool, rules.values())) > len(mutants) * 3 // 4


@pytest.mark.slow
def test_nothing_is_explained_that_is_always_caught(
    groups: list[list[Mutant]],
    rules: dict[str, Rules],
    explained: dict[tuple[str, str], str],
) -> None:
    left = [each for group in groups for each in group if not rules[each.name]]
    idle = [
        (operator, about)
        for operator, about in explained
        if not any(operator == m.operator and m.about.startswith(about) for m in left)
    ]
    assert not idle


@pytest.mark.slow
def test_a_mutant_judged_alone_is_judged_as_among_others(
    groups: list[list[Mutant]], rules: dict[str, Rules]
) -> None:
    for group in groups[:8]:
        for each in (group[0], group[-1]):
            assert rules_of([each])[each.name] == rules[each.name], each.name


@pytest.mark.slow
def test_published_answers_and_the_text_notice_more(
    groups: list[list[Mutant]], rules: dict[str, Rules]
) -> None:
    left = [each for group in groups for each in group if not rules[each.name]]
    asked = [each for each in left if each.operator == "another end of the same class"]
    assert any(answered_otherwise(each) for each in asked)
    text = source_file()
    if not text.is_file():
        pytest.skip("the guide's text is not at hand")
    for each in left:
        if each.operator in ("selector shifted", "another checksum", "selectors exchanged"):
            assert contradicted_by_the_text(each, text), each.name
