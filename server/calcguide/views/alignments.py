"""The mapping sets: each is answered under its own name, as the SSSOM file that it is."""

from typing import Final

from flask import Blueprint, Response

from calcguide.errors import NoSuchResource
from calcguide.files import read_bytes
from calcguide.views.site import site

alignments = Blueprint("alignments", __name__)

TSV: Final = "text/tab-separated-values; charset=utf-8"


@alignments.get("/alignments/<name>.sssom.tsv")
def mapping_set(name: str) -> Response:
    """Answer with the mapping set of that name; raises NoSuchResource where there is none."""
    dataset = site().dataset
    iri = dataset.iri(f"alignments/{name}.sssom.tsv").value
    if iri not in dataset.files:
        raise NoSuchResource(iri)
    return Response(read_bytes(dataset.files[iri]), content_type=TSV)
