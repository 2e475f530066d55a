"""However large the data: a page, a document, a search read no more than so many statements."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Quad, RdfFormat, Store

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import MOST_DESCRIBED, Dataset
from calcguide.description.entity import describe_entity
from calcguide.description.listings import BROWSE, browse, things
from calcguide.description.paging import LENGTH, Paging
from calcguide.search import Index
from calcguide.settings import Settings
from tests.markup import read

ENTITIES, CLAIMS = 30_000, 22_000


class Counting:
    """A store that counts the statements that are read of it one by one."""

    def __init__(self, store: Store) -> None:
        self._store, self.read = store, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def __contains__(self, quad: Quad) -> bool:
        return quad in self._store

    def __iter__(self) -> Iterator[Quad]:
        return self.quads_for_pattern(None, None, None, None)

    def quads_for_pattern(self, *pattern: Any) -> Iterator[Quad]:
        for quad in self._store.quads_for_pattern(*pattern):
            self.read += 1
            yield quad


def lines() -> Iterator[str]:
    """Many conditions, and claims that all have the first of them as their object."""
    base, calc, skos = terms.BASE, terms.CALC, terms.SKOS
    yield f"<{calc}Condition> <{terms.RDFS}subClassOf> <{calc}Entity> .\n"
    for n in range(ENTITIES):
        for kind in ("Entity", "Condition"):
            yield f"<{base}id/e{n}> <{terms.RDF}type> <{calc}{kind}> .\n"
        yield f'<{base}id/e{n}> <{skos}prefLabel> "Thing number {n}"@en .\n'
    for n in range(CLAIMS):
        yield f"<{base}claim/c{n}> <{terms.RDF}type> <{calc}Claim> .\n"
        yield f"<{base}claim/c{n}> <{calc}subject> <{base}id/e{n}> .\n"
        yield f"<{base}claim/c{n}> <{calc}predicate> <{calc}causes> .\n"
        yield f"<{base}claim/c{n}> <{calc}object> <{base}id/e0> .\n"
        yield f"<{base}claim/c{n}> <{calc}polarity> <{calc}affirmed> .\n"
        yield f"<{base}claim/c{n}> <{calc}statedIn> <{base}passage/p{n}> .\n"


@pytest.fixture(scope="module")
def wide() -> Dataset:
    store = Store()
    store.bulk_load("".join(lines()).encode(), RdfFormat.N_TRIPLES)
    dataset = Dataset(store, terms.BASE)
    assert dataset.statistics.triples > 180_000
    return dataset


@pytest.fixture
def counting(wide: Dataset) -> Iterator[Counting]:
    """The same store, of which each statement that is read is counted."""
    store = wide.__dict__["store"]
    wide.__dict__["store"] = found = Counting(store)
    yield found
    wide.__dict__["store"] = store


@pytest.fixture(scope="module")
def visitor(wide: Dataset) -> FlaskClient:
    return create_app(wide, Settings.read({}, access_log="off")).test_client()


PATHS = (
    *("/", "/browse", "/questions", "/about", "/compare", "/validation", "/sparql", "/data"),
    *(f"/browse/{kind}" for kind in BROWSE),
    *("/browse/conditions?page=3", "/browse/conditions.json", "/browse/conditions.csv"),
    *("/dataset", "/.well-known/void", "/graph-store?default", "/id/no-such-thing"),
    *("/id/e0.html", "/id/e0.html?page=2", "/id/e0.ttl", "/id/e0.trig", "/id/e0.jsonld"),
    *("/id/e7.html", "/id/e7.ttl", "/claim/c7.html", "/claim/c7.ttl"),
    *("/describe?iri=https%3A%2F%2Fw3id.org%2Fcalcguide%2Fontology%23Entity",),
)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_or_document_reads_a_bounded_part(
    visitor: FlaskClient, counting: Counting, path: str
) -> None:
    assert visitor.get(path).status_code in (200, 303, 404, 413)
    assert counting.read < 1.5 * MOST_DESCRIBED


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-1.xml", "/sparql/terms", "/search?q=x"])
def test_what_is_made_once_reads_a_bounded_part(
    visitor: FlaskClient, counting: Counting, path: str
) -> None:
    assert visitor.get(path).status_code in (200, 404)
    assert counting.read < 150_000


@pytest.mark.slow
def test_pages_of_an_entity_have_all_that_leads_to_it(wide: Dataset) -> None:
    seen: set[str] = set()
    hub = terms.BASE + "id/e0"
    number: int | None = 1
    while number:
        paging = Paging(number)
        page = describe_entity(wide, hub, paging)
        here = {c.name.iri or "" for source in page.sources for c in source.claims}
        assert len(here) <= 2 * LENGTH
        seen |= here
        number = paging.next
    assert len(seen) == CLAIMS


def test_a_page_leads_to_the_one_before_and_the_next(visitor: FlaskClient) -> None:
    for path, kept in (("/id/e0.html", ""), ("/describe", "iri=https%3A%2F%2Fw3id.org")):
        query = {"iri": terms.BASE + "id/e0"} if kept else {}
        page = read(visitor.get(path, query_string={**query, "page": "2"}).text)
        links = {str(a["rel"]): str(a["href"]) for a in page.all("a") if a["rel"]}
        assert links["prev"].endswith("page=1")
        assert links["next"].endswith("page=3")
        assert kept in links["next"]


@pytest.mark.parametrize("number", ["0", "101", "-1", "x", "9" * 5000])
def test_a_page_that_cannot_be_is_not_found(visitor: FlaskClient, number: str) -> None:
    assert visitor.get("/id/e0.html", query_string={"page": number}).status_code == 404


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf", "nq", "trig"])
def test_a_document_is_complete_or_refused(visitor: FlaskClient, suffix: str) -> None:
    assert visitor.get(f"/id/e7.{suffix}").status_code == 200
    refused = visitor.get(f"/id/e0.{suffix}", headers={"Accept": "application/json"})
    assert refused.status_code == 413
    assert "20,000" in refused.text


def test_browse_pages_have_every_member_once(wide: Dataset) -> None:
    seen: list[str] = []
    for number in range(1, ENTITIES // LENGTH + 1):
        listing = browse(wide, "conditions", Paging(number))
        assert listing.total == ENTITIES
        seen += [entry.name.iri or "" for entry in listing.entries]
    assert len(seen) == len(set(seen)) == ENTITIES


def test_a_thing_outside_the_index_is_found_by_its_whole_name(wide: Dataset) -> None:
    index = Index(wide)
    assert not index.whole
    known = {node.value for node in index._things}
    n = next(n for n in range(ENTITIES) if f"{terms.BASE}id/e{n}" not in known)
    found = index.find(f"Thing number {n}").found
    assert found[0].name.iri == f"{terms.BASE}id/e{n}"


def test_no_page_of_the_guide_needs_a_second(guide: Dataset) -> None:
    for path in things(guide):
        if path.startswith("id/"):
            paging = Paging()
            describe_entity(guide, guide.base + path, paging)
            assert paging.whole, path
    for kind in BROWSE:
        paging = Paging()
        browse(guide, kind, paging)
        assert paging.whole, kind
