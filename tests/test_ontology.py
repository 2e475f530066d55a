"""Ontology and shapes as publications: FOOPS! and MIRO where they can be asked offline, the pages.

FOOPS! (https://w3id.org/foops) has further checks that need the network or a registration and so
are not here: FIND2, FIND3 and FIND3_BIS (registries), OM4.2 (the licence's server), the DOI of
OM3.
"""

import re
from importlib import metadata

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, URIRef

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.constraints import describe_constraints
from calcguide.description.vocabulary import VocabularyTerm, describe_vocabulary
from calcguide.formats import DOCUMENT_FORMATS, GRAPH_FORMATS, Format
from tests.conftest import Ask
from tests.markup import Element, read

IRI = f"{terms.BASE}ontology"
NAME = URIRef(IRI)
BIBO, SCHEMA, VANN = terms.BIBO, terms.SCHEMA, terms.VANN


@pytest.fixture
def served(client: FlaskClient) -> Graph:
    """The ontology as a client gets it that asks for its name in Turtle."""
    answer = client.get("/ontology", headers={"Accept": "text/turtle"})
    return Graph().parse(data=answer.data, format="turtle")


def _own(graph: Graph) -> set[URIRef]:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    found = {term for kind in kinds for term in graph.subjects(RDF.type, kind)}
    return {term for term in found if isinstance(term, URIRef) and term.startswith(IRI + "#")}


def _missing(graph: Graph, *properties: str) -> list[str]:
    return [p for p in properties if graph.value(NAME, URIRef(p)) is None]


# Findable


def test_foops_purl1_the_name_is_of_a_service_for_lasting_names() -> None:
    assert IRI.startswith("https://w3id.org/")


def test_foops_uri1_the_name_resolves(client: FlaskClient) -> None:
    assert client.get("/ontology").status_code == 200


def test_foops_uri2_the_document_goes_by_the_name_that_was_asked_for(served: Graph) -> None:
    assert list(served.subjects(RDF.type, OWL.Ontology)) == [NAME]


def test_foops_ver1_this_version_has_a_name_of_its_own(served: Graph) -> None:
    [version] = served.objects(NAME, OWL.versionIRI)
    assert version != NAME
    assert str(version) == f"{IRI}/{served.value(NAME, OWL.versionInfo)}"


@pytest.mark.parametrize("kind", ["ontology", "shapes"])
@pytest.mark.parametrize("format", DOCUMENT_FORMATS, ids=lambda f: f.name)
def test_foops_ver2_the_name_of_this_version_answers_as_the_document_does(
    client: FlaskClient, guide: Dataset, kind: str, format: Format
) -> None:
    version = guide.version
    asked = client.get(f"/{kind}/{version}", headers={"Accept": format.media_type})
    assert (asked.status_code, asked.mimetype) == (200, format.media_type)
    assert "Accept" in asked.vary
    assert asked.data == client.get(f"/{kind}.{format.suffix}").data
    assert asked.data == client.get(f"/{kind}/{version}.{format.suffix}").data


@pytest.mark.parametrize(
    "path",
    [
        *("ontology/0.0.9", "ontology/0.0.9.ttl", "ontology/latest", "shapes/9.9.9.html"),
        *("ontology/0.1", "ontology/0.1.0.1", "ontology/a b", "ontology/", "dataset/9.9.9"),
    ],
)
def test_another_version_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/{path}", headers={"Accept": "text/turtle"}).status_code == 404


def test_foops_om1_the_minimum_of_metadata_is_there(served: Graph) -> None:
    dct = [f"{DCTERMS}{name}" for name in ("title", "description", "license", "creator", "created")]
    assert not _missing(served, *dct, f"{OWL}versionIRI", f"{VANN}preferredNamespaceUri")


def test_foops_find1_the_prefix_is_stated(served: Graph) -> None:
    assert str(served.value(NAME, URIRef(VANN + "preferredNamespacePrefix"))) == "calc"
    assert str(served.value(NAME, URIRef(VANN + "preferredNamespaceUri"))) == f"{IRI}#"


# Accessible


def test_foops_http1_the_protocol_is_open() -> None:
    assert IRI.startswith("https://")


@pytest.mark.parametrize("format", DOCUMENT_FORMATS, ids=lambda f: f.name)
def test_foops_cn1_html_and_rdf_are_negotiated_under_the_one_name(
    client: FlaskClient, format: Format
) -> None:
    answer = client.get("/ontology", headers={"Accept": format.media_type})
    assert (answer.status_code, answer.mimetype) == (200, format.media_type)


def test_foops_doc1_people_get_a_page(client: FlaskClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert client.get("/ontology", headers={"Accept": browser}).mimetype == "text/html"


@pytest.mark.parametrize("format", GRAPH_FORMATS, ids=lambda f: f.name)
def test_foops_rdf1_each_rdf_format_holds_the_ontology(
    client: FlaskClient, served: Graph, format: Format
) -> None:
    names = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
    answer = client.get(f"/ontology.{format.suffix}")
    assert len(Graph().parse(data=answer.data, format=names[format.name])) == len(served)


# Interoperable


def test_foops_voc1_metadata_are_in_vocabularies_of_others(served: Graph) -> None:
    used = {str(predicate) for predicate in served.predicates(NAME)}
    assert not [p for p in used if p.startswith(IRI)]
    for vocabulary in (DCTERMS, VANN, BIBO, SKOS, SCHEMA):
        assert [p for p in used if p.startswith(str(vocabulary))], vocabulary


def test_foops_voc2_classes_and_properties_build_on_vocabularies_of_others(served: Graph) -> None:
    wider = {
        (term, above)
        for property in (RDFS.subClassOf, RDFS.subPropertyOf)
        for term in _own(served)
        for above in served.objects(term, property)
        if not str(above).startswith(IRI)
    }
    assert {str(above).split("#")[0] for _, above in wider} >= {str(SKOS).rstrip("#")}
    borrowed = set(served.subjects(RDF.type, OWL.ObjectProperty)) - _own(served)
    assert {str(SKOS.broader), str(DCTERMS.hasPart)} <= {str(term) for term in borrowed}


# Reusable


def test_foops_voc3_every_term_has_a_label(served: Graph) -> None:
    assert len(_own(served)) > 80
    assert not [term for term in _own(served) if not served.value(term, RDFS.label)]


def test_foops_voc4_every_term_has_a_definition(served: Graph) -> None:
    assert not [term for term in _own(served) if not served.value(term, SKOS.definition)]


def test_foops_om2_the_recommended_metadata_are_there(served: Graph) -> None:
    dct = [f"{DCTERMS}{name}" for name in ("created", "bibliographicCitation", "abstract")]
    assert not _missing(served, *dct, f"{OWL}versionInfo", f"{VANN}preferredNamespacePrefix")


def test_foops_om3_the_detailed_metadata_are_there(served: Graph, client: FlaskClient) -> None:
    dct = [f"{DCTERMS}{name}" for name in ("publisher", "source", "issued", "modified")]
    assert not _missing(served, *dct, f"{BIBO}status", f"{SCHEMA}logo")
    logo = str(served.value(NAME, URIRef(f"{SCHEMA}logo"))).removeprefix(terms.BASE)
    with client.get(f"/{logo}") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_foops_om4_1_the_licence_is_named_by_its_address(served: Graph) -> None:
    [licence] = served.objects(NAME, DCTERMS.license)
    assert isinstance(licence, URIRef)
    assert str(licence) == "https://creativecommons.org/licenses/by/4.0/"


def test_foops_om5_1_who_made_it_and_when_is_stated(served: Graph) -> None:
    assert not _missing(served, f"{DCTERMS}creator", f"{DCTERMS}created")


def test_foops_om5_2_who_published_it_and_when_is_stated(served: Graph) -> None:
    assert not _missing(served, f"{DCTERMS}publisher", f"{DCTERMS}issued")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("scope and audience", "For people who code, query or check"),
        ("how the content was chosen", "passage by passage"),
        ("naming convention", "begins with a capital letter"),
        ("identifiers and deprecation", "owl:deprecated and dct:isReplacedBy"),
        ("versioning policy", "Versions have three numbers"),
        ("testing", "Checked by SHACL shapes"),
        ("evaluation", "questions that it must answer are published with their answers"),
    ],
)
def test_miro_the_ontology_reports_its(served: Graph, item: str, words: str) -> None:
    assert [str(o) for o in served.objects(NAME) if words in str(o)], item


def test_ontology_shapes_dataset_and_package_share_one_version(guide: Dataset) -> None:
    stated = {
        quad.object.value
        for path in ("ontology", "shapes", "dataset")
        for quad in guide.store.quads_for_pattern(
            guide.iri(path), NamedNode(terms.OWL + "versionInfo"), None, guide.graph(path)
        )
        if isinstance(quad.object, Literal)
    }
    assert stated == {metadata.version("calcguide")}


# The page of the ontology


@pytest.fixture(scope="module")
def vocabulary(guide: Dataset) -> dict[str, VocabularyTerm]:
    """Anchor -> what the page shows of the term, for each term of our own."""
    return {term.local: term for s in describe_vocabulary(guide).sections for term in s.terms}


@pytest.fixture
def page(client: FlaskClient) -> Element:
    return read(client.get("/ontology.html").text)


def _rows(term: Element) -> dict[str, str]:
    return {
        row.all("dt")[0].text: row.all("dd")[0].text
        for row in term.all("dl", **{"class": "spec"})[0].all("div")
    }


def test_each_class_property_and_qualifier_stands_under_its_local_name(
    ask: Ask, page: Element
) -> None:
    rows = ask(
        "SELECT ?term ?label ?definition { GRAPH graph:ontology { ?term rdfs:isDefinedBy "
        f"<{IRI}> ; skos:definition ?definition ; rdfs:label|skos:prefLabel ?label }} }}"
    )
    shown = {e["id"]: e for e in page.all("div", **{"class": "term"})}
    assert {f"calc:{local}" for local in shown} == {term for term, _, _ in rows}
    for term, label, definition in rows:
        text = shown[term.removeprefix("calc:")].text
        assert text.startswith(f"{label} {term} "), term
        assert definition in text


@pytest.mark.parametrize(
    ("row", "pattern"),
    [
        ("Domain", "?term rdfs:domain ?other"),
        ("Range", "?term rdfs:range ?other"),
        ("Sub-class of", "?term rdfs:subClassOf ?other"),
        ("Sub-classes", "?other rdfs:subClassOf ?term"),
        ("Sub-property of", "?term rdfs:subPropertyOf ?other"),
        ("Sub-properties", "?other rdfs:subPropertyOf ?term"),
        ("Inverse", "?term owl:inverseOf|^owl:inverseOf ?other"),
        ("In the domain of", "?other rdfs:domain ?term"),
        ("In the range of", "?other rdfs:range ?term"),
    ],
)
def test_a_row_says_what_the_ontology_states(
    ask: Ask, vocabulary: dict[str, VocabularyTerm], row: str, pattern: str
) -> None:
    stated = ask(f"SELECT ?term (STR(?other) AS ?o) {{ GRAPH graph:ontology {{ {pattern} }} }}")
    shown = {
        (f"calc:{local}", value.iri)
        for local, term in vocabulary.items()
        for fact in term.facts
        if fact.label == row
        for value in fact.values
    }
    assert shown == {(term, other) for term, other in stated if term.startswith("calc:")} != set()


@pytest.mark.parametrize(
    ("local", "row", "words"),
    [
        ("locatedWithin", "Characteristics", "transitive: it holds over several steps"),
        ("similarTo", "Characteristics", "symmetric: it holds both ways"),
        ("moreEffectiveThan", "Characteristics", "asymmetric: it never holds both ways"),
        ("moreEffectiveThan", "Characteristics", "irreflexive: nothing has it to itself"),
        ("occursIn", "Follows from", "occurs in, then located within"),
        ("occursIn", "Checked by", "Condition-occursIn"),
        ("resolutionPotential", "Checked by", "at most one resolution potential"),
        ("Claim", "Checked by", "Claim-iri"),
        ("Cause", "Checked by", "No shape of its own."),
        ("evidence", "Example", "evidence ECO_0000303"),
        ("causes", "Example", "By rule"),
        ("locatedWithin", "Example", "Artery wall located within Artery"),
    ],
)
def test_a_term_shows(page: Element, local: str, row: str, words: str) -> None:
    assert words in _rows(page.all(id=local)[0])[row]


def test_uses_are_what_a_query_counts(ask: Ask, vocabulary: dict[str, VocabularyTerm]) -> None:
    counts = {
        "Class": "SELECT ?t (COUNT(?x) AS ?n) { GRAPH ?g { ?x a ?t } } GROUP BY ?t",
        "Property": "SELECT ?t (COUNT(*) AS ?n) { GRAPH ?g { ?x ?t ?y } } GROUP BY ?t",
        "Qualifier": "SELECT ?t (COUNT(?x) AS ?n) { ?x a calc:Claim ; calc:polarity|"
        "calc:certainty|calc:frequency|calc:importance ?t } GROUP BY ?t",
    }
    counted = {name: {t: int(n) for t, n in ask(query)} for name, query in counts.items()}
    for local, term in vocabulary.items():
        kind = "Property" if term.kind.endswith("property") else term.kind
        found = counted.get(kind, counted["Qualifier"])
        assert term.uses == found.get(f"calc:{local}", 0), local
    claimed = ask("SELECT ?t (COUNT(?c) AS ?n) { ?c calc:predicate ?t } GROUP BY ?t")
    by_claims = {t.removeprefix("calc:"): int(n) for t, n in claimed if t.startswith("calc:")}
    assert {local: t.claims for local, t in vocabulary.items() if t.claims} == by_claims


def test_each_term_has_an_example_that_the_data_hold(
    guide: Dataset, vocabulary: dict[str, VocabularyTerm]
) -> None:
    for local, term in vocabulary.items():
        statement = term.example
        assert statement is not None, local
        if statement.claims:
            [claim] = statement.claims
            assert claim.proposition == (statement.subject, statement.predicate, statement.object)
        elif statement.object.iri and statement.subject.iri:
            subject, predicate, object = (NamedNode(iri or "") for iri in statement.triple)
            found = guide.store.quads_for_pattern(subject, predicate, object, None)
            assert [q for q in found if q.graph_name != DEFAULT_GRAPH], local
        ends = {statement.subject.iri, statement.predicate.iri, statement.object.iri}
        assert term.name.iri in ends, local


def test_an_example_that_is_unproven_or_qualified_is_shown_as_such(page: Element) -> None:
    assert _rows(page.all(id="reverses")[0])["Example"].startswith("Not proven:")
    prevents = _rows(page.all(id="prevents")[0])["Example"]
    assert "possible: “can”" in prevents
    assert "above all in the arteries claim c024" in prevents


def test_an_example_that_claims_make_is_as_plain_as_there_is_one(
    ask: Ask, vocabulary: dict[str, VocabularyTerm]
) -> None:
    graphs = ("facts", "qualified-facts")
    plain, qualified = (
        {p for (p,) in ask(f"SELECT DISTINCT ?p {{ GRAPH graph:{graph} {{ ?s ?p ?o }} }}")}
        for graph in graphs
    )
    for local, term in vocabulary.items():
        if term.example and term.example.claims:
            affirmed = f"calc:{local}" in plain | qualified
            assert (term.example.polarity == "affirmed") == affirmed, local
            assert term.example.plain or f"calc:{local}" not in plain, local


def test_an_example_shows_no_denied_or_unproven_claim_but_to_explain_just_that(
    guide: Dataset, vocabulary: dict[str, VocabularyTerm]
) -> None:
    polarity = NamedNode(terms.CALC + "polarity")
    judged = {
        local
        for local, term in vocabulary.items()
        if term.example
        for end in (term.example.subject, term.example.object)
        if end.iri
        and guide.value(NamedNode(end.iri), polarity) in (_calc("denied"), _calc("unproven"))
    }
    assert judged <= {"denied", "unproven"}


def _calc(local: str) -> NamedNode:
    return NamedNode(terms.CALC + local)


def test_the_tree_has_each_term_below_the_wider_one(page: Element) -> None:
    [entity] = [
        li
        for li in page.all("ul", **{"class": "tree"})[0].all("li")
        if li.all("a")[0]["href"] == "#Entity"
    ]
    inside = [a["href"] for a in entity.all("a")]
    assert {"#Condition", "#Calcification", "#Cause"} <= set(inside)
    assert "#Claim" not in inside
    assert inside.index("#Calcification") == inside.index("#Condition") + 1


@pytest.mark.parametrize("path", ["ontology", "shapes"])
def test_the_head_says_who_made_it_under_what_licence_and_how_to_cite_it(
    client: FlaskClient, guide: Dataset, path: str
) -> None:
    page = read(client.get(f"/{path}.html").text)
    assert page.all("h1")[0].text == f"The calcguide {path}"
    rows = _rows(page)
    assert rows["Version"] == guide.version
    assert rows["Name of this version"] == f"{terms.BASE}{path}/{guide.version}"
    assert rows["Made by"] == "The calcguide editors"
    assert rows["Licence"] == "https://creativecommons.org/licenses/by/4.0/"
    assert rows["Namespace"] == f"{terms.BASE}{path}#"
    assert guide.version in rows["Cite it as"]
    assert rows["Take it as"] == "Turtle, JSON-LD, N-Triples, RDF/XML"


@pytest.mark.parametrize("path", ["ontology", "shapes"])
def test_every_link_to_the_other_page_or_within_this_one_leads_somewhere(
    client: FlaskClient, path: str
) -> None:
    ids = {
        other: [e["id"] for e in read(client.get(f"/{other}.html").text).having("id")]
        for other in ("ontology", "shapes")
    }
    assert all(len(found) == len(set(found)) for found in ids.values())
    links = [a["href"] for a in read(client.get(f"/{path}.html").text).all("a")]
    fragments = [re.fullmatch(r"(?:/(ontology|shapes))?#(.+)", link) for link in links]
    found = [(match[1] or path, match[2]) for match in fragments if match]
    assert len(found) > 100
    assert [(page, local) for page, local in found if local not in ids[page]] == []


# The page of the shapes


@pytest.fixture
def shapes(client: FlaskClient) -> Element:
    return read(client.get("/shapes.html").text)


def test_each_shape_stands_under_its_local_name_with_its_message_and_severity(
    ask: Ask, shapes: Element
) -> None:
    rows = ask(
        "SELECT ?shape ?name ?message ?severity { GRAPH graph:shapes { ?shape a ?kind ; "
        "sh:name ?name ; sh:message ?message ; sh:severity ?severity . "
        "VALUES ?kind { sh:NodeShape sh:PropertyShape } } }"
    )
    assert len(rows) > 230
    for shape, name, message, severity in rows:
        [shown] = shapes.all(id=shape.removeprefix("shape:"))
        assert shown.text.startswith(f"{name} {shape} "), shape
        assert _rows(shown)[severity.removeprefix("sh:")] == message


@pytest.mark.parametrize(
    ("local", "row", "words"),
    [
        ("Claim", "Applies to", "every Claim"),
        ("Deprecated", "Applies to", "whatever has owl:deprecated"),
        ("Term", "Applies to", "what a query finds SELECT DISTINCT ?this"),
        ("CamelCase", "Applies to", "what other shapes pass to it"),
        ("Claim-subject", "Path", "claim subject calc:subject"),
        ("Entity-causes", "Path", "has cause, seen from the other end ^calc:hasCause"),
        ("ResolutionLevel-rank-unique", "Path", "rank, then rank, seen from the other end"),
        ("Claim-subject", "Asks for", "exactly 1; a member of Entity"),
        ("Claim-under", "Asks for", "a member of Circumstance"),
        ("Term-definition", "Asks for", "at least 1; one for each language"),
        ("Term-definition", "Asks for", "characters, at least 20"),
        ("Term-label", "Asks for", "must not be of the shape CamelCase"),
        ("Wordless-text", "Asks for", "none at all"),
        ("Selector-start", "Asks for", "less than its end"),
        ("Claim-iri", "Asks for", "matching /claim/c[0-9]{3,}$"),
        ("Claim", "Asks for", "nothing but what is listed here and rdf:type"),
        ("Deprecated-flag", "Asks for", "among them true"),
        ("Entity-unique-prefLabel", "Asks for", "at fault wherever it applies"),
        ("Reason-predicate", "Asks for", "one of located within, has broader concept"),
        ("Property-range", "Asks for", "in the form of an IRI"),
        ("Term-definition", "Listed by", "Qualifier, Term"),
    ],
)
def test_a_shape_says(shapes: Element, local: str, row: str, words: str) -> None:
    assert words in _rows(shapes.all(id=local)[0])[row]


def test_each_check_stands_under_its_name_with_what_to_do_and_its_query(
    guide: Dataset, shapes: Element
) -> None:
    assert len(guide.checks) > 17
    for stem, query in guide.checks.items():
        [shown] = shapes.all(id=stem)
        comment = [line[1:].strip() for line in query.splitlines() if line.startswith("#")]
        assert " ".join(comment) in shown.text
        assert shown.all("pre")[0].text == " ".join(query.split())


def test_what_is_in_it_is_counted(ask: Ask, guide: Dataset, shapes: Element) -> None:
    counts = dict(describe_constraints(guide).counts)
    for kind, count in (("NodeShape", "node shapes"), ("PropertyShape", "property shapes")):
        [(number,)] = ask(f"SELECT (COUNT(?s) AS ?n) {{ GRAPH graph:shapes {{ ?s a sh:{kind} }} }}")
        assert counts[count] == int(number)
        assert f"{number} {count}" in _rows(shapes)["What is in it"]
