"""The IRIs that code must know: namespaces, prefixes, and the terms of the model."""

from collections.abc import Mapping
from typing import Final

from pyoxigraph import NamedNode

BASE: Final = "https://w3id.org/calcguide/"
"""Where this guide's names live; another guide states its own as `void:uriSpace`."""

CALC: Final = BASE + "ontology#"
BIBO: Final = "http://purl.org/ontology/bibo/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
DCT: Final = "http://purl.org/dc/terms/"
ENT: Final = "http://www.w3.org/ns/entailment/"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
FORMATS: Final = "http://www.w3.org/ns/formats/"
IANA: Final = "https://www.iana.org/assignments/media-types/"
OA: Final = "http://www.w3.org/ns/oa#"
OBO: Final = "http://purl.obolibrary.org/obo/"
OWL: Final = "http://www.w3.org/2002/07/owl#"
PROV: Final = "http://www.w3.org/ns/prov#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA: Final = "https://schema.org/"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SPDX: Final = "http://spdx.org/rdf/terms#"
SSSOM: Final = "https://w3id.org/sssom/"
VANN: Final = "http://purl.org/vocab/vann/"
VCARD: Final = "http://www.w3.org/2006/vcard/ns#"
VOID: Final = "http://rdfs.org/ns/void#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

THING_KINDS: Final = (
    "id",
    "claim",
    "passage",
    "question",
    "section",
    "collection",
    "activity",
    "query",
    "vocabulary",
)
"""First path segments of the names of things: such an IRI redirects to a document about it."""

DOCUMENT_KINDS: Final = ("ontology", "shapes", "queries", "dataset", "graph")
"""First path segments of the names of documents: such an IRI answers itself."""


def prefixes(base: str) -> dict[str, str]:
    """Return the prefixes that documents, queries and messages of a guide at `base` use."""
    return {
        "activity": base + "activity/",
        "bibo": BIBO,
        "calc": CALC,
        "claim": base + "claim/",
        "collection": base + "collection/",
        "dcat": DCAT,
        "dct": DCT,
        "foaf": FOAF,
        "formats": FORMATS,
        "graph": base + "graph/",
        "id": base + "id/",
        "oa": OA,
        "obo": OBO,
        "owl": OWL,
        "passage": base + "passage/",
        "prov": PROV,
        "query": base + "query/",
        "question": base + "question/",
        "rdf": RDF,
        "rdfs": RDFS,
        "schema": SCHEMA,
        "sd": SD,
        "section": base + "section/",
        "sh": SH,
        "shape": BASE + "shapes#",
        "skos": SKOS,
        "spdx": SPDX,
        "sssom": SSSOM,
        "vann": VANN,
        "vcard": VCARD,
        "vocabulary": base + "vocabulary/",
        "void": VOID,
        "xsd": XSD,
    }


def prefix_of(iri: str, prefixes: Mapping[str, str]) -> str | None:
    """Return the prefix of the longest namespace that the IRI lies in, None where none fits."""
    best, length = None, 0
    for prefix, namespace in prefixes.items():
        if (
            iri.startswith(namespace)
            and length < len(namespace) < len(iri)
            and not iri.startswith("//", len(namespace))  # `id://x` would be an IRI of its own
        ):
            best, length = prefix, len(namespace)
    return best


RDF_TYPE: Final = NamedNode(RDF + "type")
RDFS_LABEL: Final = NamedNode(RDFS + "label")
SKOS_BROADER: Final = NamedNode(SKOS + "broader")
SKOS_DEFINITION: Final = NamedNode(SKOS + "definition")
SKOS_PREF_LABEL: Final = NamedNode(SKOS + "prefLabel")
