"""The IRIs that code must know: namespaces, prefixes, and the terms of the model."""

from typing import Final

from pyoxigraph import NamedNode

BASE: Final = "https://w3id.org/calcguide/"
"""Where this guide's names live; another guide states its own as `void:uriSpace`."""

CALC: Final = BASE + "ontology#"
DCAT: Final = "http://www.w3.org/ns/dcat#"
DCT: Final = "http://purl.org/dc/terms/"
ENT: Final = "http://www.w3.org/ns/entailment/"
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
)
"""First path segments of the names of things: such an IRI redirects to a document about it."""

DOCUMENT_KINDS: Final = ("ontology", "shapes", "dataset", "graph")
"""First path segments of the names of documents: such an IRI answers itself."""


def prefixes(base: str) -> dict[str, str]:
    """Return the prefixes that documents, queries and messages of a guide at `base` use."""
    return {
        "activity": base + "activity/",
        "calc": CALC,
        "claim": base + "claim/",
        "collection": base + "collection/",
        "dcat": DCAT,
        "dct": DCT,
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
        "vann": VANN,
        "vcard": VCARD,
        "void": VOID,
        "xsd": XSD,
    }


RDF_TYPE: Final = NamedNode(RDF + "type")
RDFS_LABEL: Final = NamedNode(RDFS + "label")
SKOS_BROADER: Final = NamedNode(SKOS + "broader")
SKOS_DEFINITION: Final = NamedNode(SKOS + "definition")
SKOS_PREF_LABEL: Final = NamedNode(SKOS + "prefLabel")
