"""A graph as a picture: where boxes and lines stand, from left to right along the statements."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from calcguide.description.naming import Name
from calcguide.description.neighbourhood import wrap

MOST_BOXES: Final = 30
"""Boxes of one picture; with more it would be a thicket."""

_WIDTH: Final = 148
_LINE: Final = 18
_ACROSS: Final = 140
"""Between columns: room for the names of the lines."""
_DOWN: Final = 16
_EDGE: Final = 8
_ROOM: Final = 130
"""For the name of a box."""
_MOST_LINES: Final = 3

Edge = tuple[Name, Name, Name]


@dataclass(frozen=True)
class Box:
    """A thing at its place; `rows` is its label, broken to fit, each with its baseline."""

    name: Name
    x: int
    y: int
    width: int
    height: int
    rows: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Line:
    """A statement between two boxes: a path, and its name, which ends or begins at the target."""

    path: str
    label: str
    x: int
    y: int
    anchor: str
    right: int
    """How far to the right the line reaches, with its name."""


@dataclass(frozen=True)
class Row:
    """A line of the outline: a thing below the one that a statement leads from."""

    depth: int
    predicate: str
    name: Name
    again: bool
    """Whether the thing has stood above: then what it leads to stands there."""


@dataclass(frozen=True)
class Picture:
    """Boxes and lines in a frame, in pixels; `left_out` things found no room.

    The outline says the same for a narrow screen, from top to bottom.
    """

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    outline: tuple[Row, ...]
    left_out: int


def draw(edges: Iterable[Edge]) -> Picture | None:
    """Return the picture of statements between things; None where there are none.

    A thing stands one column to the right of the first that leads to it, the ones that nothing
    leads to in the first; within a column each stands near those it hangs on.
    """
    things = [edge for edge in dict.fromkeys(edges) if edge[0].iri and edge[2].iri]
    every = dict.fromkeys(end for s, _, o in things for end in (s, o))
    if not every:
        return None
    kept = dict.fromkeys(list(every)[:MOST_BOXES])
    shown = [edge for edge in things if edge[0] in kept and edge[2] in kept]
    columns = _columns(kept, shown)
    boxes = _boxes(columns, shown)
    lines = tuple(_lines(boxes, shown))
    return Picture(
        width=max(*(b.x + b.width for b in boxes.values()), *(line.right for line in lines))
        + _EDGE,
        height=max(box.y + box.height for box in boxes.values()) + _EDGE,
        boxes=tuple(boxes.values()),
        lines=lines,
        outline=tuple(_outline([thing for column in columns for thing in column], shown)),
        left_out=len(every) - len(kept),
    )


def _columns(things: Iterable[Name], edges: list[Edge]) -> list[list[Name]]:
    following: dict[Name, list[Name]] = defaultdict(list)
    for subject, _, object in edges:
        if subject != object:
            following[subject].append(object)
    reached = {object for objects in following.values() for object in objects}
    column: dict[Name, int] = {}
    # Where all lie on circles there is no first: then the next in order begins.
    for start in (*(t for t in things if t not in reached), *things):
        waiting = [] if start in column else [start]
        column.setdefault(start, 0)
        while waiting:
            thing = waiting.pop(0)
            for object in following[thing]:
                if object not in column:
                    column[object] = column[thing] + 1
                    waiting.append(object)
    columns: list[list[Name]] = [[] for _ in range(max(column.values()) + 1)]
    for thing, number in column.items():
        columns[number].append(thing)
    return columns


def _outline(things: list[Name], edges: list[Edge]) -> Iterator[Row]:
    """Each statement once, below its subject, depth first; things without a subject at the left."""
    following: dict[Name, list[Edge]] = defaultdict(list)
    for edge in edges:
        following[edge[0]].append(edge)
    seen: set[Name] = set()
    for first in things:
        waiting = [] if first in seen else [(0, "", first)]
        while waiting:
            depth, predicate, thing = waiting.pop()
            yield Row(depth, predicate, thing, thing in seen)
            if thing not in seen:
                seen.add(thing)
                below = [(depth + 1, p.label, o) for _, p, o in following[thing]]
                waiting.extend(reversed(below))


def _boxes(columns: list[list[Name]], edges: list[Edge]) -> dict[Name, Box]:
    """The boxes: each column centred, sorted by where the things stand that lead to its own."""
    rows = {thing: wrap(thing.label, _ROOM, _MOST_LINES) for column in columns for thing in column}
    heights = {thing: _LINE * len(found) + 16 for thing, found in rows.items()}
    tallest = max(sum(heights[t] + _DOWN for t in column) for column in columns)
    boxes: dict[Name, Box] = {}
    for number, column in enumerate(columns):
        leading = _leading(boxes, edges)
        column.sort(key=lambda thing: leading.get(thing, 0))
        x = _EDGE + number * (_WIDTH + _ACROSS)
        y = _EDGE + (tallest - sum(heights[t] + _DOWN for t in column)) // 2
        for thing in column:
            baselines = tuple((y + 22 + _LINE * i, row) for i, row in enumerate(rows[thing]))
            boxes[thing] = Box(thing, x, y, _WIDTH, heights[thing], baselines)
            y += heights[thing] + _DOWN
    return boxes


def _leading(boxes: Mapping[Name, Box], edges: list[Edge]) -> dict[Name, float]:
    """How far down, on average, the boxes stand that lead to each thing."""
    heights: dict[Name, list[int]] = defaultdict(list)
    for subject, _, object in edges:
        if subject in boxes:
            heights[object].append(boxes[subject].y)
    return {thing: sum(found) / len(found) for thing, found in heights.items()}


def _lines(boxes: Mapping[Name, Box], edges: list[Edge]) -> Iterator[Line]:
    """One line for each pair of things, named after all statements between them in that way."""
    between: dict[tuple[Name, Name], list[str]] = defaultdict(list)
    for subject, predicate, object in edges:
        between[subject, object].append(predicate.label)
    for (subject, object), labels in between.items():
        start, end = boxes[subject], boxes[object]
        [label] = wrap(", ".join(labels), _ACROSS, 1)
        draw_line = _forward if start.x < end.x else _beside if start.x == end.x else _back
        yield draw_line(start, end, label)


def _forward(start: Box, end: Box, label: str) -> Line:
    x1, y1 = start.x + start.width, start.y + start.height // 2
    x2, y2 = end.x, end.y + end.height // 2
    path = f"M{x1} {y1}C{x1 + 20} {y1} {x1 + 10} {y2} {x1 + 30} {y2}H{x2 - 2}"
    return Line(path, label, x2 - 10, y2 - 5, "end", x2)


def _beside(start: Box, end: Box, label: str) -> Line:
    """A line within a column, also from a thing to itself: around the right-hand side."""
    x, y1 = start.x + start.width, start.y + start.height // 2 + 6
    y2 = end.y + end.height // 2 - 6
    path = f"M{x} {y1}C{x + 60} {y1} {x + 60} {y2} {x + 2} {y2}"
    return Line(path, label, x + 14, y2 - 5, "start", x + 14 + _ACROSS)


def _back(start: Box, end: Box, label: str) -> Line:
    x1, y1 = start.x, start.y + start.height // 2 + 6
    x2, y2 = end.x + end.width, end.y + end.height // 2 - 6
    path = f"M{x1} {y1}C{x1 - 60} {y1} {x2 + 60} {y2} {x2 + 2} {y2}"
    return Line(path, label, x2 + 14, y2 - 5, "start", x1)
