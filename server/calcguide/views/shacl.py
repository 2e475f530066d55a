"""`/shacl`: what a visitor posts is validated; the report as RDF, or as a page."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, abort, render_template, request

from calcguide import posted
from calcguide.errors import CalcguideError, MalformedData
from calcguide.formats import HTML, TURTLE, Format, format_of
from calcguide.posted import Judgement, Posted
from calcguide.views.negotiation import negotiate
from calcguide.views.problems import status_of
from calcguide.views.site import site

shacl = Blueprint("shacl", __name__)

_FORM: Final = "application/x-www-form-urlencoded"


@shacl.post("/shacl")
def validate() -> Response:
    """Answer RDF with the SHACL report on it, read together with the guide."""
    if not site().can_validate:
        abort(404, "These data bring no shapes, so there is nothing to validate against.")
    best = negotiate(request.headers.get("Accept"), (*posted.FORMATS, HTML))
    is_page = best.name == HTML.name
    content, format = _content()
    try:
        if not content.strip():
            raise MalformedData("There is nothing in it. Send some statements.")
        verdict = site().verdict
        known = verdict.violations if verdict else ()
        judgement = site().validate(
            Posted(
                content,
                format,
                None if is_page else best,
                tuple(replace(violation, file=None) for violation in known),
            )
        )
    except CalcguideError as error:
        if not (is_page and request.mimetype == _FORM):
            raise
        return _page(content, format, error=error)
    if is_page:
        return _page(content, format, judgement)
    return _kept_by_nobody(Response(judgement.report, content_type=best.content_type))


def _content() -> tuple[bytes, Format]:
    """What was posted, by a form or by itself, and its format."""
    if request.mimetype == _FORM:
        chosen = request.form.get("format", TURTLE.name)
        known = next((format for format in posted.FORMATS if format.name == chosen), TURTLE)
        return request.form.get("data", "").encode("utf-8", "replace"), known
    for format in posted.FORMATS:
        if request.mimetype in (format.media_type, *format.aliases):
            return request.get_data(), format_of(format.name, request.mimetype)
    offered = ", ".join(format.media_type for format in posted.FORMATS)
    return abort(415, f"Send RDF as one of {offered}, or a form with the field data.")


def _page(
    content: bytes,
    format: Format,
    judgement: Judgement | None = None,
    error: CalcguideError | None = None,
) -> Response:
    """The page with the form as it was sent, and what came of it."""
    body = render_template(
        "shacl.html",
        posted=content.decode("utf-8", "replace"),
        format=format.name,
        formats=posted.FORMATS,
        judgement=judgement,
        error=error,
    )
    response = Response(body, content_type=HTML.content_type)
    if error:
        response.status_code = status_of(error)
    return _kept_by_nobody(response)


def _kept_by_nobody(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response
