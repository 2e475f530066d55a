"""The watch over a front's main thread: a request that is not light makes the front step down.

The engine knows neither a deadline nor a memory limit, and cannot be interrupted. So the process
that it keeps busy does nothing else any more, gets limits from the kernel, and may be killed.
"""

import contextlib
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from typing import Final

from calcguide.query import confine, wire
from calcguide.query.limits import Limits

HEAVY: Final = "heavy"
"""To the store process: this one has stepped down, and has one heavy request; and whether such a
one was not answered in the end before."""

_LIGHT: Final = 0.05
"""Seconds of the main thread after which a request is no light one."""
_STUCK: Final = 0.2
"""Seconds after which a request is no light one, even where it only waits."""
_LOOK: Final = 0.005
"""Seconds between two looks at the main thread."""
_LOOKS: Final = 100
"""Looks in vain after which there is none before the main thread does something."""
_NICENESS: Final = 10
"""Of the main thread from then on, in the fast lane."""


class Watch(threading.Thread):
    """A thread that watches the main thread, which made it."""

    def __init__(
        self,
        step_down: Callable[[float], None],
        hand_on: Callable[[], None],
        control: socket.socket,
        limits: Limits,
    ) -> None:
        """`step_down` is called with the moment when a request began that is not light.

        `hand_on` is called after that, once the request is limited.
        """
        super().__init__()
        self._step_down = step_down
        self._hand_on = hand_on
        self._control = control
        self._limits = limits
        self._main = threading.get_native_id()
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._lock = threading.Lock()
        self._number = 0
        """Of the last request that was begun."""
        self._is_busy = False
        self._is_late = False
        self._is_over = False
        self._is_asleep = False
        self._woken = threading.Event()

    def begin(self) -> None:
        """Say that the main thread begins to answer a request."""
        self._number += 1
        self._is_busy = True
        if self._is_asleep:
            self._is_asleep = False
            self._woken.set()

    def forestall(self) -> None:
        """Step down at once: the main thread begins to answer a request that is known as heavy."""
        with self._lock:
            self._is_late = self._is_over = True  # the thread looks no more
        self._make_way(time.monotonic(), is_known=True)

    def end(self) -> bool:
        """Say that it is answered; return whether the front has stepped down for it."""
        with self._lock:
            self._is_busy = False
        return self._is_late

    def stop(self) -> None:
        """End the watch, and wait for what it is doing."""
        self._is_over = True
        self._woken.set()
        self.join()

    def run(self) -> None:
        """Look at the main thread until it is late, or the watch is over.

        What fails here ends the process: its clients are cut off, and do not wait for ever.
        """
        try:
            self._look()
        except BaseException:  # noqa: BLE001 - see above
            traceback.print_exc()
            os._exit(1)

    def _look(self) -> None:
        number, began, used, idle = -1, 0.0, 0.0, 0
        while not self._is_over:
            if idle > _LOOKS:
                self._sleep()
                idle = 0
            time.sleep(_LOOK)
            if number != self._number or not self._is_busy:
                idle = 0 if number != self._number else idle + 1
                number, began, used = self._number, time.monotonic(), self._used()
            elif self._is_too_long(began, used):
                with self._lock:
                    is_met = self._is_busy and number == self._number and not self._is_late
                    self._is_late = self._is_late or is_met
                if is_met:
                    self._make_way(began, is_known=False)
                    return

    def _make_way(self, began: float, *, is_known: bool) -> None:
        """Step down for the request that began then, and limit it."""
        self._step_down(began)
        self._limit(began)
        wire.send(self._control, (HEAVY, is_known))
        self._hand_on()

    def _is_too_long(self, began: float, used: float) -> bool:
        """Whether the request is no light one, having begun and used so much then."""
        return self._used() - used > _LIGHT or time.monotonic() - began > _STUCK

    def _sleep(self) -> None:
        """Do not look before the main thread begins something."""
        self._is_asleep = True
        if not self._is_busy and not self._is_over:
            self._woken.wait()
        self._is_asleep = False
        self._woken.clear()

    def _used(self) -> float:
        """The seconds that the main thread has computed."""
        return time.clock_gettime(self._clock)

    def _limit(self, began: float) -> None:
        confine.name("query worker")
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._main, _NICENESS)
        left = self._limits.seconds - (time.monotonic() - began)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, left))
        confine.limit(self._limits.memory)
