"""The comparison that the suites rest on tells results apart, and the list is held to them."""

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode

from tests.conformance import results, suites
from tests.conformance.results import Row, Solutions
from tests.conformance.verdicts import KNOWN_FAILURES, KnownFailure, Verdicts, known_failures

A, B = NamedNode("http://a/a"), NamedNode("http://a/b")
ONE, TWO = Literal(1), Literal(2)
X, Y = BlankNode("x"), BlankNode("y")


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ([(A,), (B,)], [(B,), (A,)], True),
        ([(A,), (A,)], [(A,)], False),
        ([(A,)], [(A,), (A,)], False),
        ([(ONE,)], [(Literal("1"),)], False),
        ([(Literal("a", language="en"),)], [(Literal("a"),)], False),
        ([(None,)], [(Literal(""),)], False),
        ([(X, X)], [(Y, Y)], True),
        ([(X, X)], [(X, Y)], False),
        ([(X, Y)], [(X, X)], False),
        ([(X, A), (Y, A), (X, B)], [(X, A), (Y, A), (Y, B)], True),
        ([(X, A), (X, B)], [(X, A), (Y, B)], False),
        ([(X, A)], [(A, X)], False),
    ],
)
def test_solutions_are_compared_as_bags_up_to_their_blank_nodes(
    wanted: list[Row], got: list[Row], same: bool
) -> None:
    names = tuple("st"[: len(wanted[0])])
    found = results.difference(
        Solutions(names, tuple(wanted)), Solutions(names, tuple(got)), ordered=False, lax=False
    )
    assert (found is None) is same


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ([(A,), (B,)], [(A,), (B,)], True),
        ([(A,), (B,)], [(B,), (A,)], False),
        ([(X,), (Y,)], [(Y,), (X,)], True),
        ([(X,), (X,)], [(X,), (Y,)], False),
        ([(A,)], [(A,), (B,)], False),
    ],
)
def test_an_ordered_result_is_compared_in_order(
    wanted: list[Row], got: list[Row], same: bool
) -> None:
    found = results.difference(
        Solutions(("s",), tuple(wanted)), Solutions(("s",), tuple(got)), ordered=True, lax=False
    )
    assert (found is None) is same


@pytest.mark.parametrize(
    ("got", "same"),
    [([(A,), (B,)], True), ([(A,), (A,), (B,)], True), ([(A,)], False), ([(A,)] * 3, False)],
)
def test_a_reduced_result_may_drop_duplicates_only(got: list[Row], same: bool) -> None:
    found = results.difference(
        Solutions(("s",), ((A,), (A,), (B,))),
        Solutions(("s",), tuple(got)),
        ordered=False,
        lax=True,
    )
    assert (found is None) is same


def test_variables_count_and_their_order_does_not() -> None:
    one = Solutions(("s", "t"), ((A, B),))
    assert results.difference(one, Solutions(("t", "s"), ((B, A),)), ordered=False, lax=False) is (
        None
    )
    assert results.difference(one, Solutions(("s", "u"), ((A, B),)), ordered=False, lax=False)
    assert results.difference(True, False, ordered=False, lax=False)


def test_csv_is_compared_by_lexical_value() -> None:
    terms = Solutions(("s", "t"), ((ONE, X), (None, A)))
    text = Solutions(("s", "t"), ((Literal("1"), Y), (Literal(""), Literal("http://a/a"))), True)
    assert results.difference(terms, text, ordered=False, lax=False) is None


CASE = suites.Case("http://a/test", "sparql11/a", "Q", A, "", "", (), False)


@pytest.mark.parametrize(
    ("where", "failed", "outcome"),
    [
        (None, {}, None),
        (None, {"json": "wrong"}, AssertionError),
        ("all", {"json": "wrong", "xml": "wrong"}, pytest.xfail.Exception),
        ("all", {"json": "wrong"}, AssertionError),
        ("xml", {"xml": "wrong"}, pytest.xfail.Exception),
        ("xml", {}, AssertionError),
        ("all", {}, AssertionError),
    ],
)
def test_an_unlisted_failure_and_a_listed_pass_both_fail(
    where: str | None, failed: dict[str, str], outcome: type[BaseException] | None
) -> None:
    verdicts = Verdicts(known={CASE.iri: KnownFailure(where, "why")} if where else {})
    if outcome is None:
        verdicts.settle(CASE, "suite", ["json", "xml"], failed)
    else:
        with pytest.raises(outcome):
            verdicts.settle(CASE, "suite", ["json", "xml"], failed)
    [line] = verdicts.summary()
    assert line.startswith(f"suite: {0 if failed else 1} of 1 (json ")


def test_each_known_failure_is_a_case_and_has_its_reason() -> None:
    lines = KNOWN_FAILURES.read_text(encoding="utf-8").splitlines()[1:]
    assert lines == sorted(set(lines))
    assert all(known.reason and known.where for known in known_failures().values())
    if (suites.SUITES / "sparql11").is_dir():
        assert known_failures().keys() <= {case.iri for case in suites.all_cases()}
