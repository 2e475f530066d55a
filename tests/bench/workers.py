"""What safety costs: CPU time a query with and without query workers, side by side.

`scripts/bench workers` starts two servers of the same dataset, one that evaluates in its
query workers and one that evaluates in its fronts, asks both in turns, and prints the medians of
the rounds. It needs an otherwise idle machine and about half a minute.
"""

import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from tests.bench.processes import cpu_seconds
from tests.running import free_port

_ROUNDS = 41
_CLIENTS = 4
_QUERIES = 100
"""Of one client in one round."""

_SERVER = """
import sys
from calcguide import processes
from calcguide.app import create_app
from calcguide.files import Root, published
from calcguide.loading import load
from calcguide.settings import Settings
settings = Settings.read(port=int(sys.argv[1]), access_log="off", metrics_port=0)
dataset = load(Root(published()))
def create(workers):
    return create_app(dataset, settings, None, workers if sys.argv[2] == "with" else None)
sys.exit(processes.run(dataset, settings, create, lambda: None, processes.counting_folder()))
"""


@contextlib.contextmanager
def _serving(workers: str) -> Iterator[tuple[int, int]]:
    """Yield port and process id of a server, with or without workers."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", _SERVER, str(port), workers])
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _ask(port, "ready", 1)
                break
            time.sleep(0.05)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(10)


def _ask(port: int, name: str, times: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for number in range(times):
        query = f"SELECT ?p ?o {{ <https://w3id.org/calcguide/id/hip> ?p ?o }} # {name} {number}"
        connection.request("POST", "/sparql", query, {"Content-Type": "application/sparql-query"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}")
    connection.close()


def _round(port: int, pid: int, name: str) -> float:
    """Return microseconds of CPU time a query, of all processes of the server."""
    started = cpu_seconds(pid)
    threads = [
        threading.Thread(target=_ask, args=(port, f"{name} {each}", _QUERIES))
        for each in range(_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (cpu_seconds(pid) - started) / (_CLIENTS * _QUERIES) * 1e6


def main() -> None:
    """Measure and print."""
    with _serving("with") as guarded, _serving("without") as bare:
        rounds = []
        for number in range(_ROUNDS):
            servers = [guarded, bare] if number % 2 else [bare, guarded]
            used = {server: _round(*server, str(number)) for server in servers}
            rounds.append((used[guarded], used[bare]))
            if sys.stderr.isatty():
                sys.stderr.write(f"\rround {number + 1} of {_ROUNDS}")
    rounds = rounds[1:]  # the first one warms up
    sys.stdout.write(
        f"\nCPU a query, median of {len(rounds)} rounds, µs: "
        f"with workers {statistics.median(a for a, _ in rounds):.0f}, "
        f"without {statistics.median(b for _, b in rounds):.0f}, "
        f"difference {statistics.median(a - b for a, b in rounds):.0f}; "
        f"{os.cpu_count()} processors\n"
    )
