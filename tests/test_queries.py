"""The example queries: each says what it asks, and gets exactly the answer written beside it."""

import csv
import io
import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from rdflib.plugins.sparql import prepareQuery

from calcguide import terms
from calcguide.canonical import canonical_turtle
from calcguide.dataset import Dataset
from calcguide.description.worked_questions import topics, worked_questions
from calcguide.formats import N_TRIPLES, SPARQL_JSON
from calcguide.query.evaluate import Kind, Query, evaluate
from tests.conftest import REPOSITORY
from tests.markup import read

FOLDER: Final = REPOSITORY / "data" / "queries"
FILES: Final = sorted(path for path in FOLDER.glob("*.ttl") if path.name != "prefixes.ttl")
COMPETENCY_QUESTIONS: Final = [
    *range(1, 12),
    *(13, 15, 16, 18, 20, 21, 23, 25, 27, 29, 31, 32, 35, 36, 38, 39, 40),
]
"""The numbers of the questions that the model must answer."""
FORMS: Final = {"select": "Select", "ask": "Ask", "construct": "Construct"}
TIME_LIMIT: Final = 0.2
"""Seconds that an example may take."""

each_query = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


class Example:
    """What one file says of its query."""

    def __init__(self, path: Path) -> None:
        self.subject = NamedNode(f"{terms.BASE}query/{path.stem}")
        self.quads = list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
        [self.form] = [form for form in FORMS if self.values(terms.SH + form)]
        [self.text] = self.values(terms.SH + self.form)

    def values(self, predicate: str) -> list[str]:
        return [q.object.value for q in self.quads if q.predicate.value == predicate]

    @property
    def expected(self) -> str:
        [answer] = self.values(terms.CALC + "expectedAnswer")
        return answer


def answer(example: Example, names: Dataset) -> str:
    """The answer in the form of calc:expectedAnswer."""
    formats = {Kind.SOLUTIONS: SPARQL_JSON, Kind.BOOLEAN: SPARQL_JSON, Kind.GRAPH: N_TRIPLES}
    body = evaluate(names, Query(example.text, formats)).body
    if example.form == "construct":
        rows = [
            [names.compact(q.subject.value), names.compact(q.predicate.value), _term(q, names)]
            for q in parse(body, format=RdfFormat.N_TRIPLES)
        ]
        return _csv(["subject", "predicate", "object"], sorted(rows))
    result = json.loads(body)
    if example.form == "ask":
        return str(result["boolean"]).lower()
    header = result["head"]["vars"]
    rows = [
        [_cell(binding.get(name), names) for name in header]
        for binding in result["results"]["bindings"]
    ]
    return _csv(header, rows if "ORDER BY" in example.text else sorted(rows))


def _term(quad: Quad, names: Dataset) -> str:
    term = quad.object
    return names.compact(term.value) if isinstance(term, NamedNode) else str(term)


def _cell(term: dict[str, Any] | None, names: Dataset) -> str:
    if term is None:
        return ""
    value = str(term["value"])
    return names.compact(value) if term["type"] == "uri" else value


def rows(path: Path) -> list[list[str]]:
    """The rows of the answer of a query, without the header; of ASK none."""
    expected = Example(path).expected
    return [] if expected in ("true", "false") else list(csv.reader(io.StringIO(expected)))[1:]


def _csv(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture(scope="module")
def backwards(guide: Dataset) -> Dataset:
    """The guide's statements, put into another store in the opposite order."""
    store = Store()
    for quad in reversed(list(guide.store)):
        store.add(quad)
    return Dataset(store, guide.base)


@each_query
def test_a_query_gets_exactly_the_answer_beside_it(path: Path, guide: Dataset) -> None:
    example = Example(path)
    assert answer(example, guide) == example.expected


@each_query
def test_the_answer_does_not_depend_on_the_order_of_statements(
    path: Path, backwards: Dataset
) -> None:
    example = Example(path)
    assert answer(example, backwards) == example.expected


@each_query
def test_a_query_is_answered_while_a_reader_waits(path: Path, guide: Dataset) -> None:
    example = Example(path)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        answer(example, guide)
        times.append(time.perf_counter() - start)
    assert min(times) < TIME_LIMIT


@each_query
def test_the_page_of_a_query_shows_its_whole_answer(
    path: Path, guide: Dataset, client: FlaskClient
) -> None:
    (answer,) = read(client.get(f"/query/{path.stem}.html").text).all(
        "section", aria_labelledby="answer"
    )
    cells = [cell.text for cell in answer.all("td")]
    shown = [_in_words(value, guide) for row in rows(path) for value in row]
    assert len(cells) == len(shown)
    for cell, value in zip(cells, shown, strict=True):
        assert cell.startswith(" ".join(value.split()))
    if not shown:
        assert answer.all("p")[0].text == {"true": "Yes", "false": "No"}[Example(path).expected]


@each_query
def test_the_pages_that_a_query_names_tell_its_answer_too(
    path: Path, guide: Dataset, client: FlaskClient
) -> None:
    named = Example(path).values(terms.RDFS + "seeAlso")
    pages = [client.get(f"/{guide.path(page)}") for page in named]
    assert {page.status_code for page in pages} <= {200}
    articles = [read(page.text).all("article")[0] for page in pages]
    told = " ".join(article.text for article in articles).casefold()
    linked = {link["href"] for article in articles for link in article.all("a")}
    missing = [
        entity
        for entity in {value for row in rows(path) for value in row if value.startswith("id:")}
        if named and _in_words(entity, guide).casefold() not in told
        if "/id/" + entity.removeprefix("id:") not in linked  # a circumstance reads as a phrase
    ]
    assert missing == []


def test_each_competency_question_is_told_on_a_page_of_what_it_asks_about() -> None:
    untold = [
        number
        for path in FILES
        for number in Example(path).values(terms.CALC + "competencyQuestion")
        if not Example(path).values(terms.RDFS + "seeAlso")
    ]
    assert sorted(untold) == ["32", "35"], "claims of the whole guide: on the query's page alone"


def _in_words(value: str, names: Dataset) -> str:
    """A cell of an answer as a page shows it: the label of what it names."""
    prefix, _, local = value.partition(":")
    iri = value[1:-1] if value.startswith("<") else names.prefixes.get(prefix, "") + local
    return names.label(NamedNode(iri)) if names.knows(iri) else value


@each_query
def test_another_engine_can_read_the_query(path: Path) -> None:
    prepareQuery(Example(path).text)


@each_query
def test_a_file_says_what_its_query_asks(path: Path) -> None:
    example = Example(path)
    assert {q.subject for q in example.quads} == {example.subject}
    assert set(example.values(terms.RDF + "type")) == {
        f"{terms.SH}SPARQLExecutable",
        f"{terms.SH}SPARQL{FORMS[example.form]}Executable",
    }
    [question] = [q.object for q in example.quads if q.predicate.value == f"{terms.RDFS}comment"]
    assert isinstance(question, Literal)
    assert question.language == "en"
    assert re.fullmatch(r"[A-Z].*\?", question.value)
    assert example.values(terms.SCHEMA + "keywords")
    assert example.values(terms.SH + "prefixes") == [f"{terms.BASE}queries"]
    assert example.expected


@each_query
def test_a_query_brings_its_own_prefixes_as_they_are_declared_for_all(path: Path) -> None:
    text = Example(path).text
    own = dict(re.findall(r"^PREFIX (\w+): <([^>]+)>$", text, re.MULTILINE))
    assert own.items() <= _declared_prefixes().items()
    body = "\n".join(line for line in text.splitlines() if not line.startswith("PREFIX"))
    assert [prefix for prefix in own if f"{prefix}:" not in body] == []


def _declared_prefixes() -> dict[str, str]:
    declared: dict[object, dict[str, str]] = {}
    for quad in parse((FOLDER / "prefixes.ttl").read_bytes(), format=RdfFormat.TURTLE):
        if isinstance(quad.object, Literal):
            of = declared.setdefault(quad.subject, {})
            of[quad.predicate.value.removeprefix(terms.SH)] = quad.object.value
    return {each["prefix"]: each["namespace"] for each in declared.values() if "prefix" in each}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ttl")), ids=lambda path: path.stem)
def test_a_file_is_in_canonical_form_below_one_line_of_purpose(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# [A-Z].*\.\nPREFIX ", text)
    assert text == canonical_turtle(text, path)


def test_no_two_queries_ask_the_same() -> None:
    for predicate in (terms.RDFS + "comment", terms.CALC + "competencyQuestion"):
        said = [value for path in FILES for value in Example(path).values(predicate)]
        assert len(said) == len(set(said))


def test_every_competency_question_has_its_query() -> None:
    numbers = [
        int(number)
        for path in FILES
        for number in Example(path).values(terms.CALC + "competencyQuestion")
    ]
    assert sorted(numbers) == COMPETENCY_QUESTIONS


def test_the_examples_are_listed_by_the_questions_they_ask(guide: Dataset) -> None:
    examples = worked_questions(guide)
    assert len(examples) == len(FILES)
    assert all("?" in example.question for example in examples)
    assert examples[0].iri.endswith("/can-diet-reverse-calcification"), "the numbered ones first"


def test_each_example_stands_under_one_word_that_several_share(guide: Dataset) -> None:
    found = topics(guide)
    listed = [question for topic in found for question in topic.questions]
    assert Counter(listed) == Counter(worked_questions(guide))
    assert all(2 < len(topic.questions) < 15 for topic in found)
    assert [topic.keyword for topic in found] == sorted({topic.keyword for topic in found})
