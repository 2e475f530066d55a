"""A number of places, given to the last that came: under a burst, early comers time out anyway."""

import threading

from calcguide.errors import Busy


class Places:
    """Places for threads. Who finds none free waits, and the newest is served first.

    So an overload is shed by a few that wait in vain, and does not slow down everyone after it.
    Each query takes a place and leaves it: bare locks, since those cost least.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._lock = threading.Lock()
        self._waiting: list[threading.Lock] = []

    def take(self, seconds: float) -> None:
        """Take a place; raises Busy where none becomes free within the time."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if not turn.acquire(timeout=seconds) and self._give_up(turn):
            raise Busy(
                f"Too many queries are running, and no place became free within {seconds:g} s. "
                "Ask again in a few seconds."
            )

    def leave(self) -> None:
        """Give the place that was taken to who waits for it."""
        with self._lock:
            if self._waiting:
                self._waiting.pop().release()
            else:
                self._free += 1

    def _give_up(self, turn: threading.Lock) -> bool:
        """Stop waiting; False where a place has been given in the meantime."""
        with self._lock:
            if turn not in self._waiting:
                return False
            self._waiting.remove(turn)
            return True
