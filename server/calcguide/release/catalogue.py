"""What holds of a dataset as one server publishes it: DCAT 3 and VoID, computed, never stored."""

from collections.abc import Iterator, Mapping
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.dataset import Dataset, Node, Term
from calcguide.description.partitions import count_default_graph
from calcguide.release.citation import cite
from calcguide.release.making import GZIP, release_of
from calcguide.release.parts import Distribution, Part

_PREFIXES: Final = terms.prefixes(terms.BASE)
_SPARQL_PROTOCOL: Final = NamedNode("https://www.w3.org/TR/sparql11-protocol/")


def describe_as_published(dataset: Dataset, public_url: str, contact: str = "") -> list[Quad]:
    """Return what the dataset's own description leaves open, in the default graph.

    That is: counts (VoID, 4) and the SPARQL endpoint; for a guide also version, citation,
    contact, and each distribution with address, media type, size and checksum (DCAT 3, 6.8).
    `public_url` is the address of the server without a final slash, `contact` an IRI or empty.
    """
    node = dataset.iri("dataset")
    triples = [
        *count_default_graph(dataset).statements(node),
        *_service(node, NamedNode(f"{public_url}/sparql")),
        *_guide(dataset, node, public_url, contact),
    ]
    return [Quad(*triple) for triple in triples]


def _service(node: NamedNode, endpoint: NamedNode) -> Iterator[Triple]:
    """The endpoint, under the name that its own service description uses."""
    yield from _stated(node, {"void:sparqlEndpoint": endpoint})
    yield from _stated(
        endpoint,
        {
            "rdf:type": _term("dcat:DataService"),
            "dct:title": Literal("SPARQL endpoint", language="en"),
            "dct:conformsTo": _SPARQL_PROTOCOL,
            "dcat:endpointURL": endpoint,
            "dcat:endpointDescription": endpoint,
            "dcat:servesDataset": node,
        },
    )


def _guide(dataset: Dataset, node: NamedNode, public_url: str, contact: str) -> Iterator[Triple]:
    release = release_of(dataset)
    if release is None:
        return
    citation = cite(dataset)
    yield from _stated(
        node,
        {
            "dcat:landingPage": NamedNode(f"{public_url}/data"),
            "dcat:version": Literal(citation.version),
            "dct:bibliographicCitation": Literal(citation.sentence, language="en"),
            "rdfs:seeAlso": _download(public_url, release.datapackage.name),
        },
    )
    if contact:
        yield from _contact(node, citation.creator, NamedNode(contact))
    for part in release.parts:
        for file in part.distributions:
            named = dataset.iri(f"dataset#{file.name}")
            yield from _stated(part.of, {"dcat:distribution": named})
            yield from _distribution(named, part, file)
            yield from _access(named, part, file, public_url)
            if part.licence:
                yield from _stated(named, {"dct:license": NamedNode(part.licence.iri)})


def _contact(node: NamedNode, creator: str, contact: NamedNode) -> Iterator[Triple]:
    card = BlankNode("contact")
    link = "hasEmail" if contact.value.startswith("mailto:") else "hasURL"
    yield from _stated(node, {"dcat:contactPoint": card})
    yield from _stated(
        card,
        {
            "rdf:type": _term("vcard:Kind"),
            "vcard:fn": Literal(creator),
            f"vcard:{link}": contact,
        },
    )


def _distribution(named: NamedNode, part: Part, file: Distribution) -> Iterator[Triple]:
    """What holds of the file wherever it is. The media type is that of the unpacked content."""
    size = Literal(str(file.size), datatype=_term("xsd:nonNegativeInteger"))
    checksum = BlankNode(f"checksum-{file.sha256}")
    yield from _stated(
        named,
        {
            "rdf:type": _term("dcat:Distribution"),
            "dct:title": Literal(f"{part.title}, {file.label}", language="en"),
            "dct:description": Literal(part.description, language="en"),
            "dcat:mediaType": NamedNode(terms.IANA + file.format.media_type),
            "dcat:byteSize": size,
            "spdx:checksum": checksum,
        },
    )
    if file.compressed:
        yield from _stated(named, {"dcat:compressFormat": NamedNode(terms.IANA + GZIP)})
    yield from _stated(
        checksum,
        {
            "rdf:type": _term("spdx:Checksum"),
            "spdx:algorithm": _term("spdx:checksumAlgorithm_sha256"),
            "spdx:checksumValue": Literal(file.sha256, datatype=_term("xsd:hexBinary")),
        },
    )


def _access(named: NamedNode, part: Part, file: Distribution, public_url: str) -> Iterator[Triple]:
    address = _download(public_url, file.name)
    page = NamedNode(f"{public_url}/data")
    yield from _stated(named, {"dcat:accessURL": page, "dcat:downloadURL": address})
    if file.format.rdf is not None:
        yield from _stated(part.of, {"void:dataDump": address})


def _download(public_url: str, name: str) -> NamedNode:
    return NamedNode(f"{public_url}/dumps/{name}")


def _stated(subject: Node, objects: Mapping[str, Term]) -> Iterator[Triple]:
    for predicate, object in objects.items():
        yield Triple(subject, _term(predicate), object)


def _term(name: str) -> NamedNode:
    """The IRI of a term written as prefix and local name."""
    prefix, _, local = name.partition(":")
    return NamedNode(_PREFIXES[prefix] + local)
