"""The query page in a browser: the editor, advice, running by keyboard, all without JavaScript."""

import csv
import io
import itertools
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import Visit
from tests.browser.watching import Page, barriers, overflow
from tests.conftest import Ask

PROLOGUE = """PREFIX calc: <https://w3id.org/calcguide/ontology#>
PREFIX id: <https://w3id.org/calcguide/id/>
"""
QUERIES = {
    "table": PROLOGUE + "SELECT ?kind ?place { ?kind calc:occursIn ?place } ORDER BY ?kind ?place",
    "bars": PROLOGUE + "SELECT ?p (COUNT(?k) AS ?kinds) { ?k calc:occursIn ?p } GROUP BY ?p",
    "graph": PROLOGUE + "CONSTRUCT { ?k calc:occursIn ?p } WHERE { ?k calc:occursIn ?p }",
    "yes": "ASK { ?s ?p ?o }",
    "empty": PROLOGUE + "SELECT ?x { ?x calc:treets id:hip }",
    "error": PROLOGUE + "SELECT ?x {\n  ?x calc:treats ; }",
}
QUICK = (("graph", 1280, "light"), ("error", 320, "dark"))
"""What the quick run looks at."""
SLOW = pytest.mark.slow


def asked(query: str) -> str:
    return "/sparql?" + urlencode({"query": query})


def text(page: Page) -> str:
    """The text in the editor."""
    found: str = page.evaluate(
        "[...document.querySelector('.editor').shadowRoot.querySelectorAll('.cm-line')]"
        ".map(line => line.textContent).join('\\n')"
    )
    return found


def write(page: Page, query: str) -> None:
    """Replace the text in the editor; typed letter by letter, brackets would close themselves."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(query)


def focused(page: Page) -> str:
    """What has the focus: its id, else its text, else its class; inside the editor as well."""
    found: str = page.evaluate(
        """() => { let on = document.activeElement;
            while (on.shadowRoot?.activeElement) on = on.shadowRoot.activeElement;
            return on.id || on.textContent.trim().slice(0, 40) || on.className }"""
    )
    return found


def tab_to(page: Page, what: str, most: int = 120) -> None:
    """Press Tab until the focus is on something of this text."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if what in focused(page):
            return
    raise AssertionError(f"the keyboard does not reach {what}")


@pytest.mark.parametrize(
    ("shown", "width", "scheme"),
    [
        pytest.param(*screen, marks=() if screen in QUICK else SLOW)
        for screen in itertools.product(QUERIES, (1280, 390, 320), ("light", "dark"))
    ],
)
def test_no_outcome_has_barriers_or_goes_beyond_the_screen(
    visit: Visit, shown: str, width: int, scheme: str
) -> None:
    page = visit(asked(QUERIES[shown]), width=width, scheme=scheme)
    page.locator(".cm-content").wait_for()
    for summary in page.locator("#outcome summary").all():
        summary.click()
    assert barriers(page) == []
    assert overflow(page) == 0


def test_by_keyboard_alone_a_worked_question_is_changed_run_and_downloaded(
    visit: Visit, ask: Ask
) -> None:
    page = visit("/sparql")
    page.locator(".cm-content").wait_for()
    tab_to(page, "Counts")
    page.keyboard.press("Enter")
    tab_to(page, "How many claims are put forward", 5)
    page.keyboard.press("Enter")
    page.locator("#found").wait_for()
    assert page.locator("#found").inner_text().startswith("3 rows")
    page.locator(".cm-content").wait_for()
    tab_to(page, "PREFIX calc:")
    page.keyboard.press("Control+End")
    page.keyboard.type("LIMIT 1")
    page.keyboard.press("Control+Enter")
    page.get_by_text("1 row in").first.wait_for()
    assert "LIMIT 1" in text(page)
    assert "LIMIT+1" in page.url
    tab_to(page, "CSV")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    content = download.value.path().read_text(encoding="utf-8")
    [row] = csv.DictReader(io.StringIO(content))
    [(count,)] = ask("SELECT (COUNT(*) AS ?n) { ?c calc:certainty calc:stated }")
    assert row["claims"] == count


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_error_names_line_and_column_and_keeps_the_text(visit: Visit, javascript: bool) -> None:
    page = visit("/sparql", javascript=javascript)
    query = "SELECT ?x\nWHERE [ ?x ?y ?z ]"
    if javascript:
        write(page, query)
        page.keyboard.press("Control+Enter")
    else:
        page.locator("textarea").fill(query)
        page.get_by_role("button", name="Run query").click()
    alert = page.locator("#query-error")
    assert "Line 2, column 7" in alert.inner_text()
    assert alert.get_attribute("role") == "alert"
    if not javascript:
        assert page.locator("textarea").input_value() == query
        assert page.locator("textarea").get_attribute("aria-invalid") == "true"
        return
    assert text(page) == query
    page.locator(".cm-line.cm-wrong").wait_for()
    assert page.locator(".cm-line.cm-wrong").inner_text() == "WHERE [ ?x ?y ?z ]"
    assert page.locator(".cm-lintRange-error").first.inner_text() == "["
    assert page.locator(".cm-content").get_attribute("aria-invalid") == "true"
    assert page.title().startswith("Error: ")
    write(page, QUERIES["yes"])
    page.keyboard.press("Control+Enter")
    page.locator("#found", has_text="Yes").wait_for()
    assert page.locator(".cm-content").get_attribute("aria-invalid") is None
    assert page.locator(".cm-lintRange-error").count() == 0
    assert not page.title().startswith("Error: ")


def test_an_error_that_a_button_mends_is_seen_once(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, "SELECT * { ?s a calc:Claim }")
    page.keyboard.press("Control+Enter")
    page.locator("#query-error").wait_for(state="attached")
    page.locator("#advice .wrong", has_text="PREFIX calc:").wait_for()
    for repeated in ("#query-error", ".excerpt"):
        clipped = page.locator(repeated).evaluate("shown => getComputedStyle(shown).clipPath")
        assert clipped == "inset(50%)"
    page.get_by_role("button", name="Add PREFIX calc:").click()
    page.locator("#advice .wrong").wait_for(state="detached")


def test_all_but_the_editor_works_without_scripts(visit: Visit) -> None:
    page = visit(asked(QUERIES["bars"]), javascript=False)
    assert page.locator("textarea").is_visible()
    assert page.locator("#keys").is_hidden()
    assert page.locator(".bar svg").count() == page.locator("tbody tr").count() > 5
    page.goto(page.url.split("?")[0] + "?" + asked(QUERIES["graph"]).split("?")[1])
    page.locator("figure svg a").first.click()
    assert "/id/" in page.url
    page.go_back()
    page.locator("summary", has_text="Types").click()
    page.get_by_text("What are the two primary types of calcification?").click()
    assert page.locator("tbody tr").count() == 2
    page.locator("#ask button").click()
    assert page.locator("tbody tr").count() == 2
    page.get_by_text("The same query in a program").click()
    assert "curl http" in page.locator("pre.code").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("type,")


@pytest.mark.parametrize(
    ("typed", "choice", "written"),
    [
        ("ESWT", "Shockwave therapy", "id:eswt"),
        ("prefLab", "preferred label", "skos:prefLabel"),
        pytest.param(
            "shock wave t", "Shock wave therapy (Shockwave therapy)", "id:eswt", marks=SLOW
        ),
        pytest.param("tendoniti", "Calcific tendonitis", "id:calcific-tendonitis", marks=SLOW),
        pytest.param("id:hip", "Hip", "id:hip", marks=SLOW),
    ],
)
def test_a_term_is_completed_by_any_of_its_names_with_its_prefix_line(
    visit: Visit, typed: str, choice: str, written: str
) -> None:
    page = visit("/sparql")
    write(page, "# who?\nASK { ?x ?y  . ?s ?p ?o }")
    for _ in " . ?s ?p ?o }":
        page.keyboard.press("ArrowLeft")
    page.keyboard.type(typed)
    option = page.locator(".cm-tooltip-autocomplete li[aria-selected]")
    option.wait_for()
    assert choice.lower() in option.inner_text().lower()
    page.wait_for_timeout(200)  # for that long the editor takes no choice: a slip of the finger
    page.keyboard.press("Enter")
    found = text(page)
    assert f"ASK {{ ?x ?y {written} . ?s ?p ?o }}" in found
    assert found.startswith(f"PREFIX {written.partition(':')[0]}: <")
    page.keyboard.press("Control+Enter")
    page.locator("#found").wait_for()
    assert "ASK" in page.locator("textarea").input_value()
    assert page.locator("textarea").input_value() == found


def test_the_suggestions_are_readable_and_named(visit: Visit) -> None:
    page = visit("/sparql", width=390, scheme="dark")
    write(page, "ASK { ?x ?y ")
    page.keyboard.type("shoul")
    page.locator(".cm-tooltip-autocomplete").wait_for()
    assert barriers(page) == []
    assert overflow(page) == 0
    content = page.locator(".cm-content")
    assert content.get_attribute("aria-label") == "SPARQL query"
    assert content.get_attribute("aria-activedescendant")
    page.keyboard.press("Escape")
    assert page.locator(".cm-tooltip-autocomplete").count() == 0


def test_nothing_is_suggested_in_comments_and_text(visit: Visit) -> None:
    page = visit("/sparql")
    for line in ("# shoulder", 'ASK { ?x ?y "shoulder'):
        write(page, line[:-1])
        page.keyboard.type(line[-1])
        page.wait_for_timeout(500)
        assert page.locator(".cm-tooltip-autocomplete").count() == 0


def test_tab_leaves_the_editor_both_ways(visit: Visit) -> None:
    page = visit("/sparql")
    page.locator(".cm-content").focus()
    before = text(page)
    page.keyboard.press("Tab")
    assert focused(page) == "Run query"
    page.keyboard.press("Shift+Tab")
    assert focused(page).startswith("PREFIX")
    page.keyboard.press("Shift+Tab")
    assert focused(page).endswith(" worked questions")
    assert text(page) == before


def test_advice_comes_before_the_query_runs_and_mends_it(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, PROLOGUE + "ASK { id:sholder ?p ?o . ?s skos:prefLabel ?l }")
    page.get_by_role("button", name="Add PREFIX skos:").click()
    page.get_by_role("button", name="Write id:shoulder").click()
    page.locator("#advice li").first.wait_for(state="detached")
    assert "ASK { id:shoulder ?p ?o" in text(page)
    assert "\nPREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n" in text(page)
    assert focused(page).startswith("PREFIX")
    assert page.locator("#outcome").inner_text().strip() == ""
    page.keyboard.press("Control+Enter")
    page.locator("#found", has_text="Yes").wait_for()


def test_what_a_run_finds_is_announced_and_the_keyboard_stays_in_the_editor(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, QUERIES["yes"])
    page.keyboard.press("Control+Enter")
    page.locator("#found", has_text="Yes").wait_for()
    announcement = page.locator("#announcement")
    assert announcement.get_attribute("role") == "status"
    assert announcement.text_content() == "Yes"
    assert focused(page).startswith("ASK")
    write(page, QUERIES["table"])
    page.keyboard.press("Control+Enter")
    page.locator("#outcome table").wait_for()
    assert "rows in" in (announcement.text_content() or "")
    page.go_back()
    page.locator("#found", has_text="Yes").wait_for()
    assert text(page).startswith("ASK")


def test_columns_are_sorted_up_down_and_back(visit: Visit) -> None:
    page = visit(asked("SELECT ?n ?w { VALUES (?n ?w) { (10 'b') (9 'a') (UNDEF 'c') } }"))
    heading = page.locator("th").first

    def order() -> list[Any]:
        return [row.split("\t")[-1] for row in page.locator("tbody tr").all_inner_texts()]

    for sort, expected in (("ascending", "abc"), ("descending", "bac"), (None, "bac")):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == sort
        assert "".join(order()) == expected


def test_a_query_too_long_for_an_address_is_sent_all_the_same(visit: Visit) -> None:
    page = visit("/sparql")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("# " + "long " * 2000)
    page.keyboard.press("Enter")
    page.keyboard.insert_text("ASK { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    page.locator("#found", has_text="Yes").wait_for()
    assert page.url.endswith("/sparql")


def test_typing_over_a_selection_replaces_it_and_brackets_enclose_it(visit: Visit) -> None:
    page = visit(asked(QUERIES["error"]))
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("A")
    assert text(page) == "A"
    page.keyboard.press("Control+a")
    page.keyboard.type("{")
    assert text(page) == "{A}"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert text(page).startswith("PREFIX calc:")
