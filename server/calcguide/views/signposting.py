"""Signposts: where a page or a document leads, as Link headers and as elements of its head.

The relations are those of the FAIR Signposting Profile (https://signposting.org/FAIR/) and of
RFC 8288, and `canonical` (RFC 6596).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, g, request
from markupsafe import escape

from calcguide import terms
from calcguide.description.schema_org import classes
from calcguide.formats import DATASET_FORMATS, GRAPH_FORMATS, HTML, Format
from calcguide.release import release_of
from calcguide.release.citation import licence_of
from calcguide.views.site import site

_KEPT: Final = ":/?#[]@!$&'()*+,;=%~"
"""Signs that stay as they are where an IRI becomes a URI (RFC 3987, section 3.1)."""
_PAGE_TYPES: Final = {"/questions": "FAQPage", "/search": "SearchResultsPage"}
_RELEASED: Final = ("dataset", "graph")


@dataclass(frozen=True)
class Signpost:
    """A typed link; `type` is the media type of what it leads to, empty where that has none."""

    rel: str
    href: str
    type: str = ""

    def __str__(self) -> str:
        """The link as RFC 8288 writes it in a header."""
        return f'<{self.href}>; rel="{self.rel}"' + (f'; type="{self.type}"' if self.type else "")

    def __html__(self) -> str:
        """The link as an element of the head."""
        type = f' type="{escape(self.type)}"' if self.type else ""
        return f'<link rel="{escape(self.rel)}" href="{escape(self.href)}"{type}>'


def of_document(iri: str, format: Format) -> tuple[Signpost, ...]:
    """Return where the document about a thing leads: from its page to all formats, and back."""
    path = site().dataset.path(iri)
    if path is None or "#" in path:
        return (Signpost("cite-as", _uri(iri)),)
    address = site().address(path)
    own = [Signpost("canonical", f"{address}.{format.suffix}"), Signpost("cite-as", _uri(iri))]
    if format.name == HTML.name:
        described = _described_by(address)
        return (*own, *described, *_typed(iri, "AboutPage"), *_items(iri), *_of_all(path))
    page = Signpost("describes", f"{address}.{HTML.suffix}", HTML.media_type)
    return (*own, page, *_of_all(path))


def of_page(path: str) -> tuple[Signpost, ...]:
    """Return where a page that is about no one thing leads; the first page is about the dataset."""
    canonical = Signpost("canonical", site().public_url + quote(path))
    dataset = site().dataset.iri("dataset").value
    if path == "/" and site().dataset.knows(dataset):
        about = Signpost("cite-as", _uri(dataset))
        return (
            *(canonical, about, *_described_by(site().address("dataset"))),
            *(*_typed(dataset, "WebPage"), *_of_all("dataset")),
        )
    kind = "CollectionPage" if path.startswith("/browse") else _PAGE_TYPES.get(path, "WebPage")
    return (canonical, Signpost("type", terms.SCHEMA + kind), *_of_all(""))


def put_up(response: Response, signposts: Iterable[Signpost]) -> Response:
    """Give a response its Link header, and return it."""
    response.headers["Link"] = ", ".join(map(str, signposts))
    return response


def register(app: Flask) -> None:
    """Let every page of the application have signposts, in its header and for its head."""
    app.after_request(_on_pages)
    app.context_processor(lambda: {"signposts": _of_this_page})


def of_this(signposts: tuple[Signpost, ...]) -> tuple[Signpost, ...]:
    """Let the head of the page that is about to be made have these signposts, and return them."""
    g.signposts = signposts
    return signposts


def _of_this_page() -> tuple[Signpost, ...]:
    """What header and head say: of a page that is about no one thing where nothing else was set."""
    found: tuple[Signpost, ...] | None = g.get("signposts")
    return found or of_this(of_page(request.path))


def _on_pages(response: Response) -> Response:
    is_page = response.status_code == 200 and response.mimetype == HTML.media_type
    if is_page and "Link" not in response.headers:
        put_up(response, _of_this_page())
    return response


def _described_by(address: str) -> Iterator[Signpost]:
    for format in (*GRAPH_FORMATS, *DATASET_FORMATS):
        yield Signpost("describedby", f"{address}.{format.suffix}", format.media_type)


def _typed(iri: str, page: str) -> Iterator[Signpost]:
    for type in (terms.SCHEMA + page, *classes(site().dataset, iri)):
        yield Signpost("type", type)


def _items(iri: str) -> Iterator[Signpost]:
    """The downloads of a dataset or of a named graph."""
    kind, _, _ = (site().dataset.path(iri) or "").partition("/")
    release = release_of(site().dataset) if kind in _RELEASED else None
    for part in release.parts if release else ():
        for file in part.distributions if part.of.value == iri else ():
            media_type = file.content_type.partition(";")[0]
            yield Signpost("item", site().address(f"dumps/{file.name}"), media_type)


def _of_all(path: str) -> Iterator[Signpost]:
    """The licence, of its own or of the dataset, and the page of the dataset."""
    dataset = site().dataset
    whole = dataset.iri("dataset")
    licence = licence_of(dataset, dataset.iri(path)) or licence_of(dataset, whole)
    if licence:
        yield Signpost("license", _uri(licence.iri))
    if path != "dataset" and dataset.knows(whole.value):
        yield Signpost("collection", site().address(f"dataset.{HTML.suffix}"), HTML.media_type)


def _uri(iri: str) -> str:
    return quote(iri, safe=_KEPT)
