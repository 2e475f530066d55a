"""The picture of the body has the places that Uberon knows, with labels that do not touch."""

import itertools

from pyoxigraph import NamedNode, Quad, Store

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.figure import HEIGHT, LABEL_HEIGHT, WIDTH, Spot, draw
from calcguide.description.home import describe_home
from calcguide.description.naming import Name, calc

KNEE, LUNG, HEART = ("0001465", "0002048", "0000948")


def places(*matches: str, kind: str = "exactMatch") -> tuple[Dataset, list[Name]]:
    """Invented places, each with a match in Uberon or another vocabulary."""
    dataset = Dataset(Store(), "https://guide.example/")
    found = []
    for number, match in enumerate(matches):
        iri = match if ":" in match else f"{terms.OBO}UBERON_{match}"
        node = dataset.iri(f"id/{number}")
        dataset.store.add(Quad(node, NamedNode(terms.SKOS + kind), NamedNode(iri)))
        found.append(Name(str(number), node.value))
    return dataset, found


def spots(dataset: Dataset, found: list[Name]) -> dict[str, Spot]:
    figure = draw(dataset, found)
    return {spot.place.label: spot for spot in figure.spots} if figure else {}


def test_every_place_of_the_guide_s_answers_is_on_the_picture(guide: Dataset) -> None:
    page = describe_home(guide)
    assert page is not None
    assert page.figure is not None
    assert {spot.place for spot in page.figure.spots} == set(page.places)
    assert len(page.places) == 7


def test_places_of_another_guide_are_found_by_their_exact_match() -> None:
    dataset, found = places(KNEE, LUNG, "http://example.com/knee", "9999999")
    assert spots(dataset, found).keys() == {"0", "1"}
    assert spots(*places(KNEE, kind="closeMatch")) == {}
    assert draw(dataset, found[2:]) is None


def test_a_place_without_a_match_lies_where_it_is_part_of_something() -> None:
    dataset, found = places(HEART)
    inside = dataset.iri("id/valve")
    dataset.store.add(Quad(inside, calc("locatedWithin"), NamedNode(found[0].iri or "")))
    drawn = spots(dataset, [*found, Name("valve", inside.value)])
    assert (drawn["valve"].x, drawn["valve"].y) == (drawn["0"].x, drawn["0"].y)


def test_labels_of_one_side_do_not_touch_and_stay_on_the_picture() -> None:
    drawn = spots(*places(*[HEART] * 5, *[LUNG] * 5)).values()
    for side in ("left", "right"):
        heights = sorted(spot.label_y for spot in drawn if spot.side == side)
        assert len(heights) == 5
        assert all(b - a >= LABEL_HEIGHT for a, b in itertools.pairwise(heights))
        assert heights[-1] + LABEL_HEIGHT // 2 <= HEIGHT
    assert {spot.elbow for spot in drawn} < set(range(WIDTH))


def test_labels_that_do_not_fit_below_move_up() -> None:
    drawn = spots(*places(*["0002387"] * 4)).values()
    assert max(spot.label_y for spot in drawn) + LABEL_HEIGHT // 2 <= HEIGHT
