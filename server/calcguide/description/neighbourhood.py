"""The neighbourhood picture: an entity and what its rows link it to, as boxes to be drawn."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from calcguide.description.naming import Name
from calcguide.description.relations import Row
from calcguide.description.statements import Origin, Statement

MOST_OF_A_RELATION: Final = 12
MOST: Final = 48
"""Boxes of one relation, and of one picture; what is left out is counted."""

_LETTER, _WIDE_LETTER = 7.0, 13.5
"""Widths of letters of 13 px, in px: rather too large than too small."""
_PADDING: Final = 11
_LINE: Final = 17
_GAP, _GROUP_GAP = 7, 15
_WORDS: Final = {"denied": "denied", "unproven": "not proven"}


@dataclass(frozen=True)
class Link:
    """Something that a row links the entity to; `manner` is how to draw it.

    That is `plain`, `hedged` (with a hedge, a frequency or a condition), `editors`, or the
    polarity of what is not affirmed.
    """

    name: Name
    manner: str


@dataclass(frozen=True)
class Branch:
    """What one relation links to in one polarity; `left_out` counts what is not in `links`."""

    label: str
    links: tuple[Link, ...]
    left_out: int


class Text(NamedTuple):
    """Lines of text with their middle, or their beginning, at a place in px."""

    lines: tuple[str, ...]
    x: float
    y: float

    @property
    def baselines(self) -> list[tuple[str, float]]:
        """Each line with the y of its baseline."""
        top = self.y - _LINE * (len(self.lines) - 1) / 2 + 4.5
        return [(line, top + _LINE * number) for number, line in enumerate(self.lines)]

    @property
    def sides(self) -> tuple[float, float]:
        """Where lines that lead to the text, and away from it, end and begin."""
        half = max(map(_width, self.lines)) / 2 + 4
        return self.x - half, self.x + half


class Box(NamedTuple):
    """A box with its text; one without `link` is the entity itself, or says what is left out."""

    text: Text
    x: float
    y: float
    width: float
    height: float
    relation: str = ""
    link: Link | None = None


@dataclass(frozen=True)
class Picture:
    """A drawing of some size in px; each path is what the attribute `d` of SVG takes."""

    width: int
    height: int
    centre: Box
    boxes: tuple[Box, ...]
    labels: tuple[Text, ...]
    paths: tuple[tuple[str, str], ...]
    """Manner of a line -> its path."""


@dataclass(frozen=True)
class Neighbourhood:
    """The same links in two drawings, and the manners that occur in them."""

    wide: Picture
    narrow: Picture
    manners: frozenset[str]


def neighbourhood(name: Name, rows: Iterable[Row]) -> Neighbourhood | None:
    """Return the picture of an entity with these rows, None where they link it to nothing."""
    found = branches(rows, name.iri or "")
    if not found:
        return None
    return Neighbourhood(
        draw_wide(name.label, found),
        draw_narrow(name.label, found),
        frozenset(link.manner for branch in found for link in branch.links),
    )


def branches(rows: Iterable[Row], iri: str) -> tuple[Branch, ...]:
    """Return what the rows of an entity link it to: the same as they list, up to a number."""
    found: dict[str, dict[Name, str]] = {}
    for row in rows:
        for statement in row.statements:
            words = _WORDS.get(statement.polarity, "")
            called = row.relation.name[:1].upper() + row.relation.name[1:]
            label = called + (f" ({words})" if words else "")
            for end in ends(statement, iri):
                if end.iri:
                    found.setdefault(label, {}).setdefault(end, _manner(statement))
    return tuple(_bounded(found))


def ends(statement: Statement, iri: str) -> tuple[Name, ...]:
    """Return what a statement links the named thing to: both ends where it is neither."""
    if iri in (statement.subject.iri, statement.object.iri):
        return (statement.other_end(iri),)
    return (statement.subject, statement.object)


def _manner(statement: Statement) -> str:
    if statement.origin is Origin.EDITORS:
        return "editors"
    if statement.polarity != "affirmed":
        return statement.polarity
    return "plain" if statement.plain else "hedged"


def _bounded(found: dict[str, dict[Name, str]]) -> Iterator[Branch]:
    room = MOST
    for label, manners in found.items():
        links = [Link(name, manner) for name, manner in manners.items()]
        shown = links[: min(room, MOST_OF_A_RELATION)]
        room -= len(shown)
        yield Branch(label, tuple(shown), len(links) - len(shown))


def draw_wide(name: str, found: Sequence[Branch]) -> Picture:
    """Return a fan, 720 px wide: the entity, the relations, the boxes from left to right."""
    boxes: list[Box] = []
    labels: list[Text] = []
    middles: list[list[tuple[float, str]]] = []
    y = 2.0
    for branch in found:
        column, y = _column(branch, 410, 308, y)
        boxes += column
        middles.append([(box.y + box.height / 2, _drawn_as(box)) for box in column])
        labels.append(Text(wrap(branch.label, 148), 292, _middle(column)))
        y += _GROUP_GAP
    height = max(y - _GROUP_GAP, 60)
    centre = _box(Text(wrap(name, 140, 3), 2, height / 2), 162)
    paths: list[tuple[str, str]] = []
    for label, ends_of_lines in zip(labels, middles, strict=True):
        left, right = label.sides
        paths.append(("stem", _curve(centre.x + centre.width, height / 2, left, label.y)))
        paths += [(manner, _curve(right, label.y, 410, end)) for end, manner in ends_of_lines]
    return Picture(720, round(height + 2), centre, tuple(boxes), tuple(labels), tuple(paths))


def draw_narrow(name: str, found: Sequence[Branch]) -> Picture:
    """Return a tree, 288 px wide: the entity on top, below it each relation with its boxes."""
    lines = wrap(name, 260, 3)
    centre = _box(Text(lines, 2, 2 + (2 * _PADDING + _LINE * len(lines)) / 2), 284)
    boxes: list[Box] = []
    labels: list[Text] = []
    paths: list[tuple[str, str]] = []
    y = top = centre.y + centre.height
    for branch in found:
        lines = wrap(branch.label, 250)
        labels.append(Text(lines, 26, y + _GROUP_GAP + _LINE * len(lines) / 2))
        paths.append(("stem", f"M12 {top:g}V{labels[-1].y:g}H22"))
        top, spine = labels[-1].y, labels[-1].y + _LINE * len(lines) / 2
        column, y = _column(branch, 48, 238, spine + _GAP / 2)
        boxes += column
        for box in column:
            middle = box.y + box.height / 2
            paths.append((_drawn_as(box), f"M34 {spine:g}V{middle:g}H48"))
            spine = middle
    return Picture(288, round(y + 2), centre, tuple(boxes), tuple(labels), tuple(paths))


def _drawn_as(box: Box) -> str:
    return box.link.manner if box.link else "stem"


def _column(branch: Branch, x: float, room: float, y: float) -> tuple[list[Box], float]:
    """The boxes of a branch below each other, and the y below the last."""
    entries: list[tuple[str, Link | None]] = [(link.name.label, link) for link in branch.links]
    if branch.left_out:
        entries.append((f"and {branch.left_out} more, see above", None))
    boxes = []
    for label, link in entries:
        lines = wrap(label, room - 2 * _PADDING)
        text = Text(lines, x, y + (10 + _LINE * len(lines)) / 2)
        width = min(room, max(map(_width, lines)) + 2 * _PADDING)
        boxes.append(_box(text, width, branch.label, link, 5))
        y = boxes[-1].y + boxes[-1].height + _GAP
    return boxes, y - _GAP


def _box(
    text: Text, width: float, relation: str = "", link: Link | None = None, padding: float = 11
) -> Box:
    """A box from the text's x on, as high as its lines; the text goes to its middle."""
    height = 2 * padding + _LINE * len(text.lines)
    inside = Text(text.lines, text.x + width / 2, text.y)
    return Box(inside, text.x, text.y - height / 2, width, height, relation, link)


def _middle(boxes: Sequence[Box]) -> float:
    return (boxes[0].y + boxes[-1].y + boxes[-1].height) / 2


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def wrap(label: str, room: float, most: int = 2) -> tuple[str, ...]:
    """Return the label in lines of so many px; what is too long or too much is cut."""
    words = label.split()
    if _width(whole := " ".join(words)) <= room:
        return (whole,)
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    cut = [_cut(line, room) for line in lines[:most]]
    if len(lines) > most:
        cut[-1] = _cut(cut[-1] + " …", room)
    return tuple(cut)


def _cut(line: str, room: float) -> str:
    if _width(line) <= room:
        return line
    while line and _width(line + "…") > room:
        line = line[:-1]
    return line.rstrip() + "…"


def _width(line: str) -> float:
    if line.isascii():
        return _LETTER * len(line)
    return sum(_WIDE_LETTER if unicodedata.east_asian_width(c) in "WF" else _LETTER for c in line)
