"""The clients of a front: their connections, what comes in and what goes out."""

import contextlib
import errno
import functools
import itertools
import os
import resource
import select
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from calcguide.serving import http
from calcguide.serving.connection import LEADER, Connection
from calcguide.serving.http import Malformed, Reader, Request
from calcguide.serving.places import Place

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_AT_ONCE: Final = 65_536
"""Bytes that are read at once."""
_ACCEPTED: Final = 64
"""Connections that are accepted at once."""
_OTHER_FILES: Final = 64
"""Files that a front may have open beside its connections."""
_FEWEST: Final = 8
"""Connections that it has in any case."""
_IDLE_SECONDS: Final = 75
"""Seconds that a connection may be without a request."""
_SLOWEST: Final = 30
"""Seconds that a request has to come in, and an answer to go on going out."""
_MOST_UNSENT: Final = 1 << 27
"""Bytes of answers that clients have not taken yet, in one front."""
_LINGER: Final = 2
"""Seconds that a connection is read on after the last answer, so that the client sees that answer
(RFC 9112, section 9.6)."""
_FULL: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BREATH: Final = 0.01

_CUT_OFF: Final = HTTPStatus.BAD_REQUEST, "The request ends before it is whole."
_TOO_LATE: Final = HTTPStatus.REQUEST_TIMEOUT, f"A request has {_SLOWEST} seconds to come in."


class Clients(ABC):
    """Connections, on which requests are read and answers sent; who answers is a subclass's."""

    def __init__(self, constant: "WSGIEnvironment") -> None:
        """`constant` is the part of the environment that all requests share."""
        self._constant = constant
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = max(_FEWEST, files - _OTHER_FILES)
        self._names = map(f"{os.getpid()}/{{}}".format, itertools.count())

    def _meet(self, place: Place) -> None:
        """Begin without a connection; the caller closes `_poll`."""
        self._place = place
        place.connections = 0  # who led here before may have ended without a word
        self._connections: dict[int, Connection] = {}
        self._unsent: dict[int, Connection] = {}
        """Those connections that have something in their outbox."""
        self._handlers: dict[int, Callable[[], None]] = {}
        """File descriptor -> what to do when something happens there."""
        self._poll = select.epoll()
        self._is_draining = False
        self._now = time.monotonic()
        self._listen_to(place.listener.fileno(), self._accept)
        self._listen_to(place.arriving.fileno(), self._take)

    def _listen_to(self, fileno: int, handler: Callable[[], None]) -> None:
        self._handlers[fileno] = handler
        self._poll.register(fileno, select.EPOLLIN)

    @abstractmethod
    def _answer(self, connection: Connection, request: Request) -> None:
        """See to it that a request is answered, by `_send` in the end."""

    def _accept(self) -> None:
        for _ in range(_ACCEPTED):
            try:
                connection, _address = self._place.listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _FULL:
                    self._make_room()
                return
            if not self._place.give(connection):
                self._welcome(connection)

    def _take(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(_ACCEPTED):
                self._welcome(self._place.take())

    def _welcome(self, connection: socket.socket) -> None:
        if len(self._connections) >= self._most:
            self._make_room()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(self._constant)
        self._adopt(Connection(connection, reader, next(self._names), self._now))

    def _make_room(self) -> None:
        """No more connections may be open: close the one that has waited longest for a request."""
        idle = [each for each in self._connections.values() if each.is_idle]
        if idle:
            self._close(min(idle, key=lambda each: each.since))
        else:
            time.sleep(_BREATH)

    def _adopt(self, connection: Connection) -> None:
        connection.socket.setblocking(False)
        fileno = connection.socket.fileno()
        self._connections[fileno] = connection
        self._handlers[fileno] = functools.partial(self._serve, connection)
        self._poll.register(fileno, connection.interest)
        self._place.connections = len(self._connections)
        if connection.outbox:
            self._unsent[fileno] = connection

    def _close(self, connection: Connection) -> None:
        fileno = connection.socket.fileno()
        if fileno >= 0:
            del self._connections[fileno], self._handlers[fileno]
            self._unsent.pop(fileno, None)
            connection.socket.close()
            self._place.connections = len(self._connections)

    def _serve(self, connection: Connection) -> None:
        """Go on with an answer, or with what comes in."""
        if connection.outbox:
            self._flush(connection)
        elif connection.answered_by == LEADER:
            return  # one request after the other
        elif connection.answered_by:  # only the end is told of such a one
            self._probe(connection)
        else:
            self._receive(connection)

    def _probe(self, connection: Connection) -> None:
        """Close a connection whose client has left before its answer.

        One that sends no more may read on. An answer 100 changes nothing for that one; where
        nobody reads any more, the system of the client says so.
        """
        fileno = connection.socket.fileno()
        try:
            if connection.is_probed:
                raise ConnectionResetError
            connection.is_probed = True
            self._poll.modify(fileno, 0)
            if connection.reader.knows_interim:
                connection.socket.send(http.CONTINUE)
        except OSError:
            self._close(connection)

    def _receive(self, connection: Connection) -> None:
        try:
            content = connection.socket.recv(_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            self._close(connection)
            return
        if not content and connection.reader.inbox:
            self._answer(connection, http.refused(self._constant, _CUT_OFF))
        elif not content:
            self._close(connection)
        elif not connection.is_closing:
            if not connection.reader.inbox:
                connection.since = self._now
            connection.reader.feed(content)
            self._proceed(connection)

    def _proceed(self, connection: Connection) -> None:
        """Have the next request answered, if it is whole and the last one is answered."""
        if connection.answered_by or connection.outbox or connection.is_closing:
            return
        if not connection.reader.inbox:
            if self._is_draining:
                self._close(connection)
            return
        request = self._read(connection)
        if request:
            self._answer(connection, request)
        elif connection.reader.expects:
            connection.reader.has_told = True
            with contextlib.suppress(OSError):
                connection.socket.send(http.CONTINUE)

    def _read(self, connection: Connection) -> Request | None:
        """Return the next request if it is whole."""
        try:
            return connection.reader.request()
        except Malformed as error:
            return http.refused(self._constant, error.refusal)

    def _sweep(self) -> None:
        """Close what has waited too long; tell a client that its request took too long."""
        for connection in [*self._connections.values()]:
            waited = self._now - connection.since
            if connection.answered_by:
                continue
            if not connection.is_idle and not connection.outbox and waited > _SLOWEST:
                self._answer(connection, http.refused(self._constant, _TOO_LATE))
            elif waited > self._patience(connection):
                self._close(connection)

    def _patience(self, connection: Connection) -> float:
        """The seconds that a connection may be without use."""
        if connection.is_closing:
            return _LINGER
        if connection.is_idle:
            return 0 if self._is_draining else _IDLE_SECONDS
        return _SLOWEST

    def _send(self, connection: Connection, content: bytes, keeps: bool) -> None:
        connection.reader.drop()
        connection.answered_by, connection.asked, connection.killed = None, 0, 0
        connection.keeps, connection.since, connection.is_probed = keeps, self._now, False
        try:
            sent = connection.socket.send(content)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close(connection)
            return
        if sent < len(content):
            self._hold(connection, memoryview(content[sent:]))
        else:
            self._go_on(connection)

    def _hold(self, connection: Connection, content: memoryview) -> None:
        """Send the rest as the client takes it.

        Where clients leave too much, give up those that have taken nothing for longest.
        """
        fileno = connection.socket.fileno()
        connection.outbox = content
        self._unsent[fileno] = connection
        self._poll.modify(fileno, select.EPOLLOUT)
        while sum(len(each.outbox) for each in self._unsent.values()) > _MOST_UNSENT:
            self._close(min(self._unsent.values(), key=lambda each: each.since))

    def _flush(self, connection: Connection) -> None:
        try:
            sent = connection.socket.send(connection.outbox)
        except BlockingIOError:
            return
        except OSError:
            self._close(connection)
            return
        connection.since = self._now
        connection.outbox = connection.outbox[sent:]
        if not connection.outbox:
            del self._unsent[connection.socket.fileno()]
            self._poll.modify(connection.socket.fileno(), select.EPOLLIN)
            self._go_on(connection)

    def _go_on(self, connection: Connection) -> None:
        """After an answer: the next request, or say that no more comes."""
        if connection.keeps:
            self._proceed(connection)
            return
        connection.is_closing = True
        connection.reader.inbox = b""
        with contextlib.suppress(OSError):
            connection.socket.shutdown(socket.SHUT_WR)
