"""The picture of the body: where on it a place lies, as far as its match in Uberon is known."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.naming import Name, calc

WIDTH: Final = 380
HEIGHT: Final = 350
LABEL_WIDTH: Final = 112
LABEL_HEIGHT: Final = 28
"""A label is a target to press: at least 24 high (WCAG 2.2, 2.5.8)."""

_EXACT_MATCH: Final = NamedNode(terms.SKOS + "exactMatch")
_LIES_IN: Final = calc("locatedWithin")
_UBERON: Final = terms.OBO + "UBERON_"
_POINTS: Final = {
    "0000033": (190, 34),  # head
    "0000955": (190, 22),  # brain
    "0000974": (190, 66),  # neck
    "0002046": (190, 72),  # thyroid gland
    "0001467": (229, 90),  # shoulder
    "0002048": (174, 110),  # lung
    "0000310": (212, 120),  # breast
    "0000948": (202, 108),  # heart
    "0001637": (186, 130),  # artery
    "0002107": (178, 144),  # liver
    "0000945": (204, 148),  # stomach
    "0001461": (136, 152),  # elbow
    "0002113": (208, 164),  # kidney
    "0002097": (130, 178),  # skin of body
    "0001255": (190, 200),  # urinary bladder
    "0001464": (222, 204),  # hip
    "0001465": (172, 268),  # knee
    "0002387": (170, 336),  # foot
}
"""Term of Uberon, the anatomy of animals -> a point on the drawing, in its own units."""


@dataclass(frozen=True)
class Spot:
    """A place on the picture: its point, and where its label stands, on which side."""

    place: Name
    x: int
    y: int
    label_x: int
    label_y: int
    """The middle of the label's height."""

    @property
    def side(self) -> str:
        """`left` or `right` of the body."""
        return "left" if self.label_x < WIDTH / 2 else "right"

    @property
    def elbow(self) -> int:
        """The end of the line that leads from the point to the label."""
        return self.label_x + LABEL_WIDTH if self.side == "left" else self.label_x


@dataclass(frozen=True)
class Figure:
    """The spots on the body, from head to foot."""

    spots: tuple[Spot, ...]
    width: int = WIDTH
    height: int = HEIGHT
    label_width: int = LABEL_WIDTH
    label_height: int = LABEL_HEIGHT


def draw(dataset: Dataset, places: Iterable[Name]) -> Figure | None:
    """Return the picture of the places that Uberon knows; None where it knows none of them."""
    known = [(point, place) for place in places if (point := _point(dataset, place))]
    sides = (
        _beside([found for found in known if found[0][0] < WIDTH / 2], 0),
        _beside([found for found in known if found[0][0] >= WIDTH / 2], WIDTH - LABEL_WIDTH),
    )
    spots = sorted((spot for side in sides for spot in side), key=lambda s: (s.y, s.label_y))
    return Figure(tuple(spots)) if spots else None


def _point(dataset: Dataset, place: Name) -> tuple[int, int] | None:
    """The point of a place, or of what it lies in, by its exact match."""
    node = NamedNode(place.iri or "")
    for there in (node, *dataset.values(node, _LIES_IN)):
        for match in dataset.values(there, _EXACT_MATCH) if isinstance(there, NamedNode) else ():
            if isinstance(match, NamedNode) and match.value.startswith(_UBERON):
                point = _POINTS.get(match.value.removeprefix(_UBERON))
                if point:
                    return point
    return None


def _beside(known: list[tuple[tuple[int, int], Name]], label_x: int) -> list[Spot]:
    """The spots of one side, their labels one below the other without touching."""
    ordered = sorted(known, key=lambda found: (found[0][1], found[1].label))
    heights: list[int] = []
    for (_, y), _ in ordered:
        heights.append(max(y, heights[-1] + LABEL_HEIGHT if heights else LABEL_HEIGHT // 2))
    lowest = HEIGHT - LABEL_HEIGHT // 2
    for number in reversed(range(len(heights))):
        heights[number] = min(heights[number], lowest)
        lowest = heights[number] - LABEL_HEIGHT
    return [
        Spot(place, x, y, label_x, label_y)
        for ((x, y), place), label_y in zip(ordered, heights, strict=True)
    ]
