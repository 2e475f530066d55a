"""The house rules that a machine can check: style, types, layers, budgets, what must be there."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from calcguide.settings import SETTINGS
from tests.conftest import REPOSITORY

TOOLS = Path(sys.executable).parent
SERVER = sorted((REPOSITORY / "server").rglob("*.py"))


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=" ".join,
)
def test_the_code_passes(command: list[str]) -> None:
    ran = subprocess.run(
        [TOOLS / command[0], *command[1:]],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(REPOSITORY / "server"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", SERVER, ids=lambda p: str(p.relative_to(REPOSITORY / "server")))
def test_a_file_opens_with_its_purpose_and_does_not_outgrow_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""')
    code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) <= 450, "more than one sentence of purpose fits in: look for the seam"


@pytest.mark.parametrize("word", ["util", "helper", "manager", "handler", "misc", "common"])
def test_no_file_is_named_for_nothing(word: str) -> None:
    assert not [path for path in SERVER if word in path.stem]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of the project's files")
    return [REPOSITORY / name for name in listed.stdout.decode().split("\0") if name]


def test_no_committed_file_names_a_registry_or_this_machine() -> None:
    found = []
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="ignore") if path.is_file() else ""
        if path.is_symlink():  # its target is what is committed
            found.append(f"{path.name}: a link")
        if path.name.endswith(".lock") and "://" in text:
            found.append(f"{path.name}: an address")
        if str(REPOSITORY) + "/" in text:
            found.append(f"{path.name}: a path of this machine")
    assert not found


def test_each_setting_is_documented() -> None:
    readme = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert not [s.variable for s in SETTINGS if f"`{s.variable}`" not in readme]


def test_each_file_of_the_server_is_on_the_map() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = [p for p in SERVER if p.name != "__init__.py" and p.parent.name != "calcguide"]
    files = [f"{p.parent.name}/{p.stem}" for p in named]
    files += [p.name for p in SERVER if p.parent.name == "calcguide" and p.name != "__init__.py"]
    assert not [name for name in files if name not in text and f"{name}.py" not in text]


def test_each_file_on_the_map_is_there() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([\w/]+\.(?:py|lua|ttl|tsv|toml|html|js))`", text))
    files = [f"/{path.relative_to(REPOSITORY)}" for path in tracked()]
    assert len(names) > 20
    assert not [name for name in names if not any(f.endswith(f"/{name}") for f in files)]


def test_each_dependency_has_its_reason() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    names = [re.split(r"[<>=]", d)[0] for d in project["project"]["dependencies"]]
    names += [re.split(r"[<>=]", d)[0] for g in project["dependency-groups"].values() for d in g]
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert not [name for name in names if f"**{name}**" not in text]
