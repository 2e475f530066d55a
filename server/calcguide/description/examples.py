"""Queries about an entity: the worked questions that name it, and some that fit any."""

import re
from typing import Final

from pyoxigraph import NamedNode

from calcguide.dataset import Dataset

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


def queries_about(dataset: Dataset, node: NamedNode) -> tuple[tuple[str, str], ...]:
    """Return (question, SPARQL text): at most six worked ones that name the thing, and two more."""
    names = (re.escape(dataset.compact(node.value)), re.escape(f"<{node.value}>"))
    named = re.compile(rf"(?<![\w:])(?:{names[0]}(?![\w-])|{names[1]})")
    worked = [(asked, text) for asked, text in dataset.example_queries() if named.search(text)]
    return (
        *worked[:_MOST],
        ("Every claim about it, with its passage", _CLAIMS % node.value),
        ("Every statement about it, with its graph", _STATEMENTS % node.value),
    )
