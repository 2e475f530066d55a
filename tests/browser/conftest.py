"""A real Chromium before a real server, and a page in it that is watched."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.watching import FLAGS, Page, Watch
from tests.conftest import REPOSITORY
from tests.running import Server, serving

Visit = Callable[..., Page]
"""Opens a path of the site at a width, in a colour scheme, with or without JavaScript."""


def quiet(folder: Path, *options: str) -> AbstractContextManager[Server]:
    """Run `calcguide serve` with options, without metrics and access log."""
    return serving(folder, *options, CALCGUIDE_METRICS_PORT="0", CALCGUIDE_ACCESS_LOG="off")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium with an empty profile; where it is not installed, the test is skipped."""
    program = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if program is None or importlib.util.find_spec("playwright") is None:
        pytest.skip("browser tests skipped: run scripts/install-browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server of the guide; asked for after the browser, so that none starts in vain."""
    with quiet(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def teapots(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server of another guide, an invented one."""
    root = REPOSITORY / "tests" / "second_guide"
    with quiet(tmp_path_factory.mktemp("teapots"), "--root", str(root)) as running:
        yield running


@pytest.fixture
def watched(chromium: Any) -> Iterator[Callable[..., Page]]:
    """A function that opens an address; what goes wrong on any page fails the test at its end."""
    contexts: list[Any] = []
    watches: list[Watch] = []

    def visit(
        address: str,
        width: int = 1280,
        scheme: str = "light",
        javascript: bool = True,
        height: int = 800,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        watches.append(Watch(page, "/".join(address.split("/")[:3])))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture
def visit(site: Server, watched: Callable[..., Page]) -> Visit:
    """A function that opens a path of the site: `visit("/", width=390, javascript=False)`."""
    return lambda path="/", **options: watched(site.url + path, **options)
