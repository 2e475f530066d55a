"""A crawler that starts at `/` and follows the links of Turtle documents reaches everything."""

import http.client
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urldefrag, urlsplit

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from calcguide import terms
from calcguide.dataset import Dataset
from tests.running import Server, serving

TURTLE = "text/turtle"
REACHED = {"id": 186, "claim": 249, "passage": 119, "question": 8, "query": 59, "graph": 12}
"""First part of a name -> how many of them the guide has at least."""


@dataclass
class Crawl:
    """What a crawler met: each address as it asked for it, and what was at its end."""

    links: dict[str, set[str]] = field(default_factory=dict)
    """Address -> the addresses of ours in the document that it led to."""
    ends: dict[str, str] = field(default_factory=dict)
    """Address -> where its redirect led, or itself."""
    statuses: Counter[int] = field(default_factory=Counter)
    refused: dict[str, int] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)
    bytes: int = 0
    """Of all bodies but the notes that some redirects have."""


class Crawler:
    """Asks one server for Turtle and takes names at the canonical base for addresses there."""

    def __init__(self, server: Server, known: Mapping[str, str] | None = None) -> None:
        self.server = server
        self.known = known or {}
        self.connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        self.met = Crawl()

    def run(self, start: str = "/") -> Crawl:
        """Follow every link from `start`, each once."""
        waiting = [start]
        seen = set(waiting)
        for address in waiting:
            found = self.met.links[address] = set(self._links(address))
            waiting.extend(sorted(found - seen))
            seen |= found
        self.connection.close()
        return self.met

    def _links(self, address: str) -> Iterator[str]:
        end, media_type, body = self.ask(address)
        # A download holds every name there is: whoever reads one needs no crawl.
        if media_type != TURTLE or end.startswith("/dumps/"):
            return
        for quad in parse(body, format=RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode):
                self.met.subjects.add(quad.subject.value)
            for term in (quad.subject, quad.predicate, quad.object):
                path = self._path(term.value) if isinstance(term, NamedNode) else None
                if path is not None:
                    yield path

    def _path(self, iri: str) -> str | None:
        iri = urldefrag(iri).url
        for base in (terms.BASE, self.server.url + "/"):
            if iri.startswith(base):
                return "/" + quote(iri.removeprefix(base), safe="/")
        return None

    def ask(self, address: str, hops: int = 3) -> tuple[str, str, bytes]:
        """Ask for an address; return where it led, and the media type and body found there."""
        headers = {"Accept": TURTLE}
        if address in self.known:
            headers["If-None-Match"] = self.known[address]
        self.connection.request("GET", address, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        self.met.statuses[answer.status] += 1
        if answer.status == 303 and hops:
            target = answer.headers["Location"].removeprefix(self.server.url)
            found = self.ask(target, hops - 1)
            self.met.ends[address] = found[0]
            return found
        if answer.status not in (200, 304):
            self.met.refused[address] = answer.status
        self.met.bytes += len(body)
        self.met.ends[address] = address
        self.met.etags[address] = answer.headers.get("ETag", "")
        return address, answer.headers.get_content_type(), body


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("crawl")) as running:
        yield running


@pytest.fixture(scope="module")
def crawl(server: Server) -> Crawl:
    return Crawler(server).run()


def reached(links: Mapping[str, set[str]], without: str) -> set[str]:
    """The addresses that links lead to from `/`, where documents below `without` are not read."""
    waiting = ["/"]
    seen = set(waiting)
    for address in waiting:
        if not address.startswith(without):
            waiting.extend(links[address] - seen)
            seen |= links[address]
    return seen


def names(guide: Dataset) -> set[str]:
    """Every name of ours that anything is stated about, in any graph."""
    subjects = (quad.subject for quad in guide.store)
    return {s.value for s in subjects if isinstance(s, NamedNode) and guide.path(s.value)}


def test_the_first_page_leads_linked_data_clients_to_the_dataset(crawl: Crawl) -> None:
    assert crawl.ends["/"] == "/dataset.ttl"


def test_no_link_is_refused(crawl: Crawl) -> None:
    assert crawl.refused == {}
    assert set(crawl.statuses) == {200, 303}


def test_every_name_is_reached_and_stated_something_of(crawl: Crawl, guide: Dataset) -> None:
    paths = {"/" + quote(urldefrag(name).url.removeprefix(guide.base)) for name in names(guide)}
    assert paths - set(crawl.links) == set()
    assert names(guide) - crawl.subjects == set()
    counted = Counter(path.split("/")[1] for path in paths)
    print(f"{sum(crawl.statuses.values())} requests, {crawl.bytes:,} bytes: {dict(counted)}")
    assert all(counted[kind] >= least for kind, least in REACHED.items())


def test_links_from_thing_to_thing_reach_all_that_the_guide_says(
    crawl: Crawl, guide: Dataset
) -> None:
    kinds = ("id", "claim", "passage", "question", "section", "collection", "activity")
    paths = {"/" + name.removeprefix(guide.base) for name in names(guide)}
    wanted = {path for path in paths if path.split("/")[1] in kinds}
    assert wanted - reached(crawl.links, without="/graph/") == set()


def test_a_second_crawl_transfers_no_document(server: Server, crawl: Crawl) -> None:
    known = {address: etag for address, etag in crawl.etags.items() if etag}
    again = Crawler(server, known)
    for address in crawl.links:
        again.ask(address)
    again.connection.close()
    print(f"{sum(again.met.statuses.values())} requests, {again.met.bytes} bytes")
    assert again.met.refused == {}
    assert again.met.bytes == 0
    assert again.met.statuses == Counter({304: len(crawl.links), 303: crawl.statuses[303]})
