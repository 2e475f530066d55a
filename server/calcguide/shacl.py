"""What the shapes find in the asserted statements: by pySHACL, which is given the focus nodes."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.loading import OUTSIDE_DEFAULT

if TYPE_CHECKING:
    import rdflib

VIOLATION: Final = "Violation"
SHAPES: Final = terms.BASE + "shapes"


def sh(name: str) -> NamedNode:
    """Return a term of SHACL."""
    return NamedNode(terms.SH + name)


def rule(name: str) -> str:
    """Return the IRI of a rule that is no shape, such as a check."""
    return f"{SHAPES}#{name}"


TARGETS: Final = tuple(
    map(sh, ("target", "targetClass", "targetNode", "targetObjectsOf", "targetSubjectsOf"))
)


@dataclass(frozen=True)
class Result:
    """One validation result (SHACL 3.6.2), as terms of the dataset."""

    focus: Term
    path: Term | None
    value: Term | None
    message: str
    shape: str
    """The IRI of a shape, or of a rule that is no shape."""
    severity: str = VIOLATION
    component: str | None = None


def run_shapes(dataset: Dataset) -> Iterator[Result]:
    """Yield the results of the shapes over a dataset that is not derived."""
    import pyshacl
    from pyshacl.errors import ReportableRuntimeError
    from rdflib import SH, Graph

    # an ill-typed literal is for the shapes to report, not for a traceback in a log
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    known: dict[Term, rdflib.term.Node] = {}
    outside = {dataset.graph(name) for name in OUTSIDE_DEFAULT}
    data = rdflib_graph((quad for quad in dataset.store if quad.graph_name not in outside), known)
    graphs = [graph for graph in dataset.store.named_graphs() if graph not in outside]
    shapes = rdflib_graph(_with_targets_found(dataset, graphs), known)
    _share_targets(shapes)
    try:
        _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=True, inplace=True)
    except ReportableRuntimeError as error:
        message = f"The shapes cannot be used: {error} Mend them in shapes/."
        yield Result(NamedNode(SHAPES), None, None, message, rule("shapes-are-well-formed"))
        return
    term_of: dict[rdflib.term.Node | None, Term] = {node: term for term, node in known.items()}
    for result in cast(Graph, report).objects(None, SH.result):
        field = dict(report.predicate_objects(result))
        yield Result(
            focus=term_of[field[SH.focusNode]],
            path=term_of.get(field.get(SH.resultPath)),
            value=term_of.get(field.get(SH.value)),
            message=str(field[SH.resultMessage]),
            shape=str(field[SH.sourceShape]),
            severity=str(field[SH.resultSeverity]).removeprefix(terms.SH),
            component=str(field[SH.sourceConstraintComponent]),
        )


def texts(quads: Iterable[Quad]) -> dict[tuple[Term, Term], str]:
    """Return subject, predicate -> the text that is its value."""
    return {
        (q.subject, q.predicate): q.object.value for q in quads if isinstance(q.object, Literal)
    }


def declared_prefixes(texts: Mapping[tuple[Term, Term], str]) -> dict[str, str]:
    """Return the prefixes of the shapes' queries (sh:declare, SHACL 5.2.1)."""
    return {
        prefix: texts.get((node, sh("namespace")), "")
        for (node, predicate), prefix in texts.items()
        if predicate == sh("prefix")
    }


def _with_targets_found(dataset: Dataset, graphs: list[NamedNode | BlankNode]) -> Iterator[Quad]:
    """Yield the shapes with the nodes that their SPARQL targets select (SHACL-AF 3.1) by name.

    The engine selects them in milliseconds, pySHACL in seconds.
    """
    quads = dataset.graph_quads(dataset.graph("shapes"))
    stated = texts(quads)
    prefixes = declared_prefixes(stated)
    for quad in quads:
        query = stated.get((quad.object, sh("select")))
        if quad.predicate != sh("target") or query is None:
            yield quad
            continue
        found = cast(
            QuerySolutions,
            dataset.store.query(query, prefixes=prefixes, default_graph=[*graphs]),
        )
        for node in {solution["this"] for solution in found}:
            if node is not None:
                yield Quad(quad.subject, sh("targetNode"), node, quad.graph_name)


def _share_targets(shapes: "rdflib.Graph") -> None:
    """Give each property shape the targets of the node shapes that list it, and unlist it there.

    The results are the same: those of a listed shape are its own, at each focus node of the one
    that lists it (SHACL 4.7.2). But pySHACL sets a listed shape up anew for each of these, and
    one with targets of its own once. What a closed shape lists, it ignores from then on. A shape
    that others refer to keeps what it lists, and so does one that is out of use.
    """
    from rdflib import SH, Literal, URIRef

    targets = [URIRef(target.value) for target in TARGETS]
    for shape in {*shapes.subjects(SH.property)} - {*shapes.subjects(SH.path)}:
        found = [(target, node) for target in targets for node in shapes.objects(shape, target)]
        in_use = (shape, SH.deactivated, None) not in shapes
        if not found or not in_use or (None, None, shape) in shapes:
            continue
        for listed in [*shapes.objects(shape, SH.property)]:
            path = shapes.value(listed, SH.path)
            if path is None:
                continue  # it is no property shape, which pySHACL says
            shapes.remove((shape, SH.property, listed))
            for target, node in found:
                shapes.add((listed, target, node))
            if (shape, SH.closed, Literal(True)) in shapes:
                _ignore(shapes, shape, path)


def _ignore(shapes: "rdflib.Graph", shape: "rdflib.term.Node", path: "rdflib.term.Node") -> None:
    """Put a path in front of the properties that a closed shape ignores."""
    from rdflib import RDF, SH, BNode

    cell, others = BNode(), shapes.value(shape, SH.ignoredProperties) or RDF.nil
    shapes.add((cell, RDF.first, path))
    shapes.add((cell, RDF.rest, others))
    shapes.set((shape, SH.ignoredProperties, cell))


def rdflib_graph(quads: Iterable[Quad], known: "dict[Term, rdflib.term.Node]") -> "rdflib.Graph":
    """Return the statements as an rdflib graph; `known` remembers what became of each term."""
    from rdflib import Graph

    graph = Graph(bind_namespaces="none")
    for quad in quads:
        triple = quad.triple
        for term in triple:
            if term not in known:
                known[term] = _rdflib_term(term)
        graph.add((known[triple.subject], known[triple.predicate], known[triple.object]))
    return graph


def _rdflib_term(term: Term) -> "rdflib.term.Node":
    import rdflib

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, Literal):
        plain = term.language or term.datatype.value == terms.XSD + "string"
        datatype = None if plain else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    raise TypeError(f"RDF 1.1 knows no such term: {term}")
