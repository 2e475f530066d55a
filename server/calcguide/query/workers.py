"""The front's side of the query workers: idle ones are kept, the last used is asked first."""

import contextlib
import math
import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any

from calcguide.errors import Busy, CalcguideError, QueryTooHeavy, QueryTooSlow
from calcguide.query import store_process, wire
from calcguide.query.evaluate import Answer, Query
from calcguide.query.limits import Limits
from calcguide.query.places import Places

_LIGHT = 0.05
"""Seconds after which a query is no light one."""
_NICENESS = 10
"""Of a worker whose query is no light one."""
_GROWTH = 32_000_000
"""Bytes by which a worker that is used again may have grown."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GRACE = 0.02
"""Seconds past the deadline after which a worker that should be dead is given up."""
_RESTART = 1.0
"""Seconds that a front waits for a store process that is being started anew."""


class _KilledByOthersError(Busy):
    """A worker that neither a limit nor this server has ended."""


class _Worker:
    """A query worker as a front knows it: the connection to it, its process id."""

    def __init__(self, connection: socket.socket) -> None:
        """Meet the worker at the other end; raises EOFError where that is gone."""
        self.connection = connection
        self.pid: int = wire.receive(connection)
        self._began_with = _resident_bytes(self.pid) if not self.is_refused else 0
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    @property
    def is_refused(self) -> bool:
        """Whether there is none: the store process has said so in its place."""
        return not isinstance(self.pid, int)

    @property
    def has_grown(self) -> bool:
        """Whether it holds much memory of its own, which it would not give back."""
        return _resident_bytes(self.pid) - self._began_with > _GROWTH

    def has_answered(self, seconds: float) -> bool:
        """Wait for an answer, or the end of the worker."""
        return bool(self._poll.poll(1000 * seconds))


class Workers:
    """Evaluates queries in workers.

    Idle workers are a stack: few are busy at a time, and those stay in the processor's caches.
    """

    def __init__(self, address: bytes | str, limits: Limits) -> None:
        self._address = address
        self._limits = limits
        self._idle: list[_Worker] = []
        self._places = Places(limits.fast_queries)

    def evaluate(self, query: Query) -> Answer:
        """Return the complete result, or raise what `query.evaluate` raises.

        Also raises QueryTooSlow at the deadline, QueryTooHeavy where memory or nesting ended
        the worker, Busy where no slot for slow queries became free or no worker could be had.
        """
        deadline = time.monotonic() + _RESTART
        while True:
            try:
                return self._ask_worker(query)
            except _KilledByOthersError:  # a query changes nothing: ask the next worker
                if time.monotonic() > deadline:
                    raise

    def run(self, errand: str, message: object) -> Any:  # noqa: ANN401 - what the errand answers
        """Return what an errand of the store process makes of a message, under its limits.

        Raises what the errand raises, QueryTooSlow at the deadline, QueryTooHeavy where memory or
        nesting ended it, Busy where another is being done.
        """
        worker, started = self._begin(errand), time.monotonic()
        with worker.connection:
            try:
                wire.send(worker.connection, message)
                reply = wire.receive(worker.connection)
            except (EOFError, OSError) as error:
                seconds = self._limits.validation_seconds
                raise self._how_it_ended(worker, started, seconds) from error
        if isinstance(reply, CalcguideError):
            raise reply
        return reply

    def _begin(self, errand: str) -> _Worker:
        """Return the process that does an errand; wait for its turn as long as for a place."""
        deadline = time.monotonic() + self._limits.wait
        while True:
            try:
                worker = _Worker(self._ask(errand))
            except (OSError, EOFError) as error:
                raise Busy("The store process is being started anew. Ask again.") from error
            if not worker.is_refused:
                return worker
            worker.connection.close()
            if time.monotonic() > deadline:
                raise Busy("Something else is being validated. Ask again in a few seconds.")
            time.sleep(0.05)

    def _ask_worker(self, query: Query) -> Answer:
        self._places.take(self._limits.wait)
        try:
            worker, started = self._send(query), time.monotonic()
            try:
                reply = wire.receive(worker.connection)
            except TimeoutError:
                pass
            except EOFError as error:
                raise self._how_it_ended(worker, started) from error
            else:
                self._idle.append(worker)
                return _answer(reply)
        finally:
            self._places.leave()
        return self._heavy_answer(worker, started)

    def _heavy_answer(self, worker: _Worker, started: float) -> Answer:
        """Wait on, outside of the place. The worker steps back.

        It is used again where it answers in the fast lane, has not grown, may step forward again
        (only who is privileged may: RLIMIT_NICE, getrlimit(2)), and not as many as ever answer at
        once are idle. A new one has to meet each page of the store.
        """
        try:
            if not self._answered_fast(worker):
                with worker.connection:
                    return self._in_slow_lane(worker, started)
            reply = wire.receive(worker.connection)
        except EOFError as error:
            raise self._how_it_ended(worker, started) from error
        is_wanted = len(self._idle) < self._limits.fast_queries and not worker.has_grown
        if is_wanted and _may_step_forward(worker.pid):
            self._idle.append(worker)
        else:
            worker.connection.close()
        return _answer(reply)

    def _answered_fast(self, worker: _Worker) -> bool:
        """Wait as long as the fast lane allows; a worker that could not run has it twice."""
        used, fast = _cpu_seconds(worker.pid), self._limits.fast_seconds
        with contextlib.suppress(OSError):  # it may just have ended
            os.setpriority(os.PRIO_PROCESS, worker.pid, _NICENESS)
        if worker.has_answered(fast - _LIGHT):
            return True
        return _cpu_seconds(worker.pid) - used < fast and worker.has_answered(fast)

    def _send(self, query: Query) -> _Worker:
        """Hand the query to an idle worker; to a new one where there is none."""
        deadline = time.monotonic() + _RESTART
        while True:
            try:
                worker = self._worker()
                wire.send(worker.connection, query.packed)
            except (OSError, EOFError) as error:  # an idle one may have ended
                if time.monotonic() > deadline:
                    raise Busy("The query workers are being started anew.") from error
                time.sleep(0.02)
            else:
                return worker

    def _worker(self) -> _Worker:
        try:
            return self._idle.pop()
        except IndexError:
            worker = _Worker(self._ask(store_process.WORKER))
            wire.limit(worker.connection, _LIGHT)
            return worker

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

    def _in_slow_lane(self, worker: _Worker, started: float) -> Answer:
        """Wait for a slot, then for the answer."""
        try:
            with self._ask(store_process.SLOW, worker.pid) as slot:
                verdict = _verdict(slot, worker.connection)
                if verdict == store_process.NO_SLOT:
                    raise Busy(
                        "Too many slow queries are running, and no place became free within "
                        f"{self._limits.wait:g} s. Ask again in a few seconds, ask for less "
                        "(LIMIT, a narrower pattern), or take the whole dataset as a download."
                    )
                left = started + self._limits.seconds + _GRACE - time.monotonic()
                if not worker.has_answered(max(0.0, left)):
                    raise self._too_slow(started, self._limits.seconds)
                return _answer(wire.receive(worker.connection))
        except OSError as error:
            raise Busy("The store process is being started anew. Ask again.") from error

    def _how_it_ended(
        self, worker: _Worker, started: float, seconds: float | None = None
    ) -> Exception:
        worker.connection.close()
        status = self._status(worker.pid)
        number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
        seconds = seconds or self._limits.seconds
        if number == signal.SIGALRM or time.monotonic() - started >= seconds:
            return self._too_slow(started, seconds)
        if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            return QueryTooHeavy(
                "This needs more than it may have: "
                f"{self._limits.memory // 1_000_000} MB of memory, or nesting that deep. "
                "Ask for less (LIMIT, a narrower pattern) or send less, nest less, or take the "
                "whole dataset as a download."
            )
        return _KilledByOthersError("The worker that ran the query was ended. Ask again.")

    def _status(self, pid: int) -> int | None:
        try:
            with self._ask(store_process.ENDED, pid) as connection:
                connection.settimeout(_RESTART)
                return wire.receive(connection)  # type: ignore[no-any-return]
        except (OSError, EOFError):
            return None

    def _too_slow(self, started: float, seconds: float) -> QueryTooSlow:
        return QueryTooSlow(
            f"This was ended after {time.monotonic() - started:.1f} s; the limit is "
            f"{seconds:g} s. Send less, or ask for less: add a LIMIT, narrow the "
            "pattern so that its parts share variables, or take the whole dataset as a download."
        )


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used (Linux, clock_getcpuclockid)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return math.inf


def _resident_bytes(pid: int) -> int:
    """Return how much of a process is in memory, 0 where it has ended (proc(5), statm)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    except OSError:
        return 0


def _may_step_forward(pid: int) -> bool:
    """Give a process the priority of this one; return whether that is allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0))
    except OSError:
        return False
    return True


def _verdict(slot: socket.socket, connection: socket.socket) -> str | None:
    """What the store process says of the slot; None where the worker has answered already."""
    poll = select.poll()
    poll.register(slot, select.POLLIN)
    poll.register(connection, select.POLLIN)
    if slot.fileno() not in dict(poll.poll()):
        return None
    try:
        return str(wire.receive(slot))
    except EOFError:
        return None


def _answer(reply: Any) -> Answer:  # noqa: ANN401 - what the worker has sent
    if isinstance(reply, CalcguideError):
        raise reply
    return Answer.unpacked(reply)
