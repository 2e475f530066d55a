"""The comparison of the graded kinds: as page, JSON or CSV, in the order and as far as asked."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, json, render_template, request

from calcguide.description.comparison import USUAL, Comparison, compare
from calcguide.description.home import is_guide
from calcguide.description.naming import last_part
from calcguide.formats import CSV, HTML, JSON, PAGE_FORMATS
from calcguide.release.tables import comparison as table_of
from calcguide.views.negotiation import negotiate
from calcguide.views.site import site

comparing = Blueprint("comparing", __name__)

_HIGHEST_FIRST: Final = ("grade",)
"""Orders that run downwards unless they are turned round."""


@comparing.get("/compare")
@comparing.get("/compare.<any(json, csv):suffix>")
def comparison(suffix: str = "") -> Response:
    """Answer with the graded kinds side by side: `?sort=`, `?place=` and `?grade=` choose."""
    dataset = site().dataset
    if not is_guide(dataset):
        abort(404, "These are other people's data. There is nothing to compare here.")
    asked = [request.args.get(name, "") for name in ("sort", "place", "grade")]
    try:
        found = compare(dataset, *asked)
    except LookupError as error:
        abort(400, str(error.args[0]))
    chosen = next((format for format in PAGE_FORMATS if format.suffix == suffix), None)
    best = chosen or negotiate(request.headers.get("Accept"), PAGE_FORMATS)
    response = Response(_WRITERS[best.name](found), content_type=best.content_type)
    if not chosen:
        response.vary.add("Accept")
    return response


def _as_page(found: Comparison) -> str:
    return render_template(
        "compare.html", page=found, address=_address, asked=_asked(found), direction=_direction
    )


def _as_json(found: Comparison) -> str:
    asked = {name: value or None for name, value in _asked(found).items()}
    return json.dumps(
        asked | {"rows": table_of(site().dataset, found.rows).records}, sort_keys=False
    )


def _as_csv(found: Comparison) -> bytes:
    return table_of(site().dataset, found.rows).csv


def _asked(found: Comparison) -> dict[str, str]:
    """What was asked, by the names of the parameters; the empty string for what was not."""
    return {
        "sort": found.order,
        "place": last_part(found.place.iri or "") if found.place else "",
        "grade": last_part(found.grade.iri or "") if found.grade else "",
    }


def _address(found: Comparison, suffix: str = "", sort: str = "") -> str:
    """The address of this comparison, in another format, or in another order."""
    asked = _asked(found) | {"sort": sort or found.order}
    usual = {"sort": USUAL, "place": "", "grade": ""}
    asked = {name: value for name, value in asked.items() if value != usual[name]}
    return f"/compare{suffix}" + (f"?{urlencode(asked)}" if asked else "")


def _direction(found: Comparison, order: str) -> str:
    """How a column is sorted, in the words of aria-sort; empty where it is not."""
    if found.order.removeprefix("-") != order:
        return ""
    downwards = found.order.startswith("-") != (order in _HIGHEST_FIRST)
    return "descending" if downwards else "ascending"


_WRITERS: Final[Mapping[str, Callable[[Comparison], str | bytes]]] = {
    HTML.name: _as_page,
    JSON.name: _as_json,
    CSV.name: _as_csv,
}
