"""How the applications in front of Flask say an answer to each other: as a value.

WSGI says it by calls to and fro, and a body in pieces (PEP 3333): between six applications in a row
that costs as much as to read the request.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


class Response(NamedTuple):
    """A whole answer."""

    status: str
    """Code and phrase."""
    headers: Headers
    body: bytes


Answering = Callable[["WSGIEnvironment"], Response]
"""An application: it answers a request that is described as WSGI does."""


def from_wsgi(application: "WSGIApplication") -> Answering:
    """Return an application that has one of WSGI answer."""

    def answer(environ: "WSGIEnvironment") -> Response:
        started: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, *_: Any) -> Any:  # noqa: ANN401
            started.append((status, headers))

        content = application(environ, start)
        try:
            body = b"".join(content)
        finally:
            if hasattr(content, "close"):
                content.close()
        return Response(*started[0], body)

    return answer


def to_wsgi(answering: Answering) -> "WSGIApplication":
    """Return an application of WSGI, for any server, that has another one answer."""

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        status, headers, body = answering(environ)
        start(status, headers)
        return [body]

    return application
