"""The SPARQL endpoint: SPARQL 1.1 Protocol, section 2, queries only."""

import hashlib
import json
import re
import time
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.datastructures import MultiDict

from calcguide.errors import CalcguideError, MalformedQuery, RefusedQuery
from calcguide.formats import GRAPH_FORMATS, HTML, SOLUTION_FORMATS, SPARQL_JSON, TURTLE, Format
from calcguide.query import Answer, Kind, Query
from calcguide.views.coding import known
from calcguide.views.negotiation import acceptable
from calcguide.views.observation import QUERY_HASH
from calcguide.views.pages import href
from calcguide.views.parameters import asked, decoded, text
from calcguide.views.problems import status_of
from calcguide.views.service_description import service_description
from calcguide.views.site import site

endpoint = Blueprint("sparql", __name__)

_NO_UPDATE = (
    "This endpoint answers queries only; its data change with a new release, never by "
    "SPARQL Update."
)
_ROWS_SHOWN = 1000


@endpoint.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response:
    """Answer a query in the format asked for; without one, say what the endpoint is."""
    parameters = _parameters()
    wants_page = _wants_page(parameters)
    if "query" not in parameters:
        if wants_page:
            return _page(None)
        if request.method != "POST" and parameters.keys() <= {"format"}:
            return service_description(parameters.get("format"))
        raise MalformedQuery(
            "There is no query. Send one as the parameter query, or POST it as "
            "application/sparql-query."
        )
    if len(parameters.getlist("query")) > 1:
        raise MalformedQuery("There are several query parameters. Send exactly one.")
    text = parameters["query"]
    if wants_page:
        return _page(_query(text, parameters))
    query = _query(text, parameters)
    request.environ[QUERY_HASH] = _digest(text)
    tag = _entity_tag(query)
    had = known(tag) if tag else None
    if had:
        return _tagged(Response(status=304), had, parameters)
    answer = site().evaluate(query)
    response = Response(answer.body, content_type=answer.format.content_type)
    if answer.hints:
        response.headers["X-Hint"] = _header(" ".join(answer.hints))
    return _tagged(response, tag, parameters)


def _tagged(response: Response, tag: str | None, parameters: MultiDict[str, str]) -> Response:
    if tag:
        response.set_etag(tag)
        response.headers["Cache-Control"] = "no-cache"
    else:
        response.headers["Cache-Control"] = "no-store"
    if "format" not in parameters:
        response.vary.add("Accept")
    return response


_CHANGING: Final = re.compile(r"\b(NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
"""Functions that answer anew each time."""


def _entity_tag(query: Query) -> str | None:
    """The validator of an answer, known before it is made; None where each answer is another.

    It names all that decides the bytes: the release, the query, the graphs and the formats.
    """
    if _CHANGING.search(query.text):
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


def _page(query: Query | None) -> Response:
    """The query page, with the results or the error of the query it shows."""
    text = query.text if query else ""
    context: dict[str, Any] = {
        "query": text or _first_example(),
        "error": None,
        "columns": [],
        "rows": [],
        "boolean": None,
        "graph_text": None,
        "row_count": None,
        "milliseconds": None,
        "hints": (),
        "downloads": [],
        "examples": _examples(text),
        "endpoint_url": f"{site().public_url}/sparql",
    }
    status = 200
    if query and text:
        try:
            context |= _results(query)
        except CalcguideError as error:
            status = status_of(error)
            context["error"] = {
                "message": str(error),
                "line": getattr(error, "line", None),
                "column": getattr(error, "column", None),
            }
    response = Response(
        render_template("sparql.html", **context), status, content_type=HTML.content_type
    )
    response.vary.add("Accept")
    if status != 200 or _CHANGING.search(text):
        response.headers["Cache-Control"] = "no-store"
    return response


def _results(query: Query) -> dict[str, Any]:
    started = time.perf_counter()
    formats = {Kind.SOLUTIONS: SPARQL_JSON, Kind.BOOLEAN: SPARQL_JSON, Kind.GRAPH: TURTLE}
    answer = site().evaluate(replace(query, formats=formats))
    took = round(1000 * (time.perf_counter() - started))
    shown: dict[str, Any] = {"milliseconds": took, "hints": answer.hints}
    asked = [("query", query.text)]
    asked += [("default-graph-uri", graph) for graph in query.default_graphs]
    asked += [("named-graph-uri", graph) for graph in query.named_graphs]
    shown["downloads"] = [
        (format.label, "/sparql?" + urlencode([*asked, ("format", format.name)]))
        for format in answer.kind.formats
    ]
    if answer.kind is Kind.GRAPH:
        shown["graph_text"] = answer.body.decode()
        return shown
    return shown | _table(answer)


def _table(answer: Answer) -> dict[str, Any]:
    content = json.loads(answer.body)
    if "boolean" in content:
        return {"boolean": content["boolean"]}
    columns = content["head"]["vars"]
    bindings = content["results"]["bindings"]
    rows = [[_cell(row.get(c)) for c in columns] for row in bindings[:_ROWS_SHOWN]]
    return {"columns": columns, "rows": rows, "row_count": len(bindings)}


def _cell(term: dict[str, Any] | None) -> dict[str, str | None]:
    """A result cell: what to show, where it leads, what it exactly is."""
    if term is None:
        return {"text": "", "href": None, "detail": None}
    value = str(term["value"])
    if term["type"] != "uri":
        return {"text": value, "href": None, "detail": term.get("xml:lang") or term.get("datatype")}
    return {"text": site().dataset.compact(value), "href": href(value), "detail": value}


def _examples(active: str) -> list[tuple[str, str, bool]]:
    dataset = site().dataset
    return [
        (question, "/sparql?" + urlencode({"query": text}), text == active)
        for question, text in dataset.example_queries()
    ]


def _first_example() -> str:
    examples = site().dataset.example_queries()
    return examples[0][1] if examples else "SELECT * WHERE { ?s ?p ?o } LIMIT 10"
