"""Browse pages: the tree and the letters; the members of one class as page, JSON or CSV."""

import csv
import io
from typing import Final

from flask import Blueprint, Response, abort, json, render_template

from calcguide.description.hierarchy import by_letter, tree
from calcguide.description.listings import BROWSE, Entry, Listing, browse, describe_source
from calcguide.formats import CSV, JSON
from calcguide.views.pages import href
from calcguide.views.site import site

browsing = Blueprint("browsing", __name__)

_COLUMNS: Final = ("iri", "label", "synonyms", "definition", "page")


@browsing.get("/browse")
def index() -> str:
    """The classes of entities as a tree with their counts, and every name by letter."""
    dataset = site().dataset
    return render_template(
        "browse_index.html",
        branches=tree(dataset),
        letters=by_letter(dataset),
        sources=describe_source(dataset).guides,
        has_queries=dataset.knows(dataset.iri("queries").value),
    )


@browsing.get("/browse/<kind>")
def members(kind: str) -> str:
    """The members of one class."""
    return render_template("browse.html", slug=kind, listing=_listing(kind))


@browsing.get("/browse/<kind>.<any(json, csv):suffix>")
def table(kind: str, suffix: str) -> Response:
    """The members of one class as a table."""
    found = _listing(kind)
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


def _listing(kind: str) -> Listing:
    if kind not in BROWSE:
        abort(404, f"There is no browse page {kind}. There are: {', '.join(BROWSE)}.")
    return browse(site().dataset, kind)


def _row(entry: Entry) -> dict[str, str | list[str] | None]:
    target = href(entry.name.iri or "") or ""
    return {
        "iri": entry.name.iri,
        "label": entry.name.label,
        "synonyms": list(entry.synonyms),
        "definition": entry.summary,
        "page": site().public_url + target if target.startswith("/") else target,
    }
