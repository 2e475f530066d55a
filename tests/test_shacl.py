"""Posted data are validated with the guide they speak of; hostile ones end a process at most."""

import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store, Triple, parse

from calcguide import posted, terms, validation
from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.errors import MalformedData, QueryTooHeavy, ResultTooLarge
from calcguide.formats import GRAPH_FORMATS, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format
from calcguide.posted import Judgement, Posted, judge
from calcguide.settings import Settings
from tests.markup import read
from tests.running import Server, serving

PREFIXES = """
PREFIX calc: <https://w3id.org/calcguide/ontology#>
PREFIX claim: <https://w3id.org/calcguide/claim/>
PREFIX id: <https://w3id.org/calcguide/id/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
GOOD = """
id:warm-bath a calc:Intervention ; skos:prefLabel "Warm bath"@en ;
    skos:definition "Sitting in warm water for a while."@en .
<https://w3id.org/calcguide/claim/c900> a calc:Claim ;
    skos:prefLabel "c900: Warm bath, relieves: calcific tendonitis"@en ;
    skos:definition "A warm bath is said to ease the hip."@en ;
    calc:subject id:warm-bath ; calc:predicate calc:relieves ; calc:object id:calcific-tendonitis ;
    calc:polarity calc:affirmed ; calc:certainty calc:stated ;
    calc:statedIn <https://w3id.org/calcguide/passage/comparison/r1c4> ;
    <http://www.w3.org/ns/prov#wasGeneratedBy> <https://w3id.org/calcguide/activity/coding-1> .
"""
FAULTY = GOOD.replace("id:calcific-tendonitis", "id:hip").replace(' "Warm bath"@en', ' "Rest"@en')
SH = terms.SH


@pytest.fixture(scope="module")
def faulty(guide: Dataset) -> Judgement:
    return judge(guide, Posted((PREFIXES + FAULTY).encode(), TURTLE, N_TRIPLES))


def test_what_fits_the_guide_conforms(guide: Dataset) -> None:
    found = judge(guide, Posted((PREFIXES + GOOD).encode(), TURTLE, None))
    assert found == Judgement(True, 13, 2, (), b"")


def test_a_mistake_is_named_with_its_shape_and_what_to_do(faulty: Judgement) -> None:
    assert not faulty.conforms
    found = {(v.focus_node, v.source_shape) for v in faulty.violations}
    assert found == {
        ("claim:c900", "shape:Claim-label-fits"),
        ("claim:c900", "shape:Claim-range"),
        ("id:rest", "shape:Entity-unique-prefLabel"),
        ("id:warm-bath", "shape:Entity-unique-prefLabel"),
    }
    assert all(v.message.endswith((".", "?")) for v in faulty.violations)


def test_the_report_holds_the_results_as_shacl_has_them(faulty: Judgement) -> None:
    store = Store()
    store.load(faulty.report, format=RdfFormat.N_TRIPLES)
    (report,) = store.quads_for_pattern(None, NamedNode(SH + "conforms"), None)
    assert str(report.object) == '"false"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    results = list(store.quads_for_pattern(None, NamedNode(SH + "result"), None))
    assert len(results) == len(faulty.violations) > 1
    for local in ("focusNode", "resultMessage", "resultSeverity", "sourceShape"):
        found = store.quads_for_pattern(None, NamedNode(SH + local), None)
        assert {q.subject for q in found} == {q.object for q in results}, local
    assert all(isinstance(q.object, BlankNode) for q in results)


def test_results_that_the_guide_has_anyway_are_left_out(guide: Dataset, faulty: Judgement) -> None:
    known = faulty.violations
    found = judge(guide, Posted((PREFIXES + FAULTY).encode(), TURTLE, None, known))
    assert found.conforms and found.violations == ()


@pytest.fixture
def quick(
    guide: Dataset, faulty: Judgement, monkeypatch: pytest.MonkeyPatch
) -> tuple[FlaskClient, list[Posted]]:
    """A client of an application whose validation only parses; and what was sent to it."""
    sent: list[Posted] = []

    def parsed(dataset: Dataset, given: Posted) -> Judgement:
        sent.append(given)
        count = len(list(posted._parsed(dataset, given)))
        report = b""
        if given.report:
            triples = parse(faulty.report, format=RdfFormat.N_TRIPLES)
            report = given.report.write([q.triple for q in triples], dataset.context)
        return Judgement(False, count, 1, faulty.violations, report)

    monkeypatch.setattr(posted, "judge", parsed)
    return create_app(guide, Settings.read({}, access_log="off")).test_client(), sent


@pytest.mark.parametrize("format", GRAPH_FORMATS, ids=lambda f: f.name)
def test_every_format_is_read_and_written(
    quick: tuple[FlaskClient, list[Posted]], faulty: Judgement, format: Format
) -> None:
    client, _ = quick
    triples = [q.triple for q in parse((PREFIXES + GOOD).encode(), format=RdfFormat.TURTLE)]
    content = format.write(triples, Dataset(Store(), terms.BASE).context)
    for type in (format.media_type, *format.aliases):
        response = client.post("/shacl", data=content, headers={"Content-Type": type})
        assert response.status_code == 200, response.text
        assert response.mimetype == "text/turtle"
        assert response.headers["Cache-Control"] == "no-store"
    response = client.post(
        "/shacl",
        data=content,
        headers={"Content-Type": format.media_type, "Accept": format.media_type},
    )
    assert response.mimetype == format.media_type and format.rdf
    store = Store()
    store.load(response.data, format=format.rdf, base_iri=terms.BASE)
    found = store.quads_for_pattern(None, NamedNode(SH + "result"), None)
    assert len(list(found)) == len(faulty.violations)


@pytest.mark.parametrize(
    ("content", "type", "status", "words"),
    [
        ("", "text/turtle", 400, "nothing in it"),
        (" \n", "text/turtle", 400, "nothing in it"),
        ("<a> <b> .", "text/turtle", 400, "Line 1, column 9"),
        ("<a> <b> 'ok' .\n<a> b:c 1 .", "text/turtle", 400, "Line 2"),
        ("<r>", "application/rdf+xml", 400, "this is not RDF/XML"),
        ("{", "application/ld+json", 400, "this is not JSON-LD"),
        ('{"@context": "https://x.example/", "a": 1}', "application/ld+json", 400, "JSON-LD"),
        ('{"@id": "urn:g", "@graph": [{"@id": "urn:a", "urn:p": 1}]}', "application/json", 400,
         "named graph"),
        ("a,b", "text/csv", 415, "text/turtle"),
        ("a", "", 415, "Send RDF as one of"),
        ("<a> <b> <c> .", "application/trig", 415, "Send RDF as one of"),
        ("\ud800", "text/turtle", 400, "this is not Turtle"),
        ("<a> <b> " + ", ".join(map(str, range(posted.MOST + 1))) + " .", "text/turtle", 422,
         "more than 20,000 statements"),
    ],
    ids=lambda value: str(value)[:24] or "none",
)  # fmt: skip
def test_what_cannot_be_validated_is_refused_with_what_to_do(
    quick: tuple[FlaskClient, list[Posted]], content: str, type: str, status: int, words: str
) -> None:
    client, _ = quick
    body = content.encode("utf-8", "surrogatepass")
    response = client.post("/shacl", data=body, headers={"Content-Type": type})
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    assert words in response.json["detail"]  # type: ignore[index]
    if words.startswith("Line"):
        assert response.json["line"] and response.json["column"]  # type: ignore[index]


def test_the_form_keeps_what_was_sent_and_shows_what_was_found(
    quick: tuple[FlaskClient, list[Posted]], faulty: Judgement
) -> None:
    client, sent = quick
    form = {"data": PREFIXES + FAULTY + "# <script>", "format": "ttl"}
    response = client.post("/shacl", data=form, headers={"Accept": "text/html"})
    assert response.status_code == 200
    page = read(response.text)
    assert page.all("textarea")[0].text == " ".join(form["data"].split())
    for violation in faulty.violations:
        assert violation.message in page.text
    rules = {a["href"] for a in page.all("a") if a["href"].startswith("/shapes#")}
    assert rules == {f"/shapes#{v.source_shape.split(':')[1]}" for v in faulty.violations}
    shapes = {e["id"] for e in read(client.get("/shapes.html").text).having("id")}
    assert {rule.split("#")[1] for rule in rules} <= shapes
    assert sent[-1].report is None
    wrong = {"data": "<a> <b>", "format": "ttl"}
    response = client.post("/shacl", data=wrong, headers={"Accept": "text/html"})
    assert response.status_code == 400
    page = read(response.text)
    assert "Line 1, column" in page.all("p", role="alert")[0].text
    assert page.all("textarea")[0].text == "<a> <b>"


def test_the_form_stands_on_the_page_of_the_validation(client: FlaskClient) -> None:
    page = read(client.get("/validation").text)
    assert page.all("form", action="/shacl", method="post")
    refused = client.get("/shacl")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS, POST")


def test_without_shapes_there_is_nothing_to_validate_against() -> None:
    foreign = create_app(Dataset(Store(), terms.BASE), Settings.read({}, access_log="off"))
    client = foreign.test_client()
    response = client.post("/shacl", data="<a> <b> <c> .", headers={"Content-Type": "text/turtle"})
    assert response.status_code == 404
    assert "no shapes" in response.text
    assert read(client.get("/validation").text).all("form", action="/shacl") == []


def test_what_travels_between_processes_arrives_as_it_was(faulty: Judgement) -> None:
    sent = Posted(b"<a> <b> <c> .", RDF_XML, JSON_LD, faulty.violations)
    assert Posted.unpacked(sent.packed()) == sent
    assert Judgement.unpacked(faulty.packed()) == faulty


def test_a_report_above_the_cap_is_refused(guide: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    triple = Triple(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode("urn:c"))
    found = validation.Found(True, (), [triple])
    monkeypatch.setattr(validation, "validate_together", lambda *given: found)
    with pytest.raises(ResultTooLarge):
        judge(guide, Posted(b"<a> <b> <c> .", TURTLE, TURTLE), largest=10)


# In a running server


def _bomb() -> str:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "{"x" * 1000}">{entities}]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="urn:x"><rdf:value>&a9;</rdf:value></rdf:Description></rdf:RDF>'
    )


def _nested(count: int) -> str:
    lists = '{"@list":[' * count + "]}" * count
    return f'{{"@id": "urn:x", "urn:p": {lists}}}'


HOSTILE = {
    "entity bomb": ("application/rdf+xml", _bomb(), {422}),
    "a megabyte of nesting": ("application/ld+json", _nested(85_000), {400, 422}),
    "nesting that JSON allows": ("application/ld+json", _nested(20_000), {400, 422}),
    "half a megabyte of brackets": (
        "text/turtle", "<a> <b> " + "(" * 500_000 + ")" * 500_000 + " .", {422}
    ),
    "endless": (
        "text/turtle",
        PREFIXES + "".join(f"<a{n}> a calc:Claim; calc:subject <a{n}>." for n in range(9000)),
        {504},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("shacl"),
        CALCGUIDE_METRICS_PORT="0",
        CALCGUIDE_ACCESS_LOG="off",
        CALCGUIDE_FRONTS="1",
        CALCGUIDE_VALIDATION_SECONDS="25",
    ) as running:
        yield running


def send(server: Server, type: str, content: str, accept: str = "*/*") -> tuple[int, str]:
    request = urllib.request.Request(
        server.url + "/shacl",
        data=content.encode(),
        headers={"Content-Type": type, "Accept": accept},
    )
    return server.open(request, 60)


def lasting(server: Server) -> set[int]:
    """The processes of the server that outlive a request."""
    found = {pid: Path(f"/proc/{pid}/comm") for pid in server.family()}
    return {pid for pid, name in found.items() if name.read_text().strip() != "errand"}


def test_a_process_of_its_own_finds_the_same(server: Server, faulty: Judgement) -> None:
    status, report = send(server, "text/turtle", PREFIXES + FAULTY, accept="application/n-triples")
    assert (status, report.encode()) == (200, faulty.report)


def test_of_several_at_once_all_but_one_are_told_to_come_back(server: Server) -> None:
    with ThreadPoolExecutor(4) as threads:
        sent = [threads.submit(send, server, "text/turtle", PREFIXES + GOOD) for _ in range(4)]
        answers = [found.result() for found in sent]
    statuses = {status for status, _ in answers}
    assert statuses == {200, 503}
    refused = next(json.loads(body) for status, body in answers if status == 503)
    assert refused["retryAfter"] > 0


@pytest.mark.parametrize("name", HOSTILE.keys() - {"endless"})
def test_a_hostile_post_is_refused_and_nothing_else_is_hurt(server: Server, name: str) -> None:
    before = lasting(server)
    type, content, statuses = HOSTILE[name]
    status, body = send(server, type, content)
    assert status in statuses, body
    assert len(json.loads(body)["detail"]) > 40
    assert before == lasting(server)
    assert server.get("/health/ready")[0] == 200


@pytest.mark.slow
def test_an_endless_validation_is_ended_at_its_deadline(tmp_path: Path) -> None:
    with serving(tmp_path, CALCGUIDE_METRICS_PORT="0", CALCGUIDE_VALIDATION_SECONDS="2") as running:
        type, content, statuses = HOSTILE["endless"]
        status, body = send(running, type, content)
        assert status in statuses, body
        assert "the limit is 2 s" in body
        assert running.get("/health/ready")[0] == 200


def test_too_many_statements_are_counted_before_anything_else(guide: Dataset) -> None:
    many = "<a> <b> " + ", ".join(map(str, range(posted.MOST + 1))) + " ."
    with pytest.raises(QueryTooHeavy):
        judge(guide, Posted(many.encode(), TURTLE, None))
    with pytest.raises(MalformedData):
        judge(guide, Posted(b"<a>", TURTLE, None))
