"""What a browser must not show on any page: errors, other hosts, sideways scroll, barriers."""

import functools
import importlib.util
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

# Playwright is optional (scripts/install-browser), so its types are not those of the checks.
Page = Any

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
"""The tags of the axe rules that every page must pass: WCAG 2.2 AA, and what axe advises."""
OWN_STATUS: Final = "Failed to load resource"
"""Chromium's message about a status of 400 or more, which an error page has by right."""


class Watch:
    """Notes what goes wrong on a page; `faults` is empty as long as nothing has."""

    def __init__(self, page: Page, origin: str) -> None:
        self.faults: list[str] = []
        self._origin = origin
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._on_request)
        self._page = page

    def _on_console(self, message: Any) -> None:
        own = message.text.startswith(OWN_STATUS) and message.location["url"] == self._page.url
        if message.type in ("error", "warning") and not own:
            self.faults.append(f"{self._page.url}: console: {message.text}")

    def _on_request(self, request: Any) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in ("data", "blob") and f"{asked.scheme}://{asked.netloc}" != (
            self._origin
        ):
            self.faults.append(f"{self._page.url}: asks another host: {request.url}")


@functools.cache
def _axe() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None and found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """Return what axe finds on the page as it stands: rule, number of places, the first of them."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(
        """async tags => {
            const ran = await axe.run({runOnly: tags, resultTypes: ['violations']});
            return ran.violations.map(v => ({id: v.id, count: v.nodes.length,
                place: v.nodes[0].html.slice(0, 160), why: v.nodes[0].failureSummary}));
        }""",
        list(RULES),
    )
    return [f"{v['id']} x {v['count']}: {v['place']} {v['why']}" for v in found]


def overflow(page: Page) -> int:
    """Return by how many pixels the page can be scrolled sideways, 0 where it cannot."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide
