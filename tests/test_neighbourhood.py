"""The neighbourhood picture shows the links that the facts show, and stays within bounds."""

import re

import pytest
from flask.testing import FlaskClient

from calcguide.dataset import Dataset
from calcguide.description.entity import describe_entity
from calcguide.description.listings import things
from calcguide.description.naming import Name
from calcguide.description.neighbourhood import (
    MOST,
    MOST_OF_A_RELATION,
    Branch,
    Link,
    Picture,
    draw_narrow,
    draw_wide,
)
from tests.markup import Element, read

DRAWINGS = {"wide": (draw_wide, 720), "narrow": (draw_narrow, 288)}
AWKWARD = [
    "",
    "x" * 300,
    "word " * 12,
    "word " * 60,
    '<b>"bold" & co</b>',
    "כלי דם",
    "石灰化" * 30,
    "a b",
]


@pytest.fixture(scope="module")
def entities(guide: Dataset) -> list[str]:
    return [path for path in things(guide) if path.startswith("id/")]


def _drawn(page: Element, layout: str) -> list[Element]:
    found = page.all("svg", **{"class": layout})
    return [a for svg in found for a in svg.all("a") if "aria-label" in a.attributes]


def _listed(page: Element) -> set[str]:
    """Where the statements of the rows lead, but for their marks, conditions and origins."""
    rows = [e for e in page.walk() if "data-statement" in e.attributes]
    links = {
        a["href"]
        for row in rows
        for a in row.all("a")
        if not a.within("sup") and not {"how", "ways", "by"} & _classes_around(a, row)
    }
    return {link for link in links if link.startswith("/")}


def _classes_around(element: Element, outermost: Element) -> set[str]:
    found: set[str] = set()
    while element is not outermost and element.parent is not None:
        element = element.parent
        found |= set(element["class"].split())
    return found


def test_the_picture_and_the_facts_lead_to_the_same_things(
    client: FlaskClient, entities: list[str]
) -> None:
    complete = 0
    for path in entities:
        page = read(client.get(f"/{path}.html").text)
        for follows in page.all("section", aria_labelledby="follows"):
            follows.content.clear()
        for matches in page.all("section", aria_labelledby="elsewhere"):
            matches.content.clear()
        for layout in DRAWINGS:
            drawn = {a["href"] for a in _drawn(page, layout)}
            if "#says" in drawn:
                assert drawn - {"#says"} < _listed(page), path
            else:
                assert drawn == _listed(page), path
                complete += 1
    assert complete >= 2 * (len(entities) - 2)


def test_both_drawings_hold_the_same_links_with_their_relation(client: FlaskClient) -> None:
    page = read(client.get("/id/diet.html").text)
    wide, narrow = ([(a["href"], a["aria-label"]) for a in _drawn(page, x)] for x in DRAWINGS)
    assert wide == narrow
    assert ("/id/calcification", "Undoing deposits (denied): Calcification") in wide
    assert ("/id/calcification", "Undoing deposits (not proven): Calcification") in wide


def test_what_is_left_out_is_counted(guide: Dataset) -> None:
    page = describe_entity(guide, guide.base + "id/guide")
    assert page.picture
    boxes = page.picture.wide.boxes
    (more,) = [box for box in boxes if box.link is None]
    assert more.text.lines[0].startswith(f"and {17 - MOST_OF_A_RELATION} more")


def _branches(relations: int, links: int, label: str) -> list[Branch]:
    link = Link(Name(label, "https://guide.example/id/x"), "plain")
    return [Branch(f"{label} {n}", (link,) * links, 0) for n in range(relations)]


@pytest.mark.parametrize("layout", DRAWINGS)
@pytest.mark.parametrize("label", AWKWARD)
def test_nothing_is_drawn_outside_or_over_another_box(layout: str, label: str) -> None:
    draw, width = DRAWINGS[layout]
    picture = draw(label, _branches(4, MOST // 4, label))
    assert picture.width == width
    boxes = [picture.centre, *picture.boxes]
    for box in boxes:
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= picture.width and box.y + box.height <= picture.height
        assert len(box.text.lines) <= 3 and all(len(line) <= 45 for line in box.text.lines)
    for box, below in zip(picture.boxes, picture.boxes[1:], strict=False):
        assert box.y + box.height < below.y
    assert all(0 <= n <= picture.height for _, path in picture.paths for n in _heights(path))


def _heights(path: str) -> list[float]:
    """The heights that a path passes through: the second number of each pair, and V."""
    pairs = re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)
    return [float(y) for _, y in pairs] + [float(y) for y in re.findall(r"V(-?[\d.]+)", path)]


@pytest.mark.parametrize("layout", DRAWINGS)
def test_a_picture_of_one_link_is_a_picture(layout: str) -> None:
    picture: Picture = DRAWINGS[layout][0]("Pearl", _branches(1, 1, "Fin"))
    assert len(picture.boxes) == 1
    assert picture.height < 160
