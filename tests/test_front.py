"""A front on a real server: connections last, whatever is heavy, killed, slow or cut off.

There is one front, so that each connection is on the one that a heavy query makes step down.
"""

import contextlib
import itertools
import os
import platform
import resource
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.bench.processes import pss_mb
from tests.conftest import CLAIMS
from tests.running import Server, serving
from tests.test_processes import COUNT, ENDLESS, named, until

CLAIM = "a <https://w3id.org/calcguide/ontology#Claim>"
_NUMBERS = itertools.count()
_TENTH = 20
"""How many times all pairs of claims are counted in a tenth of a second."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("front"),
        CALCGUIDE_FRONTS="1",
        CALCGUIDE_FAST_MILLISECONDS="100",
        CALCGUIDE_SLOW_QUERIES="3",
        CALCGUIDE_METRICS_PORT="0",
        CALCGUIDE_QUERY_SECONDS="20",
        CALCGUIDE_WAIT_MILLISECONDS="10000",  # on a busy machine, too
    ) as running:
        yield running


def heavy(tenths: int) -> str:
    """Return a query that counts for so many tenths of a second, or more on a slow machine.

    Each is another one, so that no front has kept its answer.
    """
    values = " ".join(map(str, range(_TENTH * tenths)))
    query = f"SELECT (COUNT(*) AS ?n) {{ VALUES ?i {{ {values} }} ?a {CLAIM} . ?b {CLAIM} }}"
    return f"{query} # {next(_NUMBERS)}"


def large() -> str:
    """Return a query whose result has some megabytes, another one each time."""
    return f"SELECT * {{ ?a {CLAIM} ; ?b ?c . ?d {CLAIM} }} LIMIT 30000 # {next(_NUMBERS)}"


class Answer(NamedTuple):
    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Connection:
    """One connection to a server, kept as long as that keeps it."""

    def __init__(self, server: Server, room: int | None = None) -> None:
        """Connect; the kernel holds `room` bytes of what is not read yet."""
        self.socket = socket.socket()
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        self._inbox = bytearray()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *requests: bytes) -> None:
        self.socket.sendall(b"".join(requests))

    def end(self) -> None:
        """Send nothing more."""
        self.socket.shutdown(socket.SHUT_WR)

    def receive(self, size: int = 65_536, pause: float = 0) -> Answer:
        """Return the next answer; raises EOFError where there is none."""
        while b"\r\n\r\n" not in self._inbox:
            self._read(size)
        head, _, self._inbox = self._inbox.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        status = int(line.split(" ")[1])
        fields = dict(each.lower().split(": ", 1) for each in lines)
        length = int(fields.get("content-length", 0))
        while len(self._inbox) < length:
            time.sleep(pause)
            self._read(size)
        body, self._inbox = bytes(self._inbox[:length]), self._inbox[length:]
        return Answer(status, fields, body)

    def _read(self, size: int) -> None:
        piece = self.socket.recv(size)
        if not piece:
            raise EOFError(f"no more after {bytes(self._inbox[:100])!r}")
        self._inbox += piece

    def ask(self, request: bytes) -> Answer:
        self.send(request)
        return self.receive()

    def is_at_end(self) -> bool:
        """Whether the server has sent all that it has, and said so."""
        return not self._inbox and not self.socket.recv(1)


def get(path: str, *fields: str) -> bytes:
    head = [f"GET {path} HTTP/1.1", "Host: localhost", *fields, "", ""]
    return "\r\n".join(head).encode()


def post(query: str, accept: str = "text/csv", *fields: str) -> bytes:
    body = query.encode()
    head = [
        "POST /sparql HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/sparql-query",
        f"Content-Length: {len(body)}",
        f"Accept: {accept}",
        *fields,
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body


def counts(answer: Answer, tenths: int = 0) -> bool:
    """Whether an answer is right: to `COUNT`, or to the heavy query of so many tenths."""
    number = _TENTH * tenths * CLAIMS**2 or CLAIMS
    return (answer.status, answer.text) == (200, f"n\r\n{number}\r\n")


LIGHT = post(COUNT)
PAGE = get("/id/calcific-tendonitis.html")


@contextlib.contextmanager
def asking(server: Server, *queries: str) -> Iterator[list[Future[Answer]]]:
    """Ask queries, each on a connection of its own; yield once they have made fronts step down."""

    def answer(query: str) -> Answer:
        with Connection(server) as connection:
            return connection.ask(post(query))

    with ThreadPoolExecutor(len(queries)) as pool:
        found: list[Future[Answer]] = []
        for query in queries:
            with stepping_down(server):
                found.append(pool.submit(answer, query))
        yield found


@contextlib.contextmanager
def stepping_down(server: Server) -> Iterator[None]:
    """Do something, and wait until the front has stepped down for it: another one leads."""
    leaders = named(server, "front")
    yield
    assert until(lambda: bool(named(server, "front") - leaders))


def test_a_connection_lasts_through_heavy_queries_on_its_front(server: Server) -> None:
    with Connection(server) as light, Connection(server) as other:
        assert counts(light.ask(LIGHT))
        for tenths in (3, 4):
            with stepping_down(server):
                other.send(post(heavy(tenths)))
            for _ in range(5):
                assert counts(light.ask(LIGHT))
                assert light.ask(PAGE).status == 200
            assert counts(other.receive(), tenths)
            assert counts(other.ask(LIGHT))
        assert counts(light.ask(LIGHT))


def test_what_several_heavy_queries_answer_comes_to_who_asked(server: Server) -> None:
    with asking(server, heavy(5), heavy(4), heavy(3)) as found, Connection(server) as light:
        for _ in range(5):
            assert counts(light.ask(LIGHT))
        for answer, tenths in zip(found, (5, 4, 3), strict=True):
            assert counts(answer.result(), tenths)


def test_an_ended_query_is_explained_and_its_connection_lasts(tmp_path: Path) -> None:
    with (
        serving(tmp_path, CALCGUIDE_FRONTS="1", CALCGUIDE_QUERY_SECONDS="1") as server,
        Connection(server) as connection,
    ):
        started = time.monotonic()
        connection.send(post(ENDLESS), LIGHT)
        answer = connection.receive()
        assert answer.status == 504
        assert "the limit is 1 s" in answer.text
        assert 0.9 < time.monotonic() - started < 2
        assert counts(connection.receive())
        assert counts(connection.ask(LIGHT))


@pytest.mark.slow
def test_for_a_query_that_was_ended_a_front_steps_down_at_once_and_for_its_error_not(
    tmp_path: Path,
) -> None:
    with serving(
        tmp_path, CALCGUIDE_FRONTS="1", CALCGUIDE_QUERY_SECONDS="1", CALCGUIDE_SLOW_QUERIES="9"
    ) as server:

        def wait_beside(query: str) -> float:
            """How long a light query takes that is asked just after another one."""
            with Connection(server) as other, Connection(server) as light:
                assert counts(light.ask(LIGHT))
                other.send(post(query))
                time.sleep(0.01)
                started = time.monotonic()
                assert counts(light.ask(post(COUNT + f" # {next(_NUMBERS)}")))
                return time.monotonic() - started

        assert min(wait_beside(heavy(3)) for _ in range(3)) > 0.04  # of 50 ms, 10 have gone by
        with asking(server, ENDLESS) as [answer]:
            leaders = named(server, "front")
            assert answer.result().status == 504
            assert named(server, "front") == leaders
        assert min(wait_beside(ENDLESS) for _ in range(3)) < 0.03


@pytest.mark.slow
def test_for_a_known_heavy_query_no_front_steps_down_before_there_is_a_place(
    tmp_path: Path,
) -> None:
    with (
        serving(
            tmp_path,
            CALCGUIDE_FRONTS="1",
            CALCGUIDE_QUERY_SECONDS="3",
            CALCGUIDE_SLOW_QUERIES="1",
            CALCGUIDE_WAIT_MILLISECONDS="2000",
        ) as server,
        contextlib.ExitStack() as stack,
    ):
        first, second, gone, light = (stack.enter_context(Connection(server)) for _ in range(4))
        assert first.ask(post(ENDLESS)).status == 504
        with stepping_down(server):
            first.send(post(ENDLESS))
        leaders = named(server, "front")
        gone.send(post(ENDLESS))
        gone.socket.close()
        assert counts(light.ask(LIGHT))
        refused = second.ask(post(ENDLESS))
        assert (refused.status, refused.fields["retry-after"]) == (503, "2")
        assert "heavy queries" in refused.text
        assert counts(second.ask(LIGHT))
        assert named(server, "front") <= leaders
        with stepping_down(server):  # once the first one is ended
            second.send(post(ENDLESS), LIGHT)
        assert first.receive().status == 504
        assert second.receive().status == 504
        assert counts(second.receive())


@pytest.mark.slow
def test_what_is_only_under_way_is_not_known_as_heavy(tmp_path: Path) -> None:
    """Who asks the same needs no place in the slow lane, which has none; so it is in the end."""
    with (
        serving(
            tmp_path,
            CALCGUIDE_FRONTS="1",
            CALCGUIDE_FAST_MILLISECONDS="1000",
            CALCGUIDE_SLOW_QUERIES="1",
            CALCGUIDE_QUERY_SECONDS="4",
        ) as server,
        contextlib.ExitStack() as stack,
    ):
        slow, *others = (stack.enter_context(Connection(server)) for _ in range(4))
        assert slow.ask(post(ENDLESS)).status == 504
        with stepping_down(server):  # for what is known now, and begins in the slow lane
            slow.send(post(ENDLESS))
        query = heavy(2).replace("VALUES ?i", "BIND(NOW() AS ?now) VALUES ?i")  # never kept
        for each in others:
            each.send(post(query))
            time.sleep(0.01)
        for each in others:
            assert counts(each.receive(), 2)


@pytest.mark.slow
def test_a_heavy_query_is_known_even_where_its_client_has_gone(tmp_path: Path) -> None:
    with (
        serving(
            tmp_path,
            CALCGUIDE_FRONTS="1",
            CALCGUIDE_SLOW_QUERIES="1",
            CALCGUIDE_QUERY_SECONDS="4",
            CALCGUIDE_WAIT_MILLISECONDS="10000",
        ) as server,
        contextlib.ExitStack() as stack,
    ):
        gone, other, again, light = (stack.enter_context(Connection(server)) for _ in range(4))
        with stepping_down(server):
            gone.send(post(ENDLESS))
        gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.socket.close()
        assert until(lambda: not named(server, "query worker"))
        with stepping_down(server):
            other.send(post(ENDLESS))
        leaders = named(server, "front")
        again.send(post(ENDLESS))
        time.sleep(0.3)
        assert counts(light.ask(LIGHT))
        assert named(server, "front") <= leaders  # it waits for a place


@pytest.mark.slow
def test_who_asks_once_a_second_is_not_said_to_have_waited(tmp_path: Path) -> None:
    with (
        serving(tmp_path, CALCGUIDE_FRONTS="1", CALCGUIDE_WAIT_MILLISECONDS="100") as server,
        Connection(server) as connection,
    ):
        for _ in range(8):
            assert counts(connection.ask(LIGHT))
            time.sleep(0.4)


@pytest.mark.slow
def test_who_waits_too_long_is_refused_then_and_not_when_the_burst_is_over(tmp_path: Path) -> None:
    """Later ones come first, so without that the first would wait as long as there are others."""
    with serving(tmp_path, CALCGUIDE_FRONTS="1", CALCGUIDE_WAIT_MILLISECONDS="500") as server:
        end = time.monotonic() + 4
        longest: list[float] = []

        def insist() -> None:
            took = 0.0
            with Connection(server) as connection:
                while (started := time.monotonic()) < end:
                    query = f"SELECT ?a {{ ?a ?b ?c . ?a ?d ?e }} LIMIT 4000 # {next(_NUMBERS)}"
                    assert connection.ask(post(query)).status in (200, 503)
                    took = max(took, time.monotonic() - started)
            longest.append(took)

        with ThreadPoolExecutor(64) as pool:
            for each in [pool.submit(insist) for _ in range(64)]:
                each.result()
        assert max(longest) < 2


PIPELINES: dict[str, list[tuple[bytes, Callable[[Answer], bool]]]] = {
    "light ones": [(LIGHT, counts)] * 20,
    "pages and queries": [
        (LIGHT, counts),
        (PAGE, lambda answer: b"<html" in answer.body),
        (get("/nowhere"), lambda answer: answer.status == 404),
        (get("/health/live"), lambda answer: b"live" in answer.body),
        (LIGHT, counts),
    ],
    "heavy ones between": [
        (LIGHT, counts),
        (post(heavy(3)), lambda answer: counts(answer, 3)),
        (PAGE, lambda answer: b"<html" in answer.body),
        (post(heavy(2)), lambda answer: counts(answer, 2)),
        (LIGHT, counts),
    ],
    "an empty line between": [(LIGHT + b"\r\n", counts), (LIGHT, counts)],
}


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES.keys())
@pytest.mark.parametrize("ends", [False, True], ids=["waits", "sends no more"])
def test_requests_sent_together_are_answered_in_their_order(
    server: Server, pipeline: list[tuple[bytes, Callable[[Answer], bool]]], ends: bool
) -> None:
    with Connection(server) as connection:
        connection.send(*(request for request, _ in pipeline))
        if ends:
            connection.end()
        for _, is_right in pipeline:
            answer = connection.receive()
            assert is_right(answer), answer
        if ends:
            assert connection.is_at_end()


@pytest.mark.slow
def test_clients_that_take_nothing_are_given_up_before_memory_is(server: Server) -> None:
    """The kernel takes some megabytes for each, as long as it has room; the rest waits here."""
    request = post(large().replace("30000", "13000"), "application/sparql-results+json")
    with Connection(server) as quick, contextlib.ExitStack() as stack:
        expected = quick.ask(request)
        assert 3_500_000 < len(expected.body) < 4_000_000  # so large, and still kept
        before = pss_mb(server.process.pid)
        for _ in range(400):
            stack.enter_context(Connection(server, room=8_192)).send(request)
        time.sleep(2)
        assert counts(quick.ask(LIGHT))
        assert pss_mb(server.process.pid) < before + 250
        assert quick.ask(request).body == expected.body


def test_answers_that_took_long_are_not_lost_when_their_front_steps_down(server: Server) -> None:
    dear = [post(heavy(2)), post(heavy(2))]
    with Connection(server) as connection:
        for each in dear:
            with stepping_down(server):
                assert counts(connection.ask(each), 2)
        started = time.monotonic()
        assert all(counts(connection.ask(each), 2) for each in dear)
        assert time.monotonic() - started < 0.15  # each takes longer where it is made anew


@pytest.mark.parametrize("is_reset", [False, True], ids=["closes", "resets"])
def test_a_query_ends_with_the_client_that_has_left(server: Server, is_reset: bool) -> None:
    with Connection(server) as leaving:
        with stepping_down(server):
            leaving.send(post(ENDLESS))
        if is_reset:
            at_once = struct.pack("ii", 1, 0)
            leaving.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    assert until(lambda: not named(server, "query worker"), 2)
    with Connection(server) as other:
        assert counts(other.ask(LIGHT))


def test_a_client_that_sends_no_more_is_answered(server: Server) -> None:
    with Connection(server) as connection:
        with stepping_down(server):
            connection.send(post(heavy(4)), post(heavy(3)))
        connection.end()
        for tenths in (4, 3):
            answer = connection.receive()
            while answer.status == 100:
                answer = connection.receive()
            assert counts(answer, tenths)
        assert connection.is_at_end()


def test_after_a_refused_request_nothing_more_is_answered(server: Server) -> None:
    with Connection(server) as connection:
        connection.send(LIGHT, b"GET / HTTP/1.1\r\nA : b\r\n\r\n", LIGHT)
        assert counts(connection.receive())
        answer = connection.receive()
        assert (answer.status, answer.fields["connection"]) == (400, "close")
        assert connection.is_at_end()


@pytest.mark.parametrize("is_heavy", [False, True], ids=["light", "beside a heavy query"])
def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(
    server: Server, is_heavy: bool
) -> None:
    head, _, body = post(COUNT, "text/csv", "Expect: 100-continue").partition(b"\r\n\r\n")
    with Connection(server) as connection:
        connection.send(head + b"\r\n\r\n")
        assert connection.receive().status == 100
        with asking(server, heavy(3)) if is_heavy else contextlib.nullcontext():
            connection.send(body)
            answer = connection.receive()
            while answer.status == 100:  # the successor may say so again (RFC 9110, section 15.2)
                answer = connection.receive()
        assert counts(answer)
        assert counts(connection.ask(LIGHT))


TOO_LONG = {
    "by its length": (b"Content-Length: 1048577\r\n\r\n", b"x" * 1_048_577),
    "by its length, and waits": (b"Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", b""),
    "in one chunk": (b"Transfer-Encoding: chunked\r\n\r\n100001\r\n", b"x" * 1_048_577),
    "in many chunks": (
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"1000\r\n%0*d\r\n" % (4_096, 0) * 257,
    ),
}


@pytest.mark.parametrize("path", [b"/sparql", b"/shacl"])
@pytest.mark.parametrize(("fields", "body"), TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_body_that_is_too_long_is_refused_before_all_of_it_is_sent(
    server: Server, path: bytes, fields: bytes, body: bytes
) -> None:
    """The client that goes on sending sees the answer, and no reset (RFC 9112, section 9.6)."""
    with Connection(server) as connection:
        connection.send(b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + fields, body)
        answer = connection.receive()
        assert (answer.status, answer.fields["connection"]) == (413, "close")
        assert "1,048,576 bytes" in answer.text
        assert connection.is_at_end()


def test_a_large_result_comes_whole_to_a_slow_reader(server: Server) -> None:
    """Also while the front that sends it steps down, and the next one does."""
    request = post(large(), "application/sparql-results+json")
    with Connection(server) as quick:
        expected = quick.ask(request)
    assert expected.status == 200
    assert len(expected.body) > 5_000_000
    with Connection(server, room=8_192) as slow:
        slow.send(request)
        with asking(server, heavy(5)), asking(server, heavy(3)):
            assert slow.receive(pause=0.001).body == expected.body
        assert counts(slow.ask(LIGHT))


DOCUMENT = get(
    "/graph-store?graph=https%3A%2F%2Fw3id.org%2Fcalcguide%2Fgraph%2Fclaims",
    "Accept: application/n-triples",
)


def test_documents_come_whole_to_a_slow_reader(server: Server) -> None:
    """What a front itself sends is handed over half sent: the kernel takes less than all these."""
    with Connection(server) as quick:
        expected = quick.ask(DOCUMENT)
    assert expected.status == 200
    assert len(expected.body) > 500_000
    with Connection(server, room=8_192) as slow:
        slow.send(*[DOCUMENT] * 12, LIGHT)
        with asking(server, heavy(5)), asking(server, heavy(3)):
            for _ in range(12):
                assert slow.receive(pause=0.001).body == expected.body
        assert counts(slow.receive())


CUT_OFF = {
    "in the first line": b"GET /hea",
    "in a field": b"GET / HTTP/1.1\r\nHo",
    "before the body": post(COUNT).partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
    "in the body": post(COUNT)[:-1],
    "in a chunk": b"POST /shacl HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    "after a chunk": b"POST /shacl HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
}


@pytest.mark.parametrize("raw", CUT_OFF.values(), ids=CUT_OFF.keys())
def test_a_request_that_is_cut_off_is_refused(server: Server, raw: bytes) -> None:
    with Connection(server) as connection:
        connection.send(LIGHT, raw)
        connection.end()
        assert counts(connection.receive())
        answer = connection.receive()
        assert (answer.status, answer.fields["connection"]) == (400, "close")
        assert "ends before" in answer.text
        assert connection.is_at_end()


def test_a_client_that_only_connects_is_not_told_anything(server: Server) -> None:
    with Connection(server) as connection:
        connection.end()
        assert connection.is_at_end()


def test_a_client_that_goes_away_harms_nobody(server: Server) -> None:
    for request in (LIGHT, PAGE, post(heavy(3)), post(large()), DOCUMENT, post(COUNT)[:-5]):
        for _ in range(3):
            with Connection(server) as connection:
                connection.send(request)
    with Connection(server) as connection:
        assert counts(connection.ask(LIGHT))
        assert counts(connection.ask(post(heavy(2))), 2)


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 5_000:
        pytest.skip(f"this process may open {hard} files at most")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 5_000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_two_thousand_idle_connections_are_in_nobodys_way(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(Connection(server)) for _ in range(2_000)]
        for connection in idle[::2]:
            connection.send(b"GET /health/live HTTP/1.1\r\n")
        busy = stack.enter_context(Connection(server))
        with asking(server, heavy(5)) as found:
            for _ in range(10):
                started = time.monotonic()
                assert counts(busy.ask(LIGHT))
                assert time.monotonic() - started < 1
        assert counts(found[0].result(), 5)
        for connection in idle[::50]:
            assert b"live" in connection.ask(b"Host: localhost\r\n\r\n").body
        for connection in idle[1::50]:
            assert counts(connection.ask(LIGHT))


@pytest.mark.parametrize("kills", [1, 2])
def test_what_a_killed_query_worker_was_asked_is_begun_anew_once(
    server: Server, kills: int
) -> None:
    """A query that has the kernel kill its process is not begun again and again."""
    with Connection(server) as connection, Connection(server) as light:
        assert counts(light.ask(LIGHT))
        assert until(lambda: not named(server, "query worker"))
        connection.send(post(heavy(5)), LIGHT)
        for _ in range(kills):
            assert until(lambda: bool(named(server, "query worker")))
            [worker] = named(server, "query worker")
            os.kill(worker, signal.SIGKILL)
            assert until(lambda worker=worker: worker not in named(server, "query worker"))  # type: ignore[misc]
            assert counts(light.ask(LIGHT))
        answer = connection.receive()
        if kills == 1:
            assert counts(answer, 5)
        else:
            assert (answer.status, answer.fields["retry-after"]) == (503, "2")
        assert counts(connection.receive())


def test_what_was_heavy_is_answered_from_memory_when_asked_again(server: Server) -> None:
    query = post(heavy(5))
    with Connection(server) as connection:
        first = connection.ask(query)
        assert until(lambda: not named(server, "query worker"))
        leaders = named(server, "front")
        again = connection.ask(query)
        assert (again.status, again.text) == (200, first.text)
        assert named(server, "front") == leaders  # nobody stepped down for it


def pages() -> list[bytes]:
    """Requests of pages that no front has made before: each with an option that changes nothing."""
    number = time.monotonic_ns()
    return [
        get(f"/{page}?n={number + extra}", "Accept: text/html")
        for extra in range(10)
        for page in ("about", "questions", "id/calcification.html")
    ]


@pytest.mark.parametrize(
    ("tenths", "is_killed"), [(12, False), (5, True)], ids=["ends in peace", "is killed"]
)
def test_pages_that_are_made_while_their_front_steps_down_are_answered(
    server: Server, tenths: int, is_killed: bool
) -> None:
    requests = pages()
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(Connection(server)) for _ in requests]
        expected = [reader.ask(get("/health/live")).status for reader in readers]
        assert set(expected) == {200}
        for reader, request in zip(readers, requests, strict=True):
            reader.send(request)
        with asking(server, heavy(tenths)) as found:
            if is_killed:
                for worker in named(server, "query worker"):
                    os.kill(worker, signal.SIGKILL)
            for reader in readers:
                answer = reader.receive()
                assert answer.status == 200
                assert answer.body.rstrip().endswith(b"</html>")
            assert is_killed or not found[0].done()  # no page waits for it
            assert counts(found[0].result(), tenths)
        for reader in readers:
            assert counts(reader.ask(LIGHT))


def test_no_light_client_fails_beside_heavy_queries(server: Server) -> None:
    wrong: list[object] = []
    ended = threading.Event()

    def ask_lightly() -> None:
        with Connection(server) as connection:
            while not ended.is_set():
                for request in (LIGHT, PAGE):
                    answer = connection.ask(request)
                    if answer.status != 200 or (request is LIGHT and not counts(answer)):
                        wrong.append(answer)
                    time.sleep(0.01)

    with ThreadPoolExecutor(20) as pool:
        clients = [pool.submit(ask_lightly) for _ in range(20)]
        with asking(server, heavy(8), heavy(7)) as found:
            pass
        ended.set()
        for answer, tenths in zip(found, (8, 7), strict=True):
            assert counts(answer.result(), tenths)
        for client in clients:
            client.result()
    assert not wrong


def is_listening(server: Server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(server.url.rpartition(":")[2]))) == 0


def test_a_server_that_is_told_to_end_answers_first(tmp_path: Path) -> None:
    with (
        serving(tmp_path, CALCGUIDE_FRONTS="1", CALCGUIDE_METRICS_PORT="0") as ending,
        Connection(ending) as idle,
        Connection(ending) as asked,
    ):
        assert counts(idle.ask(LIGHT))
        with stepping_down(ending):
            asked.send(post(heavy(8)), post(heavy(4)), LIGHT)
        family = ending.family()
        ending.process.send_signal(signal.SIGTERM)
        assert idle.is_at_end()
        assert not is_listening(ending)
        assert counts(asked.receive(), 8)
        assert counts(asked.receive(), 4)
        assert asked.is_at_end()
        asked.socket.close()
        assert ending.process.wait(5) == 0
        assert until(lambda: not {pid for pid in family if Path(f"/proc/{pid}/exe").exists()})
        assert "Traceback" not in ending.log.read_text("utf-8")


def test_a_server_that_ends_starts_nothing_in_vain(tmp_path: Path) -> None:
    with (
        serving(tmp_path, CALCGUIDE_FRONTS="1", CALCGUIDE_METRICS_PORT="0") as ending,
        Connection(ending) as asked,
    ):
        with stepping_down(ending):
            asked.send(post(heavy(3)), post(heavy(5)))
        ending.process.send_signal(signal.SIGTERM)
        assert counts(asked.receive(), 3)
        family = ending.family()
        while not select.select([asked.socket], [], [], 0.01)[0]:
            family |= ending.family()
        assert counts(asked.receive(), 5)
        assert len(family) < 10


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"),
    reason=f"the system calls of {platform.machine()} are not known to calcguide",
)
@pytest.mark.parametrize("name", ["front", "spare front", "query worker"])
def test_no_front_may_reach_another_host(server: Server, name: str) -> None:
    with asking(server, heavy(3)):
        assert until(lambda: confined(named(server, name)))


def confined(pids: set[int]) -> bool:
    """Whether there are processes and none may ask for just any system call."""
    states = [Path(f"/proc/{pid}/status").read_text("ascii") for pid in pids]
    return bool(states) and all("\nSeccomp:\t2\n" in state for state in states)


def test_nothing_was_written_to_the_log_but_requests(server: Server) -> None:
    lines = server.log.read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("{")] == [
        f"calcguide is served at {server.url}"
    ]
