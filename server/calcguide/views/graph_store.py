"""The read side of the SPARQL 1.1 Graph Store HTTP Protocol: `?graph=IRI` or `?default`."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request
from pyoxigraph import DefaultGraph, NamedNode

from calcguide.errors import NoSuchResource
from calcguide.formats import GRAPH_FORMATS
from calcguide.views.negotiation import negotiate
from calcguide.views.parameters import asked
from calcguide.views.site import site

graph_store = Blueprint("graph_store", __name__)


@graph_store.get("/graph-store")
def graph() -> Response:
    """Answer with one whole graph (section 5.2); indirect identification only (section 4.2)."""
    dataset = site().dataset
    name = _graph_name()
    if isinstance(name, NamedNode) and not dataset.store.contains_named_graph(name):
        raise NoSuchResource(name.value)
    best = negotiate(request.headers.get("Accept"), GRAPH_FORMATS)
    body = best.write(dataset.graph_document(name), dataset.context)
    response = Response(body, content_type=best.content_type)
    response.vary.add("Accept")
    return response


def _graph_name() -> NamedNode | DefaultGraph:
    given = asked()
    named = given.getlist("graph")
    if ("default" in given) == bool(named) or len(named) > 1:
        abort(
            400, "Name one graph, with ?graph= and its IRI, or ask for the default one: ?default."
        )
    if not named:
        return DefaultGraph()
    if not urlsplit(named[0]).scheme:
        abort(400, f"The graph {named[0]!r} is not an absolute IRI.")
    try:
        return NamedNode(named[0])
    except ValueError:
        abort(400, f"The graph {named[0]!r} is not an IRI.")
