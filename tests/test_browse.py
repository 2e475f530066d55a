"""Browse pages have every entity: in the tree, by letter, and by class in three formats."""

import csv
import gzip
import io
from collections import Counter

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, Store

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.hierarchy import Branch, by_letter, tree
from calcguide.description.listings import BROWSE
from calcguide.description.naming import calc
from tests.conftest import Ask
from tests.markup import Element, read


@pytest.fixture
def index(client: FlaskClient) -> Element:
    return read(client.get("/browse", headers={"Accept": "text/html"}).text)


def below(branch: Branch) -> list[Branch]:
    return [branch, *(found for child in branch.below for found in below(child))]


def labels(branches: tuple[Branch, ...]) -> dict[str, list[str]]:
    """Label -> the labels right below it, of every branch that has any."""
    every = [found for branch in branches for found in below(branch) if found.below]
    return {found.name.label: [child.name.label for child in found.below] for found in every}


def test_the_tree_has_every_entity(ask: Ask, index: Element) -> None:
    entities = {iri.replace("id:", "/id/") for (iri,) in ask("SELECT ?e { ?e a calc:Entity }")}
    (found,) = index.having("data-tree")
    assert {a["href"] for a in found.all("a")} >= entities
    assert entities


def test_the_tree_counts_the_members_of_each_class(ask: Ask, guide: Dataset) -> None:
    counted = {
        found.name.iri: found.count
        for branch in tree(guide)
        for found in below(branch)
        if found.count is not None and (found.name.iri or "").startswith(terms.CALC)
    }
    assert {calc(local).value for local in BROWSE.values()} <= counted.keys()
    for iri, count in counted.items():
        rows = ask(f"SELECT (COUNT(DISTINCT ?m) AS ?n) {{ ?m a <{iri}> }}")
        assert rows == [(str(count),)], iri


def test_narrower_things_stand_below_wider_ones(guide: Dataset) -> None:
    found = labels(tree(guide))
    assert found["Conditions"][0] == "Types"
    assert found["Types"] == ["Calcification"]
    assert "Calcific tendonitis" in found["Calcification"]
    assert found["Medication"] == ["Anti-inflammatory drug", "Calcium channel blocker"]
    assert found["Kinds by mechanism"] == ["Dystrophic calcification", "Metastatic calcification"]


def test_what_is_only_hedged_makes_no_branch() -> None:
    store, entities = Store(), NamedNode(terms.BASE + "graph/entities")
    dataset = Dataset(store, terms.BASE)
    ontology, hedged = dataset.graph("ontology"), dataset.graph("qualified-facts")
    wide, narrow, loop = (dataset.iri(f"id/{name}") for name in ("wide", "narrow", "loop"))
    sub_class = NamedNode(terms.RDFS + "subClassOf")
    quads = [Quad(calc("Condition"), sub_class, calc("Entity"), ontology)]
    quads += [
        Quad(node, terms.RDF_TYPE, calc("Condition"), entities) for node in (wide, narrow, loop)
    ]
    quads += [Quad(narrow, terms.SKOS_BROADER, wide, hedged)]
    quads += [Quad(loop, terms.SKOS_BROADER, loop, entities)]
    for quad in quads:
        store.add(quad)
        store.add(Quad(quad.subject, quad.predicate, quad.object))
    assert labels(tree(dataset))["Conditions"] == ["loop", "narrow", "wide"]
    store.add(Quad(narrow, terms.SKOS_BROADER, wide, entities))
    assert labels(tree(dataset))["Conditions"] == ["loop", "wide"]
    store.add(Quad(wide, terms.SKOS_BROADER, narrow, entities))
    assert labels(tree(dataset)) == {"Conditions": ["loop", "narrow"], "narrow": ["wide"]}


def test_the_letters_have_every_name_once(ask: Ask, guide: Dataset) -> None:
    rows = ask("SELECT ?e ?n { ?e a calc:Entity ; skos:prefLabel|skos:altLabel ?n }")
    found = Counter(
        (guide.compact(named.iri or ""), written)
        for letter in by_letter(guide)
        for written, named in letter.names
    )
    assert found == Counter(set(rows))
    for letter in by_letter(guide):
        assert all(written[0].upper() == letter.letter for written, _ in letter.names)


def test_a_name_with_an_accent_or_a_digit_finds_its_letter() -> None:
    dataset = Dataset(Store(), terms.BASE)
    for slug, label in (("a", "Ödem"), ("b", "3 stones"), ("c", "ostium")):
        node = dataset.iri(f"id/{slug}")
        dataset.store.add(Quad(node, terms.RDF_TYPE, calc("Entity")))
        dataset.store.add(Quad(node, terms.SKOS_PREF_LABEL, Literal(label, language="en")))
    found = {letter.letter: [n for n, _ in letter.names] for letter in by_letter(dataset)}
    assert found == {"0–9": ["3 stones"], "O": ["ostium", "Ödem"]}


def test_a_synonym_leads_to_the_name_that_is_used(index: Element) -> None:
    items = [item for item in index.all("li") if item.text == "ESWT see Shockwave therapy"]
    assert [a["href"] for item in items for a in item.all("a")] == ["/id/eswt"]


@pytest.mark.parametrize(("kind", "local"), BROWSE.items())
def test_the_members_of_a_class_as_tables(
    ask: Ask, client: FlaskClient, kind: str, local: str
) -> None:
    rows = ask(f"SELECT DISTINCT ?m ?label {{ ?m a calc:{local} ; skos:prefLabel ?label }}")
    answer = client.get(f"/browse/{kind}.json")
    assert answer.mimetype == "application/json"
    told = answer.json or {}
    assert told["class"] == terms.CALC + local
    assert {("id:" + m["iri"].rpartition("/")[2], m["label"]) for m in told["members"]} == set(rows)
    answer = client.get(f"/browse/{kind}.csv")
    assert answer.mimetype == "text/csv"
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["iri"] for row in table] == [m["iri"] for m in told["members"]]
    assert [row["synonyms"] for row in table] == ["|".join(m["synonyms"]) for m in told["members"]]
    assert all(row["page"].startswith("http://localhost/id/") for row in table)


@pytest.mark.parametrize("path", ["planets", "planets.json", "planets.csv", "types.xml"])
def test_an_unknown_class_is_not_found_in_any_format(client: FlaskClient, path: str) -> None:
    assert client.get(f"/browse/{path}").status_code == 404


def test_the_index_is_light(client: FlaskClient) -> None:
    data = client.get("/browse", headers={"Accept": "text/html"}).data
    assert len(gzip.compress(data)) < 15_000
