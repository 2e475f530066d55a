"""What others make of the ontology: owlrl, HermiT, pyrudof; OWL profiles, SKOS, ROBOT and OOPS!.

ROBOT's report and OOPS! are programs and services of their own; the items here are those that can
be asked of the files alone, each by its name there.
"""

from collections.abc import Callable
from typing import TypeVar

import pytest
from pyoxigraph import NamedNode, Quad
from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.files import Root, published
from calcguide.loading import load_asserted
from tests import judges
from tests.conftest import REPOSITORY, Ask

T = TypeVar("T")
TYPES = (terms.CALC,)
RESTRICTIONS = ("unionOf", "someValuesFrom", "complementOf", "oneOf", "maxCardinality")
"""Constructs that leave OWL 2 RL where they stand on the right, or make reasoning dear."""
IN_RL = {
    OWL.Class,
    OWL.ObjectProperty,
    OWL.DatatypeProperty,
    OWL.AnnotationProperty,
    OWL.TransitiveProperty,
    OWL.SymmetricProperty,
    OWL.AsymmetricProperty,
    OWL.IrreflexiveProperty,
    OWL.AllDisjointClasses,
    OWL.Ontology,
}


# Closure, consistency, a second validator: each judge from outside


def asked(ask: Callable[..., T], *arguments: object) -> T:
    """What a judge says; skipped, with the reason, where it is not installed."""
    try:
        return ask(*arguments)
    except judges.Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.slow
@pytest.mark.parametrize(
    "graphs", [judges.PLAIN, judges.QUALIFIED], ids=["plain", "with what is qualified"]
)
def test_owlrl_entails_what_our_rules_entail(guide: Dataset, graphs: tuple[str, ...]) -> None:
    found = judges.closure(guide, graphs)
    assert found.theirs == found.ours
    assert len(found.theirs) > 600


@pytest.mark.slow
def test_hermit_finds_the_ontology_with_its_data_consistent(guide: Dataset) -> None:
    verdict, _ = asked(judges.consistency, guide)
    assert verdict == "consistent"


@pytest.mark.slow
@pytest.mark.parametrize("planted", judges.CONTRADICTIONS)
def test_hermit_finds_a_planted_contradiction(guide: Dataset, planted: str) -> None:
    verdict, _ = asked(judges.consistency, guide, planted)
    assert verdict == "inconsistent"


@pytest.mark.slow
def test_pyrudof_finds_what_pyshacl_finds_with_the_core_shapes() -> None:
    found = asked(judges.core_results)
    assert found.theirs == found.ours, found.version
    assert len(found.ours) > 250


# Profiles


@pytest.fixture(scope="module")
def ontology() -> Graph:
    graph = Graph()
    for name in ("calcguide", "qualifiers"):
        graph.parse(REPOSITORY / "ontology" / f"{name}.ttl")
    return graph


def test_owl_2_rl_and_dl_no_construct_is_used_that_leaves_them(ontology: Graph) -> None:
    used = {str(p).removeprefix(str(OWL)) for p in ontology.predicates()}
    assert not used & set(RESTRICTIONS)
    owl_types = {o for o in ontology.objects(None, RDF.type) if str(o).startswith(str(OWL))}
    assert owl_types <= IN_RL


def test_owl_2_dl_a_property_is_of_one_kind(ontology: Graph) -> None:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.Class)
    members = [set(ontology.subjects(RDF.type, kind)) for kind in kinds]
    for number, one in enumerate(members):
        for other in members[number + 1 :]:
            assert not one & other


def test_owl_2_dl_no_asymmetric_or_irreflexive_property_is_transitive_or_chained(
    ontology: Graph,
) -> None:
    simple = {*ontology.subjects(RDF.type, OWL.AsymmetricProperty)}
    simple |= {*ontology.subjects(RDF.type, OWL.IrreflexiveProperty)}
    composed = {*ontology.subjects(RDF.type, OWL.TransitiveProperty)}
    composed |= {*ontology.subjects(OWL.propertyChainAxiom)}
    wider = {o for p in composed for o in ontology.transitive_objects(p, RDFS.subPropertyOf)}
    assert simple
    assert not simple & wider


# SKOS integrity conditions (SKOS Reference, S9 to S46)


SKOS_CONDITIONS = {
    "S9 a concept is no concept scheme": "?x a skos:Concept , skos:ConceptScheme",
    "S13 labels of one concept differ": (
        "?x skos:prefLabel ?l { ?x skos:altLabel ?l } UNION { ?x skos:hiddenLabel ?l }"
    ),
    "S14 one preferred label for each language": (
        "?x skos:prefLabel ?l , ?m FILTER(?l != ?m && LANG(?l) = LANG(?m))"
    ),
    "S27 related is not broader": "?x skos:related ?y . ?x skos:broader+ ?y",
    "S37 a collection is no concept": "?x a skos:Collection , skos:Concept",
    "S46 exact is neither broad nor related": (
        "?x skos:exactMatch ?y { ?x skos:broadMatch ?y } UNION { ?x skos:relatedMatch ?y }"
        " UNION { ?x skos:narrowMatch ?y }"
    ),
}


@pytest.mark.parametrize("condition", SKOS_CONDITIONS)
def test_skos(ask: Ask, condition: str) -> None:
    assert not ask(f"SELECT ?x {{ {SKOS_CONDITIONS[condition]} }}")


# Items of ROBOT's report and of OOPS! that files alone can answer


OURS = f"?x rdfs:isDefinedBy <{terms.BASE}ontology>"
PITFALLS = {
    "ROBOT missing_label": f"{OURS} FILTER NOT EXISTS {{ ?x rdfs:label ?l }}",
    "ROBOT missing_definition, OOPS! P08": f"{OURS} FILTER NOT EXISTS {{ ?x skos:definition ?d }}",
    "ROBOT multiple_definitions": f"{OURS} ; skos:definition ?d , ?e FILTER(?d != ?e)",
    "ROBOT multiple_labels": f"{OURS} ; rdfs:label ?d , ?e FILTER(?d != ?e)",
    "ROBOT duplicate_definition": (
        "?x a owl:Class ; skos:definition ?d . ?y a owl:Class ; skos:definition ?d ."
        " FILTER(?x != ?y) FILTER NOT EXISTS { VALUES (?x ?y) { "
        "(calc:Certainty calc:certainty) } }"
    ),
    "ROBOT duplicate_label": (
        "VALUES ?k { owl:Class owl:ObjectProperty } ?x a ?k ; rdfs:label ?l ."
        " ?y a ?k ; rdfs:label ?l FILTER(?x != ?y)"
    ),
    "ROBOT label_whitespace": f'{OURS} ; rdfs:label ?l FILTER(REGEX(?l, "^ | $|  "))',
    "ROBOT deprecated_class_reference": "?x rdfs:subClassOf/owl:deprecated true",
    "ROBOT missing_ontology_license, OOPS! P41": (
        "?x a owl:Ontology FILTER NOT EXISTS { ?x dct:license ?l }"
    ),
    "ROBOT missing_ontology_title": "?x a owl:Ontology FILTER NOT EXISTS { ?x dct:title ?l }",
    "ROBOT missing_ontology_description": (
        "?x a owl:Ontology FILTER NOT EXISTS { ?x dct:description ?d }"
    ),
    "ROBOT deprecated_property_reference": "?x rdfs:subPropertyOf/owl:deprecated true",
    "ROBOT deprecated_boolean_datatype": (
        "?x owl:deprecated ?d FILTER(DATATYPE(?d) != xsd:boolean)"
    ),
    "ROBOT misused_replaced_by": (
        "?x dct:isReplacedBy ?y FILTER NOT EXISTS { ?x owl:deprecated true }"
    ),
    "ROBOT annotation_whitespace": (
        f'{OURS} ; ?p ?text FILTER(isLiteral(?text) && REGEX(STR(?text), "^\\\\s|\\\\s$"))'
    ),
    "ROBOT lowercase_definition": f'{OURS} ; skos:definition ?d FILTER(REGEX(STR(?d), "^[a-z]"))',
    "ROBOT duplicate_label_synonym": (f"{OURS} ; rdfs:label ?l ; skos:altLabel ?l"),
    "ROBOT invalid_language_tag": (
        f'{OURS} ; ?p ?text FILTER(LANG(?text) != "" && !REGEX(LANG(?text), "^[a-z]{{2,3}}(-|$)"))'
    ),
    "ROBOT illegal_use_of_built_in_vocabulary": (
        "?x a ?kind FILTER(STRSTARTS(STR(?x), STR(owl:)) || STRSTARTS(STR(?x), STR(rdf:))"
        " || STRSTARTS(STR(?x), STR(rdfs:)))"
    ),
    "ROBOT invalid_entity_uri": (
        f'{OURS} FILTER(!REGEX(STR(?x), "^https://w3id.org/calcguide/ontology#[A-Za-z0-9]+$"))'
    ),
    "ROBOT equivalent_pair, OOPS! P02": "?x owl:equivalentClass|owl:equivalentProperty ?y",
    "OOPS! P03 no relation is called is": f'{OURS} FILTER(REGEX(STR(?x), "#(is|is_a)$", "i"))',
    "OOPS! P04 no class stands alone": (
        f"{OURS} . ?x a owl:Class FILTER NOT EXISTS {{ {{ ?x rdfs:subClassOf ?y }} UNION"
        " { ?y rdfs:subClassOf ?x } UNION { ?p rdfs:domain|rdfs:range ?x }"
        " UNION { ?thing a ?x } }"
    ),
    "OOPS! P05 inverses fit each other's ends": (
        "?x owl:inverseOf ?y . ?x rdfs:domain ?a ; rdfs:range ?b . ?y rdfs:domain ?c ;"
        " rdfs:range ?d FILTER(?a != ?d || ?b != ?c)"
    ),
    "OOPS! P06 no cycle among classes": "?x rdfs:subClassOf+ ?x",
    "OOPS! P07 no class joins two by and": (
        f'{OURS} . ?x a owl:Class FILTER(REGEX(STR(?x), "[a-z](And|Or)[A-Z]"))'
    ),
    "OOPS! P10 classes are told apart": (
        "?x a owl:Ontology FILTER NOT EXISTS { ?d a owl:AllDisjointClasses }"
    ),
    "OOPS! P11 each property has a domain and a range, but what leads to a property": (
        f"{OURS} . ?x a owl:ObjectProperty FILTER(?x != calc:predicate)"
        " FILTER NOT EXISTS { ?x rdfs:domain ?d ; rdfs:range ?r }"
    ),
    "OOPS! P19 one domain and one range": (
        f"{OURS} {{ ?x rdfs:domain ?a , ?b FILTER(?a != ?b) }} UNION"
        " { ?x rdfs:range ?a , ?b FILTER(?a != ?b) }"
    ),
    "OOPS! P21 no class for what is left over": (
        f'{OURS} . ?x a owl:Class FILTER(REGEX(STR(?x), "#(Other|Misc|Unknown)", "i"))'
    ),
    "OOPS! P22 classes begin with a capital letter, properties do not": (
        f'{OURS} {{ ?x a owl:Class FILTER(REGEX(STR(?x), "#[a-z]")) }} UNION'
        " { VALUES ?k { owl:ObjectProperty owl:DatatypeProperty } ?x a ?k"
        ' FILTER(REGEX(STR(?x), "#[A-Z]")) }'
    ),
    "OOPS! P25 no property is its own inverse": "?x owl:inverseOf ?x",
    "OOPS! P26 no symmetric property has an inverse": (
        "?x a owl:SymmetricProperty ; owl:inverseOf|^owl:inverseOf ?y"
    ),
    "OOPS! P28, P29 symmetric and transitive properties lead back to their domain": (
        "VALUES ?k { owl:SymmetricProperty owl:TransitiveProperty } ?x a ?k ; rdfs:domain ?a ;"
        " rdfs:range ?b FILTER(?a != ?b && ?x != calc:hasUpstreamCause)"
    ),
    "OOPS! P33 no chain of one property": (
        "?x owl:propertyChainAxiom ?l FILTER NOT EXISTS { ?l rdf:rest/rdf:first ?second }"
    ),
    "OOPS! P36 no name has the ending of a file": (
        '?x a owl:Ontology FILTER(REGEX(STR(?x), "[.](owl|rdf|ttl|n3|rdfs)$"))'
    ),
    "OOPS! P38 terms belong to a declared ontology": (
        f"{OURS} FILTER NOT EXISTS {{ <{terms.BASE}ontology> a owl:Ontology }}"
    ),
    "OOPS! P40 no term is minted in the namespace of others": (
        f'{OURS} FILTER(!STRSTARTS(STR(?x), "{terms.CALC}"))'
    ),
    "OOPS! P34, P35 whatever is used is declared": (
        "?y a calc:Claim ; calc:predicate ?x FILTER NOT EXISTS { ?x a owl:ObjectProperty }"
    ),
}


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_pitfall(ask: Ask, pitfall: str) -> None:
    graph = f"GRAPH graph:ontology {{ {PITFALLS[pitfall]} }}"
    elsewhere = ("P04", "P34", "missing_label")
    pattern = PITFALLS[pitfall] if any(name in pitfall for name in elsewhere) else graph
    assert not ask(f"SELECT DISTINCT ?x {{ {pattern} }}")


def test_the_claims_graph_names_no_class_that_a_reasoner_would_not_know(ontology: Graph) -> None:
    declared = set(ontology.subjects(RDF.type, OWL.Class))
    assert SKOS.Concept in declared
    data = load_asserted(Root(published()))
    used = {
        quad.object.value
        for quad in data.store
        if isinstance(quad, Quad)
        and quad.predicate == terms.RDF_TYPE
        and isinstance(quad.object, NamedNode)
        and quad.object.value.startswith(TYPES)
    }
    assert {URIRef(name) for name in used} <= declared
