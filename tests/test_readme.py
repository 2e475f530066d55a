"""What the README promises: its questions are answered, its links lead somewhere."""

import re

import pytest
from pyoxigraph import QuerySolutions

from calcguide.dataset import Dataset
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"```sparql\n(.*?)```", README, re.DOTALL)


def test_there_are_three_questions() -> None:
    assert len(QUESTIONS) == 3


@pytest.mark.parametrize("query", QUESTIONS)
def test_each_question_is_answered(guide: Dataset, query: str) -> None:
    solutions = guide.store.query(query)
    assert isinstance(solutions, QuerySolutions)
    assert len(list(solutions)) > 10


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_each_link_to_a_file_leads_to_one(document: str) -> None:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert not [link for link in links if not (REPOSITORY / link).exists()]


def test_the_first_screen_says_that_the_names_are_not_registered() -> None:
    assert "not registered yet" in "\n".join(README.splitlines()[:20])
