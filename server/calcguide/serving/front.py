"""A front: one process that reads requests, answers them, and steps down where one is heavy.

Its main thread leads: it waits for all connections at once, and answers by itself what is prepared
and what evaluates a query; the rest is answered by other threads. While it answers, it is watched
(`watch`). For a request that is not light the front steps down: it hands all its connections over
to a spare front, its successor, keeps the one request, and becomes the worker of that. What it
answers goes to the successor, who has the connection. It may be killed, at the deadline or for its
memory: the successor says so to the client, and begins anew what else had been under way.
"""

import collections
import contextlib
import functools
import os
import select
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from calcguide.errors import Busy
from calcguide.query import confine, wire
from calcguide.query.errands import ENDED
from calcguide.query.limits import Limits, ended
from calcguide.serving import http
from calcguide.serving.clients import Clients
from calcguide.serving.connection import LATER, LEADER, THREAD, Connection, Link, pass_on, taken
from calcguide.serving.http import Reader, Request
from calcguide.serving.lanes import Lanes
from calcguide.serving.places import Place
from calcguide.serving.watch import Watch
from calcguide.views.answering import Answering
from calcguide.views.prepared import KEPT, Key
from calcguide.views.problems import is_refused, refuse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What a front and the store process say to each other; the watch says one thing more, and ENDED is
# said to a front, with a process id and how that ended, as the answer to the same.
LEAD: Final = "lead"
"""To a front: take a place among those that lead; with a link to who stepped down, if any."""
SUCCESSOR: Final = "successor"
"""To a front that steps down: the link to its successor."""
DRAIN: Final = "drain"
"""To a front: end, once what was asked is answered."""
STEP_DOWN: Final = "step down"
"""From a front."""
NO_PLACE: Final = "no place"
"""How a front has ended: no place for a slow query became free in time."""

_THREADS: Final = 64
"""Requests that other threads answer at once."""
_AT_ONCE: Final = 65_536
"""Bytes that are read at once."""
_AT_ONCE_FROM_FRONTS: Final = 1 << 20
"""The same of answers that another front has made."""
_PAUSE: Final = 0.005
"""Seconds of answering after which the leader looks what else has come in."""
_REMEMBERED: Final = 100
"""Requests that were heavy."""
_SWEEP: Final = 1.0
"""Seconds between two looks at what has waited too long."""
_BREATH: Final = 0.01
"""Seconds that may go by before a look at what is not urgent."""

_BUSY: Final = (
    "Too many queries are running, and none could be begun in time. Ask again in a few seconds."
)
_NO_PLACE: Final = (
    "Too many heavy queries are running, and none made way within {:g} s. Ask again in a few "
    "seconds, ask for less (LIMIT, a narrower pattern), or take the whole dataset as a download."
)
_KILLED: Final = "The process that answered was ended, twice. Ask again."
_FAULT: Final = HTTPStatus.INTERNAL_SERVER_ERROR, "This is a fault of the server."


class Application(Protocol):
    """What answers requests, and says who is to."""

    answer: Answering

    def keep(self, key: Key, kept: tuple[Any, ...]) -> None:
        """Keep an answer that another front has kept."""

    def dear(self) -> list[tuple[Key, tuple[Any, ...]]]:
        """Return the kept answers that took long to make, for `keep` of another front."""

    def is_led(self, environ: "WSGIEnvironment") -> bool:
        """Return whether the main thread is to answer: at once, or watched."""

    def share(self) -> None:
        """Make what fronts share that are forked after this."""

    def warm_up(self) -> None:
        """Do what makes the first answers of this process faster."""


class _SteppedDownError(Exception):
    """The answer that was just made has gone to the successor, as all else."""


class Front(Clients):
    """One front process: a spare one, until it is told to lead."""

    def __init__(
        self,
        application: Application,
        constant: "WSGIEnvironment",
        control: socket.socket,
        limits: Limits,
    ) -> None:
        """Make one; `constant` is the part of the environment that all requests share.

        `control` leads to the store process.
        """
        super().__init__(constant)
        self._application = application
        self._control = control
        self._limits = limits
        self._no_place = _NO_PLACE.format(limits.wait)
        self._pool = ThreadPoolExecutor(_THREADS)
        self._lock = threading.Lock()
        self._asked: list[tuple[Connection, Request]] = []
        """What this thread is to answer."""
        self._heavy_asked: list[tuple[Connection, Request]] = []
        """The same of what is known as heavy: it waits until all else is answered."""
        self._answers: collections.deque[tuple[Connection, bytes, bool]] = collections.deque()
        """Made by other threads."""
        self._refused = 0.0
        """When what had waited too long was refused."""
        self._known: tuple[int, ...] = ()
        """The marks of requests that were heavy, and ended before they were answered: the front
        steps down for them at once, where there is a place in the slow lane."""
        self._links: dict[int, Link] = {}
        """By process id."""
        self._successor: socket.socket | None = None
        self._succeeded = threading.Event()
        self._heavy: Connection | None = None

    def run(self, places: list[Place], lanes: Lanes) -> None:
        """Lead in one of these places once told to; return when all is answered."""
        self._lanes = lanes
        self._application.warm_up()
        try:
            message, passed = wire.receive_passed(self._control)
        except EOFError:  # the store process has ended
            return
        if message[0] == LEAD:
            confine.name("front")
            with contextlib.suppress(_SteppedDownError):
                self._lead(places[message[1]], passed)
            self._end_in_peace()

    def _end_in_peace(self) -> None:
        """Wait for what other threads have begun: answers, lines of the log."""
        self._pool.shutdown()
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()

    # The loop

    def _lead(self, place: Place, passed: list[socket.socket]) -> None:
        """Answer until all is answered after `DRAIN`; raises _SteppedDownError."""
        self._meet(place)
        self._wake, self._woken = os.pipe2(os.O_NONBLOCK)
        self._listen_to(self._control.fileno(), self._hear)
        self._listen_to(self._wake, self._take_answers)
        self._watch = Watch(self._step_down, self._hand_on, self._control, self._limits)
        self._watch.start()
        try:
            if passed:
                self._take_over(passed[0])
            self._loop()
        finally:
            self._watch.stop()
            self._poll.close()
            os.close(self._wake)
            os.close(self._woken)

    def _loop(self) -> None:
        swept = self._now
        while not (self._is_draining and not self._connections):
            events = self._poll.poll(0 if self._asked else _BREATH if self._heavy_asked else _SWEEP)
            self._now = time.monotonic()
            for fileno, _ in events:
                handler = self._handlers.get(fileno)
                if handler:
                    handler()
            self._answer_some()
            if self._now - swept >= _SWEEP:
                swept = self._now
                self._sweep()

    def _answer_some(self) -> None:
        """Answer what was asked, the last first: under a burst, early comers time out anyway.

        After a request that took a while, look first what else has come in.
        """
        started = self._now = time.monotonic()
        while self._asked and self._now - started < _PAUSE:
            self._answer_watched(*self._asked.pop())
            self._now = time.monotonic()
        if self._now - self._refused >= _BREATH:
            self._refused = self._now
            self._asked = self._refuse_late(self._asked, _BUSY)
            self._heavy_asked = self._refuse_late(self._heavy_asked, self._no_place)
        if self._heavy_asked and not self._asked:
            self._answer_heavy()

    def _answer_heavy(self) -> None:
        """Answer what was asked first and is known as heavy, if the slow lane has a place."""
        there = [each for each in self._heavy_asked if each[0].socket.fileno() >= 0]
        if there and self._lanes.take_slow_place():
            first = min(there, key=lambda each: each[0].asked)
            self._heavy_asked.remove(first)
            self._answer_watched(*first, is_known=True)

    def _refuse_late(
        self, asked: list[tuple[Connection, Request]], why: str
    ) -> list[tuple[Connection, Request]]:
        """Refuse what has waited too long, and would wait on; return the rest."""
        late = self._now - self._limits.wait
        rest: list[tuple[Connection, Request]] = []
        for connection, request in asked:
            if connection.socket.fileno() < 0:
                continue
            is_enough = time.monotonic() - self._now > _PAUSE
            if is_enough or connection.asked >= late or is_refused(request.environ):
                rest.append((connection, request))
            else:
                refuse(request.environ, Busy(why))
                self._send_for(connection, *self._made(request))
        return rest

    def _hear(self) -> None:
        """Do what the store process says."""
        try:
            message = wire.receive(self._control)
        except EOFError:
            os._exit(1)
        if message[0] == DRAIN:
            self._is_draining = True
            self._poll.unregister(self._place.listener)
            self._sweep()
        elif message[0] == ENDED:
            self._explain(*message[1:])

    # Answers

    def _answer(self, connection: Connection, request: Request) -> None:
        """See to it that a request is answered: by this thread in its turn, or by another one."""
        connection.asked = connection.asked or self._now
        if self._is_draining:
            request = request._replace(keeps=False)
        if self._application.is_led(request.environ):
            is_known = bool(self._known) and connection.mark in self._known
            if is_known and not is_refused(request.environ):
                self._heavy_asked.append((connection, request))
                self._listen_no_more(connection, LATER)
            else:
                self._asked.append((connection, request))
                connection.answered_by = LEADER
        else:
            self._listen_no_more(connection, THREAD)
            self._pool.submit(self._answer_elsewhere, connection, request)

    def _listen_no_more(self, connection: Connection, answered_by: str) -> None:
        """Until it is answered, hear only of its end."""
        connection.answered_by = answered_by
        self._poll.modify(connection.socket.fileno(), 0)

    def _answer_watched(
        self, connection: Connection, request: Request, *, is_known: bool = False
    ) -> None:
        """Answer a request in this thread; raises _SteppedDownError where it was a heavy one."""
        self._heavy = connection
        if is_known:
            self._watch.forestall()
        else:
            self._watch.begin()
        content, keeps = self._made(request)
        if self._watch.end():
            self._deliver(connection, content, keeps, request.environ.get(KEPT))
            raise _SteppedDownError
        if connection.socket.fileno() >= 0:
            self._send(connection, content, keeps)

    def _answer_elsewhere(self, connection: Connection, request: Request) -> None:
        """In another thread: make an answer, and have the leader send it."""
        content, keeps = self._made(request)
        with self._lock:
            is_leader = self._successor is None
            if is_leader:
                self._answers.append((connection, content, keeps))
                with contextlib.suppress(BlockingIOError):
                    os.write(self._woken, b"!")
        if not is_leader:
            self._deliver(connection, content, keeps)

    def _made(self, request: Request) -> tuple[bytes, bool]:
        try:
            return http.answer(self._application.answer, request)
        except MemoryError:
            os.abort()
        except BaseException:  # noqa: BLE001 - a fault, ours or the engine's, harms one request
            traceback.print_exc()
            return http.answer(self._application.answer, http.refused(self._constant, _FAULT))

    def _take_answers(self) -> None:
        os.read(self._wake, _AT_ONCE)
        while self._answers:
            self._send_for(*self._answers.popleft())

    def _send_for(self, connection: Connection, content: bytes, keeps: bool) -> None:
        """Send an answer and listen again, if the client is there."""
        if connection.socket.fileno() >= 0:
            self._poll.modify(connection.socket.fileno(), select.EPOLLIN)
            self._send(connection, content, keeps)

    # Stepping down

    def _step_down(self, began: float) -> None:
        """In the thread of the watch: hand all over but the request of the main thread."""
        wire.send(self._control, (STEP_DOWN,))
        while True:  # what else is said now, the successor asks for again
            message, passed = wire.receive_passed(self._control)
            if message[0] == SUCCESSOR:
                break
        with self._lock:
            self._successor = passed[0]
        if self._heavy:
            wire.send(passed[0], self._known)
            connections = self._connections.values()
            pass_on(passed[0], connections, self._links.values(), self._heavy, began)
        for connection, content, keeps in self._answers:  # made, and not sent yet
            self._tell_successor(connection.name, content, keeps)
        self._succeeded.set()

    def _hand_on(self) -> None:
        """In the thread of the watch: leave the successor the answers that took long to make."""
        for kept in self._application.dear():
            self._tell_successor(None, kept=kept)

    def _deliver(
        self, connection: Connection, content: bytes, keeps: bool, kept: object = None
    ) -> None:
        """Have the successor send an answer, once it has the connection, and keep it too."""
        self._succeeded.wait()
        self._tell_successor(connection.name, content, keeps, kept)

    def _tell_successor(
        self, name: str | None, content: bytes = b"", keeps: bool = False, kept: object = None
    ) -> None:
        """Send the answer for the connection of a name, or something to keep, or both."""
        with self._lock, contextlib.suppress(OSError):
            if self._successor:
                wire.send(self._successor, (name, content, keeps, kept))

    # Succeeding

    def _take_over(self, predecessor: socket.socket) -> None:
        """Take all that a front has that steps down, and the link to it."""
        with contextlib.suppress(EOFError):
            self._known = wire.receive(predecessor)
        connections, links = taken(predecessor, self._constant)
        for connection in connections:
            self._adopt(connection)
        for link in links:
            self._links[link.pid] = link
            if link.socket:
                link.socket.setblocking(False)
                relay = functools.partial(self._relay, link, link.socket)
                self._listen_to(link.socket.fileno(), relay)
            else:
                wire.send(self._control, (ENDED, link.pid))
        # What waited for the heavy request was asked before the rest, and is to be answered first:
        # it comes last here, since the last is.
        for connection in sorted(connections, key=lambda each: -(each.asked or self._now)):
            self._proceed(connection)

    def _relay(self, link: Link, channel: socket.socket) -> None:
        """Send what another front has answered, and keep what it hands on."""
        try:
            content = channel.recv(_AT_ONCE_FROM_FRONTS)
        except BlockingIOError:
            return
        except OSError:
            content = b""
        for name, answer, keeps, kept in link.inbox.messages(content):
            if kept:
                self._application.keep(*kept)
            if name:
                self._send_as(name, link, answer, keeps)
        if not content:
            self._part_from(link, channel)

    def _send_as(self, name: str, link: Link, content: bytes, keeps: bool) -> None:
        """Send the answer that came over a link to the client of a name."""
        self._forget(link, name)
        for connection in self._left_to(link):
            if connection.name == name:
                self._send_for(connection, content, keeps)

    def _forget(self, link: Link, name: str) -> None:
        """The heavy request was answered after all: asked again, it begins as any other."""
        if name == link.heavy:
            link.heavy = ""
            self._known = tuple(each for each in self._known if each != link.mark)

    def _remember(self, link: Link) -> None:
        """The heavy request is ended before it is answered: asked again, it is known."""
        self._known = tuple(dict.fromkeys((link.mark, *self._known)))[:_REMEMBERED]

    def _part_from(self, link: Link, channel: socket.socket) -> None:
        """The other front sends no more, or is to end: where it left something, ask how it ended.

        If that is its heavy request, it is to be known, even where the client has gone.
        """
        del self._handlers[channel.fileno()]
        self._poll.unregister(channel.fileno())
        channel.close()
        link.socket = None
        if link.heavy or self._left_to(link):
            wire.send(self._control, (ENDED, link.pid))
        else:
            del self._links[link.pid]

    def _close(self, connection: Connection) -> None:
        """Close a connection; where a front that stepped down answers its request, end that one."""
        super()._close(connection)
        link = connection.answered_by
        if isinstance(link, Link) and link.socket and link.heavy == connection.name:
            self._remember(link)
            self._part_from(link, link.socket)

    def _left_to(self, link: Link) -> list[Connection]:
        return [each for each in self._connections.values() if each.answered_by is link]

    def _explain(self, pid: int, how: int | str | None) -> None:
        """Say why a query was ended; begin anew what its process had begun beside it."""
        link = self._links.pop(pid, None)
        if not link:
            return
        error = self._reason(link, how)
        if error and link.heavy:
            self._remember(link)
        for connection in self._left_to(link):
            connection.answered_by, connection.asked = None, 0
            self._poll.modify(connection.socket.fileno(), select.EPOLLIN)
            connection.reader = Reader(self._constant, bytes(connection.reader.inbox))
            request = self._read(connection)
            if request:
                if connection.name == link.heavy:
                    connection.killed += not error
                    if error or connection.killed > 1:
                        refuse(request.environ, error or Busy(_KILLED))
                self._answer(connection, request)

    def _reason(self, link: Link, how: int | str | None) -> Exception | None:
        """Why a query was ended; None where a limit has not done it: it may be begun anew."""
        limits = self._limits
        if isinstance(how, str):
            return Busy(self._no_place)
        error = ended(how, time.monotonic() - link.began, limits.seconds, limits)
        return None if isinstance(error, Busy) else error


def environment(host: str, port: int, errors: Any) -> "WSGIEnvironment":  # noqa: ANN401
    """Return what is the same in the environment of all requests (PEP 3333)."""
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "SCRIPT_NAME": "",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
