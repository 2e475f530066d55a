"""Pages of what may be long: a part at a time, so that no page takes more work than another."""

from collections.abc import Iterable
from itertools import islice
from typing import Final, TypeVar

from pyoxigraph import NamedNode, Quad

from calcguide.dataset import Dataset
from calcguide.terms import RDF_TYPE

LENGTH: Final = 500
"""Entries, or links of one kind, on one page."""
MOST_PAGES: Final = 100
"""Pages of one thing: to find where a page begins, those before it are gone through."""

_Entry = TypeVar("_Entry")


class Paging:
    """Which page is shown, counted from 1, and whether more follow: known once all was read."""

    def __init__(self, number: int = 1, length: int = LENGTH) -> None:
        self.number = number
        self.more = False
        self._length = length

    def part(self, found: Iterable[_Entry]) -> list[_Entry]:
        """Return what is on the page of all that is found, as far as that must be read."""
        start = (self.number - 1) * self._length
        read = list(islice(found, start, start + self._length + 1))
        self.more = self.more or len(read) > self._length
        return read[: self._length]

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The number of the page after, None on the last."""
        return self.number + 1 if self.more and self.number < MOST_PAGES else None

    @property
    def whole(self) -> bool:
        """Whether everything is on this page."""
        return self.number == 1 and not self.more


def member_count(dataset: Dataset, type: NamedNode) -> int:
    """Return how many instances of a class are in use, as the statistics have it."""
    out_of_use = sum(
        Quad(NamedNode(iri), RDF_TYPE, type) in dataset.store for iri in dataset.out_of_use
    )
    return dataset.statistics.classes.get(type.value, 0) - out_of_use
