"""What a kill costs: processes of a running server are killed under load, one kind after another.

`scripts/bench kills [SECONDS]` prints for each kind of process how often it was killed,
and the longest time until the next right answer; and how many answers were wrong: none may be.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from http.client import HTTPException
from pathlib import Path

from tests.running import Server, serving
from tests.test_processes import COUNT, ENDLESS, RIGHT, named, until

_CLIENTS = 4
_EVERY = 2.0
"""Seconds from one kill to the next."""
_KINDS = ("front", "spare front", "query worker", "store process")


class _Load:
    """Clients that ask one query over and over and look at each answer, and one that asks much."""

    def __init__(self, server: Server) -> None:
        self.outcomes: Counter[str] = Counter()
        self.last_right = 0.0
        self._server = server
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(_CLIENTS)]
        self._threads.append(threading.Thread(target=self._ask_much))

    def __enter__(self) -> "_Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._ended.is_set():
            started = time.monotonic()
            try:
                status, body = self._server.ask(COUNT, timeout=10)
            except (OSError, HTTPException):
                self.outcomes["no connection"] += 1
                time.sleep(0.005)
                continue
            if (status, body) == RIGHT:
                self.outcomes["right"] += 1
                self.last_right = max(self.last_right, started)
            else:
                self.outcomes[
                    "told to come back" if status == 503 else f"wrong: {status} {body[:200]}"
                ] += 1

    def _ask_much(self) -> None:
        """See to it that there is a query worker."""
        while not self._ended.is_set():
            try:
                status, _ = self._server.ask(ENDLESS)
            except (OSError, HTTPException):
                continue
            if status not in (503, 504):
                self.outcomes[f"wrong: {status} for what is endless"] += 1


def main(seconds: float) -> None:
    """Measure for some seconds and print."""
    back: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        end = time.monotonic() + seconds
        with _Load(server) as load:
            time.sleep(1)
            kinds = [*_KINDS]
            while time.monotonic() < end:
                kind = kinds.pop(0)
                kinds.append(kind)
                if not until(lambda kind=kind: bool(named(server, kind))):  # type: ignore[misc]
                    raise RuntimeError(f"there is no {kind}")
                os.kill(min(named(server, kind)), signal.SIGKILL)
                killed = time.monotonic()
                while load.last_right < killed and time.monotonic() < killed + 20:
                    time.sleep(0.002)
                back[kind].append(time.monotonic() - killed)
                time.sleep(_EVERY)
        log = server.log.read_text(encoding="utf-8")
        sys.stdout.writelines(line + "\n" for line in log.splitlines() if not line.startswith("{"))
    for kind, times in back.items():
        sys.stdout.write(f"{kind}: killed {len(times)} times, back after {max(times):.2f} s\n")
    sys.stdout.write(f"answers: {dict(load.outcomes)}\n")
