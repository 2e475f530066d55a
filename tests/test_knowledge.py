"""The knowledge is all there: what the guide holds, counted, and what rules make of it."""

import pytest

from calcguide.dataset import Dataset
from tests.conftest import Ask


@pytest.mark.parametrize(
    ("counted", "pattern", "number"),
    [
        ("claims", "?x a calc:Claim", 249),
        ("passages", "?x a calc:Passage", 119),
        ("questions", "?x a calc:Question", 8),
        ("sections", "?x a calc:Section", 17),
        ("affirmed claims", "?x calc:polarity calc:affirmed", 232),
        ("denied claims", "?x calc:polarity calc:denied", 10),
        ("unproven claims", "?x calc:polarity calc:unproven", 7),
        ("stated claims", "?x calc:certainty calc:stated", 204),
        ("possible claims", "?x calc:certainty calc:possible", 43),
        ("likely claims", "?x calc:certainty calc:likely", 2),
        ("claims with a frequency", "?x calc:frequency ?any", 33),
        ("claims with a required circumstance", "?x calc:under ?any", 34),
        ("claims with an emphasised circumstance", "?x calc:especially ?any", 10),
        ("types of calcification", "GRAPH graph:entities { ?x a calc:Calcification }", 16),
        ("other conditions", "GRAPH graph:entities { ?x a calc:Condition }", 14),
        ("locations", "GRAPH graph:entities { ?x a calc:Location }", 22),
        ("mechanisms", "GRAPH graph:entities { ?x a calc:Mechanism }", 17),
        ("interventions", "GRAPH graph:entities { ?x a calc:Intervention }", 32),
        ("substances", "GRAPH graph:entities { ?x a calc:Substance }", 10),
        ("entities", "?x a calc:Entity", 186),
    ],
)
def test_the_guide_is_complete(ask: Ask, counted: str, pattern: str, number: int) -> None:
    [(found,)] = ask(f"SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ {pattern} }}")
    assert int(found) == number, counted


@pytest.mark.parametrize(("graph", "number"), [("facts", 118), ("qualified-facts", 76)])
def test_direct_statements_follow_from_affirmed_claims(
    guide: Dataset, graph: str, number: int
) -> None:
    assert len(guide.graph_quads(guide.graph(graph))) == number


def test_no_statement_stands_in_two_named_graphs(ask: Ask) -> None:
    assert not ask(
        "SELECT ?s ?p ?o WHERE { GRAPH ?a { ?s ?p ?o } GRAPH ?b { ?s ?p ?o } FILTER(?a != ?b) }"
    )


def test_the_default_graph_holds_each_statement_of_the_others_once(guide: Dataset) -> None:
    outside = {guide.graph("shapes"), guide.graph("queries")}
    named = [q.triple for q in guide.store if q.graph_name not in outside]
    named = [
        q.triple
        for q in guide.store
        if str(q.graph_name) != "DEFAULT" and q.graph_name not in outside
    ]
    default = [q.triple for q in guide.store if str(q.graph_name) == "DEFAULT"]
    assert len(default) == len(set(default)) == len(set(named))
    assert set(default) == set(named)


@pytest.mark.parametrize("graph", ["facts", "qualified-facts", "entailed", "qualified-entailed"])
def test_nothing_unproven_becomes_a_fact(ask: Ask, graph: str) -> None:
    assert not ask(f"SELECT * WHERE {{ GRAPH graph:{graph} {{ ?s calc:reverses ?o }} }}")


def test_nothing_that_is_only_denied_or_unproven_is_stated_anywhere(ask: Ask) -> None:
    assert not ask(
        """SELECT ?s ?p ?o WHERE {
             ?claim calc:subject ?s ; calc:predicate ?p ; calc:object ?o ; calc:polarity ?polarity .
             FILTER(?polarity != calc:affirmed)
             ?s ?p ?o .
             FILTER NOT EXISTS { ?other calc:subject ?s ; calc:predicate ?p ; calc:object ?o ;
                                        calc:polarity calc:affirmed } }"""
    )


@pytest.mark.parametrize(
    ("statement", "graph"),
    [
        ("id:shoulder calc:locationOf id:calcific-tendonitis", "entailed"),
        ("id:calcific-tendonitis calc:treatedBy id:rest", "qualified-entailed"),
        ("id:rest a calc:Treatment", "qualified-entailed"),
        ("id:hypercalcemia a calc:Cause", "entailed"),
        ("id:calcific-tendonitis a calc:Condition", "entailed"),
        ("id:metastatic-calcification calc:hasContributor id:hypercalcemia", "entailed"),
        (
            "id:metastatic-calcification calc:hasUpstreamCause id:hyperparathyroidism",
            "qualified-entailed",
        ),
        ("id:lithotripsy calc:similarTo id:eswt", "entailed"),
        ("id:atherosclerotic-plaque calc:occursIn id:blood-vessel", "entailed"),
        ('id:shoulder rdfs:label "Shoulder"@en', "entailed"),
    ],
)
def test_rules_entail(ask: Ask, statement: str, graph: str) -> None:
    found = ask(f"SELECT ?g WHERE {{ GRAPH ?g {{ {statement} }} }}")
    assert found == [(f"graph:{graph}",)]


def test_what_is_said_of_calcification_is_not_passed_on_to_its_kinds(ask: Ask) -> None:
    assert not ask(
        """SELECT ?kind WHERE { ?kind skos:broader id:calcification .
             ?kind calc:hasMechanism id:calcium-salt-accumulation }"""
    )


def test_possible_has_no_rank(ask: Ask) -> None:
    found = ask(
        """SELECT ?level ?rank WHERE {
             ?level a calc:ResolutionLevel OPTIONAL { ?level calc:rank ?rank } }"""
    )
    assert sorted(found) == [
        ("id:high", "3"),
        ("id:low", "2"),
        ("id:possible", ""),
        ("id:very-low", "1"),
    ]


def test_two_loads_give_the_same_statements(guide: Dataset) -> None:
    from calcguide.files import Root, published
    from calcguide.loading import load

    assert set(load(Root(published())).store) == set(guide.store)
