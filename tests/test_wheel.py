"""The wheel holds all that a server needs: it serves with nothing but itself."""

import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from calcguide.files import Root, published
from tests.conftest import REPOSITORY
from tests.running import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), str(REPOSITORY)],
        check=True,
    )  # fmt: skip
    [built] = folder.glob("*.whl")
    return built


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
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run(
        [*pip, "--require-hashes", "-r", str(REPOSITORY / "requirements.lock")], check=True
    )
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    command = [str(environment / "bin" / "calcguide")]
    started = time.monotonic()
    with serving(tmp_path, command=command, CALCGUIDE_CACHE="/nowhere", PYTHONPATH=""):
        assert time.monotonic() - started < 2.5, "the verdict in the wheel was not used"
    ran = subprocess.run([*command, "validate"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    with serving(tmp_path, command=command, PYTHONPATH="") as server:
        status, body = server.get("/id/calcific-tendonitis", "text/turtle")
        assert (status, "calc:occursIn" in body) == (200, True)
        assert server.get("/", "text/html")[0] == 200
