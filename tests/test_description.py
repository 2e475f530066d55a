"""What a page says, as data: tried on a small invented guide, so that nothing is tied to ours."""

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.entity import EntityPage, Rating, describe_entity
from calcguide.description.home import HomePage, describe_home, overview
from calcguide.description.listings import browse, browse_page, contents, questions
from calcguide.description.naming import Name, calc, in_sentence
from calcguide.description.paging import Paging
from calcguide.description.records import (
    describe_claim,
    describe_passage,
    describe_plainly,
    describe_question,
)
from calcguide.description.relations import LAST_GROUP, Row
from calcguide.description.statements import Origin, Statement, read_claim
from calcguide.files import Root
from calcguide.loading import load
from calcguide.settings import Settings

BASE = "https://guide.example/"
PREFIXES = """
@prefix calc: <https://w3id.org/calcguide/ontology#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix id: <https://guide.example/id/> .
@prefix claim: <https://guide.example/claim/> .
@prefix p: <https://guide.example/passage/s/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix void: <http://rdfs.org/ns/void#> .
"""
ENTITIES = [
    ("Calcification", "pearl"),
    ("Calcification", "crust"),
    ("Condition", "thirst"),
    ("Location", "fin"),
    ("Location", "fish"),
    ("Location", "scale"),
    ("Intervention", "brushing"),
    ("Intervention", "combing"),
    ("Circumstance", "in-spring"),
    ("Circumstance", "if-young"),
]
CLAIMS = [
    ("c1", "pearl", "occursIn", "fin", "p1", ""),
    ("c2", "pearl", "occursIn", "fin", "p2", ""),
    ("c3", "pearl", "occursIn", "fin", "p2", "calc:frequency calc:often"),
    ("c4", "pearl", "resolutionPotential", "splendid", "p1", "calc:especially id:in-spring"),
    ("c5", "brushing", "treats", "pearl", "p3", "calc:under id:if-young"),
    ("c6", "brushing", "reverses", "pearl", "p1", "calc:polarity calc:denied"),
    ("c7", "brushing", "reverses", "pearl", "p2", "calc:polarity calc:unproven"),
    ("c8", "brushing", "similarTo", "combing", "p3", ""),
    ("c9", "crust", "resolutionPotential", "perhaps", "p4", ""),
    (
        "c10",
        "pearl",
        "hasCause",
        "thirst",
        "p4",
        "calc:certainty calc:possible; calc:hedgeWord 'may'",
    ),
    ("c11", "thirst", "hasCause", "crust", "p4", ""),
    ("c12", "crust", "resolutionDependsOn", "size", "p4", ""),
]


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A guide about pearls in fish, all of it made up."""
    folder = tmp_path_factory.mktemp("invented")
    (folder / "data" / "claims").mkdir(parents=True)
    levels = """
        id:splendid a calc:ResolutionLevel ; skos:prefLabel "Splendid"@en ; calc:rank 2 .
        id:poor a calc:ResolutionLevel ; skos:prefLabel "Poor"@en ; calc:rank 1 .
        id:perhaps a calc:ResolutionLevel ; skos:prefLabel "Perhaps"@en .
        id:size a calc:Factor ; skos:prefLabel "Size"@en .
        id:in-spring calc:phrase "in spring"@en . id:if-young calc:phrase "if young"@en .
    """
    texts = {
        "dataset": f'<{BASE}dataset> void:uriSpace "{BASE}" ; calc:disclaimer "Made up."@en .',
        "things": levels
        + "\n".join(
            f'id:{slug} a calc:{type} ; skos:prefLabel "{slug.capitalize()}"@en ; '
            f'skos:definition "What {slug} is."@en .'
            for type, slug in ENTITIES
        ),
        "guide": 'id:guide a calc:Guide ; skos:prefLabel "Pearls"@en ; dct:title "Pearls?"@en ; '
        "dct:hasPart <https://guide.example/section/s> ; calc:length 90 . "
        '<https://guide.example/section/s> a calc:Section ; skos:prefLabel "S"@en ; '
        "dct:hasPart p:p1 , p:p2 , p:p3 , p:p4 . "
        + "".join(
            f'p:p{n} a calc:Passage ; skos:prefLabel "P {n}"@en ; calc:sha256 "{n}" ; '
            f"oa:hasSource id:guide ; oa:hasSelector [ oa:start {n} ; oa:end {n + 5} ] . "
            for n in range(1, 5)
        ),
        "questions": "<https://guide.example/question/q> a calc:Question ; calc:ordinal 1 ; "
        'skos:prefLabel "Pearls in spring?"@en ; calc:shortAnswer "Yes."@en ; '
        "calc:reconstructed true ; calc:answeredBy claim:c4 , claim:c7 .",
        "background": "id:fin calc:locatedWithin id:fish . id:scale skos:broader id:fin . "
        "[] a owl:Axiom ; owl:annotatedSource id:fin ; owl:annotatedTarget id:fish ; "
        'owl:annotatedProperty calc:locatedWithin ; rdfs:comment "Fish have fins."@en .',
        "claims/all": "".join(map(_claim, CLAIMS)),
    }
    for name, text in texts.items():
        (folder / "data" / f"{name}.ttl").write_text(PREFIXES + text, encoding="utf-8")
    return load(Root(folder))


def _claim(row: tuple[str, str, str, str, str, str]) -> str:
    """The block of a claim; a qualifier that the last column gives stands for the usual one."""
    name, subject, predicate, object, passage, qualifiers = row
    usual = {"calc:polarity": "calc:affirmed", "calc:certainty": "calc:stated"}
    stated = [f"{p} {o}" for p, o in usual.items() if p not in qualifiers]
    return (
        f'claim:{name} a calc:Claim ; skos:definition "{name} says."@en ; '
        f"calc:subject id:{subject} ; calc:predicate calc:{predicate} ; calc:object id:{object} ; "
        f"calc:statedIn p:{passage} ; {' ; '.join([*stated, *filter(None, [qualifiers])])} .\n"
    )


def entity(dataset: Dataset, slug: str) -> EntityPage:
    return describe_entity(dataset, dataset.base + "id/" + slug)


def row(page: EntityPage, path: str, inverse: bool = False) -> Row:
    return next(
        row
        for group in page.groups
        for row in group.rows
        if (row.relation.path, row.relation.inverse) == (terms.CALC + path, inverse)
    )


def said(statement: Statement) -> list[list[str]]:
    """The numbers of the claims, those of one wording together."""
    return [[claim.number for claim in claims] for claims in statement.wordings]


def test_claims_that_say_it_in_the_same_way_are_one_wording(invented: Dataset) -> None:
    (statement,) = row(entity(invented, "pearl"), "occursIn").statements
    assert statement.object.label == "Fin"
    assert said(statement) == [["c1", "c2"], ["c3"]]
    assert not statement.plain


def test_a_proposition_denied_here_and_unproven_there_is_two_statements(invented: Dataset) -> None:
    found = row(entity(invented, "pearl"), "reverses", inverse=True).statements
    assert [(s.polarity, said(s)) for s in found] == [("unproven", [["c7"]]), ("denied", [["c6"]])]


def test_passages_are_numbered_in_the_order_of_their_first_use(invented: Dataset) -> None:
    sources = entity(invented, "pearl").sources
    assert [source.number for source in sources] == list(range(1, len(sources) + 1))
    assert sources[0].passage.label == "P 1"
    assert {"c4", "c1", "c6"} == {claim.number for claim in sources[0].claims}
    assert len({source.passage for source in sources}) == len(sources)


def test_a_kind_is_graded_in_the_card_and_not_again_below(invented: Dataset) -> None:
    page = entity(invented, "pearl")
    assert page.answer is not None
    assert page.answer.rating == Rating(Name("Splendid", BASE + "id/splendid"), 2, 2)
    (claim,) = page.answer.grade.statements[0].claims
    assert [c.phrase for c in claim.especially] == ["in spring"]
    assert claim.under == ()
    paths = {row.relation.path for group in page.groups for row in group.rows}
    assert terms.CALC + "resolutionPotential" not in paths
    assert entity(invented, "thirst").answer is None


@pytest.mark.parametrize(
    ("rank", "steps", "tone"),
    [(1, 3, "very-low"), (2, 3, "low"), (3, 3, "high"), (None, 3, "possible"), (2, 2, "high")],
)
def test_a_rating_is_toned_by_its_rank(rank: int | None, steps: int, tone: str) -> None:
    assert Rating(Name("x"), rank, steps).tone == tone


def test_a_symmetric_relation_is_seen_from_both_ends(invented: Dataset) -> None:
    for one, other in (("brushing", "Combing"), ("combing", "Brushing")):
        page = entity(invented, one)
        (statement,) = row(page, "similarTo").statements
        assert row(page, "similarTo").relation.symmetric, "not the row that the shape lists"
        assert statement.other_end(invented.base + "id/" + one).label == other
        assert "similar to" not in [f.statement.predicate.label for f in page.follows]


def test_a_circumstance_lists_the_claims_that_it_qualifies(invented: Dataset) -> None:
    for slug, path, number in (("in-spring", "especially", "c4"), ("if-young", "under", "c5")):
        (statement,) = row(entity(invented, slug), path, inverse=True).statements
        assert said(statement) == [[number]]


def test_an_editor_s_statement_comes_with_its_reason(invented: Dataset) -> None:
    (statement,) = row(entity(invented, "fin"), "locatedWithin").statements
    assert (statement.origin, statement.reason) == (Origin.EDITORS, "Fish have fins.")
    assert statement.polarity == "affirmed"


@pytest.mark.parametrize(
    ("slug", "follows"),
    [
        ("fish", {("Pearl", "occurs in", "Fish", Origin.HEDGED_RULE)}),
        ("brushing", {("Brushing", "type", "Treatment", Origin.HEDGED_RULE)}),
        (
            "thirst",
            {("Thirst", "type", "Cause", Origin.HEDGED_RULE)},
        ),
        (
            "crust",
            {
                ("Pearl", "has upstream cause", "Crust", Origin.HEDGED_RULE),
                ("Crust", "type", "Cause", Origin.RULE),
            },
        ),
    ],
)
def test_what_follows_says_only_what_is_new(
    invented: Dataset, slug: str, follows: set[tuple[str, str, str, Origin]]
) -> None:
    found = [explained.statement for explained in entity(invented, slug).follows]
    named = {(s.subject.label, s.predicate.label, s.object.label, s.origin) for s in found}
    assert named == follows


def test_an_expected_relation_without_a_value_keeps_its_row(invented: Dataset) -> None:
    empty = row(entity(invented, "crust"), "occursIn")
    assert empty.relation.expected
    assert empty.statements == ()


def test_what_no_shape_lists_comes_last(invented: Dataset) -> None:
    shapes = invented.graph("shapes")
    without = Store()
    without.extend(quad for quad in invented.store if quad.graph_name != shapes)
    page = entity(Dataset(without, BASE), "pearl")
    assert [group.label for group in page.groups] == [LAST_GROUP]
    names = {row.relation.name for row in page.groups[0].rows}
    assert {"occurs in", "treated by", "has cause"} <= names
    assert [group.label for group in entity(invented, "pearl").groups].count(LAST_GROUP) == 0


def home(dataset: Dataset, place: str = "") -> HomePage:
    page = describe_home(dataset, place)
    assert page is not None
    return page


def test_the_home_page_sorts_what_has_no_rank_apart(invented: Dataset) -> None:
    page = home(invented)
    assert page.title == "Pearls?"
    assert page.grades_differ
    assert [card.kind.label for card in page.ranked] == ["Pearl"]
    assert [card.kind.label for card in page.unranked] == ["Crust"]
    assert [(s.subject.label, s.polarity) for s in page.ranked[0].approaches] == [
        ("Brushing", "affirmed")
    ]
    assert [s.object.label for s in page.depends_on] == ["Size"]


@pytest.mark.parametrize(
    ("place", "kinds"), [("fin", ["Pearl"]), ("", ["Pearl", "Crust"]), ("sea", ["Pearl", "Crust"])]
)
def test_a_place_chooses_the_kinds_found_there(
    invented: Dataset, place: str, kinds: list[str]
) -> None:
    page = home(invented, place)
    assert [card.kind.label for card in page.cards] == kinds
    assert [found.label for found in page.places] == ["Fin"]


def test_a_claim_knows_who_says_the_same_and_who_judges_otherwise(invented: Dataset) -> None:
    same = describe_claim(invented, BASE + "claim/c1")
    assert [claim.number for claim in same.siblings] == ["c2", "c3"]
    assert same.conflicting == ()
    other = describe_claim(invented, BASE + "claim/c6")
    assert [claim.number for claim in other.conflicting] == ["c7"]


def test_a_passage_has_its_position_section_and_claims(invented: Dataset) -> None:
    page = describe_passage(invented, BASE + "passage/s/p1")
    assert (page.start, page.end, page.length, page.sha256) == (1, 6, 90, "1")
    assert page.section is not None
    assert page.section.label == "S"
    assert [claim.number for claim in page.claims] == ["c1", "c4", "c6"]


def test_a_question_has_its_answer_and_the_claims_behind_it(invented: Dataset) -> None:
    (entry,) = questions(invented)
    assert (entry.name.label, entry.summary) == ("Pearls in spring?", "Yes.")
    page = describe_question(invented, entry.name.iri or "")
    assert page.reconstructed
    assert [said(statement) for statement in page.statements] == [[["c4"]], [["c7"]]]


def test_a_claim_that_leaves_something_out_says_so() -> None:
    store, claim = Store(), NamedNode(BASE + "claim/x")
    store.add(Quad(claim, terms.RDF_TYPE, NamedNode(terms.CALC + "Claim")))
    read = read_claim(Dataset(store, BASE), claim)
    assert (read.subject, read.passage, read.gloss) == (Name("not stated"), Name("not stated"), "")
    assert not read.affirmed


def test_browse_pages_list_members_by_class_and_by_role(invented: Dataset) -> None:
    assert [entry.name.label for entry in browse(invented, "types").entries] == ["Crust", "Pearl"]
    assert [entry.name.label for entry in browse(invented, "treatments").entries] == ["Brushing"]
    with pytest.raises(KeyError):
        browse(invented, "planets")
    assert browse_page(invented, NamedNode(BASE + "id/splendid")) == "values"
    assert browse_page(invented, NamedNode(BASE + "section/s")) is None


def test_a_document_lists_what_it_names_by_class(invented: Dataset) -> None:
    listings = {found.title.label: found for found in contents(invented, invented.graph("claims"))}
    assert listings["Claim"].total == len(CLAIMS)
    assert listings["Passage"].total == 4


def test_any_resource_is_described_plainly_with_what_hangs_on_it(invented: Dataset) -> None:
    page = describe_plainly(invented, BASE + "passage/s/p1")
    nested = next(line for line in page.outgoing if line.nested)
    assert [(line.predicate.label, line.value.label) for line in nested.nested] == [
        ("end", "6"),
        ("start", "1"),
    ]
    assert {line.predicate.label for line in page.incoming} == {"has part", "stated in"}


def test_a_plain_page_is_bounded() -> None:
    store, hub = Store(), NamedNode("http://example.com/hub")
    near = NamedNode("http://example.com/near")
    store.extend(Quad(NamedNode(f"http://example.com/{n}"), near, hub) for n in range(5000))
    first, eleventh = Paging(), Paging(11)
    page = describe_plainly(Dataset(store, BASE), hub.value, first)
    assert (len(page.incoming), first.next) == (500, 2)
    assert not describe_plainly(Dataset(store, BASE), hub.value, eleventh).incoming
    assert (eleventh.previous, eleventh.next) == (10, None)


def test_data_that_are_no_guide_have_an_overview_instead_of_a_home() -> None:
    store, person = Store(), NamedNode("http://example.com/Person")
    graph = NamedNode("http://example.com/g")
    for name in ("anna", "ben"):
        store.add(Quad(NamedNode(f"http://example.com/{name}"), terms.RDF_TYPE, person, graph))
    store.add(Quad(person, terms.RDFS_LABEL, Literal("Person"), DEFAULT_GRAPH))
    dataset = Dataset(store, BASE)
    assert describe_home(dataset) is None
    found = overview(dataset)
    assert found.classes == ((Name("Person", person.value), 2),)
    assert found.statements == 1
    assert [count.statements for count in found.graphs] == [2]


@pytest.mark.parametrize(
    ("label", "inside"), [("Skin", "skin"), ("NSAID", "NSAID"), ("X", "X"), ("", "")]
)
def test_a_label_within_a_sentence_keeps_its_abbreviation(label: str, inside: str) -> None:
    assert in_sentence(label) == inside


def test_another_guide_gets_its_pages_without_a_change_of_code(invented: Dataset) -> None:
    client = create_app(invented, Settings.read({})).test_client()
    paths = ["", "id/pearl.html", "claim/c6.html", "passage/s/p1.html", "question/q.html"]
    paths += [
        "browse",
        "browse/types",
        "compare",
        "compare?place=fin",
        "questions",
        "about",
        "section/s.html",
        "ontology.html",
    ]
    for path in paths:
        response = client.get(f"/{path}", headers={"Accept": "text/html"})
        assert response.status_code == 200, path
        assert "Made up." in response.text
        if "id/" in path or not path:
            assert "tendonitis" not in response.text


def test_a_folder_without_questions_or_comparison_still_has_a_home(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    block = 'id:x a calc:Condition ; skos:prefLabel "X"@en .'
    (tmp_path / "data" / "things.ttl").write_text(PREFIXES + block, encoding="utf-8")
    page = home(load(Root(tmp_path)))
    assert (page.cards, page.questions, page.why, page.example) == ((), (), (), None)


def test_a_claim_of_other_people_that_states_no_polarity_has_its_place() -> None:
    store = Store()
    subject, object, claim = (NamedNode(BASE + path) for path in ("id/a", "id/b", "claim/c1"))
    said = {"subject": subject, "predicate": calc("causes"), "object": object}
    store.extend(Quad(claim, calc(local), end) for local, end in said.items())
    page = describe_entity(Dataset(store, BASE), subject.value)
    [row] = [row for group in page.groups for row in group.rows]
    assert [statement.object.iri for statement in row.statements] == [object.value]
