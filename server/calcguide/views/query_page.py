"""The query page: form, worked questions, results or error; what its editor asks the server."""

import functools
import time
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, json, render_template

from calcguide.dataset import Dataset
from calcguide.description.completion import completions
from calcguide.description.results import Table, read_graph, read_solutions
from calcguide.description.worked_questions import topics, worked_questions
from calcguide.errors import Busy, CalcguideError, QueryTooSlow
from calcguide.formats import CSV, HTML, JSON, N_TRIPLES, SPARQL_JSON
from calcguide.query import Answer, Kind, Query
from calcguide.views.gate import LONGEST_TARGET
from calcguide.views.problems import status_of
from calcguide.views.programs import programs
from calcguide.views.site import site

query_editor = Blueprint("query_editor", __name__)

_SHOWN: Final = {Kind.SOLUTIONS: SPARQL_JSON, Kind.BOOLEAN: SPARQL_JSON, Kind.GRAPH: N_TRIPLES}
_ANY: Final = "SELECT * WHERE { ?s ?p ?o } LIMIT 10"


def query_page(query: Query | None) -> Response:
    """Return the page, with the results or the error of the query where there is one."""
    dataset = site().dataset
    text = query.text if query else ""
    worked = worked_questions(dataset)
    context: dict[str, Any] = {
        "query": text or (worked[0].query if worked else _ANY),
        "current": next((q for q in worked if q.query.strip() == _unwrapped(text)), None),
        "topics": topics(dataset),
        "count": len(worked),
        "graphs": _graphs(query) if query else [],
        "endpoint_url": f"{site().public_url}/sparql",
        "error": None,
        "results": None,
    }
    status = 200
    if query and text:
        try:
            context["results"] = _results(query)
        except CalcguideError as error:
            status = status_of(error)
            context["error"] = {
                "message": str(error),
                "line": getattr(error, "line", None),
                "column": getattr(error, "column", None),
                "excerpt": getattr(error, "excerpt", None),
            }
    page = render_template("sparql.html", **context)
    response = Response(page, status, content_type=HTML.content_type)
    response.vary.add("Accept")
    if status != 200 or (query and query.answers_anew):
        response.headers["Cache-Control"] = "no-store"
    return response


def check(query: Query) -> Response:
    """Return what is wrong with a query and what may be misspelt in it, as JSON.

    Lines, columns and lengths count code points from 1; they are null where no place is known.
    Raises Busy and QueryTooSlow as an answer would: they say nothing of the query.
    """
    try:
        hints = site().evaluate(replace(query, formats=_SHOWN, only_checked=True)).hints
    except (Busy, QueryTooSlow):
        raise
    except CalcguideError as error:
        problem: dict[str, Any] = {
            "line": getattr(error, "line", None),
            "column": getattr(error, "column", None),
            "length": None,
            "message": str(error),
            "instead": [],
            "wrong": True,
        }
        return _json({"problems": [problem]})
    found = [vars(hint) | {"message": str(hint), "wrong": False} for hint in hints]
    return _json({"problems": found})


@query_editor.get("/sparql/terms")
def terms() -> Response:
    """Answer with the prefixes and the terms that the editor completes: name, label, synonyms."""
    return Response(_terms(site().dataset), content_type=JSON.content_type)


@functools.lru_cache(maxsize=1)
def _terms(dataset: Dataset) -> str:
    found = completions(dataset)
    return json.dumps(
        {
            "prefixes": dataset.prefixes,
            "terms": [vars(term) for term in found],
        },
        separators=(",", ":"),
    )


def _json(content: object) -> Response:
    return Response(json.dumps(content), content_type=JSON.content_type)


def _unwrapped(text: str) -> str:
    """The text without what a form makes of it: carriage returns, blanks at the ends."""
    return text.replace("\r\n", "\n").strip()


def _results(query: Query) -> dict[str, Any]:
    started = time.perf_counter()
    answer = site().evaluate(replace(query, formats=_SHOWN))
    milliseconds = round(1000 * (time.perf_counter() - started))
    asked = [("query", query.text), *_graphs(query)]
    endpoint = f"{site().public_url}/sparql"
    # Of a table, CSV comes first: it opens in any spreadsheet.
    formats = sorted(answer.kind.formats, key=lambda offered: offered is not CSV)
    return {
        **_content(answer),
        "kind": answer.kind.value,
        "milliseconds": milliseconds,
        "hints": answer.hints,
        "permalink": _link(asked),
        "downloads": [
            (format.label, _link([*asked, ("format", format.name)])) for format in formats
        ],
        "programs": programs(endpoint, asked, formats[0]),
    }


def _graphs(query: Query) -> list[tuple[str, str]]:
    """The parameters that say which graphs are asked."""
    default = [("default-graph-uri", graph) for graph in query.default_graphs]
    return default + [("named-graph-uri", graph) for graph in query.named_graphs]


def _link(parameters: list[tuple[str, str]]) -> str | None:
    """The address with these parameters, None where it is longer than an address may be."""
    link = "/sparql?" + urlencode(parameters)
    return link if len(link) <= LONGEST_TARGET else None


def _content(answer: Answer) -> dict[str, Any]:
    dataset = site().dataset
    if answer.kind is Kind.GRAPH:
        graph = read_graph(dataset, answer.body)
        return {"boolean": None, "graph": graph, "table": graph.table}
    found = read_solutions(dataset, answer.body)
    if isinstance(found, Table):
        return {"boolean": None, "graph": None, "table": found}
    return {"boolean": found, "graph": None, "table": None}
