"""What people come for, done as they do it, with and without JavaScript."""

import re
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.watching import Page
from tests.conftest import Ask

JAVASCRIPT = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with JavaScript", "without JavaScript"]
)
SCREENS = pytest.mark.parametrize(
    ("width", "height"), [pytest.param(1280, 800, marks=pytest.mark.slow), (390, 844)]
)


def choose(page: Page, place: str) -> None:
    """Choose a place in the finder, and press the button where a script has not done so."""
    chip = page.locator(".finder label", has_text=re.compile(f"^{place}$"))
    chip.click()
    button = page.locator(".finder button[type=submit]")
    if button.is_visible():
        button.click()
    page.wait_for_url(f"**/?place={place.lower()}")
    page.locator("#kinds", has_text=f"{place}: ").wait_for()


def kinds(page: Page) -> set[str]:
    """The kinds whose cards are to be seen."""
    cards: list[Any] = page.locator("[data-kind]").all()
    return {str(card.get_attribute("data-kind")) for card in cards if card.is_visible()}


def heading(page: Page) -> str:
    return str(page.locator("h1").inner_text())


@JAVASCRIPT
def test_shoulder_leads_to_calcific_tendonitis_to_its_passage_and_back(
    visit: Visit, javascript: bool
) -> None:
    page = visit("/", javascript=javascript)
    choose(page, "Shoulder")
    assert kinds(page) == {"id:calcific-tendonitis"}
    page.locator("[data-kind='id:calcific-tendonitis'] .title a").click()
    assert heading(page) == "Calcific tendonitis"
    mark = page.locator("#answer ~ * .mark a").first
    target = mark.get_attribute("href")
    mark.click()
    assert page.url.endswith(target)
    row = page.locator(target)
    assert page.evaluate("i => document.querySelector(i).matches(':target')", target)
    row.locator("a[href^='/passage/']").click()
    assert "/passage/" in page.url
    assert page.locator("article a[href^='/claim/']").count() > 0
    page.go_back()
    page.go_back()
    assert heading(page) == "Calcific tendonitis"
    page.go_back()
    assert kinds(page) == {"id:calcific-tendonitis"}


@JAVASCRIPT
def test_kidneys_have_exactly_two_kinds(visit: Visit, javascript: bool) -> None:
    page = visit("/", width=390, javascript=javascript)
    assert len(kinds(page)) == 6
    choose(page, "Kidney")
    assert kinds(page) == {"id:kidney-stone", "id:metastatic-calcification"}


@JAVASCRIPT
def test_searching_eswt_finds_shockwave_therapy(visit: Visit, javascript: bool) -> None:
    page = visit("/", javascript=javascript)
    page.locator("header input[name=q]").fill("ESWT")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=ESWT")
    found = page.locator("ol.results > li").first
    assert "ESWT" in found.inner_text()
    found.locator("a").first.click()
    assert "shockwave therapy" in heading(page).lower()


@JAVASCRIPT
def test_a_query_is_run_and_downloaded(visit: Visit, javascript: bool) -> None:
    page = visit("/sparql?query=SELECT%20(1%20AS%20%3Fone)%20%7B%7D", javascript=javascript)
    assert page.locator("table td").all_inner_texts() == ["1"]
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.path().read_text().split() == ["one", "1"]


@JAVASCRIPT
def test_who_says_it_is_switched_with_the_keyboard(visit: Visit, javascript: bool) -> None:
    page = visit("/id/eswt.html", javascript=javascript)
    shown = {
        who: page.locator(f".switched [data-origin='{origin}']")
        for who, origin in (("claims", "claims"), ("editors", "editors"), ("rule", "hedged-rule"))
    }
    assert all(found.first.is_visible() for found in shown.values())
    for who, found in shown.items():
        page.locator(f"#show-{who}").focus()
        page.keyboard.press("Space")
        assert not any(one.is_visible() for one in found.all()), who
        page.keyboard.press("Space")
        assert found.first.is_visible(), who


@JAVASCRIPT
def test_an_entailed_statement_tells_why_it_is_there(visit: Visit, javascript: bool) -> None:
    page = visit("/id/eswt.html", width=390, javascript=javascript)
    item = page.locator(".following .value").first
    item.locator("summary").focus()
    page.keyboard.press("Enter")
    assert item.get_by_text("By the rule").first.is_visible()
    rule = item.locator("a[href^='/ontology#']").first
    premise = item.locator("[data-premise] a").first
    assert rule.is_visible() and premise.is_visible()
    rule.click()
    target = page.url.split("#")[1]
    assert page.locator(f"[id='{target}']").is_visible()


def test_the_name_of_a_thing_is_copied_by_a_button(visit: Visit) -> None:
    page = visit("/id/hip.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy this name").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".iri code").inner_text() == "https://w3id.org/calcguide/id/hip"


@SCREENS
def test_grade_condition_and_source_are_on_the_first_screen_as_the_store_has_them(
    visit: Visit, ask: Ask, width: int, height: int
) -> None:
    rows = ask(
        "SELECT ?kind ?name ?level (GROUP_CONCAT(STR(?phrase); SEPARATOR=';') AS ?conditions) { "
        "?c calc:predicate calc:resolutionPotential ; calc:polarity calc:affirmed ; "
        "calc:subject ?kind ; calc:object/skos:prefLabel ?level . ?kind skos:prefLabel ?name "
        "OPTIONAL { ?c (calc:under|calc:especially)/calc:phrase ?phrase } } "
        "GROUP BY ?kind ?name ?level"
    )
    assert len(rows) == 6
    for kind, name, level, conditions in rows:
        page = visit(f"/id/{kind.removeprefix('id:')}.html", width=width, height=height)
        assert heading(page) == name
        grade = page.locator("[data-statement*=' calc:resolutionPotential ']").first
        ways = grade.locator(".ways > li")
        said = " ".join(ways.all_inner_texts()).lower()
        assert grade.locator(".word").inner_text() == level
        assert all(phrase.lower() in said for phrase in conditions.split(";"))
        assert ("the grade has no condition." in said) == (not conditions)
        for place in (grade.locator(".word"), ways.last, grade.locator(".mark a").first):
            box = place.bounding_box()
            assert box["y"] + box["height"] <= height, (kind, place, box)
        page.context.close()
