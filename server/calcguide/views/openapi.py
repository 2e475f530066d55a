"""The OpenAPI 3.1 description: paths from the routes themselves, the rest from one table."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, json
from werkzeug.routing import Rule

from calcguide.description.comparison import ORDERS
from calcguide.formats import (
    CSV,
    DOCUMENT_FORMATS,
    GRAPH_FORMATS,
    HTML,
    JSON,
    JSON_LD,
    PAGE_FORMATS,
    SOLUTION_FORMATS,
    TSV,
    Format,
)
from calcguide.release import cite
from calcguide.search import LONGEST
from calcguide.views.problems import PROBLEM_JSON
from calcguide.views.site import site

openapi = Blueprint("openapi", __name__)

Object = dict[str, Any]
"""An object of the description."""

_ARGUMENT: Final = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<items>[^)]*)\))?:)?(?P<name>\w+)>")
_EXPANDED: Final = "kind"
"""The argument of a route whose values are paths of their own in the description."""
_ARGUMENTS: Final = {
    "filename": "A file of the site's look.",
    "kind": "The name of a browse page.",
    "local": "The rest of the name; with a suffix such as .ttl, the document in that format.",
    "name": "The name of the file.",
    "number": "Which file of the sitemap, counted from 1.",
    "suffix": "The format, whatever Accept says.",
}


@dataclass(frozen=True)
class Operation:
    """What a route takes and answers with, beside what holds for all."""

    types: tuple[str, ...]
    """Media types of the answer 200."""
    parameters: tuple[Object, ...] = ()
    problems: tuple[int, ...] = ()
    redirects: tuple[int, ...] = ()


def _types(*formats: Format) -> tuple[str, ...]:
    return tuple(format.media_type for format in formats)


def _query(name: str, description: str, required: bool = False, **schema: object) -> Object:
    found = {"name": name, "in": "query", "description": description}
    return found | {"required": required, "schema": {"type": "string"} | schema}


_DATASETS: Final = tuple(
    _query(name, description, type="array", items={"type": "string", "format": "iri"})
    for name, description in (
        ("default-graph-uri", "A graph of the default graph that the query sees."),
        ("named-graph-uri", "A named graph that the query sees."),
    )
)
_QUERY: Final = _query("query", "A SPARQL 1.1 query.", required=True)
_SPARQL: Final = (
    _query("query", "A SPARQL 1.1 query; without one, the answer describes the endpoint."),
    *_DATASETS,
    _query(
        "format",
        "The format of the result, whatever Accept says.",
        enum=[format.name for format in (HTML, *SOLUTION_FORMATS, *GRAPH_FORMATS)],
    ),
)
_SEARCHED: Final = _query("q", "What to search for.", maxLength=LONGEST)
_COMPARED: Final = (
    _query(
        "sort",
        "The order of the rows; with - before it, turned round.",
        enum=[sign + order for order in ORDERS for sign in ("", "-")],
    ),
    _query("place", "Where in the body: the last part of a location's IRI."),
    _query("grade", "The last part of a grade's IRI."),
)
_DOCUMENT: Final = Operation(_types(*DOCUMENT_FORMATS), problems=(404, 406))
_PAGE: Final = Operation(_types(HTML))
_JSON: Final = Operation(_types(JSON))

OPERATIONS: Final = {
    "alignments.mapping_set": Operation(_types(TSV), problems=(404,)),
    "browsing.index": _PAGE,
    "browsing.members": Operation(_types(HTML), problems=(404,)),
    "browsing.table": Operation(_types(JSON, CSV), problems=(404,)),
    "comparing.comparison": Operation(_types(*PAGE_FORMATS), _COMPARED, problems=(400, 404, 406)),
    "discovery.opensearch": Operation(("application/opensearchdescription+xml",)),
    "discovery.robots": Operation(("text/plain",)),
    "discovery.sitemap": Operation(("application/xml",)),
    "discovery.sitemap_part": Operation(("application/xml",), problems=(404,)),
    "documents.context": Operation(_types(JSON_LD)),
    "documents.describe": Operation(
        _types(*DOCUMENT_FORMATS),
        (_query("iri", "The resource to describe.", required=True, format="iri"),),
        problems=(400, 404, 406, 410),
    ),
    "documents.information_resource": _DOCUMENT,
    "documents.thing": Operation(
        _types(*DOCUMENT_FORMATS), problems=(404, 406, 410), redirects=(301, 303)
    ),
    "downloads.data": Operation(_types(HTML), problems=(404,)),
    "downloads.dump": Operation(("*/*",), problems=(404,)),
    "graph_store.graph": Operation(
        _types(*GRAPH_FORMATS),
        (
            _query("graph", "The IRI of a named graph.", format="iri"),
            _query("default", "Present, with no value, for the default graph.", enum=[""]),
        ),
        problems=(400, 404, 406),
    ),
    "health.live": Operation(_types(JSON)),
    "health.ready": Operation(_types(JSON), problems=(503, 504)),
    "health.version": Operation(_types(JSON)),
    "openapi.description": Operation(_types(JSON)),
    "pages.about": _PAGE,
    "pages.accessibility": _PAGE,
    "pages.home": Operation(
        _types(HTML),
        (_query("place", "Where in the body: the last part of a location's IRI."),),
        problems=(406,),
        redirects=(303,),
    ),
    "pages.question_list": _PAGE,
    "pages.validation": _PAGE,
    "query_editor.terms": _JSON,
    "search.results": Operation(_types(*PAGE_FORMATS), (_SEARCHED,), problems=(400, 406)),
    "search.suggest": Operation(("application/x-suggestions+json",), (_SEARCHED,), problems=(400,)),
    "query_editor.checked": Operation(
        _types(JSON), (_QUERY, *_DATASETS), problems=(400, 403, 413, 414, 415, 503, 504)
    ),
    "shacl.validate": Operation(
        _types(*GRAPH_FORMATS, HTML), problems=(400, 404, 406, 413, 415, 422, 503, 504)
    ),
    "sparql.sparql": Operation(
        _types(HTML, *SOLUTION_FORMATS, *GRAPH_FORMATS),
        _SPARQL,
        problems=(400, 403, 406, 413, 414, 415, 422, 503, 504),
    ),
    "static": Operation(("*/*",), problems=(404,)),
    "void.well_known": Operation(_types(*GRAPH_FORMATS), problems=(406,)),
}
"""Endpoint -> what its routes take and answer with."""

_FORM: Final = {
    "type": "object",
    "properties": {p["name"]: p["schema"] | {"description": p["description"]} for p in _SPARQL},
}
_ASKED: Final = {
    "description": "A query by itself, or a form with the parameters of GET.",
    "required": True,
    "content": {
        "application/sparql-query": {"schema": {"type": "string"}},
        "application/x-www-form-urlencoded": {"schema": _FORM | {"required": ["query"]}},
    },
}
_BODIES: Final = {
    "shacl.validate": {
        "description": "RDF to validate against the shapes, or a form with it.",
        "required": True,
        "content": {
            **{format.media_type: {"schema": {"type": "string"}} for format in GRAPH_FORMATS},
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["data"],
                    "properties": {
                        "data": {"type": "string", "description": "The statements."},
                        "format": {"type": "string", "enum": [f.name for f in GRAPH_FORMATS]},
                    },
                }
            },
        },
    },
    "sparql.sparql": _ASKED,
    "query_editor.checked": _ASKED,
}
"""Endpoint -> the body that its POST takes."""

_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong and what to do."},
        "line": {"type": "integer", "description": "Where in a query, counted from 1."},
        "column": {"type": "integer"},
        "didYouMean": {"type": "array", "items": {"type": "string"}},
        "offered": {"type": "array", "items": {"type": "string"}},
        "replacedBy": {"type": "string", "format": "iri", "description": "What to use instead."},
        "retryAfter": {"type": "integer", "description": "Seconds."},
    },
}


@openapi.get("/openapi.json")
def description() -> Response:
    """Answer with this description of every route (OpenAPI 3.1)."""
    citation = cite(site().dataset)
    info: Object = {
        "title": citation.title or "Linked data",
        "version": site().server_version,
        "description": "Pages, linked data and a SPARQL 1.1 endpoint. HEAD answers as GET does. "
        "Every error has the form of RFC 9457, or is a page or plain text where asked for.",
    }
    licence = citation.licence
    if licence:
        info["license"] = {"name": licence.name or licence.iri, "url": licence.iri}
    body = {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": site().public_url}],
        "paths": _paths(current_app.url_map.iter_rules()),
        "components": {"schemas": {"Problem": _PROBLEM}},
    }
    return Response(json.dumps(body, indent=1, sort_keys=False), content_type=JSON.media_type)


def _paths(rules: Iterable[Rule]) -> Object:
    return {
        path: {
            method.lower(): _operation(rule.endpoint, method, path, parameters)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        }
        for rule in sorted(rules, key=lambda rule: rule.rule)
        for path, parameters in _described(rule)
    }


def _described(rule: Rule) -> Iterator[tuple[str, list[Object]]]:
    """The paths of a route as templates, each with the parameters in it."""
    arguments = list(_ARGUMENT.finditer(rule.rule))
    expanded = next((a for a in arguments if a["name"] == _EXPANDED and a["items"]), None)
    parameters = [_parameter(argument) for argument in arguments if argument is not expanded]
    for kind in _items(expanded) if expanded else [""]:
        path = rule.rule.replace(expanded[0], kind) if expanded else rule.rule
        yield _ARGUMENT.sub(r"{\g<name>}", path), parameters


def _parameter(argument: re.Match[str]) -> Object:
    schema: Object = {"type": "integer" if argument["converter"] == "int" else "string"}
    return {
        "name": argument["name"],
        "in": "path",
        "description": _ARGUMENTS.get(argument["name"], ""),
        "required": True,
        "schema": schema | ({"enum": _items(argument)} if argument["items"] else {}),
    }


def _items(argument: re.Match[str]) -> list[str]:
    return [item.strip(" '") for item in argument["items"].split(",")]


def _operation(endpoint: str, method: str, path: str, parameters: list[Object]) -> Object:
    known = OPERATIONS.get(endpoint, _PAGE)
    told = (current_app.view_functions[endpoint].__doc__ or "").partition("\n")[0]
    body = _BODIES.get(endpoint) if method == "POST" else None
    asked = [p for p in known.parameters if not body or p["name"] != "query"]
    found: Object = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
        "tags": [endpoint.partition(".")[0]],
        "summary": told,
        "parameters": [*parameters, *asked],
    }
    return found | ({"requestBody": body} if body else {}) | {"responses": _responses(known)}


def _responses(known: Operation) -> Object:
    content: Object = {type: {"schema": {}} for type in known.types}
    problem = {PROBLEM_JSON.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "200": {"description": "The answer, with an ETag and a date.", "content": content},
        "304": {"description": "What the client has is what there is."},
        **{str(s): {"description": HTTPStatus(s).phrase} for s in known.redirects},
        **{
            str(s): {"description": HTTPStatus(s).phrase, "content": problem}
            for s in known.problems
        },
        "default": {"description": "What holds for all routes.", "content": problem},
    }
