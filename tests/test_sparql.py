"""The endpoint answers queries as SPARQL 1.1 Protocol, section 2, has it, and refuses the rest."""

import gc
import json
import sys
import threading
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store
from rdflib import Graph

from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.query import Answer
from calcguide.settings import Settings
from tests.conftest import CLAIMS

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?c a <https://w3id.org/calcguide/ontology#Claim> }"
ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = (
    "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <https://w3id.org/calcguide/graph/facts> { ?s ?p ?o } }"
)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        ("*/*", "application/sparql-results+json"),
    ],
)
def test_a_select_is_answered_in_the_format_accepted(
    client: FlaskClient, accept: str, media_type: str
) -> None:
    answer = client.get("/sparql", query_string={"query": COUNT}, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert str(CLAIMS) in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_the_format_parameter_beats_accept(client: FlaskClient, name: str) -> None:
    answer = client.get(
        "/sparql", query_string={"query": COUNT, "format": name}, headers={"Accept": "text/html"}
    )
    assert name == "tsv" or name in str(answer.mimetype)
    assert str(CLAIMS) in answer.text


@pytest.mark.parametrize(
    ("accept", "parser"),
    [
        ("text/turtle", "turtle"),
        ("application/n-triples", "nt"),
        ("application/ld+json", "json-ld"),
        ("application/rdf+xml", "xml"),
    ],
)
def test_a_construct_is_answered_in_the_format_accepted(
    client: FlaskClient, accept: str, parser: str
) -> None:
    answer = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": accept})
    assert answer.mimetype == accept
    assert len(Graph().parse(data=answer.data, format=parser)) == 118


def ways(query: str) -> dict[str, dict[str, object]]:
    return {
        "GET": {"method": "GET", "query_string": {"query": query}},
        "form POST": {"method": "POST", "data": {"query": query}},
        "direct POST": {
            "method": "POST",
            "data": query.encode(),
            "content_type": "application/sparql-query",
        },
    }


@pytest.mark.parametrize("way", ["GET", "form POST", "direct POST"])
def test_a_query_may_be_sent_in_each_of_the_three_ways(client: FlaskClient, way: str) -> None:
    answer = client.open("/sparql", **ways(ASK)[way])  # type: ignore[arg-type]
    assert answer.json == {"head": {}, "boolean": True}


@pytest.mark.parametrize("way", ["GET", "form POST", "direct POST"])
def test_the_protocols_graphs_beat_those_of_the_query(client: FlaskClient, way: str) -> None:
    facts = "https://w3id.org/calcguide/graph/facts"
    query = "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/calcguide/graph/claims> { ?s ?p ?o }"
    given = ways(query)[way]
    if way == "form POST":
        given["data"] = {"query": query, "default-graph-uri": facts}
    else:
        given["query_string"] = {
            "default-graph-uri": facts,
            **({"query": query} if way == "GET" else {}),
        }
    answer = client.open("/sparql", **given)  # type: ignore[arg-type]
    [row] = json.loads(answer.data)["results"]["bindings"]
    assert row["n"]["value"] == "118"


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (
            {"method": "GET", "query_string": {"default-graph-uri": "http://a/a"}},
            400,
            "There is no query",
        ),
        ({"method": "POST", "data": {"format": "ttl"}}, 400, "There is no query"),
        ({"method": "GET", "query_string": "query=ASK{}&query=ASK{}"}, 400, "several query"),
        ({"method": "GET", "query_string": {"query": "ASK { ?s ?p "}}, 400, "Line 1, column 12"),
        (
            {"method": "GET", "query_string": {"query": "SELECT (<http://a/f>() AS ?x) {}"}},
            400,
            "cannot be answered",
        ),
        ({"method": "POST", "data": "ASK {}", "content_type": "text/plain"}, 415, "Send a form"),
        (
            {
                "method": "POST",
                "data": b"ASK { ?s ?p '\xff' }",
                "content_type": "application/sparql-query",
            },
            400,
            "not UTF-8",
        ),
        ({"method": "PUT"}, 405, "method is not allowed"),
        (
            {
                "method": "GET",
                "query_string": {"query": CONSTRUCT},
                "headers": {"Accept": "text/csv"},
            },
            406,
            "text/turtle",
        ),
    ],
)
def test_what_cannot_be_answered_is_explained(
    client: FlaskClient, request_: dict[str, object], status: int, words: str
) -> None:
    answer = client.open("/sparql", **request_)  # type: ignore[arg-type]
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None
    assert words in answer.json["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_syntax_error_has_its_line_and_column(client: FlaskClient) -> None:
    answer = client.get("/sparql", query_string={"query": "SELECT *\nWHERE [ ?s ?p ?o ]"})
    assert answer.json is not None
    assert (answer.json["line"], answer.json["column"]) == (2, 7)


UPDATE = "INSERT DATA { <http://a/a> <http://a/b> <http://a/c> }"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        ({"data": {"update": UPDATE}}, {403}),
        ({"data": UPDATE, "content_type": "application/sparql-update"}, {403}),
        ({"query_string": {"update": UPDATE}, "data": {"query": ASK}}, {403}),
        ({"data": {"query": UPDATE}}, {400, 403}),
        ({"data": UPDATE, "content_type": "application/sparql-query"}, {400, 403}),
    ],
)
def test_an_update_is_refused_and_changes_nothing(
    client: FlaskClient, guide: Dataset, request_: dict[str, object], statuses: set[int]
) -> None:
    before = len(guide.store)
    assert client.post("/sparql", **request_).status_code in statuses
    assert len(guide.store) == before


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", True),
        ("SELECT * { service silent <http://127.0.0.1:1/> { ?s ?p ?o } }", True),
        ("SELECT * { SERVICE ?s { ?s ?p ?o } }", True),
        ("ASK { ?s ?p 'SERVICE <http://a/>' }", False),
        ('ASK { ?s ?p """SERVICE " <http://a/>""" } # SERVICE', False),
        ("PREFIX SERVICE: <http://a/> ASK { ?service SERVICE:SERVICE <http://a/SERVICE> }", False),
    ],
)
def test_service_is_refused_before_anything_is_fetched(
    client: FlaskClient, query: str, refused: bool
) -> None:
    answer = client.get("/sparql", query_string={"query": query})
    assert answer.status_code == (403 if refused else 200)


def test_the_query_page_shows_the_form_the_results_and_the_error(client: FlaskClient) -> None:
    browser = {"Accept": "text/html"}
    form = client.get("/sparql", headers=browser)
    assert (form.status_code, form.mimetype) == (200, "text/html")
    assert b"<textarea" in form.data
    result = client.get("/sparql", query_string={"query": COUNT}, headers=browser)
    assert str(CLAIMS) in result.text
    error = client.get("/sparql", query_string={"query": "ASK {"}, headers=browser)
    assert error.status_code == 400
    assert b"ASK {</textarea>" in error.data


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1:8000", 200), ("evil.example", 421), ("", 400), ("a b", 400)],
)
def test_only_hosts_on_the_allow_list_are_answered(
    client: FlaskClient, host: str, status: int
) -> None:
    assert client.get("/health/live", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("accept", ["text/csv", "application/sparql-results+json"])
def test_an_answer_that_the_client_has_is_not_made_again(
    client: FlaskClient, accept: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"query_string": {"query": COUNT}, "headers": {"Accept": accept}}
    first = client.get("/sparql", **asked)
    tag = {"If-None-Match": first.headers["ETag"], "Accept": accept}
    again = client.get("/sparql", query_string={"query": COUNT}, headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get("/sparql", query_string={"query": COUNT + " "}, headers=tag)
    assert other.status_code == 200


def test_answers_in_other_formats_have_other_tags(client: FlaskClient) -> None:
    tags = {
        client.get("/sparql", query_string={"query": COUNT, "format": name}).headers["ETag"]
        for name in ("json", "xml", "csv", "tsv")
    }
    assert len(tags) == 4


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_changes_each_time_is_not_stored(client: FlaskClient, function: str) -> None:
    query = f"SELECT ({function} AS ?x) {{}}"
    answer = client.get("/sparql", query_string={"query": query})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


PROLOGUE = """PREFIX calc: <https://w3id.org/calcguide/ontology#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX id: <https://w3id.org/calcguide/id/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT ?x { ?x calc:treets ?y }", "Did you mean calc:treats"),
        ("SELECT ?x { ?x calc:treats id:calcific-tendinitis }", "id:calcific-tendonitis"),
        ("ASK { id:sholder ?p ?o }", "Did you mean id:shoulder?"),
        ("SELECT ?s { ?passage dct:isPartOf ?s }", "Did you mean ^dct:hasPart?"),
        ("SELECT ?s { id:calcification skos:narrower ?s }", "Did you mean ^skos:broader?"),
        ('SELECT ?x { ?x rdfs:label "Shoulder" }', 'Did you mean "Shoulder"@en?'),
        ("CONSTRUCT { ?x ?p ?y } WHERE { ?x calc:treets ?y . ?x ?p ?y }", "calc:treats"),
        ("SELECT ?x { ?x calc:reverses ?y }", None),
        ('SELECT ?x { ?x rdfs:label "Nothing like it" }', None),
        ("SELECT ?x { ?x calc:treats ?y } LIMIT 1", None),
    ],
)
@pytest.mark.parametrize("format", ["json", "csv", "ttl", "nt", "xml"])
def test_an_empty_answer_says_what_may_be_misspelt(
    client: FlaskClient, query: str, hint: str | None, format: str
) -> None:
    kinds = ("ttl", "nt") if query.startswith("CONSTRUCT") else ("json", "csv", "xml")
    if format not in kinds or (query.startswith("ASK") and format == "csv"):
        format = kinds[0]
    answer = client.get("/sparql", query_string={"query": PROLOGUE + query, "format": format})
    assert answer.status_code == 200
    assert (hint or "") in answer.headers.get("X-Hint", "")
    assert bool(hint) == ("X-Hint" in answer.headers)
    page = client.get("/sparql", query_string={"query": PROLOGUE + query, "format": "html"})
    assert (hint is None) or "Did you mean" in page.text


def test_an_unknown_prefix_is_answered_with_the_line_to_add(client: FlaskClient) -> None:
    answer = client.get("/sparql", query_string={"query": "SELECT ?x {\n ?x calc:treats ?y }"})
    assert answer.status_code == 400
    assert answer.json is not None
    assert "PREFIX calc: <https://w3id.org/calcguide/ontology#>" in answer.json["detail"]
    assert (answer.json["line"], answer.json["column"]) == (2, 5)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("ASK { FILTER(" + "(" * 90 + "1" + ")" * 90 + ") }", 200),
        ("ASK { FILTER(" + "(" * 110 + "1" + ")" * 110 + ") }", 422),
        ("ASK { FILTER(" + " || ".join(["true"] * 1000) + ") }", 200),
        ("ASK { FILTER(" + " || ".join(["true"] * 1100) + ") }", 422),
        ("ASK { " + " UNION ".join(["{}"] * 1100) + " }", 422),
        ("ASK { ?s ?p '" + "(" * 500 + "' }", 200),
    ],
)
def test_nesting_and_chains_have_a_limit(client: FlaskClient, query: str, status: int) -> None:
    answer = client.post("/sparql", data=query, content_type="application/sparql-query")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("clause", "count"),
    [
        ("FROM <http://a/g>", 2),
        ("FROM <http://a/g> FROM <http://a/h>", 3),
        ("FROM <http://a/g> FROM <http://a/g>", 2),
        ("FROM <http://a/g> FROM <http://a/h> FROM NAMED <http://a/h>", 3),
    ],
)
def test_graphs_that_share_a_statement_are_merged(clause: str, count: int) -> None:
    store = Store()
    for graph, objects in [("g", (1, 2)), ("h", (2, 3))]:
        for object in objects:
            node = NamedNode("http://a/s")
            store.add(Quad(node, node, Literal(object), NamedNode(f"http://a/{graph}")))
    given = create_app(Dataset(store, "http://a/"), Settings.read({}, access_log="off"))
    query = f"SELECT (COUNT(*) AS ?n) {clause} WHERE {{ ?s ?p ?o }}"
    answer = given.test_client().get("/sparql", query_string={"query": query, "format": "csv"})
    assert answer.text.split() == ["n", str(count)]


@pytest.mark.parametrize(("path", "accept"), [("/about", "text/html"), ("/sparql", "text/turtle")])
def test_the_limits_are_published(client: FlaskClient, path: str, accept: str) -> None:
    text = " ".join(client.get(path, headers={"Accept": accept}).text.split())
    for limit in ("10 s", "512 MB", "16 MB", "32,768 bytes", "nested 100 deep", "1,000 operators"):
        assert limit in text


@pytest.mark.parametrize("between", [" ", "#\n", " # now\r\n\t"])
def test_what_changes_each_time_is_not_kept_whatever_stands_in_between(
    client: FlaskClient, between: str
) -> None:
    query = f"SELECT (RAND{between}() AS ?x) {{}}"
    answers = [client.get("/sparql", query_string={"query": query}) for _ in range(2)]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 2
    assert answers[0].data != answers[1].data


def test_what_changes_each_time_is_not_stored_where_words_run_together(client: FlaskClient) -> None:
    query = f"{COUNT} ORDER BYRAND()"
    answer = client.get("/sparql", query_string={"query": query})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "piece", [" #", " # NOW", "#NOW", "NOW ", "BNODE#\n", "construct ", "SERVICE#\n", "FROM <a> "]
)
def test_no_text_takes_long_to_look_through(client: FlaskClient, piece: str) -> None:
    """A look that holds the interpreter's lock cannot be watched, nor ended."""
    started = time.process_time()
    client.post(
        "/sparql", data="ASK {} #NOW" + piece * 20_000, content_type="application/sparql-query"
    )
    assert time.process_time() - started < 2


def test_a_graph_is_tagged_weakly_and_known_again(client: FlaskClient) -> None:
    query = {"query": "CONSTRUCT { [] <http://example.org/p> 1 } {}"}
    tag = client.get("/sparql", query_string=query).headers["ETag"]
    assert tag.startswith("W/")
    again = client.get("/sparql", query_string=query | {"n": "1"}, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["ETag"]) == (304, tag)
    assert again.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_host_with_a_port_that_is_none_is_refused(client: FlaskClient, port: str) -> None:
    assert client.get("/", headers={"Host": f"localhost:{port}"}).status_code == 400


def faulty(*_: object, **__: object) -> Answer:
    raise ZeroDivisionError("what nobody else is to read")


def test_a_fault_of_the_server_is_told_in_the_same_shape(
    guide: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calcguide.app.evaluate", faulty)
    app = create_app(guide, Settings.read())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/sparql", query_string={"query": ASK})
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "nobody" not in answer.text


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("SELECT ?s { ?s ?p ?o }", "text/turtle", 406),
        ("SELECT * { ?s ?p ?o . ?t a ?u }", "text/csv", 413),
        ("CONSTRUCT { ?s ?p ?t } { ?s ?p ?o . ?t a ?u }", "text/turtle", 413),
        (COUNT, "text/csv", 200),
    ],
)
def test_a_result_of_the_engine_is_let_go_once_it_is_answered(
    guide: Dataset, monkeypatch: pytest.MonkeyPatch, query: str, accept: str, status: int
) -> None:
    """What is left to be found later may be found by another thread, where none may be let go."""
    told: list[sys.UnraisableHookArgs] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    small = Settings.read({"CALCGUIDE_RESULT_MB": "1"}, access_log="off")
    client = create_app(guide, small).test_client()
    answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert answer.status_code == status
    finder = threading.Thread(target=gc.collect)
    finder.start()
    finder.join()
    assert [str(each.exc_value) for each in told] == []
