"""Names and documents: an IRI names the thing, IRI + suffix is a document about it."""

import json
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from pyoxigraph import NamedNode
from werkzeug.wrappers import Response as AnyResponse

from calcguide import terms
from calcguide.errors import NoSuchResource, NotAcceptable
from calcguide.formats import DATASET_FORMATS, DOCUMENT_FORMATS, HTML, JSON_LD, Format
from calcguide.views.negotiation import negotiate
from calcguide.views.pages import render_thing
from calcguide.views.parameters import asked
from calcguide.views.problems import problem
from calcguide.views.signposting import of_document, of_this, put_up
from calcguide.views.site import site
from calcguide.views.void import as_published

documents = Blueprint("documents", __name__)

_VERSION_IRI: Final = NamedNode(terms.OWL + "versionIRI")
_THINGS = f"any({','.join(terms.THING_KINDS)})"
_DOCUMENTS = f"any({','.join(terms.DOCUMENT_KINDS)})"
_SINGLE = f"any({','.join(kind for kind in terms.DOCUMENT_KINDS if kind != 'graph')})"


@documents.get(f"/<{_THINGS}:kind>/<path:local>")
def thing(kind: str, local: str) -> AnyResponse:
    """Answer the name of a thing with 303 to the best document, a document with itself.

    A name out of use is answered with 301 to the name that replaces it.
    """
    path, format = _split_suffix(f"{kind}/{local}")
    iri = site().dataset.base + path
    if format is not None:
        return document(iri, format)
    if not site().dataset.knows(iri):
        raise NoSuchResource(iri)
    successor = site().dataset.successor(iri)
    if successor is not None:
        return _moved(iri, successor)
    best = negotiate(request.headers.get("Accept"), DOCUMENT_FORMATS)
    response = redirect(f"{site().public_url}/{quote(path)}.{best.suffix}", 303)
    response.vary.add("Accept")
    return response


@documents.get(f"/<{_SINGLE}:kind>")
@documents.get(
    f"/<{_SINGLE}:kind><any('.html','.ttl','.jsonld','.nt','.rdf','.nq','.trig'):suffix>"
)
@documents.get(f"/<{_DOCUMENTS}:kind>/<local>")
def information_resource(kind: str, local: str = "", suffix: str = "") -> Response:
    """Answer the name of a document, such as the ontology, with the document itself.

    The name of its current version answers as it does; that of another version is not found.
    """
    path, format = _split_suffix(f"{kind}/{local}" if local else kind + suffix)
    return document(_unversioned(site().dataset.base + path), format)


@documents.get("/context.jsonld")
def context() -> Response:
    """Answer with the JSON-LD context of which each document embeds what it uses."""
    written = json.dumps({"@context": site().dataset.context.definitions()}, indent=1) + "\n"
    return Response(written, content_type=JSON_LD.content_type)


@documents.get("/describe")
def describe() -> Response:
    """Answer `?iri=` with a description of any resource, negotiated."""
    return document(asked().get("iri", ""))


def document(iri: str, format: Format | None = None) -> Response:
    """Return the document about a resource in one format, negotiated where none is given.

    Raises NoSuchResource, Withdrawn, NotAcceptable, in this order.
    """
    chosen = format or _negotiated(iri)
    site().dataset.confirm(iri)
    signposts = of_this(of_document(iri, chosen))
    response = Response(content(iri, chosen), content_type=chosen.content_type)
    if format is None:
        response.vary.add("Accept")
    return put_up(response, signposts)


def content(iri: str, format: Format) -> str | bytes:
    """Return what the document about a resource that there is holds; raises DocumentTooLarge."""
    dataset = site().dataset
    if format.name == HTML.name:
        return render_thing(iri)
    quads = dataset.document(iri)
    if iri == dataset.iri("dataset").value:
        quads += as_published()
    if format in DATASET_FORMATS:
        quads += dataset.repeated(quads)
    return format.write(quads, dataset.context)


def _negotiated(iri: str) -> Format:
    try:
        return negotiate(request.headers.get("Accept"), DOCUMENT_FORMATS)
    except NotAcceptable:
        site().dataset.confirm(iri)  # what there is not is not found, whatever is accepted
        raise


def _moved(iri: str, successor: str) -> Response:
    """Say for good that another name is to be used; a client may keep that, and ask again."""
    path = site().dataset.path(successor)
    response = problem(
        HTTPStatus.MOVED_PERMANENTLY,
        f"<{iri}> is out of use. The name to use is <{successor}>.",
        {"replacedBy": successor},
    )
    response.location = successor if path is None else site().address(path)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _unversioned(iri: str) -> str:
    """Return the IRI of the document that states `iri` as its owl:versionIRI, else `iri`."""
    dataset = site().dataset
    try:
        found = dataset.store.quads_for_pattern(None, _VERSION_IRI, NamedNode(iri), None)
    except ValueError as error:
        raise NoSuchResource(iri) from error
    named = (quad.subject.value for quad in found if isinstance(quad.subject, NamedNode))
    return next(named, iri)


def _split_suffix(path: str) -> tuple[str, Format | None]:
    """Return the path without a known suffix, and the format that this names."""
    stem, dot, suffix = path.rpartition(".")
    format = next((f for f in DOCUMENT_FORMATS if dot and f.suffix == suffix), None)
    return (stem, format) if format else (path, None)
