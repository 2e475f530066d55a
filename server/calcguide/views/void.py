"""The dataset describes itself at the well-known place (VoID, section 7.2)."""

from flask import Blueprint, Response, request
from pyoxigraph import Quad

from calcguide.formats import GRAPH_FORMATS
from calcguide.release import describe_as_published
from calcguide.views.negotiation import negotiate
from calcguide.views.site import site

void = Blueprint("void", __name__)


@void.get("/.well-known/void")
def well_known() -> Response:
    """Answer with the description of the dataset, in the RDF format accepted."""
    dataset = site().dataset
    best = negotiate(request.headers.get("Accept"), GRAPH_FORMATS)
    stated = dataset.graph_document(dataset.graph("dataset"))
    body = best.write([*stated, *as_published()], dataset.context)
    response = Response(body, content_type=best.content_type)
    response.vary.add("Accept")
    return response


def as_published() -> list[Quad]:
    """Return what this server adds to the description of its dataset, at its public address."""
    return describe_as_published(site().dataset, site().public_url, site().settings["contact"])
