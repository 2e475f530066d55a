"""The SPARQL endpoint: SPARQL 1.1 Protocol, section 2, queries only."""

import hashlib

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from calcguide.errors import MalformedQuery, RefusedQuery
from calcguide.formats import GRAPH_FORMATS, HTML, SOLUTION_FORMATS, Format
from calcguide.query import Kind, Query
from calcguide.views.coding import known
from calcguide.views.negotiation import acceptable
from calcguide.views.observation import QUERY_HASH
from calcguide.views.parameters import asked, decoded, text
from calcguide.views.query_page import check, query_editor, query_page
from calcguide.views.service_description import service_description
from calcguide.views.site import site

endpoint = Blueprint("sparql", __name__)

_NO_UPDATE = (
    "This endpoint answers queries only; its data change with a new release, never by "
    "SPARQL Update."
)


@endpoint.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response:
    """Answer a query in the format asked for; without one, say what the endpoint is."""
    parameters = _parameters()
    wants_page = _wants_page(parameters)
    if "query" not in parameters:
        if wants_page:
            return query_page(None)
        if request.method != "POST" and parameters.keys() <= {"format"}:
            return service_description(parameters.get("format"))
    text = _only_query(parameters)
    if wants_page:
        return query_page(_query(text, parameters))
    query = _query(text, parameters)
    request.environ[QUERY_HASH] = _digest(text)
    tag = _entity_tag(query)
    had = known(tag) if tag else None
    if had:
        return _tagged(Response(status=304, content_type="text/plain"), query, had, parameters)
    answer = site().evaluate(query)
    response = Response(answer.body, content_type=answer.format.content_type)
    if answer.hints:
        response.headers["X-Hint"] = _header(" ".join(map(str, answer.hints)))
    return _tagged(response, query, tag, parameters)


@query_editor.route("/sparql/check", methods=["GET", "POST"])
def checked() -> Response:
    """Read a query without answering it: what is wrong with it, and what may be misspelt."""
    parameters = _parameters()
    return check(_query(_only_query(parameters), parameters))


def _only_query(parameters: MultiDict[str, str]) -> str:
    found = parameters.getlist("query")
    if not found:
        raise MalformedQuery(
            "There is no query. Send one as the parameter query, or POST it as "
            "application/sparql-query."
        )
    if len(found) > 1:
        raise MalformedQuery("There are several query parameters. Send exactly one.")
    return found[0]


def _tagged(
    response: Response, query: Query, tag: str | None, parameters: MultiDict[str, str]
) -> Response:
    """Tag the answer; weakly where only its statements are the same each time (RFC 9110, 8.8.1)."""
    if tag:
        response.set_etag(tag, weak=query.may_label_anew)
        response.headers["Cache-Control"] = "no-cache"
    else:
        response.headers["Cache-Control"] = "no-store"
    if "format" not in parameters:
        response.vary.add("Accept")
    return response


def _entity_tag(query: Query) -> str | None:
    """The validator of an answer, known before it is made; None where each answer is another.

    It names all that decides the bytes: the release, the query, the graphs and the formats.
    """
    if query.answers_anew:
        return None
    formats = [(kind.value, f.media_type) for kind, f in query.formats.items()]
    asked = (query.text, query.default_graphs, query.named_graphs, formats)
    return _digest(f"{site().release} {asked!r}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _header(text: str) -> str:
    """The text as a header may carry it: printable ASCII, one line."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:2000]


def _parameters() -> MultiDict[str, str]:
    """The protocol's parameters, from the query string, a form, or a direct POST (2.1)."""
    given = asked()
    if request.method == "POST":
        _require_utf_8()
        if request.mimetype == "application/x-www-form-urlencoded":
            given.update(decoded(request.get_data()))
        elif request.mimetype == "application/sparql-query":
            given.add("query", text(request.get_data()))
        elif request.mimetype == "application/sparql-update":
            raise RefusedQuery(_NO_UPDATE)
        else:
            abort(415, "Send a form, or a query as application/sparql-query.")
    if "update" in given:
        raise RefusedQuery(_NO_UPDATE)
    return given


def _require_utf_8() -> None:
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() != "utf-8":
        abort(415, f"Send the query as UTF-8, not as {charset}.")


def _wants_page(parameters: MultiDict[str, str]) -> bool:
    if "format" in parameters:
        return parameters["format"] == HTML.name
    results = SOLUTION_FORMATS if "query" in parameters else ()
    best = acceptable(request.headers.get("Accept"), (*results, *GRAPH_FORMATS, HTML))
    return best is not None and best.name == HTML.name


def _query(text: str, parameters: MultiDict[str, str]) -> Query:
    return Query(
        text,
        _formats(parameters),
        default_graphs=tuple(parameters.getlist("default-graph-uri")),
        named_graphs=tuple(parameters.getlist("named-graph-uri")),
    )


def _formats(parameters: MultiDict[str, str]) -> dict[Kind, Format]:
    """The format of each kind of result: `format=` beats Accept; a kind may have none."""
    chosen: dict[Kind, Format] = {}
    for kind in Kind:
        if "format" in parameters:
            best = next((f for f in kind.formats if f.name == parameters["format"]), None)
        else:
            best = acceptable(request.headers.get("Accept"), kind.formats)
        if best is not None:
            chosen[kind] = best
    return chosen
