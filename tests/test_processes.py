"""A running server: queries under limits, in processes that can be killed, nothing left behind."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.conftest import CLAIMS
from tests.running import Server, descendants, serving

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?c a <https://w3id.org/calcguide/ontology#Claim> }"
RIGHT = (200, f"n\r\n{CLAIMS}\r\n")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("server"),
        CALCGUIDE_QUERY_SECONDS="2",
        CALCGUIDE_FAST_MILLISECONDS="100",
        CALCGUIDE_WAIT_MILLISECONDS="200",
        CALCGUIDE_QUERY_MEMORY_MB="200",
        CALCGUIDE_RESULT_MB="1",
    ) as running:
        yield running


def until(true: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_a_query_is_answered(server: Server) -> None:
    assert server.ask(COUNT) == RIGHT


def test_a_query_is_ended_at_the_deadline_and_told_what_to_do(server: Server) -> None:
    started = time.monotonic()
    status, body = server.ask(ENDLESS)
    assert status == 504
    assert "the limit is 2 s" in body
    assert 1.9 < time.monotonic() - started < 2.5


def test_nothing_computes_on_after_the_deadline(server: Server) -> None:
    server.ask(ENDLESS)
    before = cpu_seconds(server)
    time.sleep(1)
    assert cpu_seconds(server) - before < 0.2


def cpu_seconds(server: Server) -> float:
    total = 0
    for pid in server.family():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def test_a_third_slow_query_is_told_to_come_back(server: Server) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(server.ask(ENDLESS)[0])) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [503, 503, 503, 504, 504]


def test_light_queries_are_answered_beside_endless_ones(server: Server) -> None:
    heavy = [threading.Thread(target=server.ask, args=(ENDLESS,)) for _ in range(4)]
    for thread in heavy:
        thread.start()
    slowest = 0.0
    for _ in range(20):
        started = time.monotonic()
        assert server.ask(COUNT) == RIGHT
        slowest = max(slowest, time.monotonic() - started)
    for thread in heavy:
        thread.join()
    assert slowest < 1.0


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }",
        "ASK { FILTER(" + "!" * 100_000 + "true) }",
        "ASK { " + "{" * 20_000 + "}" * 20_000 + " }",
        "ASK { ?s " + "(" * 20_000 + "<http://a/p>" + ")" * 20_000 + " ?o }",
    ],
    ids=["parentheses", "negations", "groups", "paths"],
)
def test_nesting_ends_the_worker_at_most(server: Server, query: str) -> None:
    status, body = server.ask(query)
    assert status in (200, 400, 422)
    assert "nest" in body.lower() or status != 422
    assert server.ask(COUNT) == RIGHT


def test_a_query_that_needs_too_much_memory_is_told_so(server: Server) -> None:
    status, body = server.ask("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c ?a")
    assert status in (422, 504)
    assert "memory" in body or status == 504
    assert server.ask(COUNT) == RIGHT


def test_a_result_above_the_cap_is_refused_whole(server: Server) -> None:
    status, body = server.ask(
        "SELECT * { ?a ?b ?c . ?d a <https://w3id.org/calcguide/ontology#Claim> }"
    )
    assert status == 413
    assert "LIMIT" in body


@pytest.mark.parametrize("killed", ["query worker", "store process", "front", "spare front"])
def test_after_a_kill_right_answers_are_back_at_once(server: Server, killed: str) -> None:
    heavy = threading.Thread(target=answer, args=(server, ENDLESS))
    if killed == "query worker":
        heavy.start()
    assert until(lambda: bool(named(server, killed)))
    for pid in named(server, killed):
        os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    assert until(lambda: answer(server) == RIGHT, 10)
    assert time.monotonic() - started < 2
    if killed == "query worker":
        heavy.join()


def answer(server: Server, query: str = COUNT) -> tuple[int, str] | None:
    """A whole answer, which must be right or say what is wrong; None without a connection."""
    try:
        found = server.ask(query, timeout=10)
    except (OSError, HTTPException):
        return None
    assert found == RIGHT or found[0] in ((503,) if query == COUNT else (503, 504))
    return found


def named(server: Server, name: str) -> set[int]:
    """The ids of the server's processes that are of a kind, such as `front`."""
    return {pid for pid in server.family() - {server.process.pid} if kind(pid) == name}


def kind(pid: int) -> str:
    """What a process is, as `ps -o comm` shows it; nothing for one that has ended."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
        return name if Path(f"/proc/{pid}/exe").exists() else ""
    except OSError:
        return ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_server_ends(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as running:
        assert running.ask(COUNT) == RIGHT
        family = running.family()
        assert len(family) >= 6
        running.process.send_signal(number)
        status = running.process.wait(10)
        assert until(lambda: not {p for p in family if Path(f"/proc/{p}/exe").exists()})
        assert status == (0 if number == signal.SIGTERM else status)


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", range(12))
def test_a_server_hears_that_it_is_to_end_while_it_starts_a_process_again(
    tmp_path: Path, milliseconds: int
) -> None:
    with serving(tmp_path, CALCGUIDE_METRICS_PORT="0") as running:
        assert until(lambda: len(named(running, "store process")) == 1)  # fronts have their names
        os.kill(named(running, "store process").pop(), signal.SIGKILL)
        time.sleep(milliseconds / 1000)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(3) == 0
        assert "Traceback" not in running.log.read_text("utf-8")


def test_a_second_start_answers_within_two_seconds(tmp_path: Path) -> None:
    with serving(tmp_path):
        pass
    started = time.monotonic()
    with serving(tmp_path) as running:
        assert running.ask(COUNT) == RIGHT
        took = time.monotonic() - started
    assert took < 2
    assert descendants(running.process.pid) == {running.process.pid}
