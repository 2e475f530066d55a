"""The update suites: each update is refused in every way, and the data stay as they were."""

import pytest

from tests.conformance import suites
from tests.conformance.sending import UPDATE_WAYS
from tests.conformance.suites import Case
from tests.conformance.verdicts import Verdicts

suites.require()

UPDATES = suites.cases("UpdateEvaluationTest", "PositiveUpdateSyntaxTest")
UPDATES += suites.cases("NegativeUpdateSyntaxTest")


@pytest.mark.parametrize("case", UPDATES, ids=str)
def test_an_update_is_refused_in_every_way(case: Case, verdicts: Verdicts) -> None:
    store = suites.loaded(case)
    client = suites.endpoint(store, base=case.query)
    before = set(store)
    for way, request in UPDATE_WAYS.items():
        answer = client.open("/sparql", **request(case.text))
        refused = 400 if way.startswith("as a query") else 403
        assert (answer.status_code, answer.mimetype) == (refused, "application/problem+json"), way
    assert set(store) == before
    verdicts.inapplicable(case, "SPARQL 1.1 updates refused")
