"""Every kind of page, found in the routes and in the store, so that a new one is tested unasked."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from pyoxigraph import NamedNode, Store

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.description.listings import BROWSE
from calcguide.description.naming import calc
from calcguide.settings import Settings

_NO_PAGES: Final = (
    *("openapi", "discovery", "graph_store", "health", "query_editor", "void", "static"),
    "alignments",
)
"""Blueprints that answer programs alone."""
_NOT_PAGES: Final = ("/context.jsonld", "/describe", "/sparql/check", "/suggest")
"""Paths that answer programs alone, or answer only with parameters."""

_DOCUMENTS: Final = ("ontology", "shapes", "queries", "dataset")
THINGS: Final = (
    *(f"id of class {local}" for local in BROWSE.values()),
    *(kind for kind in terms.THING_KINDS if kind != "id"),
    "graph",
)
"""What `path_of` finds the fullest page of."""
ASKED: Final = {
    "/?place=kidney": 200,
    "/compare?sort=kind&place=kidney": 200,
    "/compare?grade=high&place=skin": 200,
    "/compare?place=nowhere": 400,
    "/search?q=stone": 200,
    "/search?q=qqqqqq": 200,
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E": 200,
    "/sparql?query=SELECT%20*%20%7B%3Fs%20a%20%3Fo%7D%20LIMIT%2020": 200,
    "/sparql?query=SELECT%20*%20%7B%3Fs%20a%20calc%3ANothing%7D": 200,
    "/sparql?query=ASK%20%7B%7D": 200,
    "/sparql?query=DESCRIBE%20id%3Aeswt": 200,
    "/sparql?query=SELECT%20%2A%20%7B": 400,
    "/id/nothing": 404,
    "/id/calcific-tendonitiss": 404,
    "/search?q=" + "a" * 600: 400,
    "/shacl": 405,
    "/graph-store?graph=nowhere": 400,
    "/nothing": 404,
    "/browse/planets": 404,
}
"""Paths with parameters, and mistakes -> the status they are answered with."""


def _routes() -> Iterator[str]:
    empty = create_app(Dataset(Store(), terms.BASE), Settings.read({}))
    for rule in empty.url_map.iter_rules():
        listed = not rule.arguments and "GET" in (rule.methods or ())
        if listed and rule.endpoint.split(".")[0] not in _NO_PAGES and rule.rule not in _NOT_PAGES:
            yield rule.rule


FIXED: Final = (
    *sorted(_routes()),
    *(f"/{kind}.html" for kind in _DOCUMENTS),
    *(f"/browse/{slug}" for slug in BROWSE),
)
"""Paths of the pages that every guide has."""


def path_of(dataset: Dataset, thing: str) -> str:
    """Return the path of the page of the thing of a kind (see `THINGS`) that most is stated of.

    Raises ValueError where the dataset has no such thing.
    """
    kind, _, local = thing.partition(" of class ")
    typed = dataset.store.quads_for_pattern(
        None, terms.RDF_TYPE, calc(local) if local else None, None
    )
    found = {quad.subject for quad in typed}
    paths = {
        path: node
        for node in found
        if isinstance(node, NamedNode) and (path := dataset.path(node.value) or "")
        if path.split("/")[0] == kind
    }
    fullest = max(sorted(paths), key=lambda path: _mentions(dataset, paths[path]))
    return f"/{quote(fullest)}.html"


def _mentions(dataset: Dataset, node: NamedNode) -> int:
    forth = dataset.store.quads_for_pattern(node, None, None, None)
    back = dataset.store.quads_for_pattern(None, None, node, None)
    return sum(1 for _ in forth) + sum(1 for _ in back)
