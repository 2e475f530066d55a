"""The pages: home, questions, about, validation, and a page about any one thing."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, abort, render_template, request
from flask.blueprints import BlueprintSetupState
from jinja2 import StrictUndefined
from markupsafe import Markup, escape
from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description import schema_org
from calcguide.description.constraints import describe_constraints
from calcguide.description.entity import describe_entity
from calcguide.description.home import describe_home, is_guide, overview
from calcguide.description.listings import browse_page, contents, describe_source, questions
from calcguide.description.matches import describe_alignments
from calcguide.description.naming import (
    Name,
    calc,
    in_sentence,
    last_part,
    name,
    site_name,
    summary,
    text,
    types_of,
)
from calcguide.description.paging import MOST_PAGES, Paging
from calcguide.description.partitions import count_default_graph
from calcguide.description.records import (
    describe_claim,
    describe_passage,
    describe_plainly,
    describe_question,
    describe_section,
)
from calcguide.description.statements import Statement
from calcguide.description.vocabulary import describe_vocabulary
from calcguide.description.worked_questions import describe_query, topics
from calcguide.formats import DOCUMENT_FORMATS, GRAPH_FORMATS, HTML
from calcguide.posted import FORMATS
from calcguide.release import cite, release_of
from calcguide.views.negotiation import negotiate
from calcguide.views.parameters import asked
from calcguide.views.site import site
from calcguide.words import counted

pages = Blueprint("pages", __name__)

_PUBLICATIONS: Final[dict[str, tuple[str, Callable[[Dataset], Any]]]] = {
    "ontology": ("ontology.html", describe_vocabulary),
    "shapes": ("shapes.html", describe_constraints),
}
"""Path of a document -> its template and description."""
_LISTED: Final = ("graph", "queries")
"""First path segments of documents that are shown as lists of what they hold."""

_DESCRIBERS: Final[dict[str, tuple[str, Callable[[Dataset, str, Paging], Any]]]] = {
    terms.CALC + "Claim": ("claim.html", describe_claim),
    terms.CALC + "Passage": ("passage.html", describe_passage),
    terms.CALC + "Section": ("section.html", describe_section),
    terms.CALC + "Question": ("question.html", describe_question),
    terms.CALC + "Entity": ("entity.html", describe_entity),
}
"""Class -> the template and the description of its members; all others get a plain page."""


@pages.get("/")
def home() -> Response:
    """Answer browsers with the home page, linked-data clients with 303 to the dataset."""
    best = negotiate(request.headers.get("Accept"), DOCUMENT_FORMATS)
    if best.name == HTML.name:
        response = Response(render_home(), content_type=HTML.content_type)
    else:
        response = Response(status=303)
        response.location = f"{site().public_url}/dataset.{best.suffix}"
    response.vary.add("Accept")
    return response


def render_home() -> str:
    """Return the home page: the guide's answers, or an overview of other people's data."""
    dataset = site().dataset
    page = describe_home(dataset, asked().get("place", ""))
    if page is None:
        return render_template("overview.html", page=overview(dataset))
    described = schema_org.describe_dataset(dataset, site().public_url + "/")
    return render_template("home.html", page=page, structured=[described])


def render_thing(iri: str) -> str:
    """Return the page about any resource: of its class, of the document that it is, or plain."""
    dataset = site().dataset
    kind, _, local = (dataset.path(iri) or "").partition("/")
    if kind in _PUBLICATIONS and not local:
        template, publish = _PUBLICATIONS[kind]
        return render_template(template, page=publish(dataset), **_links(iri))
    listings = contents(dataset, dataset.graph(local or kind)) if kind in _LISTED else ()
    if listings:
        node = NamedNode(iri)
        return render_template(
            "document.html",
            name=name(dataset, node),
            summary=summary(dataset, node) or summary(dataset, dataset.graph(local or kind)),
            listings=listings,
            **_links(iri),
        )
    if worked := describe_query(dataset, iri):
        return render_template("query.html", page=worked, **_links(iri))
    types, paging = types_of(dataset, NamedNode(iri)), paging_asked()
    for type, (template, describe) in _DESCRIBERS.items():
        if type in types:
            page = describe(dataset, iri, paging)
            return render_template(template, page=page, paging=paging, **_links(iri))
    page = describe_plainly(dataset, iri, paging)
    if iri == dataset.iri("dataset").value:
        published = _published(dataset)
        return render_template("dataset.html", page=page, paging=paging, **published, **_links(iri))
    return render_template("plain.html", page=page, paging=paging, **_links(iri))


def paging_asked() -> Paging:
    """Return which page the address asks for, by `?page=`; answers 404 where there can be none."""
    given = asked().get("page", "1")
    if not given.isdecimal() or not 1 <= int(given[:9]) <= MOST_PAGES:
        abort(404, f"There is no page {given!r}. Pages are counted from 1 to {MOST_PAGES}.")
    return Paging(int(given))


def _published(dataset: Dataset) -> dict[str, Any]:
    """What the page of the dataset shows beside its statements: see `describe_as_published`."""
    counts = count_default_graph(dataset)
    return {
        "endpoint": f"{site().public_url}/sparql",
        "release": release_of(dataset),
        "citation": cite(dataset),
        "counts": counts,
        "classes": [(name(dataset, term), count) for term, count in counts.classes.items()],
        "properties": [(name(dataset, term), count) for term, count in counts.properties.items()],
    }


@pages.get("/questions")
def question_list() -> str:
    """The questions with their short answers, and those that queries answer."""
    dataset = site().dataset
    described = schema_org.describe_questions(dataset, site().address("questions"))
    return render_template(
        "questions.html",
        questions=questions(dataset),
        topics=topics(dataset),
        structured=[described],
    )


@pages.get("/about")
def about() -> str:
    """What the source is, what the marks mean, what is in which graph."""
    dataset = site().dataset
    return render_template(
        "about.html",
        page=describe_source(dataset),
        alignments=describe_alignments(dataset),
        limits=site().limits,
    )


@pages.get("/accessibility")
def accessibility() -> str:
    """How everyone can use the pages, how that is tested, and what is not good enough yet."""
    return render_template("accessibility.html")


@pages.get("/validation")
def validation() -> str:
    """What was checked when the data were validated, and with what result."""
    found, dataset = site().verdict, site().dataset
    page = describe_constraints(dataset)
    by_rule = Counter(result.source_shape for result in found.violations) if found else Counter()
    return render_template(
        "validation.html",
        verdict=found,
        page=page,
        by_rule=by_rule,
        can_validate=site().can_validate,
        shacl_url=site().address("shacl"),
        formats=FORMATS,
    )


def _links(iri: str) -> dict[str, Any]:
    """The Linked data box: the IRI, the document in each format, a query about it."""
    dataset = site().dataset
    path = (dataset.path(iri) or "") if "#" not in iri else ""
    query, address = f"DESCRIBE <{iri}>", f"/{quote(path)}"
    formats = [
        (
            format,
            f"{address}.{format.suffix}"
            if path
            else "/sparql?" + urlencode({"query": query, "format": format.name}),
        )
        for format in GRAPH_FORMATS
    ]
    return {
        "iri": iri,
        "formats": formats,
        "query_url": query_url(query),
        "structured": _structured(iri),
        "browse_page": browse_page(dataset, NamedNode(iri)),
        "cited": _cited(iri),
    }


def _cited(iri: str) -> str:
    """How to cite the page of a thing, in one line; empty where the dataset has no title."""
    dataset = site().dataset
    citation = cite(dataset)
    if not citation.title:
        return ""
    if iri == citation.iri:
        return citation.sentence
    return citation.of_part(name(dataset, NamedNode(iri)).label, iri)


def _structured(iri: str) -> list[schema_org.Node]:
    """What the page about a thing says in the vocabulary of schema.org."""
    dataset = site().dataset
    url = site().address(f"{dataset.path(iri) or ''}.html")
    if iri == dataset.iri("dataset").value:
        return [schema_org.describe_dataset(dataset, url, _downloads(dataset))]
    kind = schema_org.describe_kind(dataset, iri, url)
    return [kind] if kind else []


def _downloads(dataset: Dataset) -> list[schema_org.Node]:
    release = release_of(dataset)
    return [
        schema_org.describe_download(
            site().address(f"dumps/{file.name}"), part.title, file.content_type, file.size
        )
        for part in (release.parts if release else ())
        for file in part.distributions
        if part.of == dataset.iri("dataset")
    ]


@pages.app_template_filter()
def breadcrumbs(trail: list[tuple[str, str]], here: str) -> schema_org.Node:
    """Return the way to a page, in the vocabulary of schema.org."""
    home = site().public_url
    steps = [(label, home + url if url.startswith("/") else url) for label, url in trail]
    return schema_org.breadcrumbs(steps, here)


@pages.app_template_filter()
def link(name: Name) -> Markup:
    """Return the name as a link to where a page links for it, as plain text where that is nowhere.

    A filter, since a page has dozens of links and a macro takes twice as long.
    """
    target = href(name.iri) if name.iri else None
    label = escape(name.label)
    if target is None:
        return Markup(f"<span>{label}</span>")  # noqa: S704 - it is escaped
    elsewhere = "" if target.startswith("/") else ' rel="noopener external"'
    return Markup(f'<a href="{escape(target)}"{elsewhere}>{label}</a>')  # noqa: S704 - both are


@pages.app_template_filter()
def href(iri: str) -> str | None:
    """Return where a page links for an IRI: our own page of it, else the web address it is."""
    return _href(site().dataset, iri)


@lru_cache(maxsize=5_000)
def _href(dataset: Dataset, iri: str) -> str | None:
    path = dataset.path(iri)
    if path is not None:
        return "/" + quote(path, safe="/#")
    if iri.startswith(terms.CALC) and is_guide(dataset):
        return "/ontology#" + quote(iri.removeprefix(terms.CALC))
    if not is_guide(dataset) and dataset.knows(iri):
        return "/describe?" + urlencode({"iri": iri})
    return iri if iri.startswith(("http://", "https://")) else None


@pages.app_template_filter()
@lru_cache(maxsize=500)
def query_url(query: str) -> str:
    """Return where the query page has a query and its answer; kept: pages link to the same."""
    return "/sparql?" + urlencode({"query": query})


@pages.app_template_filter()
def at_page(number: int) -> str:
    """Return where another page of what is asked for is, from here."""
    return "?" + urlencode({**asked(), "page": number})


@pages.app_template_filter()
def address(iri: str) -> str:
    """Return the full address at which this server answers for an IRI."""
    path = site().dataset.path(iri)
    return site().address(path) if path is not None else iri


@pages.app_template_filter()
def slug(iri: str) -> str:
    """Return the last part of an IRI, by which an address chooses the thing."""
    return last_part(iri)


@pages.app_template_filter()
def local(iri: str) -> str:
    """Return what stands behind the number sign of a vocabulary term, such as `denied`."""
    return iri.rsplit("#", 1)[-1]


@pages.app_template_filter()
def capitalized(label: str) -> str:
    """Return the label with a capital letter in front and the rest as it is."""
    return label[:1].upper() + label[1:]


@pages.app_template_filter()
def compact(iri: str) -> str:
    """Return the IRI with a prefix, where one fits."""
    return _compact(site().dataset, iri)


_compact = lru_cache(maxsize=5_000)(Dataset.compact)


@pages.app_template_filter()
def expanded(name: str) -> str | None:
    """Return where a page links for a name with a prefix; None for what is not known here."""
    dataset = site().dataset
    prefix, _, local = name.partition(":")
    iri = dataset.prefixes.get(prefix, "") + local
    known = prefix in dataset.prefixes and dataset.knows(iri)
    return href(iri) if known else None


@pages.app_template_filter()
def triple(statement: Statement) -> str:
    """Return the statement as tests look for it in the markup: subject, predicate, object."""
    dataset = site().dataset
    ends = (statement.subject, statement.predicate, statement.object)
    return " ".join(_compact(dataset, e.iri) if e.iri else f'"{e.label}"' for e in ends)


pages.add_app_template_filter(in_sentence)
pages.add_app_template_filter(counted)


@pages.app_context_processor
def _on_every_page() -> dict[str, Any]:
    found = site()
    settled = _settled(found.dataset)
    return {**settled, "checked": found.verdict, "contact": found.settings["contact"]}


@lru_cache(maxsize=4)
def _settled(dataset: Dataset) -> dict[str, Any]:
    """What every page says of its dataset, which does not change."""
    described = dataset.iri("dataset")
    return {
        "guide": is_guide(dataset),
        "site_name": site_name(dataset),
        "disclaimer": text(dataset, described, calc("disclaimer").value),
        "version": text(dataset, described, terms.OWL + "versionInfo"),
        "licence": dataset.value(described, NamedNode(terms.DCT + "license")),
    }


@pages.record_once
def _strict(state: BlueprintSetupState) -> None:
    """A name that a template misspells is an error, not an empty place."""
    state.app.jinja_env.undefined = StrictUndefined
