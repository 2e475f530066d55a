"""The comparison says what the store says, as far and in the order asked, in three formats."""

import csv
import gzip
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from calcguide.dataset import Dataset
from calcguide.description.comparison import ORDERS, compare
from tests.conftest import Ask
from tests.markup import Element, read

HIGHEST_FIRST = [
    "calcific-tendonitis",
    "breast-calcification",
    "calcinosis-cutis",
    "atherosclerotic-plaque",
    "kidney-stone",
    "metastatic-calcification",
]
"""The two graded "possible" have no rank: they stand behind the others, whichever way round."""
LOWEST_FIRST = ["atherosclerotic-plaque", "calcinosis-cutis", "breast-calcification"]
LOWEST_FIRST += ["calcific-tendonitis", "metastatic-calcification", "kidney-stone"]


def page(client: FlaskClient, query: str = "") -> Element:
    answer = client.get("/compare" + query, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    return read(answer.text)


def kinds(found: Element) -> list[str]:
    return [row["data-kind"].removeprefix("id:") for row in found.having("data-kind")]


def test_every_cell_says_what_the_claims_of_the_table_say(ask: Ask, client: FlaskClient) -> None:
    rows = ask(
        "SELECT ?s ?p ?o ?kind { ?c calc:subject ?s ; calc:predicate ?p ; calc:object ?o ; "
        "calc:statedIn ?passage . section:comparison dct:hasPart ?passage . "
        "VALUES (?p ?end) { (calc:occursIn 1) (calc:resolutionPotential 1) (calc:outcome 1) "
        "(calc:treats 2) (calc:slows 2) (calc:assesses 2) } BIND(IF(?end = 1, ?s, ?o) AS ?kind) }"
    )
    assert len(rows) > 20
    found = page(client)
    shown = {e["data-statement"] for e in found.having("data-statement")}
    assert shown == {f"{s} {p} {o}" for s, p, o, _ in rows}
    by_kind = {row["data-kind"]: row for row in found.having("data-kind")}
    for s, p, o, kind in rows:
        if kind in by_kind:
            assert by_kind[kind].all(data_statement=f"{s} {p} {o}"), (s, p, o)


def test_every_statement_leads_to_its_claims_on_the_same_page(
    ask: Ask, client: FlaskClient
) -> None:
    found = page(client)
    sources = {item["id"]: item for item in found.all("ol", **{"class": "sources"})[0].all("li")}
    for statement in found.having("data-statement"):
        marks = [a["href"][1:] for a in statement.all("a") if a["href"].startswith("#")]
        s, p, o = statement["data-statement"].split()
        claims = f"?c calc:subject {s} ; calc:predicate {p} ; calc:object {o}"
        made = {row[0] for row in ask(f"SELECT ?c {{ {claims} }}")}
        behind = {e["data-claim"] for mark in marks for e in sources[mark].having("data-claim")}
        assert marks, statement.text
        assert behind & made, (statement["data-statement"], marks)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", HIGHEST_FIRST),
        ("?sort=grade", HIGHEST_FIRST),
        ("?sort=-grade", LOWEST_FIRST),
        ("?sort=kind", sorted(HIGHEST_FIRST)),
        ("?sort=-kind", sorted(HIGHEST_FIRST, reverse=True)),
        ("?place=kidney", ["kidney-stone", "metastatic-calcification"]),
        ("?place=skin&sort=grade", ["calcinosis-cutis"]),
        ("?grade=low&sort=-kind", ["calcinosis-cutis", "breast-calcification"]),
        ("?grade=high&place=skin", []),
        ("?place=&grade=&sort=", HIGHEST_FIRST),
    ],
)
def test_the_address_chooses_rows_and_order_in_every_format(
    client: FlaskClient, query: str, expected: list[str]
) -> None:
    assert kinds(page(client, query)) == expected
    rows: list[dict[str, Any]] = client.get("/compare.json" + query).json["rows"]  # type: ignore[index]
    assert [row["kind"].rpartition("/")[2] for row in rows] == expected
    table = csv.DictReader(io.StringIO(client.get("/compare.csv" + query).text))
    assert [row["kind"].removeprefix("id:") for row in table] == expected


def test_places_are_sorted_by_their_names(guide: Dataset) -> None:
    rows = compare(guide, "place").rows
    first = [min(s.object.label.casefold() for s in row.places) for row in rows]
    assert first == sorted(first)
    assert compare(guide, "-place").rows == rows[::-1]


@pytest.mark.parametrize(
    ("query", "sorted_by", "way"),
    [
        ("", "Does it go away?", "descending"),
        ("?sort=-grade", "Does it go away?", "ascending"),
        ("?sort=kind", "Kind", "ascending"),
        ("?sort=-place", "Where", "descending"),
    ],
)
def test_the_sorted_column_says_so_and_its_link_turns_it_round(
    client: FlaskClient, query: str, sorted_by: str, way: str
) -> None:
    heads = page(client, query).all("th", scope="col")
    assert [(h.text, h["aria-sort"]) for h in heads if h["aria-sort"]] == [(sorted_by, way)]
    (head,) = (h for h in heads if h["aria-sort"])
    turned = page(client, head.all("a")[0]["href"].removeprefix("/compare"))
    (again,) = (h for h in turned.all("th", scope="col") if h["aria-sort"])
    assert (again.text, again["aria-sort"] == way) == (sorted_by, False)


def test_sorting_keeps_what_is_chosen_and_choosing_keeps_the_order(client: FlaskClient) -> None:
    found = page(client, "?place=kidney&sort=kind")
    links = {a["href"] for a in found.all("thead")[0].all("a")}
    assert links == {f"/compare?sort={s}&place=kidney" for s in ("-kind", "place")} | {
        "/compare?place=kidney"
    }
    form = found.all("form", action="/compare")[0]
    assert [(e["name"], e["value"]) for e in form.all("input")] == [("sort", "kind")]
    chosen = [o["value"] for o in form.all("option") if "selected" in o.attributes]
    assert chosen == ["kidney"]


def test_what_has_no_rank_is_drawn_apart_and_told_apart(client: FlaskClient) -> None:
    found = page(client)
    unranked = {r["data-kind"] for r in found.all("tr") if r["class"] == "unranked"}
    assert unranked == {"id:kidney-stone", "id:metastatic-calcification"}
    assert "“Possible” has no place in that order" in found.text
    assert "no place in that order" not in page(client, "?grade=low").text


@pytest.mark.parametrize(
    "query", ["?sort=planet", "?place=planet", "?grade=planet", "?grade=skin", "?sort=--grade"]
)
def test_what_there_is_not_is_refused_with_what_there_is(client: FlaskClient, query: str) -> None:
    for suffix in ("", ".json", ".csv"):
        answer = client.get(f"/compare{suffix}{query}", headers={"Accept": "application/json"})
        assert answer.status_code == 400
        assert "There are: " in (answer.json or {})["detail"]
    assert all(order in compare_error(client) for order in ORDERS)


def compare_error(client: FlaskClient) -> str:
    return client.get("/compare?sort=x", headers={"Accept": "text/plain"}).text


def test_the_whole_table_is_the_download(client: FlaskClient) -> None:
    assert client.get("/compare.csv").data == client.get("/dumps/comparison.csv").data


def test_json_and_csv_say_the_same(guide: Dataset, client: FlaskClient) -> None:
    rows: list[dict[str, Any]] = client.get("/compare.json").json["rows"]  # type: ignore[index]
    table = list(csv.DictReader(io.StringIO(client.get("/compare.csv").text)))

    def written(cell: object) -> str:
        if isinstance(cell, list):
            return "|".join(map(written, cell))
        text = "" if cell is None else str(cell)
        return guide.compact(text) if text.startswith(guide.base) else text

    assert [{name: written(cell) for name, cell in row.items()} for row in rows] == table
    assert {row["rank"] for row in rows} == {1, 2, 3, None}


def test_accept_chooses_the_format(client: FlaskClient) -> None:
    for accept in ("text/html", "application/json", "text/csv"):
        answer = client.get("/compare", headers={"Accept": accept})
        assert (answer.mimetype, "accept" in answer.vary) == (accept, True)


def test_the_page_is_light(client: FlaskClient) -> None:
    data = client.get("/compare", headers={"Accept": "text/html"}).data
    assert len(gzip.compress(data)) < 10_000
