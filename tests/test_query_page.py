"""The query page without JavaScript, and what its editor asks the server."""

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.completion import MOST, completions
from calcguide.description.results import MOST_ROWS
from calcguide.description.worked_questions import worked_questions
from tests.conftest import REPOSITORY
from tests.markup import Element, read

PROLOGUE = """PREFIX calc: <https://w3id.org/calcguide/ontology#>
PREFIX id: <https://w3id.org/calcguide/id/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
COUNTED = PROLOGUE + (
    "SELECT ?place (COUNT(?kind) AS ?kinds) { ?kind calc:occursIn ?place } "
    "GROUP BY ?place ORDER BY DESC(?kinds) ?place LIMIT 5"
)
AROUND = PROLOGUE + (
    "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <https://w3id.org/calcguide/graph/facts> "
    "{ ?s ?p ?o FILTER(id:calcific-tendonitis IN (?s, ?o)) } }"
)

Ask = Callable[[str], Element]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """A function that returns the page with the outcome of a query."""

    def page(query: str) -> Element:
        asked = {"query_string": {"query": query}, "headers": {"Accept": "text/html"}}
        return read(client.get("/sparql", **asked).text)

    return page


def outcome(page: Element) -> Element:
    return page.all("div", id="outcome")[0]


def rows(page: Element) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in page.all("tbody")[0].all("tr")]


def test_each_worked_question_is_a_link_that_runs_it(client: FlaskClient, guide: Dataset) -> None:
    page = read(client.get("/sparql", headers={"Accept": "text/html"}).text)
    links = {a.text: a["href"] for a in page.all("section", id="worked")[0].all("a")}
    worked = worked_questions(guide)
    assert links.keys() == {question.question for question in worked}
    for question in worked:
        [query] = parse_qs(urlsplit(links[question.question]).query)["query"]
        assert query == question.query
    found = client.get(links[worked[0].question], headers={"Accept": "text/html"})
    assert found.status_code == 200
    shown = read(found.text)
    [current] = shown.all("a", aria_current="true")
    assert current.text == worked[0].question
    assert [d for d in shown.all("details") if "open" in d.attributes] == [
        current.within("details")
    ]
    about = outcome(shown).all("a", href=f"/{guide.path(worked[0].iri)}")
    assert len(about) == 1


def test_the_page_offers_a_query_to_begin_with(client: FlaskClient, guide: Dataset) -> None:
    page = read(client.get("/sparql", headers={"Accept": "text/html"}).text)
    [field] = page.all("textarea")
    assert "".join(map(str, field.content)).strip() == worked_questions(guide)[0].query.strip()
    assert outcome(page).text == ""


def test_a_term_is_shown_by_its_label_and_leads_to_its_page(ask: Ask) -> None:
    page = ask(PROLOGUE + "SELECT ?k ?l { VALUES ?k { id:hip } ?k rdfs:label ?l }")
    [cell, label] = page.all("tbody")[0].all("td")
    assert [(a.text, a["href"]) for a in cell.all("a")] == [("Hip", "/id/hip")]
    assert cell.all("code")[0].text == "id:hip"
    assert label.text == "Hip @en"


def test_numbers_stand_below_one_another_and_nothing_is_an_empty_cell(ask: Ask) -> None:
    page = ask("SELECT ?a ?b ?c { VALUES (?a ?b ?c) { (1 'x' 1) (2.5 UNDEF UNDEF) } }")
    assert [th["class"] for th in page.all("th")] == ["number", "", ""]
    assert rows(page) == [["1", "x", "1"], ["2.5", "", ""]]


def test_more_rows_than_a_page_bears_are_counted(ask: Ask) -> None:
    page = ask("SELECT ?s ?p ?o { ?s ?p ?o }")
    assert len(rows(page)) == MOST_ROWS
    assert ", the first 1,000 shown" in page.all("p", id="found")[0].text
    assert not [t for t in page.all("table") if "data-sortable" in t.attributes]
    assert [t for t in ask(COUNTED).all("table") if "data-sortable" in t.attributes]


def test_labels_with_a_number_each_are_drawn_as_bars_that_repeat_the_table(ask: Ask) -> None:
    page = ask(COUNTED)
    bars = [[e.text for e in bar.all("span")] for bar in page.all("div", **{"class": "bar"})]
    table = [[row[0].split(" id:")[0], row[1]] for row in rows(page)]
    assert bars == table
    widths = [float(rect["width"]) for rect in page.all("div", **{"class": "chart"})[0].all("rect")]
    longest = int(table[0][1])
    assert widths == [round(100 * int(count) / longest, 2) for _, count in table]
    assert page.all("div", **{"class": "chart"})[0]["aria-hidden"] == "true"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s ?p { VALUES (?s ?p) { ('a' 'b') ('c' 'd') } }",
        "SELECT ?s ?n ?m { VALUES (?s ?n ?m) { ('a' 1 1) ('b' 2 2) } }",
        "SELECT ?n ?m { VALUES (?n ?m) { (1 1) (2 2) } }",
        "SELECT ?s ?n { VALUES (?s ?n) { ('a' 1) ('b' UNDEF) } }",
        "SELECT ?s ?n { VALUES (?s ?n) { ('a' 1) ('b' -1) } }",
        "SELECT ?s ?n { VALUES (?s ?n) { ('a' 0) ('b' 0) } }",
        "SELECT ?s ?n { VALUES (?s ?n) { ('a' 1) } }",
        "SELECT ?s ?n { VALUES (?s ?n) { ('a' 1e0) ('b' 1e999) } }",
        "SELECT ?s (STRLEN(STR(?s)) AS ?n) { ?s ?p ?o } LIMIT 61",
    ],
)  # fmt: skip
def test_what_is_no_series_of_labels_and_numbers_has_no_bars(ask: Ask, query: str) -> None:
    page = ask(query)
    assert page.all("table")
    assert page.all("div", **{"class": "chart"}) == []


def test_a_graph_is_a_picture_whose_boxes_are_links_a_table_and_turtle(
    ask: Ask, client: FlaskClient
) -> None:
    page = outcome(ask(AROUND))
    [figure] = page.all("figure")
    [svg] = figure.all("svg")
    links = {a["href"] for a in svg.all("a")}
    in_table = {a["href"] for row in page.all("tbody")[0].all("tr") for a in row.all("a")}
    assert {"/id/calcific-tendonitis", "/id/shoulder", "/id/high"} <= links <= in_table
    outlined = {a["href"] for a in figure.all("ul")[0].all("a")}
    assert outlined == links
    statements = client.get("/sparql", query_string={"query": AROUND, "format": "nt"}).text
    assert len(rows(page)) == statements.count("\n") == len(svg.all("path", **{"class": "line"}))
    assert "id:eswt calc:breaksUp id:calcific-tendonitis" in page.all("code")[-4].text


def test_a_yes_or_no_is_a_word(ask: Ask) -> None:
    assert outcome(ask("ASK { ?s ?p ?o }")).all("p", id="found")[0].text == "Yes"
    assert outcome(ask("ASK { ?s ?s ?s }")).all("p", id="found")[0].text == "No"


def test_an_error_names_its_place_and_keeps_the_text(client: FlaskClient) -> None:
    query = "SELECT *\nWHERE [ ?s ?p ?o ]"
    answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    page = read(answer.text)
    [alert] = page.all("p", id="query-error")
    assert (answer.status_code, alert["role"]) == (400, "alert")
    assert (alert["data-line"], alert["data-column"]) == ("2", "7")
    assert "Line 2, column 7" in alert.text
    assert alert.text.count("Line 2") == 1
    [field] = page.all("textarea")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "query-error")
    assert field.content == ["\n" + query]
    assert page.all("title")[0].text.startswith("Error: ")


@pytest.mark.parametrize(
    ("query", "names"),
    [(COUNTED, ["csv", "json", "xml", "tsv"]), (AROUND, ["ttl", "jsonld", "nt", "rdf"])],
)
def test_downloads_and_the_link_repeat_the_query(
    client: FlaskClient, query: str, names: list[str]
) -> None:
    graphs = ["https://w3id.org/calcguide/graph/facts", "https://w3id.org/calcguide/graph/claims"]
    given = {"query": query, "default-graph-uri": graphs}
    answer = client.get("/sparql", query_string=given, headers={"Accept": "text/html"})
    page = read(answer.text)
    links = [a["href"] for a in outcome(page).all("a") if a["href"].startswith("/sparql?")]
    asked = [parse_qs(urlsplit(link).query) for link in links]
    assert [a.pop("format", [None])[0] for a in asked] == [*names, None]
    assert all(a == {"query": [query], "default-graph-uri": graphs} for a in asked)
    assert client.get(links[0]).status_code == 200
    hidden = [(i["name"], i["value"]) for i in page.all("form", id="ask")[0].all("input")]
    assert hidden == [("default-graph-uri", graph) for graph in graphs]


def test_a_query_too_long_for_a_link_says_so(client: FlaskClient) -> None:
    query = f"ASK {{ ?s ?p '{'x' * 40_000}' }}"
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/html"})
    text = outcome(read(answer.text)).text
    assert "too long for a link" in text
    assert "Take these results" not in text


def test_markup_in_a_result_stays_text(ask: Ask) -> None:
    page = ask("SELECT ('<script>alert(1)</script>\"\u202e' AS ?x) (2 AS ?n) {}")
    assert '<script>alert(1)</script>"\u202e' in rows(page)[0]
    drawn = ask(
        "CONSTRUCT { <http://a/<x> <http://a/p> <javascript:alert(1)> } WHERE {}".replace(
            "<x>", "x"
        )
    )
    assert "alert(1)" in drawn.text
    assert [a for a in drawn.all("a") if a["href"].startswith("javascript")] == []


def test_the_page_and_its_style_paint_from_less_than_30_kilobytes(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": "text/html"}).data
    style = (REPOSITORY / "server/calcguide/static/calcguide.css").read_bytes()
    assert len(gzip.compress(page)) + len(gzip.compress(style)) < 30_000
    scripts = [s for s in read(page.decode()).all("script") if s["src"]]
    waiting = [s["type"] == "module" or "defer" in s.attributes for s in scripts]
    assert len(waiting) == 2
    assert all(waiting), "a script waits until the page is there"


# What the editor asks


def problems(client: FlaskClient, query: str) -> list[dict[str, Any]]:
    answer = client.post("/sparql/check", data={"query": query})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: list[dict[str, Any]] = json.loads(answer.data)["problems"]
    return found


def test_a_sound_query_has_no_problems_and_is_not_answered(client: FlaskClient) -> None:
    assert problems(client, COUNTED) == []
    assert problems(client, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }") == []


@pytest.mark.parametrize(
    ("query", "place", "instead", "wrong"),
    [
        (PROLOGUE + "SELECT ?x { ?x calc:treets id:hip }", (4, 16, 11), "calc:treats", False),
        (PROLOGUE + "ASK { id:sholder ?p ?o }", (4, 7, 10), "id:shoulder", False),
        (
            "PREFIX g: <https://w3id.org/calcguide/graph/>\n"
            "PREFIX c: <https://w3id.org/calcguide/id/> ASK { c:sholder ?p ?o }",
            (2, 50, 9),
            "c:shoulder",
            False,
        ),
        (
            "ASK { <https://w3id.org/calcguide/id/sholder> ?p ?o }",
            (1, 7, 39),
            "<https://w3id.org/calcguide/id/shoulder>",
            False,
        ),
        (PROLOGUE + 'ASK { ?x rdfs:label "Hip" }', (4, 21, 5), '"Hip"@en', False),
        ("ASK { ?x calc:treats ?y }", (1, 10, None), None, True),
        ("ASK { ?x ?p \n ?y ", (2, 4, None), None, True),
        ("ASK { SERVICE <http://a/> { ?x ?p ?y } }", (None, None, None), None, True),
    ],
)
def test_a_query_is_checked_before_it_runs(
    client: FlaskClient,
    query: str,
    place: tuple[int | None, ...],
    instead: str | None,
    wrong: bool,
) -> None:
    [found] = problems(client, query)
    assert found["wrong"] is wrong
    assert (found["line"], found["column"], found["length"]) == place
    assert found["instead"][:1] == ([instead] if instead else [])
    if found["line"]:
        assert f"Line {found['line']}, column {found['column']}" in found["message"]


def test_what_is_advised_mends_the_query(client: FlaskClient) -> None:
    query = PROLOGUE + 'ASK { id:sholder calc:occusIn ?o . ?x rdfs:label "Hip" }'
    for _ in range(3):
        found = problems(client, query)[0]
        lines = query.split("\n")
        line, start = lines[found["line"] - 1], found["column"] - 1
        end = start + found["length"]
        lines[found["line"] - 1] = line[:start] + found["instead"][0] + line[end:]
        query = "\n".join(lines)
    assert problems(client, query) == []
    assert 'id:shoulder calc:occursIn ?o . ?x rdfs:label "Hip"@en' in query


def test_many_unknown_names_are_looked_up_only_so_often(client: FlaskClient) -> None:
    names = " ".join(f"id:sholder{i}" for i in range(3000))
    found = problems(client, f"{PROLOGUE}ASK {{ VALUES ?x {{ {names} }} ?x ?p ?o }}")
    assert 0 < len(found) <= 50


def test_the_terms_to_complete_have_labels_synonyms_and_prefixes(client: FlaskClient) -> None:
    answer = client.get("/sparql/terms")
    content = json.loads(answer.data)
    known = {term["name"]: term for term in content["terms"]}
    assert known["id:eswt"]["label"] == "Shockwave therapy"
    assert "ESWT" in known["id:eswt"]["synonyms"]
    assert {
        "calc:treats",
        "calc:Claim",
        "rdfs:label",
        "graph:facts",
        "calc:affirmed",
    } <= known.keys()
    assert content["prefixes"]["calc"] == terms.CALC
    assert all(name.split(":")[0] in content["prefixes"] for name in known)
    assert len(gzip.compress(answer.data)) < 10_000
    again = client.get("/sparql/terms", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_term_to_complete_can_be_written_as_it_stands(client: FlaskClient) -> None:
    content = json.loads(client.get("/sparql/terms").data)
    prologue = "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in content["prefixes"].items())
    written = " ".join(term["name"] for term in content["terms"])
    query = (
        f"{prologue}SELECT (COUNT(?x) AS ?n) {{ VALUES ?x {{ {written} }} FILTER EXISTS "
        "{ { ?x ?p ?o } UNION { ?s ?x ?o } UNION { ?s a ?x } } }"
    )
    answer = client.post("/sparql", data={"query": query, "format": "csv"})
    assert answer.text.split() == ["n", str(len(content["terms"]))]


def test_other_people_s_data_are_completed_too_up_to_a_limit() -> None:
    store = Store()
    label = NamedNode(terms.RDFS + "label")
    store.extend(
        Quad(NamedNode(f"http://a/{i}"), label, Literal(f"Thing {i}")) for i in range(MOST + 10)
    )
    found = completions(Dataset(store, "http://b/"))
    assert len(found) == MOST
    assert found[-1].name == "rdfs:label"
    assert (found[0].name, found[0].label) == (f"<http://a/{found[0].label[6:]}>", found[0].label)


def test_a_name_that_a_query_cannot_hold_as_it_stands_is_not_offered() -> None:
    store = Store()
    for local in ("plain", "a/b", "c.", "d,e", "9"):
        name = NamedNode(f"http://b/id/{local}")
        store.add(Quad(name, NamedNode(terms.RDFS + "label"), Literal(local)))
    offered = {c.name for c in completions(Dataset(store, "http://b/"))}
    assert offered == {"id:plain", "rdfs:label"}
