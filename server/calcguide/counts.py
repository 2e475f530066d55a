"""What the fronts count: numbers in memory that outlive them, one file a process, all in a folder.

A front adds to its own file only; who reports the figures adds up the files. What a front has
counted stays where it is killed.
"""

import bisect
import mmap
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
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

    def add(self, answers: Iterable[tuple[str, str | None, float]], begun: int) -> list[str]:
        """Count answers: the status of each, the error that it met if any, the seconds it took.

        Of so many requests that were begun, those not answered are under way. Returns the outcome
        of each: the error's name, where it is one of OUTCOMES, else the class of the status.
        """
        outcomes = []
        with self._lock:
            if self._folder and self._pid != os.getpid():
                self._open(self._folder)
            cells = self._cells
            for status, error, seconds in answers:
                place = _PLACES.get(error or "", int(status[0]) - 1)
                outcomes.append(OUTCOMES[place])
                cells[place] += 1
                cells[_SECONDS] += seconds
                cells[_CLASSES + bisect.bisect_left(BOUNDS, seconds)] += 1
            cells[_UNDER_WAY] = begun - sum(cells[:_UNDER_WAY])
        return outcomes

    def _open(self, folder: Path) -> None:
        """Open the file of this process, which was forked since this was made."""
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
