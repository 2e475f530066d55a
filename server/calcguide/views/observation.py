"""Every request is observed: one line of the access log, and the figures for Prometheus."""

import itertools
import secrets
import sys
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


class Observation:
    """A WSGI application that passes every request on and says how it was answered."""

    def __init__(self, application: "WSGIApplication", settings: Settings, counts: Counts) -> None:
        self._application = application
        self._log = settings["access_log"] == "on"
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
                _write(environ, status, outcome, seconds)

    def _request_id(self) -> str:
        """Sixteen digits: some of chance for the process, which was forked, and a number."""
        if self._name is None:
            self._name = secrets.token_hex(4)
        return f"{self._name}{next(self._numbers) & 0xFFFFFFFF:08x}"


def _write(environ: "WSGIEnvironment", status: str, outcome: str, seconds: float) -> None:
    """Write the line: JSON by hand, since only two of its texts may need escapes."""
    query = environ.get(QUERY_HASH)
    hashed = f'"{query}"' if query else "null"
    sys.stderr.write(
        f'{{"time": "{datetime.now(UTC).isoformat(timespec="milliseconds")}", '
        f'"id": "{environ[REQUEST_ID]}", '
        f'"method": {quoted(environ["REQUEST_METHOD"])}, '
        f'"path": {quoted(environ.get("PATH_INFO", ""))}, '
        f'"query": {hashed}, '
        f'"status": {status}, "outcome": "{outcome}", '
        f'"milliseconds": {1000 * seconds:.2f}}}\n'
    )
