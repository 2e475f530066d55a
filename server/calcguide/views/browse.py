"""Browse pages: the tree and the letters; the members of one class as page, JSON or CSV."""

import csv
import io
from typing import Final

from flask import Blueprint, Response, abort, json, render_template

from calcguide.description.hierarchy import by_letter, tree
from calcguide.description.listings import BROWSE, Entry, Listing, browse, describe_source
from calcguide.description.paging import Paging
from calcguide.formats import CSV, JSON
from calcguide.views.pages import href, paging_asked
from calcguide.views.site import site

browsing = Blueprint("browsing", __name__)

_LONGEST_TABLE: Final = 5_000
"""Rows of a table."""
_COLUMNS: Final = ("iri", "label", "synonyms", "definition", "page")


@browsing.get("/browse")
def index() -> str:
    """The classes of entities as a tree with their counts, and every name by letter."""
    dataset = site().dataset
    letters = by_letter(dataset)
    return render_template(
        "browse_index.html",
        branches=tree(dataset),
        letters=letters,
        sources=describe_source(dataset).guides,
        has_queries=dataset.knows(dataset.iri("queries").value),
    )


@browsing.get("/browse/<kind>")
def members(kind: str) -> str:
    """The members of one class."""
    paging = paging_asked()
    return render_template("browse.html", slug=kind, listing=_listing(kind, paging), paging=paging)


@browsing.get("/browse/<kind>.<any(json, csv):suffix>")
def table(kind: str, suffix: str) -> Response:
    """The members of one class as a table, all of them; 413 where they are too many."""
    found = _listing(kind, Paging(length=_LONGEST_TABLE))
    if suffix == JSON.suffix:
        body = {
            "class": found.title.iri,
            "label": found.title.label,
            "definition": found.summary,
            "members": [_row(entry) for entry in found.entries],
        }
        text = json.dumps(body, sort_keys=False)
        return Response(text, content_type=JSON.content_type)
    output = io.StringIO()
    writer = csv.DictWriter(output, _COLUMNS)
    writer.writeheader()
    for entry in found.entries:
        writer.writerow(_row(entry) | {"synonyms": "|".join(entry.synonyms)})
    return Response(output.getvalue(), content_type=CSV.content_type)


def _listing(kind: str, paging: Paging) -> Listing:
    if kind not in BROWSE:
        abort(404, f"There is no browse page {kind}. There are: {', '.join(BROWSE)}.")
    return browse(site().dataset, kind, paging)


def _row(entry: Entry) -> dict[str, str | list[str] | None]:
    target = href(entry.name.iri or "") or ""
    return {
        "iri": entry.name.iri,
        "label": entry.name.label,
        "synonyms": list(entry.synonyms),
        "definition": entry.summary,
        "page": site().public_url + target if target.startswith("/") else target,
    }
