"""The store process: single-threaded, holds the loaded store, forks and ends query workers.

Fronts reach it over one listening socket. What they ask first decides what a connection is:

- `WORKER`: a worker is forked that answers queries on this connection.
- `SLOW`, a worker's process id: the worker has used up its time in the fast lane. It goes on,
  niced, once one of the slow slots is free, and until the connection is closed; it is suspended
  while it waits, and killed where none becomes free in time.
- `ENDED`, a worker's process id: how it ended, as `os.waitpid` has it.
- the name of an errand: a process is forked that does it once; one at a time in the whole server,
  a second is told `BUSY`.
"""

import contextlib
import os
import selectors
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Mapping
from typing import Final

from calcguide.dataset import Dataset
from calcguide.query import wire, worker
from calcguide.query.limits import Limits

WORKER: Final = "worker"
SLOW: Final = "slow"
ENDED: Final = "ended"
GRANTED: Final = "granted"
NO_SLOT: Final = "no slot"
BUSY: Final = "busy"

_ENDED_KEPT: Final = 256
_NICENESS: Final = 15
"""Of a worker in the slow lane; in the fast lane it is lower."""
_CREDENTIALS: Final = struct.Struct("3i")


def listen() -> socket.socket:
    """Return a listening socket that only processes of this user are answered on."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("")  # an abstract address of the kernel's choice: no file to leave behind
    listener.listen(1024)
    return listener


class StoreProcess:
    """The loop of the store process."""

    def __init__(
        self,
        listener: socket.socket,
        dataset: Dataset,
        limits: Limits,
        errands: Mapping[str, worker.Errand] | None = None,
    ) -> None:
        self._errands = errands or {}
        self._errand = 0
        """The process id of the last errand."""
        self._listener = listener
        self._dataset = dataset
        self._limits = limits
        self._selector = selectors.DefaultSelector()
        self._workers: set[int] = set()
        self._ended: dict[int, int] = {}
        self._running: dict[socket.socket, int] = {}
        self._waiting: deque[tuple[float, socket.socket, int]] = deque()

    def run(self) -> None:
        """Serve for ever."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        while True:
            for key, _ in self._selector.select(self._until_next_expiry()):
                key.data(key.fileobj)
            self._reap()
            self._expire()

    def _until_next_expiry(self) -> float | None:
        if not self._waiting:
            return None
        return max(0.0, self._waiting[0][0] - time.monotonic())

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        connection.settimeout(1)
        if _user(connection) != os.getuid():
            connection.close()
            return
        try:
            request = wire.receive(connection)
        except (EOFError, OSError):
            connection.close()
            return
        self._serve(connection, *request)

    def _serve(self, connection: socket.socket, what: str, pid: int = 0) -> None:
        if what == WORKER:
            self._fork(connection)
        elif what == SLOW:
            self._slow(connection, pid)
        elif what in self._errands:
            self._do(connection, self._errands[what])
        else:
            self._tell_how_it_ended(connection, pid)

    def _tell_how_it_ended(self, connection: socket.socket, pid: int) -> None:
        """Answer with the wait status. The front has seen the worker's connection close."""
        if pid in self._workers:
            self._note(*os.waitpid(pid, 0))
        _tell(connection, self._ended.pop(pid, None))
        connection.close()

    def _do(self, connection: socket.socket, errand: worker.Errand) -> None:
        self._reap()
        if self._errand in self._workers:
            _tell(connection, BUSY)
            connection.close()
        else:
            self._errand = self._fork(connection, errand)

    def _fork(self, connection: socket.socket, errand: worker.Errand | None = None) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            connection.settimeout(None)
            self._close_what_is_the_parents(connection)
            _ = self._dataset.store  # one on disk is opened here: a worker may open no file
            if errand:
                worker.run_errand(connection, self._dataset, self._limits, parent, errand)
            worker.run(connection, self._dataset, self._limits, parent)
        self._workers.add(pid)
        connection.close()
        return pid

    def _close_what_is_the_parents(self, kept: socket.socket) -> None:
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not kept and isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        for _, waiting, _ in self._waiting:
            waiting.close()
        self._selector.close()

    def _slow(self, connection: socket.socket, pid: int) -> None:
        if pid not in self._workers:
            connection.close()
            return
        if len(self._running) < self._limits.slow_queries:
            self._grant(connection, pid)
        else:
            self._signal(pid, signal.SIGSTOP)
            self._waiting.append((time.monotonic() + self._limits.wait, connection, pid))

    def _grant(self, connection: socket.socket, pid: int) -> None:
        self._running[connection] = pid
        if pid in self._workers:
            os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
        self._signal(pid, signal.SIGCONT)
        self._selector.register(connection, selectors.EVENT_READ, self._release)
        _tell(connection, GRANTED)

    def _release(self, connection: socket.socket) -> None:
        """The front has closed the connection: its query is answered, or it is gone itself."""
        self._selector.unregister(connection)
        connection.close()
        self._signal(self._running.pop(connection), signal.SIGKILL)
        while self._waiting and len(self._running) < self._limits.slow_queries:
            _, waiting, pid = self._waiting.popleft()
            self._grant(waiting, pid)

    def _expire(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, connection, pid = self._waiting.popleft()
            self._signal(pid, signal.SIGKILL)
            _tell(connection, NO_SLOT)
            connection.close()

    def _signal(self, pid: int, number: signal.Signals) -> None:
        """Signal a worker, if it has not been reaped: until then the id is its own."""
        if pid in self._workers:
            os.kill(pid, number)

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        self._workers.discard(pid)
        self._ended[pid] = status
        while len(self._ended) > _ENDED_KEPT:
            self._ended.pop(next(iter(self._ended)))


def _user(connection: socket.socket) -> int:
    """The user id of the process at the other end."""
    content = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(content)[1])


def _tell(connection: socket.socket, message: object) -> None:
    with contextlib.suppress(OSError):
        wire.send(connection, message)
