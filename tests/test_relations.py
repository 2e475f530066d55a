"""The relations that the shapes list: each takes a value of its own class, and no other."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import pytest
from pyoxigraph import NamedNode, Quad, QuerySolutions, RdfFormat, Store

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.files import Root, published
from calcguide.shacl import run_shapes
from tests.conftest import Ask

STRANGERS = ("Goal", "Outcome")
"""Classes whose members stand in for a wrong value: the first that is not the wanted one."""


class Relation(NamedTuple):
    """A relation as a shape says it."""

    name: str
    subject: str
    """Class that the listing shape targets."""
    property: str
    inverse: bool
    wanted: str
    """Class of the values."""


def _relations() -> Iterator[Relation]:
    shapes = Store()
    for path in Root(published()).glob("shapes/*.ttl"):
        shapes.load(path=str(path), format=RdfFormat.TURTLE)
    found = shapes.query(
        f"""PREFIX sh: <{terms.SH}>
        SELECT ?shape (SAMPLE(?class) AS ?subject) ?property ?inverse ?wanted WHERE {{
          ?shape sh:group ?group ; sh:class ?wanted ; sh:path ?path .
          ?listing sh:property ?shape ; sh:targetClass ?class .
          OPTIONAL {{ ?path sh:inversePath ?inverted }}
          BIND(COALESCE(?inverted, ?path) AS ?property) BIND(BOUND(?inverted) AS ?inverse)
        }} GROUP BY ?shape ?property ?inverse ?wanted ORDER BY ?shape"""
    )
    for row in cast(QuerySolutions, found):
        name, subject, property, inverse, wanted = (term.value for term in row)
        yield Relation(name, subject, property, inverse == "true", wanted)


RELATIONS = [*_relations()]
NAMES = [relation.name.split("#")[1] for relation in RELATIONS]


@pytest.fixture(scope="module")
def found(guide: Dataset) -> set[tuple[str, str]]:
    """Focus node and shape of each result, for a right and a wrong value of each relation."""
    little = Dataset(Store(), guide.base)
    for name in ("ontology", "shapes"):
        little.store.extend(guide.graph_quads(guide.graph(name)))
    graph = little.graph("posted")
    for number, relation in enumerate(RELATIONS):
        for kind, value_class in (("right", relation.wanted), ("wrong", _stranger(relation))):
            thing = little.iri(f"id/{kind}-{number}")
            value = little.iri(f"id/value-{kind}-{number}")
            ends = (value, thing) if relation.inverse else (thing, value)
            for node, of in ((thing, relation.subject), (value, value_class)):
                little.store.add(Quad(node, terms.RDF_TYPE, NamedNode(of), graph))
            little.store.add(Quad(ends[0], NamedNode(relation.property), ends[1], graph))
    return {
        (result.focus.value, result.shape)
        for result in run_shapes(little)
        if isinstance(result.focus, NamedNode)
    }


def _stranger(relation: Relation) -> str:
    if relation.wanted == terms.CALC + "Entity":
        return terms.CALC + "Passage"
    return next(terms.CALC + name for name in STRANGERS if terms.CALC + name != relation.wanted)


@pytest.mark.parametrize(
    "number", range(len(RELATIONS)), ids=[r.name.split("#")[1] for r in RELATIONS]
)
def test_a_relation_takes_a_value_of_its_class_and_catches_another(
    guide: Dataset, found: set[tuple[str, str]], number: int
) -> None:
    name = RELATIONS[number].name
    assert (guide.base + f"id/wrong-{number}", name) in found
    assert (guide.base + f"id/right-{number}", name) not in found


def test_every_relation_has_a_class_of_values(ask: Ask) -> None:
    listed = ask("SELECT ?s { GRAPH graph:shapes { ?s sh:group ?group } }")
    assert {name.removeprefix("shape:") for (name,) in listed} == {*NAMES}


def test_what_follows_from_the_claims_conforms_to_the_relations(guide: Dataset) -> None:
    derived = Dataset(Store(), guide.base)
    derived.store.extend(guide.graph_quads(guide.graph("shapes")))
    graph = derived.graph("all")
    for quad in guide.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH):
        derived.store.add(Quad(quad.subject, quad.predicate, quad.object, graph))
    names = {relation.name for relation in RELATIONS}
    assert not [result for result in run_shapes(derived) if result.shape in names]
