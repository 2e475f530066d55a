"""A graph as a picture: every thing and statement has its place, and nothing overlaps."""

import re

import pytest

from calcguide.description.naming import Name
from calcguide.description.picture import MOST_BOXES, draw


def edges(*pairs: str) -> list[tuple[Name, Name, Name]]:
    def named(local: str) -> Name:
        return Name(local, f"http://a/{local}")

    return [(named(p[0]), named("to"), named(p[1])) for p in pairs]


def test_a_picture_stands_from_left_to_right_along_the_statements() -> None:
    drawn = draw(edges("ab", "bc", "ac"))
    assert drawn is not None
    x = {box.name.label: box.x for box in drawn.boxes}
    assert x["a"] < x["b"] == x["c"]
    assert len(drawn.lines) == 3
    rows = [(row.depth, row.name.label, row.again) for row in drawn.outline]
    assert rows == [(0, "a", False), (1, "b", False), (2, "c", False), (1, "c", True)]


@pytest.mark.parametrize("given", [("ab", "ba"), ("aa",), ("ab", "bc", "ca", "cd")])
def test_a_picture_of_circles_has_every_thing_and_every_statement(given: tuple[str, ...]) -> None:
    drawn = draw(edges(*given))
    assert drawn is not None
    assert {box.name.label for box in drawn.boxes} == set("".join(given))
    assert len(drawn.lines) == len(given)
    assert sum(1 for row in drawn.outline if row.predicate) == len(given)
    for line in drawn.lines:
        across = [int(x) for x in re.findall(r"(-?\d+) -?\d+", line.path)]
        assert 0 <= min(across) <= max(across) <= line.right <= drawn.width


def test_boxes_neither_overlap_nor_leave_the_picture() -> None:
    drawn = draw(edges(*(f"{a}{b}" for a in "abcde" for b in "vwxyz"), "vm", "mw", "zz"))
    assert drawn is not None
    for one in drawn.boxes:
        assert 0 <= one.x <= one.x + one.width <= drawn.width
        assert 0 <= one.y <= one.y + one.height <= drawn.height
        for other in drawn.boxes:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            above = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert one is other or beside or above, (one, other)


def test_a_picture_has_room_for_so_many_things_and_says_how_many_are_left_out() -> None:
    letters = [chr(0x4E00 + i) for i in range(MOST_BOXES + 9)]
    drawn = draw(edges(*(f"a{letter}" for letter in letters)))
    assert drawn is not None
    assert (len(drawn.boxes), drawn.left_out) == (MOST_BOXES, 10)
    assert draw([(Name("x"), Name("p", "http://a/p"), Name("y"))]) is None


def test_only_lines_that_go_to_the_right_end_at_the_left_of_a_box() -> None:
    drawn = draw(edges("ab", "bc", "ca", "bb", "xa"))
    assert drawn is not None
    x = {box.name.label: (box.x, box.x + box.width) for box in drawn.boxes}
    ends = {line.anchor: set() for line in drawn.lines}  # type: ignore[var-annotated]
    for line in drawn.lines:
        ends[line.anchor].add(line.x)
    assert ends["start"] == {x["a"][1] + 14, x["b"][1] + 14}
    assert ends["end"] == {x[thing][0] - 10 for thing in "abc"}
