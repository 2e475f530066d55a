"""The official suites as data: where they lie, and the cases that their manifests list."""

import functools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Store,
    Triple,
    parse,
)

from calcguide.app import create_app
from calcguide.dataset import Dataset, Term
from calcguide.formats import INPUT_FORMATS
from calcguide.settings import Settings
from tests.conftest import REPOSITORY

SUITES: Final = Path(
    os.environ.get("W3C_SPARQL_TESTS") or REPOSITORY.parent / "shared" / "w3c" / "sparql"
)
PUBLISHED: Final = "https://w3c.github.io/rdf-tests/sparql/"
"""Where the W3C publishes the suites: the base that their relative IRIs are resolved with."""

MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT: Final = "http://www.w3.org/2009/sparql/tests/test-update#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"

_FROM: Final = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", re.IGNORECASE)


def require() -> None:
    """Skip the calling test module where the suites are absent."""
    if not (SUITES / "sparql11").is_dir():
        pytest.skip(
            f"the W3C's SPARQL suites are not at {SUITES}; set W3C_SPARQL_TESTS to the folder "
            "that holds sparql10 and sparql11 to run this",
            allow_module_level=True,
        )


@dataclass(frozen=True)
class Case:
    """One test of a suite; files and graphs are named by their IRIs.

    `kind` is the local name of the test's class without the final 11 of some; `data` holds
    (file, graph), None for the default graph; `lax` says that duplicates may be dropped.
    """

    iri: str
    folder: str
    kind: str
    node: Term
    query: str
    result: str
    data: tuple[tuple[str, str | None], ...]
    lax: bool

    @property
    def suite(self) -> str:
        """`SPARQL 1.0` or `SPARQL 1.1`."""
        return "SPARQL 1.0" if self.folder.startswith("sparql10") else "SPARQL 1.1"

    @property
    def text(self) -> str:
        """The text of the query or update."""
        return content(self.query).decode()

    def __str__(self) -> str:
        return f"{self.folder}/{self.iri.rpartition('#')[2]}"


def content(iri: str) -> bytes:
    """Return the bytes of a suite's file."""
    return (SUITES / iri.removeprefix(PUBLISHED)).read_bytes()


@functools.cache
def manifests() -> Store:
    """Return the statements of every manifest."""
    store = Store()
    for path in sorted(SUITES.glob("sparql1*/**/manifest*.ttl")):
        iri = PUBLISHED + path.relative_to(SUITES).as_posix()
        store.extend(statements(iri, NamedNode(iri)))
    return store


def statements(iri: str, graph: NamedNode | DefaultGraph | None = None) -> Iterator[Quad]:
    """Yield what a suite's RDF file states, put into a graph."""
    format = INPUT_FORMATS[iri.rpartition(".")[2]]
    for quad in parse(content(iri), format, base_iri=iri, rename_blank_nodes=True):
        yield Quad(quad.subject, quad.predicate, quad.object, graph)


def values(subject: Term, predicate: str) -> list[Term]:
    """Return the objects of a subject and predicate in the manifests."""
    if isinstance(subject, Literal | Triple):
        return []
    quads = manifests().quads_for_pattern(subject, NamedNode(predicate), None, None)
    return [quad.object for quad in quads]


def value(subject: Term, predicate: str) -> Term | None:
    """Return the object of a subject and predicate in the manifests, None where there is none."""
    return next(iter(values(subject, predicate)), None)


def items(head: Term | None) -> Iterator[Term]:
    """Yield the members of an RDF list in the manifests."""
    while isinstance(head, BlankNode):
        first = value(head, RDF + "first")
        if first is not None:
            yield first
        head = value(head, RDF + "rest")


def text(subject: Term, predicate: str) -> str:
    """Return the IRI or lexical form of an object in the manifests, `""` where there is none."""
    found = value(subject, predicate)
    return found.value if isinstance(found, NamedNode | Literal) else ""


@functools.cache
def all_cases() -> tuple[Case, ...]:
    """Return every case that a manifest lists as its entry, in the order of the listings."""
    entries = manifests().quads_for_pattern(None, NamedNode(MF + "entries"), None, None)
    listings = sorted((q for q in entries), key=lambda quad: str(quad.graph_name))
    return tuple(
        _case(node, str(quad.graph_name.value))
        for quad in listings
        if isinstance(quad.graph_name, NamedNode)
        for node in items(quad.object)
    )


def cases(*kinds: str, folders: str = ".*") -> list[Case]:
    """Return the cases of some kinds in the folders whose path matches an expression."""
    return [
        case for case in all_cases() if case.kind in kinds and re.fullmatch(folders, case.folder)
    ]


def _case(node: Term, manifest: str) -> Case:
    action = value(node, MF + "action")
    query = action and (text(action, QT + "query") or text(action, UT + "request"))
    if not query and isinstance(action, NamedNode):
        query = action.value
    return Case(
        iri=str(getattr(node, "value", node)),
        folder=manifest.removeprefix(PUBLISHED).rpartition("/")[0],
        kind=text(node, RDF + "type").removeprefix(MF).removesuffix("11"),
        node=node,
        query=query or "",
        result=text(node, MF + "result"),
        data=tuple(_data(node)),
        lax=text(node, MF + "resultCardinality") == MF + "LaxCardinality",
    )


def _data(node: Term) -> Iterator[tuple[str, str | None]]:
    for holder in (node, *values(node, MF + "action")):
        for prefix in (QT, UT):
            for file in values(holder, prefix + "data"):
                yield str(getattr(file, "value", file)), None
            for graph in values(holder, prefix + "graphData"):
                file = value(graph, UT + "graph") or graph
                iri = str(getattr(file, "value", file))
                yield iri, text(graph, RDFS + "label") or iri


def loaded(case: Case) -> Store:
    """Return a store with the case's data; a graph that only its query names is loaded too."""
    store = Store()
    data = list(case.data)
    if case.query:
        named = (urljoin(case.query, iri) for iri in _FROM.findall(case.text))
        data += [(iri, iri) for iri in named if (iri, iri) not in data and _exists(iri)]
    for file, graph in data:
        store.extend(statements(file, NamedNode(graph) if graph else DefaultGraph()))
    return store


def _exists(iri: str) -> bool:
    return iri.startswith(PUBLISHED) and (SUITES / iri.removeprefix(PUBLISHED)).is_file()


def endpoint(store: Store, base: str = PUBLISHED) -> FlaskClient:
    """Return a client of the application that publishes a store, its base IRI being `base`."""
    return create_app(Dataset(store, base), Settings.read({}, prepared_mb=0)).test_client()
