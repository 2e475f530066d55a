"""The syntax suites, each query sent in each of the protocol's three ways."""

import pytest
from werkzeug.test import TestResponse

from tests.conformance import suites
from tests.conformance.sending import QUERY_WAYS
from tests.conformance.suites import Case
from tests.conformance.verdicts import Verdicts

suites.require()

SYNTAX = suites.cases("PositiveSyntaxTest", "NegativeSyntaxTest", folders="(?!.*/syntax-fed$).*")


def malformed(answer: TestResponse) -> bool:
    """Whether the grammar was the reason; an unknown function in a well-formed query is not."""
    return answer.status_code == 400 and "custom function" not in answer.text


@pytest.mark.parametrize("case", SYNTAX, ids=str)
def test_a_query_is_taken_or_refused_as_the_grammar_has_it(case: Case, verdicts: Verdicts) -> None:
    client = suites.endpoint(suites.loaded(case), base=case.query)
    failed = {}
    for way, request in QUERY_WAYS.items():
        answer = client.open("/sparql", **request(case.text))
        assert answer.status_code in (200, 400)
        if malformed(answer) != (case.kind == "NegativeSyntaxTest"):
            failed[way] = f"{answer.status} {answer.text}"
    verdicts.settle(case, f"{case.suite} syntax", QUERY_WAYS, failed)


FEDERATED = [
    *suites.cases("QueryEvaluationTest", folders=".*/service"),
    *suites.cases("PositiveSyntaxTest", folders=".*/syntax-fed"),
]


@pytest.mark.parametrize("case", FEDERATED, ids=str)
def test_a_federated_query_is_refused_in_words(case: Case, verdicts: Verdicts) -> None:
    client = suites.endpoint(suites.loaded(case), base=case.query)
    for request in QUERY_WAYS.values():
        answer = client.open("/sparql", **request(case.text))
        assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
        assert "SERVICE is not answered here" in answer.text
    verdicts.inapplicable(case, "SPARQL 1.1 federated queries refused")
