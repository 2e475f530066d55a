"""Results: read in each format by readers of our own, compared as the suites ask for it."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree

import rdflib
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
)
from rdflib.compare import isomorphic

from calcguide import terms
from calcguide.dataset import Term
from calcguide.formats import Format
from calcguide.query import Kind
from tests.conformance import suites

Row = tuple[Term | None, ...]
"""The terms of one solution in the order of the variables; None where unbound."""

_RS: Final = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_SPARQL: Final = "{http://www.w3.org/2005/sparql-results#}"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Solutions:
    """Solutions; with `lexical` their terms are known by lexical value only, as CSV has it."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    lexical: bool = False

    def by_value(self) -> "Solutions":
        """Return the same with each term reduced to what CSV tells of it."""
        return Solutions(
            self.variables,
            tuple(tuple(_csv_term(term) for term in row) for row in self.rows),
            lexical=True,
        )


Result = Solutions | bool | rdflib.Graph


def kind(result: Result) -> Kind:
    """Return what kind of query has such a result."""
    if isinstance(result, bool):
        return Kind.BOOLEAN
    return Kind.SOLUTIONS if isinstance(result, Solutions) else Kind.GRAPH


def expected(case: suites.Case) -> Result:
    """Return the result that a case expects, its literals rewritten as the engine rewrites data."""
    content, suffix = suites.content(case.result), case.result.rpartition(".")[2]
    if suffix in _READERS:
        result = _READERS[suffix](content)
        return _rewritten(result) if isinstance(result, Solutions) else result
    store = Store()
    store.extend(suites.statements(case.result))
    of_results = store.quads_for_pattern(None, terms.RDF_TYPE, NamedNode(_RS + "ResultSet"), None)
    if next(of_results, None):
        return _from_vocabulary(store)
    output = io.BytesIO()
    store.dump(output, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    return _graph(output.getvalue(), "nt")


def answered(body: bytes, format: Format) -> Result:
    """Return the result that an answer holds; raises ValueError where it is ill-formed."""
    if format.results is not None:
        return _READERS[format.suffix](body)
    names = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
    return _graph(body, names[format.suffix])


def difference(wanted: Result, got: Result, *, ordered: bool, lax: bool) -> str | None:
    """Return how a result differs from the one expected, None where it does not."""
    if isinstance(wanted, Solutions) and isinstance(got, Solutions):
        if wanted.lexical or got.lexical:
            wanted, got = wanted.by_value(), got.by_value()
        return _different_solutions(wanted, got, ordered=ordered, lax=lax)
    if isinstance(wanted, rdflib.Graph) and isinstance(got, rdflib.Graph):
        return None if isomorphic(wanted, got) else f"another graph: {got.serialize(format='nt')}"
    return None if wanted is got else f"{got}, expected {wanted}"


def _different_solutions(
    wanted: Solutions, got: Solutions, *, ordered: bool, lax: bool
) -> str | None:
    if set(wanted.variables) != set(got.variables):
        return f"variables {got.variables}, expected {wanted.variables}"
    places = [got.variables.index(variable) for variable in wanted.variables]
    rows = [tuple(row[place] for place in places) for row in got.rows]
    shapes, shapes_wanted = Counter(map(_shape, rows)), Counter(map(_shape, wanted.rows))
    if lax and shapes.keys() == shapes_wanted.keys() and shapes <= shapes_wanted:
        return None
    same = _in_order if ordered else _in_any_order
    if same(wanted.rows, rows):
        return None
    missing, surplus = shapes_wanted - shapes, shapes - shapes_wanted
    if missing or surplus:
        return f"missing {list(missing.elements())}, surplus {list(surplus.elements())}"
    return "other blank nodes" + " or another order" * ordered


def _shape(row: Row) -> tuple[str, ...]:
    """The row with every blank node alike."""
    return tuple("_:" if isinstance(term, BlankNode) else str(term) for term in row)


Names = dict[BlankNode, BlankNode]
"""Which blank node of the answer stands for which of the expected result, and back."""


def _in_order(wanted: Sequence[Row], got: Sequence[Row]) -> bool:
    end: Row = (NamedNode("urn:end"),)
    flat, flat_got = (
        tuple(term for row in rows for term in (*row, *end)) for rows in (wanted, got)
    )
    return len(flat) == len(flat_got) and _paired(flat, flat_got, {}) is not None


def _in_any_order(wanted: Sequence[Row], got: Sequence[Row], names: Names | None = None) -> bool:
    """Whether the rows are the same bag, under one pairing of blank nodes (backtracking)."""
    if Counter(map(_shape, wanted)) != Counter(map(_shape, got)):
        return False
    if not wanted:
        return True
    for place, row in enumerate(got):
        paired = _paired(wanted[0], row, names or {})
        if paired is not None and _in_any_order(
            wanted[1:], [*got[:place], *got[place + 1 :]], paired
        ):
            return True
    return False


def _paired(wanted: Row, got: Row, names: Names) -> Names | None:
    """The pairing of blank nodes grown by one row, None where the rows do not agree."""
    names = dict(names)
    for one, other in zip(wanted, got, strict=True):
        if isinstance(one, BlankNode) and isinstance(other, BlankNode):
            mirrored = BlankNode("got-" + other.value)
            if names.setdefault(one, other) != other or names.setdefault(mirrored, one) != one:
                return None
        elif one != other:
            return None
    return names


def _rewritten(solutions: Solutions) -> Solutions:
    return Solutions(
        solutions.variables,
        tuple(tuple(map(_loaded, row)) for row in solutions.rows),
        solutions.lexical,
    )


_STORE: Final = Store()
_ANY: Final = NamedNode("urn:any")


def _loaded(term: Term | None) -> Term | None:
    """The term as it comes out of the engine's store: numbers and dates are rewritten there."""
    if not isinstance(term, Literal):
        return term
    _STORE.clear()
    _STORE.add(Quad(_ANY, _ANY, term))
    [quad] = _STORE
    rewritten: Term = quad.object
    return rewritten


def _csv_term(term: Term | None) -> Term | None:
    if isinstance(term, BlankNode):
        return term
    return Literal("" if term is None else str(getattr(term, "value", term)))


def _graph(content: bytes, format: str) -> rdflib.Graph:
    """Parse with rdflib; its own rewriting of literals must be off (see the tests' fixture)."""
    return rdflib.Graph().parse(data=content, format=format)


def _from_vocabulary(store: Store) -> Solutions | bool:
    """A result in the DAWG's result-set vocabulary; its rows by rs:index where they have one."""
    for quad in store.quads_for_pattern(None, NamedNode(_RS + "boolean"), None, None):
        return isinstance(quad.object, Literal) and quad.object.value == "true"
    variables = tuple(
        sorted(
            quad.object.value
            for quad in store.quads_for_pattern(None, NamedNode(_RS + "resultVariable"), None, None)
            if isinstance(quad.object, Literal)
        )
    )
    rows: dict[Any, dict[str, Term]] = {}
    found = store.query(
        f"PREFIX rs: <{_RS}> SELECT * {{ ?set rs:solution ?row OPTIONAL {{ ?row rs:index ?index }}"
        " OPTIONAL { ?row rs:binding [ rs:variable ?name ; rs:value ?value ] } }"
        " ORDER BY ?index"
    )
    assert isinstance(found, QuerySolutions)
    for solution in found:
        row = rows.setdefault(solution["row"], {})
        name, value = solution["name"], solution["value"]
        if isinstance(name, Literal) and value is not None:
            row[name.value] = value
    return Solutions(variables, tuple(tuple(map(row.get, variables)) for row in rows.values()))


def _from_json(content: bytes) -> Solutions | bool:
    """SPARQL 1.1 Query Results JSON Format, section 3."""
    document = json.loads(content)
    if "boolean" in document:
        return bool(document["boolean"])
    variables = tuple(document["head"]["vars"])
    rows = (
        tuple(_json_term(binding[v]) if v in binding else None for v in variables)
        for binding in document["results"]["bindings"]
    )
    return Solutions(variables, tuple(rows))


def _json_term(term: dict[str, str]) -> Term:
    if term["type"] == "uri":
        return NamedNode(term["value"])
    if term["type"] == "bnode":
        return _blank(term["value"])
    return _literal(term["value"], term.get("datatype"), term.get("xml:lang"))


def _from_xml(content: bytes) -> Solutions | bool:
    """SPARQL Query Results XML Format, section 2."""
    root = ElementTree.fromstring(content)
    boolean = root.findtext(_SPARQL + "boolean")
    if boolean is not None:
        return boolean.strip() == "true"
    names = root.iterfind(f"{_SPARQL}head/{_SPARQL}variable")
    variables = tuple(variable.attrib["name"] for variable in names)
    rows = []
    for element in root.iterfind(f"{_SPARQL}results/{_SPARQL}result"):
        row = {binding.attrib["name"]: _xml_term(binding[0]) for binding in element}
        rows.append(tuple(map(row.get, variables)))
    return Solutions(variables, tuple(rows))


def _xml_term(element: ElementTree.Element) -> Term:
    text = element.text or ""
    if element.tag == _SPARQL + "uri":
        return NamedNode(text)
    if element.tag == _SPARQL + "bnode":
        return _blank(text)
    return _literal(text, element.get("datatype"), element.get(_LANG))


def _from_tsv(content: bytes) -> Solutions:
    """SPARQL 1.1 Query Results CSV and TSV Formats, section 4: terms as in Turtle."""
    head, *lines = content.decode().removesuffix("\n").split("\n")
    variables = tuple(name.removeprefix("?") for name in head.split("\t") if name)
    rows = (tuple(map(_turtle_term, line.split("\t"))) for line in lines)
    return Solutions(variables, tuple(row if variables else () for row in rows))


def _turtle_term(text: str) -> Term | None:
    if not text:
        return None
    [quad] = parse(f"<urn:any> <urn:any> {text} .", RdfFormat.TURTLE)
    term: Term = quad.object
    return term


def _from_csv(content: bytes) -> Solutions:
    """SPARQL 1.1 Query Results CSV and TSV Formats, section 3: lexical values only."""
    head, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    return Solutions(
        tuple(head),
        tuple(tuple(_csv_cell(cell) for cell in row or [""] * len(head)) for row in rows),
        lexical=True,
    )


def _csv_cell(cell: str) -> Term:
    return _blank(cell.removeprefix("_:")) if cell.startswith("_:") else Literal(cell)


def _blank(label: str) -> BlankNode:
    return BlankNode(label.removeprefix("_:"))


def _literal(value: str, datatype: str | None, language: str | None) -> Literal:
    if language:
        return Literal(value, language=language)
    return Literal(value, datatype=NamedNode(datatype) if datatype else None)


_READERS: Final[dict[str, Callable[[bytes], Solutions | bool]]] = {
    "srj": _from_json,
    "json": _from_json,
    "srx": _from_xml,
    "xml": _from_xml,
    "tsv": _from_tsv,
    "csv": _from_csv,
}
