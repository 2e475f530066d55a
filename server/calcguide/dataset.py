"""The dataset: load a guide into named graphs, derive what follows, describe what is there."""

import difflib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from calcguide import terms
from calcguide.errors import DataError, NoSuchResource, UnreadableData, UsageError
from calcguide.files import ENTAILMENT_RULES, FACT_RULES, Root, read_bytes, read_text
from calcguide.formats import INPUT_FORMATS

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal | Triple
Progress = Callable[[str, int, int], None]
"""Told what is being read, the bytes read so far, and the bytes there are."""

DEFAULT_GRAPH: Final = DefaultGraph()
OUTSIDE_DEFAULT: Final = ("shapes", "queries")
"""Named graphs that the default graph does not repeat."""

_VOID_URI_SPACE: Final = NamedNode(terms.VOID + "uriSpace")
_LABELS: Final = tuple(
    NamedNode(iri)
    for iri in (
        terms.SKOS + "prefLabel",
        terms.RDFS + "label",
        terms.DCT + "title",
        terms.SH + "name",
        terms.RDFS + "comment",
    )
)
_VERSION: Final = NamedNode(terms.OWL + "versionInfo")
_RDFS_COMMENT: Final = NamedNode(terms.RDFS + "comment")
_QUERY_TEXTS: Final = tuple(NamedNode(terms.SH + form) for form in ("select", "ask", "construct"))
_CLAIM_LINKS: Final = tuple(
    NamedNode(terms.CALC + name) for name in ("subject", "object", "under", "especially")
)
_PREDICATE: Final = NamedNode(terms.CALC + "predicate")
_STATED_IN: Final = NamedNode(terms.CALC + "statedIn")
_ANSWERED_BY: Final = NamedNode(terms.CALC + "answeredBy")


@dataclass(frozen=True)
class GraphCount:
    """A named graph and how many statements it holds."""

    name: str
    iri: str
    statements: int


class Dataset:
    """An immutable RDF dataset: a store, the base of its own names, where each subject stands."""

    def __init__(self, store: Store, base: str, files: dict[str, Path] | None = None) -> None:
        self.store = store
        self.base = base
        self.files = files or {}
        """IRI of a subject -> the file its block stands in."""
        self.default_is_copy = False
        """Whether each statement of the default graph stands in a named graph too."""

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that documents and messages use."""
        return terms.prefixes(self.base)

    @cached_property
    def version(self) -> str | None:
        """The version that the dataset states of itself, None where it states none."""
        value = self.value(self.iri("dataset"), _VERSION)
        return value.value if isinstance(value, Literal) else None

    def iri(self, path: str) -> NamedNode:
        """Return the name at `path` below the base, such as `id/calcification`."""
        return NamedNode(self.base + path)

    def graph(self, name: str) -> NamedNode:
        """Return the IRI of a named graph of the guide."""
        return self.iri(f"graph/{name}")

    def path(self, iri: str) -> str | None:
        """Return the path of one of the dataset's own names below its base, else None."""
        return iri[len(self.base) :] if iri.startswith(self.base) else None

    def compact(self, iri: str) -> str:
        """Return `prefix:local` where a prefix fits, else `<iri>`."""
        fitting = [(p, ns) for p, ns in self.prefixes.items() if iri.startswith(ns) and iri != ns]
        if not fitting:
            return f"<{iri}>"
        prefix, namespace = max(fitting, key=lambda item: len(item[1]))
        return f"{prefix}:{iri[len(namespace) :]}"

    def value(self, subject: Node, predicate: NamedNode) -> Term | None:
        """Return one object of the default graph, None where there is none."""
        return next(self.values(subject, predicate), None)

    def values(self, subject: Node, predicate: NamedNode) -> Iterator[Term]:
        """Yield the objects of a subject and predicate in the default graph."""
        for quad in self.store.quads_for_pattern(subject, predicate, None, DEFAULT_GRAPH):
            yield quad.object

    def subjects(self, predicate: NamedNode, object: Term) -> Iterator[Node]:
        """Yield the subjects of a predicate and object in the default graph."""
        for quad in self.store.quads_for_pattern(None, predicate, object, DEFAULT_GRAPH):
            if not isinstance(quad.subject, Triple):
                yield quad.subject

    def label(self, term: Term) -> str:
        """Return the English label, else any label, else the local name; for a literal its text."""
        if isinstance(term, Literal):
            return term.value
        if isinstance(term, Triple):
            return " ".join(map(self.label, (term.subject, term.predicate, term.object)))
        found = [
            quad.object
            for predicate in _LABELS
            for quad in self.store.quads_for_pattern(term, predicate, None, None)
            if isinstance(quad.object, Literal)
        ]
        if found:
            found.sort(key=lambda lit: (not (lit.language or "").startswith("en"), lit.value))
            return found[0].value
        if isinstance(term, BlankNode):
            return "something unnamed"
        return term.value.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]

    def named_graphs(self) -> list[GraphCount]:
        """Return each named graph with its number of statements, sorted by IRI."""
        return sorted(
            (
                GraphCount(
                    name=graph.value.removeprefix(self.base + "graph/"),
                    iri=graph.value,
                    statements=sum(
                        1 for _ in self.store.quads_for_pattern(None, None, None, graph)
                    ),
                )
                for graph in self.store.named_graphs()
                if isinstance(graph, NamedNode)
            ),
            key=lambda count: count.iri,
        )

    def knows(self, iri: str) -> bool:
        """Return whether anything is stated with `iri` as its subject."""
        try:
            node = NamedNode(iri)
        except ValueError:
            return False
        return next(self.store.quads_for_pattern(node, None, None, None), None) is not None

    def nearest(self, path: str, count: int = 3) -> list[str]:
        """Return the paths of names that look most like `path`, best first."""
        known = {
            found
            for quad in self.store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
            if isinstance(quad.subject, NamedNode) and (found := self.path(quad.subject.value))
        }
        return difflib.get_close_matches(path, known, count, cutoff=0.75)

    def graph_quads(self, graph: NamedNode | DefaultGraph) -> list[Quad]:
        """Return every statement of one graph; empty where there is no such graph."""
        return list(self.store.quads_for_pattern(None, None, None, graph))

    def example_queries(self) -> list[tuple[str, str]]:
        """Return (question, SPARQL text) of each query in graph `queries`, in order of its IRI."""
        graph = self.graph("queries")
        found = [
            (quad.subject.value, self._question(quad.subject), quad.object.value)
            for form in _QUERY_TEXTS
            for quad in self.store.quads_for_pattern(None, form, None, graph)
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode)
        ]
        return [(question, text) for _, question, text in sorted(found)]

    def _question(self, query: NamedNode) -> str:
        """What a query asks, in plain words: its comment; its label where it has none."""
        comment = next(self.store.quads_for_pattern(query, _RDFS_COMMENT, None, None), None)
        return self.label(comment.object if comment else query)

    def document(self, iri: str) -> list[Quad]:
        """Return the statements of the document about `iri`.

        For the ontology, the shapes, the dataset and a named graph that is the graph itself,
        for anything else its description. Raises NoSuchResource where there is none.
        """
        kind, _, name = (self.path(iri) or "").partition("/")
        if kind in terms.DOCUMENT_KINDS:
            quads = self.graph_quads(self.graph(name if kind == "graph" else kind))
            if quads:
                return quads
        return self.describe(iri)

    def describe(self, iri: str) -> list[Quad]:
        """Return what is stated about `iri`, as quads of the named graphs they stand in.

        That is: its statements in both directions; the claims about it, the passages these
        rest on; blank nodes inside; the label of whatever is mentioned; the dataset's own
        description. Statements of the default graph alone come with that graph.
        Raises NoSuchResource where there is no statement about it.
        """
        if not self.knows(iri):
            raise NoSuchResource(iri)
        node = NamedNode(iri)
        about = self._both_directions(node)
        quads = dict.fromkeys(about)
        for claim in self._claims_around(node):
            quads.update(dict.fromkeys(self._statements(claim)))
            for passage in self.values(claim, _STATED_IN):
                if isinstance(passage, NamedNode):
                    quads.update(dict.fromkeys(self._statements(passage)))
        quads.update(dict.fromkeys(self._statements(self.iri("dataset"))))
        quads.update(dict.fromkeys(self._labels_of_mentioned(quads)))
        return list(quads)

    def _both_directions(self, node: NamedNode) -> list[Quad]:
        incoming = (
            quad
            for quad in self.store.quads_for_pattern(None, None, node, None)
            if not self._is_copy(quad)
        )
        return [*self._statements(node), *incoming]

    def _is_copy(self, quad: Quad) -> bool:
        return self.default_is_copy and quad.graph_name == DEFAULT_GRAPH

    def _statements(self, node: Node) -> list[Quad]:
        """Statements with `node` as subject, and those of the blank nodes they lead to."""
        found: dict[Quad, None] = {}
        waiting: list[Node] = [node]
        while waiting:
            for quad in self.store.quads_for_pattern(waiting.pop(), None, None, None):
                if self._is_copy(quad):
                    continue
                if quad not in found and isinstance(quad.object, BlankNode):
                    waiting.append(quad.object)
                found[quad] = None
        return list(found)

    def _claims_around(self, node: NamedNode) -> dict[Node, None]:
        """Claims about an entity, on a passage, or behind a question."""
        claims: dict[Node, None] = {}
        for link in (*_CLAIM_LINKS, _STATED_IN):
            claims.update(dict.fromkeys(self.subjects(link, node)))
        for claim in self.values(node, _ANSWERED_BY):
            if isinstance(claim, NamedNode):
                claims[claim] = None
        if self.value(node, _PREDICATE) is not None:
            claims[node] = None
        return claims

    def _labels_of_mentioned(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        mentioned = dict.fromkeys(
            term
            for quad in quads
            for term in (quad.subject, quad.predicate, quad.object)
            if isinstance(term, NamedNode)
        )
        for term in mentioned:
            for predicate in _LABELS:
                for quad in self.store.quads_for_pattern(term, predicate, None, None):
                    if not self._is_copy(quad):
                        yield quad


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
            parsed.append((graph, path, parse_turtle(path)))
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
    for graph, path, quads in parsed:
        name = dataset.graph(graph)
        dataset.store.extend(Quad(q.subject, q.predicate, q.object, name) for q in quads)
        for quad in quads:
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
        raise _data_error(error, path) from error


def _named_blank_nodes(quad: Quad, path: Path, names: dict[Term, BlankNode]) -> Quad:
    """The statement with its blank nodes counted per file, so that every load gives the same."""
    for node in (quad.subject, quad.object):
        if isinstance(node, BlankNode):
            names.setdefault(node, BlankNode(f"{path.parent.name}-{path.stem}-{len(names) + 1}"))
    subject, object = names.get(quad.subject), names.get(quad.object)
    return Quad(subject or quad.subject, quad.predicate, object or quad.object)


def _data_error(error: SyntaxError, path: Path) -> DataError:
    message = str(error.msg).split(": ", 1)[-1].rstrip(".")
    return DataError(
        f"not well-formed: {message}. Mend the file at this place.",
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
    derived = {path.stem: _construct(store, read_text(path)) for path in root.glob(FACT_RULES)}
    stated = {quad.triple for quad in store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)}
    stated.update(*derived.values())
    rules = [read_text(path) for path in root.glob(ENTAILMENT_RULES)]
    known = Store()
    known.extend(_quad(triple) for triple in stated - derived.get("qualified-facts", set()))
    derived["entailed"] = _run_to_fixpoint(known, rules) - stated
    known.extend(_quad(triple) for triple in derived.get("qualified-facts", ()))
    derived["qualified-entailed"] = _run_to_fixpoint(known, rules) - stated
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


def load_given(
    files: Iterable[tuple[str | None, Path]], progress: Progress | None = None
) -> Dataset:
    """Return other people's RDF as given: each (graph IRI or None, file) into that graph.

    Raises UsageError for a file ending that says no RDF format, DataError for a file that
    cannot be read or is not well-formed.
    """
    store = Store()
    for graph, path in files:
        rdf_format = INPUT_FORMATS.get(path.suffix.removeprefix("."))
        if rdf_format is None:
            raise UsageError(
                f"{path}: the ending does not say which RDF format this is. "
                f"Known endings: {', '.join('.' + e for e in INPUT_FORMATS)}."
            )
        target = NamedNode(graph) if graph else None
        try:
            with _Counted(path, progress) as source:
                store.bulk_load(
                    source, rdf_format, base_iri=path.absolute().as_uri(), to_graph=target
                )
        except SyntaxError as error:
            raise _data_error(error, path) from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise DataError(f"cannot be loaded: {reason or error}.", path=path) from error
    return Dataset(store, terms.BASE)


class _Counted(io.FileIO):
    """A file that tells how much of it has been read."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        super().__init__(path)
        self._path, self._progress, self._read = path, progress, 0
        self._size = path.stat().st_size

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(-1 if size is None else size) or b""
        self._read += len(content)
        if self._progress:
            self._progress(str(self._path), self._read, self._size)
        return content
