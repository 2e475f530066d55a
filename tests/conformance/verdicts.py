"""Verdicts: what each official case showed, held against the list of known failures."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from calcguide import terms
from calcguide.formats import TURTLE
from calcguide.jsonld import Context
from tests.conformance.suites import Case

KNOWN_FAILURES: Final = Path(__file__).with_name("known-failures.tsv")
ALL: Final = "all"
"""Stands for every format, or every way of asking, in the list of known failures."""

EARL: Final = "http://www.w3.org/ns/earl#"
DOAP: Final = "http://usefulinc.com/ns/doap#"


@dataclass(frozen=True)
class KnownFailure:
    """A case that is known to fail: in which formats or ways of asking, and why."""

    where: str
    reason: str

    def covers(self, failed: Iterable[str], tried: Iterable[str]) -> bool:
        """Return whether exactly what is listed has failed."""
        listed = set(tried) if self.where == ALL else set(self.where.split())
        return listed == set(failed)


def known_failures() -> dict[str, KnownFailure]:
    """Return the known failures by the IRI of their test."""
    with KNOWN_FAILURES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["test"]: KnownFailure(row["where"], row["reason"]) for row in rows}


@dataclass
class Verdicts:
    """What the cases of one run showed; `outcomes` are local names of EARL outcomes."""

    outcomes: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    known: dict[str, KnownFailure] = field(default_factory=known_failures)

    def settle(
        self, case: Case, suite: str, tried: Iterable[str], failed: Mapping[str, str]
    ) -> None:
        """Note what a case showed: where it was `tried`, and where it `failed`, each with why.

        Fails the running test for a failure that is not listed, and for a listed one that is
        none; a failure as listed is an expected one.
        """
        tried = list(tried)
        counts = self.counts.setdefault(suite, Counter())
        counts["all"] += 1
        counts["passed"] += not failed
        for name in tried:
            counts[f"all {name}"] += 1
            counts[f"passed {name}"] += name not in failed
        self.outcomes[case.iri] = "failed" if failed else "passed"
        known = self.known.get(case.iri)
        details = "\n".join(f"{name}: {why}" for name, why in failed.items())
        if known is None:
            assert not failed, f"{case.iri}\n{details}"
            return
        assert known.covers(failed, tried), (
            f"{case.iri}\nlisted as a failure in: {known.where}; failed in: "
            f"{' '.join(failed) or 'nothing, so take it off the list'}\n{details}"
        )
        pytest.xfail(known.reason)

    def inapplicable(self, case: Case, suite: str) -> None:
        """Note that a case asks for what is not offered, and was refused as it should be."""
        self.counts.setdefault(suite, Counter()).update(("all", "passed"))
        self.outcomes[case.iri] = "inapplicable"

    def summary(self) -> Iterator[str]:
        """Yield a line for each suite: passed of all, then the same for each format."""
        for suite, counts in sorted(self.counts.items()):
            line = f"{suite}: {counts['passed']} of {counts['all']}"
            parts = [
                f"{name.removeprefix('all ')} {counts['passed' + name.removeprefix('all')]}/{count}"
                for name, count in counts.items()
                if name.startswith("all ")
            ]
            yield line + (f" ({', '.join(parts)})" if len(parts) > 1 else "")

    def earl(self, version: str, cases: Iterable[Case]) -> bytes:
        """Return the report in W3C's Evaluation and Report Language, as Turtle.

        Every case is in it; what this run has not shown is `untested`. It depends on nothing else,
        so that the report of a release can be compared.
        """
        subject = NamedNode(terms.BASE)
        release = BlankNode("release")
        statements = [
            Triple(subject, terms.RDF_TYPE, NamedNode(DOAP + "Project")),
            Triple(subject, terms.RDF_TYPE, NamedNode(EARL + "Software")),
            Triple(subject, terms.RDF_TYPE, NamedNode(EARL + "TestSubject")),
            Triple(subject, NamedNode(DOAP + "name"), Literal("calcguide")),
            Triple(subject, NamedNode(DOAP + "programming-language"), Literal("Python")),
            Triple(subject, NamedNode(DOAP + "release"), release),
            Triple(release, NamedNode(DOAP + "revision"), Literal(version)),
        ]
        for number, test in enumerate(sorted(case.iri for case in cases), 1):
            outcome = self.outcomes.get(test, "untested")
            assertion, result = BlankNode(f"assertion-{number:04}"), BlankNode(outcome)
            statements += [
                Triple(assertion, terms.RDF_TYPE, NamedNode(EARL + "Assertion")),
                Triple(assertion, NamedNode(EARL + "assertedBy"), subject),
                Triple(assertion, NamedNode(EARL + "subject"), subject),
                Triple(assertion, NamedNode(EARL + "test"), NamedNode(test)),
                Triple(assertion, NamedNode(EARL + "mode"), NamedNode(EARL + "automatic")),
                Triple(assertion, NamedNode(EARL + "result"), result),
                Triple(result, terms.RDF_TYPE, NamedNode(EARL + "TestResult")),
                Triple(result, NamedNode(EARL + "outcome"), NamedNode(EARL + outcome)),
            ]
        prefixes = {"earl": EARL, "doap": DOAP}
        return TURTLE.write(statements, Context(prefixes, {}))
