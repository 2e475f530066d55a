"""Hostile requests are refused, and nobody else notices: the corpus replayed on a real server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.running import CALCGUIDE, free_port

pytestmark = pytest.mark.slow

HARNESS = REPOSITORY.parent / "shared" / "hostile" / "run.py"


@pytest.mark.skipif(not HARNESS.is_file(), reason=f"the corpus is not at {HARNESS.parent}")
@pytest.mark.skipif(
    not os.environ.get("CALCGUIDE_HOSTILE"),
    reason="needs an otherwise idle machine: set CALCGUIDE_HOSTILE=1 to run it",
)
def test_every_hostile_request_is_answered_as_it_should_be(tmp_path: Path) -> None:
    port, report = free_port(), tmp_path / "report.json"
    command = " ".join(f"'{part}'" for part in CALCGUIDE)
    quiet = "CALCGUIDE_METRICS_PORT=0 CALCGUIDE_ACCESS_LOG=off"
    ran = subprocess.run(
        [
            sys.executable, str(HARNESS), "corpus",
            "--base", f"http://127.0.0.1:{port}", "--sparql", "/sparql",
            "--entity", "/id/", "--known", "calcific-tendonitis", "--search", "/search?q=",
            "--home", "/", "--health", "/health/live", "--time-limit", "10",
            "--start", f"{quiet} {command} serve --port {port}",
            "-v", "--out", str(report),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )  # fmt: skip
    failed = [line for line in ran.stdout.splitlines() if line.startswith("FAIL")]
    assert report.is_file(), ran.stdout + ran.stderr
    assert not failed, json.dumps(failed, indent=1)
