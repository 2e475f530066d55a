"""The SPARQL endpoint: SPARQL 1.1 Protocol, section 2, queries only."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import parse_options_header

from calcguide.errors import MalformedQuery, RefusedQuery
from calcguide.formats import GRAPH_FORMATS, HTML, SOLUTION_FORMATS, Format
from calcguide.query import Kind, Query
from calcguide.views.completion import known
from calcguide.views.negotiation import acceptable
from calcguide.views.observation import QUERY_HASH
from calcguide.views.parameters import decoded, text
from calcguide.views.problems import is_refused, refuse
from calcguide.views.query_page import check, query_editor, query_page
from calcguide.views.service_description import service_description
from calcguide.views.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH: Final = "/sparql"
CHECK: Final = "/sparql/check"

endpoint = Blueprint("sparql", __name__)

_METHODS: Final = ("GET", "POST")
_ASKED: Final = "calcguide.parameters"
"""Key of the WSGI environment: the parameters of a request that is no query for data."""
_NO_UPDATE = (
    "This endpoint answers queries only; its data change with a new release, never by "
    "SPARQL Update."
)

Parameters = MultiDict[str, str]


class Endpoint:
    """A WSGI application that answers queries; all else goes on to another one.

    It stands in front of Flask, whose routing and contexts cost more than a light query.
    Errors, pages and the service description are Flask's.
    """

    def __init__(self, application: "WSGIApplication", site: Site) -> None:
        self._application = application
        self._site = site

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a query in the format asked for."""
        asked = environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] in _METHODS
        if asked and not is_refused(environ):
            try:
                parameters = _parameters(environ)
                if "query" in parameters and not _wants_page(environ, parameters):
                    return self._answer(environ, parameters, start_response)
                environ[_ASKED] = parameters
            except Exception as error:  # noqa: BLE001 - Flask answers it: a fault of ours by 500
                refuse(environ, error)
        return self._application(environ, start_response)

    def _answer(
        self, environ: "WSGIEnvironment", parameters: Parameters, start_response: "StartResponse"
    ) -> Iterable[bytes]:
        query = _query(environ, parameters)
        environ[QUERY_HASH] = _digest(query.text)
        tag = self._entity_tag(query)
        headers = [("Cache-Control", "no-cache" if tag else "no-store")]
        if "format" not in parameters:
            headers.append(("Vary", "Accept"))
        had = known(environ, tag) if tag else None
        if had:
            start_response("304 NOT MODIFIED", [*headers, ("ETag", had)])
            return [b""]
        answer = self._site.evaluate(query)
        headers.append(("Content-Type", answer.format.content_type))
        if tag:
            headers.append(("ETag", tag))
        if answer.hints:
            headers.append(("X-Hint", _header(" ".join(map(str, answer.hints)))))
        start_response("200 OK", headers)
        return [answer.body]

    def _entity_tag(self, query: Query) -> str | None:
        """The validator of an answer, known before it is made; None where each answer is another.

        It names all that decides the bytes: the release, the query, the graphs and the formats. It
        is weak where only the statements are the same each time (RFC 9110, section 8.8.1).
        """
        if query.answers_anew:
            return None
        digest = _digest(f"{self._site.release} {query.packed!r}")
        return f'W/"{digest}"' if query.may_label_anew else f'"{digest}"'


@endpoint.route(PATH, methods=_METHODS)
def sparql() -> Response:
    """Answer with the query page where that is asked for, else say what the endpoint is."""
    parameters: Parameters = request.environ[_ASKED]
    if _wants_page(request.environ, parameters):
        found = "query" in parameters
        return query_page(_query(request.environ, parameters) if found else None)
    if request.method != "POST" and parameters.keys() <= {"format"}:
        return service_description(parameters.get("format"))
    raise _no_query()


@query_editor.route(CHECK, methods=["GET", "POST"])
def checked() -> Response:
    """Read a query without answering it: what is wrong with it, and what may be misspelt."""
    return check(_query(request.environ, _parameters(request.environ)))


def _query(environ: "WSGIEnvironment", parameters: Parameters) -> Query:
    found = parameters.getlist("query")
    if not found:
        raise _no_query()
    if len(found) > 1:
        raise MalformedQuery("There are several query parameters. Send exactly one.")
    return Query(
        found[0],
        _formats(environ, parameters),
        default_graphs=tuple(parameters.getlist("default-graph-uri")),
        named_graphs=tuple(parameters.getlist("named-graph-uri")),
    )


def _no_query() -> MalformedQuery:
    return MalformedQuery(
        "There is no query. Send one as the parameter query, or POST it as "
        "application/sparql-query."
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _header(text: str) -> str:
    """The text as a header may carry it: printable ASCII, one line."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:2000]


def _parameters(environ: "WSGIEnvironment") -> Parameters:
    """The protocol's parameters, from the query string, a form, or a direct POST (2.1)."""
    given = Parameters(decoded(environ.get("QUERY_STRING", "").encode("latin-1")))
    if environ["REQUEST_METHOD"] == "POST":
        media_type, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
        charset = options.get("charset", "utf-8")
        if charset.lower() != "utf-8":
            raise UnsupportedMediaType(f"Send the query as UTF-8, not as {charset}.")
        media_type = media_type.lower()
        if media_type == "application/x-www-form-urlencoded":
            given.update(decoded(_body(environ)))
        elif media_type == "application/sparql-query":
            given.add("query", text(_body(environ)))
        elif media_type == "application/sparql-update":
            raise RefusedQuery(_NO_UPDATE)
        else:
            raise UnsupportedMediaType("Send a form, or a query as application/sparql-query.")
    if "update" in given:
        raise RefusedQuery(_NO_UPDATE)
    return given


def _body(environ: "WSGIEnvironment") -> bytes:
    """The body, whose length the gate has seen."""
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return content


def _wants_page(environ: "WSGIEnvironment", parameters: Parameters) -> bool:
    if "format" in parameters:
        return parameters["format"] == HTML.name
    results = SOLUTION_FORMATS if "query" in parameters else ()
    best = acceptable(environ.get("HTTP_ACCEPT"), (*results, *GRAPH_FORMATS, HTML))
    return best is not None and best.name == HTML.name


def _formats(environ: "WSGIEnvironment", parameters: Parameters) -> dict[Kind, Format]:
    """The format of each kind of result: `format=` beats Accept; a kind may have none."""
    chosen: dict[Kind, Format] = {}
    for kind in Kind:
        if "format" in parameters:
            best = next((f for f in kind.formats if f.name == parameters["format"]), None)
        else:
            best = acceptable(environ.get("HTTP_ACCEPT"), kind.formats)
        if best is not None:
            chosen[kind] = best
    return chosen
