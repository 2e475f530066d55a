"""Another guide, of other kinds and under another address, is served without a change of code.

It is about teapots, and invented; its text stands beside its data, so that passages can be checked.
"""

import csv
import io
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.files import Root
from calcguide.loading import load
from calcguide.settings import Settings
from calcguide.source import verify
from calcguide.validation import validate
from tests.crawling import Site, crawl
from tests.kinds import FIXED, THINGS, path_of
from tests.markup import Element, read

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "second_guide"
HTML = {"Accept": "text/html"}


def _client(dataset: Dataset) -> FlaskClient:
    return create_app(dataset, Settings.read({}, access_log="off")).test_client()


@pytest.fixture(scope="module")
def teapots() -> Dataset:
    return load(Root(FOLDER))


@pytest.fixture(scope="module")
def client(teapots: Dataset) -> FlaskClient:
    return _client(teapots)


@pytest.fixture(scope="module")
def site(client: FlaskClient) -> Site:
    return crawl(client)


def _page(client: FlaskClient, path: str) -> Element:
    response = client.get(path, headers=HTML, follow_redirects=True)
    assert response.status_code == 200, (path, response.status_code)
    return read(response.text)


def _kinds(page: Element) -> list[str]:
    return [card["data-kind"] for card in page.having("data-kind")]


def test_it_conforms_to_the_shapes_and_its_passages_stand_in_its_text(teapots: Dataset) -> None:
    verdict = validate(Root(FOLDER))
    assert (verdict.conforms, verdict.violations) == (True, ())
    assert verify(teapots, FOLDER / "guide.txt").problems == ()


def test_a_mistake_in_it_is_named(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FOLDER, tmp_path / "copy"))
    file = copy / "data" / "locations.ttl"
    file.write_text(file.read_text().replace('skos:prefLabel "Spout"@en', 'skos:note "no"@en'))
    found = validate(Root(copy))
    assert not found.conforms
    assert any(v.focus_node == "id:spout" for v in found.violations)


def test_its_pages_are_in_order_and_carry_its_name(site: Site) -> None:
    assert site.faults() == []
    assert len(site.pages) > 100
    titles = [page.title[0] for page in site.pages.values()]
    assert [title for title in titles if not title.endswith(" – teapots")] == []
    assert {page.tree.all("a", **{"class": "brand"})[0].text for page in site.pages.values()} == {
        "teapots"
    }


def test_nothing_of_the_first_guide_shows_on_its_pages(site: Site, guide: Dataset) -> None:
    ours = {guide.label(guide.iri(path)) for path in ("id/kidney-stone", "id/eswt", "id/shoulder")}
    for path, page in site.pages.items():
        text = page.tree.all("body")[0].text
        assert not [label for label in ours if label in text], path
        if not path.startswith(("/ontology", "/shapes", "/graph/")):
            assert "id:calcific" not in text, path


@pytest.mark.parametrize("path", FIXED)
def test_every_page_that_a_guide_has_is_there(client: FlaskClient, path: str) -> None:
    assert _page(client, path).all("h1")


@pytest.mark.parametrize("kind", [kind for kind in THINGS if kind != "vocabulary"])
def test_every_kind_of_thing_has_its_page(client: FlaskClient, teapots: Dataset, kind: str) -> None:
    assert _page(client, path_of(teapots, kind)).all("h1")


def test_its_home_page_sorts_by_its_own_grades_and_finds_by_its_own_places(
    client: FlaskClient,
) -> None:
    home = _page(client, "/")
    assert home.all("h1")[0].text == "Invented: can marks on a teapot go away on their own?"
    assert _kinds(home) == ["id:spout-frost", "id:belly-ring", "id:lid-lace"]
    assert "Invented for tests." in home.text
    places = [radio["value"] for radio in home.all("input", name="place")]
    assert places == ["", "belly", "lid", "saucer", "spout"]
    assert _kinds(_page(client, "/?place=saucer")) == ["id:belly-ring"]


def test_an_entity_s_page_tells_what_its_claims_say(client: FlaskClient) -> None:
    page = _page(client, "/id/lid-lace.html")
    assert page.all("h1")[0].text == "Lid lace"
    said = {
        (e["data-statement"], e["data-polarity"])
        for e in page.all(data_origin="claims")
        if e["data-statement"]
    }
    assert {
        ("id:lid-lace calc:resolutionPotential id:perhaps", "affirmed"),
        ("id:sock-polishing calc:reverses id:lid-lace", "denied"),
        ("id:rain-rinsing calc:slows id:lid-lace", "affirmed"),
    } <= said
    assert "above all on Sundays" in page.text.replace("Above", "above")


def test_its_ontology_and_shapes_keep_their_names(client: FlaskClient) -> None:
    assert _page(client, "/ontology").all("h1")[0].text == "The calcguide ontology"
    assert _page(client, "/shapes").all("h1")[0].text == "The calcguide shapes"


@pytest.mark.parametrize(
    ("asked", "found"), [("RWR", "rain-rinsing"), ("belly rnig", "belly-ring"), ("spout", "spout")]
)
def test_its_things_are_found(client: FlaskClient, asked: str, found: str) -> None:
    results = client.get(f"/search.json?q={quote(asked)}").get_json()["results"]
    assert results[0]["iri"] == f"https://example.org/teapots/id/{found}"


def test_its_graded_kinds_can_be_queried_and_downloaded(client: FlaskClient) -> None:
    query = (
        "PREFIX calc: <https://w3id.org/calcguide/ontology#> "
        "PREFIX id: <https://example.org/teapots/id/> "
        "SELECT ?kind { ?kind calc:resolutionPotential id:seldom }"
    )
    answer = client.get(f"/sparql?query={quote(query)}&format=csv")
    assert answer.text.split() == ["kind", "https://example.org/teapots/id/belly-ring"]
    claims = list(csv.DictReader(io.StringIO(client.get("/dumps/claims.csv").text)))
    assert len(claims) == 23
    rows = list(csv.DictReader(io.StringIO(client.get("/dumps/comparison.csv").text)))
    assert len(rows) == 3


def test_a_linked_data_client_gets_its_names(client: FlaskClient) -> None:
    answer = client.get("/id/spout-frost", headers={"Accept": "text/turtle"})
    assert answer.status_code == 303
    document = client.get("/id/spout-frost.ttl").text
    assert "https://example.org/teapots/id/" in document
    assert "w3id.org/calcguide/id/" not in document
    assert "<ShortName>teapots</ShortName>" in client.get("/opensearch.xml").text


@pytest.mark.parametrize(
    "missing",
    [
        ("questions", "collections", "background", "queries", "sources"),
        ("values", "circumstances", "locations"),
        ("guide", "dataset"),
        ("claims", "questions"),
    ],
    ids=" ".join,
)
def test_a_guide_that_lacks_something_is_served_without_it(
    tmp_path: Path, missing: tuple[str, ...]
) -> None:
    copy = Path(shutil.copytree(FOLDER, tmp_path / "copy"))
    for name in missing:
        for path in ((copy / "data" / name), (copy / "data" / f"{name}.ttl")):
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
    reached = crawl(_client(load(Root(copy))))
    assert len(reached.pages) > 20
    assert [fault for fault in reached.broken if "answered 5" in fault] == []


def test_a_guide_without_grades_questions_and_queries_has_whole_pages(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FOLDER, tmp_path / "copy"))
    shutil.rmtree(copy / "data" / "queries")
    for name in ("questions", "collections"):
        (copy / "data" / f"{name}.ttl").unlink()
    for path in (copy / "data" / "claims").iterdir():
        head, *blocks = path.read_text(encoding="utf-8").split("\n\n")
        kept = [block for block in blocks if "calc:resolutionPotential" not in block]
        path.write_text("\n\n".join([head, *kept]), encoding="utf-8")
    example = copy / "data" / "dataset.ttl"
    example.write_text(example.read_text("utf-8").replace("claim/c005", "claim/c006"), "utf-8")
    reached = crawl(_client(load(Root(copy))))
    assert reached.faults() == []
    assert "The guide grades no kind." in reached.pages["/"].tree.text
    assert "nothing to compare" in reached.pages["/compare"].tree.text


def test_a_card_names_eight_treatments_and_leads_to_the_others(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FOLDER, tmp_path / "copy"))
    table = copy / "data" / "claims" / "table.ttl"
    head, *blocks = table.read_text(encoding="utf-8").split("\n\n")
    claim = next(block for block in blocks if block.startswith("claim:c006"))
    more = [
        claim.replace("c006", f"c{number}").replace("id:rain-rinsing", f"id:rinsing-{number}")
        for number in range(900, 910)
    ]
    table.write_text("\n\n".join([head, *blocks, *more]), encoding="utf-8")
    home = _page(_client(load(Root(copy))), "/")
    [card] = home.all("li", data_kind="id:spout-frost")
    assert len([a for a in card.all("a") if a["href"].startswith("/id/rinsing-9")]) == 7
    assert [a["href"] for a in card.all("a") if a.text == "and 3 more"] == ["/id/spout-frost"]
