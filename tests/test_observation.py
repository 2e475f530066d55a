"""Every request is logged in one line and counted, over all front processes."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Server, free_port, serving


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    port = free_port()
    folder = tmp_path_factory.mktemp("observed")
    with serving(folder, CALCGUIDE_METRICS_PORT=str(port)) as server:
        yield server, port


def metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if not line.startswith("#")
    }


def logged(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_requests_are_counted_over_all_fronts(observed: tuple[Server, int]) -> None:
    server, port = observed
    before = metrics(port).get('calcguide_requests_total{outcome="MalformedQuery"}', 0)
    for _ in range(20):
        server.ask("ASK {")
    after = metrics(port)
    assert after['calcguide_requests_total{outcome="MalformedQuery"}'] - before == 20
    assert after["calcguide_request_seconds_count"] >= 20
    assert after['calcguide_processes{process="front"}'] == 2
    assert after['calcguide_memory_bytes{process="store process"}'] > 1_000_000


def test_a_request_is_logged_in_one_line(observed: tuple[Server, int]) -> None:
    server, _ = observed
    server.get("/id/hip.ttl")
    [line] = [entry for entry in logged(server.log) if entry["path"] == "/id/hip.ttl"]
    assert (line["method"], line["status"], line["outcome"]) == ("GET", 200, "2xx")
    assert len(str(line["id"])) == 16
    assert float(str(line["milliseconds"])) > 0


def test_a_query_is_logged_by_its_hash_only(observed: tuple[Server, int]) -> None:
    server, _ = observed
    server.ask("ASK { 'a secret' ?p ?o }")
    assert "secret" not in server.log.read_text()


def test_metrics_are_not_served_to_the_public(observed: tuple[Server, int]) -> None:
    assert observed[0].get("/metrics")[0] == 404
