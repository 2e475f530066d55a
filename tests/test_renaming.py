"""What was renamed leads to its new name, what was withdrawn is gone; neither is listed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.errors import Withdrawn
from calcguide.files import Root
from calcguide.formats import SPARQL_JSON
from calcguide.loading import load
from calcguide.query import Kind, Query, evaluate
from calcguide.search import Index
from calcguide.settings import Settings
from tests.conftest import REPOSITORY
from tests.markup import read
from tests.running import Server, serving

OUT_OF_USE = """
id:shoulder-joint
    a calc:Location ;
    dct:isReplacedBy id:shoulder ;
    owl:deprecated true ;
    skos:definition "An older name, kept for those who link to it."@en ;
    skos:prefLabel "Shoulder joint"@en ;
.

id:zygoma
    a calc:Location ;
    owl:deprecated true ;
    skos:changeNote "It was entered by mistake."@en ;
    skos:definition "A thing that the guide does not speak of."@en ;
    skos:prefLabel "Zygoma"@en ;
.
"""
PREFIXES = "PREFIX dct: <http://purl.org/dc/terms/>\nPREFIX owl: <http://www.w3.org/2002/07/owl#>\n"
RENAMED, WITHDRAWN = "id/shoulder-joint", "id/zygoma"
SUFFIXES = ("html", "ttl", "jsonld", "nt", "rdf", "nq", "trig")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the guide in which one entity is renamed and one withdrawn."""
    folder = tmp_path_factory.mktemp("renamed")
    for top in ("ontology", "data", "shapes"):
        shutil.copytree(REPOSITORY / top, folder / top)
    file = folder / "data" / "locations.ttl"
    file.write_text(PREFIXES + file.read_text("utf-8") + OUT_OF_USE, "utf-8")
    return folder


@pytest.fixture(scope="module")
def changed(copy: Path) -> Dataset:
    return load(Root(copy))


@pytest.fixture
def client(changed: Dataset) -> FlaskClient:
    return create_app(changed, Settings.read({}, access_log="off")).test_client()


@pytest.fixture(scope="module")
def server(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("serve"),
        *("--root", str(copy)),
        CALCGUIDE_CACHE=str(tmp_path_factory.mktemp("cache")),
        CALCGUIDE_METRICS_PORT="0",
        CALCGUIDE_ACCESS_LOG="off",
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/problem+json"),
        ("text/turtle", "application/problem+json"),
        ("text/html", "text/html"),
    ],
)
def test_a_renamed_name_leads_to_the_new_one_for_good(
    client: FlaskClient, accept: str | None, media_type: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = client.get(f"/{RENAMED}", headers=headers)
    assert (answer.status_code, answer.mimetype) == (301, media_type)
    assert answer.headers["Location"] == "http://localhost/id/shoulder"
    assert "Accept" in answer.vary
    assert terms.BASE + "id/shoulder" in answer.text
    if media_type == "text/html":
        links = read(answer.text).all("main")[0].all("a")
        assert links[0]["href"] == "/id/shoulder"
    followed = client.get(f"/{RENAMED}", headers=headers, follow_redirects=True)
    assert followed.status_code == 200
    assert followed.request.path.startswith("/id/shoulder.")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_document_of_a_renamed_name_says_what_to_use(client: FlaskClient, suffix: str) -> None:
    answer = client.get(f"/{RENAMED}.{suffix}")
    assert answer.status_code == 200
    assert "deprecated" in answer.text or "out of use" in answer.text
    assert "Shoulder" in answer.text


def test_the_page_of_a_renamed_name_leads_to_the_new_one_and_is_not_indexed(
    client: FlaskClient,
) -> None:
    page = read(client.get(f"/{RENAMED}.html").text)
    [note] = [p for p in page.all("p") if "out of use" in p.text]
    assert "The guide does not say" not in page.text
    assert "On this page" not in page.text
    assert [a["href"] for a in note.all("a")] == ["/id/shoulder"]
    assert page.all("meta", name="robots")[0]["content"] == "noindex"
    in_use = read(client.get("/id/shoulder.html").text)
    assert not in_use.all("meta", name="robots")


def test_a_renamed_name_is_stated_to_be_replaced(client: FlaskClient) -> None:
    triples = {
        (q.predicate.value, getattr(q.object, "value", ""))
        for q in parse(client.get(f"/{RENAMED}.ttl").data, format=RdfFormat.TURTLE)
        if str(q.subject) == f"<{terms.BASE}{RENAMED}>"
    }
    assert (terms.OWL + "deprecated", "true") in triples
    assert (terms.DCT + "isReplacedBy", terms.BASE + "id/shoulder") in triples


@pytest.mark.parametrize("end", ["", *(f".{suffix}" for suffix in SUFFIXES)])
def test_what_was_withdrawn_is_gone_and_says_why(client: FlaskClient, end: str) -> None:
    for accept, media_type in (
        ("*/*", "application/problem+json"),
        ("text/html", "text/html"),
        ("image/png", "application/problem+json"),
    ):
        answer = client.get(f"/{WITHDRAWN}{end}", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (410, media_type)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "It was entered by mistake." in answer.text
    head = client.head(f"/{WITHDRAWN}{end}")
    assert (head.status_code, head.data) == (410, b"")


def test_describing_what_was_withdrawn_fails_alike(client: FlaskClient, changed: Dataset) -> None:
    asked = {"iri": terms.BASE + WITHDRAWN}
    assert client.get("/describe", query_string=asked).status_code == 410
    with pytest.raises(Withdrawn, match=r"id/zygoma> was withdrawn\. It was entered by mistake\."):
        changed.document(terms.BASE + WITHDRAWN)


@pytest.mark.parametrize(
    "path",
    [
        "/sitemap.xml",
        "/",
        "/?place=shoulder",
        "/browse",
        "/browse/locations",
        "/search?q=",
        "/search?q=zygoma",
        "/search.json?q=shoulder%20joint",
        "/search.csv?q=id/zygoma",
        "/suggest?q=shoulder%20j",
        "/suggest?q=zyg",
        "/graph/entities.html",
        "/ontology.html",
        "/dataset.html",
        "/compare",
        "/sparql/terms",
        "/id/nowhere",
        "/id/zygomas",
    ],
)
def test_no_list_has_what_is_out_of_use(client: FlaskClient, path: str) -> None:
    text = client.get(path, headers={"Accept": "text/html"}).text
    for label, address in (("Zygoma", WITHDRAWN), ("Shoulder joint", RENAMED)):
        assert label not in text
        assert f'/{address}"' not in text
        assert f"/{address}.html" not in text


def test_counts_of_lists_are_as_before(client: FlaskClient, guide: Dataset) -> None:
    before = create_app(guide, Settings.read({}, access_log="off")).test_client()
    for path in ("/browse", "/browse/locations", "/sitemap.xml", "/suggest?q=s"):
        assert client.get(path).data == before.get(path).data, path


def test_a_search_finds_things_in_use_only(changed: Dataset, guide: Dataset) -> None:
    assert not Index(changed).find("zygoma").found
    found = Index(changed).find("shoulder joint").found
    assert terms.BASE + RENAMED not in [thing.name.iri for thing in found]
    assert Index(changed).names(1000) == Index(guide).names(1000)


def test_what_is_out_of_use_stays_in_the_data(client: FlaskClient, changed: Dataset) -> None:
    query = "ASK { id:zygoma owl:deprecated true . id:shoulder-joint dct:isReplacedBy id:shoulder }"
    asked = Query(query, {Kind.BOOLEAN: SPARQL_JSON}, declared=True)
    assert json.loads(evaluate(changed, asked).body)["boolean"]
    assert "zygoma" in client.get("/dumps/dataset.nq").text


def test_a_misspelt_name_is_not_answered_with_one_out_of_use(changed: Dataset) -> None:
    assert WITHDRAWN not in changed.nearest("id/zygomaa")
    text = f"ASK {{ <{terms.BASE}id/%s> ?p ?o }}"
    for slug, hinted in (("zygomaa", False), ("sholder", True)):
        asked = Query(text % slug, {Kind.BOOLEAN: SPARQL_JSON})
        assert bool(evaluate(changed, asked).hints) == hinted


def test_a_deprecated_term_of_others_is_still_described() -> None:
    store = Store()
    store.add(Quad(NamedNode("http://a/s"), NamedNode(terms.OWL + "deprecated"), Literal(True)))
    given = create_app(Dataset(store, terms.BASE), Settings.read({}, access_log="off"))
    for accept in ("text/html", "text/turtle"):
        asked = {"query_string": {"iri": "http://a/s"}, "headers": {"Accept": accept}}
        assert given.test_client().get("/describe", **asked).status_code == 200


def test_such_a_guide_is_valid_and_served_alike(server: Server) -> None:
    assert server.get(f"/{WITHDRAWN}")[0] == 410
    status, text = server.get(f"/{RENAMED}", accept="text/turtle")
    assert (status, "id:shoulder" in text) == (200, True)
    assert server.get(f"/{RENAMED}.ttl")[0] == 200
