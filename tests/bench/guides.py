"""Made-up guides of any size that conform to the shapes, from a seed: to measure validation on."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef

from calcguide import terms
from calcguide.files import published
from tests.bench.graphs import entity_of, integer, link, name_of, plain, text

_CLASSES = (
    "Calcification",
    "Intervention",
    "Location",
    "Condition",
    "Mechanism",
    "Circumstance",
    "Substance",
    "Characteristic",
)
"""Class of an entity, by its number: one block of the guide has one of each."""
_CLAIMS = (
    ("Calcification", "occursIn", "Location", True),
    ("Calcification", "hasCharacteristic", "Characteristic", True),
    ("Calcification", "hasCause", "Condition", False),
    ("Calcification", "hasMechanism", "Mechanism", False),
    ("Intervention", "treats", "Calcification", False),
    ("Intervention", "slows", "Condition", False),
    ("Condition", "occursIn", "Location", False),
    ("Condition", "hasContributor", "Mechanism", False),
    ("Mechanism", "hasContributor", "Substance", False),
    ("Substance", "supports", "Mechanism", False),
    ("Intervention", "includes", "Substance", False),
    ("Guide", "recommends", "Intervention", True),
)
"""The claims of a block: class of the subject, property, class of the object; whether the object
is of the same block, so that everything is mentioned, or of any."""
_PASSAGES = 5
_SECTION = 4
"""Blocks in a section."""
_BLOCK = 222
"""Statements in a block, on average."""
_HEDGES = ((None, "stated"),) * 6 + (("may", "possible"), ("can", "possible"), ("likely", "likely"))
_LENGTH = 80
"""Characters of a passage; the next one begins ten further on."""


def write_conforming(folder: Path, size: int, seed: int) -> int:
    """Write data of about `size` statements to validate with our ontology; return their number.

    The same size and seed give the same bytes.
    """
    data = folder / "data"
    (data / "claims").mkdir(parents=True)
    shutil.copy(published() / "data" / "dataset.ttl", data)
    blocks = max(1, round(size / _BLOCK))
    chance, words = random.Random(seed), _words()
    files: dict[str, list[str]] = {
        "entities.ttl": [],
        "guide.ttl": [*_guide(blocks)],
        "claims/claims.ttl": [],
    }
    for block in range(blocks):
        files["entities.ttl"] += _entities(block, chance)
        files["guide.ttl"] += _passages(block, chance)
        files["claims/claims.ttl"] += _claims(block, blocks, words, chance)
    for name, statements in files.items():
        (data / name).write_text("".join(statements), encoding="ascii")
    return sum(map(len, files.values()))


def _thing(block: int, kind: str) -> tuple[str, str]:
    """An entity of a block, and its label; the guide is one of every block."""
    if kind == "Guide":
        return "id/guide", "Made-up guide"
    number = block * len(_CLASSES) + _CLASSES.index(kind)
    return entity_of(number), f"{name_of(number)} {kind.lower()} {number}"


def _entities(block: int, chance: random.Random) -> Iterator[str]:
    for kind in _CLASSES:
        subject, label = _thing(block, kind)
        yield link(subject, str(RDF.type), terms.CALC + kind)
        yield text(subject, str(SKOS.prefLabel), label)
        yield text(subject, str(SKOS.altLabel), f"{label}s")
        yield text(subject, str(SKOS.definition), f"A made-up {kind.lower()}, called {label} here.")
        if kind == "Circumstance":
            yield text(subject, terms.CALC + "phrase", f"with {label.lower()}")
        if block:  # a tree of few levels, as in the guide
            above, _ = _thing(chance.randrange(block) // 4, kind)
            yield link(subject, str(SKOS.broader), terms.BASE + above)


def _guide(blocks: int) -> Iterator[str]:
    (guide, label), activity = _thing(0, "Guide"), "activity/coding-1"
    yield link(guide, str(RDF.type), terms.CALC + "Guide")
    yield text(guide, str(SKOS.prefLabel), label)
    yield text(guide, str(SKOS.definition), "A made-up guide without any words of its own.")
    yield text(guide, terms.DCT + "title", label)
    yield plain(guide, terms.DCT + "language", '"en"')
    yield plain(guide, terms.CALC + "length", integer(blocks * _PASSAGES * (_LENGTH + 10)))
    yield plain(guide, terms.CALC + "sha256", f'"{"0" * 64}"')
    yield link(activity, str(RDF.type), terms.PROV + "Activity")
    yield text(activity, str(SKOS.prefLabel), "Made-up coding")
    yield text(activity, str(SKOS.definition), "Every claim of the made-up guide.")
    yield plain(activity, str(OWL.versionInfo), '"1"')


def _passages(block: int, chance: random.Random) -> Iterator[str]:
    section = f"section/s{block // _SECTION}"
    if block % _SECTION == 0:
        yield link("id/guide", terms.DCT + "hasPart", terms.BASE + section)
        yield link(section, str(RDF.type), terms.CALC + "Section")
        yield text(section, str(SKOS.prefLabel), f"Section {block // _SECTION}")
        yield plain(section, terms.CALC + "ordinal", integer(block // _SECTION + 1))
    for place in range(_PASSAGES):
        number, ordinal = block * _PASSAGES + place, block % _SECTION * _PASSAGES + place + 1
        subject, selector = _passage(block, place), f"_:s{number}"
        yield link(section, terms.DCT + "hasPart", terms.BASE + subject)
        yield link(subject, str(RDF.type), terms.CALC + "Passage")
        yield text(subject, str(SKOS.prefLabel), f"Passage {number}")
        yield link(subject, terms.OA + "hasSource", terms.BASE + "id/guide")
        yield plain(subject, terms.CALC + "kind", '"sentence"')
        yield plain(subject, terms.CALC + "ordinal", integer(ordinal))
        yield plain(subject, terms.CALC + "sha256", f'"{chance.getrandbits(256):064x}"')
        yield plain(subject, terms.OA + "hasSelector", selector)
        yield f"{selector} <{RDF.type}> <{terms.OA}TextPositionSelector> .\n"
        yield f"{selector} <{terms.OA}start> {integer(number * (_LENGTH + 10))} .\n"
        yield f"{selector} <{terms.OA}end> {integer(number * (_LENGTH + 10) + _LENGTH)} .\n"


def _passage(block: int, place: int) -> str:
    return f"passage/s{block // _SECTION}/b{block % _SECTION}p{place}"


def _claims(block: int, blocks: int, words: dict[str, str], chance: random.Random) -> Iterator[str]:
    for place, (kind, relation, other, near) in enumerate(_CLAIMS):
        number = block * len(_CLAIMS) + place
        # Few objects are claimed of often, most seldom: so it is in the guide.
        of = block if near else int(blocks * chance.random() ** 3)
        subject, subject_label = _thing(block, kind)
        object, object_label = _thing(of, other)
        hedge, certainty = chance.choice(_HEDGES)
        polarity = "denied" if chance.random() < 0.1 else "affirmed"
        if relation == "slows" and chance.random() < 0.3:
            polarity, certainty, hedge = "unproven", "stated", "not proven"
        claim = f"claim/c{number:03}"
        label = f"c{number:03}: {subject_label}, {words[relation]}: {object_label}"
        yield link(claim, str(RDF.type), terms.CALC + "Claim")
        yield text(claim, str(SKOS.prefLabel), label)
        yield text(claim, str(SKOS.definition), f"A made-up claim, number {number}.")
        yield link(claim, terms.PROV + "wasGeneratedBy", terms.BASE + "activity/coding-1")
        yield link(claim, terms.CALC + "subject", terms.BASE + subject)
        yield link(claim, terms.CALC + "predicate", terms.CALC + relation)
        yield link(claim, terms.CALC + "object", terms.BASE + object)
        yield link(claim, terms.CALC + "polarity", terms.CALC + polarity)
        yield link(claim, terms.CALC + "certainty", terms.CALC + certainty)
        yield link(claim, terms.CALC + "statedIn", terms.BASE + _passage(block, place % _PASSAGES))
        if hedge:
            yield plain(claim, terms.CALC + "hedgeWord", f'"{hedge}"')
        if place == 0:
            yield link(claim, terms.CALC + "under", terms.BASE + _thing(block, "Circumstance")[0])


def _words() -> dict[str, str]:
    """What our ontology calls the properties that are claimed."""
    ontology = Graph().parse(published() / "ontology" / "calcguide.ttl")
    names = {relation for _, relation, _, _ in _CLAIMS}
    return {name: str(ontology.value(URIRef(terms.CALC + name), RDFS.label)) for name in names}
