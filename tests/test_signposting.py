"""Signposts lead from a page to all formats, its IRI, its licence; header and head say the same."""

import re

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.formats import DATASET_FORMATS, GRAPH_FORMATS
from calcguide.release import release_of
from calcguide.settings import Settings
from tests.markup import read

RDF_TYPES = {format.media_type for format in (*GRAPH_FORMATS, *DATASET_FORMATS)}
PAGES = [
    "id/calcific-tendonitis",
    "id/shoulder",
    "claim/c144",
    "passage/comparison/r1c3",
    "question/faq-1",
    "section/comparison",
    "query/causes-of-hypercalcemia",
    "ontology",
    "shapes",
    "dataset",
    "graph/facts",
]
RELATIONS = ("canonical", "cite-as", "describedby", "type", "license", "item", "collection")
Link = tuple[str, str, str]


def links(header: str) -> list[Link]:
    """The links of a header as (relation, target, media type)."""
    found = re.findall(r'<([^<>]*)>; rel="([a-z-]+)"(?:; type="([^"]+)")?(?:, |$)', header)
    assert len(found) == header.count("<"), header
    return [(relation, target, media_type) for target, relation, media_type in found]


def of(client: FlaskClient, path: str) -> list[Link]:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return links(answer.headers["Link"])


def targets(found: list[Link], relation: str) -> list[str]:
    return [target for rel, target, _ in found if rel == relation]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_leads_to_its_iri_its_formats_its_licence_and_its_dataset(
    client: FlaskClient, path: str
) -> None:
    found = of(client, f"/{path}.html")
    assert targets(found, "cite-as") == [terms.BASE + path]
    assert targets(found, "canonical") == [f"http://localhost/{path}.html"]
    assert targets(found, "license") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert targets(found, "type")[0] == "https://schema.org/AboutPage"
    whole = [] if path == "dataset" else ["http://localhost/dataset.html"]
    assert targets(found, "collection") == whole
    described = [link for link in found if link[0] == "describedby"]
    assert {media_type for _, _, media_type in described} == RDF_TYPES
    for _, target, media_type in described:
        assert client.get(target).mimetype == media_type


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("id/calcific-tendonitis", "MedicalCondition"),
        ("claim/c144", "Claim"),
        ("question/faq-1", "Question"),
        ("ontology", "DefinedTermSet"),
        ("dataset", "Dataset"),
        ("graph/facts", "Dataset"),
    ],
)
def test_a_page_says_of_what_type_its_thing_is(client: FlaskClient, path: str, type: str) -> None:
    assert targets(of(client, f"/{path}.html"), "type")[1:] == [f"https://schema.org/{type}"]


@pytest.mark.parametrize("path", ["id/shoulder", "claim/c144", "dataset", "graph/facts"])
@pytest.mark.parametrize("format", (*GRAPH_FORMATS, *DATASET_FORMATS), ids=lambda f: f.name)
def test_a_document_leads_back_to_the_page(client: FlaskClient, path: str, format: object) -> None:
    suffix = getattr(format, "suffix", "")
    found = of(client, f"/{path}.{suffix}")
    assert ("describes", f"http://localhost/{path}.html", "text/html") in found
    assert targets(found, "cite-as") == [terms.BASE + path]
    assert targets(found, "canonical") == [f"http://localhost/{path}.{suffix}"]
    assert len(targets(found, "license")) == 1


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/questions", "FAQPage"),
        ("/browse", "CollectionPage"),
        ("/browse/types", "CollectionPage"),
        ("/search?q=hip", "SearchResultsPage"),
        ("/about", "WebPage"),
        ("/sparql", "WebPage"),
    ],
)
def test_a_page_about_no_one_thing_has_an_address_a_type_and_a_licence(
    client: FlaskClient, path: str, type: str
) -> None:
    found = of(client, path)
    assert targets(found, "canonical") == ["http://localhost" + path.partition("?")[0]]
    assert targets(found, "type") == [f"https://schema.org/{type}"]
    assert len(targets(found, "license")) == 1
    assert targets(found, "collection") == ["http://localhost/dataset.html"]


def test_the_first_page_is_about_the_dataset(client: FlaskClient) -> None:
    found = of(client, "/?place=kidney")
    assert targets(found, "canonical") == ["http://localhost/"]
    assert targets(found, "cite-as") == [terms.BASE + "dataset"]
    assert "http://localhost/dataset.ttl" in targets(found, "describedby")


def test_the_page_of_the_dataset_leads_to_its_downloads(
    client: FlaskClient, guide: Dataset
) -> None:
    items = [link for link in of(client, "/dataset") if link[0] == "item"]
    release = release_of(guide)
    assert release is not None
    assert {target.rsplit("/", 1)[-1] for _, target, _ in items} == {
        file.name
        for part in release.parts
        if part.of == guide.iri("dataset")
        for file in part.distributions
    }
    for _, target, media_type in items:
        assert client.get(target).mimetype == media_type
    [of_graph] = targets(of(client, "/graph/facts"), "item")
    assert of_graph == "http://localhost/dumps/graph-facts.ttl"


@pytest.mark.parametrize(
    "path", [*(f"/{path}.html" for path in PAGES), "/", "/questions", "/search", "/data", "/sparql"]
)
def test_the_head_of_a_page_says_what_the_header_says(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    head = read(answer.text).all("head")[0]
    in_head = [(e["rel"], e["href"], e["type"]) for e in head.all("link") if e["rel"] in RELATIONS]
    assert in_head == links(answer.headers["Link"])


def test_what_is_not_there_leads_nowhere(client: FlaskClient) -> None:
    answer = client.get("/id/nothing", headers={"Accept": "text/html"})
    assert "Link" not in answer.headers
    assert read(answer.text).all("link", rel="canonical") == []


@pytest.mark.parametrize("path", ["/health/live", "/search.json", "/robots.txt", "/openapi.json"])
def test_what_is_neither_page_nor_document_has_no_signposts(client: FlaskClient, path: str) -> None:
    assert "Link" not in client.get(path).headers


def test_the_header_stays_when_nothing_else_is_sent(client: FlaskClient) -> None:
    first = client.get("/id/shoulder.html")
    again = client.get("/id/shoulder.html", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["Link"]) == (304, first.headers["Link"])


def test_addresses_are_those_of_the_public(guide: Dataset) -> None:
    public = "https://example.org"
    client = create_app(guide, Settings.read({}, public_url=public)).test_client()
    answer = client.get("/id/shoulder.html", base_url=public)
    own = [t for _, t, _ in links(answer.headers["Link"]) if t.startswith(public)]
    assert len(own) == 2 + len(RDF_TYPES)
    assert "localhost" not in answer.headers["Link"]


def test_a_name_of_other_people_is_written_as_a_uri() -> None:
    store = Store()
    iri = "http://example.com/Größe,骨;x"
    store.add(Quad(NamedNode(iri), terms.RDFS_LABEL, Literal("Größe")))
    client = create_app(Dataset(store, terms.BASE), Settings.read({})).test_client()
    answer = client.get("/describe", query_string={"iri": iri}, headers={"Accept": "text/html"})
    assert links(answer.headers["Link"]) == [
        ("cite-as", "http://example.com/Gr%C3%B6%C3%9Fe,%E9%AA%A8;x", "")
    ]
