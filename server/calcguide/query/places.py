"""A number of places, given to the last that came: under a burst, early comers time out anyway."""

import contextlib
import threading
from collections.abc import Iterator

from calcguide.errors import Busy


class Places:
    """Places for threads. Who finds none free waits, and the newest is served first.

    So an overload is shed by a few that wait in vain, and does not slow down everyone after it.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._lock = threading.Lock()
        self._waiting: list[threading.Event] = []

    @contextlib.contextmanager
    def take(self, seconds: float) -> Iterator[None]:
        """Hold a place; raises Busy where none becomes free within the time."""
        granted = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                granted.set()
            else:
                self._waiting.append(granted)
        if not granted.wait(seconds) and self._give_up(granted):
            raise Busy(
                f"Too many queries are running, and no place became free within {seconds:g} s. "
                "Ask again in a few seconds."
            )
        try:
            yield
        finally:
            self._leave()

    def _give_up(self, granted: threading.Event) -> bool:
        """Stop waiting; False where a place has been given in the meantime."""
        with self._lock:
            if granted.is_set():
                return False
            self._waiting.remove(granted)
            return True

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.pop().set()
            else:
                self._free += 1
