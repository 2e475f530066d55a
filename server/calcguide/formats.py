"""The formats that are read and written: name, media type, suffix, and what pyoxigraph calls it."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast
from xml.parsers import expat

from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    RdfFormat,
    Triple,
    serialize,
)

from calcguide import jsonld
from calcguide.errors import NotAcceptable
from calcguide.jsonld import Context

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@dataclass(frozen=True, eq=False)
class Format:
    """A representation on offer, equal to itself alone. `aliases` are further media types."""

    name: str
    label: str
    media_type: str
    suffix: str
    rdf: RdfFormat | None = None
    results: QueryResultsFormat | None = None
    aliases: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What `format_of` knows it by."""
        return self.name, self.media_type

    @property
    def content_type(self) -> str:
        """The Content-Type header: text formats say that they are UTF-8."""
        text = self.media_type.startswith("text/")
        return self.media_type + ("; charset=utf-8" if text else "")

    def write(self, statements: Iterable[Quad] | Iterable[Triple], context: Context) -> bytes:
        """Return an RDF document of the statements, in a fixed order, with short names.

        Quads lose their graph in a format that knows none; a statement in several graphs is
        then written once. JSON-LD is compact here, and expanded in `write_to`: that serves
        results of queries, which are written as they come. Raises NotAcceptable for a term of
        RDF 1.2 in JSON-LD, and for what XML cannot hold in RDF/XML.
        """
        if self.rdf is None:
            raise ValueError(f"{self.label} does not hold RDF")
        rows: Iterable[Quad | Triple] = statements
        if self not in DATASET_FORMATS:
            rows = (row.triple if isinstance(row, Quad) else row for row in statements)
        ordered = sorted(set(rows), key=str)
        if self.name == JSON_LD.name:
            return jsonld.write(cast(list[Triple], ordered), context).encode()
        output = io.BytesIO()
        self.write_to(output, ordered, _used(context.prefixes, ordered))
        if self.name == RDF_XML.name:
            offered = [f.media_type for f in (*GRAPH_FORMATS, *DATASET_FORMATS) if f != self]
            return sound_xml(output.getvalue(), offered)
        return output.getvalue()

    def write_to(
        self,
        output: io.BytesIO,
        rows: Iterable[Quad | Triple],
        prefixes: Mapping[str, str],
    ) -> None:
        """Write statements as they come; the prefixes count where the format has such.

        What a limited `output` raises goes through.
        """
        used = dict(prefixes) if self in (TURTLE, TRIG) else {}
        # The engine writes prefix lines in random order: write them here, sorted.
        for prefix, iri in sorted(used.items()):
            output.write(f"@prefix {prefix}: <{iri}> .\n".encode())
        serialize(rows, _WithoutPrefixLines(output, len(used)), self.rdf, prefixes=used)  # type: ignore[arg-type]


class _WithoutPrefixLines(io.RawIOBase):
    """Passes on what is written but for a number of lines at the start."""

    def __init__(self, output: io.BytesIO, lines: int) -> None:
        super().__init__()
        self._output, self._lines, self._held = output, lines, b""

    def write(self, content: "ReadableBuffer", /) -> int:
        part = bytes(content)
        size = len(part)
        if self._lines:
            self._held += part
            *head, part = self._held.split(b"\n", self._lines)
            if len(head) < self._lines:
                return size
            self._lines = 0
        self._output.write(part)
        return size


def _used(prefixes: Mapping[str, str], rows: Iterable[Quad | Triple]) -> dict[str, str]:
    iris = {term.value for row in rows for term in row if isinstance(term, NamedNode)}
    iris |= {term.datatype.value for row in rows for term in row if isinstance(term, Literal)}
    return {p: ns for p, ns in prefixes.items() if any(iri.startswith(ns) for iri in iris)}


HTML: Final = Format("html", "HTML", "text/html", "html")

TURTLE: Final = Format("ttl", "Turtle", "text/turtle", "ttl", RdfFormat.TURTLE)
JSON_LD: Final = Format(
    "jsonld",
    "JSON-LD",
    "application/ld+json",
    "jsonld",
    RdfFormat.JSON_LD,
    aliases=("application/json",),
)
N_TRIPLES: Final = Format(
    "nt",
    "N-Triples",
    "application/n-triples",
    "nt",
    RdfFormat.N_TRIPLES,
    aliases=("text/plain",),
)
RDF_XML: Final = Format(
    "rdf",
    "RDF/XML",
    "application/rdf+xml",
    "rdf",
    RdfFormat.RDF_XML,
    aliases=("application/xml", "text/xml"),
)
N_QUADS: Final = Format("nq", "N-Quads", "application/n-quads", "nq", RdfFormat.N_QUADS)
TRIG: Final = Format("trig", "TriG", "application/trig", "trig", RdfFormat.TRIG)

GRAPH_FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
DATASET_FORMATS: Final = (N_QUADS, TRIG)
DOCUMENT_FORMATS: Final = (HTML, *GRAPH_FORMATS, *DATASET_FORMATS)

SPARQL_JSON: Final = Format(
    "json",
    "JSON",
    "application/sparql-results+json",
    "json",
    results=QueryResultsFormat.JSON,
    aliases=("application/json",),
)
SPARQL_XML: Final = Format(
    "xml",
    "XML",
    "application/sparql-results+xml",
    "xml",
    results=QueryResultsFormat.XML,
    aliases=("application/xml", "text/xml"),
)
CSV: Final = Format("csv", "CSV", "text/csv", "csv", results=QueryResultsFormat.CSV)
TSV: Final = Format(
    "tsv", "TSV", "text/tab-separated-values", "tsv", results=QueryResultsFormat.TSV
)

JSON: Final = Format("json", "JSON", "application/json", "json")
PAGE_FORMATS: Final = (HTML, JSON, CSV)
"""What a page that is a list can be had as."""

SOLUTION_FORMATS: Final = (SPARQL_JSON, SPARQL_XML, CSV, TSV)
BOOLEAN_FORMATS: Final = (SPARQL_JSON, SPARQL_XML)

INPUT_FORMATS: Final = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "rdf": RdfFormat.RDF_XML,
    "owl": RdfFormat.RDF_XML,
    "xml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
"""What a file's ending says of the RDF inside."""


def sound_xml(body: bytes, offered: Sequence[str]) -> bytes:
    """Return XML from which a reader gets back every character.

    Raises NotAcceptable, with the media types that are offered instead, where XML 1.0 cannot hold
    what was written (sections 2.2 and 2.3). A carriage return is written as a reference: a reader
    would take a bare one for a line feed (2.11).
    """
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(body, True)
    except expat.ExpatError as error:
        raise NotAcceptable(
            offered,
            "XML cannot hold this: there is a control character in a literal, or a property whose "
            "IRI ends in no XML name. Ask for another format.",
        ) from error
    return body.replace(b"\r", b"&#13;")


def format_of(name: str, media_type: str) -> Format:
    """Return the format of that name, under its media type or one of its aliases."""
    return _BY_KEY[name, media_type]


_BY_KEY: Final = {
    (format.name, known.media_type): known
    for format in (*DOCUMENT_FORMATS, *SOLUTION_FORMATS)
    for known in (format, *(replace(format, media_type=alias) for alias in format.aliases))
}
