"""How long a start takes from the wheel and from a checkout.

`scripts/bench wheel` prints the seconds from each start to the first right answer.
"""

import dataclasses
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.client import Request
from tests.bench.installing import REPOSITORY
from tests.bench.peers import PEERS, Place
from tests.bench.processes import running
from tests.running import free_port
from tests.test_processes import COUNT, RIGHT

_ROUNDS = 9
_ASKED = Request(f"/sparql?{urlencode({'query': COUNT})}", "text/csv")


def build(folder: Path) -> Path:
    """Return the wheel, built into a folder; raises CalledProcessError."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), str(REPOSITORY)],
        check=True,
    )  # fmt: skip
    [built] = folder.glob("*.whl")
    return built


def install(wheel: Path, folder: Path) -> list[str]:
    """Install a wheel and what it needs into a new environment; return the command `calcguide`.

    Raises CalledProcessError.
    """
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    lock = str(REPOSITORY / "requirements.lock")
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    return [str(folder / "bin" / "calcguide")]


def main() -> None:
    """Measure and print; the two are started in turns."""
    took: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = install(build(folder), folder / "environment")
        checkout = PEERS[0]
        wheel = dataclasses.replace(
            checkout, command=lambda place: [*command, "serve", "--port", str(place.port)]
        )
        for _ in range(_ROUNDS):
            for where, peer in (("the wheel", wheel), ("a checkout", checkout)):
                with running(peer, Place(None, folder, free_port())) as server:
                    took[where].append(server.wait_until_right(_ASKED, _is_right))
    for where, seconds in took.items():
        sys.stdout.write(
            f"from {where}: the first right answer after {statistics.median(seconds):.3f} s "
            f"({min(seconds):.3f}–{max(seconds):.3f}, {len(seconds)} starts)\n"
        )


def _is_right(status: int, body: bytes) -> bool:
    return (status, body.decode()) == RIGHT
