"""What F-UJI asks of the dataset and FOOPS! of the ontology, as far as it can be asked offline.

The identifiers are those of F-UJI's metrics in version 0.8 (https://f-uji.net). What FOOPS! asks
(https://w3id.org/foops) is in test_ontology.py, each as a test named for it; what is not met stands
in the table NOT_MET here, with the reason.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, DCTERMS, PROV, RDF, Graph, URIRef
from rdflib.namespace import VOID

from calcguide import terms
from tests.markup import read

DATASET = URIRef(terms.BASE + "dataset")
CORE = {
    "creator": (DCTERMS.creator, "creator"),
    "title": (DCTERMS.title, "name"),
    "publication date": (DCTERMS.issued, "datePublished"),
    "publisher": (DCTERMS.publisher, "publisher"),
    "summary": (DCTERMS.description, "description"),
    "keywords": (DCAT.keyword, "keywords"),
}
"""Core metadata (FsF-F2-01M) -> how DCAT says it, and how schema.org does."""
OPEN_FORMATS = {"text/csv", "text/turtle", "application/n-quads", "application/ld+json"}


@dataclass(frozen=True)
class Found:
    """What a harvester finds at the name of the dataset: metadata as RDF, and in the page."""

    graph: Graph
    embedded: dict[str, Any]
    links: str
    media_types: set[str]

    def said(self, property: URIRef) -> list[str]:
        return [str(value) for value in self.graph.objects(DATASET, property)]


@pytest.fixture(scope="module")
def client(app: Any) -> FlaskClient:
    client: FlaskClient = app.test_client()
    return client


@pytest.fixture(scope="module")
def found(client: FlaskClient) -> Found:
    negotiated = client.get("/dataset", headers={"Accept": "text/turtle"})
    page = client.get("/dataset", headers={"Accept": "text/html"})
    blocks = [json.loads(s.text) for s in read(page.text).all("script", type="application/ld+json")]
    [embedded] = [block for block in blocks if block.get("@type") == "Dataset"]
    graph = Graph().parse(data=negotiated.data, format="turtle")
    types = {
        str(graph.value(node, DCAT.mediaType)).split("media-types/")[-1]
        for node in graph.subjects(RDF.type, DCAT.Distribution)
    }
    return Found(graph, embedded, page.headers["Link"], types)


def test_fsf_f1_01md_the_identifier_is_globally_unique(found: Found) -> None:
    assert re.fullmatch(r"https://[a-z0-9.]+/\S+", DATASET)
    assert (DATASET, RDF.type, DCAT.Dataset) in found.graph
    assert str(DATASET) in (found.embedded["@id"], found.embedded.get("identifier"))


def test_fsf_f1_02md_1_the_identifier_is_of_a_scheme_for_lasting_ones(found: Found) -> None:
    assert DATASET.startswith("https://w3id.org/")
    assert f'<{DATASET}>; rel="cite-as"' in found.links


@pytest.mark.parametrize("field", CORE)
def test_fsf_f2_01m_core_metadata_are_there(found: Found, field: str) -> None:
    property, key = CORE[field]
    assert found.said(property)
    assert found.embedded[key]


def test_fsf_f3_01m_the_metadata_lead_to_the_data(client: FlaskClient, found: Found) -> None:
    addresses = found.graph.objects(None, DCAT.downloadURL)
    paths = [str(address).removeprefix("http://localhost") for address in addresses]
    assert len(paths) > 20
    assert {client.head(path).status_code for path in paths} == {200}
    urls = {str(download["contentUrl"]) for download in found.embedded["distribution"]}
    assert urls
    assert {client.head(url.removeprefix("http://localhost")).status_code for url in urls} == {200}


def test_fsf_f4_01m_search_engines_find_metadata_in_the_page(found: Found) -> None:
    assert found.embedded["@context"].rstrip("/") == "https://schema.org"


def test_fsf_a1_01m_who_may_have_the_data_is_said(found: Found) -> None:
    [rights] = found.said(DCTERMS.accessRights)
    assert rights == "http://publications.europa.eu/resource/authority/access-right/PUBLIC"


def test_fsf_a1_02md_metadata_and_data_are_retrievable(client: FlaskClient, found: Found) -> None:
    assert client.get("/dataset").status_code == 200
    dumps = [dump.removeprefix("http://localhost") for dump in found.said(VOID.dataDump)]
    assert dumps
    assert all(client.get(dump).status_code == 200 for dump in dumps)


def test_fsf_a1_1_01md_and_a1_2_01md_the_protocol_is_a_standard_that_can_authenticate(
    found: Found,
) -> None:
    assert DATASET.startswith("https://")
    assert {url.split(":")[0] for url in found.said(VOID.dataDump)} <= {"http", "https"}


@pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json", "text/html"])
def test_fsf_i1_01m_metadata_are_formal_in_the_page_and_by_negotiation(
    client: FlaskClient, media_type: str
) -> None:
    answer = client.get("/dataset", headers={"Accept": media_type})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    if media_type == "text/html":
        assert 'rel="describedby"' in answer.headers["Link"]
        assert 'type="application/ld+json"' in answer.text


def test_fsf_i2_01m_the_metadata_use_registered_vocabularies(found: Found) -> None:
    used = {str(predicate) for predicate in found.graph.predicates(DATASET)}
    for vocabulary in (DCAT, DCTERMS, VOID):
        assert any(predicate.startswith(str(vocabulary)) for predicate in used)


def test_fsf_i3_01m_relations_to_other_things_have_a_kind_and_a_target(found: Found) -> None:
    for property in (DCTERMS.source, DCTERMS.conformsTo, VOID.subset, VOID.vocabulary):
        values = list(found.graph.objects(DATASET, property))
        assert values
        assert all(isinstance(value, URIRef) for value in values)


def test_fsf_r1_01m_what_the_data_are_is_said(found: Found) -> None:
    assert (DATASET, RDF.type, VOID.Dataset) in found.graph
    for node in found.graph.subjects(RDF.type, DCAT.Distribution):
        assert found.graph.value(node, DCAT.byteSize)
        assert found.graph.value(node, DCAT.mediaType)
    assert found.said(VOID.sparqlEndpoint)
    assert found.said(VOID.classPartition)  # what is counted, for measured variables


def test_fsf_r1_1_01m_the_licence_is_named_by_its_address(found: Found) -> None:
    assert found.said(DCTERMS.license) == ["https://creativecommons.org/licenses/by/4.0/"]
    assert found.embedded["license"] == "https://creativecommons.org/licenses/by/4.0/"


def test_fsf_r1_2_01m_where_the_data_come_from_is_said(client: FlaskClient, found: Found) -> None:
    for property in (DCTERMS.source, DCTERMS.created, DCTERMS.creator):
        assert found.said(property)
    claim = Graph().parse(data=client.get("/claim/c144.ttl").data, format="turtle")
    assert list(claim.objects(URIRef(terms.BASE + "claim/c144"), PROV.wasGeneratedBy))


def test_fsf_r1_3_01m_3_the_metadata_follow_a_standard_of_many_fields(found: Found) -> None:
    assert (DATASET, RDF.type, DCAT.Dataset) in found.graph


def test_fsf_r1_3_02d_the_data_are_in_open_formats(found: Found) -> None:
    assert found.media_types >= OPEN_FORMATS


NOT_MET = {
    "FsF-F1-02MD-2": "the names are not registered at w3id.org yet; w3id/ has the rules",
    "FsF-R1.3-01M-1": "no metadata standard of medicine fits a coded consumer text",
    "FOOPS OM3 (doi)": "nobody has deposited the ontology, and none is made up",
    "FOOPS FIND2": "the prefix calc is in no registry",
    "FOOPS FIND3": "the ontology is in no public registry",
    "FOOPS FIND_3_BIS": "as FIND3",
    "FOOPS OM4.2": "whether the licence's address answers is a question to another server",
}
"""What is not met, or cannot be known offline -> why."""


@pytest.mark.parametrize("criterion", NOT_MET)
def test_it_is_said_why_this_is_not_met(criterion: str) -> None:
    pytest.xfail(NOT_MET[criterion])


def test_no_identifier_is_claimed_that_nobody_gave(client: FlaskClient, found: Found) -> None:
    """What NOT_MET says of a DOI holds: take it out there when there is one."""
    ontology = Graph().parse(data=client.get("/ontology.ttl").data, format="turtle")
    stated = {str(p) for graph in (ontology, found.graph) for p in graph.predicates()}
    assert terms.BIBO + "doi" not in stated
    assert not [o for o in (*ontology.objects(), *found.graph.objects()) if "doi.org/" in str(o)]
