"""Evaluate one query: form, graphs, the result in one of the formats the client takes."""

import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from calcguide.errors import (
    MalformedQuery,
    NotAcceptable,
    QueryFailed,
    RefusedQuery,
    ResultTooLarge,
)
from calcguide.formats import BOOLEAN_FORMATS, GRAPH_FORMATS, SOLUTION_FORMATS, Format
from calcguide.query.scan import place, service

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer


class Kind(Enum):
    """What a query returns."""

    SOLUTIONS = "solutions"
    BOOLEAN = "boolean"
    GRAPH = "graph"

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats that this kind of result can be written in, the preferred one first."""
        return _FORMATS[self]


_FORMATS = {
    Kind.SOLUTIONS: SOLUTION_FORMATS,
    Kind.BOOLEAN: BOOLEAN_FORMATS,
    Kind.GRAPH: GRAPH_FORMATS,
}


@dataclass(frozen=True)
class Query:
    """A query as the protocol hands it over.

    `formats` says, for each kind of result, the format to write it in; a kind that is missing
    there is one for which nothing the client accepts is on offer. The graph lists are those of
    SPARQL 1.1 Protocol, section 2.1.4, and beat the query's own FROM. `prefixes` are for the
    result; with `declared` the query may use them without PREFIX lines too.
    """

    text: str
    formats: Mapping[Kind, Format]
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base_iri: str | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)
    declared: bool = False


@dataclass(frozen=True)
class Answer:
    """A whole result: its kind, and the bytes in the format that was asked for."""

    kind: Kind
    format: Format
    body: bytes


def evaluate(store: Store, query: Query, largest: int | None = None) -> Answer:
    """Return the complete result of a query; `largest` caps it, in bytes.

    Raises RefusedQuery for SERVICE, MalformedQuery for what is no SPARQL 1.1 query,
    QueryFailed where the engine cannot evaluate it, ResultTooLarge above the cap,
    NotAcceptable where the result is of a kind for which `query.formats` names none.
    """
    _refuse_service(query.text)
    protocol_dataset = bool(query.default_graphs or query.named_graphs)
    try:
        result = store.query(
            query.text,
            base_iri=query.base_iri,
            prefixes=dict(query.prefixes) if query.declared else None,
            default_graph=[NamedNode(g) for g in query.default_graphs]
            if protocol_dataset
            else None,
            named_graphs=[NamedNode(g) for g in query.named_graphs] if protocol_dataset else None,
        )
        return _written(result, query, largest)
    except SyntaxError as error:
        raise malformed(str(error), query.text) from error
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryFailed(f"The query cannot be answered: {error}.") from error


def _refuse_service(text: str) -> None:
    token = service(text)
    if token:
        line, column = place(text, token.start)
        raise RefusedQuery(
            f"Line {line}, column {column}: SERVICE is not answered here, since this endpoint "
            "never asks another one. Ask both endpoints yourself and join the results, or run a "
            "federating engine of your own on this endpoint."
        )


def _written(
    result: QuerySolutions | QueryBoolean | QueryTriples, query: Query, largest: int | None
) -> Answer:
    kind = {
        QuerySolutions: Kind.SOLUTIONS,
        QueryBoolean: Kind.BOOLEAN,
        QueryTriples: Kind.GRAPH,
    }[type(result)]
    chosen = query.formats.get(kind)
    if chosen is None:
        raise NotAcceptable([f.media_type for f in kind.formats])
    output = _Capped(largest)
    if isinstance(result, QueryTriples):
        used = {p: iri for p, iri in query.prefixes.items() if f"{p}:" in query.text}
        chosen.write_to(output, result, used)
    else:
        result.serialize(output, format=chosen.results)
    return Answer(kind, chosen, output.getvalue())


class _Capped(io.BytesIO):
    """Collects a result; raises ResultTooLarge once it would be larger than the cap."""

    def __init__(self, largest: int | None) -> None:
        super().__init__()
        self._left = math.inf if largest is None else largest

    def write(self, content: "Buffer", /) -> int:
        self._left -= len(memoryview(content))
        if self._left < 0:
            raise ResultTooLarge
        return super().write(content)


_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_PLAIN = re.compile(r"""^("[^"]+"|[A-Z][A-Z0-9]*|The SELECT .*|.*already.*)$""")


def malformed(message: str, text: str) -> MalformedQuery:
    """Return the engine's complaint in words: the place, what stands there, what would fit."""
    match = _PLACE.match(message)
    if not match:
        return MalformedQuery(f"This is not a SPARQL query: {message}.")
    line, column = int(match[1]), int(match[2])
    found = _found(text, line, column)
    wanted = [part.strip() for part in match[3].split(", ")]
    plain = [part for part in wanted if _PLAIN.match(part)]
    expected = f" Expected here: {', '.join(plain)}." if plain else ""
    return MalformedQuery(f"Line {line}, column {column}: {found}.{expected}", line, column)


def _found(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    rest = lines[line - 1][column - 1 :].strip() if line <= len(lines) else ""
    if not rest:
        return "the query ends here too early" if line >= len(lines) else "the line ends too early"
    word = re.match(r"[\w?$:<>\-]+|\S", rest)
    return f"{word.group() if word else rest!r} does not fit here"
