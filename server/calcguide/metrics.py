"""The metrics process: figures of all front processes, on a loopback port of its own."""

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead


class _Fronts(MultiProcessCollector):
    """Collects what the front processes count, without the gauges of those that have ended."""

    def collect(self) -> Iterable[Metric]:
        for path in Path(self._path).glob("gauge_live*_*.db"):
            pid = path.stem.rpartition("_")[2]
            if not Path(f"/proc/{pid}").exists():
                mark_process_dead(pid, self._path)  # type: ignore[no-untyped-call]
        collected: Iterable[Metric] = super().collect()  # type: ignore[no-untyped-call]
        return collected


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


def serve(port: int, folder: str, server: int) -> None:
    """Answer `/metrics` on the loopback address for the server of that process id.

    Raises OSError where the port cannot be had.
    """
    registry = CollectorRegistry()
    _Fronts(registry, folder)  # type: ignore[no-untyped-call]
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
