"""What a heavy query does to others: a cross product of five patterns beside 20 light clients.

`scripts/bench heavy` prints when the cross product was ended, the CPU time that the
server used in the second after that, and how long the light queries took meanwhile.
"""

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.processes import cpu_seconds
from tests.running import serving
from tests.test_processes import COUNT, ENDLESS, RIGHT

_CLIENTS = 20


def main() -> None:
    """Measure and print."""
    took: list[float] = []
    ended = threading.Event()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:

        def light() -> None:
            while not ended.is_set():
                started = time.monotonic()
                if server.ask(COUNT) != RIGHT:
                    raise RuntimeError("a wrong answer")
                took.append(time.monotonic() - started)

        threads = [threading.Thread(target=light) for _ in range(_CLIENTS)]
        for thread in threads:
            thread.start()
        started = time.monotonic()
        status, _ = server.ask(ENDLESS)
        seconds = time.monotonic() - started
        ended.set()
        for thread in threads:
            thread.join()
        time.sleep(1)
        before = cpu_seconds(server.process.pid)
        time.sleep(1)
        idle = cpu_seconds(server.process.pid) - before
    p95 = statistics.quantiles(took, n=20)[-1]
    sys.stdout.write(
        f"cross product: {status} after {seconds:.2f} s; a second later the server used "
        f"{100 * idle:.1f} % of a processor\n"
        f"{len(took)} light queries of {_CLIENTS} clients meanwhile: "
        f"median {1000 * statistics.median(took):.0f} ms, p95 {1000 * p95:.0f} ms, "
        f"longest {1000 * max(took):.0f} ms\n"
    )
