"""What pages say in the vocabulary of schema.org is what the store says, and nothing more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode

from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.schema_org import (
    breadcrumbs,
    describe_dataset,
    describe_kind,
    describe_questions,
)
from calcguide.files import Root
from calcguide.loading import load
from calcguide.settings import Settings
from tests.conftest import Ask
from tests.markup import Element, read

URL = "http://localhost/page"
TREATMENTS = "calc:treats|calc:breaksUp|calc:relieves|calc:reverses|calc:slows|calc:manages"
KINDS = [
    ("associatedAnatomy", "{kind} calc:occursIn ?x"),
    ("cause", "{kind} calc:hasCause ?x"),
    ("possibleTreatment", f"?x {TREATMENTS} {{kind}}"),
]


@pytest.fixture(scope="module")
def kinds(guide: Dataset, ask: Ask) -> dict[str, dict[str, Any]]:
    """Compact IRI -> the MedicalCondition of each kind of calcification."""
    found = {}
    for (kind,) in ask("SELECT DISTINCT ?k { ?k a calc:Calcification }"):
        page = describe_kind(guide, guide.base + "id/" + kind[3:], URL)
        assert page is not None
        assert (page["@type"], page["url"]) == ("MedicalWebPage", URL)
        found[kind] = page["mainEntity"]
    return found


@pytest.mark.parametrize(("property", "pattern"), KINDS)
def test_a_property_repeats_the_plain_facts_and_no_other(
    guide: Dataset, ask: Ask, kinds: dict[str, dict[str, Any]], property: str, pattern: str
) -> None:
    counted = 0
    for kind, condition in kinds.items():
        rows = ask(f"SELECT DISTINCT ?x {{ GRAPH graph:facts {{ {pattern.format(kind=kind)} }} }}")
        stated = condition.get(property, [])
        assert {guide.compact(node["@id"]) for node in stated} == {row[0] for row in rows}
        counted += len(stated)
    assert counted > 1


def test_nothing_hedged_denied_or_unproven_is_a_treatment(
    guide: Dataset, ask: Ask, kinds: dict[str, dict[str, Any]]
) -> None:
    doubtful = ask(
        "SELECT DISTINCT ?x ?kind { ?c calc:subject ?x ; calc:object ?kind ; calc:predicate ?p ; "
        "calc:polarity ?polarity . FILTER(?polarity != calc:affirmed) }"
    )
    said = {
        (guide.compact(node["@id"]), kind)
        for kind, condition in kinds.items()
        for node in condition.get("possibleTreatment", [])
    }
    assert said.isdisjoint(doubtful)
    assert ("id:calcium-channel-blocker", "id:calcinosis-cutis") not in said


def test_the_progression_tells_each_claim_with_its_hedge_and_condition(
    guide: Dataset, kinds: dict[str, dict[str, Any]]
) -> None:
    rows = guide.store.query(
        """SELECT ?kind ?gloss ?hedge ?certainty ?condition ?emphasis ?frequency {
            ?c calc:subject ?kind ; calc:predicate ?p ; skos:definition ?gloss ;
               calc:certainty/skos:prefLabel ?certainty .
            VALUES ?p { calc:resolutionPotential calc:outcome }
            ?kind a calc:Calcification .
            OPTIONAL { ?c calc:hedgeWord ?hedge }
            OPTIONAL { ?c calc:under/calc:phrase ?condition }
            OPTIONAL { ?c calc:especially/calc:phrase ?emphasis }
            OPTIONAL { ?c calc:frequency/skos:prefLabel ?frequency } }""",
        prefixes=guide.prefixes,
    )
    counted = 0
    for row in rows:  # type: ignore[union-attr]
        texts = kinds[guide.compact(row["kind"].value)]["naturalProgression"]
        [text] = [text for text in texts if row["gloss"].value in text]
        counted += 1
        if row["certainty"].value != "stated":
            assert f"({row['certainty'].value}: “{row['hedge'].value}”" in text
        for name in ("condition", "emphasis", "frequency"):
            assert row[name] is None or row[name].value in text
    assert counted == sum(len(c.get("naturalProgression", [])) for c in kinds.values()) > 20


def leaves(node: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a node with the key that it stands under, keywords and addresses left out."""
    if isinstance(node, dict):
        for inner, value in node.items():
            if inner not in ("@context", "@type", "url"):
                yield from leaves(value, inner)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from leaves(value, key)
    elif node != URL:
        yield key, str(node)


def test_every_value_is_in_the_store(guide: Dataset, kinds: dict[str, dict[str, Any]]) -> None:
    terms = {
        term.value
        for quad in guide.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)
        for term in (quad.subject, quad.predicate, quad.object)
        if isinstance(term, NamedNode | Literal)
    }
    pages = [*kinds.values(), describe_dataset(guide, URL), describe_questions(guide, URL)]
    for key, value in leaves(pages):
        parts = [value]
        if key == "naturalProgression":
            parts = value.partition(" (")[0].split(": ", 1)
        if key == "text":
            parts = [value.removesuffix(" (reconstructed)")]
        assert set(parts) <= terms, (key, value)


def test_a_thing_of_another_class_is_no_condition(guide: Dataset) -> None:
    assert describe_kind(guide, guide.base + "id/shoulder", URL) is None


def test_each_question_is_told_to_be_reconstructed(guide: Dataset) -> None:
    page = describe_questions(guide, URL)
    assert page["@type"] == "FAQPage"
    assert len(page["mainEntity"]) == 8
    for question in page["mainEntity"]:
        assert question["text"] == question["name"] + " (reconstructed)"
        assert question["acceptedAnswer"]["text"]


def test_breadcrumbs_count_from_the_first_page() -> None:
    items = breadcrumbs([("Answers", "http://x/"), ("Browse", "http://x/browse")], "Hip")
    assert [item["position"] for item in items["itemListElement"]] == [1, 2, 3]
    assert [item["name"] for item in items["itemListElement"]] == ["Answers", "Browse", "Hip"]
    assert "item" not in items["itemListElement"][2]


def blocks(page: Element) -> dict[str, dict[str, Any]]:
    """Type -> block of data on a page."""
    scripts = page.all("script", type="application/ld+json")
    found = [json.loads("".join(map(str, block.content))) for block in scripts]
    assert all(block["@context"] == "https://schema.org" for block in found)
    return {block["@type"]: block for block in found}


@pytest.mark.parametrize(
    ("path", "types"),
    [
        ("/", {"Dataset"}),
        ("/dataset.html", {"Dataset", "BreadcrumbList"}),
        ("/questions", {"FAQPage"}),
        ("/id/kidney-stone.html", {"MedicalWebPage", "BreadcrumbList"}),
        ("/id/shoulder.html", {"BreadcrumbList"}),
        ("/claim/c144.html", {"BreadcrumbList"}),
        ("/passage/comparison/r1c3.html", {"BreadcrumbList"}),
        ("/browse/types", {"BreadcrumbList"}),
        ("/about", set()),
    ],
)
def test_a_page_carries_what_is_said_of_it(client: FlaskClient, path: str, types: set[str]) -> None:
    page = read(client.get(path, headers={"Accept": "text/html"}).text)
    found = blocks(page)
    assert found.keys() == types
    if "BreadcrumbList" in types:
        seen = [item.text for item in page.all("nav", **{"class": "crumbs"})[0].all("li")]
        steps = found["BreadcrumbList"]["itemListElement"]
        assert [step["name"] for step in steps] == seen
        assert all(step["item"].startswith("http://localhost/") for step in steps[:-1])


def test_the_downloads_of_the_dataset_are_told(client: FlaskClient) -> None:
    page = read(client.get("/dataset.html").text)
    downloads = blocks(page)["Dataset"]["distribution"]
    assert len(downloads) > 5
    for download in downloads:
        answer = client.get(download["contentUrl"])
        assert answer.mimetype == download["encodingFormat"]
        assert f"{len(answer.data)} B" == download["contentSize"]


def test_markup_in_a_label_cannot_leave_its_block(copy_of_guide: Path) -> None:
    hostile = "</script><script>alert(1)</script><!--"
    file = copy_of_guide / "data" / "locations.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Shoulder"@en', f'"{hostile}"@en'), encoding="utf-8")
    client = create_app(load(Root(copy_of_guide)), Settings.read({})).test_client()
    html = client.get("/id/calcific-tendonitis.html").text
    places = blocks(read(html))["MedicalWebPage"]["mainEntity"]["associatedAnatomy"]
    assert hostile in [place["name"] for place in places]
    assert "<script>alert" not in html
