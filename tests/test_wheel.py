"""The wheel holds all that a server needs: it serves with nothing but itself."""

import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from calcguide.files import Root, published
from tests.bench.wheel import build, install
from tests.conftest import REPOSITORY
from tests.running import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_ships_every_file_of_the_guide_and_of_the_site(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    root = Root(published())
    wanted = {f"calcguide/published/{root.name_of(path)}" for path in root.inputs()}
    package = REPOSITORY / "server" / "calcguide"
    for folder in ("templates", "static"):
        wanted |= {
            f"calcguide/{path.relative_to(package)}"
            for path in (package / folder).rglob("*")
            if path.is_file()
        }
    assert wanted <= names


def test_the_wheel_serves_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    command = install(wheel, tmp_path / "environment")
    started = time.monotonic()
    with serving(tmp_path, command=command, CALCGUIDE_CACHE="/nowhere", PYTHONPATH=""):
        assert time.monotonic() - started < 2.5, "the verdict in the wheel was not used"
    ran = subprocess.run([*command, "validate"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    with serving(tmp_path, command=command, PYTHONPATH="") as server:
        status, body = server.get("/id/calcific-tendonitis", "text/turtle")
        assert (status, "calc:occursIn" in body) == (200, True)
        assert server.get("/", "text/html")[0] == 200
