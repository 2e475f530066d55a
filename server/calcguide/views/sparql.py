"""The SPARQL endpoint: SPARQL 1.1 Protocol, section 2, queries only."""

import functools
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import parse_options_header

from calcguide.errors import MalformedQuery, RefusedQuery
from calcguide.formats import GRAPH_FORMATS, HTML, SOLUTION_FORMATS, Format
from calcguide.query import Kind, Query
from calcguide.views import answering
from calcguide.views.completion import known
from calcguide.views.negotiation import acceptable
from calcguide.views.observation import QUERY_HASH
from calcguide.views.parameters import decoded, text
from calcguide.views.problems import is_refused, refuse
from calcguide.views.query_page import check, query_editor, query_page
from calcguide.views.service_description import service_description
from calcguide.views.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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

Parameters = dict[str, list[str]]


class _Accepted(NamedTuple):
    """What a client takes: a page, or each kind of result in a format."""

    page: bool
    formats: Mapping[Kind, Format]
    variant: str
    """The formats, as text."""
    by_header: bool
    """Whether Accept has decided."""


class Endpoint:
    """An application that answers queries; all else goes on to another one.

    It stands in front of Flask, whose routing and contexts cost more than a light query.
    Errors, pages and the service description are Flask's.
    """

    def __init__(self, application: answering.Answering, site: Site) -> None:
        self._application = application
        self._site = site

    def __call__(self, environ: "WSGIEnvironment") -> answering.Response:
        """Answer a query in the format asked for."""
        asked = environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] in _METHODS
        if asked and not is_refused(environ):
            try:
                parameters = _parameters(environ)
                accepted = _accepted(environ, parameters)
                if "query" in parameters and not accepted.page:
                    query = _query(parameters, accepted)
                    return self._answer(environ, query, accepted)
                environ[_ASKED] = parameters
            except Exception as error:  # noqa: BLE001 - Flask answers it: a fault of ours by 500
                refuse(environ, error)
        return self._application(environ)

    def _answer(
        self, environ: "WSGIEnvironment", query: Query, accepted: _Accepted
    ) -> answering.Response:
        environ[QUERY_HASH] = digest = _digest(query.text)
        tag = self._entity_tag(query, accepted, digest)
        headers = [("Cache-Control", "no-cache" if tag else "no-store")]
        if accepted.by_header:
            headers.append(("Vary", "Accept"))
        had = known(environ, tag) if tag else None
        if had:
            return answering.Response("304 NOT MODIFIED", [*headers, ("ETag", had)], b"")
        answer = self._site.evaluate(query)
        headers.append(("Content-Type", answer.format.content_type))
        if tag:
            headers.append(("ETag", tag))
        if answer.hints:
            headers.append(("X-Hint", _header(" ".join(map(str, answer.hints)))))
        return answering.Response("200 OK", headers, answer.body)

    def _entity_tag(self, query: Query, accepted: _Accepted, digest: str) -> str | None:
        """The validator of an answer, known before it is made; None where each answer is another.

        It names all that decides the bytes: the query, the release, the graphs and the formats. It
        is weak where only the statements are the same each time (RFC 9110, section 8.8.1).
        """
        if query.answers_anew:
            return None
        graphs = query.default_graphs, query.named_graphs
        tag = f'"{digest}-{_variant(self._site.release, accepted.variant, *graphs)}"'
        return f"W/{tag}" if query.may_label_anew else tag


@functools.lru_cache(maxsize=256)
def _variant(*decisive: object) -> str:
    return _digest(repr(decisive))[:16]


@endpoint.route(PATH, methods=_METHODS)
def sparql() -> Response:
    """Answer with the query page where that is asked for, else say what the endpoint is."""
    parameters: Parameters = request.environ[_ASKED]
    accepted = _accepted(request.environ, parameters)
    if accepted.page:
        return query_page(_query(parameters, accepted) if "query" in parameters else None)
    if request.method != "POST" and parameters.keys() <= {"format"}:
        return service_description(_first(parameters, "format"))
    raise _no_query()


@query_editor.route(CHECK, methods=["GET", "POST"])
def checked() -> Response:
    """Read a query without answering it: what is wrong with it, and what may be misspelt."""
    parameters = _parameters(request.environ)
    return check(_query(parameters, _accepted(request.environ, parameters)))


def _query(parameters: Parameters, accepted: _Accepted) -> Query:
    found = parameters.get("query")
    if not found:
        raise _no_query()
    if len(found) > 1:
        raise MalformedQuery("There are several query parameters. Send exactly one.")
    return Query(
        found[0],
        accepted.formats,
        default_graphs=tuple(parameters.get("default-graph-uri", ())),
        named_graphs=tuple(parameters.get("named-graph-uri", ())),
    )


def _no_query() -> MalformedQuery:
    return MalformedQuery(
        "There is no query. Send one as the parameter query, or POST it as "
        "application/sparql-query."
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _header(text: str) -> str:
    """The text as a header may carry it: printable ASCII, one line."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:2000]


def _parameters(environ: "WSGIEnvironment") -> Parameters:
    """The protocol's parameters, from the query string, a form, or a direct POST (2.1)."""
    pairs = decoded(environ.get("QUERY_STRING", "").encode("latin-1"))
    if environ["REQUEST_METHOD"] == "POST":
        media_type, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
        charset = options.get("charset", "utf-8")
        if charset.lower() != "utf-8":
            raise UnsupportedMediaType(f"Send the query as UTF-8, not as {charset}.")
        media_type = media_type.lower()
        if media_type == "application/x-www-form-urlencoded":
            pairs += decoded(_body(environ))
        elif media_type == "application/sparql-query":
            pairs.append(("query", text(_body(environ))))
        elif media_type == "application/sparql-update":
            raise RefusedQuery(_NO_UPDATE)
        else:
            raise UnsupportedMediaType("Send a form, or a query as application/sparql-query.")
    given: Parameters = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    if "update" in given:
        raise RefusedQuery(_NO_UPDATE)
    return given


def _body(environ: "WSGIEnvironment") -> bytes:
    """The body, whose length the gate has seen."""
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return content


def _first(parameters: Parameters, name: str) -> str | None:
    return parameters[name][0] if name in parameters else None


def _accepted(environ: "WSGIEnvironment", parameters: Parameters) -> _Accepted:
    """What the client takes: `format=` beats Accept; a kind may have no format."""
    return _acceptable(
        environ.get("HTTP_ACCEPT"), _first(parameters, "format"), "query" in parameters
    )


@functools.lru_cache(maxsize=256)
def _acceptable(accept: str | None, format: str | None, has_query: bool) -> _Accepted:
    if format is not None:
        page = format == HTML.name
        named = {
            kind: next((each for each in kind.formats if each.name == format), None)
            for kind in Kind
        }
    else:
        results = SOLUTION_FORMATS if has_query else ()
        best = acceptable(accept, (*results, *GRAPH_FORMATS, HTML))
        page = best is not None and best.name == HTML.name
        named = {kind: acceptable(accept, kind.formats) for kind in Kind}
    formats = {kind: chosen for kind, chosen in named.items() if chosen is not None}
    variant = " ".join(f"{kind.value} {chosen.key}" for kind, chosen in formats.items())
    return _Accepted(page, formats, variant, format is None)
