"""A query that is none is explained: the first token that does not fit, and what would."""

import pytest
from pyoxigraph import Store

from calcguide.dataset import Dataset
from calcguide.description.worked_questions import worked_questions
from calcguide.errors import MalformedQuery
from calcguide.query import Kind, Query, evaluate
from calcguide.query.grammar import mistake
from tests.conformance import suites

# The place of the mistake, by what stands before it, and what the explanation says.
MISTAKES = [
    ("SELECT ?s WHERE { ?s ?p |}", "} does not fit here. Expected: a variable, an IRI"),
    ("SELECT ?s WHERE { ?s ?p ?o . FILTER(?o = |) }", ") does not fit here. Expected: a variable"),
    ("SELECT ?s WHERE { ?s ?p ?o|", "the query ends here too early. Expected: '}', '.'"),
    ("SELECT ?s WHERE |?s ?p ?o }", "?s does not fit here. Expected: '{'."),
    ("SELECT (COUNT(?s) |?n) { ?s ?p ?o }", "?n does not fit here. Expected: AS"),
    ("SELECT ?s|, ?p { ?s ?p ?o }", ", does not fit here. Expected: a variable"),
    ("SELECT ?s { ?s ?p ?o } LIMIT |x", "x does not fit here. Expected: a number."),
    ("SELECT ?s { ?s ?p ?o } |ODER BY ?s", "ODER does not fit here. Did you mean ORDER?"),
    ("SELECT ?s { ?s ?p ?o } ORDER |?s", "?s does not fit here. Expected: BY."),
    ("|SELEC ?s { ?s ?p ?o }", "SELEC does not fit here. Did you mean SELECT?"),
    ("SELECT ?s {\n  |FILTR(?s > 1) }", "FILTR does not fit here. Did you mean FILTER?"),
    ("ASK { FILTER(|STRLENGTH(?s) > 1) }", "STRLENGTH does not fit here. Did you mean STRLEN?"),
    ('ASK { ?s ?p |"abc }', "the string that begins here has no end"),
    ("ASK { ?s ?p ?o }|}", "} does not fit here. Expected: the end of the query"),
    ("ASK { ?s ?p ?o |?s ?p ?o }", "?s does not fit here. Expected: '}', '.'"),
    ("PREFIX |calc <http://a/> ASK {}", "calc does not fit here. Expected: a prefixed name."),
    ("|INSERT DATA { <a:b> <a:c> 1 }", "INSERT does not fit here. Expected: ASK"),
    ("SELECT * { ?s |<a b> ?o }", "the IRI that begins here has no '>'"),
    ("SELECT * {\n ?s a |<https://example.org/x .\n ?s ?p ?o }", "the IRI that begins here has no"),
    (
        "PREFIX a: |https://example.org/ ASK {}",
        "https: does not fit here. Expected: an IRI",
    ),
    ("|", "the query ends here too early. Expected: ASK"),
]


@pytest.mark.parametrize(("marked", "explanation"), MISTAKES)
def test_a_syntax_error_has_its_place_and_says_what_would_fit(
    marked: str, explanation: str
) -> None:
    before, _, after = marked.partition("|")
    query = Query(before + after, {kind: kind.formats[0] for kind in Kind})
    with pytest.raises(MalformedQuery) as caught:
        evaluate(Dataset(Store(), "http://example.org/"), query)
    error = caught.value
    lines = before.split("\n")
    assert (error.line, error.column) == (len(lines), len(lines[-1]) + 1)
    assert f": {explanation}" in str(error)
    assert error.excerpt is not None
    assert error.excerpt.split("\n")[-1] == " " * len(lines[-1]) + "^"


@pytest.mark.parametrize(
    ("query", "explanation"),
    [
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?p", "The SELECT contains a variable that is unbound."),
        ("SELECT * { ?s ?p ?o } GROUP BY ?p", "SELECT * is not authorized with GROUP BY."),
        ("SELECT (1 AS ?x) (2 AS ?x) {}", "Duplicated variable name in SELECT."),
        ("SELECT * { BIND(1 AS ?x) BIND(2 AS ?x) }", "breaks another rule: a variable is assigned"),
    ],
)
def test_what_breaks_no_rule_of_the_grammar_is_explained_too(query: str, explanation: str) -> None:
    with pytest.raises(MalformedQuery) as caught:
        evaluate(Dataset(Store(), "http://example.org/"), Query(query, {}))
    assert explanation in str(caught.value)


def test_no_mistake_is_found_in_a_query_of_the_guide(guide: Dataset) -> None:
    texts = [worked.query for worked in worked_questions(guide)]
    assert len(texts) > 50
    assert [text for text in texts if mistake(text)] == []


def test_no_mistake_is_found_in_what_the_official_suites_call_right() -> None:
    suites.require()
    kinds = ("PositiveSyntaxTest", "PositiveSyntaxTest11", "QueryEvaluationTest")
    texts = [case.text for case in suites.cases(*kinds)]
    assert len(texts) > 600
    assert [text for text in texts if mistake(text)] == []


def test_what_the_official_suites_call_wrong_in_form_has_its_place() -> None:
    """The others break rules beyond the grammar, such as the scope of a blank node."""
    suites.require()
    texts = [case.text for case in suites.cases("NegativeSyntaxTest", "NegativeSyntaxTest11")]
    assert sum(mistake(text) is not None for text in texts) >= 60
