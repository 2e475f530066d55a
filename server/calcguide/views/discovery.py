"""How robots and browsers find what there is: robots.txt, the sitemap, the search description."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, abort, current_app, url_for

from calcguide.description.home import is_guide
from calcguide.description.listings import BROWSE, things
from calcguide.description.naming import site_name
from calcguide.formats import CSV, HTML, JSON
from calcguide.views.site import site

discovery = Blueprint("discovery", __name__)

LARGEST_SITEMAP: Final = 50_000
"""Addresses in one file of a sitemap, by its protocol: https://www.sitemaps.org/protocol.html."""

_LONGEST: Final = 1_000
"""Characters of an address in a sitemap, so that a full file has less than the protocol's 50 MB."""
_SHORT_NAME: Final = 16
"""Characters that OpenSearch allows a short name."""
_PAGES: Final = ("pages", "browsing", "comparing", "downloads", "sparql")
"""Blueprints whose routes without arguments answer with pages."""
_NOT_CRAWLED: Final = ("/search", "/suggest", "/sparql?", "/graph-store", "/describe")
"""What has no end, or repeats what stands elsewhere."""
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


@discovery.get("/robots.txt")
def robots() -> Response:
    """Answer robots with what they may leave alone, and where the sitemap is (RFC 9309)."""
    rules = "".join(f"Disallow: {path}\n" for path in _NOT_CRAWLED)
    body = f"User-agent: *\n{rules}\nSitemap: {site().address('sitemap.xml')}\n"
    return Response(body, content_type="text/plain; charset=utf-8")


@discovery.get("/sitemap.xml")
def sitemap() -> Response:
    """Answer with the addresses of all pages, or of the files that list them where too many."""
    addresses = page_addresses()
    if len(addresses) <= LARGEST_SITEMAP:
        return _listed("urlset", "url", addresses)
    count = -(-len(addresses) // LARGEST_SITEMAP)
    parts = [site().address(f"sitemap-{number}.xml") for number in range(1, count + 1)]
    return _listed("sitemapindex", "sitemap", parts)


@discovery.get("/sitemap-<int:number>.xml")
def sitemap_part(number: int) -> Response:
    """Answer with one file of a sitemap that has several, counted from 1."""
    start = (number - 1) * LARGEST_SITEMAP
    addresses = page_addresses()[start : start + LARGEST_SITEMAP] if number > 0 else []
    if not addresses:
        abort(404, "The sitemap has no such part. /sitemap.xml lists all there are.")
    return _listed("urlset", "url", addresses)


@discovery.get("/opensearch.xml")
def opensearch() -> Response:
    """Answer browsers with how to search here (OpenSearch 1.1)."""
    urls = [
        (HTML.media_type, "results", "search?q={searchTerms}"),
        (JSON.media_type, "results", "search.json?q={searchTerms}"),
        (CSV.media_type, "results", "search.csv?q={searchTerms}"),
        ("application/x-suggestions+json", "suggestions", "suggest?q={searchTerms}"),
        ("application/opensearchdescription+xml", "self", "opensearch.xml"),
    ]
    rows = "".join(
        f'<Url type="{type}" rel="{rel}" template={quoteattr(f"{site().public_url}/{path}")}/>\n'
        for type, rel, path in urls
    )
    image = url_for("static", filename="favicon.svg").removeprefix("/")
    body = (
        f'{_XML}<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        f"<ShortName>{escape(site_name(site().dataset)[:_SHORT_NAME])}</ShortName>\n"
        "<Description>Search by name, other names, definition or address.</Description>\n"
        f'{rows}<Image type="image/svg+xml">{escape(site().address(image))}</Image>\n'
        "<InputEncoding>UTF-8</InputEncoding>\n</OpenSearchDescription>\n"
    )
    return Response(body, content_type="application/opensearchdescription+xml")


def page_addresses() -> list[str]:
    """Return the full address of every page, each once: of all things, and of all others."""
    rules = (rule for rule in current_app.url_map.iter_rules() if not rule.arguments)
    paths = [rule.rule[1:] for rule in rules if rule.endpoint.split(".")[0] in _PAGES]
    if is_guide(site().dataset):
        paths += [f"browse/{kind}" for kind in BROWSE]
        paths += [f"{path}.{HTML.suffix}" for path in things(site().dataset)]
    else:
        paths = ["", "sparql"]
    return [address for address in map(site().address, paths) if len(address) <= _LONGEST]


def _listed(root: str, item: str, addresses: list[str]) -> Response:
    rows = "".join(f"<{item}><loc>{escape(address)}</loc></{item}>\n" for address in addresses)
    body = f'{_XML}<{root} xmlns="{_SITEMAPS}">\n{rows}</{root}>\n'
    return Response(body, content_type="application/xml")
