"""Evaluate one query: form, graphs, the result in one of the formats the client takes."""

import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
)

from calcguide.dataset import Dataset
from calcguide.errors import (
    MalformedQuery,
    NotAcceptable,
    QueryFailed,
    QueryTooHeavy,
    RefusedQuery,
    ResultTooLarge,
)
from calcguide.formats import (
    BOOLEAN_FORMATS,
    GRAPH_FORMATS,
    RDF_XML,
    SOLUTION_FORMATS,
    SPARQL_JSON,
    SPARQL_XML,
    Format,
    sound_xml,
)
from calcguide.query.grammar import mistake
from calcguide.query.hints import Hint, hints, is_empty, undeclared_prefix
from calcguide.query.scan import dataset_clause, excess, may_exceed, offset, place, service

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer


class Kind(StrEnum):
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


_ANEW = re.compile(r"(NOW|RAND|UUID|BNODE)\s*+[(#]", re.IGNORECASE)
"""One of these functions, or its name before a comment: to read over any number of comments would
take a time that grows exponentially with them. The engine takes `ORDER BYRAND()` for two words."""
_GRAPH_FORMS = re.compile(r"\b(CONSTRUCT|DESCRIBE)\b", re.IGNORECASE)
_FUNCTIONS_ANEW = frozenset({"NOW", "RAND", "UUID", "BNODE"})
_FORMS_OF_GRAPHS = frozenset({"CONSTRUCT", "DESCRIBE"})
_TELLING = (*_FUNCTIONS_ANEW, *_FORMS_OF_GRAPHS, "SERVICE", "GRAPH", "FROM")


@dataclass(slots=True)
class Query:
    """A query as the protocol hands it over.

    `formats` says, for each kind of result, the format to write it in; a kind that is missing
    there is one for which nothing the client accepts is on offer. The graph lists are those of
    SPARQL 1.1 Protocol, section 2.1.4, and beat the query's own FROM. With `declared` the query
    may use the dataset's prefixes without PREFIX lines. With `only_checked` it is not answered:
    the answer has no content, but all hints.
    """

    text: str
    formats: Mapping[Kind, Format]
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    declared: bool = False
    only_checked: bool = False

    mentions: Set[str] = field(init=False)
    """Which of the telling words have their letters in it, in whatever case: a short look, before
    one of five microseconds."""

    def __post_init__(self) -> None:
        capitals = self.text.upper()
        self.mentions = {word for word in _TELLING if word in capitals}

    @property
    def answers_anew(self) -> bool:
        """Whether a function in it may give another answer each time."""
        return not self.mentions.isdisjoint(_FUNCTIONS_ANEW) and bool(_ANEW.search(self.text))

    @property
    def may_label_anew(self) -> bool:
        """Whether an answer may call the same blank nodes by other labels each time."""
        return not self.mentions.isdisjoint(_FORMS_OF_GRAPHS) and bool(
            _GRAPH_FORMS.search(self.text)
        )


class Answer(NamedTuple):
    """A whole result: its kind, and the bytes in the format that was asked for."""

    kind: Kind
    format: Format
    body: bytes
    hints: tuple[Hint, ...] = ()
    """Why the result may be empty: names that resemble known ones, missing language tags."""


def evaluate(dataset: Dataset, query: Query, largest: int | None = None) -> Answer:
    """Return the complete result of a query; `largest` caps it, in bytes.

    Relative IRIs count from the dataset's base; its prefixes shorten what is written.

    Raises RefusedQuery for SERVICE, QueryTooHeavy for what nests too deep or chains too long,
    MalformedQuery for what is no SPARQL 1.1 query,
    QueryFailed where the engine cannot evaluate it, ResultTooLarge above the cap,
    NotAcceptable where the result is of a kind for which `query.formats` names none, or holds
    what the format cannot.
    """
    try:
        if "SERVICE" in query.mentions:
            _refuse_service(dataset, query)
        if may_exceed(query.text):
            _refuse_excess(query.text)
        if query.only_checked:
            answer = _parsed(dataset, query)
        else:
            answer = _written(_result(dataset, query), query, dataset.prefixes, largest)
    except SyntaxError as error:
        raise malformed(str(error), query, dataset.prefixes) from error
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryFailed(f"The query cannot be answered: {error}.") from error
    if query.only_checked or is_empty(answer.format, answer.body):
        return answer._replace(hints=tuple(hints(query.text, dataset)))
    return answer


def _refuse_excess(text: str) -> None:
    found = excess(text)
    if found:
        what, token = found
        line, column = place(text, token.start)
        raise QueryTooHeavy(
            f"Line {line}, column {column}: there are {what}. Nest less, write a chain of "
            "alternatives with VALUES or IN, or ask in several queries."
        )


def _result(dataset: Dataset, query: Query) -> QuerySolutions | QueryBoolean | QueryTriples:
    prefixes = dataset.prefixes if query.declared else None
    graphs = _graphs(query)
    if graphs is None:
        store = dataset.store if "GRAPH" in query.mentions else dataset.default_graph
        return store.query(query.text, base_iri=dataset.base, prefixes=prefixes)
    default, named = graphs
    # Only where graphs share no statement may the engine ask several of them as they are.
    merge = len(default) > 1 and not dataset.default_is_copy
    return (_merged(dataset.store, default, named) if merge else dataset.store).query(
        query.text,
        base_iri=dataset.base,
        prefixes=prefixes,
        default_graph=DefaultGraph() if merge else [*default],
        named_graphs=[*named],
    )


def _graphs(query: Query) -> tuple[list[NamedNode], list[NamedNode]] | None:
    """The default and named graphs that are to be asked; None where the engine sees to it.

    The engine counts a statement twice where two graphs of the default dataset hold it, so only
    one FROM is left to it.
    """
    default, named = query.default_graphs, query.named_graphs
    if not default and not named:
        if "FROM" not in query.mentions:
            return None
        in_text = dataset_clause(query.text)
        if len(in_text[0]) < 2:
            return None
        default, named = map(tuple, in_text)
    return [*_names(default)], [*_names(named)]


def _merged(store: Store, default: list[NamedNode], named: list[NamedNode]) -> Store:
    """A store whose default graph holds each statement of several graphs once."""
    merged = Store()
    for graph in default:
        quads = store.quads_for_pattern(None, None, None, graph)
        merged.extend(Quad(q.subject, q.predicate, q.object) for q in quads)
    for graph in named:
        merged.extend(store.quads_for_pattern(None, None, None, graph))
    return merged


def _names(graphs: Iterable[str]) -> Iterator[NamedNode]:
    """Each graph once: the engine would count the statements of one named twice double."""
    for graph in dict.fromkeys(graphs):
        try:
            yield NamedNode(graph)
        except ValueError as error:
            raise MalformedQuery(
                f"The graph {graph!r} is not an absolute IRI ({error}). Name one of the dataset's "
                "graphs, or none."
            ) from error


_SERVICE = re.compile("service", re.IGNORECASE)


def _refuse_service(dataset: Dataset, query: Query) -> None:
    """Raise RefusedQuery for the keyword SERVICE.

    Where the scanner sees none and the letters are there, the engine's own parser has the last
    word: with other letters in their place, strings, names and comments still parse, a keyword
    raises SyntaxError.
    """
    token = service(query.text)
    if token:
        line, column = place(query.text, token.start)
        raise RefusedQuery(
            f"Line {line}, column {column}: SERVICE is not answered here, since this endpoint "
            "never asks another one. Ask both endpoints yourself and join the results, or run a "
            "federating engine of your own on this endpoint."
        )
    _parsed(dataset, replace(query, text=_SERVICE.sub("Ü" * len("service"), query.text)))


def _parsed(dataset: Dataset, query: Query) -> Answer:
    """Let the engine read a query without data; raises SyntaxError where it cannot."""
    _result(Dataset(Store(), dataset.base), query)
    return Answer(Kind.BOOLEAN, SPARQL_JSON, b"")


def _written(
    result: QuerySolutions | QueryBoolean | QueryTriples,
    query: Query,
    prefixes: Mapping[str, str],
    largest: int | None,
) -> Answer:
    kind = _KINDS[type(result)]
    chosen = query.formats.get(kind)
    if chosen is None:
        raise NotAcceptable([f.media_type for f in kind.formats])
    output = _Capped()
    if largest is not None:
        output.left = largest
    if isinstance(result, QueryTriples):
        used = {p: iri for p, iri in prefixes.items() if f"{p}:" in query.text}
        chosen.write_to(output, result, used)
    else:
        result.serialize(output, format=chosen.results)
    body = output.getvalue()
    if chosen.suffix in _XML_SUFFIXES:
        body = sound_xml(body, [f.media_type for f in kind.formats if f not in _XML])
        if largest is not None and len(body) > largest:
            raise ResultTooLarge
    return Answer(kind, chosen, body)


_XML = (SPARQL_XML, RDF_XML)
_XML_SUFFIXES = frozenset(format.suffix for format in _XML)
_KINDS = {
    QuerySolutions: Kind.SOLUTIONS,
    QueryBoolean: Kind.BOOLEAN,
    QueryTriples: Kind.GRAPH,
}


class _Capped(io.BytesIO):
    """Collects a result; raises ResultTooLarge once it would be larger than the cap."""

    left = math.inf
    """Bytes that may still come."""

    def write(self, content: "Buffer", /) -> int:
        self.left -= len(memoryview(content))
        if self.left < 0:
            raise ResultTooLarge
        return super().write(content)


_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z]\w+ [^,\[]{8,}")
_BEYOND_FORM = (
    "the query is well-formed up to here, and breaks another rule: a variable is assigned twice, "
    "a row of VALUES has another length, a blank node stands in two groups, an escape in a string "
    "is unknown, or a function has too few or too many arguments."
)


def malformed(message: str, query: Query, prefixes: Mapping[str, str]) -> MalformedQuery:
    """Return the error in words: the place, what stands there, what would fit.

    `message` is the engine's, whose words count where the grammar is kept, such as for a
    variable that is selected and not grouped.
    """
    text = query.text
    undeclared = None if query.declared else undeclared_prefix(text, prefixes)
    found = mistake(text)
    if undeclared and not (found and found.token and found.token.start <= undeclared[0].start):
        return _malformed(text, undeclared[0].start, undeclared[1])
    if found:
        start = found.token.start if found.token else len(text.rstrip())
        return _malformed(text, start, found.explanation)
    engine = _PLACE.match(message)
    if not engine:
        return MalformedQuery(f"This is not a SPARQL query: {message}.")
    sentence = _SENTENCE.search(engine[3])
    if sentence:
        return MalformedQuery(sentence[0].strip().rstrip(".") + ".")
    start = offset(text, int(engine[1]), int(engine[2]))
    return _malformed(text, start, _BEYOND_FORM)


def _malformed(text: str, start: int, what: str) -> MalformedQuery:
    line, column = place(text, start)
    shown = (text.split("\n")[line - 1]).replace("\t", " ").rstrip("\r")
    return MalformedQuery(
        f"Line {line}, column {column}: {what}",
        line,
        column,
        f"{shown}\n{' ' * (column - 1)}^" if len(shown) <= _LONGEST_EXCERPT else None,
    )


_LONGEST_EXCERPT = 200
"""Characters of a line that is shown."""
