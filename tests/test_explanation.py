"""Each entailed statement says by which rule and from what it follows, and that suffices."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pyoxigraph import BlankNode, NamedNode, Quad, Store, Triple

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.explanation import Explained, Explanation, explain
from calcguide.description.statements import Origin
from calcguide.description.worked_questions import worked_questions
from tests.conftest import Ask
from tests.markup import read

SHOWN = [
    ("id/metastatic-calcification", "transitive"),
    ("id/blood-vessel", "property-chain"),
    ("id/hypercalcemia", "type-by-range"),
]


@pytest.fixture(scope="module")
def entailed(guide: Dataset) -> dict[str, list[Triple]]:
    """Graph -> what it holds but for labels and what has no name."""
    return {
        name: [
            quad.triple
            for quad in guide.graph_quads(guide.graph(name))
            if quad.predicate != terms.RDFS_LABEL
            and isinstance(quad.subject, NamedNode)
            and isinstance(quad.object, NamedNode)
        ]
        for name in ("entailed", "qualified-entailed")
    }


def _grounds(found: Explanation) -> Iterator[Explained]:
    """The statements at the very bottom: those that no rule makes."""
    for premise in found.premises:
        yield from _grounds(premise.because) if premise.because else [premise]


def test_each_entailed_statement_is_explained_down_to_what_somebody_states(
    guide: Dataset, entailed: dict[str, list[Triple]]
) -> None:
    assert len(entailed["entailed"]) > 600 and len(entailed["qualified-entailed"]) > 100
    for name, triples in entailed.items():
        hedged = 0
        for triple in triples:
            found = explain(guide, triple)
            assert found is not None, triple
            grounds = list(_grounds(found))
            for ground in grounds:
                statement = ground.statement
                assert statement.origin not in (Origin.RULE, Origin.HEDGED_RULE)
                assert statement.claims or statement.origin is not Origin.CLAIMS, triple
                assert all(claim.affirmed for claim in statement.claims)
            doubtful = [g for g in grounds if not all(map(_is_firm, g.statement.claims))]
            assert name != "entailed" or not doubtful, triple
            hedged += bool(doubtful)
        assert hedged == (len(triples) if name == "qualified-entailed" else 0)


def _is_firm(claim: object) -> bool:
    return not any(getattr(claim, field) for field in ("hedged", "frequency", "under"))


def test_the_rule_that_is_named_makes_the_statement_of_the_premises_that_are_named(
    guide: Dataset, entailed: dict[str, list[Triple]]
) -> None:
    chains = [
        quad
        for quad in guide.graph_quads(guide.graph("ontology"))
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
    ]
    for triple in entailed["entailed"][::5] + entailed["qualified-entailed"][::5]:
        found = explain(guide, triple)
        assert found
        if not all(i for premise in found.premises for i in premise.statement.triple):
            continue  # a premise with a literal
        store = Store()
        for premise in found.premises:
            subject, predicate, object = (NamedNode(i) for i in premise.statement.triple if i)
            store.add(Quad(subject, predicate, object))
        if found.rule.local == "rule-property-chain":
            store.extend(Quad(q.subject, q.predicate, q.object) for q in chains)
        assert triple in set(store.query(found.rule.query))  # type: ignore[arg-type]


def test_a_worked_query_finds_the_reason_of_each_entailed_relation(
    guide: Dataset, entailed: dict[str, list[Triple]], ask: Ask
) -> None:
    [query] = [
        worked.query
        for worked in worked_questions(guide)
        if worked.iri.endswith("/how-entailed-statements-follow")
    ]
    relations = [
        triple
        for triples in entailed.values()
        for triple in triples
        if triple.predicate.value not in (terms.RDF_TYPE.value, terms.RDFS + "subClassOf")
    ]
    assert len(relations) > 200
    asked = "\n".join(f"({t.subject} {t.predicate} {t.object})" for t in relations)
    found = ask(re.sub(r"(?<=\?object\) \{)[^}]*(?=\})", asked, query, count=1))
    explained = {row[:3] for row in found}
    named = {
        tuple(guide.compact(str(getattr(end, "value", end))) for end in triple)
        for triple in relations
    }
    assert explained == named


def test_what_no_rule_makes_has_no_explanation(guide: Dataset) -> None:
    stated = next(iter(guide.graph_quads(guide.graph("facts")))).triple
    assert explain(guide, stated) is None
    nothing = Triple(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode("urn:c"))
    assert explain(guide, nothing) is None
    cause = NamedNode(terms.CALC + "Cause")  # the type is entailed, another property is not
    other = Triple(guide.iri("id/hypercalcemia"), NamedNode("urn:b"), cause)
    assert explain(guide, other) is None


@pytest.mark.parametrize(("path", "rule"), SHOWN)
def test_a_page_says_why_each_entailed_statement_is_there(
    client: FlaskClient, path: str, rule: str
) -> None:
    page = read(client.get(f"/{path}.html").text)
    ontology = {e["id"] for e in read(client.get("/ontology.html").text).having("id")}
    (section,) = page.all("section", aria_labelledby="follows")
    follows = section.having("data-statement")
    assert follows
    rules = []
    for found in follows:
        (why,) = found.all("details")
        rules += [a["href"].split("#")[1] for a in why.all("a") if "#rule-" in a["href"]]
        assert len(why.having("data-premise")) >= 2 - (rule == "property-chain")
        assert [a for a in why.all("a") if a["href"].startswith("/claim/")]
    assert f"rule-{rule}" in rules
    assert set(rules) <= ontology


def test_who_says_it_can_be_told_and_taken_away(client: FlaskClient) -> None:
    page = read(client.get("/id/metastatic-calcification.html").text)
    (switched,) = page.all("div", **{"class": "switched"})
    boxes = switched.all("input", type="checkbox")
    assert [box["id"] for box in boxes] == ["show-claims", "show-editors", "show-rule"]
    assert all("checked" in box.attributes for box in boxes)
    counts = [int(found.text) for found in switched.all("small", **{"class": "count"})[:3]]
    for who, count in zip(("claims", "editors", "rule"), counts, strict=True):
        shown = [e for e in switched.having("data-origin") if e["data-origin"].endswith(who)]
        assert len(shown) == count > 0
