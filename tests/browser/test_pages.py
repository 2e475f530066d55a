"""Every kind of page, at three widths, light and dark: no barrier, no error, no sideways scroll."""

from typing import Any

import pytest

from calcguide.dataset import Dataset
from tests.browser.conftest import Visit
from tests.browser.watching import Page, Watch, barriers, overflow
from tests.kinds import ASKED, FIXED, THINGS, path_of

WIDTHS = (1280, 390, 320)
SCHEMES = ("light", "dark")
FEW = ("/", "id of class Calcification", "claim")
"""What the quick run looks at; the other kinds are left to the slow one."""


def faults(page: Page) -> list[str]:
    """What is wrong with a page as it stands, in words."""
    wide = overflow(page)
    lost = [f"can be scrolled sideways by {wide} px"] if wide else []
    return lost + barriers(page)


def look_at(visit: Visit, path: str) -> list[str]:
    """Return what is wrong with the page at a path in any width and scheme, and on paper."""
    found = []
    page = visit(path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.reload()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found += [f"{path} at {width} px, {scheme}: {fault}" for fault in faults(page)]
    page.emulate_media(media="print", color_scheme="light")
    page.set_viewport_size({"width": 720, "height": 1000})
    found += [f"{path} on paper: {overflow(page)} px too wide"] if overflow(page) else []
    return found


def test_what_is_wrong_is_seen(chromium: Any) -> None:
    page = chromium.new_page()
    watch = Watch(page, "http://127.0.0.1")
    page.set_content(
        "<title>t</title><p style='width:9999px'><img src='http://localhost:9/x.png'>"
        "<script>console.error('told'); throw new Error('thrown')</script>"
    )
    found = " ".join(barriers(page))
    assert all(rule in found for rule in ("image-alt", "html-has-lang", "page-has-heading-one"))
    assert overflow(page) > 0
    seen = " ".join(watch.faults)
    assert all(word in seen for word in ("told", "thrown", "asks another host"))
    page.close()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in FEW else pytest.mark.slow)
        for kind in (*FIXED, *THINGS, *ASKED)
    ],
)
def test_a_page_has_no_barrier_no_error_and_no_sideways_scroll(
    visit: Visit, guide: Dataset, kind: str
) -> None:
    path = kind if kind.startswith("/") else path_of(guide, kind)
    assert look_at(visit, path) == []


@pytest.mark.parametrize("path", ["/", "/id/calcific-tendonitis.html"])
def test_on_paper_a_page_is_black_on_white_without_what_only_a_screen_needs(
    visit: Visit, path: str
) -> None:
    page = visit(path, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    style = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    assert page.locator("body").evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.locator("main a").first.evaluate(style)[0] == "rgb(11, 87, 136)"
    assert page.locator("h1").is_visible()
    for found in page.locator("nav, aside, button, input, fieldset").all():
        assert not found.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_words_of_a_picture_stay_within_their_boxes(visit: Visit, width: int) -> None:
    page = visit("/id/calcific-tendonitis.html", width=width)
    wide = page.locator(".picture svg a:visible").evaluate_all(
        "boxes => boxes.filter(box => { const edge = box.querySelector('rect').getBBox();"
        " return [...box.querySelectorAll('text')].some(t => t.getBBox().width > edge.width - 4) })"
        ".map(box => box.textContent.trim())"
    )
    assert wide == []
