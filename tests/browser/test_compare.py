"""The comparison is sorted and narrowed down with a click, a key, or no script at all."""

import itertools
from typing import Any

from tests.browser.conftest import Visit
from tests.browser.test_journeys import JAVASCRIPT
from tests.browser.watching import Page, barriers, overflow

BY_GRADE = [
    "Calcific tendonitis",
    "Breast calcification",
    "Calcinosis cutis",
    "Atherosclerotic plaque",
    "Kidney stone",
    "Metastatic calcification",
]


def rows(page: Page) -> list[str]:
    found: list[str] = page.locator("#compared tbody th[scope=row]").all_inner_texts()
    return found


def sorted_by(page: Page) -> tuple[str, str]:
    head = page.locator("th[aria-sort]")
    return head.inner_text(), head.get_attribute("aria-sort")


def show(page: Page, field: str, label: str) -> None:
    page.get_by_label(field, exact=True).select_option(label=label)
    button = page.get_by_role("button", name="Show")
    if button.is_visible():
        button.click()
    page.wait_for_url("**/compare?*")


@JAVASCRIPT
def test_sorted_by_grade_then_only_skin(visit: Visit, javascript: bool) -> None:
    page = visit("/compare?sort=kind", javascript=javascript)
    assert rows(page) == sorted(BY_GRADE)
    page.locator("#sort-grade").click()
    page.locator("th[aria-sort=descending]").wait_for()
    assert sorted_by(page) == ("Does it go away?", "descending")
    assert rows(page) == BY_GRADE
    show(page, "Where", "Skin")
    page.locator("#shown", has_text="1 kind, in: Skin").wait_for()
    assert rows(page) == ["Calcinosis cutis"]
    assert page.url.endswith("place=skin") or "place=skin&" in page.url
    page.reload()
    assert rows(page) == ["Calcinosis cutis"]
    page.get_by_role("link", name="Show all kinds").click()
    page.locator("#shown", has_text="6 kinds").wait_for()
    assert rows(page) == BY_GRADE
    assert page.get_by_label("Where", exact=True).input_value() == ""


@JAVASCRIPT
def test_a_second_press_turns_the_order_round_but_not_what_has_no_rank(
    visit: Visit, javascript: bool
) -> None:
    page = visit("/compare", javascript=javascript)
    page.locator("#sort-grade").focus()
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=ascending]").wait_for()
    assert rows(page)[0] == "Atherosclerotic plaque"
    assert set(rows(page)[4:]) == {"Kidney stone", "Metastatic calcification"}


def test_with_a_script_nothing_is_loaded_anew_and_the_focus_stays(visit: Visit) -> None:
    page = visit("/compare")
    page.evaluate("window.same = true")
    page.locator("#sort-kind").focus()
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=ascending] #sort-kind").wait_for()
    show(page, "Grade", "Low")
    page.locator("#shown", has_text="2 kinds, grade: Low").wait_for()
    assert rows(page) == ["Breast calcification", "Calcinosis cutis"]
    assert "sort=kind" in page.url
    assert page.evaluate("window.same && document.activeElement.id") == "sort-kind"
    assert page.get_by_role("status").inner_text() == "2 kinds, grade: Low"
    assert barriers(page) == []
    page.get_by_role("link", name="Show all kinds").click()
    page.locator("#shown", has_text="6 kinds").wait_for()
    assert page.evaluate("document.activeElement.id") == "shown"


def test_a_mark_leads_to_the_passage_and_its_claims(visit: Visit) -> None:
    page = visit("/compare")
    mark = page.locator("tr[data-kind='id:kidney-stone'] .rating .mark a")
    target = page.locator(mark.get_attribute("href"))
    mark.click()
    assert target.locator("[data-claim='claim:c172']").is_visible()
    assert page.evaluate("e => e.matches(':target')", target.element_handle())


def test_on_a_narrow_screen_each_row_is_a_block_with_its_column_names(visit: Visit) -> None:
    page = visit("/compare", width=390)
    assert overflow(page) == 0
    cells: list[Any] = page.locator("tr[data-kind='id:calcinosis-cutis'] > *").all()
    boxes = [cell.bounding_box() for cell in cells]
    assert all(a["y"] + a["height"] <= b["y"] for a, b in itertools.pairwise(boxes))
    named = "e => getComputedStyle(e, '::before').content"
    assert [cell.evaluate(named) for cell in cells[1:]] == [
        '"Where"',
        '"Does it go away?"',
        '"When"',
        '"What is done"',
    ]
