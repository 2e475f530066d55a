"""An IRI names the thing, IRI + suffix is a document about it: linked data over HTTP."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, Triple, parse
from rdflib import Graph
from rdflib.compare import to_isomorphic

from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.formats import DOCUMENT_FORMATS, GRAPH_FORMATS, HTML, Format
from tests.conftest import REPOSITORY

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


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("format", DOCUMENT_FORMATS, ids=lambda f: f.name)
def test_a_thing_redirects_to_the_document_that_is_accepted(
    client: FlaskClient, thing: str, format: Format
) -> None:
    answer = client.get(f"/{thing}", headers={"Accept": format.media_type})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://localhost/{thing}.{format.suffix}"
    assert answer.headers["Vary"] == "Accept"
    followed = client.get(f"/{thing}.{format.suffix}")
    assert followed.status_code == 200
    assert followed.mimetype == format.media_type


def test_a_suffix_beats_accept(client: FlaskClient) -> None:
    answer = client.get("/id/shoulder.nt", headers={"Accept": "text/html"})
    assert answer.mimetype == "application/n-triples"


@pytest.mark.parametrize("path", ["id/knee", "claim/c999", "passage/nowhere/p1", "question/faq-9"])
@pytest.mark.parametrize("suffix", ["", ".ttl", ".html", ".jsonld"])
def test_an_unknown_name_is_not_found(client: FlaskClient, path: str, suffix: str) -> None:
    for accept, media_type in [
        ("text/turtle", "application/problem+json"),
        ("text/html", "text/html"),
    ]:
        answer = client.get(f"/{path}{suffix}", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (404, media_type)
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_unknown_name_that_is_near_a_known_one_is_answered_with_it(client: FlaskClient) -> None:
    answer = client.get("/id/calcific-tendinitis", headers={"Accept": "text/turtle"})
    assert answer.json is not None
    assert answer.json["didYouMean"][0] == "id/calcific-tendonitis"
    page = client.get("/id/calcific-tendinitis", headers={"Accept": "text/html"})
    assert b'href="/id/calcific-tendonitis"' in page.data


def test_what_no_format_fits_is_refused_with_the_list(client: FlaskClient) -> None:
    answer = client.get("/id/shoulder", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert answer.json is not None
    assert "text/turtle" in answer.json["offered"]


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


@pytest.mark.parametrize("path", ["ontology", "shapes", "dataset", "graph/facts"])
def test_a_document_by_name_answers_itself(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/{path}", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")
    assert answer.headers["Vary"] == "Accept"
    assert client.get(f"/{path}.nt").mimetype == "application/n-triples"


@pytest.mark.parametrize("path", ["/id/shoulder.ttl", "/id/shoulder.html", "/ontology.ttl"])
def test_a_second_request_with_the_etag_transfers_nothing(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/id/shoulder", "/id/shoulder.ttl", "/id/shoulder.html", "/id/no"]
)
def test_head_answers_as_get_does(client: FlaskClient, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.data == b""
    assert head.status_code == get.status_code
    for answer in (get, head):
        del answer.headers["X-Request-Id"]
    assert dict(head.headers) == dict(get.headers)


def test_a_method_that_is_not_offered_is_refused_with_those_that_are(client: FlaskClient) -> None:
    answer = client.delete("/id/shoulder")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


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


def test_the_page_format_is_the_first_on_offer() -> None:
    assert DOCUMENT_FORMATS[0] is HTML
    assert Path(GOLDEN).name == "golden"
