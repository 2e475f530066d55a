"""Graphs to measure on: the guide itself, or a made-up guide of any size from a seed."""

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pyoxigraph import RdfFormat, serialize

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH
from calcguide.files import Root, published
from calcguide.loading import load

SIZES = {"2k": 2_000, "200k": 200_000, "2M": 2_000_000, "20M": 20_000_000}
"""Name of a generated graph -> the statements it has, within a twentieth."""

FORMAT = RdfFormat.N_TRIPLES

Progress = Callable[[int, int], None]
"""Told the statements written so far, and those that there will be."""

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
"""Class of an entity, by its number: one block of the graph has one of each."""
_RELATIONS = {
    "Calcification": (
        ("occursIn", "Location"),
        ("hasCause", "Condition"),
        ("hasMechanism", "Mechanism"),
        ("hasCharacteristic", "Characteristic"),
    ),
    "Intervention": (("treats", "Calcification"), ("slows", "Calcification")),
    "Condition": (("causes", "Calcification"), ("contributesTo", "Calcification")),
    "Mechanism": (("mechanismOf", "Calcification"),),
    "Substance": (("contributesTo", "Condition"), ("supports", "Mechanism")),
}
"""Class of a subject -> what is claimed of it: property, class of the object."""
_SUBJECTS = (0, 0, 0, 0, 1, 1, 1, 3, 3, 4, 6)
"""Places in a block of the subjects of its claims."""
_PASSAGES = 5
_BLOCK = 232
"""Statements in a block, on average."""
_POLARITIES = ("affirmed",) * 8 + ("denied", "unproven")
_CERTAINTIES = ("stated",) * 6 + ("possible",) * 3 + ("likely",)
_HEDGES = {"possible": ("may", "might", "can"), "likely": ("likely",)}
_SYLLABLES = ("ba", "cor", "di", "fen", "gal", "ho", "lum", "mi", "nor", "pra", "sel", "tu")


def write_guide(path: Path) -> int:
    """Write the default graph of the guide as N-Triples; return its number of statements."""
    store = load(Root(published())).store
    quads = [*store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)]
    serialize((quad.triple for quad in quads), str(path), format=FORMAT)
    return len(quads)


def write_generated(path: Path, size: int, seed: int, progress: Progress | None = None) -> int:
    """Write a graph of about `size` statements as N-Triples; return their exact number.

    The same size and seed give the same bytes. The file is written as it is made: a graph of any
    size takes no more memory than a small one.
    """
    written, shown = 0, time.monotonic()
    with path.open("w", encoding="ascii") as file:
        for statements in _blocks(size, seed):
            file.write("".join(statements))
            written += len(statements)
            if progress and time.monotonic() - shown > 1:
                shown = time.monotonic()
                progress(written, size)
    return written


def size_of(name: str) -> int:
    """Return the statements that a name such as 2k, 500k, 20M asks for; raises ValueError."""
    found = re.fullmatch(r"(\d+)([kM])", name)
    if not found:
        raise ValueError(f"{name!r} is no size: write it as 2k, 200k, 2M or 20M, or name the guide")
    return int(found[1]) * {"k": 1_000, "M": 1_000_000}[found[2]]


def _blocks(size: int, seed: int) -> Iterator[list[str]]:
    """The vocabulary, then blocks of eight entities with their claims and passages."""
    chance = random.Random(seed)
    vocabulary = [*_vocabulary()]
    yield vocabulary
    blocks = max(1, round((size - len(vocabulary)) / _BLOCK))
    for number in range(blocks):
        yield [
            *_entities(number, chance),
            *_passages(number, chance),
            *_claims(number, chance, blocks),
        ]


def _vocabulary() -> Iterator[str]:
    for name in _CLASSES:
        yield link(f"ontology#{name}", terms.RDF + "type", terms.OWL + "Class")
        yield link(f"ontology#{name}", terms.RDFS + "subClassOf", terms.CALC + "Entity")
        yield text(f"ontology#{name}", terms.RDFS + "label", name)
    properties = {name for pairs in _RELATIONS.values() for name, _ in pairs} | {"manages"}
    for name in sorted(properties):
        yield link(f"ontology#{name}", terms.RDF + "type", terms.OWL + "ObjectProperty")
        yield text(f"ontology#{name}", terms.RDFS + "label", name)
    for name in ("treats", "slows"):
        yield link(f"ontology#{name}", terms.RDFS + "subPropertyOf", terms.CALC + "manages")
    for name in sorted({*_POLARITIES, *_CERTAINTIES}):
        yield link(f"ontology#{name}", terms.RDF + "type", terms.CALC + "Qualifier")
        yield text(f"ontology#{name}", terms.RDFS + "label", name)


def _entities(block: int, chance: random.Random) -> Iterator[str]:
    for place, kind in enumerate(_CLASSES):
        number = block * len(_CLASSES) + place
        subject, label = entity_of(number), f"{name_of(number)} {kind.lower()}"
        for each in (kind, "Entity"):
            yield link(subject, terms.RDF + "type", terms.CALC + each)
        yield text(subject, terms.SKOS + "prefLabel", label)
        yield text(subject, terms.RDFS + "label", label)
        yield text(subject, terms.SKOS + "altLabel", f"{label}s")
        yield text(
            subject,
            terms.SKOS + "definition",
            f"A made-up {kind.lower()}, number {number}, called {name_of(number)} in this graph.",
        )
        if block:  # a tree of few levels, as in the guide
            above = chance.randrange(block) // 4 * len(_CLASSES) + place
            yield link(subject, terms.SKOS + "broader", terms.BASE + entity_of(above))


def _passages(block: int, chance: random.Random) -> Iterator[str]:
    section = f"section/s{block // 4}"
    if block % 4 == 0:
        yield link(section, terms.RDF + "type", terms.CALC + "Section")
        yield text(section, terms.SKOS + "prefLabel", f"Section {block // 4}")
    for ordinal in range(_PASSAGES):
        number = block * _PASSAGES + ordinal
        subject, selector = f"passage/p{number}", f"_:s{number}"
        yield link(subject, terms.RDF + "type", terms.CALC + "Passage")
        yield text(subject, terms.SKOS + "prefLabel", f"Passage {number}")
        yield link(section, terms.DCT + "hasPart", terms.BASE + subject)
        yield link(subject, terms.OA + "hasSource", terms.BASE + "id/guide")
        yield plain(subject, terms.CALC + "kind", '"sentence"')
        yield plain(subject, terms.CALC + "ordinal", integer(ordinal + 1))
        yield plain(subject, terms.CALC + "sha256", f'"{chance.getrandbits(256):064x}"')
        yield plain(subject, terms.OA + "hasSelector", selector)
        yield f"{selector} <{terms.RDF}type> <{terms.OA}TextPositionSelector> .\n"
        yield f"{selector} <{terms.OA}start> {integer(number * 90)} .\n"
        yield f"{selector} <{terms.OA}end> {integer(number * 90 + 80)} .\n"


def _claims(block: int, chance: random.Random, blocks: int) -> Iterator[str]:
    for place, slot in enumerate(_SUBJECTS):
        number = block * len(_SUBJECTS) + place
        relation, kind = chance.choice(_RELATIONS[_CLASSES[slot]])
        # Few objects are claimed of often, most seldom: so it is in the guide.
        object = int(blocks * chance.random() ** 3) * len(_CLASSES) + _CLASSES.index(kind)
        subject = entity_of(block * len(_CLASSES) + slot)
        passage = block * _PASSAGES + chance.randrange(_PASSAGES)
        polarity, certainty = chance.choice(_POLARITIES), chance.choice(_CERTAINTIES)
        claim = f"claim/c{number}"
        yield link(claim, terms.RDF + "type", terms.CALC + "Claim")
        yield text(claim, terms.SKOS + "prefLabel", f"c{number}: {name_of(number)}")
        yield text(claim, terms.SKOS + "definition", f"A made-up claim, number {number}.")
        yield link(claim, terms.PROV + "wasGeneratedBy", terms.BASE + "activity/coding-1")
        yield link(claim, terms.CALC + "subject", terms.BASE + subject)
        yield link(claim, terms.CALC + "predicate", terms.CALC + relation)
        yield link(claim, terms.CALC + "object", terms.BASE + entity_of(object))
        yield link(claim, terms.CALC + "polarity", terms.CALC + polarity)
        yield link(claim, terms.CALC + "certainty", terms.CALC + certainty)
        yield link(claim, terms.CALC + "statedIn", f"{terms.BASE}passage/p{passage}")
        if certainty in _HEDGES:
            yield plain(claim, terms.CALC + "hedgeWord", f'"{chance.choice(_HEDGES[certainty])}"')
        conditional = chance.random() < 0.15
        if conditional:
            under = int(blocks * chance.random()) * len(_CLASSES) + _CLASSES.index("Circumstance")
            yield link(claim, terms.CALC + "under", terms.BASE + entity_of(under))
        if (polarity, certainty, conditional) == ("affirmed", "stated", False):
            yield link(subject, terms.CALC + relation, terms.BASE + entity_of(object))


def entity_of(number: int) -> str:
    return f"id/{name_of(number).lower()}-{number}"


def name_of(number: int) -> str:
    """A word that can be spoken, the same for the same number."""
    word, left = "", number * 7919 + 1000
    while left:
        left, syllable = divmod(left, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return word.capitalize()


def link(subject: str, predicate: str, object: str) -> str:
    return f"<{terms.BASE}{subject}> <{predicate}> <{object}> .\n"


def text(subject: str, predicate: str, text: str) -> str:
    return f'<{terms.BASE}{subject}> <{predicate}> "{text}"@en .\n'


def plain(subject: str, predicate: str, object: str) -> str:
    return f"<{terms.BASE}{subject}> <{predicate}> {object} .\n"


def integer(number: int) -> str:
    return f'"{number}"^^<{terms.XSD}integer>'
