"""The front's side of the query workers: one worker a thread, asked over a connection."""

import contextlib
import math
import os
import select
import signal
import socket
import threading
import time

from calcguide.errors import Busy, QueryTooHeavy, QueryTooSlow
from calcguide.query import store_process, wire
from calcguide.query.evaluate import Answer, Query
from calcguide.query.limits import Limits
from calcguide.query.places import Places

_LIGHT = 0.05
"""Seconds after which a query is no light one."""
_NICENESS = 10
"""Of a worker whose query is no light one."""
_GRACE = 0.1
"""Seconds past the deadline after which a worker that should be dead is given up."""
_RESTART = 1.0
"""Seconds that a front waits for a store process that is being started anew."""


class _KilledByOthersError(Busy):
    """A worker that neither a limit nor this server has ended."""


class Workers:
    """Evaluates queries in workers. Each thread that asks has a worker of its own."""

    def __init__(self, address: bytes | str, limits: Limits) -> None:
        self._address = address
        self._limits = limits
        self._own = threading.local()
        self._places = Places(limits.fast_queries)

    def evaluate(self, query: Query) -> Answer:
        """Return the complete result, or raise what `query.evaluate` raises.

        Also raises QueryTooSlow at the deadline, QueryTooHeavy where memory or nesting ended
        the worker, Busy where no slot for slow queries became free or no worker could be had.
        """
        try:
            return self._ask_worker(query)
        except _KilledByOthersError:
            return self._ask_worker(query)  # a query changes nothing: ask the next worker

    def _ask_worker(self, query: Query) -> Answer:
        with self._places.take(self._limits.wait):
            connection, pid = self._send(query)
            started = time.monotonic()
            light = _readable(connection, _LIGHT)
        try:
            if light or self._answered_fast(connection, pid):
                return self._received(connection)
            return self._in_slow_lane(connection, pid, started)
        except EOFError as error:
            self._drop()
            raise self._how_it_ended(pid, started) from error

    def _received(self, connection: socket.socket) -> Answer:
        """The answer. A worker that has stepped back cannot step forward: it is not used again."""
        reply = wire.receive(connection)
        if self._own.spent:
            self._drop()
        return _answer(reply)

    def _answered_fast(self, connection: socket.socket, pid: int) -> bool:
        """Wait as long as the fast lane allows; a worker that could not run has it twice.

        The query is no light one: it has left its place and steps back for those that are.
        """
        used, fast = _cpu_seconds(pid), self._limits.fast_seconds
        with contextlib.suppress(OSError):  # it may just have ended
            os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
        self._own.spent = True
        if _readable(connection, fast - _LIGHT):
            return True
        return _cpu_seconds(pid) - used < fast and _readable(connection, fast)

    def _send(self, query: Query) -> tuple[socket.socket, int]:
        """Hand the query to this thread's worker; to a new one where that is gone."""
        deadline = time.monotonic() + _RESTART
        while True:
            try:
                connection, pid = self._worker()
                wire.send(connection, query)
            except (OSError, EOFError) as error:
                self._drop()
                if time.monotonic() > deadline:
                    raise Busy("The query workers are being started anew.") from error
                time.sleep(0.02)
            else:
                return connection, pid

    def _worker(self) -> tuple[socket.socket, int]:
        kept: tuple[socket.socket, int] | None = getattr(self._own, "worker", None)
        if kept is not None and not _readable(kept[0], 0):  # readable while idle: it has ended
            return kept
        self._drop()
        connection = self._ask(store_process.WORKER)
        self._own.worker = connection, wire.receive(connection)
        self._own.spent = False
        return self._own.worker  # type: ignore[no-any-return]

    def _ask(self, what: str, pid: int = 0) -> socket.socket:
        """Begin a conversation with the store process; raises OSError where that is down."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self._address)
            wire.send(connection, (what, pid))
        except OSError:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        kept = getattr(self._own, "worker", None)
        if kept is not None:
            kept[0].close()
            self._own.worker = None

    def _in_slow_lane(self, connection: socket.socket, pid: int, started: float) -> Answer:
        """Wait for a slot, then for the answer. The worker is not used again: it stays niced."""
        try:
            with self._ask(store_process.SLOW, pid) as slot:
                verdict = _verdict(slot, connection)
                if verdict == store_process.NO_SLOT:
                    raise Busy(
                        "Too many slow queries are running, and no place became free within "
                        f"{self._limits.wait:g} s. Ask again in a few seconds, ask for less "
                        "(LIMIT, a narrower pattern), or take the whole dataset as a download."
                    )
                left = started + self._limits.seconds + _GRACE - time.monotonic()
                if not _readable(connection, max(0.0, left)):
                    raise self._too_slow(started)
                return _answer(wire.receive(connection))
        except OSError as error:
            raise Busy("The store process is being started anew. Ask again.") from error
        finally:
            self._drop()

    def _how_it_ended(self, pid: int, started: float) -> Exception:
        status = self._status(pid)
        number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
        if number == signal.SIGALRM or time.monotonic() - started >= self._limits.seconds:
            return self._too_slow(started)
        if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            return QueryTooHeavy(
                "The query needs more than it may have: "
                f"{self._limits.memory // 1_000_000} MB of memory, or nesting that deep. "
                "Ask for less (LIMIT, a narrower pattern), nest less, or take the whole dataset "
                "as a download."
            )
        return _KilledByOthersError("The worker that ran the query was ended. Ask again.")

    def _status(self, pid: int) -> int | None:
        try:
            with self._ask(store_process.ENDED, pid) as connection:
                connection.settimeout(_RESTART)
                return wire.receive(connection)  # type: ignore[no-any-return]
        except (OSError, EOFError):
            return None

    def _too_slow(self, started: float) -> QueryTooSlow:
        return QueryTooSlow(
            f"The query was ended after {time.monotonic() - started:.1f} s; the limit is "
            f"{self._limits.seconds:g} s. Ask for less: add a LIMIT, narrow the pattern so that "
            "its parts share variables, or take the whole dataset as a download."
        )


def _wait(*connections: socket.socket, seconds: float | None = None) -> set[int]:
    """Return the file descriptors that are readable within the time; poll knows no upper one."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    return {fd for fd, _ in poll.poll(None if seconds is None else 1000 * seconds)}


def _readable(connection: socket.socket, seconds: float) -> bool:
    return bool(_wait(connection, seconds=seconds))


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used (Linux, clock_getcpuclockid)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return math.inf


def _verdict(slot: socket.socket, connection: socket.socket) -> str | None:
    """What the store process says of the slot; None where the worker has answered already."""
    if slot.fileno() not in _wait(slot, connection):
        return None
    try:
        return str(wire.receive(slot))
    except EOFError:
        return None


def _answer(reply: object) -> Answer:
    if isinstance(reply, Exception):
        raise reply
    if not isinstance(reply, Answer):
        raise TypeError(f"a worker replied {reply!r}")
    return reply
