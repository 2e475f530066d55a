"""The parts of the measurements: graphs, queries, answers, figures, tables."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyoxigraph import NamedNode, Store

from calcguide import terms
from calcguide.files import Root
from calcguide.validation import validate
from tests.bench import answers, client, graphs, guides, measure, mix, report
from tests.bench.measure import Findings, Measurement, Plan, Row, Subject
from tests.bench.peers import PEERS, Peer, Place
from tests.bench.processes import cpu_seconds, running
from tests.running import descendants, free_port

SEED = 1


def store_of(file: Path) -> Store:
    store = Store()
    store.bulk_load(path=str(file), format=graphs.FORMAT)
    return store


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("graph") / "2k.nt"
    graphs.write_generated(file, graphs.size_of("2k"), SEED)
    return file


@pytest.fixture(scope="module", params=["2k", "guide"])
def store(
    request: pytest.FixtureRequest, small: Path, tmp_path_factory: pytest.TempPathFactory
) -> Store:
    if request.param == "2k":
        return store_of(small)
    file = tmp_path_factory.mktemp("graph") / "guide.nt"
    graphs.write_guide(file)
    return store_of(file)


def test_a_seed_gives_the_same_graph_and_another_seed_another(small: Path, tmp_path: Path) -> None:
    for seed in (SEED, 2):
        graphs.write_generated(tmp_path / f"{seed}.nt", 2000, seed)
    assert (tmp_path / f"{SEED}.nt").read_bytes() == small.read_bytes()
    assert (tmp_path / "2.nt").read_bytes() != small.read_bytes()


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_a_graph_has_the_size_that_was_asked_for(size: int, tmp_path: Path) -> None:
    written = graphs.write_generated(tmp_path / "graph.nt", size, SEED)
    assert abs(written - size) < 0.05 * size
    assert written - len(store_of(tmp_path / "graph.nt")) < 0.005 * size, "statements come twice"


@pytest.mark.parametrize(
    ("name", "size"), [("2k", 2_000), ("200k", 200_000), ("2M", 2_000_000), ("20M", 20_000_000)]
)
def test_a_size_is_written_with_k_or_m(name: str, size: int) -> None:
    assert graphs.size_of(name) == size


@pytest.mark.parametrize("name", ["", "2", "k", "2x", "-2k", "guide"])
def test_what_is_no_size_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        graphs.size_of(name)


def test_a_graph_is_shaped_like_the_guide(small: Path) -> None:
    text = small.read_text(encoding="utf-8")
    kinds = Counter(re.findall(rf"#type> <{re.escape(terms.CALC)}(\w+)>", text))
    assert kinds["Claim"] / kinds["Passage"] == 11 / 5
    assert kinds["Calcification"] == kinds["Entity"] / 8
    for part in ("subject", "predicate", "object", "polarity", "certainty", "statedIn"):
        assert text.count(f"<{terms.CALC}{part}>") == kinds["Claim"], part
    hedged = text.count(f"<{terms.CALC}hedgeWord>")
    assert 0.2 < hedged / kinds["Claim"] < 0.6
    assert text.count(f"<{terms.OA}start>") == kinds["Passage"]


def test_what_is_linked_to_in_a_graph_is_there(small: Path) -> None:
    links = store_of(small)
    things = {quad.subject for quad in links}
    for name in ("subject", "object", "under", "statedIn", "polarity"):
        for quad in links.quads_for_pattern(None, NamedNode(terms.CALC + name), None):
            assert quad.object in things


def test_a_made_up_guide_conforms_without_a_warning_and_is_the_same_for_the_same_seed(
    tmp_path: Path,
) -> None:
    written = [guides.write_conforming(tmp_path / name, 2_000, SEED) for name in ("one", "two")]
    assert abs(written[0] - 2_000) < 100
    files = [sorted((tmp_path / name).rglob("*.ttl")) for name in ("one", "two")]
    assert [f.read_bytes() for f in files[0]] == [f.read_bytes() for f in files[1]]
    verdict = validate(Root(tmp_path / "one"))
    assert not verdict.violations, "\n".join(map(str, verdict.violations))


def test_how_long_validation_takes_is_measured_with_the_size_of_what_is_validated(
    tmp_path: Path,
) -> None:
    plan = Plan(tmp_path, rounds=1, seconds=1, modes=())
    [row] = measure.validation("2k", plan)
    assert 2_000 < int(row["statements"]) < 5_000
    assert 0 < float(row["cpu_seconds"]) < float(row["seconds"]) + 1
    with pytest.raises(ValueError, match="is no size"):
        [*measure.validation("many", plan)]


def test_the_mix_asks_many_kinds_of_queries() -> None:
    text = " ".join(template.text for template in mix.MIX)
    assert len(mix.MIX) >= 18
    for form in ("OPTIONAL", "FILTER", "GROUP BY", "LIMIT", "CONSTRUCT", "DESCRIBE", "ASK", "+ "):
        assert form in text, form


def test_each_query_of_the_mix_has_an_answer(store: Store) -> None:
    found = mix.queries(store, SEED)
    assert Counter(query.name for query in found) == {each.name: 4 for each in mix.MIX}
    assert not [query.text for query in found if not query.right]
    assert not [query.text for query in found if query.right == [("False",)]]


def test_the_mix_is_the_same_for_the_same_seed(store: Store) -> None:
    again = [query.text for query in mix.queries(store, SEED)]
    assert [query.text for query in mix.queries(store, SEED)] == again
    assert [query.text for query in mix.queries(store, 2)] != again


def test_each_query_asks_again_with_a_comment_behind_it(store: Store) -> None:
    for query in mix.queries(store, SEED, each=1):
        assert mix.is_right(query, mix.reference(store, query.text + " #m1n2"))


ROWS: answers.Answer = [("<a>", '"1"'), ("<b>", '"2"')]


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [
        ("SELECT ?a { ?a ?b ?c }", ROWS[::-1], True),
        ("SELECT ?a { ?a ?b ?c } ORDER BY ?a", ROWS[::-1], False),
        ("SELECT ?a { { SELECT ?a { ?a ?b ?c } ORDER BY ?a LIMIT 2 } ?a ?d ?e }", ROWS[::-1], True),
        ("SELECT ?a { ?a ?b ?c }", ROWS[:1], False),
        ("SELECT ?a { ?a ?b ?c }", [*ROWS, ROWS[0]], False),
        ("DESCRIBE <a>", [*ROWS, ("<c>", '"3"')], True),
        ("DESCRIBE <a>", ROWS[:1], False),
    ],
)
def test_a_wrong_answer_is_told_from_a_right_one(
    text: str, answer: answers.Answer, right: bool
) -> None:
    assert mix.is_right(mix.Query("a query", text, ROWS), answer) is right


def solutions(**term: str) -> bytes:
    return json.dumps({"head": {"vars": ["a"]}, "results": {"bindings": [{"a": term}]}}).encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            solutions(type="literal", value="1", datatype=terms.XSD + "integer"),
            solutions(type="typed-literal", value="1.0", datatype=terms.XSD + "decimal"),
        ),
        (
            solutions(type="literal", value="a"),
            solutions(type="literal", value="a", datatype=terms.XSD + "string"),
        ),
        (solutions(type="bnode", value="x"), solutions(type="bnode", value="y")),
        (
            b'{"head": {}, "boolean": true}',
            b'{"head": {"vars": ["__ASK_RETVAL"]}, "results": {"bindings": '
            b'[{"__ASK_RETVAL": {"type": "typed-literal", "value": "1"}}]}}',
        ),
    ],
    ids=["numbers", "strings", "blank nodes", "truth"],
)
def test_answers_that_say_the_same_are_the_same(one: bytes, other: bytes) -> None:
    assert answers.read(one, answers.SOLUTIONS) == answers.read(other, answers.SOLUTIONS)


def test_answers_that_differ_are_not_the_same() -> None:
    texts = [solutions(type="literal", value="a", **{"xml:lang": "en"})]
    texts += [solutions(type="literal", value="a"), solutions(type="uri", value="a")]
    assert len({str(answers.read(text, answers.SOLUTIONS)) for text in texts}) == 3


def test_a_graph_is_read_in_any_format() -> None:
    turtle = b'<https://example.org/a> <https://example.org/b> "c"@en .'
    xml = (
        b'<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns:e="https://example.org/"><rdf:Description rdf:about="https://example.org/a">'
        b'<e:b xml:lang="en">c</e:b></rdf:Description></rdf:RDF>'
    )
    assert answers.read(turtle, answers.GRAPH) == answers.read(xml, answers.GRAPH)


@pytest.mark.parametrize("accepted", [answers.SOLUTIONS, answers.GRAPH])
@pytest.mark.parametrize("body", [b"<html>", b'{"results": 1}', b"[]"])
def test_what_is_no_answer_is_told(body: bytes, accepted: str) -> None:
    with pytest.raises(answers.Unreadable):
        answers.read(body, accepted)


def test_each_peer_is_started_on_the_loopback_address_with_its_graph(tmp_path: Path) -> None:
    place = Place(tmp_path / "graph.nt", tmp_path, 8799)
    for peer in PEERS:
        command = " ".join([*peer.command(place), *peer.environment(place).values()])
        written = "".join(
            f.read_text() for f in tmp_path.iterdir() if f.suffix in (".ini", ".conf", ".json")
        )
        assert "8799" in command + written, peer.name
        assert "0.0.0.0" not in command + written, peer.name


def test_cpu_time_counts_what_has_ended() -> None:
    before = cpu_seconds(os.getpid())
    work = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-c", work], check=True)
    assert 0.19 < cpu_seconds(os.getpid()) - before < 1


SERVER = """
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from pyoxigraph import QueryResultsFormat, RdfFormat, Store
subprocess.Popen(["sleep", "60"])
store = Store()
store.bulk_load(path=sys.argv[2])
class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)["query"][0]
        if sys.argv[3] == "wrong" and "ORDER BY" in query:
            query = query.replace("DESC", "ASC").replace("LIMIT 10", "LIMIT 9")
        found = store.query(query)
        graph = type(found).__name__ == "QueryTriples"
        form = RdfFormat.TURTLE if graph else QueryResultsFormat.JSON
        body = found.serialize(format=form)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Endpoint).serve_forever()
"""


def stub(kind: str) -> Peer:
    """A small server that answers rightly, wrongly, or not at all."""
    return Peer(
        kind,
        sys.executable,
        "this test",
        str,
        lambda place: [sys.executable, "-c", SERVER, str(place.port), str(place.graph), kind],
        sparql="/sparql",
    )


@pytest.fixture
def subject(small: Path) -> Subject:
    small_store = store_of(small)
    return Subject("2k", small, len(small_store), mix.queries(small_store, SEED), [])


def test_who_answers_wrongly_is_dropped_and_named(subject: Subject, tmp_path: Path) -> None:
    ending = Peer("ending", sys.executable, "", str, lambda _: [sys.executable, "-c", ""], "/")
    plan = Plan(tmp_path, rounds=2, seconds=1, modes=())
    findings = Findings()
    Measurement(subject, [stub("right"), stub("wrong"), ending], plan, findings).run()
    assert {row["server"] for row in findings.rows} == {"right"}
    assert Counter(row["mode"] for row in findings.rows) == {"load": 1, "start": 2, "memory": 2}
    assert "is answered wrongly" in findings.dropped["wrong at 2k"]
    assert "it ended" in findings.dropped["ending at 2k"]


def test_a_server_is_ended_with_its_children_and_its_time_and_memory_are_read(
    subject: Subject, tmp_path: Path
) -> None:
    place = Place(subject.file, tmp_path, free_port())
    with running(stub("right"), place) as server:
        server.wait_until_right(subject.requests("/sparql")[0], lambda status, _: status == 200)
        before = server.cpu_seconds()
        seen = client.own(place.port, subject.requests("/sparql"), "m1n", 2, 0.3)
        assert seen.requests > 10
        assert seen.failed == 0
        assert 0 < seen.p50_ms <= seen.p99_ms
        assert 0 < server.cpu_seconds() - before < 10
        assert 5 < server.pss_mb() < 500
        family = descendants(server.process.pid)
        assert len(family) == 2
    until = time.monotonic() + 5
    while [pid for pid in family if Path(f"/proc/{pid}/exe").exists()]:
        assert time.monotonic() < until, "a process is left"
        time.sleep(0.01)
    with pytest.raises(ConnectionRefusedError):
        client.ask(place.port, client.Request("/"))


def rows(
    server: str, metric: str, *values: float, graph: str = "2k", mode: str = "uncached"
) -> list[Row]:
    return [
        {"graph": graph, "round": number, "server": server, "mode": mode, metric: value}
        for number, value in enumerate(values, 1)
    ]


def test_a_summary_is_the_median_of_the_rounds_and_their_range() -> None:
    assert vars(report.summary([3, 1, 2])) == {"median": 2, "low": 1, "high": 3, "rounds": 3}
    assert str(report.summary([3, 1, 2])) == "2.00 (1.00–3.00)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.01234, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234"), (0, "0")],
)
def test_a_figure_shows_three_digits(value: float, shown: str) -> None:
    assert report.short(value) == shown


def goal_of(text: str, graph: str = "2k") -> report.Goal:
    return next(g for g in report.GOALS if text in g.text and g.figure.graph == graph)


def test_a_ratio_is_made_within_each_round() -> None:
    measured = rows("calcguide", "cpu_us", 100, 300, 200) + rows(
        "oxigraph", "cpu_us", 200, 200, 100
    )
    reached = goal_of("CPU a query ≤ 1.0 × oxigraph's").reached(measured)
    assert reached == report.Summary(1.5, 0.5, 2, 3)


@pytest.mark.parametrize(
    ("ours", "met"), [((90, 95, 300), True), ((110, 105, 90), False), ((), None)]
)
def test_a_goal_is_met_missed_or_not_measured(ours: tuple[float, ...], met: bool | None) -> None:
    measured = rows("calcguide", "cpu_us", *ours) + rows("oxigraph", "cpu_us", 100, 100, 100)
    goal = goal_of("CPU a query ≤ 1.0 × oxigraph's")
    assert goal.is_met(measured) is met
    assert (goal in report.missed(measured)) is (met is False)


def test_a_goal_of_rate_is_met_from_its_bound_on() -> None:
    goal = goal_of("q/s ≥ 0.95 × oxigraph's")
    for rate, met in ((950, True), (940, False)):
        measured = rows("calcguide", "qps", rate) + rows("oxigraph", "qps", 1000)
        assert goal.is_met(measured) is met


def test_all_goals_are_there_and_each_has_a_bound() -> None:
    assert {goal.name for goal in report.GOALS} == set("123456")
    assert all(goal.bound > 0 for goal in report.GOALS)


@pytest.fixture
def results() -> report.Results:
    measured = rows("calcguide", "cpu_us", 100, 300) + rows("oxigraph", "cpu_us", 200, 200)
    measured += rows("calcguide", "p50_ms", 1, 2) + rows("calcguide", "p50_ms", 5, graph="200k")
    return report.Results(
        machine={"processors": "2"},
        client=client.name(),
        seconds=2,
        seed=SEED,
        versions={"oxigraph": "1"},
        missing={"trifid": "npm: trifid"},
        statements={"2k": 2000, "200k": 200_000},
        findings=Findings(measured, {"virtuoso at 2k": "a wrong answer"}),
    )


def test_the_tables_name_what_is_missing_dropped_and_missed(results: report.Results) -> None:
    text = results.markdown()
    for part in (
        "| calcguide |",
        "200 (100–300)",
        "- trifid: npm: trifid",
        "- virtuoso at 2k: a wrong answer",
        "| 1 | uncached, CPU a query ≤ 1.0 × oxigraph's | 2k | 1.00 (0.500–1.50) | met |",
        "not measured",
    ):
        assert part in text, part
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_results_are_read_back_as_they_were_written(
    results: report.Results, tmp_path: Path
) -> None:
    results.write(tmp_path / "results.json")
    assert report.Results.read(tmp_path / "results.json") == results
    whole = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert whole["medians"][0]["cpu_us"] == {"median": 200, "low": 100, "high": 300, "rounds": 2}


def test_the_plot_draws_each_figure_at_each_size(results: report.Results) -> None:
    lines = report.growth(results.findings.rows, results.statements)
    assert lines["uncached, p50, ms"] == [(2000, 1.5), (200_000, 5)]
    picture = ElementTree.fromstring(report.plot(lines))
    circles = [each for each in picture.iter() if each.tag.endswith("circle")]
    assert len(circles) == 3
    assert all(0 < float(each.get("cx", "")) < 720 for each in circles)
