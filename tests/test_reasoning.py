"""What others make of the ontology: owlrl, HermiT, pyrudof; OWL profiles, SKOS, ROBOT and OOPS!.

ROBOT's report and OOPS! are programs and services of their own; the items here are those that can
be asked of the files alone, each by its name there.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, URIRef

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.files import Root, published
from calcguide.loading import load_asserted
from tests.conftest import REPOSITORY, Ask
from tests.test_validation import with_examples

TOOLS = REPOSITORY / ".venv-tools" / "bin" / "python"
HERE = Path(__file__).parent
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


def tool(script: str, *arguments: str) -> str:
    """Run a script of the heavy environment; skipped where there is none."""
    if not TOOLS.exists():
        pytest.skip("run scripts/test --all, which makes .venv-tools")
    command = [str(TOOLS), str(HERE / script), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if "ModuleNotFoundError" in ran.stderr:
        pytest.skip(f"{script}: {ran.stderr.strip().splitlines()[-1]}")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


# Closure and consistency


def _logic(guide: Dataset, *graphs: str) -> set[Triple]:
    """The ontology, the asserted classes of entities, and the statements of some graphs."""
    quads = guide.graph_quads(guide.graph("ontology"))
    for name in ("entities", "claims"):
        typed = guide.graph_quads(guide.graph(name))
        quads += [q for q in typed if q.predicate == terms.RDF_TYPE and "/id/" in str(q.subject)]
    for name in graphs:
        quads += [
            q for q in guide.graph_quads(guide.graph(name)) if isinstance(q.subject, NamedNode)
        ]
    return {q.triple for q in quads}


def _of_ours(triple: tuple[str, str, str], base: str) -> bool:
    subject, predicate, object = triple
    ours = predicate.startswith(terms.CALC) or (
        predicate == RDF.type.toPython() and object.startswith(terms.CALC)
    )
    return ours and subject.startswith(base + "id/")


@pytest.mark.slow
@pytest.mark.parametrize(
    "graphs",
    [
        ("background", "facts", "entailed"),
        ("background", "facts", "entailed", "qualified-facts", "qualified-entailed"),
    ],
    ids=["plain", "with what is qualified"],
)
def test_owlrl_entails_what_our_rules_entail(guide: Dataset, graphs: tuple[str, ...]) -> None:
    import owlrl  # type: ignore[import-untyped]

    stated = [name for name in graphs if not name.endswith("entailed")]
    graph = Graph()
    triples = serialize(_logic(guide, *stated), format=RdfFormat.N_TRIPLES)
    graph.parse(data=triples, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    theirs = {t for s, p, o in graph if _of_ours(t := (str(s), str(p), str(o)), guide.base)}
    ours = {
        (q.subject.value, q.predicate.value, q.object.value)
        for name in (*graphs, "entities", "claims")
        for q in guide.graph_quads(guide.graph(name))
        if isinstance(q.subject, NamedNode) and isinstance(q.object, NamedNode)
    }
    assert theirs == {triple for triple in ours if _of_ours(triple, guide.base)}
    assert len(theirs) > 600


def _asked_of_hermit(guide: Dataset, folder: Path, *planted: Triple) -> str:
    if not shutil.which("java"):
        pytest.skip("HermiT needs Java: install a Java runtime, such as default-jre-headless")
    triples = _logic(guide, "background", "facts", "qualified-facts") | set(planted)
    path = folder / "ontology.nt"
    path.write_bytes(serialize(sorted(triples, key=str), format=RdfFormat.N_TRIPLES) or b"")
    return tool("reasoner.py", str(path)).split()[-1]


@pytest.mark.slow
def test_hermit_finds_the_ontology_with_its_data_consistent(guide: Dataset, tmp_path: Path) -> None:
    assert _asked_of_hermit(guide, tmp_path) == "consistent"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subject", "predicate", "object"),
    [
        ("dystrophic-calcification", "moreReversibleThan", "metastatic-calcification"),
        ("rest", "occursIn", "hip"),
    ],
    ids=["a comparison both ways", "an intervention that is a condition"],
)
def test_hermit_finds_a_planted_contradiction(
    guide: Dataset, tmp_path: Path, subject: str, predicate: str, object: str
) -> None:
    planted = Triple(
        guide.iri(f"id/{subject}"), NamedNode(terms.CALC + predicate), guide.iri(f"id/{object}")
    )
    assert _asked_of_hermit(guide, tmp_path, planted) == "inconsistent"


# A second validator


@pytest.mark.slow
def test_pyrudof_finds_what_pyshacl_finds_with_the_core_shapes(tmp_path: Path) -> None:
    """Shapes with a target by query are left out, and so is a cardinality on a path of two steps,
    which pyrudof 0.3 passes over."""
    import pyshacl

    dataset, _ = with_examples()
    outside = {dataset.graph("shapes"), dataset.graph("queries")}
    spoilt = {q.triple for q in dataset.store if q.graph_name not in outside}
    data, core = tmp_path / "data.nt", tmp_path / "core.ttl"
    data.write_bytes(serialize(spoilt, format=RdfFormat.N_TRIPLES) or b"")
    shapes = Graph()
    for path in Root(published()).glob("shapes/*.ttl"):
        shapes.parse(path)
    for shape in {
        *shapes.subjects(SH.target),
        URIRef(terms.BASE + "shapes#ResolutionLevel-rank-unique"),
    }:
        shapes.remove((shape, None, None))
        shapes.remove((None, None, shape))
    shapes.serialize(core)
    _, report, _ = pyshacl.validate(Graph().parse(data), shacl_graph=shapes)
    assert isinstance(report, Graph)
    ours = {
        tuple(str(report.value(result, SH[field])) for field in FIELDS)
        for result in report.objects(None, SH.result)
        if isinstance(report.value(result, SH.focusNode), URIRef)
    }
    found = json.loads(tool("second_validator.py", str(data), str(core)))
    theirs = {tuple(row) for row in found["results"] if row[0].startswith("http")}
    assert theirs == ours, found["version"]
    assert len(ours) > 250


FIELDS = ("focusNode", "sourceShape", "sourceConstraintComponent")


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
    "ROBOT missing_ontology_license": "?x a owl:Ontology FILTER NOT EXISTS { ?x dct:license ?l }",
    "ROBOT missing_ontology_title": "?x a owl:Ontology FILTER NOT EXISTS { ?x dct:title ?l }",
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
    "OOPS! P19 one domain and one range": (
        f"{OURS} {{ ?x rdfs:domain ?a , ?b FILTER(?a != ?b) }} UNION"
        " { ?x rdfs:range ?a , ?b FILTER(?a != ?b) }"
    ),
    "OOPS! P21 no class for what is left over": (
        f'{OURS} . ?x a owl:Class FILTER(REGEX(STR(?x), "#(Other|Misc|Unknown)", "i"))'
    ),
    "OOPS! P25 no property is its own inverse": "?x owl:inverseOf ?x",
    "OOPS! P28, P29 symmetric and transitive properties lead back to their domain": (
        "VALUES ?k { owl:SymmetricProperty owl:TransitiveProperty } ?x a ?k ; rdfs:domain ?a ;"
        " rdfs:range ?b FILTER(?a != ?b && ?x != calc:hasUpstreamCause)"
    ),
    "OOPS! P33 no chain of one property": (
        "?x owl:propertyChainAxiom ?l FILTER NOT EXISTS { ?l rdf:rest/rdf:first ?second }"
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
