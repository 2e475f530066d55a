"""The evaluation suites, each query asked for in every format of its kind of result."""

import pytest
import rdflib
from flask.testing import FlaskClient

from calcguide.formats import Format
from tests.conformance import results, suites
from tests.conformance.suites import Case
from tests.conformance.verdicts import Verdicts

suites.require()

EVALUATION = suites.cases(
    "QueryEvaluationTest", "CSVResultFormatTest", folders=r"(?!.*/(entailment|service)$).*"
)


@pytest.fixture(autouse=True)
def exact_literals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rdflib read what is written: it would rewrite numbers too."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_a_query_has_the_expected_result_in_every_format(case: Case, verdicts: Verdicts) -> None:
    client = suites.endpoint(suites.loaded(case), base=case.query)
    expected = results.expected(case)
    formats = results.kind(expected).formats
    failed = {}
    for format in formats:
        found = difference(client, case, expected, format)
        if found:
            failed[format.name] = found
    verdicts.settle(case, f"{case.suite} evaluation", [f.name for f in formats], failed)


def difference(
    client: FlaskClient, case: Case, expected: results.Result, format: Format
) -> str | None:
    """How the answer differs from what is expected, None where it does not."""
    answer = client.post(
        "/sparql",
        data=suites.content(case.query),
        content_type="application/sparql-query",
        headers={"Accept": format.media_type},
    )
    if (answer.status_code, answer.mimetype) != (200, format.media_type):
        return f"{answer.status} {answer.text}"
    found = results.answered(answer.data, format)
    ordered = "ORDER BY" in case.text.rpartition("}")[2].upper()
    return results.difference(expected, found, ordered=ordered, lax=case.lax)
