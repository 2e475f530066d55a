"""Loading: files into named graphs, what follows from them, the default graph."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from calcguide import terms
from calcguide.alignments import parse_sssom
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Term
from calcguide.errors import DataError, UnreadableData
from calcguide.files import CHECKS, ENTAILMENT_RULES, FACT_RULES, Root, read_bytes, read_text

OUTSIDE_DEFAULT: Final = ("shapes", "queries")
"""Named graphs that the default graph does not repeat."""

_QUERY_PLACE: Final = re.compile(r"error at (\d+):(\d+): ")
_VOID_URI_SPACE: Final = NamedNode(terms.VOID + "uriSpace")


def load(root: Root) -> Dataset:
    """Return the guide in `root`, loaded, derived, its default graph filled.

    Raises UnreadableData with every syntax error of every file.
    """
    dataset = load_asserted(root)
    derive(dataset, root)
    return dataset


def load_asserted(root: Root) -> Dataset:
    """Return the guide's files alone, each in its named graph; the default graph is empty.

    Raises UnreadableData with every syntax error of every file.
    """
    parsed: list[tuple[str, Path, list[Quad]]] = []
    errors: list[DataError] = []
    for graph, path in root.graph_files():
        try:
            read = parse_sssom if path.suffix == ".tsv" else parse_turtle
            parsed.append((graph, path, read(path)))
        except DataError as error:
            errors.append(
                DataError(
                    error.message,
                    path=Path(root.name_of(path)),
                    line=error.line,
                    column=error.column,
                )
            )
    if errors:
        raise UnreadableData(errors)
    base = _stated_base(quad for graph, _, quads in parsed if graph == "dataset" for quad in quads)
    dataset = Dataset(Store(), base)
    dataset.checks = {path.stem: _query(root, path, QuerySolutions) for path in root.glob(CHECKS)}
    for graph, path, quads in parsed:
        name = dataset.graph(graph)
        dataset.store.extend(Quad(q.subject, q.predicate, q.object, name) for q in quads)
        for quad in quads:
            blank = isinstance(quad.subject, BlankNode)
            dataset.places[quad.subject, None if blank else quad.predicate] = path
            if isinstance(quad.subject, NamedNode):
                dataset.files.setdefault(quad.subject.value, path)
                if quad.predicate == terms.RDF_TYPE:  # where background speaks of it too
                    dataset.files[quad.subject.value] = path
    return dataset


def parse_turtle(path: Path) -> list[Quad]:
    """Return the statements of a Turtle file; raises DataError at its first syntax error."""
    content = read_bytes(path)
    names: dict[Term, BlankNode] = {}
    try:
        quads = parse(content, format=RdfFormat.TURTLE)
        return [_named_blank_nodes(quad, path, names) for quad in quads]
    except SyntaxError as error:
        raise data_error(error, path) from error


def _named_blank_nodes(quad: Quad, path: Path, names: dict[Term, BlankNode]) -> Quad:
    """The statement with its blank nodes counted per file, so that every load gives the same."""
    for node in (quad.subject, quad.object):
        if isinstance(node, BlankNode):
            names.setdefault(node, BlankNode(f"{path.parent.name}-{path.stem}-{len(names) + 1}"))
    subject, object = names.get(quad.subject), names.get(quad.object)
    return Quad(subject or quad.subject, quad.predicate, object or quad.object)


def data_error(error: SyntaxError, path: Path) -> DataError:
    """Return the error that says where a file is not well-formed."""
    message = str(error.msg).split(": ", 1)[-1].rstrip(".")
    if message.endswith("has not been declared"):
        remedy = "Mend its name, or declare it at the top of the file."
    else:
        remedy = (
            "Mend the file at this place or just before it, where a full stop, a semicolon or a "
            "quotation mark may be missing."
        )
    return DataError(
        f"not well-formed: {message}. {remedy}",
        path=path,
        line=error.lineno,
        column=error.offset,
    )


def _stated_base(quads: Iterable[Quad]) -> str:
    """The void:uriSpace that the guide's dataset states; ours where it states none."""
    for quad in quads:
        if quad.predicate == _VOID_URI_SPACE and isinstance(quad.object, Literal):
            return quad.object.value
    return terms.BASE


def derive(dataset: Dataset, root: Root) -> None:
    """Add the derived graphs and fill the default graph.

    `facts` and `qualified-facts` are made from the claims; `entailed` is what follows from
    `facts` and all that is asserted, `qualified-entailed` what follows only with
    `qualified-facts` too; each less what is stated already.
    """
    store = dataset.store
    _fill_default_graph(dataset)
    derived = {
        path.stem: _construct(store, _query(root, path, QueryTriples))
        for path in root.glob(FACT_RULES)
    }
    stated = {quad.triple for quad in store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)}
    stated.update(*derived.values())
    dataset.rules = {
        path.stem: _query(root, path, QueryTriples) for path in root.glob(ENTAILMENT_RULES)
    }
    rules = [*dataset.rules.values()]
    known = Store()
    known.extend(_quad(triple) for triple in stated - derived.get("qualified-facts", set()))
    derived["entailed"] = _run_to_fixpoint(known, rules) - stated
    known.extend(_quad(triple) for triple in derived.get("qualified-facts", ()))
    derived["qualified-entailed"] = _run_to_fixpoint(known, rules) - stated
    dataset.derived = tuple(derived)
    for name, triples in derived.items():
        graph = dataset.graph(name)
        store.extend(_quad(triple, graph) for triple in triples)
        store.extend(_quad(triple) for triple in triples)


def _fill_default_graph(dataset: Dataset) -> None:
    left_out = {dataset.graph(name) for name in OUTSIDE_DEFAULT}
    dataset.default_is_copy = True
    dataset.store.extend(
        [
            Quad(quad.subject, quad.predicate, quad.object)
            for quad in dataset.store
            if quad.graph_name not in left_out
        ]
    )


def _quad(triple: Triple, graph: NamedNode | DefaultGraph = DEFAULT_GRAPH) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def _query(root: Root, path: Path, form: type[QueryTriples | QuerySolutions]) -> str:
    """Return the query in a file; raises DataError where it is none, or of another form."""
    text, named = read_text(path), Path(root.name_of(path))
    try:
        found = Store().query(text)
    except SyntaxError as error:
        place = _QUERY_PLACE.match(str(error))
        raise DataError(
            f"not a SPARQL query: {_QUERY_PLACE.sub('', str(error))}. Mend the file at this place.",
            path=named,
            line=int(place[1]) if place else None,
            column=int(place[2]) if place else None,
        ) from error
    if not isinstance(found, form):
        wanted = "CONSTRUCT" if form is QueryTriples else "SELECT"
        raise DataError(f"a {wanted} query belongs here, and this is another.", path=named)
    return text


def _construct(store: Store, query: str) -> set[Triple]:
    return set(store.query(query))  # type: ignore[arg-type]


def _run_to_fixpoint(known: Store, rules: list[str]) -> set[Triple]:
    """Add to `known` what the rules entail from it; return all that was added."""
    added: set[Triple] = set()
    while True:
        new = {
            triple
            for rule in rules
            for triple in _construct(known, rule)
            if not isinstance(triple.subject, Literal) and _quad(triple) not in known
        }
        if not new:
            return added
        known.extend(_quad(triple) for triple in new)
        added |= new
