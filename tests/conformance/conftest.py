"""Counts and the EARL report of the official suites."""

import tomllib
from pathlib import Path

import pytest

from tests.conformance import suites
from tests.conformance.verdicts import Verdicts
from tests.conftest import REPOSITORY

VERDICTS = pytest.StashKey[Verdicts]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[VERDICTS] = Verdicts()


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """Where each official case notes what it showed."""
    return request.config.stash[VERDICTS]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    verdicts = config.stash[VERDICTS]
    if verdicts.counts:
        terminalreporter.section("official SPARQL suites")
    for line in verdicts.summary():
        terminalreporter.write_line(line)
    report = config.getoption("--earl")
    if report:
        project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
        version = project["project"]["version"]
        Path(report).write_bytes(verdicts.earl(version, suites.all_cases()))
