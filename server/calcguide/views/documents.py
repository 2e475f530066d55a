"""Names and documents: an IRI names the thing, IRI + suffix is a document about it."""

from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from calcguide import terms
from calcguide.errors import NoSuchResource
from calcguide.formats import DOCUMENT_FORMATS, HTML, Format
from calcguide.views.negotiation import negotiate
from calcguide.views.pages import render_thing
from calcguide.views.site import site

documents = Blueprint("documents", __name__)

_THINGS = f"any({','.join(terms.THING_KINDS)})"
_DOCUMENTS = f"any({','.join(terms.DOCUMENT_KINDS)})"


@documents.get(f"/<{_THINGS}:kind>/<path:local>")
def thing(kind: str, local: str) -> AnyResponse:
    """Answer the name of a thing with 303 to the best document, a document with itself."""
    path, format = _split_suffix(f"{kind}/{local}")
    iri = site().dataset.base + path
    if format is not None:
        return document(iri, format)
    if not site().dataset.knows(iri):
        raise NoSuchResource(iri)
    best = negotiate(request.headers.get("Accept"), DOCUMENT_FORMATS)
    response = redirect(f"{site().public_url}/{quote(path)}.{best.suffix}", 303)
    response.vary.add("Accept")
    return response


@documents.get(f"/<{_DOCUMENTS}:kind>")
@documents.get(
    f"/<{_DOCUMENTS}:kind><any('.html','.ttl','.jsonld','.nt','.rdf','.nq','.trig'):suffix>"
)
@documents.get("/graph/<local>", defaults={"kind": "graph"})
def information_resource(kind: str, local: str = "", suffix: str = "") -> Response:
    """Answer the name of a document, such as the ontology, with the document itself."""
    path, format = _split_suffix(f"{kind}/{local}" if local else kind + suffix)
    iri = site().dataset.base + path
    negotiated = format is None
    response = document(iri, format or negotiate(request.headers.get("Accept"), DOCUMENT_FORMATS))
    if negotiated:
        response.vary.add("Accept")
    return response


@documents.get("/describe")
def describe() -> Response:
    """Answer `?iri=` with a description of any resource, negotiated."""
    iri = request.args.get("iri", "")
    best = negotiate(request.headers.get("Accept"), DOCUMENT_FORMATS)
    response = document(iri, best)
    response.vary.add("Accept")
    return response


def document(iri: str, format: Format) -> Response:
    """Return the document about a resource in one format; raises NoSuchResource."""
    dataset = site().dataset
    quads = dataset.document(iri)
    if format.name == HTML.name:
        return Response(render_thing(iri), content_type=HTML.content_type)
    return Response(format.write(quads, dataset.prefixes), content_type=format.content_type)


def _split_suffix(path: str) -> tuple[str, Format | None]:
    """Return the path without a known suffix, and the format that this names."""
    stem, dot, suffix = path.rpartition(".")
    format = next((f for f in DOCUMENT_FORMATS if dot and f.suffix == suffix), None)
    return (stem, format) if format else (path, None)
