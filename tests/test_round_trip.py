"""What is served of every resource, in every format and as a page, is what the store says."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)
from pyoxigraph import Dataset as Quads

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.formats import DATASET_FORMATS, GRAPH_FORMATS, Format
from tests.markup import Element, read

KINDS = (*terms.THING_KINDS, "graph")
DOCUMENTS = ["ontology", "shapes", "queries"]
SKOS, RDFS, OWL = terms.SKOS, terms.RDFS, terms.OWL
WORDS = [SKOS + "prefLabel", SKOS + "altLabel", SKOS + "definition", SKOS + "scopeNote"]
SOME = 12
"""The quick tests read each so many-th resource of a kind, the slow ones all."""
ENTAILS = "id/atherosclerotic-plaque"
"""Of this there is something to say that follows by rule: the quick tests read it too."""

Paths = Mapping[str, list[str]]


@pytest.fixture(scope="module", params=["some", pytest.param("all", marks=pytest.mark.slow)])
def paths(request: pytest.FixtureRequest, guide: Dataset) -> Paths:
    """First part of a name -> the names, as paths below the base."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in guide.store:
        path = guide.path(quad.subject.value) if isinstance(quad.subject, NamedNode) else None
        if path and path.partition("/")[0] in KINDS:
            found[path.partition("/")[0]].add(path)
    step = SOME if request.param == "some" else 1
    return {
        kind: sorted({*sorted(found[kind])[::step], *found[kind] & {ENTAILS}}) for kind in KINDS
    }


def canonical(quads: Iterable[Quad]) -> Quads:
    """Statements with their unnamed nodes named by what is said of them."""
    found = Quads(quads)
    found.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return found


def in_one_graph(triples: Iterable[Triple]) -> list[Quad]:
    return [Quad(*triple) for triple in triples]


def everywhere(guide: Dataset, triples: Iterable[Triple]) -> Iterator[Quad]:
    """Each statement as it stands in the store: in every graph that has it."""
    for triple in triples:
        s, p, o = triple
        yield from guide.store.quads_for_pattern(s, p, o, None)


# Documents


@pytest.mark.parametrize("format", (*GRAPH_FORMATS, *DATASET_FORMATS), ids=lambda f: f.name)
def test_a_document_parses_to_what_the_store_says(
    client: FlaskClient, guide: Dataset, paths: Paths, format: Format
) -> None:
    differ, count = [], 0
    for path in [path for kind in KINDS for path in paths[kind]] + DOCUMENTS:
        said = {quad.triple for quad in guide.document(guide.base + path)}
        in_quads = format in DATASET_FORMATS
        expected = list(everywhere(guide, said)) if in_quads else in_one_graph(said)
        served = parse(client.get(f"/{path}.{format.suffix}").data, format=rdf(format))
        count += 1
        if canonical(served) != canonical(expected):
            differ.append(path)
    print(f"{count} documents in {format.label}")
    assert differ == []


def rdf(format: Format) -> RdfFormat:
    assert format.rdf is not None
    return format.rdf


def test_a_document_has_whatever_the_store_says_of_its_thing(guide: Dataset, paths: Paths) -> None:
    missing = []
    for path in (path for kind in terms.THING_KINDS for path in paths[kind]):
        node = guide.iri(path)
        document = {quad.triple for quad in guide.document(node.value)}
        about = {q.triple for q in guide.store.quads_for_pattern(node, None, None, None)}
        about |= {q.triple for q in guide.store.quads_for_pattern(None, None, node, None)}
        missing += [(path, str(triple)) for triple in about - document]
        assert all(any(True for _ in everywhere(guide, [t])) for t in document), path
    assert missing == []


# Pages


def article(client: FlaskClient, path: str) -> Element:
    [found] = read(client.get(f"/{path}.html").text).all("article")
    return found


def iri_of(link: Element) -> str:
    """The IRI that a link stands for: on our pages, a path is the name below the base."""
    href = link["href"]
    return terms.BASE + unquote(href[1:]) if href.startswith("/") else href


def linked(element: Element) -> set[str]:
    return {iri_of(link) for link in element.all("a")}


def iris(guide: Dataset, path: str, *properties: str) -> set[str]:
    node = guide.iri(path)
    return {
        o.value
        for p in properties
        for o in guide.values(node, NamedNode(p))
        if isinstance(o, NamedNode)
    }


def expand(guide: Dataset, compact: str) -> str:
    prefix, _, local = compact.partition(":")
    return compact[1:-1] if compact.startswith("<") else guide.prefixes[prefix] + local


def marked(guide: Dataset, page: Element) -> set[tuple[str, str, str]]:
    """The affirmed statements between named things that a page marks in its markup."""
    found = set()
    for element in page.all(data_polarity="affirmed"):
        parts = element["data-statement"].split(" ", 2)
        if len(parts) == 3 and not parts[2].startswith('"'):
            subject, predicate, object = (expand(guide, part) for part in parts)
            found.add((subject, predicate, object))
    return found


class Entailment:
    """What a statement says besides itself, read from the ontology: what pages fold into one."""

    def __init__(self, guide: Dataset) -> None:
        self.also: dict[str, set[tuple[str, bool]]] = defaultdict(set)
        """Property -> properties that hold with it, and whether the other way round."""
        ontology = guide.graph_quads(guide.graph("ontology"))
        for s, p, o in (quad.triple for quad in ontology):
            if isinstance(s, NamedNode) and isinstance(o, NamedNode):
                if p.value == OWL + "inverseOf":
                    self.also[s.value].add((o.value, True))
                    self.also[o.value].add((s.value, True))
                elif p.value == RDFS + "subPropertyOf":
                    self.also[s.value].add((o.value, False))
                elif o.value == OWL + "SymmetricProperty":
                    self.also[s.value].add((s.value, True))

    def of(self, statements: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        found, waiting = set(statements), list(statements)
        for s, p, o in waiting:
            for other, turned in self.also[p]:
                new = (o, other, s) if turned else (s, other, o)
                if new not in found:
                    found.add(new)
                    waiting.append(new)
        return found


OF_CLAIMS = {terms.CALC + local for local in ("subject", "object", "under", "especially")}
ASIDE = {terms.RDF_TYPE.value, RDFS + "isDefinedBy"}
FROM_ELSEWHERE = {"claims", "dataset", "ontology"}
"""Graphs whose links to an entity say nothing of it: parts of claims, sources, examples."""


def relations(guide: Dataset, path: str) -> Iterator[tuple[str, str, str]]:
    """What the named graphs say between an entity and other named things."""
    node = guide.iri(path)
    left_out = {guide.graph(name) for name in FROM_ELSEWHERE}
    quads = [*guide.store.quads_for_pattern(node, None, None, None)]
    quads += [
        quad
        for quad in guide.store.quads_for_pattern(None, None, node, None)
        if quad.graph_name not in left_out and isinstance(quad.subject, NamedNode)
    ]
    for quad in quads:
        ends = quad.subject, quad.object
        if quad.graph_name != DEFAULT_GRAPH and quad.predicate.value not in OF_CLAIMS | ASIDE:
            subject, object = ends
            if isinstance(subject, NamedNode) and isinstance(object, NamedNode):
                yield subject.value, quad.predicate.value, object.value


def test_an_entity_page_shows_the_relations_claims_and_words_of_the_store(
    client: FlaskClient, guide: Dataset, paths: Paths
) -> None:
    entailment = Entailment(guide)
    for path in paths["id"]:
        page = article(client, path)
        shown = marked(guide, page)
        stored = set(relations(guide, path))
        everything = entailment.of(shown)
        assert stored <= everything, (path, stored - everything)
        for s, p, o in shown:
            assert Quad(NamedNode(s), NamedNode(p), NamedNode(o)) in guide.store, (path, s, p, o)
        node = guide.iri(path)
        claims = {
            claim.value
            for link in OF_CLAIMS
            for claim in guide.subjects(NamedNode(link), node)
            if isinstance(claim, NamedNode)
        }
        assert {expand(guide, e["data-claim"]) for e in page.having("data-claim")} == claims, path
        for word in (w for p in WORDS for w in guide.values(node, NamedNode(p))):
            assert " ".join(guide.label(word).split()) in page.text, (path, word)


ROWS = {
    "Polarity": "polarity",
    "Certainty": "certainty",
    "Frequency": "frequency",
    "Importance": "importance",
    "Required circumstance": "under",
    "Above all": "especially",
}
"""Row of a claim's page -> the property whose values it links to."""


def test_a_claim_page_shows_the_parts_of_the_claim(
    client: FlaskClient, guide: Dataset, paths: Paths
) -> None:
    for path in paths["claim"]:
        page = article(client, path)
        node = guide.iri(path)
        [proposition] = page.all("p", **{"class": "proposition"})
        ends = [iri_of(link) for link in proposition.all("a")]
        parts = [iris(guide, path, terms.CALC + p) for p in ("subject", "predicate", "object")]
        assert [{end} for end in ends] == parts, path
        rows = {r.all("dt")[0].text: r.all("dd")[0] for r in page.all("div") if r.all("dt")}
        for row, local in ROWS.items():
            shown = linked(rows[row]) if row in rows else set()
            assert shown == iris(guide, path, terms.CALC + local), (path, row)
        hedge = {guide.label(o) for o in guide.values(node, NamedNode(terms.CALC + "hedgeWord"))}
        row_of_words = rows.get("The guide’s word")
        assert ({row_of_words.text.strip("“”")} if row_of_words else set()) == hedge, path
        [source] = page.all("section", aria_labelledby="source")
        origin = iris(guide, path, terms.CALC + "statedIn", terms.PROV + "wasGeneratedBy")
        assert linked(source) == origin, path
        [gloss] = guide.values(node, NamedNode(SKOS + "definition"))
        assert page.all("h1")[0].text == guide.label(gloss), path


def test_a_passage_page_shows_its_place_and_its_claims(
    client: FlaskClient, guide: Dataset, paths: Paths
) -> None:
    for path in paths["passage"]:
        page = article(client, path)
        node = guide.iri(path)
        shown = {expand(guide, e["data-claim"]) for e in page.having("data-claim")}
        stated = guide.subjects(NamedNode(terms.CALC + "statedIn"), node)
        assert shown == {claim.value for claim in stated}, path
        [selector] = guide.values(node, NamedNode(terms.OA + "hasSelector"))
        assert isinstance(selector, BlankNode)
        place = [
            guide.label(value)
            for local in ("start", "end")
            for value in guide.values(selector, NamedNode(terms.OA + local))
        ]
        found = re.search(r"from character (\d+) up to (\d+)", page.text)
        assert found is not None
        assert [*found.groups()] == place, path
        for local in ("sha256", "kind"):
            [value] = guide.values(node, NamedNode(terms.CALC + local))
            assert guide.label(value) in page.text, path
        sections = guide.subjects(NamedNode(terms.DCT + "hasPart"), node)
        assert {section.value for section in sections} <= linked(page), path


def test_a_question_page_shows_its_answer_and_the_claims_behind_it(
    client: FlaskClient, guide: Dataset, paths: Paths
) -> None:
    for path in paths["question"]:
        page = article(client, path)
        shown = {expand(guide, e["data-claim"]) for e in page.having("data-claim")}
        assert shown == iris(guide, path, terms.CALC + "answeredBy"), path
        [answer] = guide.values(guide.iri(path), NamedNode(terms.CALC + "shortAnswer"))
        assert guide.label(answer) in page.text, path


def test_a_section_page_shows_its_passages_in_their_order_and_their_claims(
    client: FlaskClient, guide: Dataset, paths: Paths
) -> None:
    stated_in, starts = NamedNode(terms.CALC + "statedIn"), guide.prefixes["passage"]
    for path in paths["section"]:
        page = article(client, path)
        parts = iris(guide, path, terms.DCT + "hasPart")
        places = [iri for a in page.all("a") if (iri := iri_of(a)).startswith(starts)]
        assert sorted(places) == sorted(parts), path
        told = [place for place in places if any(guide.subjects(stated_in, NamedNode(place)))]
        shown = [expand(guide, e["data-claim"]) for e in page.having("data-claim")]
        order = [
            {claim.value for claim in guide.subjects(stated_in, NamedNode(place))} for place in told
        ]
        ordinals = [guide.value(NamedNode(p), NamedNode(terms.CALC + "ordinal")) for p in told]
        numbers = [int(o.value) for o in ordinals if isinstance(o, Literal)]
        assert numbers == sorted(numbers), path
        for expected in order:
            assert {shown.pop(0) for _ in expected} == expected, path
        assert shown == [], path


PLAIN = ("collection", "activity", "vocabulary")


def lines(page: Element, section: str) -> set[tuple[str, str, frozenset[str]]]:
    """(property, other end, graphs) of each row of a plain page, but for unnamed nodes."""
    found = set()
    for table in page.all("section", aria_labelledby=section):
        for row in table.all("tbody")[0].all("tr"):
            [predicate] = linked(row.all("th")[0])
            value, graphs = row.all("td")
            if not value.all("ul"):
                links = value.all("a")
                other = iri_of(links[0]) if links else value.all("span")[0].text
                found.add((predicate, other, frozenset(linked(graphs))))
    return found


def stored_lines(guide: Dataset, path: str, incoming: bool) -> set[tuple[str, str, frozenset[str]]]:
    node = guide.iri(path)
    subject, object = (None, node) if incoming else (node, None)
    graphs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for quad in guide.store.quads_for_pattern(subject, None, object, None):
        other = quad.subject if incoming else quad.object
        if isinstance(other, NamedNode | Literal):
            value = " ".join(other.value.split()) if isinstance(other, Literal) else other.value
            found = graphs[quad.predicate.value, value]
            if isinstance(quad.graph_name, NamedNode):
                found.add(quad.graph_name.value)
    return {(predicate, value, frozenset(names)) for (predicate, value), names in graphs.items()}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_page_shows_each_statement_with_its_graph(
    client: FlaskClient, guide: Dataset, paths: Paths, kind: str
) -> None:
    for path in paths[kind]:
        page = article(client, path)
        assert lines(page, "outgoing") == stored_lines(guide, path, incoming=False), path
        assert lines(page, "incoming") == stored_lines(guide, path, incoming=True), path


def test_a_graph_page_lists_whatever_the_graph_states_something_of(
    client: FlaskClient, guide: Dataset, paths: Paths
) -> None:
    for path in paths["graph"]:
        page = article(client, path)
        listed = {expand(guide, code.text) for code in page.all("code")}
        subjects = {quad.subject for quad in guide.graph_quads(guide.iri(path))}
        assert listed == {s.value for s in subjects if isinstance(s, NamedNode)}, path
