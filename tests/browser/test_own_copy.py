"""A passage opened in the reader's own copy of the guide: marked there, and sent nowhere."""

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_pages import faults
from tests.browser.watching import Page
from tests.conftest import REPOSITORY
from tests.running import Server

COPY = (REPOSITORY / "tests" / "second_guide" / "guide.txt").read_text(encoding="utf-8")
PASSAGE = "/passage/table/r3c3.html"
WORDS = "Perhaps, above all on Sundays"


def give(page: Page, content: bytes) -> str:
    """Choose a file with this content; return what the page says of it."""
    status = page.locator("#own-copy [role=status]")
    status.evaluate("told => told.replaceChildren()")
    page.locator("#copy").set_input_files(
        {"name": "copy.txt", "mimeType": "text/plain", "buffer": content}
    )
    page.locator("#own-copy [role=status]", has_text=re.compile("[a-z]")).wait_for()
    return str(status.inner_text())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (COPY.encode(), "fingerprint is the right one"),
        (COPY.replace("\n", "\r\n").encode(), "line ends"),
        (b"\xef\xbb\xbf" + COPY.encode(), "fingerprint is the right one"),
    ],
    ids=["as it was coded", "with line ends of Windows", "with a byte order mark"],
)
def test_the_passage_is_marked_in_a_true_copy(
    teapots: Server, watched: Callable[..., Page], content: bytes, told: str
) -> None:
    page = watched(teapots.url + PASSAGE)
    assert told in give(page, content)
    assert page.locator("#own-copy mark").inner_text() == WORDS
    assert page.locator("#own-copy .copy").inner_text().startswith("Invented: can marks")
    assert faults(page) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (COPY.replace("Sundays", "Mondays").encode(), "another version"),
        (COPY[:400].encode(), "another version"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
    ids=["another word", "cut short", "no text"],
)
def test_nothing_is_marked_in_another_text(
    teapots: Server, watched: Callable[..., Page], content: bytes, told: str
) -> None:
    page = watched(teapots.url + PASSAGE, width=390)
    give(page, COPY.encode())
    assert told in give(page, content)
    assert page.locator("#own-copy .copy").is_hidden()


def test_the_copy_is_sent_nowhere(teapots: Server, watched: Callable[..., Page]) -> None:
    page = watched(teapots.url + PASSAGE)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    give(page, COPY.encode())
    page.locator("#own-copy mark").wait_for()
    assert asked == []


@pytest.mark.parametrize("passage", ["comparison/r5c4", "factors/i2s1"])
def test_a_passage_is_found_in_a_copy_of_the_guide(
    visit: Visit, guide_text: str, passage: str
) -> None:
    page = visit(f"/passage/{passage}.html")
    assert "is the right one" in give(page, guide_text.encode())


def test_without_scripts_no_field_is_offered(visit: Visit) -> None:
    page = visit("/passage/faq/a1s1.html", javascript=False)
    assert page.locator("#own-copy").is_visible()
    assert page.locator("#copy").is_hidden()
