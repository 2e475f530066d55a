"""Labels with markup, quotes, right-to-left text or 300 characters: no overflow, no injection."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from calcguide.dataset import Dataset
from calcguide.files import Root
from calcguide.loading import load
from tests.browser.conftest import quiet
from tests.browser.test_pages import WIDTHS
from tests.browser.watching import Page, overflow
from tests.hostile_labels import hostile_guide
from tests.kinds import FIXED, THINGS, path_of
from tests.running import Server

FEW = ("/", "id of class Calcification", "/search?q=x")


@pytest.fixture(scope="module")
def hostile(
    chromium: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Dataset]]:
    folder = tmp_path_factory.mktemp("hostile")
    root = hostile_guide(folder)
    with quiet(folder, "--root", str(root)) as running:
        yield running, load(Root(root))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in FEW else pytest.mark.slow)
        for kind in (*FIXED, "/search?q=x", *THINGS)
        if kind != "vocabulary"
    ],
)
def test_a_page_neither_overflows_nor_obeys_its_labels(
    hostile: tuple[Server, Dataset], watched: Callable[..., Page], kind: str
) -> None:
    server, dataset = hostile
    path = kind if kind.startswith("/") else path_of(dataset, kind)
    page = watched(server.url + path)
    assert page.evaluate("window.injected") is None
    wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide += [f"{path} at {width} px: {overflow(page)} px too wide"] if overflow(page) else []
    assert wide == []
