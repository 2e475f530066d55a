"""Every request is observed: one line of the access log, and the figures for Prometheus."""

import json
import secrets
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import Counter, Gauge, Histogram

from calcguide.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID: Final = "calcguide.request_id"
QUERY_HASH: Final = "calcguide.query_hash"
OUTCOME: Final = "calcguide.outcome"
"""Keys of the WSGI environment with which a view tells what it did."""

REQUESTS: Final = Counter(
    "calcguide_requests_total",
    "Requests answered, by outcome: the name of the error, else the class of the status.",
    ["outcome"],
)
SECONDS: Final = Histogram(
    "calcguide_request_seconds",
    "Seconds from request to answer.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
)
UNDER_WAY: Final = Gauge(
    "calcguide_requests_under_way", "Requests being answered.", multiprocess_mode="livesum"
)


class Observation:
    """A WSGI application that passes every request on and says how it was answered."""

    def __init__(self, application: "WSGIApplication", settings: Settings) -> None:
        self._application = application
        self._log = settings["access_log"] == "on"

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request; the answer carries its id as X-Request-Id."""
        started = time.perf_counter()
        environ[REQUEST_ID] = secrets.token_hex(8)
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:  # noqa: ANN401
            statuses.append(status)
            return start_response(status, [*headers, ("X-Request-Id", environ[REQUEST_ID])], *more)

        UNDER_WAY.inc()
        try:
            return self._application(environ, start)
        finally:
            UNDER_WAY.dec()
            seconds = time.perf_counter() - started
            status = statuses[0][:3] if statuses else "500"
            outcome = environ.get(OUTCOME) or f"{status[0]}xx"
            REQUESTS.labels(outcome).inc()
            SECONDS.observe(seconds)
            if self._log:
                _write(environ, status, outcome, seconds)


def _write(environ: "WSGIEnvironment", status: str, outcome: str, seconds: float) -> None:
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "id": environ[REQUEST_ID],
        "method": environ["REQUEST_METHOD"],
        "path": environ.get("PATH_INFO", ""),
        "query": environ.get(QUERY_HASH),
        "status": int(status),
        "outcome": outcome,
        "milliseconds": round(1000 * seconds, 2),
    }
    sys.stderr.write(json.dumps(line) + "\n")
