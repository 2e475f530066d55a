"""Operators that go through each property of each class: its value is missing, doubled, spoilt."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from calcguide import terms
from tests.mutation.mutants import (
    STRUCTURE,
    XSD_STRING,
    Change,
    World,
    text,
    with_predicate,
    with_value,
)

Pair = tuple[str, str]
LEFT_OUT = (terms.OWL + "Ontology", terms.OWL + "AllDisjointClasses", terms.SSSOM, terms.VOID)
"""Begin the names of classes whose blocks describe files; what publishes them tests these."""


def _pairs(world: World) -> dict[Pair, list[Quad]]:
    """Class and property -> the statements that use them; matches are made of mapping sets."""
    found: dict[Pair, list[Quad]] = defaultdict(list)
    alignments = world.dataset.graph("alignments")
    for quad in world.quads:
        kind = world.kind(quad.subject)
        if kind is None or quad.graph_name == alignments or kind.value.startswith(LEFT_OUT):
            continue
        if quad.predicate.value in STRUCTURE and quad.graph_name == world.dataset.graph("ontology"):
            continue  # tells on everything: operators of their own do that
        found[_sort(world, quad), world.name(quad.predicate)].append(quad)
    return found


def _sort(world: World, quad: Quad) -> str:
    """The class of a statement's subject; those of entities and those of terms count as one."""
    name = world.name(quad.subject)
    if name.startswith("id:"):
        return "calc:Guide" if name == "id:guide" else "calc:Entity"
    if quad.graph_name == world.dataset.graph("ontology"):
        return "rdfs:Resource"
    return world.name(world.kind(quad.subject) or quad.subject)


def _each(world: World) -> Iterator[tuple[str, Quad]]:
    for (kind, predicate), quads in _pairs(world).items():
        for quad in quads:
            yield f"{predicate} of {kind}, {world.name(quad.subject)}", quad


def drop(world: World) -> Iterator[Change]:
    """A statement is missing."""
    for about, quad in _each(world):
        yield about, [quad], []


def second_value(world: World) -> Iterator[Change]:
    """A thing gets, beside its own, the value of another thing of its class."""
    for (kind, predicate), quads in _pairs(world).items():
        for quad, other in pairwise([*quads, *quads[:1]]):
            if quad.object != other.object and not isinstance(other.object, BlankNode):
                about = f"{predicate} of {kind}, {world.name(quad.subject)}"
                yield about, [], [with_value(quad, other.object)]


def value_of_another_kind(world: World) -> Iterator[Change]:
    """A name stands where a text belongs, or a text where a name belongs."""
    places = world.members("Passage")
    for number, (about, quad) in enumerate(_each(world)):
        named = isinstance(quad.object, NamedNode)
        value = text("word", None) if named else places[number % len(places)]
        yield about, [quad], [with_value(quad, value)]


def dangling_name(world: World) -> Iterator[Change]:
    """A name of ours is misspelt, so that it leads nowhere."""
    for about, quad in _each(world):
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(world.dataset.base):
            gone = NamedNode(quad.object.value.removesuffix("e") + "x")
            yield about, [quad], [with_value(quad, gone)]


def value_of_another_class(world: World) -> Iterator[Change]:
    """A name leads to a thing of a class that does not belong there."""
    strangers = [world.dataset.iri(p) for p in ("question/a1", "passage/intro/p1s1", "id/fruit")]
    strangers += [NamedNode(terms.CALC + n) for n in ("often", "possible", "affirmed")]
    known = [s for s in strangers if world.of(s)]
    for number, (about, quad) in enumerate(_each(world)):
        stranger = known[number % len(known)]
        if (
            isinstance(quad.object, NamedNode)
            and quad.predicate != terms.RDF_TYPE
            and world.kind(quad.object) not in (None, world.kind(stranger))
        ):
            yield about, [quad], [with_value(quad, stranger)]


def no_language(world: World) -> Iterator[Change]:
    """A text has lost its language tag."""
    for about, quad in _each(world):
        if isinstance(quad.object, Literal) and quad.object.language:
            yield about, [quad], [with_value(quad, text(quad.object.value, None))]


def wrong_language(world: World) -> Iterator[Change]:
    """An English text is tagged as German."""
    for about, quad in _each(world):
        if isinstance(quad.object, Literal) and quad.object.language:
            yield about, [quad], [with_value(quad, text(quad.object.value, "de"))]


def stray_space(world: World) -> Iterator[Change]:
    """A text has a space at its end or two in a row."""
    for number, (about, quad) in enumerate(_each(world)):
        if isinstance(quad.object, Literal) and quad.object.language:
            value = quad.object.value
            spoilt = value + " " if number % 2 else value.replace(" ", "  ", 1)
            if spoilt != value:
                yield about, [quad], [with_value(quad, text(spoilt))]


def empty_text(world: World) -> Iterator[Change]:
    """A text is empty."""
    for about, quad in _each(world):
        if isinstance(quad.object, Literal):
            language = quad.object.language
            yield about, [quad], [with_value(quad, text("", language))]


def number_as_text(world: World) -> Iterator[Change]:
    """A number, or another typed value, has become a plain text."""
    for about, quad in _each(world):
        value = quad.object
        if isinstance(value, Literal) and not value.language:
            if value.datatype.value == XSD_STRING:
                yield about, [quad], [with_value(quad, text(value.value))]
            else:
                yield about, [quad], [with_value(quad, text(value.value, None))]


def misspelt_property(world: World) -> Iterator[Change]:
    """The name of a property lacks its last letter."""
    for about, quad in _each(world):
        if quad.predicate != terms.RDF_TYPE:
            short = NamedNode(quad.predicate.value[:-1])
            yield about, [quad], [with_predicate(quad, short)]


OPERATORS = {
    drop: 2,
    second_value: 1,
    value_of_another_kind: 1,
    dangling_name: 1,
    value_of_another_class: 1,
    no_language: 1,
    wrong_language: 1,
    stray_space: 1,
    empty_text: 1,
    number_as_text: 1,
    misspelt_property: 1,
}
"""Operator -> how many mutants it makes for each property of each class."""

FOR_SINGLES = (drop, value_of_another_kind)
"""What is done to the one guide: mutants of one thing cannot be judged together."""
