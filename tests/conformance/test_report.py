"""The published report in EARL says what the suites show."""

from collections import Counter
from pathlib import Path
from typing import Final

import rdflib
from rdflib.query import ResultRow

from tests.conformance import suites
from tests.conformance.verdicts import EARL, known_failures

suites.require()

REPORT: Final = Path(__file__).with_name("earl.ttl")


OUTCOMES: Final = (
    f"SELECT ?test ?outcome {{ [] <{EARL}test> ?test ; <{EARL}result>/<{EARL}outcome> ?outcome }}"
)


def test_the_published_report_tells_of_every_case_what_the_suites_show() -> None:
    report = rdflib.Graph().parse(REPORT)
    rows = [row for row in report.query(OUTCOMES) if isinstance(row, ResultRow)]
    told = {str(test): str(outcome).removeprefix(EARL) for test, outcome in rows}
    assert told.keys() == {case.iri for case in suites.all_cases()}
    assert {test for test, outcome in told.items() if outcome == "failed"} == set(known_failures())
    untested = Counter(test.split("/")[-2] for test, out in told.items() if out == "untested")
    assert untested == {"entailment": 70, "http-rdf-update": 23}
