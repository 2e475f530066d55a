"""What the endpoint says of itself: SPARQL 1.1 Service Description."""

import functools
from collections.abc import Iterator
from typing import Final

from flask import Response, request
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from calcguide import terms
from calcguide.dataset import Dataset, Node
from calcguide.errors import NotAcceptable
from calcguide.formats import GRAPH_FORMATS, SOLUTION_FORMATS, Format
from calcguide.views.negotiation import negotiate
from calcguide.views.site import site

_FORMAT_NAMES: Final = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nt": "N-Triples",
    "rdf": "RDF_XML",
}
"""Local names in the W3C's list of formats, https://www.w3.org/ns/formats/."""


def service_description(format: str | None) -> Response:
    """Return the description in one of the RDF formats: the one named, else negotiated.

    Raises NotAcceptable where there is none that the client takes.
    """
    if format is None:
        best = negotiate(request.headers.get("Accept"), GRAPH_FORMATS)
    else:
        best = _named(format)
    body = best.write(_description(), site().dataset.context)
    response = Response(body, content_type=best.content_type)
    if format is None:
        response.vary.add("Accept")
    return response


def _named(name: str) -> Format:
    for format in GRAPH_FORMATS:
        if format.name == name:
            return format
    raise NotAcceptable([format.media_type for format in GRAPH_FORMATS])


def _description() -> Iterator[Triple]:
    dataset = site().dataset
    url = NamedNode(f"{site().public_url}/sparql")
    described = dataset.iri("dataset")
    disclaimer = dataset.value(described, NamedNode(terms.CALC + "disclaimer"))
    if disclaimer is not None:
        yield Triple(url, NamedNode(terms.CALC + "disclaimer"), disclaimer)
    yield Triple(url, terms.RDF_TYPE, _sd("Service"))
    yield Triple(url, _sd("endpoint"), url)
    yield Triple(url, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    for format in (*SOLUTION_FORMATS, *GRAPH_FORMATS):
        name = NamedNode(terms.FORMATS + _FORMAT_NAMES[format.name])
        yield Triple(url, _sd("resultFormat"), name)
    yield Triple(url, _sd("defaultEntailmentRegime"), NamedNode(terms.ENT + "Simple"))
    limits = Literal(site().limits, language="en")
    yield Triple(url, NamedNode(terms.RDFS + "comment"), limits)
    yield Triple(url, _sd("defaultDataset"), described)
    yield Triple(described, terms.RDF_TYPE, _sd("Dataset"))
    yield from _graphs(dataset, described)


@functools.lru_cache(maxsize=1)
def _graphs(dataset: Dataset, described: NamedNode) -> tuple[Triple, ...]:
    """The default graph and each named one with its count."""
    in_default = dataset.statistics.triples
    found = _graph(described, "defaultGraph", BlankNode("default-graph"), in_default)
    for number, count in enumerate(dataset.named_graphs(), 1):
        named, graph = BlankNode(f"named-graph-{number}"), BlankNode(f"graph-{number}")
        found += [
            Triple(described, _sd("namedGraph"), named),
            Triple(named, terms.RDF_TYPE, _sd("NamedGraph")),
            Triple(named, _sd("name"), NamedNode(count.iri)),
            *_graph(named, "graph", graph, count.statements),
        ]
    return tuple(found)


def _graph(subject: Node, link: str, graph: BlankNode, statements: int) -> list[Triple]:
    return [
        Triple(subject, _sd(link), graph),
        Triple(graph, terms.RDF_TYPE, _sd("Graph")),
        Triple(graph, NamedNode(terms.VOID + "triples"), Literal(statements)),
    ]


def _sd(name: str) -> NamedNode:
    return NamedNode(terms.SD + name)
