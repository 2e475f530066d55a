"""Clients that ask a server over and over: wrk where it is installed, else a small one of ours."""

import http.client
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.installing import debian_program, libraries

_SCRIPT = Path(__file__).with_name("wrk.lua")
_TIMEOUT = 60
"""Seconds that one answer may take."""


@dataclass(frozen=True)
class Request:
    """A GET: its path with the query string, and what it accepts."""

    path: str
    accept: str = "*/*"


@dataclass(frozen=True)
class Load:
    """What clients saw: answers, in how many seconds, latencies in milliseconds, failures."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int


def name() -> str:
    """Return which client asks, for the record."""
    return "wrk" if debian_program("wrk") else "the bench's own client, in Python"


def drive(
    port: int, requests: Sequence[Request], clients: int, seconds: float, mark: str = "-"
) -> Load:
    """Ask the requests in turns for some seconds; return what was seen.

    `mark` is a word that makes each query one of its own, by a comment; "-" repeats them as they
    are. The clients run in a process of their own.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines(f"{each.path}\t{each.accept}\n" for each in requests)
        file.flush()
        wrk = debian_program("wrk")
        if wrk:
            command = [wrk, "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s"]
            command += ["--timeout", f"{_TIMEOUT}s", "-s", str(_SCRIPT)]
            command += [f"http://127.0.0.1:{port}", "--", file.name, mark]
        else:
            command = [sys.executable, "-m", "tests.bench.client"]
            command += [str(port), file.name, mark, str(clients), str(seconds)]
        ran = subprocess.run(
            command, capture_output=True, text=True, check=True, env=os.environ | libraries()
        )
    return Load(**json.loads(ran.stdout.splitlines()[-1]))


def ask(port: int, request: Request, timeout: float = _TIMEOUT) -> tuple[int, bytes]:
    """Return status and body of one request; raises OSError or HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", request.path, headers={"Accept": request.accept})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class _Client(threading.Thread):
    """One connection that asks in turns until the time is over."""

    def __init__(self, port: int, requests: list[Request], mark: str, until: float) -> None:
        super().__init__()
        self.took: list[float] = []
        self.failed = 0
        self._port, self._requests, self._mark, self._until = port, requests, mark, until

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)
        for number, each in enumerate(itertools.cycle(self._requests)):
            started = time.monotonic()
            if started > self._until:
                break
            path = each.path if self._mark == "-" else f"{each.path}%20%23{self._mark}{number}"
            try:
                connection.request("GET", path, headers={"Accept": each.accept})
                answer = connection.getresponse()
                answer.read()
                self.failed += answer.status >= 400
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
            self.took.append(time.monotonic() - started)
        connection.close()


def own(port: int, requests: list[Request], mark: str, clients: int, seconds: float) -> Load:
    """Ask by threads of this process; return what they saw."""
    started = time.monotonic()
    threads = [
        # each begins at another place, so that they do not all ask the same at once
        _Client(
            port,
            requests[number:] + requests[:number],
            mark if mark == "-" else f"{mark}c{number}n",
            started + seconds,
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = [1000 * each for thread in threads for each in thread.took]
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
    return Load(
        requests=len(took),
        seconds=time.monotonic() - started,
        p50_ms=cuts[49],
        p99_ms=cuts[98],
        failed=sum(thread.failed for thread in threads),
    )


def main() -> None:
    """Ask as the arguments say, and print what was seen as a line of JSON."""
    port, file, mark, clients, seconds = sys.argv[1:]
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    requests = [Request(*line.split("\t")) for line in lines]
    load = own(int(port), requests, mark, int(clients), float(seconds))
    sys.stdout.write(json.dumps(vars(load)) + "\n")


if __name__ == "__main__":
    main()
