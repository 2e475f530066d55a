"""A query as a program in curl, Python and R asks the same and gets the same."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from calcguide.formats import CSV, TURTLE, Format
from calcguide.views.programs import programs
from tests.running import Server, serving

TRICKY = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
# It's "tricky": $HOME `ls` )" \\ %s {0}
"""
LABELS = "{ ?s skos:prefLabel ?label FILTER(STR(?label) IN (\"Hip\", 'Shoulder')) }"
QUERIES = {
    CSV: f"{TRICKY}SELECT ?label {LABELS} ORDER BY ?label",
    TURTLE: f"{TRICKY}CONSTRUCT {{ ?s skos:prefLabel ?label }} WHERE {LABELS}",
}
ENTITIES = ("default-graph-uri", "https://w3id.org/calcguide/graph/entities")
COMMANDS = {"curl": ["sh", "-c"], "Python": [sys.executable, "-c"], "R": ["Rscript", "-e"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("programs")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("language", ["curl", "Python", "R"])
@pytest.mark.parametrize("format", [CSV, TURTLE], ids=["csv", "ttl"])
def test_a_program_gets_the_rows(server: Server, language: str, format: Format) -> None:
    program = dict(programs(f"{server.url}/sparql", [("query", QUERIES[format]), ENTITIES], format))
    for needed in {"curl": ["curl"], "R": ["Rscript"]}.get(language, []):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    command = [*COMMANDS[language], program[language]]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Hip" in ran.stdout
    assert "Shoulder" in ran.stdout


def test_programs_hold_the_query_whole_whatever_is_in_it() -> None:
    asked = [("query", TRICKY), ("named-graph-uri", "http://a/g")]
    told = dict(programs("http://a/sparql", asked, CSV))
    words = shlex.split(told["curl"])
    assert words[:2] == ["curl", "http://a/sparql"]
    assert [w for w in words if w.startswith("query=")] == [f"query={TRICKY}"]
    compile(told["Python"], "program", "exec")
    assert f'r"-({TRICKY})-"' in told["R"]
    assert "named-graph-uri=http%3A%2F%2Fa%2Fg&format=csv&query=" in told["R"]


@pytest.mark.parametrize("text", ["a\nb", 'a"""b\n', "a\\b\nc", 'a"\n', 'b\n"', "c"])
def test_python_reads_the_query_as_it_is(text: str) -> None:
    told = dict(programs("http://a/sparql", [("query", text)], TURTLE))["Python"]
    literal = re.search(r'\("query", (.*?)\),\n\]|\(\'query\', (.*?)\),\n\]', told, re.DOTALL)
    assert literal is not None
    assert eval(literal[1] or literal[2]) == text
