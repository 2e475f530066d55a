"""The dataset describes itself: VoID with counts that a query confirms."""

import pytest
from flask.testing import FlaskClient
from rdflib import Graph as RdfGraph
from rdflib import URIRef

from tests.conftest import Ask

VOID = "http://rdfs.org/ns/void#"


def described(client: FlaskClient) -> RdfGraph:
    answer = client.get("/.well-known/void", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")
    return RdfGraph().parse(data=answer.data, format="turtle")


def partitions(graph: RdfGraph, what: str, counted: str) -> dict[str, int]:
    found = {}
    for part in graph.objects(None, URIRef(f"{VOID}{what}Partition")):
        term, count = (
            graph.value(part, URIRef(VOID + what)),
            graph.value(part, URIRef(VOID + counted)),
        )
        found[str(term)] = int(str(count))
    return found


@pytest.mark.parametrize(
    ("what", "counted", "query"),
    [
        ("class", "entities", "SELECT (STR(?c) AS ?t) (COUNT(*) AS ?n) { ?x a ?c } GROUP BY ?c"),
        ("property", "triples", "SELECT (STR(?p) AS ?t) (COUNT(*) AS ?n) { ?x ?p ?y } GROUP BY ?p"),
    ],
)
def test_partitions_are_what_select_count_says(
    client: FlaskClient, ask: Ask, what: str, counted: str, query: str
) -> None:
    stated = partitions(described(client), what, counted)
    assert stated == {term: int(number) for term, number in ask(query)}


def test_totals_and_the_endpoint_are_stated(client: FlaskClient, ask: Ask) -> None:
    graph = described(client)
    [(total,)] = ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    dataset = URIRef("https://w3id.org/calcguide/dataset")
    assert str(graph.value(dataset, URIRef(VOID + "triples"))) == total
    endpoint = graph.value(dataset, URIRef(VOID + "sparqlEndpoint"))
    assert endpoint == URIRef("http://localhost/sparql")
