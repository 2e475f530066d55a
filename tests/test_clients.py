"""Real clients get the same rows from the same query."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from rdflib.query import ResultRow

from tests.clients import comunica, jena, output
from tests.conftest import REPOSITORY
from tests.running import Server, serving

QUERY = """
PREFIX calc: <https://w3id.org/calcguide/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?type ?grade WHERE {
  ?kind calc:resolutionPotential ?level ; rdfs:label ?type .
  ?level rdfs:label ?grade .
} ORDER BY ?type
"""
ROWS = [
    ["Atherosclerotic plaque", "Very low"],
    ["Breast calcification", "Low"],
    ["Calcific tendonitis", "High"],
    ["Calcinosis cutis", "Low"],
    ["Kidney stone", "Possible"],
    ["Metastatic calcification", "Possible"],
]
SPARQLWRAPPER = """
import json, sys
from SPARQLWrapper import JSON, SPARQLWrapper
asked = SPARQLWrapper(sys.argv[1])
asked.setQuery(sys.argv[2])
asked.setReturnFormat(JSON)
rows = asked.query().convert()["results"]["bindings"]
print(json.dumps([[row["type"]["value"], row["grade"]["value"]] for row in rows]))
"""
PANDAS = """
import json, sys, urllib.parse
import pandas
url = sys.argv[1] + "?" + urllib.parse.urlencode({"query": sys.argv[2], "format": "csv"})
print(json.dumps(pandas.read_csv(url).values.tolist()))
"""
COMUNICA = """
const { QueryEngine } = require('@comunica/query-sparql');
(async () => {
  const [value, query] = process.argv.slice(-2);
  const sources = [{ type: 'sparql', value }];
  const stream = await new QueryEngine().queryBindings(query, { sources });
  const rows = await stream.toArray();
  console.log(JSON.stringify(rows.map(r => [r.get('type').value, r.get('grade').value])));
})();
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("clients")) as running:
        yield running


def test_rdflib_reads_the_endpoint_as_a_store(server: Server) -> None:
    store = SPARQLStore(server.url + "/sparql")
    found = [row for row in store.query(QUERY) if isinstance(row, ResultRow)]
    assert [[str(row["type"]), str(row["grade"])] for row in found] == ROWS


@pytest.mark.slow
@pytest.mark.parametrize("program", [SPARQLWRAPPER, PANDAS], ids=["SPARQLWrapper", "pandas"])
def test_a_python_client_gets_the_rows(server: Server, program: str) -> None:
    python = REPOSITORY / ".venv-tools" / "bin" / "python"
    if not python.exists():
        pytest.skip("there is no environment of tools: scripts/test --all makes it")
    assert rows([str(python), "-c", program, server.url + "/sparql", QUERY]) == ROWS


@pytest.mark.slow
def test_comunica_gets_the_rows(server: Server) -> None:
    command = ["node", "-e", COMUNICA, "--", server.url + "/sparql", QUERY]
    assert rows(command, NODE_PATH=comunica()) == ROWS


@pytest.mark.slow
def test_jena_gets_the_rows(server: Server, tmp_path: Path) -> None:
    rsparql = [*jena(tmp_path), "arq.rsparql", "--results", "csv", "--service"]
    printed = output(*rsparql, server.url + "/sparql", QUERY)
    assert list(csv.reader(printed.splitlines()))[1:] == ROWS


def rows(command: list[str], **environment: str) -> list[list[str]]:
    found: list[list[str]] = json.loads(output(*command, cwd=None, **environment))
    return found
