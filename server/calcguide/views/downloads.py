"""The downloads: a page that lists them, and each file."""

from flask import Blueprint, Response, abort, render_template, request

from calcguide.description.naming import example
from calcguide.release import Release, cite, release_of
from calcguide.views.completion import offer
from calcguide.views.site import site

downloads = Blueprint("downloads", __name__)


@downloads.get("/data")
def data() -> str:
    """The page of the downloads: formats, sizes, checksums, licence, how to cite."""
    dataset = site().dataset
    return render_template(
        "data.html", release=_release(), citation=cite(dataset), example=example(dataset)
    )


@downloads.get("/dumps/<name>")
def dump(name: str) -> Response:
    """Answer with one file of the release."""
    files = {file.name: file for file in _release().files}
    file = files.get(name)
    if file is None:
        abort(404, f"There is no download {name}. The page /data lists all there are.")
    response = Response(file.body, content_type=file.content_type)
    response.set_etag(file.sha256)
    if f"{name}.gz" in files:
        offer(request.environ, files[f"{name}.gz"].body)
    return response


def _release() -> Release:
    found = release_of(site().dataset)
    if found is None:
        abort(404, "These are other people's data. There is nothing to download here.")
    return found
