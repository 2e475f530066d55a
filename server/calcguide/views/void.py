"""The dataset describes itself at the well-known place (VoID, section 7.2)."""

from flask import Blueprint, Response, request

from calcguide.description.partitions import describe_dataset
from calcguide.formats import GRAPH_FORMATS
from calcguide.views.negotiation import negotiate
from calcguide.views.site import site

void = Blueprint("void", __name__)


@void.get("/.well-known/void")
def well_known() -> Response:
    """Answer with the VoID description, in the RDF format accepted."""
    dataset = site().dataset
    best = negotiate(request.headers.get("Accept"), GRAPH_FORMATS)
    statements = describe_dataset(dataset, f"{site().public_url}/sparql")
    response = Response(best.write(statements, dataset.prefixes), content_type=best.content_type)
    response.vary.add("Accept")
    return response
