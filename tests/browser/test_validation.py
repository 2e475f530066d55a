"""The form that validates what a visitor posts: filled in and read in the browser."""

import itertools

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_pages import SCHEMES, WIDTHS, faults
from tests.browser.watching import Page
from tests.test_shacl import FAULTY, GOOD, PREFIXES

POSTED = {
    "what conforms": (PREFIXES + GOOD, "Your data conform"),
    "what does not": (PREFIXES + FAULTY, "Your data do not conform"),
    "what is no Turtle": (PREFIXES + "id:warm-bath a ; ] .", "line 6"),
}
QUICK = ("what does not", 390, "dark")


def validate(page: Page, statements: str) -> str:
    """Fill in the form and send it; return what the page says then."""
    page.get_by_label("Your statements").fill(statements)
    page.get_by_role("button", name="Validate").click()
    page.wait_for_url("**/shacl")
    return str(page.locator("main").inner_text())


@pytest.mark.parametrize(
    ("posted", "width", "scheme"),
    [
        pytest.param(*shown, marks=() if shown == QUICK else pytest.mark.slow)
        for shown in itertools.product(POSTED, WIDTHS, SCHEMES)
    ],
)
def test_the_report_on_what_is_posted_has_no_barrier(
    visit: Visit, posted: str, width: int, scheme: str
) -> None:
    statements, told = POSTED[posted]
    page = visit("/validation", width=width, scheme=scheme)
    assert told.lower() in validate(page, statements).lower()
    assert page.get_by_label("Your statements").input_value() == statements
    assert faults(page) == []


def test_the_form_works_without_scripts(visit: Visit) -> None:
    page = visit("/validation", javascript=False)
    statements, told = POSTED["what does not"]
    assert told in validate(page, statements)
    assert "claim:c900" in page.locator("#results ~ ul").inner_text()
