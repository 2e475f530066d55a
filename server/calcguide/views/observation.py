"""Every request is observed: one line of the access log, and the figures for Prometheus."""

import itertools
import secrets
import sys
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any, Final

from calcguide.counts import Counts
from calcguide.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID: Final = "calcguide.request_id"
QUERY_HASH: Final = "calcguide.query_hash"
OUTCOME: Final = "calcguide.outcome"
"""Keys of the WSGI environment with which a view tells what it did."""

_LATEST: Final = 0.1
"""Seconds that a line of the log may wait, for others that are written with it."""


class Observation:
    """A WSGI application that passes every request on and says how it was answered."""

    def __init__(self, application: "WSGIApplication", settings: Settings, counts: Counts) -> None:
        self._application = application
        self._log = _Log() if settings["access_log"] == "on" else None
        self._counts = counts
        self._numbers = itertools.count()
        self._name: str | None = None

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request; the answer carries its id as X-Request-Id."""
        started = time.perf_counter()
        environ[REQUEST_ID] = request_id = self._request_id()
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:  # noqa: ANN401
            statuses.append(status)
            return start_response(status, [*headers, ("X-Request-Id", request_id)], *more)

        self._counts.begin()
        try:
            return self._application(environ, start)
        finally:
            seconds = time.perf_counter() - started
            status = statuses[0][:3] if statuses else "500"
            outcome = self._counts.end(status, environ.get(OUTCOME), seconds)
            if self._log:
                self._log.add(_line(environ, status, outcome, seconds))

    def _request_id(self) -> str:
        """Sixteen digits: some of chance for the process, which was forked, and a number."""
        if self._name is None:
            self._name = secrets.token_hex(4)
        return f"{self._name}{next(self._numbers) & 0xFFFFFFFF:08x}"


class _Log:
    """Lines on standard error, many in one call of the kernel: one each costs as much as a page.

    The timers' threads are waited for where a process ends in peace, so no line is lost there.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def add(self, line: str) -> None:
        """Have a line written within a moment."""
        with self._lock:
            self._lines.append(line)
            is_first = len(self._lines) == 1
        if is_first:
            threading.Timer(_LATEST, self._write).start()

    def _write(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        sys.stderr.write("".join(lines))
        sys.stderr.flush()


def _line(environ: "WSGIEnvironment", status: str, outcome: str, seconds: float) -> str:
    """The line of a request: JSON by hand, since only two of its texts may need escapes."""
    query = environ.get(QUERY_HASH)
    hashed = f'"{query}"' if query else "null"
    return (
        f'{{"time": "{datetime.now(UTC).isoformat(timespec="milliseconds")}", '
        f'"id": "{environ[REQUEST_ID]}", '
        f'"method": {quoted(environ["REQUEST_METHOD"])}, '
        f'"path": {quoted(environ.get("PATH_INFO", ""))}, '
        f'"query": {hashed}, '
        f'"status": {status}, "outcome": "{outcome}", '
        f'"milliseconds": {1000 * seconds:.2f}}}\n'
    )
