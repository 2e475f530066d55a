"""The files of a release are made: whole, graph by graph, as tables, with their checksums."""

import functools
import gzip
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pyoxigraph import NamedNode, Quad

from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.home import is_guide
from calcguide.description.naming import name, summary
from calcguide.files import read_bytes
from calcguide.formats import CSV, JSON_LD, N_QUADS, N_TRIPLES, TRIG, TSV, TURTLE, Format
from calcguide.release import tables
from calcguide.release.citation import cite, licence_of
from calcguide.release.datapackage import datapackage
from calcguide.release.parts import Distribution, File, Part, Release

GZIP: Final = "application/gzip"
SSSOM: Final = ".sssom.tsv"


@functools.lru_cache(maxsize=1)
def release_of(dataset: Dataset) -> Release | None:
    """Return the files of a guide's dataset: made at the first call and kept, about 6 MB.

    None for other people's data: they are files already, and of any size.
    """
    if not dataset.files or not is_guide(dataset):
        return None
    whole, in_tables, graphs = _whole(dataset), _tables(dataset), tuple(_graphs(dataset))
    mappings = tuple(_mappings(dataset))
    parts = whole + in_tables + mappings + graphs
    package = File(
        "datapackage.json",
        "application/json",
        datapackage(dataset, cite(dataset), parts),
    )
    data = [file for part in parts for file in part.distributions]
    return Release(whole, in_tables, mappings, graphs, package, _sums([*data, package]))


def _whole(dataset: Dataset) -> tuple[Part, ...]:
    named = [q for graph in dataset.named_graphs() for q in _quads(dataset, graph.iri)]
    default = dataset.graph_quads(DEFAULT_GRAPH)
    node = dataset.iri("dataset")
    licence = licence_of(dataset, node)
    return (
        Part(
            "Whole dataset",
            "Every statement, in the named graph that it stands in.",
            node,
            licence,
            len(named),
            _written(dataset, "dataset", (N_QUADS, TRIG), named, compress=True),
        ),
        Part(
            "Default graph",
            "What a query sees that names no graph: all graphs but shapes and queries, as one.",
            node,
            licence,
            len(default),
            _written(
                dataset, "default-graph", (TURTLE, N_TRIPLES, JSON_LD), default, compress=True
            ),
        ),
    )


def _graphs(dataset: Dataset) -> Iterator[Part]:
    for graph in dataset.named_graphs():
        node = NamedNode(graph.iri)
        quads = _quads(dataset, graph.iri)
        yield Part(
            name(dataset, node).label,
            summary(dataset, node),
            node,
            licence_of(dataset, node) or licence_of(dataset, dataset.iri("dataset")),
            len(quads),
            _written(dataset, f"graph-{graph.name}", (TURTLE,), quads),
        )


def _tables(dataset: Dataset) -> tuple[Part, ...]:
    node = dataset.iri("dataset")
    return tuple(
        Part(
            table.title,
            table.description,
            node,
            licence_of(dataset, node),
            len(table.rows),
            (Distribution(f"{table.name}.csv", CSV.content_type, table.csv, CSV),),
            table,
        )
        for table in (tables.claims(dataset), tables.comparison(dataset))
    )


def _mappings(dataset: Dataset) -> Iterator[Part]:
    """The mapping sets, as the SSSOM files that they are, of the graph that is made of them."""
    graph = dataset.graph("alignments")
    for iri, path in sorted(dataset.files.items()):
        if not iri.endswith(SSSOM):
            continue
        node, body = NamedNode(iri), read_bytes(path)
        rows = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
        file = f"alignments-{iri.rsplit('/', 1)[-1]}"
        yield Part(
            name(dataset, node).label,
            summary(dataset, node),
            graph,
            licence_of(dataset, node) or licence_of(dataset, graph),
            len(rows) - 1,
            (Distribution(file, TSV.content_type, body, TSV),),
        )


def _quads(dataset: Dataset, graph: str) -> list[Quad]:
    return dataset.graph_quads(NamedNode(graph))


def _written(
    dataset: Dataset,
    stem: str,
    formats: Sequence[Format],
    quads: Iterable[Quad],
    compress: bool = False,
) -> tuple[Distribution, ...]:
    """The statements in each format, and where wanted each of these compressed too."""
    found = []
    for format in formats:
        body = format.write(quads, dataset.context)
        file = f"{stem}.{format.suffix}"
        found.append(Distribution(file, format.content_type, body, format))
        if compress:
            # The time of day would make two releases of the same data differ: it is left out.
            packed = gzip.compress(body, mtime=0)
            found.append(Distribution(f"{file}.gz", GZIP, packed, format, compressed=True))
    return tuple(found)


def _sums(files: Iterable[File]) -> File:
    """The checksums in the form that `sha256sum --check` reads."""
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    return File("sha256sums.txt", "text/plain; charset=utf-8", lines.encode())
