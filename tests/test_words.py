"""A number never disagrees with its word."""

import re

import pytest
from flask.testing import FlaskClient

from calcguide.app import create_app
from calcguide.files import Root
from calcguide.loading import load
from calcguide.settings import Settings
from calcguide.words import counted
from tests.conftest import REPOSITORY
from tests.crawling import crawl

_AFTER_ONE = re.compile(r"(?<![\d.,:/-])\b1(?:</\w+>)? ([a-z]+s)\b")
"""The number one before what may be a plural, in HTML."""
_SINGULAR = {"class", "its", "is", "was", "ms", "s", "this"}


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ("kind",), "0 kinds"),
        (1, ("kind",), "1 kind"),
        (2, ("kind",), "2 kinds"),
        (1200, ("match", "matches"), "1,200 matches"),
        (1, ("match", "matches"), "1 match"),
    ],
)
def test_a_number_has_its_word(number: int, words: tuple[str, ...], expected: str) -> None:
    assert counted(number, *words) == expected


def plurals_of_one(text: str) -> list[str]:
    return [found[1] for found in _AFTER_ONE.finditer(text) if found[1] not in _SINGULAR]


def test_a_plural_of_one_is_seen() -> None:
    text = "<b>1</b> questions, 11 kinds, 1 class, 1 matches"
    assert plurals_of_one(text) == ["questions", "matches"]


@pytest.mark.parametrize("path", ["/?place=shoulder", "/compare?place=skin", "/search?q=ESWT"])
def test_no_page_that_finds_one_thing_says_more(client: FlaskClient, path: str) -> None:
    html = client.get(path, headers={"Accept": "text/html"}).text
    assert ">1 " in html or " 1 " in html
    assert plurals_of_one(html) == []


def test_no_page_of_a_small_guide_says_more_than_there_is() -> None:
    teapots = load(Root(REPOSITORY / "tests" / "second_guide"))
    site = crawl(create_app(teapots, Settings.read({}, access_log="off")).test_client())
    found = {path: plurals_of_one(page.html) for path, page in site.pages.items()}
    assert {path: words for path, words in found.items() if words} == {}
