"""RDF tools of others ask the running server for names and read what the store says."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from rdflib import Graph
from rdflib.compare import IsomorphicGraph, to_isomorphic

from calcguide.dataset import Dataset
from tests.clients import comunica, jena, output, program
from tests.running import Server, serving

PATHS = ["id/calcific-tendonitis", "claim/c144", "passage/comparison/r1c3", "question/faq-4"]
Read = Callable[[str], str]
"""Reads the name at an address and gives N-Triples."""

COMUNICA = """
const { QueryEngine } = require('@comunica/query-sparql');
(async () => {
  const [query, ...values] = process.argv.slice(1);
  const sources = values.map(value => ({ type: 'file', value }));
  const stream = await new QueryEngine().queryBindings(query, { sources });
  const rows = await stream.toArray();
  console.log(JSON.stringify(rows.map(row => [row.get('claim').value, row.get('start').value])));
})();
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("dereferencing")) as running:
        yield running


def in_store(guide: Dataset, path: str) -> IsomorphicGraph:
    nt = "".join(f"{quad.triple} .\n" for quad in guide.document(guide.base + path))
    return to_isomorphic(Graph().parse(data=nt, format="nt"))


def fetched(url: str, media_type: str) -> str:
    curl = program("curl", "curl")
    return output(curl, "-sSfL", "--compressed", "-H", f"Accept: {media_type}", url)


def by_rdflib(url: str) -> str:
    return Graph().parse(url).serialize(format="nt")


def by_rapper(url: str) -> str:
    return output(program("rapper", "raptor2-utils"), "-q", "-g", "-o", "ntriples", url)


def by_curl(url: str) -> str:
    return fetched(url, "application/n-triples")


@pytest.fixture
def by_serdi(tmp_path: Path) -> Read:
    def read(url: str) -> str:
        serdi = program("serdi", "serdi")
        file = tmp_path / "document.ttl"
        file.write_text(fetched(url, "text/turtle"))
        return output(serdi, "-i", "turtle", "-o", "ntriples", str(file))

    return read


@pytest.fixture
def by_rdfproc(tmp_path: Path) -> Read:
    def read(url: str) -> str:
        rdfproc = program("rdfproc", "redland-utils")
        output(rdfproc, "-q", "-n", "store", "parse", url, "guess", cwd=tmp_path)
        return output(rdfproc, "-q", "store", "serialize", "ntriples", cwd=tmp_path)

    return read


def test_rdflib_reads_a_name(server: Server, guide: Dataset) -> None:
    assert_same(server, guide, by_rdflib)


def test_rapper_reads_a_name(server: Server, guide: Dataset) -> None:
    assert_same(server, guide, by_rapper)


def test_curl_reads_a_name_packed(server: Server, guide: Dataset) -> None:
    assert_same(server, guide, by_curl)


def test_serdi_reads_a_document(server: Server, guide: Dataset, by_serdi: Read) -> None:
    assert_same(server, guide, by_serdi)


def test_redland_reads_a_name(server: Server, guide: Dataset, by_rdfproc: Read) -> None:
    assert_same(server, guide, by_rdfproc)


@pytest.mark.slow
def test_jena_reads_a_name(server: Server, guide: Dataset, tmp_path: Path) -> None:
    sparql = [*jena(tmp_path), "arq.sparql", "--results", "nt"]
    everything = "CONSTRUCT WHERE { ?s ?p ?o }"
    assert_same(server, guide, lambda url: output(*sparql, "--data", url, everything))


def assert_same(server: Server, guide: Dataset, read: Read) -> None:
    for path in PATHS:
        nt = read(f"{server.url}/{path}")
        assert to_isomorphic(Graph().parse(data=nt, format="nt")) == in_store(guide, path), path


@pytest.mark.slow
def test_roqet_queries_a_name(server: Server, guide: Dataset) -> None:
    path, property = PATHS[0], "http://www.w3.org/2004/02/skos/core#altLabel"
    query = f"SELECT ?o WHERE {{ <{guide.base}{path}> <{property}> ?o }}"
    asked = ["-q", "-r", "csv", "-e", query, "-D", f"{server.url}/{path}"]
    printed = output(program("roqet", "rasqal-utils"), *asked)
    node = guide.iri(path)
    stored = {o.value for o in guide.values(node, NamedNode(property))}  # type: ignore[union-attr]
    assert set(printed.splitlines()[1:]) == stored != set()


@pytest.mark.slow
def test_comunica_joins_documents_that_it_dereferences(server: Server, guide: Dataset) -> None:
    names = [guide.base + path for path in ("claim/c144", "passage/comparison/r1c3")]
    query = (
        "PREFIX calc: <https://w3id.org/calcguide/ontology#> PREFIX oa: <http://www.w3.org/ns/oa#> "
        "SELECT ?claim ?start { ?claim calc:statedIn ?passage . "
        "?passage oa:hasSelector/oa:start ?start } ORDER BY ?claim"
    )
    addresses = [name.replace(guide.base, server.url + "/") for name in names]
    printed = output("node", "-e", COMUNICA, "--", query, *addresses, NODE_PATH=comunica())
    found = {(claim, int(start)) for claim, start in json.loads(printed)}
    expected: set[tuple[str, int]] = set()
    for name in names:
        graph = Graph().parse(server.url + "/" + name.removeprefix(guide.base))
        expected |= {(str(row[0]), int(str(row[1]))) for row in graph.query(query)}  # type: ignore[index]
    assert found == expected != set()
