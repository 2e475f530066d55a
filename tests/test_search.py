"""Search finds a thing by any of its names, by slips of the finger, by address, by what is said."""

import csv
import gzip
import io
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store

from calcguide import search, terms
from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.naming import calc, members
from calcguide.search import LONGEST, MOST_FOUND, Found, Index, edits, index
from calcguide.settings import Settings
from tests.markup import read
from tests.running import serving


def first(guide: Dataset, query: str) -> Found:
    return index(guide).find(query).found[0]


@pytest.mark.parametrize(
    ("query", "slug", "why"),
    [
        ("Shoulder", "id/shoulder", "label"),
        ("shoulder", "id/shoulder", "label"),
        ("calcific tendonitis", "id/calcific-tendonitis", "label"),
        ("Calcific-Tendonitis!", "id/calcific-tendonitis", "label"),
        ("shock wave therapy", "id/eswt", "label"),
        ("ESWT", "id/eswt", "synonym"),
        ("kidney stones", "id/kidney-stone", "synonym"),
        ("rotator cuff", "id/rotator-cuff-tendon", "synonym"),
        ("hypercalcaemia", "id/hypercalcemia", "synonym"),
        ("barbot", "id/needle-barbotage", "synonym"),
        ("calcinos", "id/calcinosis-cutis", "label"),
        ("cutis calcin", "id/calcinosis-cutis", "label"),
        ("parathyroid overactive", "id/hyperparathyroidism", "synonym"),
        ("where the arm joins", "id/shoulder", "text"),
        ("sholder", "id/shoulder", "spelling"),
        ("kidny stons", "id/kidney-stone", "spelling"),
        ("calcifc tendinits", "id/calcific-tendonitis", "spelling"),
        ("shokwavetherapy", "id/eswt", "spelling"),
        ("hiperparathyroidizm", "id/hyperparathyroidism", "spelling"),
        ("https://w3id.org/calcguide/id/eswt", "id/eswt", "address"),
        ("<https://w3id.org/calcguide/id/eswt>", "id/eswt", "address"),
        ("https://w3id.org/calcguide/id/eswt.html", "id/eswt", "address"),
        (" id:eswt ", "id/eswt", "address"),
        ("claim:c144", "claim/c144", "address"),
        ("id/eswt", "id/eswt", "address"),
        ("passage/comparison/r1c3", "passage/comparison/r1c3", "address"),
        ("c144", "claim/c144", "address"),
        ("calc:occursIn", "ontology#occursIn", "address"),
        ("can diet undo calcification", "question/faq-1", "label"),
        ("what is a needle barbotage", "id/needle-barbotage", "label"),
        ("occurs in", "ontology#occursIn", "label"),
    ],
)
def test_a_query_leads_to_its_thing(guide: Dataset, query: str, slug: str, why: str) -> None:
    found = first(guide, query)
    assert (found.name.iri, found.why) == (guide.base + slug, why)


def test_every_name_of_every_entity_finds_it(guide: Dataset) -> None:
    missed = []
    for node in members(guide, calc("Entity")):
        for predicate in (terms.SKOS + "prefLabel", terms.SKOS + "altLabel"):
            for name in guide.values(node, NamedNode(predicate)):
                assert isinstance(name, Literal)
                found = index(guide).find(name.value, 2).found  # two things may share a name
                if node.value not in [thing.name.iri for thing in found]:
                    missed.append((name.value, node.value))
    assert missed == []


def _slips(word: str) -> list[str]:
    """A word with a letter left out, doubled, changed, and swapped with the next, in its middle."""
    at = len(word) // 2
    left, letter, right = word[:at], word[at], word[at + 1 :]
    swapped = left[:-1] + letter + word[at - 1] + right
    return [left + right, left + 2 * letter + right, left + "x" + right, swapped]


def test_a_slip_of_the_finger_still_finds_each_entity(guide: Dataset) -> None:
    tried, missed = 0, []
    for node in members(guide, calc("Entity")):
        label = guide.label(node)
        for slip in _slips(label) if len(label) > 5 else []:
            tried += 1
            if node.value not in [found.name.iri for found in index(guide).find(slip).found]:
                missed.append((slip, label))
    assert tried > 600
    assert missed == []


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("kidney", "kidney", 0),
        ("kidny", "kidney", 1),
        ("kindey", "kidney", 1),
        ("kidnex", "kidney", 1),
        ("kiddney", "kidney", 1),
        ("ikdnye", "kidney", 2),
        ("liver", "kidney", 3),
        ("", "ab", 2),
        ("", "", 0),
        ("a", "abcd", 3),
    ],
)
def test_edits_are_counted_up_to_what_is_forgiven(one: str, other: str, count: int) -> None:
    assert edits(one, other, 2) == edits(other, one, 2) == count


def test_things_come_before_what_is_claimed_of_them(guide: Dataset) -> None:
    found = index(guide).find("calcification").found
    assert found[0].name.label == "Calcification"
    paths = [(thing.name.iri or "").removeprefix(guide.base)[:3] for thing in found]
    exact = [thing.matched.casefold() == "calcification" for thing in found]
    assert exact == sorted(exact, reverse=True)
    names = paths[exact.index(False) :]
    assert names == sorted(names, key=["id/", "que", "ont", "col", "cla"].index)
    assert len(found) == MOST_FOUND


def test_a_word_in_a_name_counts_more_than_one_in_a_definition(guide: Dataset) -> None:
    found = [(thing.name.label, thing.why) for thing in index(guide).find("shoulder", 3).found]
    assert found == [
        ("Shoulder", "label"),
        ("In a shoulder tendon", "label"),
        ("Rotator cuff tendon", "text"),
    ]


def test_nothing_found_offers_the_nearest_names(guide: Dataset) -> None:
    results = index(guide).find("does barbotage hurt")
    assert results.found == ()
    assert [near.label for near in results.near] == ["Needle barbotage"]
    near = {
        query: index(guide).find(query).near for query in ("shoulder pain", "ibuprofen", "zzzz")
    }
    assert [found.label for found in near["shoulder pain"]] == ["Shoulder", "In a shoulder tendon"]
    assert (near["ibuprofen"], near["zzzz"]) == ((), ())


HOSTILE = [
    "",
    " " * 400,
    "*",
    '"',
    '"shoulder',
    "NEAR(a b)",
    "shoulder AND OR NOT",
    "label:x*",
    "a\0b",
    "\x01\x02\x1b[31m",
    "\u202eevil\u2066",
    "🦴" * 200,
    "a" + "\u0301" * 400,
    "a" * LONGEST,
    "a " * (LONGEST // 2),
    "ab cd " * (LONGEST // 6),
    "\ufdfa" * LONGEST,
    "' OR 1=1 --",
    '" . } UNION { ?s ?p ?o } #',
    "http://[",
    "<><>",
    "id:",
    ":",
    "://",
    "%",
    "\ufeffx",
    "\u2028\u2029",
    "ſ" * 100,
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("path", ["/search", "/search.json", "/search.csv", "/suggest"])
def test_no_input_breaks_the_search(client: FlaskClient, path: str, query: str) -> None:
    started = time.perf_counter()
    answer = client.get(path, query_string={"q": query})
    assert answer.status_code == 200
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "url", ["/search?q=%ff%fe%80", "/search?q=" + "a" * (LONGEST + 1), "/suggest?q=%ff"]
)
def test_what_is_not_utf_8_or_too_long_is_refused(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_markup_in_a_query_is_shown_and_not_obeyed(client: FlaskClient) -> None:
    page = read(client.get("/search", query_string={"q": '"><script>x()</script>\u202e'}).text)
    assert all(s["src"].startswith("/static/") and not s.text for s in page.all("script"))
    assert page.all("input", id="q")[0]["value"] == '"><script>x()</script>'
    assert page.all("bdi")[0].text == '"><script>x()</script>'


def test_the_page_shows_label_class_definition_and_why(client: FlaskClient) -> None:
    page = read(client.get("/search?q=ESWT").text)
    hit = page.all("ol", **{"class": "results lined wide"})[0].all("li")[0]
    assert hit.all("a")[0]["href"] == "/id/eswt"
    for words in ("Shockwave therapy", "Intervention", "sound waves", "Also called: ESWT"):
        assert words in hit.text
    assert page.all("title")[0].text == "Search: ESWT – calcguide"
    assert page.all("meta", name="robots")[0]["content"] == "noindex"


def test_that_names_are_only_spelt_nearly_so_is_said_once(client: FlaskClient) -> None:
    for query, times in (("tendonitus", 1), ("tendonitis", 0)):
        page = read(client.get(f"/search?q={query}").text)
        assert page.text.count("spelt nearly so") == times


def test_the_form_works_without_scripts_and_suggests_every_name(
    client: FlaskClient, guide: Dataset
) -> None:
    page = read(client.get("/search").text)
    [form] = page.all("form", role="search")
    assert (form["action"], form["method"]) == ("/search", "get")
    [field] = form.all("input")
    assert (field["name"], field["list"]) == ("q", form.all("datalist")[0]["id"])
    options = {option["value"] for option in form.all("option")}
    labels = {guide.label(node) for node in members(guide, calc("Entity"))}
    assert labels < options
    assert {"ESWT", "Kidney stones"} < options
    assert page.all("ol", **{"class": "results lined wide"}) == []


def test_nothing_found_says_so_and_leads_on(client: FlaskClient) -> None:
    page = read(client.get("/search?q=does+barbotage+hurt").text)
    assert page.all("h2", id="results")[0].text == "Nothing found"
    links = [a["href"] for a in page.all("main")[0].all("a")]
    assert "/id/needle-barbotage" in links
    assert "/browse" in links


@pytest.mark.parametrize("query", ["", "a", "calcification", "xqzzy"])
def test_a_result_page_weighs_less_than_30_kilobytes(client: FlaskClient, query: str) -> None:
    assert len(gzip.compress(client.get("/search", query_string={"q": query}).data)) < 30_000


@pytest.mark.parametrize("path", ["/", "/browse", "/id/eswt.html", "/sparql", "/id/nothing"])
def test_every_page_has_the_search_in_its_header(client: FlaskClient, path: str) -> None:
    page = read(client.get(path, headers={"Accept": "text/html"}).text)
    [form] = page.all("header")[0].all("form", role="search")
    assert form["action"] == "/search"
    assert form.all("label")[0]["for"] == form.all("input")[0]["id"]


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/search", None, "text/html"),
        ("/search", "*/*", "text/html"),
        ("/search", "application/json", "application/json"),
        ("/search", "text/csv;q=0.9, application/json;q=0.1", "text/csv"),
        ("/search.json", "text/html", "application/json"),
        ("/search.csv", "text/html", "text/csv"),
    ],
)
def test_results_come_as_a_page_as_json_or_as_csv(
    client: FlaskClient, path: str, accept: str | None, media_type: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = client.get(path + "?q=hip", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert ("Accept" in answer.vary) == (path == "/search")


def test_what_no_format_fits_is_refused(client: FlaskClient) -> None:
    assert client.get("/search?q=hip", headers={"Accept": "image/png"}).status_code == 406


def test_json_and_csv_say_the_same(client: FlaskClient) -> None:
    found = client.get("/search.json?q=kidney").json
    assert found is not None
    assert (found["query"], found["complete"], found["near"]) == ("kidney", True, [])
    rows = list(csv.DictReader(io.StringIO(client.get("/search.csv?q=kidney").text)))
    assert rows == found["results"]
    assert rows[0] == {
        "iri": "https://w3id.org/calcguide/id/kidney",
        "label": "Kidney",
        "class": "Location",
        "definition": rows[0]["definition"],
        "why": "label",
        "matched": "Kidney",
        "page": "http://localhost/id/kidney",
    }


def test_suggestions_begin_with_what_is_typed(client: FlaskClient) -> None:
    answer = client.get("/suggest?q=kidn")
    assert answer.mimetype == "application/x-suggestions+json"
    query, labels, definitions, urls = answer.get_json(force=True)
    assert query == "kidn"
    assert labels[:2] == ["Kidney", "Kidney stone"]
    assert len(labels) == len(definitions) == len(urls) <= 10
    assert urls[0] == "http://localhost/id/kidney"
    assert client.get("/suggest").get_json(force=True) == ["", [], [], []]
    _, names, _, urls = client.get("/suggest?q=esw").get_json(force=True)
    assert (names[0], urls[0]) == ("ESWT", "http://localhost/id/eswt")


def test_an_address_at_this_server_leads_to_its_thing(client: FlaskClient) -> None:
    answer = client.get("/search.json", query_string={"q": "http://localhost/id/eswt.html"})
    assert answer.json is not None
    [found] = answer.json["results"]
    assert (found["label"], found["why"]) == ("Shockwave therapy", "address")


@pytest.mark.slow
def test_threads_share_one_index(guide: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Dataset] = []

    class Counted(Index):
        def __init__(self, dataset: Dataset) -> None:
            made.append(dataset)
            super().__init__(dataset)

    monkeypatch.setattr(search, "Index", Counted)
    fresh = Dataset(guide.store, guide.base)
    queries = ["eswt", "sholder", "a", "what is calcific tendonitis"] * 16
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda query: index(fresh).find(query), queries))
    assert made == [fresh]
    assert found == [Index(guide).find(query) for query in queries]


def test_a_running_server_searches_in_each_of_its_fronts(tmp_path: Path) -> None:
    with serving(tmp_path, CALCGUIDE_METRICS_PORT="0") as server, ThreadPoolExecutor(16) as pool:
        asked = list(pool.map(lambda _: server.get("/search.csv?q=eswt"), range(64)))
        assert len(set(asked)) == 1
        status, body = asked[0]
        assert (status, "Shockwave therapy" in body) == (200, True)


def _made_up(count: int) -> Dataset:
    """Other people's data: so many things with labels of one to three words from 5,000."""
    chosen = random.Random(5)
    letters = "aabcdeeefghiiklmnoopqrstuvwz"
    words = ["".join(chosen.choices(letters, k=chosen.randint(3, 10))) for _ in range(5_000)]
    store = Store()
    store.bulk_extend(
        Quad(
            NamedNode(f"http://example.org/thing/{number}"),
            terms.RDFS_LABEL,
            Literal(" ".join(chosen.choices(words, k=chosen.randint(1, 3)))),
            NamedNode("http://example.org/graph") if number % 2 else DEFAULT_GRAPH,
        )
        for number in range(count)
    )
    return Dataset(store, terms.BASE)


def test_other_people_s_data_are_searched_too() -> None:
    data = _made_up(5_000)
    for number in (0, 77, 4_999):
        label = data.label(NamedNode(f"http://example.org/thing/{number}"))
        results = index(data).find(label)
        assert label in [found.name.label for found in results.found]
    page = create_app(data, Settings.read({})).test_client().get(f"/search?q={label}")
    assert "/describe?iri=http%3A%2F%2Fexample.org%2Fthing%2F4999" in page.text


@pytest.mark.slow
@pytest.mark.parametrize(("count", "whole"), [(25_000, True), (199_000, False)])
def test_a_query_is_quick_among_as_many_labels_as_an_index_holds(count: int, whole: bool) -> None:
    made = Index(_made_up(count))
    assert made.whole is whole
    chosen = random.Random(6)
    for query in [*HOSTILE, *("".join(chosen.choices("abcdefghi ", k=30)) for _ in range(50))]:
        started = time.process_time()
        made.find(query)
        assert time.process_time() - started < 0.5, query
