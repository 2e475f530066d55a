"""The commands do what they say, and end in one clear sentence where they cannot."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from calcguide.cli import main
from tests.conftest import source_file
from tests.running import CALCGUIDE, serving

COMMANDS = ["serve", "validate", "query", "describe", "verify-source", "locate"]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_an_example(command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    assert re.search(r"^  Examples?: calcguide " + command, out, re.MULTILINE)


def test_a_query_is_answered_as_csv_with_the_prefixes_of_the_guide() -> None:
    status, out, _ = run("query", "-e", "SELECT ?x { ?x calc:reverses ?y } LIMIT 1")
    assert (status, out.splitlines()) == (0, ["x"])


def test_a_query_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ask.rq"
    file.write_text("ASK { id:eswt calc:similarTo id:lithotripsy }")
    status, out, _ = run("query", str(file), "--format", "json")
    assert (status, out) == (0, '{"head":{},"boolean":true}\n')


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("ontology/rules/facts.rq", "CONSTRUCT {\n ?s ?p }", "facts.rq:2:8: not a SPARQL query"),
        ("ontology/rules/entailed/inverse.rq", "ASK {}", "a CONSTRUCT query belongs here"),
        (
            "shapes/checks/broader-is-acyclic.rq",
            "SELECT * {\n ?s ?p }",
            "broader-is-acyclic.rq:2:9: not a SPARQL query",
        ),
    ],
)
def test_a_mistake_in_a_rule_or_check_is_named_with_its_place(
    copy_of_guide: Path, file: str, content: str, message: str
) -> None:
    assert (copy_of_guide / file).is_file()
    (copy_of_guide / file).write_text(content)
    status, _, err = run("validate", str(copy_of_guide))
    assert status == 1
    assert message in err
    assert "Traceback" not in err


def test_an_entity_is_described() -> None:
    status, out, _ = run("describe", "calcific-tendonitis", "--format", "nt")
    assert status == 0
    assert "<https://w3id.org/calcguide/id/shoulder>" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query"], "Give either a FILE"),
        (["query", "nowhere.rq"], "nowhere.rq: cannot be read: No such file"),
        (["query", "-e", "ASK {"], "Line 1, column 6"),
        (["query", "-e", "ASK {}", "--root", "/nowhere"], "holds no guide"),
        (["describe", "calcific-tendonits"], "Did you mean id/calcific-tendonitis"),
        (["verify-source", "nowhere.txt"], "nowhere.txt: cannot be read: No such file"),
        (["validate", "nowhere"], "there is no such file or folder"),
        (["serve", "--data", "nowhere.ttl"], "nowhere.ttl: cannot be loaded: No such file"),
        (["serve", "--data", "data.docx"], "does not say which RDF format"),
        (["serve", "--graph", "facts.ttl"], "write it as IRI=FILE"),
        (["serve", "--root", "/nowhere"], "holds no guide"),
        (["serve", "--port", "99999"], "There is no port 99999"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = run(*arguments)
    assert status == 1
    assert message in err
    assert "Traceback" not in err


def test_a_bad_option_is_named() -> None:
    status, _, err = run("serve", "--prot", "1")
    assert status == 2
    assert "--prot" in err


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALCGUIDE_FRONTS", "two")
    status, _, err = run("serve")
    assert status == 1
    assert "CALCGUIDE_FRONTS" in err


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = run("serve", "--port", str(port))
    assert status == 1
    assert f"port {port} is in use" in err


def test_a_copy_of_the_guide_is_verified(guide_text: str) -> None:
    status, out, _ = run("verify-source", str(source_file()))
    assert (status, "All 119 passages" in out) == (0, True)


def test_a_passage_is_located(guide_text: str) -> None:
    status, out, _ = run("locate", str(source_file()), "acute phase")
    assert status == 0
    assert "    calc:statedIn <https://w3id.org/calcguide/passage/nuance/p2s1> ;\n" in out
    assert "oa:start" not in out
    status, out, _ = run("locate", str(source_file()), guide_text[:15])
    assert (status, "oa:start 0 ;" in out, "statedIn" in out) == (0, True, False)


def test_other_peoples_rdf_is_served_as_it_is_given(tmp_path: Path) -> None:
    files = {
        "a.ttl": "@prefix : <http://example.org/> . :a :p 01 .",
        "b.nt": "<http://example.org/b> <http://example.org/p> <http://example.org/a> .\n",
        "c.nq": '<http://example.org/c> <http://example.org/p> "x" <http://example.org/g> .\n',
        "d.trig": "@prefix : <http://example.org/> . :h { :d :p :a }",
        "e.rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:x="http://example.org/"><rdf:Description rdf:about="http://example.org/e">'
        "<x:p>y</x:p></rdf:Description></rdf:RDF>",
        "f.jsonld": '{"@id": "http://example.org/f", "http://example.org/p": "z"}',
        "g.ttl": "<http://example.org/named> <http://example.org/p> 1 .",
    }
    options = []
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        if name != "g.ttl":
            options += ["--data", str(tmp_path / name)]
    options += ["--graph", f"http://example.org/given={tmp_path / 'g.ttl'}"]
    with serving(tmp_path, *options) as server:
        assert server.ask("SELECT ?s { ?s ?p ?o } ORDER BY ?s")[1].split() == [
            "s", *(f"http://example.org/{name}" for name in "abef"),
        ]  # fmt: skip
        assert server.ask("SELECT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")[1].split() == [
            "g", *(f"http://example.org/{name}" for name in ("g", "given", "h")),
        ]  # fmt: skip
        status, page = server.get("/describe?iri=http%3A%2F%2Fexample.org%2Fa", "text/html")
        assert (status, "/describe?iri=http%3A%2F%2Fexample.org%2Fb" in page) == (200, True)
        assert server.get("/", "text/html")[0] == 200


def test_a_syntax_error_in_given_data_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("<http://a/a> <http://a/p>\n  nonsense .")
    status, _, err = run("serve", "--data", str(tmp_path / "bad.ttl"))
    assert status == 1
    assert "bad.ttl:2:3" in err


def test_an_unreadable_file_is_named_without_a_traceback(tmp_path: Path) -> None:
    ran = subprocess.run(
        [*CALCGUIDE, "verify-source", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert ran.returncode == 1
    assert "cannot be read" in ran.stderr
    assert "Traceback" not in ran.stderr
