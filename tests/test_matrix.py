"""The negotiation matrix: kinds of resource, formats, methods and conditions, from one table.

Every row of the tables below is put to every resource that it fits. What is expected stands in the
tables, never in the code that is tested: RFC 9110 and the addresses that ARCHITECTURE names.
"""

import functools
import gzip
import http.client
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from calcguide.views import documents as documents_of_things
from tests.conftest import MATRIX
from tests.running import Server, serving

# The formats: suffix -> media type, and what asks for which

RDF = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}
DOCUMENT = {"html": "text/html", **RDF, "nq": "application/n-quads", "trig": "application/trig"}
PAGE = {"html": "text/html", "json": "application/json", "csv": "text/csv"}
SOLUTIONS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
BOOLEAN = {suffix: SOLUTIONS[suffix] for suffix in ("json", "xml")}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
NONE = (
    "image/png",
    "*/*;q=0",
    "garbage",
    "application/xhtml+xml",
    "text/png;q=0.5, image/*",
    "a/b;q=2",
)
"""Accept headers that nothing on offer fits."""

Expected = dict[str | None, str]
"""Accept header -> the suffix of the format that answers it; None for no header."""

ACCEPTED: dict[str, Expected] = {
    "document": {
        None: "html",
        "": "html",
        "*/*": "html",
        BROWSER: "html",
        "text/turtle": "ttl",
        "TEXT/Turtle": "ttl",
        "text/turtle;charset=utf-8": "ttl",
        "text/turtle ; q=0.5 , application/ld+json": "jsonld",
        "text/turtle;q=0.5, application/ld+json;q=0.4": "ttl",
        "text/turtle;q=0.333, application/n-triples;q=0.334": "nt",
        'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted, a"': "jsonld",
        "application/ld+json": "jsonld",
        "application/json": "jsonld",
        "application/n-triples": "nt",
        "text/plain": "nt",
        "application/rdf+xml": "rdf",
        "application/xml": "rdf",
        "text/xml": "rdf",
        "application/n-quads": "nq",
        "application/trig": "trig",
        "text/*": "html",
        "text/*, text/html;q=0": "ttl",
        "text/*;q=0.5, text/html;q=0.1": "ttl",
        "*/*;q=0.1, application/rdf+xml;q=0.2": "rdf",
        "image/png, application/trig": "trig",
        "text/turtle;q=0, */*": "html",
        "text/html;q=0, text/turtle;q=0, */*;q=0.3": "jsonld",
        "application/rdf+xml, text/turtle": "ttl",
        "garbage, text/turtle": "ttl",
        "text/turtle;q=1.5, application/n-triples;q=0.001": "nt",
        "text/turtle;q=abc, application/trig;q=0.1": "trig",
        ",, text/turtle": "ttl",
    },
    "graph": {
        None: "ttl",
        "*/*": "ttl",
        "text/*": "ttl",
        "application/*": "jsonld",
        "application/json": "jsonld",
        "application/xml": "rdf",
        "text/plain": "nt",
        "text/html;q=0.9, application/n-triples;q=0.1": "nt",
        "text/turtle;q=0, */*;q=0.1": "jsonld",
    },
    "page": {
        None: "html",
        BROWSER: "html",
        "application/json": "json",
        "text/csv;q=0.9, application/json;q=0.1": "csv",
        "text/*, text/html;q=0": "csv",
        "text/html;q=0, */*": "json",
    },
    "solutions": {
        None: "json",
        "*/*": "json",
        "application/sparql-results+json": "json",
        "application/json": "json",
        "text/xml": "xml",
        "application/sparql-results+json;charset=utf-8": "json",
        "application/sparql-results+xml": "xml",
        "text/csv, */*;q=0.1": "csv",
        "text/tab-separated-values": "tsv",
        "text/*": "csv",
        "application/sparql-results+json;q=0, application/sparql-results+xml;q=0.1": "xml",
    },
    "boolean": {
        None: "json",
        "*/*": "json",
        "application/sparql-results+xml": "xml",
        "application/json": "json",
        "application/*;q=0.2, application/sparql-results+json;q=0": "xml",
    },
}
OTHER_NAMES = ("application/json", "application/xml", "text/plain", "text/xml")
"""Other names of formats: who asks by one is answered under it."""

# The resources

FACTS = quote("https://w3id.org/calcguide/graph/facts", safe="")
QUERIES = {
    "solutions": "SELECT * { GRAPH <https://w3id.org/calcguide/graph/facts> { ?s ?p ?o } }",
    "boolean": "ASK { ?s ?p ?o }",
    "graph": "CONSTRUCT WHERE { ?s <http://www.w3.org/2004/02/skos/core#broader> ?o }",
}
THINGS = {
    "entity": "/id/calcific-tendonitis",
    "claim": "/claim/c144",
    "passage": "/passage/comparison/r1c3",
    "question": "/question/faq-4",
    "query": "/query/causes-of-hypercalcemia",
    "section": "/section/comparison",
    "collection": "/collection/comparison",
    "activity": "/activity/coding-1",
    "vocabulary": "/vocabulary/mesh",
}
"""Kind -> a name that redirects to a document."""
PUBLICATIONS = {
    "ontology": "/ontology",
    "shapes": "/shapes",
    "dataset": "/dataset",
    "graph": "/graph/background",
    "queries": "/queries",
}
"""Kind -> a name that answers itself."""
NEGOTIATED = {
    "/search?q=hip": ("page", PAGE),
    "/.well-known/void": ("graph", RDF),
    f"/graph-store?graph={FACTS}": ("graph", RDF),
    f"/sparql?query={quote(QUERIES['solutions'])}": ("solutions", SOLUTIONS),
    f"/sparql?query={quote(QUERIES['boolean'])}": ("boolean", BOOLEAN),
    f"/sparql?query={quote(QUERIES['graph'])}": ("graph", RDF),
    **{f"{path}": ("document", DOCUMENT) for path in PUBLICATIONS.values()},
}
"""Address -> what it offers, and under which media types."""
FIXED = {
    "/browse": "text/html",
    "/browse/treatments": "text/html",
    "/questions": "text/html",
    "/about": "text/html",
    "/validation": "text/html",
    "/data": "text/html",
    "/search.json?q=hip": "application/json",
    "/search.csv?q=hip": "text/csv",
    "/suggest?q=h": "application/x-suggestions+json",
    "/context.jsonld": "application/ld+json",
    "/openapi.json": "application/json",
    "/opensearch.xml": "application/opensearchdescription+xml",
    "/robots.txt": "text/plain",
    "/sitemap.xml": "application/xml",
    "/version": "application/json",
    "/alignments/entities.sssom.tsv": "text/tab-separated-values",
    "/dumps/graph-facts.ttl": "text/turtle",
    "/dumps/claims.csv": "text/csv",
    "/dumps/dataset.nq": "application/n-quads",
    "/dumps/dataset.nq.gz": "application/gzip",
    "/dumps/sha256sums.txt": "text/plain",
    "/static/calcguide.css": "text/css",
    "/static/favicon.svg": "image/svg+xml",
    f"/sparql?format=csv&query={quote(QUERIES['solutions'])}": "text/csv",
    f"/sparql?format=json&query={quote(QUERIES['boolean'])}": "application/sparql-results+json",
}
"""Address of one fixed format -> its media type."""
ALWAYS_PLAIN = ("/dumps/dataset.nq.gz",)
"""What is packed already, and is not packed twice."""
SMALL = 1_024
"""Bytes below which nothing is packed that may go as it is."""


def documents() -> dict[str, str]:
    """Address -> media type of every document of every kind."""
    names = [*THINGS.values(), *PUBLICATIONS.values()]
    return {f"{n}.{suffix}": type for n in names for suffix, type in DOCUMENT.items()}


# The conditions, codings and methods

CODINGS: dict[str | None, str | None] = {
    None: "identity",
    "": "identity",
    "gzip": "gzip",
    "GZIP": "gzip",
    "x-gzip": "gzip",
    "gzip, deflate, br, zstd": "gzip",
    "br;q=1.0, gzip;q=0.8, *;q=0.1": "gzip",
    "*": "gzip",
    "gzip;q=0.001": "gzip",
    "gzip;q=0": "identity",
    "gzip;q=0.5, identity;q=0.7": "identity",
    "*;q=0.5, gzip;q=0.1": "identity",
    "*;q=0, identity": "identity",
    "br, deflate": "identity",
    "gzip;q=9": "identity",
    "identity;q=0, gzip": "gzip",
    "identity;q=0, *": "gzip",
    "identity;q=0": None,
    "*;q=0": None,
    "br, identity;q=0": None,
}
"""Accept-Encoding -> the coding of the answer, None where there is none: 406."""


@dataclass(frozen=True)
class Validators:
    """What an answer says of itself; `packed` is the tag of its gzip form."""

    tag: str
    packed: str
    date: datetime

    def conditions(self) -> Iterator[tuple[str, dict[str, str], int]]:
        """Yield the name of a condition, its headers, and the status that answers it."""
        second, day = timedelta(seconds=1), timedelta(days=1)
        same, before = http_date(self.date), http_date(self.date - second)
        hit, packed = {"If-None-Match": self.tag}, {"If-None-Match": self.packed}
        yield "tag", hit, 304
        yield "weak tag", {"If-None-Match": f"W/{self.tag.removeprefix('W/')}"}, 304
        yield "tag in a list", {"If-None-Match": f'"a", {self.tag}, W/"b"'}, 304
        yield "any tag", {"If-None-Match": "*"}, 304
        yield "other tag", {"If-None-Match": '"other"'}, 200
        yield "other weak tags", {"If-None-Match": 'W/"other", "another"'}, 200
        yield "no tag", {"If-None-Match": ""}, 200
        yield "tag of the plain form, gzip accepted", hit | {"Accept-Encoding": "gzip"}, 304
        yield "tag of the gzip form, gzip accepted", packed | {"Accept-Encoding": "gzip"}, 304
        yield "tag of the gzip form, none accepted", packed, 200
        yield "same date", {"If-Modified-Since": same}, 304
        yield "later date", {"If-Modified-Since": http_date(self.date + day)}, 304
        yield "same date, RFC 850", {"If-Modified-Since": f"{self.date:%A, %d-%b-%y %T} GMT"}, 304
        yield "same date, asctime", {"If-Modified-Since": f"{self.date:%a %b %e %T %Y}"}, 304
        yield "earlier date", {"If-Modified-Since": before}, 200
        yield "long ago", {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}, 200
        yield "date in another zone", {"If-Modified-Since": same.replace("GMT", "+0000")}, 200
        yield "no date", {"If-Modified-Since": "yesterday"}, 200
        yield "two dates", {"If-Modified-Since": f"{same}, {same}"}, 200
        yield "other tag, same date", {"If-None-Match": '"other"', "If-Modified-Since": same}, 200
        yield "tag, earlier date", hit | {"If-Modified-Since": before}, 304
        yield "no tag, same date", {"If-None-Match": "", "If-Modified-Since": same}, 200


REFUSED_METHODS = ("POST", "PUT", "DELETE", "PATCH")
PREFLIGHT = {
    "Origin": "https://example.org",
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "if-none-match",
}


# Asking


@dataclass
class Asking:
    """A client that counts what it asks."""

    client: FlaskClient
    counts: dict[str, int]

    def __call__(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> TestResponse:
        self.counts["requests"] = self.counts.get("requests", 0) + 1
        return self.client.open(path, method=method, headers=headers, buffered=True)

    def both(self, path: str, headers: dict[str, str]) -> TestResponse:
        """Ask by GET and by HEAD; they agree in all but the body. Return the answer to GET."""
        got, head = self(path, headers), self(path, headers, "HEAD")
        assert head.status_code == got.status_code
        assert head.data == b""
        for answer in (got, head):
            del answer.headers["X-Request-Id"]
        assert dict(head.headers) == dict(got.headers)
        return got


@pytest.fixture(scope="module", autouse=True)
def contents_are_made_once() -> Iterator[None]:
    """What documents hold is tested elsewhere; it does not depend on what is asked here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents_of_things, "content", functools.cache(documents_of_things.content))
        yield


@pytest.fixture
def ask(app: Flask, request: pytest.FixtureRequest) -> Asking:
    return Asking(app.test_client(), request.config.stash[MATRIX])


def accepting(accept: str | None) -> dict[str, str]:
    return {} if accept is None else {"Accept": accept}


def vary(answer: TestResponse) -> set[str]:
    return set(answer.headers.get("Vary", "").split(", ")) - {""}


def is_problem(answer: TestResponse, status: int, title: str) -> dict[str, object]:
    """The members of an answer that is a problem in JSON, checked."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" not in answer.headers
    assert "Accept" in vary(answer)
    members: dict[str, object] = json.loads(answer.data)
    assert (members["status"], members["title"]) == (status, title)
    return members


# The matrix


@pytest.mark.parametrize("path", THINGS.values(), ids=THINGS)
def test_the_name_of_a_thing_leads_to_the_document_that_is_accepted(ask: Asking, path: str) -> None:
    for accept, suffix in ACCEPTED["document"].items():
        answer = ask.both(path, accepting(accept))
        assert (accept, answer.status_code) == (accept, 303)
        assert answer.headers["Location"] == f"http://localhost{path}.{suffix}", accept
        assert vary(answer) == {"Accept"}
        assert "ETag" not in answer.headers
        assert "Last-Modified" not in answer.headers


def test_the_first_page_leads_linked_data_clients_to_the_dataset(ask: Asking) -> None:
    for accept, suffix in ACCEPTED["document"].items():
        answer = ask.both("/", accepting(accept))
        if suffix == "html":
            assert (answer.status_code, answer.mimetype) == (200, "text/html")
        else:
            assert answer.status_code == 303
            assert answer.headers["Location"] == f"http://localhost/dataset.{suffix}"
        assert "Accept" in vary(answer)


@pytest.mark.parametrize("path", NEGOTIATED)
def test_what_is_negotiated_answers_in_the_format_that_is_preferred(ask: Asking, path: str) -> None:
    offer, formats = NEGOTIATED[path]
    own_names = {type: suffix for suffix, type in formats.items()}
    for accept, suffix in (ACCEPTED[offer] | dict(own_names)).items():
        if path.startswith("/sparql") and "html" in (accept or ""):
            continue  # answered with the query page
        answer = ask(path, accepting(accept))
        expected = accept if accept in OTHER_NAMES else formats[suffix]
        assert (accept, answer.status_code, answer.mimetype) == (accept, 200, expected)
        assert vary(answer) == {"Accept", "Accept-Encoding"}
        assert answer.headers["ETag"].removeprefix("W/").startswith('"')
        assert answer.last_modified is not None


@pytest.mark.parametrize("path", [*THINGS.values(), *NEGOTIATED])
def test_what_cannot_be_given_is_refused_with_the_list(ask: Asking, path: str) -> None:
    _, formats = NEGOTIATED.get(path, ("document", DOCUMENT))
    for accept in NONE:
        answer = ask.both(path, {"Accept": accept})
        assert is_problem(answer, 406, "Not Acceptable")["offered"] == list(formats.values())


@pytest.mark.parametrize("path", documents())
def test_a_suffix_decides_whatever_accept_says(ask: Asking, path: str) -> None:
    expected = documents()[path]
    for accept in (None, "*/*", BROWSER, "application/trig", "image/png", "*/*;q=0"):
        answer = ask(path, accepting(accept)) if accept else ask.both(path, {})
        assert (answer.status_code, answer.mimetype) == (200, expected)
        assert vary(answer) == {"Accept-Encoding"}
    text = expected.startswith("text/")
    assert answer.content_type == expected + ("; charset=utf-8" if text else "")
    links = answer.headers["Link"]
    assert f'<http://localhost{quote(path)}>; rel="canonical"' in links
    assert 'rel="cite-as"' in links
    assert 'rel="license"' in links
    assert f'rel="{"describedby" if expected == "text/html" else "describes"}"' in links


def resources() -> dict[str, str]:
    """Every address that answers with 200, and its media type."""
    negotiated = {path: formats[ACCEPTED[o][None]] for path, (o, formats) in NEGOTIATED.items()}
    return documents() | negotiated | FIXED


@pytest.mark.parametrize("path", resources())
def test_what_a_client_has_is_not_sent_again(ask: Asking, path: str) -> None:
    first = ask.both(path, {})
    assert (first.status_code, first.mimetype) == (200, resources()[path])
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.last_modified is not None
    assert first.last_modified <= datetime.now(UTC)
    tag = first.headers["ETag"]
    has = Validators(tag, f'{tag[:-1]}-gzip"', first.last_modified)
    for name, headers, status in has.conditions():
        if path in ALWAYS_PLAIN and "gzip form" in name:
            continue
        answer = ask(path, headers)
        assert (name, answer.status_code) == (name, status)
        if status == 304:
            assert answer.data == b""
            expected = has.packed if headers.get("If-None-Match") == has.packed else None
            assert answer.headers["ETag"] in ({expected} if expected else {tag, has.packed})
            assert "Accept-Encoding" in vary(answer)
            assert answer.headers["Cache-Control"] == "no-cache"
            assert not {"Content-Encoding", "Content-Type", "Content-Length"} & {
                *answer.headers.keys()
            }
        else:
            assert answer.headers["ETag"] == tag
            assert len(answer.data) == len(first.data)
    assert ask.both(path, {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", resources())
def test_the_coding_is_the_one_that_is_preferred(ask: Asking, path: str) -> None:
    plain = ask(path)
    small = len(plain.data) < SMALL
    for accepted, expected in CODINGS.items():
        headers = {} if accepted is None else {"Accept-Encoding": accepted}
        coding = expected
        if path in ALWAYS_PLAIN and coding == "gzip":
            coding = None if "identity;q=0" in (accepted or "") else "identity"
        if small and coding == "gzip" and "identity;q=0" not in (accepted or ""):
            coding = "identity"
        answer = ask(path, headers)
        if coding is None:
            offered = is_problem(answer, 406, "Not Acceptable")["offered"]
            assert offered == ["gzip", "identity"]
            assert vary(answer) == {"Accept", "Accept-Encoding"}
            continue
        assert (accepted, answer.status_code) == (accepted, 200)
        assert (accepted, answer.headers.get("Content-Encoding", "identity")) == (accepted, coding)
        assert "Accept-Encoding" in vary(answer)
        assert answer.content_type == plain.content_type
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        packed = coding == "gzip"
        assert (gzip.decompress(answer.data) if packed else answer.data) == plain.data
        tag = plain.headers["ETag"]
        assert answer.headers["ETag"] == (f'{tag[:-1]}-gzip"' if packed else tag)
    if not small and path not in ALWAYS_PLAIN:
        assert len(ask.both(path, {"Accept-Encoding": "gzip"}).data) < len(plain.data)


@pytest.mark.parametrize("path", [*THINGS.values(), *resources(), "/", "/health/live"])
def test_methods_that_change_something_are_refused(ask: Asking, path: str) -> None:
    allowed = {"GET", "HEAD", "OPTIONS"} | ({"POST"} if path.startswith("/sparql") else set())
    for method in REFUSED_METHODS:
        if method in allowed:
            continue
        answer = ask(path, method=method)
        is_problem(answer, 405, "Method Not Allowed")
        assert set(answer.headers["Allow"].split(", ")) == allowed
    answer = ask(path, {"Accept": "text/html"}, "DELETE")
    assert (answer.status_code, answer.mimetype) == (405, "text/html")


@pytest.mark.parametrize("path", [*THINGS.values(), *resources(), "/", "/health/live"])
def test_data_are_shared_with_every_page_and_pages_with_none(ask: Asking, path: str) -> None:
    preflight = ask(path, PREFLIGHT, "OPTIONS")
    assert (preflight.status_code, preflight.data) == (200, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert {"accept", "if-none-match", "if-modified-since", "content-type"} <= {
        *allowed.split(", ")
    }
    assert "ETag" not in preflight.headers
    answer = ask(path, {"Origin": "https://example.org"})
    assert "Access-Control-Allow-Credentials" not in answer.headers
    is_page = answer.mimetype == "text/html" and answer.status_code == 200
    shared = answer.headers.get("Access-Control-Allow-Origin")
    assert shared == (None if is_page else "*")
    assert ("Content-Security-Policy" in answer.headers) == is_page
    if shared:
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


UNKNOWN = [
    "/id/knee",
    "/claim/c999",
    "/passage/nowhere/p1",
    "/question/faq-9",
    "/query/none",
    "/vocabulary/none",
    "/graph/none",
    "/ontology/9.9.9",
    "/dumps/none.nq",
    "/browse/none",
    "/nowhere",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_there_is_not_is_not_found_in_the_form_that_is_preferred(
    ask: Asking, path: str
) -> None:
    for suffix in DOCUMENT:
        is_problem(ask(f"{path}.{suffix}"), 404, "Not Found")
    for accept in (None, "*/*", "text/turtle", "image/png", "application/json"):
        is_problem(ask.both(path, accepting(accept)), 404, "Not Found")
    for accept, media_type in ((BROWSER, "text/html"), ("text/plain", "text/plain")):
        for end in ("", ".html", ".ttl"):
            answer = ask(path + end, {"Accept": accept})
            assert (answer.status_code, answer.mimetype) == (404, media_type)
            assert answer.headers["Cache-Control"] == "no-store"
    for headers in ({"If-None-Match": "*"}, {"If-Modified-Since": http_date(datetime.now(UTC))}):
        assert ask(path, headers).status_code == 404


@pytest.mark.parametrize(
    ("query", "tagged"),
    [("ASK {}", True), ("SELECT (NOW() AS ?t) {}", False), ("SELECT (RAND() AS ?t) {}", False)],
)
def test_an_answer_that_changes_each_time_has_no_validators(
    ask: Asking, query: str, tagged: bool
) -> None:
    for accept in ("application/sparql-results+json", "text/html"):
        for headers in ({}, {"If-None-Match": "*"}, {"If-Modified-Since": http_date(FAR)}):
            answer = ask(f"/sparql?query={quote(query)}", {"Accept": accept, **headers})
            assert answer.status_code == (304 if headers and tagged else 200)
            assert ("ETag" in answer.headers) == tagged
            assert tagged or "Last-Modified" not in answer.headers
            assert (answer.headers["Cache-Control"] == "no-store") != tagged


FAR = datetime(2100, 1, 1, tzinfo=UTC)


def test_conditions_count_only_where_the_answer_would_be_a_success(ask: Asking) -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Modified-Since": http_date(FAR)}):
        assert ask("/sparql?query=ASK", headers).status_code == 400
        assert ask("/id/calcific-tendonitis", headers).status_code == 303
        assert ask("/ontology", {"Accept": "image/png", **headers}).status_code == 406


def test_conditions_on_a_post_are_passed_over(ask: Asking) -> None:
    asked = {"Content-Type": "application/sparql-query", "If-Modified-Since": http_date(FAR)}
    first = ask.client.post("/sparql", data="ASK {}", content_type="application/sparql-query")
    for condition in ("*", '"other"', first.headers["ETag"]):
        asked["If-None-Match"] = condition
        answer = ask.client.post("/sparql", data="ASK {}", headers=asked)
        assert (answer.status_code, answer.json) == (200, {"head": {}, "boolean": True})


def test_health_is_that_of_the_moment(ask: Asking) -> None:
    for path in ("/health/live", "/health/ready"):
        for headers in ({}, {"If-None-Match": "*"}, {"If-Modified-Since": http_date(FAR)}):
            answer = ask.both(path, headers)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
            assert not {"ETag", "Last-Modified"} & {*answer.headers.keys()}


def test_a_download_that_is_packed_anyway_is_given_as_it_is(ask: Asking) -> None:
    accepted = ask("/dumps/dataset.nq", {"Accept-Encoding": "gzip"})
    assert accepted.headers["Content-Encoding"] == "gzip"
    assert accepted.data == ask("/dumps/dataset.nq.gz").data


def test_no_two_representations_have_the_same_tag(ask: Asking) -> None:
    names = [*THINGS.values(), *PUBLICATIONS.values()]
    for path in names:
        tags = [ask(f"{path}.{suffix}").headers["ETag"] for suffix in DOCUMENT]
        assert len({*tags}) == len(tags)


# The same through a real server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("matrix")
    with serving(folder, CALCGUIDE_METRICS_PORT="0", CALCGUIDE_ACCESS_LOG="off") as running:
        yield running


def over_the_wire(
    server: Server, path: str, headers: Iterable[tuple[str, str]] = (), method: str = "GET"
) -> http.client.HTTPResponse:
    """Ask a running server; the answer's body is read already, as `.body`."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


SAMPLE = ["/id/shoulder.ttl", "/id/shoulder.html", "/ontology", "/dumps/dataset.nq", "/version"]


@pytest.mark.parametrize("path", [*SAMPLE, f"/sparql?query={quote(QUERIES['solutions'])}"])
def test_a_real_server_answers_alike(
    server: Server, path: str, request: pytest.FixtureRequest
) -> None:
    counts = request.config.stash[MATRIX]
    first = over_the_wire(server, path)
    body = first.body  # type: ignore[attr-defined]
    assert first.status == 200
    assert first.getheader("Date")
    head = over_the_wire(server, path, method="HEAD")
    skipped = {"date", "x-request-id"}
    assert [h for h in head.getheaders() if h[0].lower() not in skipped] == [
        h for h in first.getheaders() if h[0].lower() not in skipped
    ]
    packed = over_the_wire(server, path, [("Accept-Encoding", "gzip")])
    content = packed.body  # type: ignore[attr-defined]
    assert packed.getheader("Content-Length") == str(len(content))
    assert (gzip.decompress(content) if len(body) >= SMALL else content) == body
    for answer in (first, packed):
        tag, date = answer.getheader("ETag") or "", answer.getheader("Last-Modified") or ""
        for name, value in (("If-None-Match", tag), ("If-Modified-Since", date)):
            again = over_the_wire(server, path, [(name, value), ("Accept-Encoding", "gzip")])
            assert (again.status, again.body) == (304, b"")  # type: ignore[attr-defined]
            assert not {"Content-Length", "Content-Encoding"} & {*again.headers}
    refused = over_the_wire(server, path, method="DELETE")
    assert (refused.status, "GET" in (refused.getheader("Allow") or "")) == (405, True)
    counts["requests"] = counts.get("requests", 0) + 8


def test_a_header_that_is_sent_twice_counts_as_a_list(server: Server) -> None:
    twice = [("Accept", "text/turtle;q=0.1"), ("Accept", "application/trig")]
    answer = over_the_wire(server, "/id/shoulder", twice)
    assert (answer.getheader("Location") or "").endswith("/id/shoulder.trig")


def test_every_front_says_the_same_date(server: Server) -> None:
    answers = [over_the_wire(server, "/id/hip.ttl") for _ in range(12)]
    assert len({answer.getheader("Last-Modified") for answer in answers}) == 1
    assert len({answer.getheader("ETag") for answer in answers}) == 1
