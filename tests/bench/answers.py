"""Answers of any server in one form, so that they can be compared."""

import contextlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from calcguide import terms

SOLUTIONS = "application/sparql-results+json"
GRAPH = "text/turtle"

Answer = list[tuple[str, ...]]
"""Rows, each a term a variable in the order of their names; or statements; or a truth value."""


class Unreadable(Exception):
    """What a server sent is no answer."""


def read(body: bytes, accepted: str) -> Answer:
    """Return the answer in `body`; raises Unreadable where there is none.

    Blank nodes are all the same here, and numbers count by their value: a server may write 1.0
    for 1. A graph is read in whatever format it comes, since some servers name the wrong one.
    """
    return _rows(body) if accepted == SOLUTIONS else _statements(body)


def _rows(body: bytes) -> Answer:
    try:
        result = json.loads(body)
        if "boolean" in result:
            return [(str(bool(result["boolean"])),)]
        names = sorted(result["head"]["vars"])
        if names == ["__ASK_RETVAL"]:  # how Virtuoso writes a truth value
            return [(str(result["results"]["bindings"][0][names[0]]["value"] == "1"),)]
        return [
            tuple(_written(row[name]) if name in row else "" for name in names)
            for row in result["results"]["bindings"]
        ]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Unreadable(f"no results in JSON: {body[:200]!r}") from error


def _written(term: dict[str, Any]) -> str:
    if term["type"] == "uri":
        return f"<{term['value']}>"
    if term["type"] == "bnode":
        return "_:"
    return _literal(term["value"], term.get("xml:lang"), term.get("datatype"))


def _literal(value: str, language: str | None, datatype: str | None) -> str:
    if language:
        return f"{json.dumps(value)}@{language.lower()}"
    if datatype in _NUMBERS:
        with contextlib.suppress(InvalidOperation):
            return str(Decimal(value).normalize())
    if datatype in (None, terms.XSD + "string"):
        return json.dumps(value)
    return f"{json.dumps(value)}^^<{datatype}>"


_NUMBERS = frozenset(
    terms.XSD + name
    for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")
)


def _statements(body: bytes) -> Answer:
    formats = (RdfFormat.TURTLE, RdfFormat.N_QUADS, RdfFormat.RDF_XML)
    for each in formats:
        with contextlib.suppress(SyntaxError):
            return sorted(
                {
                    (_term(quad.subject), _term(quad.predicate), _term(quad.object))
                    for quad in parse(body, format=each)
                }
            )
    raise Unreadable(f"no graph: {body[:200]!r}")


def _term(term: NamedNode | BlankNode | Literal | Triple) -> str:
    if isinstance(term, NamedNode):
        return f"<{term.value}>"
    if isinstance(term, Literal):
        return _literal(term.value, term.language, term.datatype.value)
    return "_:"
