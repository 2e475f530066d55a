"""The dataset describes itself: VoID with counts that a query confirms."""

import pyshacl
import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, RDF, SH, URIRef
from rdflib import Graph as RdfGraph

from calcguide.files import Root, published
from calcguide.terms import BASE, CALC
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


def test_what_is_served_of_the_dataset_conforms_to_the_shapes(client: FlaskClient) -> None:
    """The downloads are described by the server, so validation of the files does not see them."""
    shapes = RdfGraph().parse(Root(published()).glob("shapes/dataset.ttl")[0])
    served = described(client)
    # The shape asks for the class of the source, which the description of the dataset leaves out.
    served.add((URIRef(BASE + "id/guide"), RDF.type, URIRef(CALC + "Guide")))
    assert len(set(served.subjects(RDF.type, DCAT.Distribution))) > 20
    conforms, _, text = pyshacl.validate(served, shacl_graph=shapes)
    assert conforms, text
    downloads = set(served.objects(None, DCAT.downloadURL))
    served.remove((None, DCAT.byteSize, None))
    _, report, _ = pyshacl.validate(served, shacl_graph=shapes)
    assert isinstance(report, RdfGraph)
    assert len(set(report.subjects(RDF.type, SH.ValidationResult))) == len(downloads)


def test_each_example_resource_is_a_name_that_answers(client: FlaskClient) -> None:
    graph = described(client)
    examples = {str(o) for o in graph.objects(None, URIRef(VOID + "exampleResource"))}
    kinds = {example.removeprefix(BASE).split("/")[0] for example in examples}
    assert kinds == {"id", "claim", "passage", "question"}
    for example in examples:
        assert client.get("/" + example.removeprefix(BASE)).status_code == 303
