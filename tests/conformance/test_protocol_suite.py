"""The protocol, service-description and graph-store suites, request by request."""

from urllib.parse import parse_qs, urlsplit

import pytest
import rdflib
from flask.testing import FlaskClient
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, VOID
from werkzeug.test import TestResponse

from calcguide.formats import BOOLEAN_FORMATS, GRAPH_FORMATS, SOLUTION_FORMATS
from tests.conformance import results, suites
from tests.conformance.exchanges import Exchange, exchanges
from tests.conformance.suites import Case
from tests.conformance.verdicts import Verdicts

suites.require()

PROTOCOL = suites.cases("ProtocolTest")
UPDATING = [case for case in PROTOCOL if case.iri.rpartition("#")[2].startswith("update_")]
QUERYING = [case for case in PROTOCOL if case not in UPDATING]
FORMATS = {"boolean": BOOLEAN_FORMATS, "tabular": SOLUTION_FORMATS, "RDF": GRAPH_FORMATS}


def send(client: FlaskClient, exchange: Exchange, path: str) -> TestResponse:
    return client.open(
        path, method=exchange.method, headers=list(exchange.headers), data=exchange.body or None
    )


@pytest.mark.parametrize("case", QUERYING, ids=str)
def test_a_request_is_answered_as_the_protocol_has_it(case: Case, verdicts: Verdicts) -> None:
    client = suites.endpoint(suites.loaded(case))
    failed = {}
    for exchange in exchanges(case):
        answer = send(client, exchange, exchange.path.replace("/sparql/", "/sparql", 1))
        why = surprise(exchange, answer)
        if why:
            failed[exchange.method] = why
    verdicts.settle(case, "SPARQL 1.1 protocol, queries", ["requests"], failed)


def surprise(exchange: Exchange, answer: TestResponse) -> str | None:
    """What of a response is not as expected, None where all is."""
    if not exchange.expects(answer.status_code):
        return f"{answer.status} {answer.text}"
    if exchange.format:
        formats = {f.media_type: f for f in FORMATS[exchange.format]}
        if answer.mimetype not in formats:
            return f"{answer.mimetype} is no format for {exchange.format}"
        result = results.answered(answer.data, formats[answer.mimetype])
        if exchange.boolean and result is not (exchange.boolean == "true"):
            return f"{result}, expected {exchange.boolean}"
    return None


@pytest.mark.parametrize("case", UPDATING, ids=str)
def test_an_update_request_is_refused(case: Case, verdicts: Verdicts) -> None:
    store = suites.loaded(case)
    before = set(store)
    client = suites.endpoint(store)
    updates = [e for e in exchanges(case) if "update" in e.content_type + e.body.decode()[:7]]
    assert updates
    for exchange in updates:
        answer = send(client, exchange, exchange.path.replace("/sparql/", "/sparql", 1))
        assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert set(store) == before
    verdicts.inapplicable(case, "SPARQL 1.1 protocol, updates refused")


SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
DESCRIPTION = {case.iri.rpartition("#")[2]: case for case in suites.cases("ServiceDescriptionTest")}
SCHEMA = {
    SD.endpoint: (SD.Service, rdflib.URIRef),
    SD.supportedLanguage: (SD.Service, rdflib.URIRef),
    SD.resultFormat: (SD.Service, rdflib.URIRef),
    SD.defaultEntailmentRegime: (SD.Service, rdflib.URIRef),
    SD.defaultDataset: (SD.Service, SD.Dataset),
    SD.defaultGraph: (SD.Dataset, SD.Graph),
    SD.namedGraph: (SD.Dataset, SD.NamedGraph),
    SD.name: (SD.NamedGraph, rdflib.URIRef),
    SD.graph: (SD.NamedGraph, SD.Graph),
    VOID.triples: (SD.Graph, rdflib.Literal),
}
"""Domain and range of each property, from the vocabulary of SPARQL 1.1 Service Description."""


def described(client: FlaskClient, accept: str = "text/turtle") -> rdflib.Graph:
    answer = client.get("/sparql", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, accept)
    names = {"application/ld+json": "json-ld", "application/rdf+xml": "xml"}
    return rdflib.Graph().parse(data=answer.data, format=names.get(accept, accept))


def test_the_description_is_rdf(client: FlaskClient, verdicts: Verdicts) -> None:
    turtle = described(client)
    failed = {
        format.name: "another graph"
        for format in GRAPH_FORMATS
        if not isomorphic(described(client, format.media_type), turtle)
    }
    formats = [format.name for format in GRAPH_FORMATS]
    verdicts.settle(DESCRIPTION["returns-rdf"], "SPARQL 1.1 service description", formats, failed)


def test_the_description_names_the_url_it_was_asked_at(
    client: FlaskClient, verdicts: Verdicts
) -> None:
    [(_, endpoint)] = described(client).subject_objects(SD.endpoint)
    failed = {} if str(endpoint) == "http://localhost/sparql" else {"requests": str(endpoint)}
    case = DESCRIPTION["has-endpoint-triple"]
    verdicts.settle(case, "SPARQL 1.1 service description", ["requests"], failed)


def test_the_description_conforms_to_its_schema(client: FlaskClient, verdicts: Verdicts) -> None:
    graph = described(client)
    failed = {}
    for subject, predicate, object in graph:
        domain, range = SCHEMA.get(predicate, (None, None))  # type: ignore[call-overload]
        known = domain is not None or not str(predicate).startswith(str(SD))
        in_domain = domain is None or (subject, RDF.type, domain) in graph
        in_range = (
            range is None
            or (isinstance(range, type) and isinstance(object, range))
            or (object, RDF.type, range) in graph
        )
        if not (known and in_domain and in_range):
            failed["requests"] = f"{subject} {predicate} {object}"
    case = DESCRIPTION["conforms-to-schema"]
    verdicts.settle(case, "SPARQL 1.1 service description", ["requests"], failed)


GRAPH_STORE = suites.cases("GraphStoreProtocolTest", folders=".*/graph-store-protocol")
INDIRECT = [case for case in GRAPH_STORE if "/gsp/" not in next(exchanges(case)).path]


@pytest.mark.parametrize("case", INDIRECT, ids=str)
def test_a_graph_is_read_as_the_graph_store_protocol_has_it(case: Case, verdicts: Verdicts) -> None:
    """Each write must be refused; it is then done behind the server's back, as a release would."""
    store = Store()
    client = suites.endpoint(store)
    failed = {}
    coming = list(exchanges(case))
    while coming:
        exchange = coming.pop(0)
        path = exchange.path.replace("/gsp", "/graph-store", 1).replace("$LOCATION$", NEW.value)
        answer = send(client, exchange, path)
        if exchange.method in ("GET", "HEAD"):
            why = unlike(exchange, answer)
        else:
            refused = (answer.status_code, answer.headers.get("Allow"))
            why = "" if refused == (405, "GET, HEAD, OPTIONS") else f"not refused: {refused}"
            write(store, exchange, coming)
        if why:
            failed[exchange.method] = why
    verdicts.settle(case, "SPARQL 1.1 graph store, reading", ["requests"], failed)


NEW = NamedNode("http://www.example/gsp/new")
"""Stands for the graph that a POST would have made."""


def unlike(exchange: Exchange, answer: TestResponse) -> str:
    """What of a graph that was read is not as expected."""
    if not exchange.expects(answer.status_code):
        return f"{answer.status} {answer.text}"
    if exchange.content:
        expected = rdflib.Graph().parse(data=exchange.content, format="turtle")
        if not isomorphic(expected, rdflib.Graph().parse(data=answer.data, format="turtle")):
            return f"another graph: {answer.text}"
    return ""


def write(store: Store, exchange: Exchange, coming: list[Exchange]) -> None:
    """Do to the store what was asked for; after a POST it holds what the next read expects."""
    given = parse_qs(urlsplit(exchange.path).query, keep_blank_values=True)
    graph = DefaultGraph() if "default" in given else NEW
    if "graph" in given:
        graph = NamedNode(given["graph"][0])
    store.remove_graph(graph)
    content = {"PUT": exchange.body, "DELETE": b""}.get(exchange.method)
    if content is None:
        content = next(read.content for read in coming if read.content)
    quads = parse(content, RdfFormat.TURTLE)
    store.extend(Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
