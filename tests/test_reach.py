"""From the home page everything is a few clicks away, and every link and source mark resolves."""

from urllib.parse import unquote

import pytest
from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.settings import Settings
from tests.crawling import Site, crawl

pytestmark = pytest.mark.slow

FARTHEST = 4


@pytest.fixture(scope="module")
def site(guide: Dataset) -> Site:
    return crawl(create_app(guide, Settings.read({}, access_log="off")).test_client())


def _named(guide: Dataset) -> set[str]:
    """The paths of all that is typed in the store and has a name of the guide's own."""
    typed = guide.store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
    return {
        path
        for quad in typed
        if isinstance(quad.subject, NamedNode) and (path := guide.path(quad.subject.value))
    }


@pytest.mark.parametrize("kind", [*terms.THING_KINDS, "graph"])
def test_everything_is_reached_within_four_clicks(site: Site, guide: Dataset, kind: str) -> None:
    wanted = {path for path in _named(guide) if path.split("/")[0] == kind}
    clicks = {
        unquote(path).removeprefix("/").removesuffix(".html"): page.clicks
        for path, page in site.pages.items()
    }
    assert wanted
    assert {path: clicks.get(path) for path in wanted if clicks.get(path, 99) > FARTHEST} == {}


def test_every_term_of_the_ontology_is_reached(site: Site, guide: Dataset) -> None:
    ontology = next(page for path, page in site.pages.items() if path.startswith("/ontology"))
    assert ontology.clicks < FARTHEST
    defined = {
        quad.subject.value.removeprefix(terms.CALC)
        for quad in guide.store.quads_for_pattern(None, terms.RDF_TYPE, None, DEFAULT_GRAPH)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(terms.CALC)
    }
    assert len(defined) > 60
    assert defined - set(ontology.ids) == set()


def test_each_page_has_one_heading_a_title_of_its_own_a_language_and_whole_links(
    site: Site,
) -> None:
    assert len(site.pages) > 600
    assert site.faults() == []
