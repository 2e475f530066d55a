"""Hostile requests are refused, and nobody else notices: the corpus replayed on a real server."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.running import CALCGUIDE, free_port

pytestmark = pytest.mark.slow

HARNESS = REPOSITORY.parent / "shared" / "hostile" / "run.py"


def replay(report: Path, only: str) -> tuple[dict[str, Any], list[str]]:
    """Play the cases that match the pattern; return the report and the names of what failed."""
    port = free_port()
    command = " ".join(f"'{part}'" for part in CALCGUIDE)
    quiet = "CALCGUIDE_METRICS_PORT=0 CALCGUIDE_ACCESS_LOG=off"
    ran = subprocess.run(
        [
            sys.executable, str(HARNESS), "corpus", "--only", only,
            "--base", f"http://127.0.0.1:{port}", "--sparql", "/sparql",
            "--entity", "/id/", "--known", "calcific-tendonitis", "--search", "/search?q=",
            "--home", "/", "--health", "/health/live", "--time-limit", "10",
            "--start", f"{quiet} exec {command} serve --port {port}",
            "-v", "--out", str(report),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )  # fmt: skip
    assert report.is_file(), ran.stdout + ran.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    sys.stdout.write(ran.stdout)
    failed = [f"{case['group']}: {case['name']}" for case in found["cases"] if not case["ok"]]
    return found["report"], failed


@pytest.mark.skipif(not HARNESS.is_file(), reason=f"the corpus is not at {HARNESS.parent}")
def test_every_hostile_request_is_answered_as_it_should_be(tmp_path: Path) -> None:
    found, failed = replay(tmp_path / "report.json", ".")
    assert (found["crashes"], found["canary_hits"], found["data_unchanged"]) == (0, 0, True)
    assert found["rss_mb"]["after"] - found["rss_mb"]["before"] < 100
    if failed:  # what is late on a busy machine may be in time alone
        again = "|".join(f"^{re.escape(name)}$" for name in failed)
        _, failed = replay(tmp_path / "again.json", again)
    assert not failed
