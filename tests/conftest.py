"""What many tests share: the guide, an application on it, a copy to break."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import QuerySolutions

from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.files import Root, published
from calcguide.loading import load
from calcguide.settings import Settings

# The tests hold many graphs: looking for rubbish among them so often takes a tenth of the run.
gc.set_threshold(50_000, 20, 50)

REPOSITORY = Path(__file__).parent.parent

CLAIMS: Final = sum(
    path.read_text("utf-8").count("\n    a calc:Claim ;")
    for path in (REPOSITORY / "data" / "claims").glob("*.ttl")
)
"""How many claims the files hold: an editor who adds one changes no test of the server."""

MATRIX = pytest.StashKey[dict[str, int]]()
"""What the negotiation matrix counts: its requests."""


@pytest.fixture(autouse=True, scope="session")
def _no_log() -> Iterator[None]:
    """An application in this process would write its log between the lines of pytest's report.

    It would do so in a thread of its own, where what belongs to another may not be let go.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("calcguide.views.observation.Observation._note", lambda *_: None)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden anew instead of comparing"
    )
    parser.addoption(
        "--earl", metavar="FILE", help="write what the official SPARQL suites showed as EARL"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MATRIX] = {}


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.stash[MATRIX]:
        terminalreporter.write_line(
            f"negotiation matrix: {config.stash[MATRIX]['requests']:,} requests"
        )


@pytest.fixture(scope="session")
def guide() -> Dataset:
    """The guide of this project, loaded and derived."""
    return load(Root(published()))


@pytest.fixture(scope="session")
def app(guide: Dataset) -> Flask:
    return create_app(guide, Settings.read({}, access_log="off"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def copy_of_guide(tmp_path: Path) -> Path:
    """A copy of ontology/, data/ and shapes/ that a test may change."""
    for folder in ("ontology", "data", "shapes"):
        shutil.copytree(REPOSITORY / folder, tmp_path / "copy" / folder)
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def guide_text() -> str:
    """The text of the guide, which is not part of this project."""
    place = source_file()
    if not place.is_file():
        pytest.skip(
            f"the guide's text is not at {place}; set CALCGUIDE_SOURCE to a copy of it to run this"
        )
    return place.read_text(encoding="utf-8")


def source_file() -> Path:
    """Where the guide's text is looked for."""
    beside = REPOSITORY.parent / "shared" / "guide" / "guide.txt"
    return Path(os.environ.get("CALCGUIDE_SOURCE") or beside)


Ask = Callable[[str], list[tuple[str, ...]]]


@pytest.fixture(scope="session")
def ask(guide: Dataset) -> Ask:
    """A function that answers a SELECT with rows of compact terms, prefixes declared."""

    def answer(query: str) -> list[tuple[str, ...]]:
        solutions = guide.store.query(query, prefixes=guide.prefixes)
        assert isinstance(solutions, QuerySolutions)
        return [tuple("" if t is None else _shown(guide, t) for t in s) for s in solutions]

    return answer


def _shown(guide: Dataset, term: object) -> str:
    value = str(getattr(term, "value", term))
    return guide.compact(value) if type(term).__name__ == "NamedNode" else value
