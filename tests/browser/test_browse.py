"""The tree has one tab stop and is walked with arrow keys; without scripts it is plain lists."""

import re

from tests.browser.conftest import Visit
from tests.browser.watching import Page, barriers


def at(page: Page) -> str:
    """The label of what has the focus, without its count."""
    found: str = page.evaluate("document.activeElement.firstChild.textContent.trim()")
    return found


def press(page: Page, *keys: str) -> str:
    for key in keys:
        page.keyboard.press(key)
    return at(page)


def test_arrow_keys_lead_through_the_tree_to_a_page(visit: Visit) -> None:
    page = visit("/browse")
    tree = page.get_by_role("tree", name="As a tree")
    assert tree.locator("[tabindex='0']").count() == 1
    page.get_by_role("link", name="Worked queries").focus()
    assert press(page, "Tab") == "Conditions"
    assert press(page, "ArrowDown") == "Types"
    assert page.get_by_role("treeitem", name="Calcific tendonitis").count() == 0
    assert press(page, "ArrowRight") == "Types"
    assert press(page, "ArrowRight", "ArrowRight", "ArrowRight") == "Age-related calcification"
    assert press(page, "c") == "Calcific tendonitis"
    assert press(page, "ArrowLeft") == "Calcification"
    assert press(page, "ArrowLeft", "ArrowLeft") == "Types"
    assert press(page, "End", "ArrowUp") == "Kinds by mechanism"
    assert press(page, "Home") == "Conditions"
    assert press(page, "ArrowUp") == "Conditions"
    assert tree.locator("[tabindex='0']").count() == 1
    assert tree.locator(":focus").count() == 1
    page.keyboard.press("Tab")
    assert tree.locator(":focus").count() == 0
    page.keyboard.press("Shift+Tab")
    assert press(page, "m") == "Mechanisms"
    page.keyboard.press("Enter")
    page.wait_for_url("**/browse/mechanisms")


def test_a_click_opens_and_closes_a_branch(visit: Visit) -> None:
    page = visit("/browse", width=390)
    item = page.get_by_role("treeitem", name="Locations")
    twist = item.locator("xpath=preceding-sibling::span")
    box = twist.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    twist.click()
    assert item.get_attribute("aria-expanded") == "true"
    assert page.get_by_role("treeitem", name="Shoulder", exact=True).is_visible()
    assert barriers(page) == []
    twist.click()
    assert not page.get_by_role("treeitem", name="Shoulder", exact=True).is_visible()


def test_a_branch_that_closes_over_the_tab_stop_takes_it(visit: Visit) -> None:
    page = visit("/browse")
    page.get_by_role("treeitem", name="Pain").focus()
    page.get_by_role("treeitem", name="Conditions").locator("xpath=preceding-sibling::span").click()
    stops = page.locator("[role=tree] [tabindex='0']")
    assert stops.all_inner_texts() == ["Conditions 30"]


def test_without_scripts_the_tree_is_nested_lists_of_links(visit: Visit) -> None:
    page = visit("/browse", javascript=False)
    assert page.get_by_role("treeitem").count() == 0
    link = page.locator("[data-tree]").get_by_role("link", name="Calcific tendonitis").first
    assert link.is_visible()
    assert not page.get_by_text("Arrow keys move").is_visible()
    page.locator("summary", has_text=re.compile(r"^\s*E\b")).first.click()
    page.locator(".letter li", has_text="ESWT see").get_by_role("link").first.click()
    assert page.locator("h1").inner_text() == "Shockwave therapy"
