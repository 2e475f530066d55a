"""Cases of our own beside the official ones: SPARQL 1.1 Protocol, section 2, line by line."""

import csv
import io
import json
import time
from operator import attrgetter
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import rdflib
from flask.testing import FlaskClient
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store
from rdflib.namespace import RDF, RDFS, VOID
from werkzeug.test import TestResponse

from calcguide.dataset import Dataset
from calcguide.formats import GRAPH_FORMATS, SOLUTION_FORMATS, Format
from tests.conformance import results, suites
from tests.conformance.sending import QUERY_WAYS

ONE, TWO, NOWHERE = "http://a/one", "http://a/two", "http://a/nowhere"
NAME = attrgetter("name")
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
COUNT_NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def small() -> FlaskClient:
    """An endpoint with 1 statement in graph one, 2 in two and 4 in the default graph."""
    store = Store()
    for graph, size in ((NamedNode(ONE), 1), (NamedNode(TWO), 2), (DefaultGraph(), 4)):
        for number in range(size):
            subject = NamedNode(f"http://a/{size}/{number}")
            store.add(Quad(subject, NamedNode("http://a/p"), Literal(number), graph))
    return suites.endpoint(store, base="http://a/")


def number(answer: TestResponse) -> int:
    assert answer.status_code == 200, answer.text
    [row] = json.loads(answer.data)["results"]["bindings"]
    return int(row["n"]["value"])


def refused(answer: TestResponse, status: int, words: str) -> None:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None
    assert words in answer.json["detail"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def in_url(parameters: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The request with further parameters in its URL."""
    return request | {"query_string": request.get("query_string", {}) | parameters}


def in_form(parameters: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The request with further parameters in its form."""
    return request | {"data": request["data"] | parameters}


PLACES = {
    "GET": ("GET", in_url),
    "form": ("form", in_form),
    "form, graphs in the URL": ("form", in_url),
    "direct": ("direct", in_url),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("parameters", "query", "expected"),
    [
        ({}, COUNT, 4),
        ({}, COUNT_NAMED, 3),
        ({}, f"SELECT (COUNT(*) AS ?n) FROM <{TWO}> {{ ?s ?p ?o }}", 2),
        ({}, f"SELECT (COUNT(*) AS ?n) FROM <two> FROM <{ONE}> {{ ?s ?p ?o }}", 3),
        ({}, f"SELECT (COUNT(*) AS ?n) FROM <{NOWHERE}> {{ ?s ?p ?o }}", 0),
        ({}, f"SELECT (COUNT(*) AS ?n) FROM NAMED <{TWO}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", 2),
        ({}, f"SELECT (COUNT(*) AS ?n) FROM NAMED <{TWO}> {{ ?s ?p ?o }}", 0),
        ({"default-graph-uri": TWO}, COUNT, 2),
        ({"default-graph-uri": [ONE, TWO]}, COUNT, 3),
        ({"default-graph-uri": [TWO, TWO]}, COUNT, 2),
        ({"default-graph-uri": NOWHERE}, COUNT, 0),
        ({"default-graph-uri": TWO}, COUNT_NAMED, 0),
        ({"named-graph-uri": TWO}, COUNT_NAMED, 2),
        ({"named-graph-uri": TWO}, COUNT, 0),
        ({"named-graph-uri": [ONE, TWO]}, COUNT_NAMED, 3),
        ({"named-graph-uri": TWO, "default-graph-uri": ONE}, COUNT, 1),
        ({"named-graph-uri": TWO, "default-graph-uri": ONE}, COUNT_NAMED, 2),
        ({"default-graph-uri": ONE}, f"SELECT (COUNT(*) AS ?n) FROM <{TWO}> {{ ?s ?p ?o }}", 1),
        (
            {"default-graph-uri": ONE},
            f"SELECT (COUNT(*) AS ?n) FROM NAMED <{TWO}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            0,
        ),
        ({"named-graph-uri": ONE}, f"SELECT (COUNT(*) AS ?n) FROM <{TWO}> {{ ?s ?p ?o }}", 0),
        ({"version": "1.2"}, COUNT, 4),
        ({"unheard-of": "x", "flag": ""}, COUNT, 4),
    ],
)
def test_the_dataset_is_that_of_the_protocol_else_that_of_the_query(
    small: FlaskClient, place: str, parameters: dict[str, Any], query: str, expected: int
) -> None:
    way, put = PLACES[place]
    assert number(small.open("/sparql", **put(parameters, QUERY_WAYS[way](query)))) == expected


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
def test_a_graph_name_that_is_no_iri_is_refused(small: FlaskClient, place: str, name: str) -> None:
    way, put = PLACES[place]
    answer = small.open("/sparql", **put({name: "no iri"}, QUERY_WAYS[way](COUNT)))
    refused(answer, 400, "no iri")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"method": "POST", "data": {"x": "y"}}, "There is no query"),
        ({"method": "POST", "data": b"", "content_type": "application/sparql-query"}, "Line 1"),
        ({"query_string": "query="}, "Line 1"),
        ({"query_string": "query=ASK{}&query=ASK{}"}, "several query"),
        ({"method": "POST", "data": {"query": ["ASK {}", "ASK {}"]}}, "several query"),
        (
            {"method": "POST", "data": {"query": "ASK {}"}, "query_string": {"query": "ASK {}"}},
            "several query",
        ),
        (
            {
                "method": "POST",
                "data": b"ASK {}",
                "content_type": "application/sparql-query",
                "query_string": {"query": "ASK {}"},
            },
            "several query",
        ),
    ],
)
def test_there_is_exactly_one_query(
    small: FlaskClient, request_: dict[str, Any], words: str
) -> None:
    refused(small.open("/sparql", **request_), 400, words)


@pytest.mark.parametrize(
    ("query_string", "words"),
    [
        (b"query=ASK%20%7B%20%3Fs%20%3Fp%20'%FF'%20%7D", "not UTF-8"),
        (b"query=ASK%20%7B%20%3Fs%20%3Fp%20'%C3'%20%7D", "not UTF-8"),
        (b"query=ASK%20%7B%20%3Fs%20%3Fp%20'%ED%A0%80'%20%7D", "not UTF-8"),
        (b"query=ASK{?s ?p '\xe4'}", "not UTF-8"),
        (b"query=ASK%20%7B%20%3Fs%20%3Fp%20'%zz'%20%7D", "'%zz' in the request"),
        (b"query=ASK%20%7B%7D%", "'%' in the request"),
        (b"query=ASK%20%7B%7D%2", "'%2' in the request"),
        (b"query=ASK%20%7B%7D&default-graph-uri=http://a/%FF", "not UTF-8"),
    ],
)
@pytest.mark.parametrize("place", ["URL", "form"])
def test_what_is_badly_encoded_is_refused_and_never_guessed_at(
    small: FlaskClient, query_string: bytes, words: str, place: str
) -> None:
    if place == "URL":
        raw = {"QUERY_STRING": query_string.decode("latin-1")}
        answer = small.get("/sparql", environ_overrides=raw)
    else:
        answer = small.post(
            "/sparql", data=query_string, content_type="application/x-www-form-urlencoded"
        )
    refused(answer, 400, words)


@pytest.mark.parametrize("way", QUERY_WAYS)
@pytest.mark.parametrize(
    "text", ["ä ß 漢 🦴", "a+b c&d=e;f#g%41", "%", "\t", "é", "\u200d\u2028\ufeff", "😀" * 100]
)
def test_every_character_of_a_query_arrives(small: FlaskClient, way: str, text: str) -> None:
    query = f'SELECT ?n {{ BIND("""{text}""" AS ?n) }}'
    answer = small.open("/sparql", **QUERY_WAYS[way](query))
    [row] = json.loads(answer.data)["results"]["bindings"]
    assert row["n"]["value"] == text


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/sparql-query", 200),
        ("application/sparql-query; charset=utf-8", 200),
        ('Application/SPARQL-Query;CHARSET="UTF-8"', 200),
        ("application/sparql-query; charset=utf-16", 415),
        ("application/sparql-query; charset=iso-8859-1", 415),
        ("application/sparql-update", 403),
        ("application/json", 415),
        ("application/sparql-results+json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("nonsense", 415),
        ("", 415),
    ],
)
def test_a_query_is_posted_under_its_media_type_as_utf_8(
    small: FlaskClient, content_type: str, status: int
) -> None:
    answer = small.post("/sparql", data=b"ASK {}", content_type=content_type)
    assert answer.status_code == status
    if status != 200:
        assert answer.mimetype == "application/problem+json"


def test_a_form_says_utf_8_too(small: FlaskClient) -> None:
    form = "application/x-www-form-urlencoded; charset="
    for charset, status in (("UTF-8", 200), ("utf-16", 415)):
        answer = small.post("/sparql", data=b"query=ASK{}", content_type=form + charset)
        assert answer.status_code == status


@pytest.mark.parametrize("way", QUERY_WAYS)
def test_a_base_iri_is_defined(small: FlaskClient, way: str) -> None:
    """Section 2.3; the query's own BASE beats it."""
    query = "SELECT ?n { BIND(<x> AS ?a) BIND(STR(?a) AS ?n) }"
    answer = small.open("/sparql", **QUERY_WAYS[way](query))
    assert b"http://a/x" in answer.data
    own = small.open("/sparql", **QUERY_WAYS[way]("BASE <http://b/c/> " + query))
    assert b"http://b/c/x" in own.data


@pytest.mark.parametrize("format", SOLUTION_FORMATS, ids=NAME)
@pytest.mark.parametrize("accept", ["*/*", "text/html", "text/turtle", "nonsense"])
def test_format_beats_accept_for_solutions(small: FlaskClient, format: Format, accept: str) -> None:
    answer = small.get(
        "/sparql",
        query_string={"query": COUNT, "format": format.name},
        headers={"Accept": accept},
    )
    assert (answer.status_code, answer.mimetype) == (200, format.media_type)
    assert "Accept" not in answer.vary


@pytest.mark.parametrize("format", GRAPH_FORMATS, ids=NAME)
@pytest.mark.parametrize("way", QUERY_WAYS)
def test_format_names_the_format_of_a_graph(small: FlaskClient, format: Format, way: str) -> None:
    request = in_url({"format": format.name}, QUERY_WAYS[way]("CONSTRUCT WHERE { ?s ?p ?o }"))
    answer = small.open("/sparql", **request)
    assert (answer.status_code, answer.mimetype) == (200, format.media_type)
    graph = results.answered(answer.data, format)
    assert isinstance(graph, rdflib.Graph)
    assert len(graph) == 4


@pytest.mark.parametrize(
    ("query", "format"),
    [(COUNT, "ttl"), (COUNT, "sparql"), ("ASK {}", "csv"), ("DESCRIBE <x>", "json")],
)
def test_a_format_that_does_not_fit_is_refused_with_those_that_do(
    small: FlaskClient, query: str, format: str
) -> None:
    answer = small.get("/sparql", query_string={"query": query, "format": format})
    refused(answer, 406, "On offer")
    assert answer.json is not None
    assert answer.json["offered"]


@pytest.mark.parametrize("query", [COUNT, "ASK {", "ASK { SERVICE <x> {} }", None])
def test_head_agrees_with_get(small: FlaskClient, query: str | None) -> None:
    asked = {"query": query} if query else {}
    get = small.get("/sparql", query_string=asked)
    head = small.head("/sparql", query_string=asked)
    assert head.data == b""
    assert (head.status_code, head.headers["Content-Length"]) == (
        get.status_code,
        str(len(get.data)),
    )
    for name in ("Content-Type", "ETag", "Vary", "Cache-Control"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_with_those_there_are(small: FlaskClient, method: str) -> None:
    answer = small.open("/sparql", method=method, query_string={"query": "ASK {}"})
    refused(answer, 405, "method")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/sparql", "/graph-store?default"])
def test_a_browser_that_asks_first_may_send_its_query(small: FlaskClient, path: str) -> None:
    """A preflight (Fetch standard, section 3.3): methods, headers, and no credentials."""
    answer = small.options(
        path,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, accept",
        },
    )
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Methods"]
    assert set(allowed.split(", ")) == set(answer.headers["Allow"].split(", "))
    headers = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"accept", "content-type"} <= set(headers.split(", "))
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("way", "size", "status"),
    [
        ("GET", 1_000, 200),
        ("GET", 30_000, 200),
        ("GET", 40_000, 414),
        ("form", 40_000, 200),
        ("form", 900_000, 200),
        ("direct", 900_000, 200),
    ],
)
def test_a_query_may_be_long_and_longer_by_post(
    small: FlaskClient, way: str, size: int, status: int
) -> None:
    query = "ASK {} #" + "x" * size
    answer = small.open("/sparql", **QUERY_WAYS[way](query))
    if status == 200:
        assert answer.json == {"head": {}, "boolean": True}
    else:
        refused(answer, status, "bytes")


@pytest.mark.parametrize("name", ["Accept", "Accept-Encoding", "If-None-Match"])
def test_a_list_in_a_header_field_may_be_long_but_not_endless(
    small: FlaskClient, name: str
) -> None:
    for size, status in ((8_000, 406 if name == "Accept" else 200), (400_000, 431)):
        began = time.perf_counter()
        headers = {name: "a/b," * (size // 4)}
        answer = small.get("/sparql", query_string={"query": "ASK {}"}, headers=headers)
        assert answer.status_code == status
        assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ('SELECT ("\\u0001" AS ?x) {}', "application/sparql-results+xml"),
        ('SELECT ("\\uFFFE" AS ?x) {}', "application/sparql-results+xml"),
        ('SELECT ("\\u0001" AS ?x) {}', "application/xml"),
        ('CONSTRUCT { <x> <p> "\\u000B" } {}', "application/rdf+xml"),
        ("CONSTRUCT { <x> <http://a/1> 1 } {}", "application/rdf+xml"),
        ("CONSTRUCT { <x> <http://a/p/> 1 } {}", "text/xml"),
    ],
)
def test_what_xml_cannot_hold_is_refused_with_advice(
    small: FlaskClient, query: str, accept: str
) -> None:
    asked = {"query": query}
    refused(small.get("/sparql", query_string=asked, headers={"Accept": accept}), 406, "XML")
    assert small.get("/sparql", query_string=asked).status_code == 200


TEXTS = ["\r", "a\rb", "a\r\nb", "\n", "\t", " a  b ", "", "]]>", "&<>\"'", "\\", '"', "\x7f"]
TEXTS += [",", ";", "a\n\nb", "\x85\u2028", "🦴", "ä", "_:a"]


@pytest.mark.parametrize("format", SOLUTION_FORMATS, ids=NAME)
def test_every_text_comes_back_from_every_result_format(format: Format) -> None:
    store = Store()
    subjects = {NamedNode(f"http://a/{n:02}"): text for n, text in enumerate(TEXTS)}
    for subject, text in subjects.items():
        store.add(Quad(subject, NamedNode("http://a/p"), Literal(text)))
    answer = suites.endpoint(store).get(
        "/sparql",
        query_string={"query": "SELECT ?o ?s { ?s ?p ?o } ORDER BY ?s", "format": format.name},
    )
    if format.name == "csv":
        rows = list(csv.reader(io.StringIO(answer.data.decode(), newline=""), strict=True))
        assert [row[0] for row in rows[1:]] == TEXTS
        return
    found = results.answered(answer.data, format)
    assert isinstance(found, results.Solutions)
    place = found.variables.index("o")
    assert [row[place] for row in found.rows] == [Literal(text) for text in TEXTS]


@pytest.mark.parametrize("format", GRAPH_FORMATS, ids=NAME)
def test_every_text_comes_back_from_every_graph_format(format: Format) -> None:
    store = Store()
    for text in TEXTS:
        store.add(Quad(NamedNode("http://a/s"), NamedNode("http://a/p"), Literal(text)))
    answer = suites.endpoint(store).get(
        "/sparql",
        query_string={"query": "CONSTRUCT WHERE { ?s ?p ?o }", "format": format.name},
    )
    graph = results.answered(answer.data, format)
    assert isinstance(graph, rdflib.Graph)
    assert {str(text) for text in graph.objects()} == set(TEXTS)


HIDDEN = [
    "ASK { SERVICESILENT <http://127.0.0.1:1/> {} }",
    "ASK { VALUES ?x { 1e0 } ?s ?p 1e0SERVICE SILENT <http://127.0.0.1:1/> {} }",
    "ASK { BIND(1 AS ?a) FILTER(?a<'b>c') SERVICE SILENT <http://127.0.0.1:1/> {} FILTER(''='z') }",
    "ASK { FILTER EXISTS { GRAPH ?g {}SERVICESILENT?g{} } }",
    "PREFIX : <http://127.0.0.1:1/> ASK { SERVICE:p {} }",
]


@pytest.mark.parametrize("query", HIDDEN)
@pytest.mark.parametrize("way", QUERY_WAYS)
def test_a_hidden_service_is_never_evaluated(small: FlaskClient, query: str, way: str) -> None:
    answer = small.open("/sparql", **QUERY_WAYS[way](query))
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { BIND('''a\nSERVICE <http://a/>{}''' AS ?x) } # SERVICE <http://a/> {}",
        "ASK { FILTER(<http://schema.org/Service> = <http://schema.org/Service>) }",
        "PREFIX service: <http://a/service#> ASK { BIND(service:Service AS ?SERVICE) }",
        "ASK { FILTER(STRLEN('service') = 7) }",
    ],
)
def test_a_query_may_speak_of_services(small: FlaskClient, query: str) -> None:
    answer = small.get("/sparql", query_string={"query": query})
    assert answer.json == {"head": {}, "boolean": True}


def test_the_query_page_asks_the_graphs_that_the_request_names(small: FlaskClient) -> None:
    query = "SELECT ?s { ?s ?p ?o }"
    answer = small.get(
        "/sparql",
        query_string={"query": query, "default-graph-uri": TWO, "named-graph-uri": ONE},
        headers={"Accept": "text/html"},
    )
    assert answer.status_code == 200
    assert "http://a/2/1" in answer.text
    assert "http://a/4/1" not in answer.text
    kept = urlencode({"query": query, "default-graph-uri": TWO, "named-graph-uri": ONE})
    assert kept.replace("&", "&amp;") in answer.text


SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")


def test_the_service_description_counts_what_count_counts(
    client: FlaskClient, guide: Dataset
) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    graph = rdflib.Graph().parse(data=answer.data, format="turtle")
    stated = {
        str(graph.value(named, SD.name)): int(
            str(graph.value(graph.value(named, SD.graph), VOID.triples))
        )
        for named in graph.objects(None, SD.namedGraph)
    }
    stated[""] = int(str(graph.value(next(graph.objects(None, SD.defaultGraph)), VOID.triples)))
    assert len(stated) == len(guide.named_graphs()) + 1
    for iri, triples in stated.items():
        asked = {"query": COUNT} | ({"default-graph-uri": iri} if iri else {})
        assert number(client.get("/sparql", query_string=asked)) == triples


def test_the_service_description_promises_what_there_is_and_no_more(client: FlaskClient) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    graph = rdflib.Graph().parse(data=answer.data, format="turtle")
    service = rdflib.URIRef("http://localhost/sparql")
    assert (service, RDF.type, SD.Service) in graph
    assert list(graph.objects(service, SD.supportedLanguage)) == [SD.SPARQL11Query]
    assert not list(graph.objects(None, SD.feature))
    assert len(list(graph.objects(service, SD.resultFormat))) == 8
    assert "10 s" in str(graph.value(service, RDFS.comment))
    disclaimer = rdflib.URIRef("https://w3id.org/calcguide/ontology#disclaimer")
    assert "not medical advice" in str(graph.value(service, disclaimer))


@pytest.mark.parametrize(
    ("accept", "asked", "media_type"),
    [
        (None, {}, "text/turtle"),
        ("*/*", {}, "text/turtle"),
        ("application/ld+json", {}, "application/ld+json"),
        ("text/html", {}, "text/html"),
        ("text/html", {"format": "rdf"}, "application/rdf+xml"),
        ("text/turtle", {"format": "html"}, "text/html"),
        ("application/rdf+xml, text/html;q=0.5", {}, "application/rdf+xml"),
        ("text/html, application/rdf+xml;q=0.5", {}, "text/html"),
        ("application/sparql-results+json, text/html;q=0.1", {}, "text/html"),
    ],
)
def test_the_endpoint_without_a_query_describes_itself(
    client: FlaskClient, accept: str | None, asked: dict[str, str], media_type: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = client.get("/sparql", query_string=asked, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, media_type)


@pytest.mark.parametrize(("accept", "format"), [("image/png", None), ("text/turtle", "csv")])
def test_a_description_in_no_rdf_format_is_refused(
    client: FlaskClient, accept: str, format: str | None
) -> None:
    asked = {"format": format} if format else {}
    answer = client.get("/sparql", query_string=asked, headers={"Accept": accept})
    refused(answer, 406, "text/turtle")


def test_a_long_iri_in_the_url_keeps_its_own_escapes(small: FlaskClient) -> None:
    iri = "http://a/" + quote("ä b")
    query = f"SELECT ?n {{ BIND(STR(<{iri}>) AS ?n) }}"
    answer = small.get("/sparql", query_string={"query": query})
    assert iri.encode() in answer.data
