"""Every request is logged in one line and counted, over all front processes."""

import json
import os
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from calcguide.counts import Counts
from calcguide.settings import Settings
from calcguide.views.answering import Response
from calcguide.views.observation import Observation
from tests.running import Server, free_port, serving


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    port = free_port()
    folder = tmp_path_factory.mktemp("observed")
    with serving(folder, CALCGUIDE_METRICS_PORT=str(port), CALCGUIDE_ACCESS_LOG="on") as server:
        end = time.monotonic() + 10  # on a busy machine, the metrics come up after the fronts
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", port)) and time.monotonic() < end:
                time.sleep(0.02)
        yield server, port


def metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if not line.startswith("#")
    }


def logged(log: Path, path: str) -> list[dict[str, object]]:
    """The lines about a path, once there is one."""
    end = time.monotonic() + 5
    while True:
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        found = [entry for entry in map(json.loads, lines) if entry["path"] == path]
        if found or time.monotonic() > end:
            return found
        time.sleep(0.02)


def test_requests_are_counted_over_all_fronts(observed: tuple[Server, int]) -> None:
    server, port = observed
    before = metrics(port).get('calcguide_requests_total{outcome="MalformedQuery"}', 0)
    for _ in range(20):
        server.ask("ASK {")
    time.sleep(0.5)  # what was noted is counted a moment later
    after = metrics(port)
    assert after['calcguide_requests_total{outcome="MalformedQuery"}'] - before == 20
    assert after["calcguide_request_seconds_count"] >= 20
    assert after['calcguide_processes{process="front"}'] == 2
    assert after['calcguide_memory_bytes{process="store process"}'] > 1_000_000


def test_a_request_is_logged_in_one_line(observed: tuple[Server, int]) -> None:
    server, _ = observed
    server.get("/id/hip.ttl")
    [line] = logged(server.log, "/id/hip.ttl")
    assert (line["method"], line["status"], line["outcome"]) == ("GET", 200, "2xx")
    assert len(str(line["id"])) == 16
    assert float(str(line["milliseconds"])) > 0


def test_a_query_is_logged_by_its_hash_only(observed: tuple[Server, int]) -> None:
    server, _ = observed
    server.ask("ASK { 'a secret' ?p ?o }")
    assert any(entry["query"] for entry in logged(server.log, "/sparql"))
    assert "secret" not in server.log.read_text()


def test_the_last_lines_are_written_where_the_server_is_told_to_end(tmp_path: Path) -> None:
    with serving(tmp_path, CALCGUIDE_ACCESS_LOG="on") as server:
        server.get("/id/hip.nt")
    assert len(logged(server.log, "/id/hip.nt")) == 1


def test_metrics_are_not_served_to_the_public(observed: tuple[Server, int]) -> None:
    assert observed[0].get("/metrics")[0] == 404


def test_a_log_that_nobody_reads_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as reader, os.fdopen(writing, "w") as writer:
        monkeypatch.setattr(sys, "stderr", writer)
        observation = Observation(
            lambda _: Response("200 OK", [], b""), Settings.read({}), Counts()
        )
        stuck = threading.Thread(target=observation._write, args=(["a\n"] * 100_000,))
        stuck.start()
        time.sleep(0.1)
        started = time.monotonic()
        observation._write(["b\n", "c\n"])
        assert time.monotonic() - started < 2
        read = [reader.readline() for _ in range(100_000)]
        stuck.join()
        observation._write(["d\n"])
        assert set(read) == {"a\n"}
        assert reader.readline() == "d\n"
        assert reader.readline().startswith("calcguide: 2 lines of the log are lost")
