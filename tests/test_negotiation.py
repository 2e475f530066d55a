"""Content negotiation follows RFC 9110, section 12.5.1."""

import pytest

from calcguide.errors import NotAcceptable
from calcguide.formats import DOCUMENT_FORMATS, SOLUTION_FORMATS
from calcguide.views.negotiation import negotiate

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "html"),
        ("", "html"),
        ("*/*", "html"),
        (BROWSER, "html"),
        ("text/turtle", "ttl"),
        ("TEXT/Turtle", "ttl"),
        ("text/turtle;charset=utf-8", "ttl"),
        ("text/turtle;q=0.5, application/ld+json", "jsonld"),
        ("text/turtle;q=0.5, application/ld+json;q=0.4", "ttl"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ("application/json", "jsonld"),
        ("text/*", "html"),
        ("text/*, text/html;q=0", "ttl"),
        ("text/*;q=0.5, text/html;q=0.1", "ttl"),
        ("*/*;q=0.1, application/rdf+xml;q=0.2", "rdf"),
        ("application/n-triples", "nt"),
        ("application/xml", "rdf"),
        ("image/png, application/trig", "trig"),
        ("text/turtle;q=0, */*", "html"),
        ("text/html;q=0, text/turtle;q=0, */*;q=0.3", "jsonld"),
        ("application/rdf+xml, text/turtle", "ttl"),
        ("garbage, text/turtle", "ttl"),
    ],
)
def test_the_preferred_document_format_is_chosen(accept: str | None, name: str) -> None:
    assert negotiate(accept, DOCUMENT_FORMATS).name == name


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "json"),
        ("application/json", "json"),
        ("application/sparql-results+json;charset=utf-8", "json"),
        ("application/sparql-results+xml", "xml"),
        ("text/csv, */*;q=0.1", "csv"),
        ("text/tab-separated-values", "tsv"),
    ],
)
def test_the_preferred_result_format_is_chosen(accept: str | None, name: str) -> None:
    assert negotiate(accept, SOLUTION_FORMATS).name == name


@pytest.mark.parametrize(
    "accept", ["image/png", "*/*;q=0", "text/turtle;q=0", "garbage", "text/html;q=2"]
)
def test_what_is_not_on_offer_is_refused_with_the_list(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="application/ld\\+json"):
        negotiate(accept, DOCUMENT_FORMATS)


def test_the_media_type_asked_for_is_the_one_answered() -> None:
    assert negotiate("application/json", SOLUTION_FORMATS).media_type == "application/json"
