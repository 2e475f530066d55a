"""The metrics process: figures of all front processes, on a loopback port of its own."""

import itertools
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from calcguide.counts import BOUNDS, total


class _Fronts:
    """Collects what the front processes have counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        counted = total(self._folder)
        requests = CounterMetricFamily(
            "calcguide_requests",
            "Requests answered, by outcome: the name of the error, else the class of the status.",
            labels=["outcome"],
        )
        for outcome, number in counted.outcomes.items():
            requests.add_metric([outcome], number)
        names = [*map(str, BOUNDS), "+Inf"]
        seconds = HistogramMetricFamily(
            "calcguide_request_seconds",
            "Seconds from request to answer.",
            buckets=list(zip(names, itertools.accumulate(counted.classes), strict=True)),
            sum_value=counted.seconds,
        )
        under_way = GaugeMetricFamily(
            "calcguide_requests_under_way", "Requests being answered.", counted.under_way
        )
        return [requests, seconds, under_way]


class _Processes:
    """Collects the memory and number of the server's processes, by what they are (Linux)."""

    def __init__(self, server: int) -> None:
        self._server = server

    def collect(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily(
            "calcguide_memory_bytes", "Proportional set size.", labels=["process"]
        )
        number = GaugeMetricFamily("calcguide_processes", "Processes.", labels=["process"])
        found: dict[str, list[int]] = {}
        for pid in descendants(self._server):
            found.setdefault(_name(pid), []).append(_proportional_set_size(pid))
        for name, sizes in found.items():
            memory.add_metric([name], sum(sizes))
            number.add_metric([name], len(sizes))
        return [memory, number]


def serve(port: int, folder: Path, server: int) -> None:
    """Answer `/metrics` on the loopback address for the server of that process id.

    Raises OSError where the port cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(_Fronts(folder))
    registry.register(_Processes(server))
    start_http_server(port, addr="127.0.0.1", registry=registry)
    signal.pause()


def descendants(pid: int) -> Iterator[int]:
    """Yield a process id and those of all processes below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(children).split():
            yield from descendants(int(child))


def _name(pid: int) -> str:
    return "server" if pid == os.getppid() else _read(Path(f"/proc/{pid}/comm")).strip()


def _proportional_set_size(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # the process has ended meanwhile
        return ""
