"""The pages show what the store holds, every statement with its source, hedge and polarity."""

import gzip
import itertools
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.listings import BROWSE
from calcguide.errors import Violation
from calcguide.files import Root
from calcguide.loading import load
from calcguide.settings import Settings
from calcguide.validation import Verdict
from tests.conftest import Ask
from tests.markup import Element, read, scripts

FIXED = [
    "/",
    "/browse",
    "/questions",
    "/about",
    "/accessibility",
    "/validation",
    "/sparql",
    "/sparql?query=nonsense",
]
FIXED += [
    "/compare",
    "/compare?place=hip&grade=low",
    "/data",
    *(f"/browse/{kind}" for kind in BROWSE),
]
FIXED += ["/?place=kidney", "/ontology.html", "/shapes.html", "/dataset.html", "/graph/facts.html"]
FETCHED = ("icon", "stylesheet", "search", "alternate")
"""Relations of links that a browser or a reader's program may follow by itself."""
WORDS = {"denied": "The guide says it is not so", "unproven": "Not proven"}

Open = Callable[[str], Element]


@pytest.fixture
def page(client: FlaskClient) -> Open:
    return lambda path: _open(client, path)


def _open(client: FlaskClient, path: str) -> Element:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code in (200, 400), (path, response.status_code)
    return read(response.text)


@pytest.fixture(scope="module")
def things(guide: Dataset, app: object) -> dict[str, Element]:
    """Path -> page of every named thing of the guide."""
    client = create_app(guide, Settings.read({})).test_client()
    paths = {
        path
        for quad in guide.store.quads_for_pattern(None, terms.RDF_TYPE, None, DEFAULT_GRAPH)
        if isinstance(quad.subject, NamedNode)
        and (path := guide.path(quad.subject.value))
        and path.split("/")[0] in terms.THING_KINDS
    }
    return {path: _open(client, f"/{path}.html") for path in sorted(paths)}


def _entities(things: dict[str, Element]) -> dict[str, Element]:
    return {f"id:{path[3:]}": page for path, page in things.items() if path.startswith("id/")}


def _stated(page: Element) -> set[tuple[str, str]]:
    """(statement, polarity) of all that a page says the claims make."""
    return {(e["data-statement"], e["data-polarity"]) for e in page.all(data_origin="claims")}


def test_every_thing_has_a_page_with_its_label_and_definition(
    guide: Dataset, things: dict[str, Element]
) -> None:
    assert Counter(path.split("/")[0] for path in things) >= Counter(
        {"claim": 249, "id": 186, "passage": 119, "question": 8, "section": 17}
    )
    missing = []
    for path, page in things.items():
        node = guide.iri(path)
        definition = guide.value(node, NamedNode(terms.SKOS + "definition"))
        heading = page.all("h1")[0].text
        label = definition.value if path.startswith("claim/") else guide.label(node)  # type: ignore[union-attr]
        if heading != label or (
            isinstance(definition, Literal) and definition.value not in page.text
        ):
            missing.append(path)
    assert missing == []


def test_every_claim_about_an_entity_is_on_its_page(ask: Ask, things: dict[str, Element]) -> None:
    rows = ask("SELECT ?e ?c { ?c calc:subject|calc:object|calc:under|calc:especially ?e }")
    pages = _entities(things)
    shown = {
        (entity, found["data-claim"])
        for entity, page in pages.items()
        for found in page.having("data-claim")
    }
    assert shown == set(rows)


def test_a_page_states_what_the_claims_state_in_their_polarity(
    ask: Ask, things: dict[str, Element]
) -> None:
    rows = ask(
        "SELECT DISTINCT ?e ?s ?p ?o ?polarity { ?c calc:subject ?s ; calc:predicate ?p ; "
        "calc:object ?o ; calc:polarity ?polarity ; "
        "calc:subject|calc:object|calc:under|calc:especially ?e }"
    )
    expected = {(e, f"{s} {p} {o}", polarity[5:]) for e, s, p, o, polarity in rows}
    shown = {(e, *stated) for e, page in _entities(things).items() for stated in _stated(page)}
    assert shown == expected


def test_what_is_denied_or_unproven_never_looks_like_a_fact(things: dict[str, Element]) -> None:
    counted: Counter[str] = Counter()
    for page in _entities(things).values():
        for found in page.having("data-statement"):
            polarity = found["data-polarity"]
            counted[polarity] += 1
            for other, words in WORDS.items():
                assert (words in found.text) == (other == polarity), found.text
    assert min(counted[polarity] for polarity in WORDS) > 7


def test_no_hedge_condition_or_emphasis_is_lost_or_taken_for_another(
    guide: Dataset, things: dict[str, Element]
) -> None:
    rows = guide.store.query(
        """SELECT ?s ?p ?o ?polarity ?certainty ?frequency ?under ?especially {
            ?c calc:subject ?s ; calc:predicate ?p ; calc:object ?o ; calc:polarity ?polarity ;
               calc:certainty/skos:prefLabel ?certainty .
            OPTIONAL { ?c calc:frequency/skos:prefLabel ?frequency }
            OPTIONAL { ?c calc:under/calc:phrase ?under }
            OPTIONAL { ?c calc:especially/calc:phrase ?especially } }""",
        prefixes=guide.prefixes,
    )
    pages = _entities(things)
    for row in rows:  # type: ignore[union-attr]
        subject, predicate, object = (guide.compact(row[n].value) for n in "spo")
        found = pages[subject].all(
            data_statement=f"{subject} {predicate} {object}",
            data_polarity=row["polarity"].value.rsplit("#", 1)[-1],
        )[0]
        ways = [way.text for way in found.all("span") if way["class"]]
        for name, start in (("frequency", ""), ("under", ""), ("especially", "above all ")):
            if row[name] is not None:
                assert any(start + row[name].value in way for way in ways), found.text
        if row["certainty"].value != "stated":
            assert any(way.startswith(row["certainty"].value + ":") for way in ways), found.text
        if row["under"] is not None:
            assert f"above all {row['under'].value}" not in found.text


def test_every_statement_has_a_mark_that_leads_to_its_source(things: dict[str, Element]) -> None:
    for path, page in things.items():
        if path.split("/")[0] not in ("id", "question"):
            continue
        for found in page.having("data-statement"):
            if found["data-origin"] == "claims":
                marks = [a for a in found.all("a") if a["href"].startswith("#e")]
                assert marks, (path, found.text)
            else:
                row = found.within("dd") or found
                assert "Editors" in row.text or "By rule" in row.text, (path, found.text)


def test_links_within_a_page_and_to_other_pages_resolve(
    client: FlaskClient, things: dict[str, Element]
) -> None:
    targets: dict[str, str] = {}
    for path, page in things.items():
        ids = [found["id"] for found in page.having("id")]
        assert len(ids) == len(set(ids)), path
        for link in page.all("a"):
            if link["href"].startswith("#"):
                assert link["href"][1:] in ids, (path, link["href"])
            elif link["href"].startswith("/") and not link["href"].startswith("/sparql"):
                targets.setdefault(link["href"], path)
    headers = {"Accept": "text/html"}
    lost = {t: p for t, p in targets.items() if client.get(t, headers=headers).status_code > 303}
    assert lost == {}
    terms_linked = {t.split("#")[1] for t in targets if t.startswith("/ontology#")}
    ontology = _open(client, "/ontology.html")
    assert terms_linked <= {found["id"] for found in ontology.having("id")}


def _faults(path: str, page: Element) -> list[str]:
    """What each page must have, whatever it shows."""
    title = page.all("title")[0].text
    description = page.all("meta", name="description")[0]["content"]
    sources = [e[a] for e in page.walk() for a in ("src", "action") if a in e.attributes]
    sources += [e["href"] for e in page.all("link") if e["rel"] in FETCHED]
    levels = [int(e.tag[1]) for e in page.walk() if re.fullmatch("h[1-6]", e.tag)]
    checks = {
        "one h1": len(page.all("h1")) == 1,
        "a title": bool(re.fullmatch(r"\S.*\S – calcguide", title)),
        "a description": len(description) > 10,
        "a language": page.all("html")[0]["lang"] == "en",
        "a main landmark": len(page.all("main", id="main")) == 1,
        "a skip link": page.all("a", href="#main") != [],
        "no other host": all(s.startswith("/") and not s.startswith("//") for s in sources),
        "nothing inline": not (page.having("style") or page.all("style")),
        "scripts of our own": all(s["src"].startswith("/static/") for s in scripts(page)),
        "scripts without text": not "".join(script.text for script in scripts(page)),
        "no heading level skipped": all(b - a <= 1 for a, b in itertools.pairwise(levels)),
        "pictures hidden or named": all(
            svg["aria-hidden"] == "true" or svg["aria-label"] for svg in page.all("svg")
        ),
    }
    return [f"{path}: {check}" for check, holds in checks.items() if not holds]


def test_every_thing_s_page_is_in_order(things: dict[str, Element]) -> None:
    assert [fault for path, page in things.items() for fault in _faults(path, page)] == []
    titles = Counter(page.all("title")[0].text for page in things.values())
    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("path", FIXED)
def test_every_other_page_is_in_order(page: Open, path: str) -> None:
    assert _faults(path, page(path)) == []


@pytest.mark.parametrize("path", ["/", "/id/calcification.html", "/ontology.html", "/shapes.html"])
def test_a_page_weighs_less_than_30_kilobytes(client: FlaskClient, path: str) -> None:
    assert len(gzip.compress(client.get(path, headers={"Accept": "text/html"}).data)) < 30_000
    with client.get("/static/calcguide.css") as style:
        assert len(gzip.compress(style.data)) < 8_000


def test_the_home_page_gives_each_grade_with_its_condition(ask: Ask, page: Open) -> None:
    rows = ask(
        "SELECT ?kind ?level ?condition ?emphasis { ?c calc:predicate calc:resolutionPotential ; "
        "calc:subject ?kind ; calc:object/skos:prefLabel ?level . "
        "OPTIONAL { ?c calc:under/calc:phrase ?condition } "
        "OPTIONAL { ?c calc:especially/calc:phrase ?emphasis } }"
    )
    assert len(rows) == 6
    conditional = {"id:kidney-stone"}  # its outcome has one, and stands in that place
    cards = {card["data-kind"]: card for card in page("/").having("data-kind")}
    assert cards.keys() == {row[0] for row in rows}
    for kind, level, condition, emphasis in rows:
        text = cards[kind].text
        assert text.startswith(level)
        assert condition in text
        assert f"above all {emphasis}" in text if emphasis else "above all" not in text
        plain = not condition and not emphasis and kind not in conditional
        assert ("The grade has no condition." in text) == plain


def test_grades_with_a_rank_come_first_and_possible_stands_apart(page: Open) -> None:
    home = page("/")
    order = [e["data-statement"].split()[-1] for e in home.all("p", **{"class": "rating"})]
    assert order == ["id:high", "id:low", "id:low", "id:very-low", "id:possible", "id:possible"]
    apart = home.all("div", **{"class": "apart"})[0]
    assert [card["data-kind"] for card in apart.having("data-kind")] == [
        "id:kidney-stone",
        "id:metastatic-calcification",
    ]
    assert len(apart.all("rect", **{"class": "open"})) == len(apart.all("rect")) == 6


@pytest.mark.parametrize(
    ("place", "kinds"),
    [
        ("kidney", {"id:kidney-stone", "id:metastatic-calcification"}),
        ("shoulder", {"id:calcific-tendonitis"}),
        ("skin", {"id:calcinosis-cutis"}),
        ("artery", {"id:atherosclerotic-plaque"}),
    ],
)
def test_a_place_leaves_the_kinds_that_occur_there(page: Open, place: str, kinds: set[str]) -> None:
    home = page(f"/?place={place}")
    assert {card["data-kind"] for card in home.having("data-kind")} == kinds
    checked = [radio["value"] for radio in home.all("input") if "checked" in radio.attributes]
    assert checked == [place]


@pytest.mark.parametrize("place", ["nowhere", "", "<script>"])
def test_an_unknown_place_counts_as_none(page: Open, place: str) -> None:
    assert len(page(f"/?place={place}").having("data-kind")) == 6


def test_the_home_page_of_linked_data_clients_is_the_dataset(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept": "text/turtle"})
    assert response.status_code == 303
    assert response.headers["Location"].endswith("/dataset.ttl")
    assert "Accept" in response.vary


@pytest.mark.parametrize(
    ("thing", "asked"),
    [
        ("calcific-tendonitis", "what is calcific tendonitis, and does it go away?"),
        ("hip", "Every claim about it"),
    ],
)
def test_each_query_about_a_thing_finds_something(
    client: FlaskClient, page: Open, thing: str, asked: str
) -> None:
    boxes = page(f"/id/{thing}.html").all("section", aria_labelledby="queries")
    links = boxes[0].all("a")
    assert asked in boxes[0].text
    assert 2 <= len(links) <= 8
    for link in links:
        found = client.get(link["href"], headers={"Accept": "text/csv, text/turtle"})
        assert found.status_code == 200
        assert len(found.text.splitlines()) > 1, link.text


def test_the_page_of_the_dataset_opens_in_short_and_ends_with_every_statement(page: Open) -> None:
    headings = [h["id"] for h in page("/dataset").all("h2")]
    assert headings[0] == "here"
    assert headings[-1] == "all"


@pytest.mark.parametrize("path", ["/browse/types", "/browse/treatments"])
def test_a_list_opens_with_one_plain_sentence(page: Open, path: str) -> None:
    lead = page(path).all("p", **{"class": "lead"})[0].text
    assert lead.count(".") == 1
    assert "calc:" not in lead


def test_the_page_of_the_guide_lists_its_sections_in_their_order(ask: Ask, page: Open) -> None:
    rows = ask(
        "SELECT ?section { id:guide dct:hasPart ?section . ?section calc:ordinal ?n } ORDER BY ?n"
    )
    found = page("/id/guide.html").having("data-statement")
    listed = [
        e["data-statement"].split()[2] for e in found if " dct:hasPart " in e["data-statement"]
    ]
    assert listed == [section for (section,) in rows]
    assert len(listed) == 17


def test_a_section_opens_with_its_claims_passage_by_passage(
    ask: Ask, things: dict[str, Element]
) -> None:
    rows = ask(
        "SELECT ?section ?claim ?polarity ?passage { ?section a calc:Section ; dct:hasPart ?p . "
        "?claim calc:statedIn ?p ; calc:polarity ?polarity . ?p skos:prefLabel ?passage ; "
        "calc:ordinal ?place } ORDER BY ?section ?place ?claim"
    )
    sections = {path: page for path, page in things.items() if path.startswith("section/")}
    for path, page in sections.items():
        expected = [row[1:3] for row in rows if row[0] == path.replace("/", ":")]
        found = page.having("data-claim")
        assert [(e["data-claim"], f"calc:{e['data-polarity']}") for e in found] == expected, path
    assert "No claim" in sections["section/references"].text


@pytest.mark.parametrize(
    ("path", "count", "held"),
    [
        ("collection/by-mechanism", 2, "/id/dystrophic-calcification"),
        ("collection/comparison", 6, "/id/kidney-stone"),
        ("activity/coding-1", 239, "/claim/c001"),
    ],
)
def test_a_collection_and_a_coding_open_with_what_is_in_them(
    things: dict[str, Element], path: str, count: int, held: str
) -> None:
    found = things[path].all("section", aria_labelledby="members")[0]
    links = [a["href"] for a in found.all("a")]
    assert len(links) == count
    assert held in links


@pytest.mark.parametrize(("kind", "local"), BROWSE.items())
def test_a_browse_page_lists_the_members_of_its_class(
    ask: Ask, page: Open, kind: str, local: str
) -> None:
    members = {row[0] for row in ask(f"SELECT DISTINCT ?m {{ ?m a calc:{local} }}")}
    main = page(f"/browse/{kind}").all("main")[0]
    links = {a["href"] for a in main.all("a") if a["href"].startswith("/id/")}
    assert {f"id:{link[4:]}" for link in links} == members != set()


def test_an_unknown_browse_page_is_not_found(client: FlaskClient) -> None:
    response = client.get("/browse/planets", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "There are: types, mechanisms" in response.text


def test_what_the_source_leaves_out_is_said(page: Open) -> None:
    rows = page("/id/calcific-tendonitis.html").all("dl", **{"class": "facts"})
    text = " ".join(row.text for row in rows)
    assert "Causes The guide does not say." in text
    assert "Where it occurs The guide does not say." not in text


def test_rows_follow_the_order_of_the_shapes(guide: Dataset, page: Open) -> None:
    orders: dict[str, list[float]] = {}
    for quad in guide.graph_quads(guide.graph("shapes")):
        if quad.predicate.value == terms.SH + "order" and isinstance(quad.object, Literal):
            orders.setdefault(guide.label(quad.subject), []).append(float(quad.object.value))
    rows = [e.text for e in page("/id/calcification.html").all("dt")]
    listed = [min(orders[row]) for row in rows if len(orders.get(row, ())) == 1]
    assert listed == sorted(listed)
    assert len(listed) > 5


def test_a_claim_page_points_out_a_passage_that_judges_otherwise(page: Open) -> None:
    claim = page("/claim/c130.html")
    assert claim.all("p", **{"class": "judged"})[0].text == "Denied"
    conflict = claim.all("section", **{"class": "conflict"})[0]
    assert "not proven" in conflict.text
    siblings = {a["href"] for a in claim.all("article")[0].all("a") if "/claim/" in a["href"]}
    assert siblings == {"/claim/c035", "/claim/c192"}
    assert page("/claim/c144.html").all("section", **{"class": "conflict"}) == []


def test_a_claim_page_shows_what_the_editors_note_of_it(page: Open) -> None:
    notes = [note.text for note in page("/claim/c094.html").all("p", **{"class": "note"})]
    assert any("is an inference" in note for note in notes)
    notes = [note.text for note in page("/claim/c144.html").all("p", **{"class": "note"})]
    assert not any("inference" in note for note in notes)


def test_a_passage_page_says_where_it_stands_and_how_to_check_it(page: Open) -> None:
    text = page("/passage/comparison/r1c3.html").text
    assert "from character 7032 up to 7071, of 10969 in all" in text
    assert "calcguide verify-source" in text
    assert "The words of the guide are not shown here" in text


def test_a_question_page_says_that_its_wording_is_reconstructed(ask: Ask, page: Open) -> None:
    question = page("/question/faq-1.html")
    assert "Reconstructed" in question.text
    answered = {row[0] for row in ask("SELECT ?c { question:faq-1 calc:answeredBy ?c }")}
    assert {e["data-claim"] for e in question.having("data-claim")} == answered


def test_what_an_editor_or_a_rule_adds_is_marked(page: Open) -> None:
    vessel = page("/id/blood-vessel.html")
    added = vessel.all(data_origin="editors")
    assert any("Editors: Arteries are one kind of blood vessel." in e.text for e in added)
    section = vessel.all("section", aria_labelledby="follows")[0]
    follows = section.having("data-statement")
    assert [e["data-statement"] for e in follows] == [
        "id:atherosclerotic-plaque calc:occursIn id:blood-vessel"
    ]
    assert "By rule" in follows[0].text


def test_the_linked_data_box_leads_to_each_format(client: FlaskClient, page: Open) -> None:
    head = page("/id/eswt.html").all("head")[0]
    for link in head.all("link", rel="alternate"):
        response = client.get(link["href"])
        assert response.content_type.split(";")[0] == link["type"]
    assert len(head.all("link", rel="alternate")) == 4
    assert head.all("link", rel="canonical")[0]["href"].endswith("/id/eswt.html")


def test_the_validation_page_says_what_was_checked_and_found(guide: Dataset, page: Open) -> None:
    assert "have not been validated" in page("/validation").text
    result = Violation("id:x", None, None, "Give it a label.", "shape:Y", "Warning", "data/z.ttl")
    counts = {"files": 1, "statements": 1200, "shapes": 9, "focus_nodes": 7, "checks": 1}
    verdict = Verdict("", True, (result,), counts, "[] a sh:ValidationReport .")
    checked = create_app(guide, Settings.read({}), verdict).test_client()
    text = _open(checked, "/validation").text
    for words in (
        "conform to their shapes",
        "1 file with 1,200 statements",
        "Give it a label.",
        "data/z.ttl",
    ):
        assert words in text
    assert "SHACL: conforms" in _open(checked, "/").text


@pytest.mark.parametrize(
    ("path", "status", "heading", "led_to"),
    [
        ("/id/calcific-tendonitiss", 404, "There is no such page", "/id/calcific-tendonitis"),
        ("/id/no-such-thing", 404, "There is no such page", "/search?q=no+such+thing"),
        ("/nothing", 404, "There is no such page", "/search?q=nothing"),
        ("/compare?place=nowhere", 400, "This cannot be understood", "/"),
        ("/shacl", 405, "This does not work in this way", "/browse"),
    ],
)
def test_the_page_of_an_error_says_in_plain_words_what_is_wrong_and_leads_on(
    client: FlaskClient, path: str, status: int, heading: str, led_to: str
) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    found = read(response.text)
    assert response.status_code == status
    assert found.all("h1")[0].text == heading
    assert "URL" not in found.text
    assert led_to in [a["href"] for a in found.all("main")[0].all("a")]
    assert _faults(path, found) == []


def test_markup_in_a_label_is_shown_and_not_obeyed(copy_of_guide: Path) -> None:
    hostile = '<script>alert(1)</script> \\"&amp; ' + "x" * 300
    file = copy_of_guide / "data" / "locations.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Shoulder"@en', f'"{hostile}"@en'), encoding="utf-8")
    client = create_app(load(Root(copy_of_guide)), Settings.read({})).test_client()
    for path in ("/", "/id/shoulder.html", "/id/calcific-tendonitis.html", "/browse/locations"):
        page = _open(client, path)
        assert all(s["src"].startswith("/static/") and not s.text for s in scripts(page))
        assert '<script>alert(1)</script> "&amp; xxx' in page.text


@pytest.fixture
def foreign() -> FlaskClient:
    """Other people's data: one person in the default graph, one in a named graph."""
    store = Store()
    anna, ben = NamedNode("http://example.com/anna"), NamedNode("http://example.com/ben")
    person = NamedNode("http://xmlns.com/foaf/0.1/Person")
    home = NamedNode("http://xmlns.com/foaf/0.1/homepage")
    graph = NamedNode("http://example.com/g")
    store.extend(
        [
            Quad(anna, terms.RDF_TYPE, person),
            Quad(anna, terms.RDFS_LABEL, Literal("Anna <b>")),
            Quad(anna, home, NamedNode("javascript:alert(1)")),
            Quad(anna, NamedNode("http://xmlns.com/foaf/0.1/knows"), ben, graph),
            Quad(ben, terms.RDF_TYPE, person, graph),
        ]
    )
    return create_app(Dataset(store, terms.BASE), Settings.read({})).test_client()


def test_other_people_s_data_get_an_overview(foreign: FlaskClient) -> None:
    page = _open(foreign, "/")
    assert _faults("/", page) == []
    assert "Person 2" in page.text
    assert "http://example.com/g 2" in page.text
    links = {a["href"] for a in page.all("main")[0].all("a")}
    assert "/describe?iri=http%3A%2F%2Fexample.com%2Fanna" in links


def test_other_people_s_resource_is_described_in_both_directions(foreign: FlaskClient) -> None:
    page = _open(foreign, "/describe?iri=http://example.com/ben")
    assert _faults("ben", page) == []
    assert "knows Anna <b> g" in page.text
    anna = _open(foreign, "/describe?iri=http://example.com/anna")
    assert "javascript:alert(1)" in anna.text
    assert not [a for a in anna.all("a") if a["href"].startswith("javascript")]
