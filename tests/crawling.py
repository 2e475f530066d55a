"""A reader who follows every link of a site: what is reached in how many clicks, what is lost."""

import gzip
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin

from flask.testing import FlaskClient

from tests.markup import Element, read

_HOST: Final = "http://localhost"
_BROWSER: Final = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
_HEAVIEST: Final = 30_000
"""Bytes of a page, compressed."""


@dataclass
class Reached:
    """A page, and the least number of clicks that lead to it."""

    path: str
    clicks: int
    html: str
    links: tuple[tuple[str, str], ...]
    """(Path, fragment) of what the page links to on this site, redirects followed."""

    @cached_property
    def tree(self) -> Element:
        """The page as elements."""
        return read(self.html)

    @cached_property
    def ids(self) -> list[str]:
        """Every `id` on the page, in order."""
        return [found["id"] for found in self.tree.having("id")]

    @property
    def title(self) -> tuple[str, str]:
        """What the browser's tab says, and the address by which the page wants to be known."""
        named = [link["href"] for link in self.tree.all("link", rel="canonical")]
        return self.tree.all("title")[0].text, (named or [self.path])[0]


@dataclass
class Site:
    """The pages reached from `/`, and the links that lead nowhere."""

    pages: dict[str, Reached]
    broken: list[str]

    def faults(self) -> list[str]:
        """Return what is wrong with any page or link, in words."""
        titles = Counter(title for title, _ in {page.title for page in self.pages.values()})
        found = list(self.broken)
        for path, page in self.pages.items():
            checks = {
                "not one h1": len(page.tree.all("h1")) != 1,
                "no language": not page.tree.all("html")[0]["lang"],
                f"not the only “{page.title[0]}”": titles[page.title[0]] > 1,
                "an id twice": len(set(page.ids)) < len(page.ids),
                "too heavy": len(gzip.compress(page.html.encode())) > _HEAVIEST,
            }
            found += [f"{path}: {fault}" for fault, holds in checks.items() if holds]
            found += [f"{path}: #{lost} leads nowhere" for lost in self._lost(page)]
        return found

    def _lost(self, page: Reached) -> list[str]:
        return [
            f"{path}#{fragment}"
            for path, fragment in dict.fromkeys(page.links)
            if fragment and path in self.pages and fragment not in self.pages[path].ids
        ]


def crawl(client: FlaskClient) -> Site:
    """Return what a reader reaches from `/` by links alone, without forms and queries."""
    site = Site({}, [])
    places: dict[str, str] = {}
    clicks, wanted = 0, {"/": "nowhere"}
    while wanted:
        following: dict[str, str] = {}
        for asked, linked_from in wanted.items():
            place, html = _open(client, asked)
            places[asked] = place
            if html is None:
                site.broken.append(f"{linked_from}: {asked} is answered {place}")
            elif html and place not in site.pages:
                links = tuple(_links(place, html))
                site.pages[place] = Reached(place, clicks, html, links)
                following |= {path: place for path, _ in links if path not in places}
        wanted = {path: page for path, page in following.items() if path not in places}
        clicks += 1
    for page in site.pages.values():
        page.links = tuple((places[path], fragment) for path, fragment in page.links)
    return site


def _open(client: FlaskClient, path: str) -> tuple[str, str | None]:
    """The path after redirects with the page, "" for what is no page; (status, None) if refused."""
    response = client.get(path, headers=_BROWSER, follow_redirects=True)
    if response.status_code != 200:
        return str(response.status_code), None
    is_page = response.mimetype == "text/html"
    return response.request.path, response.text if is_page else ""


def _links(path: str, html: str) -> list[tuple[str, str]]:
    """(Path, fragment) of each link to this site that has no parameters."""
    found = []
    for target in re.findall(r'<a [^>]*?href="([^"]*)"', html):
        address, fragment = urldefrag(urljoin(_HOST + path, target.replace("&amp;", "&")))
        if address.startswith(_HOST + "/") and "?" not in address:
            found.append((address.removeprefix(_HOST), unquote(fragment)))
    return found
