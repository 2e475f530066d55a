"""Search: results as a page, JSON or CSV; suggestions while one types (OpenSearch)."""

import csv
import io
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, Response, abort, json, render_template, request

from calcguide.formats import CSV, HTML, JSON, PAGE_FORMATS
from calcguide.search import LONGEST, Found, Results, index
from calcguide.views.negotiation import negotiate
from calcguide.views.pages import href
from calcguide.views.parameters import asked
from calcguide.views.site import site

search = Blueprint("search", __name__)

_MOST_SUGGESTED: Final = 10
_MOST_OPTIONS: Final = 1_000
"""Names that the page suggests from; with more, it would be too heavy."""
_COLUMNS: Final = ("iri", "label", "class", "definition", "why", "matched", "page")


@search.get("/search")
@search.get("/search.<any(json, csv):suffix>")
def results(suffix: str = "") -> Response:
    """Answer `?q=` with what fits it, the best first."""
    query = _query()
    found = index(site().dataset).find(_own(query))
    chosen = next((format for format in PAGE_FORMATS if format.suffix == suffix), None)
    best = chosen or negotiate(request.headers.get("Accept"), PAGE_FORMATS)
    response = Response(_WRITERS[best.name](query, found), content_type=best.content_type)
    if not chosen:
        response.vary.add("Accept")
    return response


@search.get("/suggest")
def suggest() -> Response:
    """Answer `?q=` with names that begin so: the query, the names, definitions, addresses."""
    query = _query()
    found = index(site().dataset).complete(query, _MOST_SUGGESTED)
    suggested = [
        query,
        [thing.matched for thing in found],
        [thing.summary for thing in found],
        [_page(thing) for thing in found],
    ]
    return Response(json.dumps(suggested), content_type="application/x-suggestions+json")


def _query() -> str:
    query = asked().get("q", "")
    if len(query) > LONGEST:
        abort(400, f"The words to search for may have {LONGEST} characters.")
    return query


def _own(query: str) -> str:
    """The query; where it is an address at this server, the IRI of the thing that is there."""
    here = site().public_url + "/"
    written = query.strip()
    return site().dataset.base + written.removeprefix(here) if written.startswith(here) else query


def _page(thing: Found) -> str:
    """The full address of the page about a thing."""
    target = href(thing.name.iri or "") or ""
    return site().public_url + target if target.startswith("/") else target


def _row(thing: Found) -> dict[str, str | None]:
    return {
        "iri": thing.name.iri,
        "label": thing.name.label,
        "class": "; ".join(kind.label for kind in thing.kinds),
        "definition": thing.summary,
        "why": thing.why,
        "matched": thing.matched,
        "page": _page(thing),
    }


def _as_page(query: str, found: Results) -> str:
    return render_template(
        "search.html",
        query=_shown(query),
        results=found,
        options=index(site().dataset).names(_MOST_OPTIONS),
        whole=index(site().dataset).whole,
    )


def _as_json(query: str, found: Results) -> str:
    return json.dumps(
        {
            "query": query,
            "results": [_row(thing) for thing in found.found],
            "complete": found.complete,
            "near": [near.label for near in found.near],
        },
        sort_keys=False,
    )


def _as_csv(_: str, found: Results) -> str:
    table = io.StringIO()
    writer = csv.DictWriter(table, _COLUMNS)
    writer.writeheader()
    writer.writerows(_row(thing) for thing in found.found)
    return table.getvalue()


def _shown(query: str) -> str:
    """The query without characters that would show nothing, or turn the text around."""
    return "".join(c for c in query if unicodedata.category(c)[0] != "C")


_WRITERS: Final[Mapping[str, Callable[[str, Results], str]]] = {
    HTML.name: _as_page,
    JSON.name: _as_json,
    CSV.name: _as_csv,
}
