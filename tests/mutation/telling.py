"""Operators that make mistakes as people do: a claim is turned, moved, doubled, misjudged."""

from collections.abc import Iterator
from itertools import pairwise

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from calcguide import terms
from calcguide.dataset import Term
from tests.mutation.mutants import (
    Change,
    World,
    calc,
    in_graph,
    skos,
    text,
    with_predicate,
    with_subject,
    with_value,
)

SUBJECT, PREDICATE, OBJECT = calc("subject"), calc("predicate"), calc("object")
POLARITY, CERTAINTY, FREQUENCY = calc("polarity"), calc("certainty"), calc("frequency")
UNDER, ESPECIALLY, HEDGE = calc("under"), calc("especially"), calc("hedgeWord")
STATED_IN, RANK, REASON = calc("statedIn"), calc("rank"), NamedNode(terms.OWL + "annotatedSource")
HAS_PART = NamedNode(terms.DCT + "hasPart")
START, END = NamedNode(terms.OA + "start"), NamedNode(terms.OA + "end")
SELECTOR, SHA = NamedNode(terms.OA + "hasSelector"), calc("sha256")
BROADER, LABEL = skos("broader"), skos("prefLabel")
DEPRECATED, REPLACED = (
    NamedNode(terms.OWL + "deprecated"),
    NamedNode(terms.DCT + "isReplacedBy"),
)


def _first(world: World, node: NamedNode, predicate: NamedNode) -> Quad:
    return world.of(node, predicate)[0]


def _number(value: int) -> Literal:
    return Literal(value)


def _reworded(world: World, claim: NamedNode, new: dict[NamedNode, Term]) -> Literal:
    """The label that a claim has to have when some of its parts are others."""
    subject, predicate, object = (
        world.value(new.get(end) or world.one(claim, end), label)
        for end, label in ((SUBJECT, LABEL), (PREDICATE, terms.RDFS_LABEL), (OBJECT, LABEL))
    )
    link = "is a kind of" if (new.get(PREDICATE) or world.one(claim, PREDICATE)) == BROADER else ""
    words = [getattr(part, "value", "") for part in (subject, predicate, object)]
    return text(f"{words[0]}, {link or words[1]}: {words[2]}")


def _recoded(world: World, claim: NamedNode, new: dict[NamedNode, Term]) -> Change:
    """A claim with some parts changed, and its label with them."""
    label = _first(world, claim, LABEL)
    number = claim.value.rsplit("/", 1)[1]
    reworded = text(f"{number}: {_reworded(world, claim, new).value}")
    removed = [quad for end in new for quad in world.of(claim, end)]
    added = [with_value(quad, new[quad.predicate]) for quad in removed]
    about = f"{world.name(claim)} {' '.join(world.name(value) for value in new.values())}"
    return about, [*removed, label], [*added, with_value(label, reworded)]


# Claims: what is said


def subject_and_object_exchanged(world: World) -> Iterator[Change]:
    """A claim says the converse, and its label with it."""
    for claim in world.claims:
        new = {SUBJECT: world.one(claim, OBJECT), OBJECT: world.one(claim, SUBJECT)}
        yield _recoded(world, claim, new)


def exchanged_but_for_the_label(world: World) -> Iterator[Change]:
    """A claim says the converse of its label."""
    for about, removed, added in subject_and_object_exchanged(world):
        unnamed = [[q for q in quads if q.predicate != LABEL] for quads in (removed, added)]
        yield about, unnamed[0], unnamed[1]


def another_end_of_the_same_class(world: World) -> Iterator[Change]:
    """A claim names the wrong thing of the right class, and its label with it."""
    for claim in world.claims:
        for end in (SUBJECT, OBJECT):
            quad = _first(world, claim, end)
            kind = world.kind(quad.object)
            others = [e for e in world.by_class.get(kind, []) if e != quad.object] if kind else []
            if others:
                other = others[len(world.name(claim) + str(end)) * 7 % len(others)]
                yield _recoded(world, claim, {end: other})


def another_predicate(world: World) -> Iterator[Change]:
    """A claim uses a property that links other classes."""
    yield from _other_predicates(world, same_ends=False)


def another_predicate_between_the_same_classes(world: World) -> Iterator[Change]:
    """A claim uses a property that links the same classes."""
    yield from _other_predicates(world, same_ends=True)


def _other_predicates(world: World, *, same_ends: bool) -> Iterator[Change]:
    domain, range_ = (NamedNode(terms.RDFS + name) for name in ("domain", "range"))
    used = sorted({world.one(c, PREDICATE) for c in world.claims}, key=str)
    ends = {p: (world.value(p, domain), world.value(p, range_)) for p in used}
    for number, claim in enumerate(world.claims):
        quad = _first(world, claim, PREDICATE)
        mine = ends[quad.object]
        others = [p for p in used if p != quad.object and (ends[p] == mine) == same_ends]
        if others:
            other = others[number % len(others)]
            yield _recoded(world, claim, {PREDICATE: other})


def another_polarity(world: World) -> Iterator[Change]:
    """Affirmed becomes denied or unproven, denied becomes unproven, and so on."""
    values = ("affirmed", "denied", "unproven")
    for claim in world.claims:
        quad = _first(world, claim, POLARITY)
        for value in values:
            if quad.object != calc(value):
                about = f"{world.name(claim)} {world.name(quad.object)} to {value}"
                yield about, [quad], [with_value(quad, calc(value))]


def unproven_for_denied(world: World) -> Iterator[Change]:
    """Not shown becomes not so, and the other way round."""
    for about, removed, added in another_polarity(world):
        if "affirmed" not in about:
            yield about, removed, added


def another_certainty(world: World) -> Iterator[Change]:
    """A stated claim becomes possible, a possible one stated or likely; the word stays."""
    for claim in world.claims:
        quad = _first(world, claim, CERTAINTY)
        for value in ("stated", "possible", "likely"):
            if quad.object != calc(value):
                about = f"{world.name(claim)} {world.name(quad.object)} to {value}"
                yield about, [quad], [with_value(quad, calc(value))]


def hedge_taken_out(world: World) -> Iterator[Change]:
    """A hedged claim becomes a stated one, and its word goes, too."""
    for claim in world.claims:
        quad = _first(world, claim, CERTAINTY)
        if quad.object != calc("stated"):
            removed = [quad, *world.of(claim, HEDGE)]
            yield world.name(claim), removed, [with_value(quad, calc("stated"))]


def hedge_put_in(world: World) -> Iterator[Change]:
    """A stated claim becomes a possible one, with a word that the passage does not have."""
    for claim in world.claims:
        quad = _first(world, claim, CERTAINTY)
        if quad.object == calc("stated") and not world.of(claim, HEDGE):
            word = Quad(claim, HEDGE, text("perhaps", None), quad.graph_name)
            yield world.name(claim), [quad], [with_value(quad, calc("possible")), word]


def another_hedging_word(world: World) -> Iterator[Change]:
    """A claim keeps the hedging word of another one."""
    quads = [q for claim in world.claims for q in world.of(claim, HEDGE)]
    for quad, other in pairwise([*quads, *quads[:1]]):
        if quad.object != other.object:
            yield world.name(quad.subject), [quad], [with_value(quad, other.object)]


def another_frequency(world: World) -> Iterator[Change]:
    """Often becomes always, and so on."""
    values = [calc(n) for n in ("always", "generally", "often", "many", "sometimes")]
    for number, claim in enumerate(world.claims):
        for quad in world.of(claim, FREQUENCY):
            value = values[number % len(values)]
            if value != quad.object:
                yield world.name(claim), [quad], [with_value(quad, value)]


def a_frequency_without_its_word(world: World) -> Iterator[Change]:
    """A claim gets a frequency, though no word of the passage says so."""
    for claim in world.claims:
        if not world.of(claim, FREQUENCY) and not world.of(claim, HEDGE):
            graph = world.graph_of(claim)
            yield world.name(claim), [], [Quad(claim, FREQUENCY, calc("often"), graph)]


def condition_and_emphasis_exchanged(world: World) -> Iterator[Change]:
    """Under becomes especially, or especially becomes under."""
    for claim in world.claims:
        for one, other in ((UNDER, ESPECIALLY), (ESPECIALLY, UNDER)):
            for quad in world.of(claim, one):
                yield (
                    f"{world.name(claim)} {world.name(other)}",
                    [quad],
                    [with_predicate(quad, other)],
                )


def another_circumstance(world: World) -> Iterator[Change]:
    """A claim holds under a circumstance of another claim."""
    quads = [q for claim in world.claims for q in world.of(claim, UNDER)]
    for quad, other in pairwise([*quads, *quads[:1]]):
        if quad.object != other.object:
            yield world.name(quad.subject), [quad], [with_value(quad, other.object)]


def circumstance_that_is_a_condition(world: World) -> Iterator[Change]:
    """A disease stands where a circumstance belongs."""
    disease = world.members("Condition")[0]
    for claim in world.claims:
        for quad in [*world.of(claim, UNDER), *world.of(claim, ESPECIALLY)]:
            yield world.name(claim), [quad], [with_value(quad, disease)]


# Claims: how often and where


def moved_within_its_section(world: World) -> Iterator[Change]:
    """A claim rests on a neighbour of its passage."""
    yield from _moved(world, within=True)


def moved_to_another_section(world: World) -> Iterator[Change]:
    """A claim rests on a passage of another section."""
    yield from _moved(world, within=False)


def _moved(world: World, *, within: bool) -> Iterator[Change]:
    passages = [
        p for p in world.members("Passage") if any(q.predicate == STATED_IN for q in world.to(p))
    ]
    for number, claim in enumerate(world.claims):
        quad = _first(world, claim, STATED_IN)
        section = quad.object.value.rsplit("/", 1)[0]  # type: ignore[union-attr]
        others = [
            p
            for p in passages
            if (p.value.rsplit("/", 1)[0] == section) == within and p != quad.object
        ]
        if others:
            other = others[number * 5 % len(others)]
            yield f"{world.name(claim)} to {world.name(other)}", [quad], [with_value(quad, other)]


def _copy(
    world: World, claim: NamedNode, number: int, new: dict[NamedNode, Term] | None = None
) -> list[Quad]:
    """A claim under another number, some parts changed, with a label that says so."""
    copy = world.dataset.iri(f"claim/c{number}")
    parts = {LABEL: text(f"c{number}: {_reworded(world, claim, new or {}).value}"), **(new or {})}
    quads = [with_subject(quad, copy) for quad in world.of(claim)]
    return [with_value(quad, parts.get(quad.predicate, quad.object)) for quad in quads]


def coded_twice(world: World) -> Iterator[Change]:
    """A claim stands there again under another number."""
    for number, claim in enumerate(world.claims):
        yield world.name(claim), [], _copy(world, claim, 9000 + number)


def coded_twice_with_another_polarity(world: World) -> Iterator[Change]:
    """A passage affirms and denies the same."""
    for number, claim in enumerate(world.claims):
        affirmed = world.one(claim, POLARITY) == calc("affirmed")
        value = calc("denied" if affirmed else "affirmed")
        yield world.name(claim), [], _copy(world, claim, 8000 + number, {POLARITY: value})


def denied_elsewhere(world: World) -> Iterator[Change]:
    """Another passage plainly denies what one plainly affirms."""
    plain = [
        c
        for c in world.claims
        if not any(world.of(c, p) for p in (FREQUENCY, UNDER, HEDGE))
        and world.one(c, POLARITY) == calc("affirmed")
    ]
    for number, (claim, other) in enumerate(pairwise(plain)):
        passage = world.one(other, STATED_IN)
        if passage != world.one(claim, STATED_IN):
            new = {POLARITY: calc("denied"), STATED_IN: passage}
            yield world.name(claim), [], _copy(world, claim, 7000 + number, new)


def gloss_of_another_claim(world: World) -> Iterator[Change]:
    """A gloss was pasted into the wrong claim."""
    for claim, other in pairwise(world.claims):
        quad = _first(world, claim, skos("definition"))
        gloss = world.one(other, skos("definition"))
        if quad.object != gloss:
            yield world.name(claim), [quad], [with_value(quad, gloss)]


def label_of_another_claim(world: World) -> Iterator[Change]:
    """A label was pasted into the wrong claim."""
    for claim, other in pairwise(world.claims):
        quad = _first(world, claim, LABEL)
        yield world.name(claim), [quad], [with_value(quad, world.one(other, LABEL))]


def claim_named_otherwise(world: World) -> Iterator[Change]:
    """A claim has a name that is not a number, or one of two digits."""
    for claim in world.claims:
        other = world.dataset.iri(
            f"claim/{'x' if claim.value[-1] in '02468' else 'c'}{claim.value[-2:]}"
        )
        quads = world.of(claim)
        yield world.name(claim), quads, [with_subject(q, other) for q in quads]


def second_grade(world: World) -> Iterator[Change]:
    """A kind gets a second grade of resolution, from another passage."""
    graded = [c for c in world.claims if world.one(c, PREDICATE) == calc("resolutionPotential")]
    levels = world.members("ResolutionLevel")
    for number, (claim, other) in enumerate(pairwise([*graded, graded[0]])):
        mine = world.one(claim, OBJECT)
        level = next(x for x in levels if x != mine)
        new = {OBJECT: level, STATED_IN: world.one(other, STATED_IN)}
        yield world.name(claim), [], _copy(world, claim, 6000 + number, new)


# Entities


def rank_out_of_order(world: World) -> Iterator[Change]:
    """Possible gets a rank; two levels share one; a rank is no whole number."""
    levels = world.members("ResolutionLevel")
    ranks = {level: world.of(level, RANK) for level in levels}
    for level, found in ranks.items():
        name = world.name(level)
        if not found:
            for rank in (_number(4), _number(1), text("none", None)):
                yield f"{name} {rank}", [], [Quad(level, RANK, rank, world.graph_of(level))]
        for quad in found:
            for value in (_number(3), _number(1), Literal(1.5), text("high", None)):
                if value != quad.object:
                    yield f"{name} {value}", [quad], [with_value(quad, value)]
            yield f"{name} two ranks", [], [with_value(quad, _number(7))]


def another_class(world: World) -> Iterator[Change]:
    """An entity belongs to a class that its claims do not allow."""
    kinds = [k for k in world.by_class if k != calc("Guide")]
    for number, entity in enumerate(world.entities):
        quad = _first(world, entity, terms.RDF_TYPE)
        others = [k for k in kinds if k != quad.object]
        other = others[number % len(others)]
        yield f"{world.name(entity)} {world.name(other)}", [quad], [with_value(quad, other)]


def wider_class(world: World) -> Iterator[Change]:
    """An entity belongs to the class above its own only, or to a role."""
    for entity in world.entities:
        quad = _first(world, entity, terms.RDF_TYPE)
        for above in world.of(quad.object, NamedNode(terms.RDFS + "subClassOf")):
            if isinstance(above.object, NamedNode):
                yield (
                    f"{world.name(entity)} {world.name(above.object)}",
                    [quad],
                    [with_value(quad, above.object)],
                )


def role_as_class(world: World) -> Iterator[Change]:
    """A role that follows from claims is written by hand."""
    for entity in world.entities:
        quad = _first(world, entity, terms.RDF_TYPE)
        for role in ("Cause", "Treatment"):
            yield f"{world.name(entity)} {role}", [], [with_value(quad, calc(role))]


def label_of_another_entity(world: World) -> Iterator[Change]:
    """Two entities of a class have the same label."""
    for entities in world.by_class.values():
        for entity, other in pairwise(entities):
            quad = _first(world, entity, LABEL)
            yield world.name(entity), [quad], [with_value(quad, world.one(other, LABEL))]


def repeated_words(world: World) -> Iterator[Change]:
    """The definition, or another name, repeats the label; a definition is a word."""
    for entity in world.entities:
        label = world.one(entity, LABEL)
        definition = _first(world, entity, skos("definition"))
        name = world.name(entity)
        yield f"{name} definition", [definition], [with_value(definition, label)]
        yield f"{name} short", [definition], [with_value(definition, text("A thing."))]
        other = Quad(entity, skos("altLabel"), label, definition.graph_name)
        yield f"{name} other name", [], [other]


def entity_named_otherwise(world: World) -> Iterator[Change]:
    """A slug has capitals, spaces as underscores or a double hyphen, wherever it is mentioned."""
    for entity in world.entities:
        slug = entity.value.rsplit("/", 1)[1]
        other = world.dataset.iri("id/" + (slug.replace("-", "_") if "-" in slug else slug.title()))
        removed = [*world.of(entity), *world.to(entity)]
        yield (
            world.name(other),
            removed,
            [
                with_subject(q, other) if q.subject == entity else with_value(q, other)
                for q in removed
            ],
        )


def out_of_use(world: World) -> Iterator[Change]:
    """An entity that claims mention is out of use, with or without a successor."""
    for entity, other in pairwise(world.entities):
        graph = world.graph_of(entity)
        flag = Quad(entity, DEPRECATED, Literal(True), graph)
        yield f"{world.name(entity)} without successor", [], [flag]
        yield (
            f"{world.name(entity)} with successor",
            [],
            [flag, Quad(entity, REPLACED, other, graph)],
        )


# What the editors add


def _background(
    world: World, subject: NamedNode, predicate: NamedNode, object: NamedNode
) -> list[Quad]:
    """A background statement with its reason."""
    graph = world.dataset.graph("background")
    reason = BlankNode(f"reason-{world.name(subject)}-{world.name(object)}".replace(":", "-"))
    axiom: dict[NamedNode, Term] = {
        terms.RDF_TYPE: NamedNode(terms.OWL + "Axiom"),
        REASON: subject,
        NamedNode(terms.OWL + "annotatedProperty"): predicate,
        NamedNode(terms.OWL + "annotatedTarget"): object,
        calc("evidence"): NamedNode(terms.OBO + "ECO_0000205"),
        NamedNode(terms.RDFS + "comment"): text("The editors hold it to be so, for a good reason."),
    }
    return [
        Quad(subject, predicate, object, graph),
        *(Quad(reason, p, o, graph) for p, o in axiom.items()),
    ]


def broader_in_a_circle(world: World) -> Iterator[Change]:
    """The wider falls under the narrower, or a thing under itself."""
    for quad in world.quads:
        if quad.predicate == BROADER and isinstance(quad.object, NamedNode):
            assert isinstance(quad.subject, NamedNode)
            about = f"{world.name(quad.object)} under {world.name(quad.subject)}"
            yield about, [], _background(world, quad.object, BROADER, quad.subject)
            about = f"{world.name(quad.subject)} under itself"
            yield about, [], _background(world, quad.subject, BROADER, quad.subject)


def broader_across_classes(world: World) -> Iterator[Change]:
    """A condition falls under a place, and so on."""
    firsts = [(found[0], found[-1]) for found in world.by_class.values()]
    for (entity, _), (_, other) in pairwise(firsts):
        yield (
            f"{world.name(entity)} under {world.name(other)}",
            [],
            _background(world, entity, BROADER, other),
        )


def place_in_a_circle(world: World) -> Iterator[Change]:
    """The whole lies in its part."""
    within = calc("locatedWithin")
    for quad in world.quads:
        if quad.predicate == within and isinstance(quad.object, NamedNode):
            assert isinstance(quad.subject, NamedNode)
            yield world.name(quad.object), [], _background(world, quad.object, within, quad.subject)


def background_without_reason(world: World) -> Iterator[Change]:
    """Nobody says why a background statement holds."""
    places = world.members("Location")
    for one, other in zip(places, reversed(places), strict=True):
        if one != other:
            quads = _background(world, one, calc("locatedWithin"), other)
            yield f"{world.name(one)} in {world.name(other)}", [], quads[:1]


def reason_without_statement(world: World) -> Iterator[Change]:
    """A background statement was taken out, its reason was left."""
    note = skos("editorialNote")
    for quad in world.quads:
        stated = quad.graph_name == world.dataset.graph("background") and quad.predicate != note
        if stated and isinstance(quad.subject, NamedNode):
            yield f"{world.name(quad.subject)} {world.name(quad.object)}", [quad], []


def background_that_the_guide_says(world: World) -> Iterator[Change]:
    """What belongs in a claim is added as background: a treatment, a cause."""
    conditions, interventions = world.members("Condition"), world.members("Intervention")
    for condition, intervention in zip(conditions, interventions, strict=False):
        yield (
            f"{world.name(intervention)} {world.name(condition)}",
            [],
            _background(world, intervention, calc("treats"), condition),
        )


# Direct statements and graphs


def direct_statement_by_hand(world: World) -> Iterator[Change]:
    """A direct statement is written where entities, claims or facts stand."""
    conditions, interventions = world.members("Condition"), world.members("Intervention")
    for number, (condition, intervention) in enumerate(
        zip(conditions, interventions, strict=False)
    ):
        graph = world.dataset.graph(("entities", "claims", "facts", "entailed")[number % 4])
        quad = Quad(intervention, calc("reverses"), condition, graph)
        about = f"{world.name(intervention)} {world.name(condition)} in {world.name(graph)}"
        yield about, [], [quad]


def unproven_as_fact(world: World) -> Iterator[Change]:
    """What is only unproven or denied is written among the facts."""
    for claim in world.claims:
        if world.one(claim, POLARITY) != calc("affirmed"):
            subject = world.one(claim, SUBJECT)
            predicate, object = world.one(claim, PREDICATE), world.one(claim, OBJECT)
            assert isinstance(subject, NamedNode)
            assert isinstance(predicate, NamedNode)
            quad = Quad(subject, predicate, object, world.dataset.graph("facts"))
            yield world.name(claim), [], [quad]


def block_in_the_wrong_graph(world: World) -> Iterator[Change]:
    """A whole block stands in a file of another sort."""
    for graph in ("entities", "claims", "background", "dataset"):
        kinds = ("Location", "Intervention", "Outcome", "Passage", "Claim", "Section", "Question")
        for kind in kinds:
            for node in world.members(kind):
                if world.graph_of(node) != world.dataset.graph(graph):
                    quads = world.of(node)
                    added = [in_graph(q, world.dataset.graph(graph)) for q in quads]
                    yield f"{world.name(node)} in {graph}", quads, added


def statement_in_two_graphs(world: World) -> Iterator[Change]:
    """A statement stands twice, in files of different sorts."""
    for entity in world.entities:
        for quad in world.of(entity):
            for graph in ("background", "claims"):
                added = in_graph(quad, world.dataset.graph(graph))
                if added != quad:
                    yield f"{world.name(entity)} {world.name(quad.predicate)} {graph}", [], [added]


# Passages


def _selector(world: World, passage: NamedNode) -> tuple[Quad, Quad]:
    selector = world.one(passage, SELECTOR)
    [start], [end] = world.of(selector, START), world.of(selector, END)
    return start, end


def _at(quad: Quad) -> int:
    assert isinstance(quad.object, Literal)
    return int(quad.object.value)


def selector_impossible(world: World) -> Iterator[Change]:
    """A passage ends before it starts, beyond the guide, or overlaps with its neighbour."""
    passages = sorted(world.members("Passage"), key=lambda p: _at(_selector(world, p)[0]))
    for passage in passages:
        start, end = _selector(world, passage)
        name = world.name(passage)
        turned = [with_value(start, end.object), with_value(end, start.object)]
        yield f"{name} turned", [start, end], turned
        yield f"{name} empty", [end], [with_value(end, start.object)]
        yield f"{name} beyond", [end], [with_value(end, _number(1_000_000))]
        yield f"{name} negative", [start], [with_value(start, _number(-1))]
    for passage, following in pairwise(passages):
        if passage.value.rsplit("/", 1)[0] == following.value.rsplit("/", 1)[0]:
            start, end = _selector(world, following)
            earlier = with_value(start, _number(_at(_selector(world, passage)[1]) - 3))
            yield f"{world.name(following)} overlapping", [start], [earlier]


def selector_shifted(world: World) -> Iterator[Change]:
    """A passage starts a little later, or ends a little earlier."""
    for passage in world.members("Passage"):
        start, end = _selector(world, passage)
        if _at(end) - _at(start) > 4:
            name = world.name(passage)
            yield f"{name} start", [start], [with_value(start, _number(_at(start) + 1))]
            yield f"{name} end", [end], [with_value(end, _number(_at(end) - 2))]


def another_checksum(world: World) -> Iterator[Change]:
    """A checksum has another digit, another form, or is that of another passage."""
    for passage, other in pairwise(world.members("Passage")):
        quad = _first(world, passage, SHA)
        value = quad.object.value  # type: ignore[union-attr]
        name = world.name(passage)
        digit = "0" if value[0] != "0" else "1"
        yield f"{name} digit", [quad], [with_value(quad, text(digit + value[1:], None))]
        yield f"{name} capitals", [quad], [with_value(quad, text(value.upper() + "A", None))]
        yield f"{name} of another", [quad], [with_value(quad, world.one(other, SHA))]


def selectors_exchanged(world: World) -> Iterator[Change]:
    """Two passages have each other's positions."""
    for passage, other in pairwise(world.members("Passage")):
        one, two = _first(world, passage, SELECTOR), _first(world, other, SELECTOR)
        yield (
            world.name(passage),
            [one, two],
            [with_value(one, two.object), with_value(two, one.object)],
        )


def passage_in_another_section(world: World) -> Iterator[Change]:
    """A passage is listed by another section, by two, or by none."""
    sections = world.members("Section")
    for number, quad in enumerate(q for s in sections for q in world.of(s, HAS_PART)):
        others = [s for s in sections if s != quad.subject]
        other = with_subject(quad, others[number % len(others)])
        yield f"{world.name(quad.object)} moved", [quad], [other]
        yield f"{world.name(quad.object)} in two", [], [other]
        yield f"{world.name(quad.object)} in none", [quad], []


def text_of_a_passage(world: World) -> Iterator[Change]:
    """The words of a passage are published."""
    for passage in world.members("Passage"):
        graph = world.graph_of(passage)
        for node in (passage, world.one(passage, SELECTOR)):
            for name in (terms.OA + "exact", terms.RDF + "value", terms.SCHEMA + "text"):
                quad = Quad(node, NamedNode(name), text("Some words."), graph)  # type: ignore[arg-type]
                yield (
                    f"{world.name(passage)} {name.rsplit('/', 1)[1]} {len(world.name(node))}",
                    [],
                    [quad],
                )


def kind_of_passage_misspelt(world: World) -> Iterator[Change]:
    """The kind of a passage is none that there is."""
    for passage in world.members("Passage"):
        quad = _first(world, passage, calc("kind"))
        yield world.name(passage), [quad], [with_value(quad, text("sentense", None))]


# Matches


def match_that_is_none(world: World) -> Iterator[Change]:
    """A match says that two things are the same, in two ways, or of nothing of ours."""
    alignments = world.dataset.graph("alignments")
    matches = [q for q in world.quads if q.predicate.value.endswith("Match")]
    for number, quad in enumerate(matches):
        name = f"{world.name(quad.subject)} {world.name(quad.object)}"
        same = NamedNode(terms.OWL + "sameAs")
        yield f"{name} sameAs", [quad], [with_predicate(quad, same)]
        other = skos("narrowMatch" if quad.predicate != skos("narrowMatch") else "closeMatch")
        yield f"{name} two ways", [], [with_predicate(quad, other)]
        stranger = matches[(number + 40) % len(matches)].subject
        if quad.predicate == skos("exactMatch") and stranger != quad.subject:
            yield f"{name} of two", [], [with_subject(quad, stranger)]
        gone = NamedNode(quad.subject.value + "x")
        yield f"{name} of nothing", [quad], [with_subject(quad, gone)]
        entities = world.dataset.graph("entities")
        if quad.graph_name == alignments:
            yield f"{name} in entities", [quad], [in_graph(quad, entities)]


# The vocabulary


def term_used_otherwise(world: World) -> Iterator[Change]:
    """A property leads from or to another class than its claims need, or to two."""
    for name, other in (("domain", "Exposure"), ("range", "Exposure"), ("range", "Location")):
        predicate = NamedNode(terms.RDFS + name)
        used = sorted({world.one(c, PREDICATE) for c in world.claims}, key=str)
        for property in used:
            for quad in world.of(property, predicate):
                if quad.object != calc(other):
                    about = f"{world.name(property)} {name} {other}"
                    yield about, [quad], [with_value(quad, calc(other))]
                    yield f"{about} too", [], [with_value(quad, calc(other))]


def term_not_declared(world: World) -> Iterator[Change]:
    """The ontology lacks a class or a property that the data use."""
    for node in [
        *world.by_class,
        *sorted({world.one(c, PREDICATE) for c in world.claims}, key=str),
    ]:
        if world.name(node).startswith("calc:"):
            yield world.name(node), world.of(node), []


def comparison_both_ways(world: World) -> Iterator[Change]:
    """One is more reversible than the other, and the other than the one."""
    names = (calc("moreReversibleThan"), calc("moreEffectiveThan"))
    for number, claim in enumerate(c for c in world.claims if world.one(c, PREDICATE) in names):
        ends = {SUBJECT: world.one(claim, OBJECT), OBJECT: world.one(claim, SUBJECT)}
        yield world.name(claim), [], _copy(world, claim, 5000 + number, ends)


def cause_in_a_circle(world: World) -> Iterator[Change]:
    """What is caused causes its cause, by another claim."""
    causal = [
        c
        for c in world.claims
        if world.one(c, PREDICATE) in (calc("hasCause"), calc("hasContributor"))
        and world.one(c, POLARITY) == calc("affirmed")
        and world.kind(world.one(c, SUBJECT)) in (calc("Condition"), calc("Calcification"))
    ]
    for number, claim in enumerate(causal):
        ends = {SUBJECT: world.one(claim, OBJECT), OBJECT: world.one(claim, SUBJECT)}
        yield world.name(claim), [], _copy(world, claim, 4000 + number, ends)


OPERATORS = {
    subject_and_object_exchanged: 25,
    exchanged_but_for_the_label: 5,
    another_end_of_the_same_class: 16,
    another_predicate: 12,
    another_predicate_between_the_same_classes: 12,
    another_polarity: 16,
    unproven_for_denied: 12,
    another_certainty: 16,
    hedge_taken_out: 8,
    hedge_put_in: 6,
    another_hedging_word: 12,
    another_frequency: 10,
    a_frequency_without_its_word: 5,
    condition_and_emphasis_exchanged: 12,
    another_circumstance: 8,
    circumstance_that_is_a_condition: 4,
    moved_within_its_section: 12,
    moved_to_another_section: 12,
    coded_twice: 8,
    coded_twice_with_another_polarity: 8,
    denied_elsewhere: 6,
    gloss_of_another_claim: 6,
    label_of_another_claim: 6,
    claim_named_otherwise: 3,
    second_grade: 4,
    rank_out_of_order: 10,
    another_class: 10,
    wider_class: 5,
    role_as_class: 4,
    label_of_another_entity: 8,
    repeated_words: 9,
    entity_named_otherwise: 2,
    out_of_use: 8,
    broader_in_a_circle: 8,
    broader_across_classes: 6,
    place_in_a_circle: 4,
    background_without_reason: 4,
    reason_without_statement: 4,
    background_that_the_guide_says: 4,
    direct_statement_by_hand: 8,
    unproven_as_fact: 6,
    block_in_the_wrong_graph: 12,
    statement_in_two_graphs: 6,
    selector_impossible: 8,
    selector_shifted: 5,
    another_checksum: 6,
    selectors_exchanged: 2,
    passage_in_another_section: 6,
    text_of_a_passage: 6,
    kind_of_passage_misspelt: 3,
    match_that_is_none: 10,
    term_used_otherwise: 4,
    term_not_declared: 3,
    comparison_both_ways: 3,
    cause_in_a_circle: 6,
}
"""Operator -> how many mutants it makes."""
