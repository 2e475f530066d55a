"""The gate in front of the application: what no view should ever see is refused here.

That is a request that the server could not read (`REFUSED`), one meant for another host, methods
that are none, targets and fields of any length.
"""

import functools
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from calcguide.settings import Settings
from calcguide.views.answering import Answering, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LONGEST_TARGET: Final = 32_768
"""Bytes of a request target; a longer query is sent by POST."""
LONGEST_BODY: Final = 1_048_576
"""Bytes of a request body."""
LONGEST_FIELD: Final = 8_192
"""Bytes of a header field that is a list, whose elements are weighed one by one."""

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::([0-9]{1,5}))?")
_LISTS: Final = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH")
_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

Refusal = tuple[HTTPStatus, str]
"""The status, and what is wrong."""
REFUSED: Final = "calcguide.refused"
"""Key of the WSGI environment: the refusal of a request that could not be read."""
TOO_LARGE: Final[Refusal] = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"A request body may have {LONGEST_BODY:,} bytes.",
)


class Gate:
    """An application that passes on what is well-formed and meant for this host."""

    def __init__(self, application: Answering, settings: Settings) -> None:
        self._application = application
        self._hosts = allowed_hosts(settings)
        self._host = functools.lru_cache(maxsize=256)(self._judged)

    def __call__(self, environ: "WSGIEnvironment") -> Response:
        """Answer a request, or refuse it with problem details (RFC 9457)."""
        refusal = (
            environ.get(REFUSED) or self._host(environ.get("HTTP_HOST", "")) or _refusal(environ)
        )
        if refusal:
            return _refused(*refusal)
        return self._application(environ)

    def _judged(self, host: str) -> Refusal | None:
        match = _HOST.fullmatch(host)
        if not match or not 0 < int(match[2] or 80) < 65_536:
            return HTTPStatus.BAD_REQUEST, "Name one host in the Host header, such as example.org."
        if match[1].lower() not in self._hosts:
            return (
                HTTPStatus.MISDIRECTED_REQUEST,
                "This server does not answer for the host that the request names.",
            )
        return None


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the host names that requests may name, in lower case."""
    public = urlsplit(settings["public_url"]).hostname or ""
    own = settings["host"]
    names = [*settings["allowed_hosts"].split(), public, f"[{own}]" if ":" in own else own]
    return frozenset(name.lower() for name in names if name)


def _refusal(environ: "WSGIEnvironment") -> Refusal | None:
    """What no view of this application should see, whatever the host."""
    get = environ.get
    if environ["REQUEST_METHOD"] not in _METHODS:
        return HTTPStatus.NOT_IMPLEMENTED, f"The methods are {', '.join(_METHODS)}, in upper case."
    if int(get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        return TOO_LARGE
    if len(get("PATH_INFO", "")) + len(get("QUERY_STRING", "")) > LONGEST_TARGET:
        return (
            HTTPStatus.REQUEST_URI_TOO_LONG,
            f"A request target may have {LONGEST_TARGET:,} bytes. Send a long query by POST.",
        )
    for name in _LISTS:
        if len(get(name, "")) > LONGEST_FIELD:
            return (
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"Accept, Accept-Encoding and If-None-Match may have {LONGEST_FIELD:,} bytes "
                "each. Name fewer.",
            )
    return None


def _refused(status: HTTPStatus, detail: str) -> Response:
    body = json.dumps(
        {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    ).encode()
    return Response(
        f"{status.value} {status.phrase}",
        [
            ("Content-Type", "application/problem+json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Allow-Origin", "*"),
            ("Connection", "close"),
        ],
        body,
    )
