"""Another guide, about invented teapots, in the browser: the same journeys, no change of code."""

from collections.abc import Callable

import pytest

from tests.browser.test_journeys import choose, heading, kinds
from tests.browser.test_pages import faults
from tests.browser.watching import Page
from tests.kinds import FIXED
from tests.running import Server

FEW = ("/", "/id/lid-lace.html")
THINGS = ("/id/lid-lace.html", "/id/humming.html", "/claim/c019.html", "/passage/table/r3c3.html")


def test_a_place_leads_to_a_mark_to_its_passage(
    teapots: Server, watched: Callable[..., Page]
) -> None:
    page = watched(teapots.url + "/", width=390)
    choose(page, "Saucer")
    assert kinds(page) == {"id:belly-ring"}
    page.locator("[data-kind='id:belly-ring'] .title a").click()
    assert heading(page) == "Belly ring"
    mark = page.locator(".answer .mark a").first
    target = mark.get_attribute("href")
    mark.click()
    page.locator(f"{target} a[href^='/passage/']").click()
    assert heading(page).startswith("Table of marks")


def test_its_search_and_its_validation_answer(
    teapots: Server, watched: Callable[..., Page]
) -> None:
    page = watched(teapots.url + "/search?q=RWR")
    page.locator("ol.results a").first.click()
    assert heading(page) == "Rinsing with rain"
    page.goto(teapots.url + "/validation")
    assert "conform" in page.locator("main").inner_text()
    assert "SHACL: conforms" in page.locator("footer").inner_text()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path in FEW else pytest.mark.slow)
        for path in (*FIXED, *THINGS)
        if path not in ("/ontology.html", "/shapes.html")  # ours, and looked at already
    ],
)
def test_its_pages_have_no_barrier_no_error_and_no_sideways_scroll(
    teapots: Server, watched: Callable[..., Page], path: str
) -> None:
    page = watched(teapots.url + path)
    found = faults(page)
    page.set_viewport_size({"width": 320, "height": 800})
    assert found + faults(page) == []
