"""A front: one process that reads requests, answers them, and gives way where one is heavy.

Its main thread leads: it waits for all connections at once, and answers by itself what is prepared
and what evaluates a query (`is_led`); the rest is answered by other threads. While it evaluates, it
is watched. A query that is not light makes the front step down: it hands all its connections over
to a fresh front, its successor, keeps the one request, and becomes the worker of that. What it
answers goes to the successor, who has the connection. It may be killed then, at the deadline or for
its memory: the successor says so to the client, and answers anew what else it had begun.
"""

import collections
import contextlib
import errno
import itertools
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from calcguide.errors import Busy
from calcguide.query import confine, errands, wire
from calcguide.query.limits import Limits
from calcguide.serving import http
from calcguide.serving.http import Malformed, Reader, Request
from calcguide.views.problems import is_refused, refuse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# What a front and the store process say to each other.
LEAD: Final = "lead"
"""To a front: take a place among those that lead; with the link to the former leader, if any."""
LINK: Final = "link"
"""To a front that hands over: the link to its successor."""
ENDED: Final = "ended"
"""To a front, with a process id: how that ended. From a front: the question."""
DRAIN: Final = "drain"
"""To a front: end, once what was asked is answered."""
HAND_OVER: Final = "hand over"
SLOW: Final = "slow"
"""From a front: the query has used up its time in the fast lane."""
NO_PLACE: Final = "no place"
"""How a front has ended: no place for a slow query became free in time."""
IDLE: Final = "idle"
"""From a front: the query is answered, and another place may be taken."""

_LIGHT: Final = 0.03
"""Seconds of the main thread after which a request is no light one."""
_STUCK: Final = 0.2
"""Seconds after which a request is no light one, even where it only waits."""
_LOOK: Final = 0.01
"""Seconds between two looks at the main thread."""
_LOOKS: Final = 50
"""Looks at a thread that does nothing, until there is no look before it does something."""
_NICENESS: Final = 10
_GROWTH: Final = 32_000_000
"""Bytes by which a front that takes a place again may have grown."""
_THREADS: Final = 64
"""Requests that other threads answer at once."""
_AT_ONCE: Final = 65_536
"""Bytes that are read at once."""
_IDLE_SECONDS: Final = 75
"""Seconds that a connection may be without a request."""
_SLOWEST: Final = 30
"""Seconds that a request may take to come in, and an answer to go on going out."""
_LINGER: Final = 2
"""Seconds that a closing connection is read on, so that the client sees the answer (RFC 9112, 9.6)."""
_PAUSE: Final = 0.005
"""Seconds after which the leader looks what else has come in."""
_ACCEPTED: Final = 64
"""Connections that are accepted at once."""
_SWEEP: Final = 1.0
"""Seconds between two looks at what has waited too long."""
_BUSY: Final = (
    "Too many queries are running, and none could be begun in time. Ask again in a few seconds."
)
_CUT_OFF: Final = "The request ends before it is whole."
_TOO_LATE: Final = f"A request has {_SLOWEST} seconds to come in."


@dataclass(eq=False)
class _Connection:
    """A connection to a client."""

    socket: socket.socket
    reader: Reader
    name: str
    since: float
    """When it was last used."""
    outbox: memoryview = memoryview(b"")
    """Of an answer: what did not go out yet."""
    keeps: bool = True
    """Whether it stays after the answer."""
    answered_by: object = None
    """Who is to make the answer: _LEADER, _THREAD, a link; None where nothing whole was asked."""
    is_closing: bool = False
    asked: float = 0
    """When its request was whole; 0 where nothing was asked."""


@dataclass(eq=False)
class _Link:
    """To a front that has handed over, and is the worker of one request."""

    socket: socket.socket | None
    """None once the front has ended."""
    pid: int
    heavy: str
    """The name of the connection whose request made it give way."""
    began: float
    """When that request began, on the clock of the whole machine."""
    inbox: wire.Inbox = field(default_factory=wire.Inbox)


class _SteppedDownError(Exception):
    """The answer that was just made has been handed over, and all else as well."""


_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LEADER: Final = "leader"
_THREAD: Final = "thread"
_CONNECTION: Final = "connection"
_LINK: Final = "link to"


class Front:
    """One front process: a spare one, until it is told to lead."""

    def __init__(
        self,
        application: "WSGIApplication",
        is_led: Callable[["WSGIEnvironment"], bool],
        control: socket.socket,
        listeners: list[socket.socket],
        limits: Limits,
    ) -> None:
        """Make one for an application; `control` leads to the store process."""
        self._application = application
        self._is_led = is_led
        self._control = control
        self._listeners = listeners
        self._limits = limits
        host, port = listeners[0].getsockname()[:2]
        self._constant: WSGIEnvironment = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "SCRIPT_NAME": "",
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        self._pool = ThreadPoolExecutor(_THREADS)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._main = time.pthread_getcpuclockid(threading.get_ident())
        self._main_id = threading.get_native_id()
        self._prepare()

    def _prepare(self) -> None:
        """Be as a front that never led."""
        self._connections: dict[int, _Connection] = {}
        self._links: dict[int, _Link] = {}
        self._ended: dict[int, _Link] = {}
        """By process id: those whose end is not explained yet."""
        self._answers: collections.deque[tuple[_Connection, bytes, bool]] = collections.deque()
        """Made by other threads."""
        self._asked: list[tuple[_Connection, Request]] = []
        """What this thread is to answer."""
        self._under_way = 0
        """Requests that other threads answer."""
        self._is_evaluating = False
        self._number = 0
        self._heavy: _Connection | None = None
        """The connection whose request the main thread is answering."""
        self._has_stepped_down = False
        self._is_slow = False
        """Whether the request has used up its time in the fast lane."""
        self._is_asleep = False
        self._is_draining = False
        self._is_over = False
        self._stirred = threading.Event()
        self._linked = threading.Event()
        self._link: socket.socket | None = None
        self._sending = threading.Lock()

    def run(self) -> None:
        """Take a place whenever told to; return once it cannot take another."""
        while True:
            message, passed = wire.receive_passed(self._control)
            if message[0] == DRAIN:
                return
            if message[0] != LEAD:
                continue  # an answer that came too late
            self._prepare()
            confine.name("front")
            try:
                self._lead(self._listeners[message[1]], passed)
            except _SteppedDownError:
                if not self._is_fit_again():
                    self._end_in_peace()
                    return
                confine.name("spare front")
                wire.send(self._control, (IDLE,))
            else:
                self._end_in_peace()
                return

    # The loop of the leader

    def _lead(self, listener: socket.socket, passed: list[socket.socket]) -> None:
        """Answer until all is answered after `DRAIN`; raises _SteppedDownError."""
        self._poll = select.epoll()
        self._wake, self._woken = os.pipe2(os.O_NONBLOCK)
        self._listener = listener
        self._handlers: dict[int, Callable[[int], None]] = {
            listener.fileno(): self._accept,
            self._control.fileno(): self._hear,
            self._wake: self._take_answers,
        }
        for fileno in self._handlers:
            self._poll.register(fileno, select.EPOLLIN)
        self._now = time.monotonic()
        self._sweep()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        if passed:
            self._take_over(passed[0])
        handlers = self._handlers
        try:
            while not (self._is_draining and not self._connections):
                for fileno, event in self._poll.poll(0 if self._asked else _SWEEP):
                    handler = handlers.get(fileno)
                    if handler:
                        handler(event)
                self._answer_some()
                if self._now - self._swept >= _SWEEP:
                    self._sweep()
        finally:
            self._is_over = True
            self._stirred.set()
            self._watcher.join()
            self._poll.close()
            os.close(self._wake)
            os.close(self._woken)

    def _answer_some(self) -> None:
        """Answer what was asked, the last first: under a burst, early comers time out anyway.

        After a request that took a while, look first what else has come in.
        """
        started = self._now = time.monotonic()
        while self._asked:
            connection, request = self._asked.pop()
            if self._is_late(connection, request):
                refuse(request.environ, Busy(_BUSY))
            self._lead_to_answer(connection, request)
            self._now = time.monotonic()
            if self._now - started > _PAUSE:
                return

    def _is_late(self, connection: _Connection, request: Request) -> bool:
        waited = self._now - connection.asked
        return waited > self._limits.wait and not is_refused(request.environ)

    def _accept(self, _: int) -> None:
        for _ in range(_ACCEPTED):
            try:
                connection, _address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._make_room()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            name = f"{os.getpid()}/{next(self._numbers)}"
            self._adopt(_Connection(connection, Reader(self._constant), name, self._now))

    def _adopt(self, connection: _Connection) -> None:
        connection.socket.setblocking(False)
        fileno = connection.socket.fileno()
        self._connections[fileno] = connection
        self._handlers[fileno] = lambda event: self._serve(connection, event)
        self._poll.register(fileno, _interest(connection))

    def _make_room(self) -> None:
        """No more connections may be open: close the one that has waited longest for a request."""
        idle = [each for each in self._connections.values() if _is_idle(each)]
        if idle:
            self._close(min(idle, key=lambda each: each.since))
        else:
            time.sleep(_LOOK)

    def _serve(self, connection: _Connection, event: int) -> None:
        """Read what has come in and answer it; or go on with the answer."""
        if connection.outbox:
            self._flush(connection)
            return
        if connection.answered_by is _LEADER:
            return  # one request after the other
        if connection.answered_by:  # only an error or the end is told here
            self._close(connection)
            return
        try:
            content = connection.socket.recv(_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            self._close(connection)
            return
        if connection.is_closing:
            if not content:
                self._close(connection)
            return
        if not content:
            self._cut_off(connection)
            return
        if not connection.reader.inbox:
            connection.since = self._now
        connection.reader.feed(content)
        self._proceed(connection)

    def _cut_off(self, connection: _Connection) -> None:
        """The client sends no more: what it sent in part is refused."""
        if connection.reader.inbox:
            self._refuse(connection, Malformed(HTTPStatus.BAD_REQUEST, _CUT_OFF))
        else:
            self._close(connection)

    def _refuse(self, connection: _Connection, error: Malformed) -> None:
        self._answer(connection, http.refused(self._constant, error.refusal))

    def _proceed(self, connection: _Connection) -> None:
        """Answer the requests that are whole, one after the other."""
        while not (connection.outbox or connection.answered_by or connection.is_closing):
            if not connection.reader.inbox:
                if self._is_draining:
                    self._close(connection)
                return
            try:
                request = connection.reader.request()
            except Malformed as error:
                self._refuse(connection, error)
                return
            if request is None:
                if connection.reader.expects:
                    connection.reader.has_told = True
                    with contextlib.suppress(OSError):
                        connection.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self._answer(connection, request)

    def _answer(self, connection: _Connection, request: Request) -> None:
        """See to it that a request is answered: soon by this thread, or by another one."""
        connection.asked = connection.asked or self._now
        if self._is_draining:
            request = request._replace(keeps=False)
        if self._is_led(request.environ):
            connection.answered_by = _LEADER
            self._asked.append((connection, request))
            return
        connection.answered_by = _THREAD
        self._poll.modify(connection.socket.fileno(), 0)
        self._under_way += 1
        self._pool.submit(self._answer_elsewhere, connection, request)

    def _lead_to_answer(self, connection: _Connection, request: Request) -> None:
        """Answer a request in this thread; raises _SteppedDownError where it was a heavy one."""
        self._heavy = connection
        self._number += 1
        self._is_evaluating = True
        if self._is_asleep:
            self._is_asleep = False
            self._stirred.set()
        content, keeps = self._made(request)
        with self._lock:
            self._is_evaluating = False
        if self._has_stepped_down:
            self._deliver(connection, content, keeps)
            raise _SteppedDownError
        if connection.socket.fileno() >= 0:
            self._send(connection, content, keeps)
            self._proceed(connection)

    def _made(self, request: Request) -> tuple[bytes, bool]:
        try:
            return http.answer(self._application, request)
        except MemoryError:
            os.abort()
        except Exception:  # noqa: BLE001 - a fault of ours harms this one request
            refusal = HTTPStatus.INTERNAL_SERVER_ERROR, "This is a fault of the server."
            failed = http.refused(self._constant, refusal)
            traceback.print_exc()
            return http.answer(self._application, failed)

    def _answer_elsewhere(self, connection: _Connection, request: Request) -> None:
        """In another thread: make an answer, and have the leader send it."""
        content, keeps = self._made(request)
        with self._lock:
            self._under_way -= 1
            has_stepped_down = self._has_stepped_down
            if not has_stepped_down:
                self._answers.append((connection, content, keeps))
                with contextlib.suppress(BlockingIOError):
                    os.write(self._woken, b"!")
        if has_stepped_down:
            self._deliver(connection, content, keeps)

    def _take_answers(self, _: int) -> None:
        os.read(self._wake, _AT_ONCE)
        while self._answers:
            connection, content, keeps = self._answers.popleft()
            self._send_if_there(connection, content, keeps)

    def _send_if_there(self, connection: _Connection, content: bytes, keeps: bool) -> None:
        if connection.socket.fileno() < 0:  # the client has gone
            return
        self._poll.modify(connection.socket.fileno(), select.EPOLLIN)
        self._send(connection, content, keeps)
        self._proceed(connection)

    def _send(self, connection: _Connection, content: bytes, keeps: bool) -> None:
        connection.reader.drop()
        connection.answered_by, connection.asked = None, 0
        connection.keeps = keeps
        try:
            sent = connection.socket.send(content)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close(connection)
            return
        connection.since = self._now
        if sent < len(content):
            connection.outbox = memoryview(content)[sent:]
            self._poll.modify(connection.socket.fileno(), select.EPOLLOUT)
        elif not keeps:
            self._linger(connection)

    def _flush(self, connection: _Connection) -> None:
        try:
            sent = connection.socket.send(connection.outbox)
        except BlockingIOError:
            return
        except OSError:
            self._close(connection)
            return
        connection.since = self._now
        connection.outbox = connection.outbox[sent:]
        if connection.outbox:
            return
        self._poll.modify(connection.socket.fileno(), select.EPOLLIN)
        if connection.keeps:
            self._proceed(connection)
        else:
            self._linger(connection)

    def _linger(self, connection: _Connection) -> None:
        """Say that no more comes, and close once the client has seen that."""
        connection.is_closing = True
        connection.reader.inbox = b""
        with contextlib.suppress(OSError):
            connection.socket.shutdown(socket.SHUT_WR)

    def _close(self, connection: _Connection) -> None:
        fileno = connection.socket.fileno()
        if fileno >= 0:
            del self._connections[fileno], self._handlers[fileno]
            connection.socket.close()

    def _sweep(self) -> None:
        """Close what has waited too long; tell a client that its request took too long."""
        self._swept = self._now
        self._resident = _resident_bytes()
        for connection in [*self._connections.values()]:
            waited = self._now - connection.since
            if connection.is_closing:
                if waited > _LINGER:
                    self._close(connection)
            elif connection.answered_by:
                continue
            elif connection.outbox:
                if waited > _SLOWEST:
                    self._close(connection)
            elif connection.reader.inbox:
                if waited > _SLOWEST:
                    self._refuse(connection, Malformed(HTTPStatus.REQUEST_TIMEOUT, _TOO_LATE))
            elif waited > _IDLE_SECONDS or self._is_draining:
                self._close(connection)

    def _hear(self, _: int) -> None:
        """Do what the store process says."""
        try:
            message, _passed = wire.receive_passed(self._control)
        except EOFError:
            os._exit(1)
        if message[0] == DRAIN:
            self._is_draining = True
            self._poll.unregister(self._listener)
            del self._handlers[self._listener.fileno()]
            self._listener.close()
            self._sweep()
        elif message[0] == ENDED:
            link = self._ended.pop(message[1], None)
            if link:
                self._explain(link, message[2])

    # What a former leader still answers

    def _take_over(self, channel: socket.socket) -> None:
        """Take all that a leader has that steps down, and the link to it."""
        links: dict[int, _Link] = {}
        taken: list[tuple[_Connection, int]] = []
        with contextlib.suppress(EOFError):
            while True:
                (what, *message), passed = wire.receive_passed(channel)
                if what == _CONNECTION:
                    name, inbox, outbox, keeps, is_closing, asked, owner = message
                    connection = _Connection(
                        passed[0], Reader(self._constant, inbox), name, self._now
                    )
                    connection.outbox, connection.keeps = memoryview(outbox), keeps
                    connection.is_closing, connection.asked = is_closing, asked
                    taken.append((connection, owner))
                    continue
                pid, heavy, began, inbox, is_last = message
                own = channel if is_last else passed[0] if passed else None
                links[pid] = _Link(own, pid, heavy, began, wire.Inbox(inbox))
                if is_last:
                    break
        for connection, owner in taken:
            connection.answered_by = links.get(owner)
            if connection.answered_by:
                connection.reader.request()  # so that it knows what to drop once that is answered
            self._adopt(connection)
        for link in links.values():
            self._heed(link)
        for connection, _ in taken:
            self._proceed(connection)

    def _heed(self, link: _Link) -> None:
        if link.socket is None:
            self._ended[link.pid] = link
            wire.send(self._control, (ENDED, link.pid))
            return
        link.socket.setblocking(False)
        self._links[link.socket.fileno()] = link
        self._handlers[link.socket.fileno()] = lambda _: self._relay(link)
        self._poll.register(link.socket, select.EPOLLIN)

    def _relay(self, link: _Link) -> None:
        """Send what a former leader has answered; where it has ended, ask how."""
        assert link.socket
        try:
            content = link.socket.recv(_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            content = b""
        link.inbox.content += content
        for name, answer, keeps in link.inbox.messages():
            for connection in [*self._connections.values()]:
                if connection.name == name and connection.answered_by is link:
                    self._send_if_there(connection, answer, keeps)
        if not content:
            del self._links[link.socket.fileno()], self._handlers[link.socket.fileno()]
            link.socket.close()
            link.socket = None
            if self._of(link):
                self._heed(link)

    def _of(self, link: _Link) -> list[_Connection]:
        return [each for each in self._connections.values() if each.answered_by is link]

    def _explain(self, link: _Link, how: int | str | None) -> None:
        """Say why a query was ended; begin anew what its process had begun beside it."""
        for connection in self._of(link):
            connection.answered_by = None
            connection.asked = 0
            self._poll.modify(connection.socket.fileno(), select.EPOLLIN)
            connection.reader = Reader(self._constant, bytes(connection.reader.inbox))
            error = self._why(link, how) if connection.name == link.heavy else None
            if error:
                request = connection.reader.request()
                assert request
                refuse(request.environ, error)
                self._answer(connection, request)
            self._proceed(connection)

    def _why(self, link: _Link, how: int | str | None) -> Exception | None:
        limits = self._limits
        took = time.monotonic() - link.began
        if how == NO_PLACE:
            return Busy(
                "Too many slow queries are running, and no place became free within "
                f"{limits.wait:g} s. Ask again in a few seconds, ask for less (LIMIT, a narrower "
                "pattern), or take the whole dataset as a download."
            )
        error = errands.ended(how, took, limits.seconds, limits)
        return None if isinstance(error, Busy) else error  # a query changes nothing: begin anew

    # The watch, a thread of its own, and how to step down

    def _watch(self) -> None:
        """Look whether the main thread is with one request for too long; then step down for it."""
        number, began, used, idle = -1, 0.0, 0.0, 0
        while not self._is_over:
            if idle > _LOOKS:
                self._is_asleep = True
                if not self._is_evaluating:
                    self._stirred.wait()
                self._is_asleep = False
                self._stirred.clear()
                idle = 0
            time.sleep(_LOOK)
            if number != self._number or not self._is_evaluating:
                idle = idle + 1 if number == self._number else 0
                number, began = self._number, time.monotonic()
                used = time.clock_gettime(self._main)
            elif (
                time.clock_gettime(self._main) - used > _LIGHT or time.monotonic() - began > _STUCK
            ):
                with self._lock:
                    if not self._is_evaluating or number != self._number:
                        continue
                    self._has_stepped_down = True
                self._step_down(began, used)
                return

    def _step_down(self, began: float, used: float) -> None:
        """Hand everything over but the request that the main thread is with, under its limits."""
        self._link = self._hand_over(began)
        self._linked.set()
        confine.name("query worker")
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._main_id, _NICENESS)
        left = self._limits.seconds - (time.monotonic() - began)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, left))
        confine.limit(self._limits.memory)
        fast = self._limits.fast_seconds
        while self._is_evaluating:
            took = time.monotonic() - began
            could_run = time.clock_gettime(self._main) - used >= fast
            if took >= 2 * fast or (took >= fast and could_run):
                self._is_slow = True
                wire.send(self._control, (SLOW,))
                return
            time.sleep(_LOOK)

    def _hand_over(self, began: float) -> socket.socket:
        """Pass all connections and links on; return the link to who has them now."""
        assert self._heavy
        wire.send(self._control, (HAND_OVER,))
        while True:  # what else is said now, the successor hears of
            message, passed = wire.receive_passed(self._control)
            if message[0] == LINK:
                break
        successor = passed[0]
        with contextlib.suppress(OSError):
            for link in [*self._links.values(), *self._ended.values()]:
                message = link.pid, link.heavy, link.began, bytes(link.inbox.content), False
                wire.send(successor, (_LINK, *message), [link.socket] if link.socket else [])
                if link.socket:
                    link.socket.close()
            for connection in self._connections.values():
                wire.send(successor, _state(connection, self._heavy), [connection.socket])
                connection.socket.close()
            wire.send(successor, (_LINK, os.getpid(), self._heavy.name, began, b"", True))
        return successor

    def _deliver(self, connection: _Connection, content: bytes, keeps: bool) -> None:
        """Have the successor send an answer."""
        self._linked.wait()
        assert self._link
        with self._sending, contextlib.suppress(OSError):
            wire.send(self._link, (connection.name, content, keeps))

    def _is_fit_again(self) -> bool:
        """Come back from a heavy request; return whether this process may take a place again."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        confine.lift()
        while self._under_way:
            time.sleep(_LOOK)
        assert self._link
        with self._sending:
            self._link.close()
        has_grown = _resident_bytes() - self._resident > _GROWTH
        return not self._is_slow and not has_grown and self._may_step_forward()

    def _may_step_forward(self) -> bool:
        """Have the priority of the other threads again; return whether that is allowed."""
        try:
            os.setpriority(
                os.PRIO_PROCESS,
                self._main_id,
                os.getpriority(os.PRIO_PROCESS, self._watcher.native_id or 0),
            )
        except OSError:
            return False
        return True

    def _end_in_peace(self) -> None:
        """Wait for what other threads have begun, such as a line of the log."""
        self._pool.shutdown()
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()


def _state(connection: _Connection, heavy: _Connection) -> tuple[Any, ...]:
    """Return a connection as values that `marshal` knows."""
    owner = None
    if isinstance(connection.answered_by, _Link):
        owner = connection.answered_by.pid
    elif connection.answered_by is _THREAD or connection is heavy:
        owner = os.getpid()
    inbox, outbox = bytes(connection.reader.inbox), bytes(connection.outbox)
    return (
        _CONNECTION, connection.name, inbox, outbox, connection.keeps, connection.is_closing,
        connection.asked, owner,
    )  # fmt: skip


def _interest(connection: _Connection) -> int:
    """What of a connection is waited for."""
    if connection.answered_by:  # errors are told in any case
        return 0
    return select.EPOLLOUT if connection.outbox else select.EPOLLIN


def _is_idle(connection: _Connection) -> bool:
    return not (connection.reader.inbox or connection.outbox or connection.answered_by)


def _resident_bytes() -> int:
    """Return how much of this process is in memory (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE
