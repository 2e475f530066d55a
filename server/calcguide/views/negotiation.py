"""Content negotiation by media type: RFC 9110, section 12.5.1."""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from calcguide.errors import NotAcceptable
from calcguide.formats import Format

_ELEMENT = re.compile(r'(?:[^,"]|"[^"]*"?)+')
_PARAMETER = re.compile(r';\s*([\w.+-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_QVALUE = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)$")


@dataclass(frozen=True)
class MediaRange:
    """One element of an Accept header; `quality` is between 0 and 1."""

    type: str
    subtype: str
    quality: float

    @property
    def specificity(self) -> int:
        """2 for `text/turtle`, 1 for `text/*`, 0 for `*/*`."""
        return (self.type != "*") + (self.subtype != "*")

    def covers(self, media_type: str) -> bool:
        """Return whether the range includes a media type."""
        main, _, sub = media_type.partition("/")
        return self.type in ("*", main) and self.subtype in ("*", sub)


def media_ranges(accept: str) -> list[MediaRange]:
    """Return the elements of an Accept header; what is ill-formed is passed over.

    Parameters other than `q` do not narrow a range: every format here has one variant.
    """
    found = []
    for element in _ELEMENT.findall(accept):
        name, _, parameters = element.strip().partition(";")
        main, slash, sub = name.strip().lower().partition("/")
        if not (slash and main and sub) or (main == "*" and sub != "*"):
            continue
        found.append(MediaRange(main, sub, weight(parameters)))
    return found


def weight(parameters: str) -> float:
    """Return the `q` among parameters such as `charset=utf-8;q=0.5` (section 12.4.2).

    It is 1 where there is none, and an ill-formed one counts as 0.
    """
    for key, value in _PARAMETER.findall(";" + parameters):
        if key.lower() == "q":
            return float(value) if _QVALUE.match(value) else 0.0
    return 1.0


def negotiate(accept: str | None, offers: Sequence[Format]) -> Format:
    """Return the offer that the client prefers, under the media type that it asked for.

    A missing or empty header takes the first offer, and so does a tie.
    Raises NotAcceptable where each offer is excluded.
    """
    best = acceptable(accept, offers)
    if best is None:
        raise NotAcceptable([offer.media_type for offer in offers])
    return best


def acceptable(accept: str | None, offers: Sequence[Format]) -> Format | None:
    """Return the preferred offer, None where none is accepted."""
    header = (accept or "").strip()
    if not header:
        return offers[0]
    return (_usual if len(header) <= _USUAL_LENGTH else _best)(header, tuple(offers))


def _best(accept: str, offers: tuple[Format, ...]) -> Format | None:
    ranges = media_ranges(accept)
    best: Format | None = None
    highest = 0.0
    for offer in _with_aliases(offers):
        quality = _quality(offer.media_type, ranges)
        if quality > highest:
            best, highest = offer, quality
    return best


_USUAL_LENGTH: Final = 300
_usual = functools.lru_cache(maxsize=1000)(_best)
"""Clients send few different headers, of which browsers' are the longest: 150 characters."""


def _with_aliases(offers: Sequence[Format]) -> Iterable[Format]:
    """Each offer under its own media type first, then each under its aliases."""
    yield from offers
    for offer in offers:
        for alias in offer.aliases:
            yield replace(offer, media_type=alias)


def _quality(media_type: str, ranges: Sequence[MediaRange]) -> float:
    """The quality that the most specific matching range gives; 0 where none matches."""
    matching = [r for r in ranges if r.covers(media_type)]
    if not matching:
        return 0.0
    return max(matching, key=lambda r: (r.specificity, r.quality)).quality
