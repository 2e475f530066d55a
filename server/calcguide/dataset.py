"""The dataset: the store, and what is asked of it: look up, label, describe."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Final

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Store,
    Triple,
)

from calcguide import statistics, terms
from calcguide.errors import DocumentTooLarge, NoSuchResource, Withdrawn
from calcguide.jsonld import Context, make_context

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal | Triple

DEFAULT_GRAPH: Final = DefaultGraph()
MOST_DESCRIBED: Final = 20_000
"""Statements that one document may have."""
_MOST_KNOWN: Final = 5_000
"""Names among which those are looked for that are spelt like one that is not there."""

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
_DEPRECATED: Final = NamedNode(terms.OWL + "deprecated")
_REPLACED_BY: Final = NamedNode(terms.DCT + "isReplacedBy")
_CHANGE_NOTE: Final = NamedNode(terms.SKOS + "changeNote")
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

    def __init__(
        self, store: Store | Path, base: str, files: dict[str, Path] | None = None
    ) -> None:
        """`store` is in memory, or the folder of one on disk."""
        self._kept = store
        self.base = base
        self.files = files or {}
        """IRI of a subject -> the file its block stands in."""
        self.places: dict[tuple[Term, Term | None], Path] = {}
        """Subject and predicate -> the file that says so; of a blank node all predicates as one."""
        self.checks: dict[str, str] = {}
        """Name of a check that crosses graphs -> its query."""
        self.rules: dict[str, str] = {}
        """Name of a rule that entails -> its query."""
        self.derived: tuple[str, ...] = ()
        """Names of the graphs that rules have filled."""
        self.default_is_copy = False
        """Whether each statement of the default graph stands in a named graph too."""

    @cached_property
    def store(self) -> Store:
        """The store. One on disk is opened, to be only read, where a process first asks for it.

        That must not be before it forks: the engine's threads and locks would not come along.
        """
        return self._kept if isinstance(self._kept, Store) else Store.read_only(str(self._kept))

    @cached_property
    def default_graph(self) -> Store:
        """A store of the default graph alone: the engine finds in it what it would in `store`.

        Where that has copies in named graphs, the engine would pass over them one by one, which
        is a quarter of a light query's time.
        """
        if not self.default_is_copy:
            return self.store
        alone = Store()
        alone.extend(self.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH))
        return alone

    @property
    def is_on_disk(self) -> bool:
        """Whether the store is a folder."""
        return not isinstance(self._kept, Store)

    def share(self) -> None:
        """Make what processes share, once, before they are forked: of a store on disk, no more."""
        _ = self.statistics
        if not self.is_on_disk:
            _ = self.default_graph

    @cached_property
    def statistics(self) -> statistics.Statistics:
        """How much of what there is: as it was kept with a store on disk, else counted once."""
        if isinstance(self._kept, Store):
            return statistics.count(self.store, self.base)
        return statistics.kept(self._kept)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that documents and messages use."""
        return terms.prefixes(self.base)

    @cached_property
    def context(self) -> Context:
        """The prefixes and JSON-LD keys of documents: a key for each property of the ontology."""
        return make_context(self.graph_quads(self.graph("ontology")), self.prefixes)

    @cached_property
    def version(self) -> str | None:
        """The version that the dataset states of itself, None where it states none."""
        value = self.value(self.iri("dataset"), _VERSION)
        return value.value if isinstance(value, Literal) else None

    @cached_property
    def out_of_use(self) -> frozenset[str]:
        """The names of this dataset's own things that are deprecated: pages list none of them."""
        found = self.subjects(_DEPRECATED, Literal(True))
        paths = {node.value: self.path(node.value) for node in found}
        return frozenset(iri for iri, path in paths.items() if path and "#" not in path)

    def successor(self, iri: str) -> str | None:
        """Return the name that stands in the place of one out of use, None for one in use.

        Raises Withdrawn, with the reason that the data give, where nothing stands there.
        """
        if iri not in self.out_of_use:
            return None
        replacement = self.value(NamedNode(iri), _REPLACED_BY)
        if isinstance(replacement, NamedNode):
            return replacement.value
        reason = self.value(NamedNode(iri), _CHANGE_NOTE)
        raise Withdrawn(iri, reason.value if isinstance(reason, Literal) else "")

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
        prefixes = self.prefixes
        prefix = terms.prefix_of(iri, prefixes)
        return f"<{iri}>" if prefix is None else f"{prefix}:{iri[len(prefixes[prefix]) :]}"

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
        others: list[str] = []
        for predicate in _LABELS:
            quads = self.store.quads_for_pattern(term, predicate, None, None)
            found = [quad.object for quad in quads if isinstance(quad.object, Literal)]
            english = [one.value for one in found if (one.language or "").startswith("en")]
            if english:
                return min(english)
            others = others or [one.value for one in found]
        if others:
            return min(others)
        if isinstance(term, BlankNode):
            return "something unnamed"
        return term.value.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]

    def named_graphs(self) -> list[GraphCount]:
        """Return each named graph with its number of statements, sorted by IRI."""
        prefix = self.base + "graph/"
        return [
            GraphCount(name=iri.removeprefix(prefix), iri=iri, statements=statements)
            for iri, statements in sorted(self.statistics.graphs.items())
        ]

    def knows(self, iri: str) -> bool:
        """Return whether anything is stated with `iri` as its subject."""
        try:
            node = NamedNode(iri)
        except ValueError:
            return False
        return next(self.store.quads_for_pattern(node, None, None, None), None) is not None

    def nearest(self, path: str, count: int = 3) -> list[str]:
        """Return the paths of names that look most like `path`, best first."""
        return difflib.get_close_matches(path, self._known_paths, count, cutoff=0.75)

    @cached_property
    def _known_paths(self) -> frozenset[str]:
        """The paths of names, of all or of some thousand."""
        typed = self.store.quads_for_pattern(None, terms.RDF_TYPE, None, None)
        iris = {
            quad.subject.value
            for quad in islice(typed, _MOST_KNOWN)
            if isinstance(quad.subject, NamedNode)
        }
        paths = (self.path(iri) for iri in iris - self.out_of_use)
        return frozenset(path for path in paths if path)

    def graph_quads(self, graph: NamedNode | DefaultGraph) -> list[Quad]:
        """Return every statement of one graph; empty where there is no such graph."""
        return list(self.store.quads_for_pattern(None, None, None, graph))

    def document(self, iri: str) -> list[Quad]:
        """Return the statements of the document about `iri`.

        For the ontology, the shapes, the dataset and a named graph that is the graph itself,
        for anything else its description. Raises NoSuchResource where there is none, Withdrawn
        for a name that was taken back, DocumentTooLarge for one of more than `MOST_DESCRIBED`.
        """
        self.confirm(iri)
        graph = self._graph_of(iri)
        return self.describe(iri) if graph is None else self.graph_document(graph)

    def confirm(self, iri: str) -> None:
        """Raise NoSuchResource or Withdrawn where there is no document about `iri`."""
        self.successor(iri)
        if not self.knows(iri) and self._graph_of(iri) is None:
            raise NoSuchResource(iri)

    def _graph_of(self, iri: str) -> NamedNode | None:
        """The named graph that is the document about `iri`, None where it is described instead."""
        kind, _, name = (self.path(iri) or "").partition("/")
        if kind not in terms.DOCUMENT_KINDS or (kind == "graph") != bool(name):
            return None
        graph = self.graph(name if kind == "graph" else kind)
        return graph if self.store.contains_named_graph(graph) else None

    def graph_document(self, graph: NamedNode | DefaultGraph) -> list[Quad]:
        """Return every statement of one graph; raises DocumentTooLarge as `document` does."""
        found = self.store.quads_for_pattern(None, None, None, graph)
        return _bounded(found, "default graph" if isinstance(graph, DefaultGraph) else graph.value)

    def describe(self, iri: str) -> list[Quad]:
        """Return what is stated about `iri`, as quads of the named graphs they stand in.

        That is: its statements in both directions; the claims about it, the passages these
        rest on; blank nodes inside; the label of whatever is mentioned; the dataset's own
        description. Statements of the default graph alone come with that graph.
        Raises NoSuchResource and DocumentTooLarge as `document` does.
        """
        if not self.knows(iri):
            raise NoSuchResource(iri)
        node = NamedNode(iri)
        quads = _bounded(self._around(node), iri)
        return _bounded(chain(quads, self._labels_of_mentioned(quads)), iri)

    def repeated(self, quads: Iterable[Quad]) -> list[Quad]:
        """Return those of the statements that the default graph has too, as it has them.

        A client that prefers quads and asks no graph by name, such as Comunica, finds an empty
        default graph in a document without them.
        """
        copies = (Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
        return [copy for copy in copies if copy in self.store]

    def _around(self, node: NamedNode) -> Iterator[Quad]:
        """The statements with a node, its claims, their passages; the dataset's own description."""
        yield from self._statements(node)
        for quad in self.store.quads_for_pattern(None, None, node, None):
            if not self._is_copy(quad):
                yield quad
        for claim in dict.fromkeys(self._claims_around(node)):
            yield from self._statements(claim)
            for passage in self.values(claim, _STATED_IN):
                if isinstance(passage, NamedNode):
                    yield from self._statements(passage)
        yield from self._statements(self.iri("dataset"))

    def _is_copy(self, quad: Quad) -> bool:
        return self.default_is_copy and quad.graph_name == DEFAULT_GRAPH

    def _statements(self, node: Node) -> Iterator[Quad]:
        """Statements with `node` as subject, and those of the blank nodes they lead to."""
        found: set[Node] = {node}
        waiting: list[Node] = [node]
        while waiting:
            for quad in self.store.quads_for_pattern(waiting.pop(), None, None, None):
                if self._is_copy(quad):
                    continue
                if isinstance(quad.object, BlankNode) and quad.object not in found:
                    found.add(quad.object)
                    waiting.append(quad.object)
                yield quad

    def _claims_around(self, node: NamedNode) -> Iterator[Node]:
        """Claims about an entity, on a passage, or behind a question; some of them twice."""
        for link in (*_CLAIM_LINKS, _STATED_IN):
            yield from islice(self.subjects(link, node), MOST_DESCRIBED)
        for claim in self.values(node, _ANSWERED_BY):
            if isinstance(claim, NamedNode):
                yield claim
        if self.value(node, _PREDICATE) is not None:
            yield node

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


def _bounded(quads: Iterable[Quad], iri: str) -> list[Quad]:
    """The statements, each once, read no further than to see that they are too many."""
    found: dict[Quad, None] = {}
    for quad in quads:
        found[quad] = None
        if len(found) > MOST_DESCRIBED:
            raise DocumentTooLarge(iri, MOST_DESCRIBED)
    return list(found)
