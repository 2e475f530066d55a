"""The committed build of the query page's editor: its weight, its licences, where it comes from."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

STATIC = REPOSITORY / "server" / "calcguide" / "static"


def test_the_licences_of_all_parts_stand_beside_the_editor() -> None:
    told = (STATIC / "query-editor.licences.txt").read_text(encoding="utf-8")
    lock = json.loads((REPOSITORY / "editor/package-lock.json").read_text(encoding="utf-8"))
    needed = json.loads((REPOSITORY / "editor/package.json").read_text(encoding="utf-8"))
    for name in needed["dependencies"]:
        version = lock["packages"][f"node_modules/{name}"]["version"]
        assert f"{name} {version} (MIT)" in told
    assert told.count("Permission is hereby granted") == told.count(" (MIT)") > 10


def test_the_lock_of_the_editor_has_checksums_and_no_address() -> None:
    text = (REPOSITORY / "editor/package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for path, package in packages.items() if path)


def test_the_editor_weighs_about_what_was_measured() -> None:
    script = (STATIC / "query-editor.js").read_bytes()
    assert len(gzip.compress(script)) < 126_000
    assert not re.findall(rb"https?://(?!www\.w3\.org)[\w.]+", script), "an address of another host"


@pytest.mark.slow
def test_the_committed_editor_is_the_one_that_its_sources_give(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: the editor cannot be built")
    folder = tmp_path / "repository"
    shutil.copytree(
        REPOSITORY / "editor", folder / "editor", ignore=shutil.ignore_patterns("node_modules")
    )
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    built = tmp_path / "built"
    ran = subprocess.run(
        [folder / "scripts" / "editor", str(built)], capture_output=True, text=True, check=False
    )
    if ran.returncode and re.search(r"ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ENOTCACHED", ran.stderr):
        pytest.skip("npm cannot fetch the packages: the editor cannot be built")
    assert ran.returncode == 0, ran.stderr
    for name in ("query-editor.js", "query-editor.licences.txt"):
        assert (built / name).read_bytes() == (STATIC / name).read_bytes(), "run scripts/editor"
