"""Worked questions: the queries that a dataset brings along, under keywords that several share."""

import functools
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.naming import Name, calc, in_order, name
from calcguide.description.results import Table, read_expected

_FORMS: Final = tuple(NamedNode(terms.SH + form) for form in ("select", "ask", "construct"))
_COMMENT: Final = NamedNode(terms.RDFS + "comment")
_KEYWORDS: Final = NamedNode(terms.SCHEMA + "keywords")
_NUMBER: Final = calc("competencyQuestion")
_ANSWER: Final = calc("expectedAnswer")
_TOLD_ON: Final = NamedNode(terms.RDFS + "seeAlso")
_FEWEST: Final = 3
"""Questions under one keyword; rarer keywords are no heading."""

_NAME: Final = re.compile(r"(?<![\w:])[A-Za-z][\w-]*:[\w-]+|<[^<>\s]+>")
"""A name with a prefix, or an IRI, in a query."""
_MOST: Final = 6
_CLAIMS: Final = """PREFIX calc: <https://w3id.org/calcguide/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?claim ?gloss ?polarity ?passage
WHERE {
  ?claim calc:subject|calc:object|calc:under|calc:especially <%s> ;
    skos:definition ?gloss ;
    calc:polarity ?polarity ;
    calc:statedIn ?passage .
}
ORDER BY ?claim
"""
_STATEMENTS: Final = """SELECT ?graph ?subject ?property ?object
WHERE {
  GRAPH ?graph { ?subject ?property ?object }
  FILTER(<%s> IN (?subject, ?object))
}
ORDER BY ?graph ?property
"""


@dataclass(frozen=True)
class WorkedQuestion:
    """A query with what it asks, in plain words."""

    iri: str
    question: str
    query: str


@dataclass(frozen=True)
class Topic:
    """Questions under one of their keywords; the keyword is empty where they have none."""

    keyword: str
    questions: tuple[WorkedQuestion, ...]


@dataclass(frozen=True)
class QueryPage:
    """A worked question with the answer it must get, and the pages that tell it too."""

    worked: WorkedQuestion
    keywords: tuple[str, ...]
    answer: Table | bool | None
    told_on: tuple[Name, ...]


def describe_query(dataset: Dataset, iri: str) -> QueryPage | None:
    """Return the page of a worked question; None where there is no such query."""
    worked = next((w for w in worked_questions(dataset) if w.iri == iri), None)
    if worked is None:
        return None
    node = NamedNode(iri)
    answer = next(iter(_values(dataset, node, _ANSWER)), None)
    pages = dataset.store.quads_for_pattern(node, _TOLD_ON, None, dataset.graph("queries"))
    return QueryPage(
        worked=worked,
        keywords=tuple(sorted(_values(dataset, node, _KEYWORDS))),
        answer=None if answer is None else read_expected(dataset, answer),
        told_on=in_order(
            _page(dataset, quad.object) for quad in pages if isinstance(quad.object, NamedNode)
        ),
    )


@functools.lru_cache(maxsize=1)
def worked_questions(dataset: Dataset) -> tuple[WorkedQuestion, ...]:
    """Return the queries of graph `queries`: the numbered ones first, the others by IRI."""
    graph = dataset.graph("queries")
    found = [
        (quad.subject, quad.object.value)
        for form in _FORMS
        for quad in dataset.store.quads_for_pattern(None, form, None, graph)
        if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode)
    ]
    found.sort(key=lambda item: (_number(dataset, item[0]), item[0].value))
    return tuple(
        WorkedQuestion(query.value, _question(dataset, query), text) for query, text in found
    )


@functools.lru_cache(maxsize=1)
def topics(dataset: Dataset) -> tuple[Topic, ...]:
    """Return the questions, each once: under the rarest of its keywords that several share."""
    found = worked_questions(dataset)
    keywords = {q.iri: _values(dataset, NamedNode(q.iri), _KEYWORDS) for q in found}
    counts = Counter(k for of_one in keywords.values() for k in of_one)
    sorted_in: dict[str, list[WorkedQuestion]] = {}
    for question in found:
        own = keywords[question.iri]
        shared = [k for k in own if counts[k] >= _FEWEST] or own
        topic = min(shared, key=lambda k: (counts[k], k), default="")
        sorted_in.setdefault(topic, []).append(question)
    return tuple(Topic(keyword, tuple(sorted_in[keyword])) for keyword in sorted(sorted_in))


@functools.lru_cache(maxsize=1)
def _naming(dataset: Dataset) -> dict[str, list[int]]:
    """Name, as queries write it -> places of the worked queries that have it."""
    found: dict[str, list[int]] = {}
    for place, worked in enumerate(worked_questions(dataset)):
        for written in dict.fromkeys(_NAME.findall(worked.query)):
            found.setdefault(written, []).append(place)
    return found


def queries_about(dataset: Dataset, node: NamedNode) -> tuple[tuple[str, str], ...]:
    """Return (question, SPARQL text): at most six worked ones that name the thing, and two more."""
    naming = _naming(dataset)
    found = {*naming.get(dataset.compact(node.value), ()), *naming.get(f"<{node.value}>", ())}
    worked = [worked_questions(dataset)[place] for place in sorted(found)[:_MOST]]
    return (
        *((one.question, one.query) for one in worked),
        ("Every claim about it, with its passage", _CLAIMS % node.value),
        ("Every statement about it, with its graph", _STATEMENTS % node.value),
    )


def _question(dataset: Dataset, query: NamedNode) -> str:
    """What a query asks, in plain words: its comment; its label where it has none."""
    return next(iter(_values(dataset, query, _COMMENT)), "") or name(dataset, query).label


def _page(dataset: Dataset, page: NamedNode) -> Name:
    """A page under the name of the thing that it is about: its address without the format."""
    thing = NamedNode(page.value.removesuffix(".html"))
    return Name(name(dataset, thing).label, page.value)


def _number(dataset: Dataset, query: NamedNode) -> float:
    found = _values(dataset, query, _NUMBER)
    return min((int(number) for number in found if number.isdecimal()), default=math.inf)


def _values(dataset: Dataset, query: NamedNode, predicate: NamedNode) -> list[str]:
    found = dataset.store.quads_for_pattern(query, predicate, None, dataset.graph("queries"))
    return [quad.object.value for quad in found if isinstance(quad.object, Literal)]
