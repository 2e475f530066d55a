"""Every request is observed: one line of the access log, and the figures for Prometheus.

While it is answered, a request is only noted. What was noted is counted and written a moment later,
many at once, which costs less.
"""

import functools
import itertools
import secrets
import sys
import threading
import time
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Final, NamedTuple

from calcguide.counts import Counts
from calcguide.settings import Settings
from calcguide.views.answering import Answering, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

QUERY_HASH: Final = "calcguide.query_hash"
OUTCOME: Final = "calcguide.outcome"
"""Keys of the WSGI environment with which a view tells what it did."""

_LATEST: Final = 0.1
"""Seconds that a note may wait for others."""
_UNREAD: Final = 1.0
"""Seconds that lines of the log wait where nobody reads those before them."""


class _Note(NamedTuple):
    request_id: str
    method: str
    path: str
    query_hash: str | None
    status: str
    error: str | None
    answered: float
    """When, in seconds since the epoch."""
    seconds: float


class Observation:
    """An application that passes every request on and says how it was answered."""

    def __init__(self, application: Answering, settings: Settings, counts: Counts) -> None:
        self._application = application
        self._log = settings["access_log"] == "on"
        self._counts = counts
        self._begun = 0
        self._numbers = itertools.count(1)
        self._name: str | None = None
        self._notes: list[_Note] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._lost = 0
        """Lines of the log that nobody read in time."""

    def __call__(self, environ: "WSGIEnvironment") -> Response:
        """Answer a request; the answer carries its id as X-Request-Id."""
        started = time.perf_counter()
        request_id = self._request_id()
        status = "500"
        try:
            line, headers, body = self._application(environ)
            status = line[:3]
            return Response(line, [*headers, ("X-Request-Id", request_id)], body)
        finally:
            seconds = time.perf_counter() - started
            self._note(
                _Note(
                    request_id,
                    environ["REQUEST_METHOD"],
                    environ.get("PATH_INFO", ""),
                    environ.get(QUERY_HASH),
                    status,
                    environ.get(OUTCOME),
                    time.time(),
                    seconds,
                )
            )

    def _request_id(self) -> str:
        """Sixteen digits: some of chance for the process, which was forked, and a number."""
        if self._name is None:
            self._name = secrets.token_hex(4)
        self._begun = number = next(self._numbers)
        return f"{self._name}{number & 0xFFFFFFFF:08x}"

    def _note(self, note: _Note) -> None:
        """Have a request counted and written within a moment.

        The thread of a timer is waited for where a process ends in peace: no note is lost.
        """
        with self._lock:
            self._notes.append(note)
            is_first = len(self._notes) == 1
        if is_first:
            timer = threading.Timer(_LATEST, self._count_and_write)
            timer.daemon = False  # as it would be by itself, were the front's own threads Python's
            timer.start()

    def _count_and_write(self) -> None:
        with self._lock:
            notes, self._notes = self._notes, []
        outcomes = self._counts.add(
            [(note.status, note.error, note.seconds) for note in notes], self._begun
        )
        if self._log:
            self._write([*map(_line, notes, outcomes)])

    def _write(self, lines: list[str]) -> None:
        """Write to the log, or count as lost: a thread for each that waits would be too many."""
        if not self._writing.acquire(timeout=_UNREAD):
            with self._lock:
                self._lost += len(lines)
            return
        with self._lock:
            lost, self._lost = self._lost, 0
        if lost:
            lines.append(f"calcguide: {lost} lines of the log are lost: nobody read it in time.\n")
        try:
            sys.stderr.write("".join(lines))
            sys.stderr.flush()
        finally:
            self._writing.release()


@functools.lru_cache(maxsize=2)
def _moment(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _line(note: _Note, outcome: str) -> str:
    """The line of a request: JSON by hand, since only two of its texts may need escapes."""
    second, part = divmod(note.answered, 1)
    moment = f"{_moment(second)}.{int(1000 * part):03d}+00:00"
    query = f'"{note.query_hash}"' if note.query_hash else "null"
    return (
        f'{{"time": "{moment}", "id": "{note.request_id}", "method": {quoted(note.method)}, '
        f'"path": {quoted(note.path)}, "query": {query}, "status": {note.status}, '
        f'"outcome": "{outcome}", "milliseconds": {1000 * note.seconds:.2f}}}\n'
    )
