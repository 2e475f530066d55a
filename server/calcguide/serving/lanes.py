"""The lanes of heavy queries: how many run at once, for how long, and who has to wait.

A heavy query has a process of its own. It begins in the fast lane; what has used up its time there
goes on in the slow lane, with the processor time that others leave. Where a lane has no place free,
the process is suspended until one is, and killed where that takes too long, or where more wait than
there are places.
"""

import contextlib
import math
import mmap
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator

from calcguide.query.limits import Limits


class _Lane:
    """Some places, who has them, and who waits for one until when."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.running: dict[int, tuple[float, float]] = {}
        """Process id -> the moment when it began here, and the CPU time it had used by then."""
        self.waiting: deque[tuple[float, int]] = deque()

    def leave(self, pid: int) -> None:
        self.running.pop(pid, None)
        self.waiting = deque(each for each in self.waiting if each[1] != pid)


class Lanes:
    """The two lanes. Processes are named by their ids."""

    def __init__(
        self,
        limits: Limits,
        send: Callable[[int, signal.Signals], None],
        refuse: Callable[[int], None],
    ) -> None:
        """`send` sends a signal, `refuse` ends a process for which no place became free."""
        self._limits = limits
        self._send = send
        self._refuse = refuse
        self._fast = _Lane(limits.fast_queries)
        self._slow = _Lane(limits.slow_queries)
        self._taken = memoryview(mmap.mmap(-1, 4)).cast("I")
        """How many places in the slow lane are taken or waited for, in memory that processes
        share."""

    def take_slow_place(self) -> bool:
        """Take a place in the slow lane if one is free, in any process that was forked here.

        It is held until one enters or leaves, who is counted then: likely the one that took it.
        """
        is_free = self._taken[0] < self._limits.slow_queries
        self._taken[0] += is_free
        return is_free

    def enter(self, pid: int, is_known: bool = False) -> None:
        """A process has met a heavy query, or one that is known as slow."""
        self._admit(pid, self._slow if is_known else self._fast)

    def leave(self, pid: int) -> None:
        """A process has answered it, or ended; it goes on if it was suspended just then."""
        self._send(pid, signal.SIGCONT)
        for lane in (self._fast, self._slow):
            lane.leave(pid)
        self.look()
        self._count()

    def until_next_look(self) -> float | None:
        """Return the seconds until `look` has something to do; None if not of itself."""
        moments = [lane.waiting[0][0] for lane in (self._fast, self._slow) if lane.waiting]
        moments += [self._next_look_at(pid) for pid in self._fast.running]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def look(self) -> None:
        """Let those go on whose turn it is; end those that have waited too long."""
        now = time.monotonic()
        for pid in [*self._late(now)]:
            del self._fast.running[pid]
            self._admit(pid, self._slow)
        for lane in (self._fast, self._slow):
            while lane.waiting and lane.waiting[0][0] <= now:
                self._refuse(lane.waiting.popleft()[1])
            while lane.waiting and len(lane.running) < lane.places:
                self._run(lane.waiting.popleft()[1], lane)

    def _admit(self, pid: int, lane: _Lane) -> None:
        if len(lane.running) < lane.places:
            self._run(pid, lane)
        else:
            self._send(pid, signal.SIGSTOP)
            lane.waiting.append((time.monotonic() + self._limits.wait, pid))
            if len(lane.waiting) > lane.places:  # the first would be refused soon in any case
                self._refuse(lane.waiting.popleft()[1])
        self._count()

    def _count(self) -> None:
        self._taken[0] = len(self._slow.running) + len(self._slow.waiting)

    def _run(self, pid: int, lane: _Lane) -> None:
        lane.running[pid] = time.monotonic(), _cpu_seconds(pid)
        if lane is self._slow:
            with contextlib.suppress(OSError):  # it may just have ended
                os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
        self._send(pid, signal.SIGCONT)

    def _next_look_at(self, pid: int) -> float:
        began, _ = self._fast.running[pid]
        fast = self._limits.fast_seconds
        return began + (fast if time.monotonic() < began + fast else 2 * fast)

    def _late(self, now: float) -> Iterator[int]:
        """Those in the fast lane whose time is over: twice as much where they could not run."""
        fast = self._limits.fast_seconds
        for pid, (began, used) in self._fast.running.items():
            took = now - began
            if took >= 2 * fast or (took >= fast and _cpu_seconds(pid) - used >= 0.9 * fast):
                yield pid


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used (Linux, clock_getcpuclockid)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return math.inf
