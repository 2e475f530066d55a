"""Errors on the wire: one shape, RFC 9457 problem details, or a page for people."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, render_template, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from calcguide import errors
from calcguide.description.naming import last_part, name
from calcguide.formats import HTML, Format
from calcguide.views.negotiation import acceptable
from calcguide.views.observation import OUTCOME
from calcguide.views.site import site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PROBLEM_JSON = Format(
    "problem",
    "problem details",
    "application/problem+json",
    "json",
    aliases=("application/json", "application/sparql-results+json"),
)
PLAIN_TEXT = Format("text", "plain text", "text/plain", "txt")

RETRY_AFTER = 2
"""Seconds after which a client that found the server busy may ask again."""

_ERROR: Final = "calcguide.error"
"""Key of the WSGI environment: what was met in front of the Flask application."""

_STATUS: Mapping[type[errors.CalcguideError], HTTPStatus] = {
    errors.NoSuchResource: HTTPStatus.NOT_FOUND,
    errors.Withdrawn: HTTPStatus.GONE,
    errors.DocumentTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    errors.MalformedQuery: HTTPStatus.BAD_REQUEST,
    errors.QueryFailed: HTTPStatus.BAD_REQUEST,
    errors.RefusedQuery: HTTPStatus.FORBIDDEN,
    errors.QueryTooSlow: HTTPStatus.GATEWAY_TIMEOUT,
    errors.QueryTooHeavy: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ResultTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}


_HEADINGS: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "This cannot be understood",
    HTTPStatus.FORBIDDEN: "This is not allowed",
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.METHOD_NOT_ALLOWED: "This does not work in this way",
    HTTPStatus.NOT_ACCEPTABLE: "There is no such format",
    HTTPStatus.GONE: "This was taken back",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is too large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "This address is too long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "This format cannot be read here",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This is more than the server can work out",
    HTTPStatus.MOVED_PERMANENTLY: "This has another name now",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too busy just now",
    HTTPStatus.GATEWAY_TIMEOUT: "This takes too long",
}
"""What pages say at the top, in plain words."""
_DETAILS: Mapping[type[HTTPException], str] = {
    NotFound: "There is nothing at this address. It may be misspelt, or the link to it is wrong.",
}
"""What is said where nobody says more, instead of what Werkzeug says."""


def status_of(error: errors.CalcguideError) -> HTTPStatus:
    """Return the status that an error is answered with: that of its class, or of the next above."""
    known = (_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(
    status: int,
    detail: str,
    members: Mapping[str, object] | None = None,
    near: Sequence[str] = (),
) -> Response:
    """Return an error response in the format that the client prefers, never to be stored.

    `members` are extension members of the problem, such as line and column; `near` are the paths
    of names that may have been meant.
    """
    title = HTTPStatus(status).phrase
    best = acceptable(request.headers.get("Accept"), (PROBLEM_JSON, HTML, PLAIN_TEXT))
    members = dict(members or {}) | ({"didYouMean": list(near)} if near else {})
    if best is not None and best.name == "html":
        dataset = site().dataset
        body = render_template(
            "problem.html",
            heading=_HEADINGS.get(status, title),
            title=title,
            detail=detail,
            status=status,
            suggestions=[name(dataset, NamedNode(dataset.base + path)) for path in near],
            sought=last_part(request.path).partition(".")[0].replace("-", " "),
            instead=members.get("replacedBy"),
            signposts=tuple,  # none: an error leads nowhere
        )
        content_type = HTML.content_type
    elif best is not None and best.name == "text":
        lines = [detail, *([str(members["excerpt"])] if members.get("excerpt") else [])]
        body, content_type = "\n".join(lines) + "\n", PLAIN_TEXT.content_type
    else:
        body = json.dumps(
            {"type": "about:blank", "title": title, "status": status, "detail": detail} | members
        )
        content_type = "application/problem+json"
    response = Response(body, status, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


def refuse(environ: "WSGIEnvironment", error: Exception) -> None:
    """Have the Flask application answer a request with an error that was met in front of it."""
    environ[_ERROR] = error


def is_refused(environ: "WSGIEnvironment") -> bool:
    """Return whether the request is to be answered with an error that was met already."""
    return _ERROR in environ


def register(app: Flask) -> None:
    """Let the application answer every error in this one shape."""
    app.before_request(_raise_what_was_met)
    app.register_error_handler(errors.CalcguideError, _refused)
    app.register_error_handler(HTTPException, _http_error)


def _raise_what_was_met() -> None:
    """Raise it and hold it nowhere: its frames hold the request, and a result of the engine.

    What holds the one and is held by the other would be let go later, in whatever thread that is
    noticed; the engine's results may only be let go in their own.
    """
    if _ERROR in request.environ:
        raise request.environ.pop(_ERROR)


def _refused(error: errors.CalcguideError) -> Response:
    request.environ[OUTCOME] = type(error).__name__
    members: dict[str, object] = {}
    if isinstance(error, errors.MalformedQuery) and error.line is not None:
        members = {"line": error.line, "column": error.column, "excerpt": error.excerpt}
    near = _near(error.iri) if isinstance(error, errors.NoSuchResource) else []
    if isinstance(error, errors.NotAcceptable):
        members = {"offered": list(error.offered)}
    status = status_of(error)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        members["retryAfter"] = RETRY_AFTER
    response = problem(status, str(error), members, near)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _http_error(error: HTTPException) -> Response:
    said = error.description if error.description != type(error).description else None
    said = said or _DETAILS.get(type(error)) or error.description or str(error)
    if not isinstance(error, MethodNotAllowed):
        return problem(error.code or 500, said)
    allowed = ", ".join(sorted(error.valid_methods or ()))
    said = f"This method is not allowed here. The address takes {allowed}."
    response = problem(error.code, said)
    response.headers["Allow"] = allowed
    return response


def _near(iri: str) -> list[str]:
    """Paths of names that look like an unknown one, best first."""
    dataset = site().dataset
    path = dataset.path(iri)
    return dataset.nearest(path) if path else []
