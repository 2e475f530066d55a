"""What the fronts count: numbers in memory that outlive them, one file a process, all in a folder.

A front adds to its own file only, which costs less than a microsecond a request; who reports the
figures adds up the files. The last addition of a front that is killed is not lost.
"""

import bisect
import mmap
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from calcguide import errors

BOUNDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds, in seconds, of the classes that answers are counted in; one more is above."""

_ENDING: Final = ".counts"


def _kinds(error: type[errors.CalcguideError]) -> Iterator[str]:
    yield error.__name__
    for kind in error.__subclasses__():
        yield from _kinds(kind)


OUTCOMES: Final = (
    *(f"{first}xx" for first in range(1, 6)),
    *sorted(set(_kinds(errors.CalcguideError))),
)
"""How a request may end: the class of its status, or the name of the error that it met."""

_PLACES: Final = {outcome: place for place, outcome in enumerate(OUTCOMES)}
_UNDER_WAY: Final = len(OUTCOMES)
_SECONDS: Final = _UNDER_WAY + 1
_CLASSES: Final = _SECONDS + 1
_SIZE: Final = 8 * (_CLASSES + len(BOUNDS) + 1)


class Counts:
    """The numbers of this process; in a folder where others find them, or in memory alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._pid = 0
        self._cells = memoryview(bytearray(_SIZE)).cast("d")

    def begin(self) -> None:
        """Count a request that is under way."""
        if self._folder and self._pid != os.getpid():
            self._open(self._folder)
        with self._lock:
            self._cells[_UNDER_WAY] += 1

    def end(self, status: str, error: str | None, seconds: float) -> str:
        """Count an answer to it; return its outcome: the error's, where that has a name."""
        place = _PLACES.get(error) if error else None
        if place is None:
            place = int(status[0]) - 1
        with self._lock:
            cells = self._cells
            cells[place] += 1
            cells[_UNDER_WAY] -= 1
            cells[_SECONDS] += seconds
            cells[_CLASSES + bisect.bisect_left(BOUNDS, seconds)] += 1
        return OUTCOMES[place]

    def _open(self, folder: Path) -> None:
        """Open the file of this process, at its first request: it may have been forked."""
        self._pid = os.getpid()
        with (folder / f"{self._pid}{_ENDING}").open("w+b") as file:
            file.truncate(_SIZE)
            self._cells = memoryview(mmap.mmap(file.fileno(), _SIZE)).cast("d")


@dataclass(frozen=True)
class Total:
    """What all processes have counted."""

    outcomes: Mapping[str, float]
    seconds: float
    """Of all answers together."""
    classes: tuple[float, ...]
    """Answers up to each of BOUNDS, and above."""
    under_way: float
    """Requests that a process which still runs has begun and not answered."""


def total(folder: Path) -> Total:
    """Return the sum of all that was counted into a folder."""
    outcomes = dict.fromkeys(OUTCOMES, 0.0)
    seconds = under_way = 0.0
    classes = [0.0] * (len(BOUNDS) + 1)
    for path in folder.glob(f"*{_ENDING}"):
        content = path.read_bytes()
        if len(content) != _SIZE:  # it is just being made
            continue
        cells = memoryview(content).cast("d")
        for outcome, number in zip(OUTCOMES, cells, strict=False):
            outcomes[outcome] += number
        seconds += cells[_SECONDS]
        classes = [had + more for had, more in zip(classes, cells[_CLASSES:], strict=True)]
        if Path(f"/proc/{path.stem}").exists():
            under_way += cells[_UNDER_WAY]
    return Total(outcomes, seconds, tuple(classes), under_way)
