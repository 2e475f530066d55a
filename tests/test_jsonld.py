"""Compact JSON-LD: the keys come from the ontology, and every document reads back as it was."""

import json
import random
from collections.abc import Iterable

import pytest
from flask.testing import FlaskClient
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)
from pyoxigraph import Dataset as Quads
from rdflib import Graph
from rdflib.compare import to_isomorphic

from calcguide import jsonld, terms
from calcguide.dataset import Dataset
from calcguide.errors import NotAcceptable
from calcguide.formats import JSON_LD, N_TRIPLES
from tests.conftest import Ask

SAMPLE = [
    *("id/calcific-tendonitis", "claim/c144", "passage/comparison/r1c3", "question/faq-4"),
    *("section/comparison", "collection/comparison", "activity/coding-1", "dataset"),
    *("query/two-kinds-side-by-side", "graph/background", "ontology"),
]


def _same(one: Iterable[Triple], other: Iterable[Triple]) -> bool:
    """Whether two graphs differ in the names of unnamed nodes at most."""
    graphs = [Quads(Quad(*triple) for triple in found) for found in (one, other)]
    for graph in graphs:
        graph.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return bool(graphs[0] == graphs[1])


def _paths(guide: Dataset) -> list[str]:
    """The path of every thing and every document."""
    named = {quad.subject.value for quad in guide.store if isinstance(quad.subject, NamedNode)}
    paths = {path for iri in named if (path := guide.path(iri)) and "#" not in path}
    kinds = (*terms.THING_KINDS, *terms.DOCUMENT_KINDS)
    return sorted(path for path in paths if path.split("/")[0] in kinds)


def test_every_document_reads_back_as_the_statements_that_it_was_made_of(guide: Dataset) -> None:
    paths = _paths(guide)
    assert len(paths) > 600
    differing = []
    for path in paths:
        quads = guide.document(guide.base + path)
        read = parse(JSON_LD.write(quads, guide.context), format=RdfFormat.JSON_LD)
        if not _same({quad.triple for quad in quads}, (quad.triple for quad in read)):
            differing.append(path)
    assert differing == []


def _differs_for_rdflib(guide: Dataset, path: str) -> bool:
    quads = guide.document(guide.base + path)
    compact = Graph().parse(data=JSON_LD.write(quads, guide.context), format="json-ld")
    plain = Graph().parse(data=N_TRIPLES.write(quads, guide.context), format="nt")
    return bool(to_isomorphic(compact) != to_isomorphic(plain))


@pytest.mark.parametrize("path", SAMPLE)
def test_rdflib_reads_a_document_as_it_was(guide: Dataset, path: str) -> None:
    assert not _differs_for_rdflib(guide, path)


@pytest.mark.slow
def test_rdflib_reads_every_document_as_it_was(guide: Dataset) -> None:
    assert [path for path in _paths(guide) if _differs_for_rdflib(guide, path)] == []


def test_a_document_embeds_that_part_of_the_published_context_that_it_uses(
    client: FlaskClient, guide: Dataset
) -> None:
    answer = client.get("/context.jsonld")
    assert (answer.status_code, answer.mimetype) == (200, "application/ld+json")
    published = json.loads(answer.data)["@context"]
    for path in SAMPLE:
        document = json.loads(client.get(f"/{path}.jsonld").data)
        context = document["@context"]
        assert context.items() <= published.items(), path
        text = json.dumps(document["@graph"])
        keys = [name for name, term in context.items() if name not in guide.prefixes]
        assert [key for key in keys if f'"{key}":' not in text] == [], path


def test_each_property_of_the_ontology_has_its_local_name_for_a_key(
    ask: Ask, guide: Dataset
) -> None:
    rows = ask(
        "SELECT DISTINCT (STR(?p) AS ?iri) { ?p a ?kind . FILTER(STRSTARTS(STR(?p), STR(calc:))) "
        "VALUES ?kind { owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty } }"
    )
    names = {iri: key.name for iri, key in guide.context.keys.items()}
    assert {names[iri] for (iri,) in rows} == {iri.split("#")[1] for (iri,) in rows}
    assert len(rows) > 60


@pytest.mark.parametrize(
    ("key", "definition"),
    [
        ("occursIn", {"@id": "calc:occursIn", "@type": "@id"}),
        ("shortAnswer", {"@id": "calc:shortAnswer", "@language": "en"}),
        ("ordinal", {"@id": "calc:ordinal", "@type": "xsd:integer"}),
        ("reconstructed", {"@id": "calc:reconstructed", "@type": "xsd:boolean"}),
        ("sha256", "calc:sha256"),
        ("hasSelector", {"@id": "oa:hasSelector", "@type": "@id"}),
        ("prefLabel", {"@id": "skos:prefLabel", "@language": "en"}),
        ("label", {"@id": "rdfs:label", "@language": "en"}),
        ("created", {"@id": "dct:created", "@type": "xsd:date"}),
        ("calc", terms.CALC),
    ],
)
def test_the_context_says_what_the_values_are(guide: Dataset, key: str, definition: object) -> None:
    assert guide.context.definitions()[key] == definition


def test_a_document_reads_like_json(client: FlaskClient) -> None:
    nodes = json.loads(client.get("/passage/comparison/r1c3.jsonld").data)["@graph"]
    [passage] = [node for node in nodes if node["@id"] == "passage:comparison/r1c3"]
    assert passage["@type"] == ["oa:SpecificResource", "calc:Passage"]
    assert passage["hasSelector"] == {
        "@type": "oa:TextPositionSelector",
        "end": 7071,
        "start": 7032,
    }
    assert passage["hasSource"] == "id:guide"
    assert isinstance(passage["ordinal"], int)


def test_what_a_query_constructs_stays_expanded(client: FlaskClient) -> None:
    query = "CONSTRUCT { ?s rdfs:label ?o } WHERE { ?s rdfs:label ?o } LIMIT 1".replace(
        "rdfs:label", f"<{terms.RDFS}label>"
    )
    answer = client.get("/sparql", query_string={"query": query, "format": "jsonld"})
    [node] = json.loads(answer.data)
    assert node.keys() == {"@id", f"{terms.RDFS}label"}


# Statements of every sort, written and read

E = "http://example.com/"
P, Q = NamedNode(E + "p"), NamedNode(E + "q")
S = NamedNode(E + "s")
LINK, TEXT, DAY, COUNT = (NamedNode(f"{E}{name}") for name in ("link", "text", "day", "count"))
FIRST, REST, NIL = (NamedNode(terms.RDF + name) for name in ("first", "rest", "nil"))
A, B, C = BlankNode("a"), BlankNode("b"), BlankNode("c")
CONTEXT = jsonld.Context(
    {"ex": E, "xsd": terms.XSD, "rdf": terms.RDF},
    {
        key.iri: key
        for key in (
            jsonld.Key("link", LINK.value, type="@id"),
            jsonld.Key("text", TEXT.value, language="en"),
            jsonld.Key("day", DAY.value, type=terms.XSD + "date"),
            jsonld.Key("count", COUNT.value, type=terms.XSD + "integer"),
        )
    },
)


def _typed(value: str, type: str) -> Literal:
    return Literal(value, datatype=NamedNode(terms.XSD + type))


def _list(name: str, *members: NamedNode | BlankNode | Literal) -> list[Triple]:
    """An RDF list whose cells are named after it."""
    cells = [BlankNode(f"{name}{number}") for number in range(len(members))]
    rests: list[NamedNode | BlankNode] = [*cells[1:], NIL]
    found = []
    for cell, member, rest in zip(cells, members, rests, strict=True):
        found += [Triple(cell, FIRST, member), Triple(cell, REST, rest)]
    return found


@pytest.mark.parametrize(
    ("triple", "value"),
    [
        (Triple(S, LINK, P), "ex:p"),
        (Triple(S, LINK, A), "_:a"),
        (Triple(S, LINK, Literal("ex:p")), {"@value": "ex:p"}),
        (Triple(S, LINK, Literal(5)), {"@type": "xsd:integer", "@value": "5"}),
        (Triple(S, P, Q), {"@id": "ex:q"}),
        (Triple(S, P, Literal("x")), "x"),
        (Triple(S, P, Literal("x", language="en")), {"@language": "en", "@value": "x"}),
        (Triple(S, P, Literal(5)), 5),
        (Triple(S, P, Literal(-5)), -5),
        (Triple(S, P, _typed("05", "integer")), {"@type": "xsd:integer", "@value": "05"}),
        (Triple(S, P, _typed("9" * 20, "integer")), {"@type": "xsd:integer", "@value": "9" * 20}),
        (Triple(S, P, Literal(True)), True),
        (Triple(S, P, _typed("1", "boolean")), {"@type": "xsd:boolean", "@value": "1"}),
        (Triple(S, P, _typed("1.50", "decimal")), {"@type": "xsd:decimal", "@value": "1.50"}),
        (Triple(S, P, _typed("2026-11-22", "date")), {"@type": "xsd:date", "@value": "2026-11-22"}),
        (Triple(S, TEXT, Literal("x", language="en")), "x"),
        (Triple(S, TEXT, Literal("x", language="de")), {"@language": "de", "@value": "x"}),
        (Triple(S, TEXT, Literal("x")), {"@value": "x"}),
        (Triple(S, TEXT, Literal(5)), 5),
        (Triple(S, TEXT, P), {"@id": "ex:p"}),
        (Triple(S, DAY, _typed("2026-11-22", "date")), "2026-11-22"),
        (Triple(S, DAY, Literal("today")), {"@value": "today"}),
        (Triple(S, DAY, Literal(True)), {"@type": "xsd:boolean", "@value": "true"}),
        (Triple(S, COUNT, Literal(5)), 5),
        (Triple(S, COUNT, _typed("05", "integer")), "05"),
        (Triple(S, P, NIL), {"@list": []}),
        (Triple(S, P, NamedNode(E)), {"@id": E}),
        (Triple(S, P, NamedNode("urn:x:y")), {"@id": "urn:x:y"}),
    ],
    ids=str,
)
def test_a_value_takes_its_shortest_form_that_reads_back(triple: Triple, value: object) -> None:
    text = jsonld.write([triple], CONTEXT)
    [node] = json.loads(text)["@graph"]
    [key] = node.keys() - {"@id"}
    assert node[key] == value
    assert _same([triple], (quad.triple for quad in parse(text, format=RdfFormat.JSON_LD)))
    compact = to_isomorphic(Graph().parse(data=text, format="json-ld"))
    assert compact == to_isomorphic(Graph().parse(data=f"{triple} .", format="nt"))


GRAPHS = {
    "an unnamed node inside the one that mentions it": [Triple(S, P, A), Triple(A, Q, Literal(1))],
    "inside one another": [Triple(S, P, A), Triple(A, P, B), Triple(B, Q, Literal(1))],
    "mentioned twice": [Triple(S, P, A), Triple(S, Q, A), Triple(A, Q, Literal(1))],
    "mentioned by none": [Triple(A, Q, Literal(1)), Triple(B, Q, Literal(2))],
    "mentioned and silent": [Triple(S, P, A), Triple(S, P, B)],
    "a circle": [Triple(A, P, B), Triple(B, P, A)],
    "a circle with a tail": [Triple(A, P, B), Triple(B, P, A), Triple(B, Q, C), Triple(C, P, S)],
    "a circle of one": [Triple(A, P, A)],
    "a list": [Triple(S, P, BlankNode("l0")), *_list("l", Q, Literal(1), Literal("x"))],
    "a list under a link": [Triple(S, LINK, BlankNode("l0")), *_list("l", Q, A, Literal("x"))],
    "a list of lists": [
        Triple(S, P, BlankNode("l0")),
        *_list("l", BlankNode("m0"), NIL, Q),
        *_list("m", Literal(1), A),
        Triple(A, Q, Literal(2)),
    ],
    "two lists of one thing": [
        Triple(S, P, BlankNode("l0")),
        Triple(S, P, BlankNode("m0")),
        *_list("l", Literal(1)),
        *_list("m", Literal(2)),
    ],
    "a list that two things share": [
        Triple(S, P, BlankNode("l0")),
        Triple(Q, P, BlankNode("l0")),
        *_list("l", Literal(1), Literal(2)),
    ],
    "a list by itself": _list("l", Literal(1), Literal(2)),
    "a list with more to say": [
        Triple(S, P, BlankNode("l0")),
        *_list("l", Literal(1), Literal(2)),
        Triple(BlankNode("l1"), Q, Literal("more")),
    ],
    "a list without an end": [Triple(S, P, A), Triple(A, FIRST, Literal(1)), Triple(A, REST, Q)],
    "a list that forks": [
        Triple(S, P, A),
        Triple(A, FIRST, Literal(1)),
        Triple(A, FIRST, Literal(2)),
        Triple(A, REST, NIL),
    ],
    "a list that begins in a circle": [
        Triple(A, FIRST, Literal(1)),
        Triple(A, REST, B),
        Triple(B, FIRST, Literal(2)),
        Triple(B, REST, A),
    ],
    "a long list": [Triple(S, P, BlankNode("l0")), *_list("l", *map(Literal, range(100)))],
    "nested forty deep": [Triple(BlankNode(f"n{n}"), P, BlankNode(f"n{n + 1}")) for n in range(40)],
    "lists forty deep": [
        triple
        for n in range(40)
        for triple in _list(f"d{n}x", Literal(n), BlankNode(f"d{n + 1}x0") if n < 39 else NIL)
    ],
    "types of every sort": [
        Triple(S, terms.RDF_TYPE, P),
        Triple(S, terms.RDF_TYPE, Q),
        Triple(Q, terms.RDF_TYPE, A),
        Triple(Q, terms.RDF_TYPE, P),
        Triple(P, terms.RDF_TYPE, Literal("a class")),
    ],
    "an address that begins like a prefix": [Triple(NamedNode("ex:y"), P, NamedNode("xsd:z"))],
    "an address that begins like a key": [Triple(S, LINK, NamedNode("link:z"))],
    "an address with two slashes behind its namespace": [Triple(S, P, NamedNode(E + "//z"))],
    "a property that is called like a keyword": [
        Triple(S, NamedNode(E + "@id"), Literal(1)),
        Triple(S, NamedNode(E + "@type"), Q),
    ],
    "signs that JSON escapes": [Triple(S, P, Literal('"\\\n\t\x01\U0001f9b4 </script>'))],
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS.keys())
def test_statements_of_every_sort_read_back(graph: list[Triple]) -> None:
    text = jsonld.write(graph, CONTEXT)
    assert _same(graph, (quad.triple for quad in parse(text, format=RdfFormat.JSON_LD)))
    compact = to_isomorphic(Graph().parse(data=text, format="json-ld"))
    plain = "".join(f"{triple} .\n" for triple in graph)
    assert compact == to_isomorphic(Graph().parse(data=plain, format="nt"))


def test_nodes_nest_only_as_deep_as_parsers_bear() -> None:
    chain = [Triple(BlankNode(f"n{n}"), P, BlankNode(f"n{n + 1}")) for n in range(5000)]
    text = jsonld.write(chain, CONTEXT)
    indents = [len(line) - len(line.lstrip()) for line in text.splitlines()]
    assert max(indents) < 50
    assert sum(1 for _ in parse(text, format=RdfFormat.JSON_LD)) == 5000


def test_the_same_statements_give_the_same_text(guide: Dataset) -> None:
    quads = guide.document(guide.base + "shapes")
    first = JSON_LD.write(quads, guide.context)
    random.Random(1).shuffle(quads)
    assert JSON_LD.write(quads, guide.context) == first


def test_a_statement_about_a_statement_is_refused_and_not_left_out() -> None:
    with pytest.raises(NotAcceptable, match=r"JSON-LD 1\.1 cannot hold"):
        jsonld.write([Triple(S, P, Triple(S, P, Q))], CONTEXT)


def test_a_context_is_made_of_whatever_ontology_there_is() -> None:
    own, other = NamedNode(E + "o#title"), NamedNode(E + "other/title")
    quads = [
        Quad(
            NamedNode(E + "o"), NamedNode(terms.VANN + "preferredNamespaceUri"), Literal(E + "o#")
        ),
        Quad(other, terms.RDF_TYPE, NamedNode(terms.OWL + "ObjectProperty")),
        Quad(own, terms.RDF_TYPE, NamedNode(terms.OWL + "DatatypeProperty")),
        Quad(own, NamedNode(terms.RDFS + "range"), NamedNode(terms.XSD + "gYear")),
        Quad(NamedNode(E + "o#@id"), terms.RDF_TYPE, NamedNode(terms.OWL + "ObjectProperty")),
        Quad(NamedNode(E + "o#ex"), terms.RDF_TYPE, NamedNode(terms.OWL + "ObjectProperty")),
    ]
    context = jsonld.make_context(quads, {"ex": E})
    assert context.keys[own.value] == jsonld.Key("title", own.value, type=terms.XSD + "gYear")
    assert other.value not in context.keys
    assert not {E + "o#@id", E + "o#ex"} & context.keys.keys()
    assert jsonld.make_context([], {}).keys[terms.RDFS + "label"].language == "en"
