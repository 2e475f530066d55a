"""The finder by keyboard and by the picture of the body; the home page and search as one types."""

import re

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_journeys import JAVASCRIPT, SCREENS, kinds
from tests.browser.watching import barriers


@JAVASCRIPT
def test_the_finder_is_worked_with_the_keyboard_alone(visit: Visit, javascript: bool) -> None:
    page = visit("/", javascript=javascript)
    page.locator(".lead a").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == ""
    while page.evaluate("document.activeElement.value") != "kidney":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?place=kidney")
    page.locator("#kinds", has_text="Kidney: 2 kinds").wait_for()
    assert kinds(page) == {"id:kidney-stone", "id:metastatic-calcification"}
    assert page.locator(".spot.chosen label").inner_text() == "Kidney"


@JAVASCRIPT
def test_a_place_on_the_picture_is_the_chip_of_that_name(visit: Visit, javascript: bool) -> None:
    page = visit("/", javascript=javascript)
    labels = page.locator(".spot label")
    assert set(labels.all_inner_texts()) == {
        *("Artery", "Breast tissue", "Hip", "Kidney", "Lung", "Shoulder", "Skin")
    }
    for label in labels.all():
        box = label.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    labels.filter(has_text="Skin").click()
    assert page.get_by_role("radio", name="Skin", exact=True).is_checked()
    button = page.get_by_role("button", name="Show", exact=True)
    if button.is_visible():
        button.click()
    page.locator("#kinds", has_text="Skin: 1 kind").wait_for()
    assert kinds(page) == {"id:calcinosis-cutis"}


def test_a_choice_is_told_and_undone_without_a_reload(visit: Visit) -> None:
    page = visit("/")
    page.evaluate("window.same = true")
    page.get_by_role("radio", name="Hip", exact=True).check()
    page.get_by_role("status").get_by_text("Hip: 1 kind").wait_for(state="attached")
    assert barriers(page) == []
    page.get_by_role("link", name="Show all kinds").click()
    page.locator("#kinds", has_text="All 6 kinds").wait_for()
    assert page.get_by_role("radio", name="Anywhere").is_checked()
    assert page.evaluate("window.same")


@SCREENS
@JAVASCRIPT
def test_the_first_screen_has_an_answer_with_its_condition_and_source(
    visit: Visit, width: int, height: int, javascript: bool
) -> None:
    page = visit("/", width=width, height=height, javascript=javascript)
    card = page.locator("[data-kind]").first
    for place in (".word", ".rating .mark a", ".when .how", ".when .mark a"):
        box = card.locator(place).first.bounding_box()
        assert box["y"] + box["height"] <= height, (place, box)


@pytest.mark.parametrize("path", ["/", "/id/eswt.html"])
def test_names_are_suggested_while_one_types(visit: Visit, path: str) -> None:
    page = visit(path)
    field = page.get_by_role("combobox", name="Search")
    field.press_sequentially("esw")
    page.locator("datalist option", has_text="ESWT").wait_for(state="attached")
    field.fill("kidney s")
    options = page.locator("datalist option")
    options.filter(has_text="Kidney stone").wait_for(state="attached")
    assert all(text.startswith("Kidney s") for text in options.all_text_contents()[1:])
    field.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=kidney"))
