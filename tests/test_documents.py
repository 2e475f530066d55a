"""An IRI names the thing, IRI + suffix is a document about it: linked data over HTTP."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse
from rdflib import Graph
from rdflib.compare import to_isomorphic

from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.worked_questions import worked_questions
from calcguide.formats import DOCUMENT_FORMATS, GRAPH_FORMATS, HTML, Format
from calcguide.settings import Settings
from calcguide.terms import BASE
from tests.conftest import REPOSITORY
from tests.markup import read

GOLDEN = REPOSITORY / "tests" / "golden"
THINGS = [
    "id/calcific-tendonitis",
    "id/calcification",
    "id/shoulder",
    "id/eswt",
    "claim/c144",
    "passage/comparison/r1c3",
    "question/faq-4",
    "section/comparison",
    "collection/comparison",
    "activity/coding-1",
]
PARSERS = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}


def test_an_unknown_name_that_is_near_a_known_one_is_answered_with_it(client: FlaskClient) -> None:
    answer = client.get("/id/calcific-tendinitis", headers={"Accept": "text/turtle"})
    assert answer.json is not None
    assert answer.json["didYouMean"][0] == "id/calcific-tendonitis"
    page = client.get("/id/calcific-tendinitis", headers={"Accept": "text/html"})
    assert b'href="/id/calcific-tendonitis"' in page.data


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("format", GRAPH_FORMATS, ids=lambda f: f.name)
def test_a_document_says_what_the_store_says(
    client: FlaskClient, guide: Dataset, thing: str, format: Format
) -> None:
    served = Graph().parse(
        data=client.get(f"/{thing}.{format.suffix}").data, format=PARSERS[format.name]
    )
    nt = "".join(f"{quad.triple} .\n" for quad in guide.document(guide.base + thing))
    assert to_isomorphic(served) == to_isomorphic(Graph().parse(data=nt, format="nt"))


@pytest.mark.parametrize("thing", THINGS)
def test_a_document_has_every_statement_about_its_thing_and_nothing_else_than_the_store(
    guide: Dataset, thing: str
) -> None:
    node = NamedNode(guide.base + thing)
    document = {quad.triple for quad in guide.document(node.value)}
    stored = {
        quad.triple for quad in guide.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)
    }
    assert document <= stored
    about = {t for t in stored if node in (t.subject, t.object)}
    assert about <= document


@pytest.mark.parametrize("thing", THINGS)
def test_a_document_names_whatever_it_mentions(guide: Dataset, thing: str) -> None:
    document = [quad.triple for quad in guide.document(guide.base + thing)]
    labelled = {t.subject for t in document if t.predicate.value.endswith(("abel", "title"))}
    mentioned = {
        t.object
        for t in document
        if isinstance(t.object, NamedNode) and t.object.value.startswith(guide.base + "id/")
    }
    assert mentioned <= labelled


def test_trig_keeps_the_graphs_apart(client: FlaskClient, guide: Dataset) -> None:
    quads = list(parse(client.get("/id/shoulder.trig").data, format=RdfFormat.TRIG))
    inverse = Triple(
        guide.iri("id/shoulder"),
        NamedNode("https://w3id.org/calcguide/ontology#locationOf"),
        guide.iri("id/calcific-tendonitis"),
    )
    found = {q.graph_name for q in quads if q.triple == inverse}
    assert found == {guide.graph("entailed"), DEFAULT_GRAPH}


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
@pytest.mark.parametrize("slug", ["fruit", "hip", "placebo-effect"])
def test_documents_are_as_they_were(
    client: FlaskClient, request: pytest.FixtureRequest, slug: str, suffix: str
) -> None:
    golden = GOLDEN / f"{slug}.{suffix}"
    served = client.get(f"/id/{slug}.{suffix}").data
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(served)
    assert served == golden.read_bytes(), (
        f"{golden.name} differs: run scripts/test --update-golden if that is meant"
    )


@pytest.mark.parametrize("bad", ["%FF", "a%FFb", "%C3", "%zz", "100%"])
@pytest.mark.parametrize(
    "asked",
    [
        "/graph-store?graph=https://w3id.org/calcguide/graph/facts",
        "/describe?iri=https://w3id.org/calcguide/id/hip",
        "/search?q=hip",
        "/suggest?q=hip",
        "/sparql?query=ASK",
        "/?place=hip",
    ],
)
def test_parameters_are_refused_where_they_are_ill_formed_and_never_guessed_at(
    client: FlaskClient, asked: str, bad: str
) -> None:
    answer = client.get(asked + bad)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert "UTF-8" in answer.text or "percent-encoding" in answer.text


CONTROL, RETURN, NUMBER = (
    f"https://example.org/{name}" for name in ("control", "return", "number")
)


@pytest.fixture(scope="module")
def awkward() -> FlaskClient:
    """Other people's data, with what XML cannot hold, or a reader would change."""
    store = Store()
    for subject, predicate, text in [
        (CONTROL, "https://example.org/p", "a\x01b"),
        (RETURN, "https://example.org/p", "a\rb\r\n"),
        (NUMBER, "https://example.org/1", "a property whose name no element can have"),
    ]:
        store.add(Quad(NamedNode(subject), NamedNode(predicate), Literal(text)))
    return create_app(Dataset(store, BASE), Settings.read({}, access_log="off")).test_client()


@pytest.mark.parametrize("iri", [CONTROL, NUMBER])
def test_what_xml_cannot_hold_is_refused_and_given_otherwise(
    awkward: FlaskClient, iri: str
) -> None:
    answers = {
        format.name: awkward.get(
            "/describe", query_string={"iri": iri}, headers={"Accept": format.media_type}
        )
        for format in DOCUMENT_FORMATS
    }
    assert {name for name, answer in answers.items() if answer.status_code != 200} == {"rdf"}
    refused = answers["rdf"]
    assert refused.status_code == 406
    assert refused.json is not None
    assert "XML cannot hold this" in refused.json["detail"]
    assert "text/turtle" in refused.json["offered"]
    assert "application/rdf+xml" not in refused.json["offered"]


def test_a_carriage_return_survives_xml(awkward: FlaskClient) -> None:
    accept = {"Accept": "application/rdf+xml"}
    answer = awkward.get("/describe", query_string={"iri": RETURN}, headers=accept)
    [text] = Graph().parse(data=answer.data, format="xml").objects()
    assert str(text) == "a\rb\r\n"


def test_the_document_of_the_queries_has_a_name_and_lists_them(
    client: FlaskClient, guide: Dataset
) -> None:
    page = read(client.get("/queries", headers={"Accept": "text/html"}).text)
    assert page.all("h1")[0].text == "Example queries"
    assert page.all("p", **{"class": "lead"})[0].text.startswith("Worked example queries")
    examples = worked_questions(guide)
    assert len(examples) > 50
    links = {link.text for link in page.all("main")[0].all("a")}
    assert {example.question for example in examples} <= links
    assert "What leads to it" not in [heading.text for heading in page.all("h2")]


def test_the_page_format_is_the_first_on_offer() -> None:
    assert DOCUMENT_FORMATS[0] is HTML
    assert Path(GOLDEN).name == "golden"
