"""Validators, conditions and content codings of answers: RFC 9110, sections 8.8, 13 and 12.5.3."""

import functools
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from flask import Response, g, request
from werkzeug.http import http_date

from calcguide.views.negotiation import weight
from calcguide.views.problems import problem
from calcguide.views.site import site

GZIP: Final = "gzip"
IDENTITY: Final = "identity"
"""No coding at all: a coding of that name by section 12.5.3."""
SMALLEST: Final = 1_024
"""Bytes from which on packing saves a packet on the way."""

_LEVEL: Final = 5
"""Packs a page of 30 kB in 0.3 ms, to within 1 % of what the highest level needs."""
_PACKED: Final = ("application/gzip",)
"""Media types that are packed already."""
_LEAST: Final = 0.0001
"""Less than any weight that a client can give."""
_DATES: Final = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""The forms of an HTTP-date (section 5.6.7)."""


def offer(packed: bytes) -> None:
    """Have these bytes ready as the gzip form of the answer to this request."""
    g.packed = packed


@functools.lru_cache(maxsize=256)
def weights(accept_encoding: str | None) -> Mapping[str, float]:
    """Return the weight of each coding on offer that a client accepts, those of no weight left out.

    Without the header only the plain form counts, though any would be acceptable: who does not ask
    may not unpack. With it the plain form stays acceptable unless it is excluded, and comes after
    every coding that is named.
    """
    if accept_encoding is None:
        return {IDENTITY: 1.0}
    listed = {}
    for element in accept_encoding.lower().split(","):
        name, _, parameters = element.partition(";")
        listed[name.strip().removeprefix("x-")] = weight(parameters)
    anything = listed.get("*")
    found = {
        GZIP: listed.get(GZIP, anything or 0.0),
        IDENTITY: listed.get(IDENTITY, _LEAST if anything is None else anything),
    }
    return {coding: given for coding, given in found.items() if given > 0}


def known(tag: str) -> str | None:
    """Return the tag of a form of the answer that the client has and accepts, else None.

    `tag` is the entity tag of the answer without a coding. If-None-Match compares weakly (section
    13.1.2); among forms that are equally right, the one that is there already is chosen.
    """
    if request.method not in ("GET", "HEAD"):
        return None
    has = request.if_none_match
    accepted = weights(request.headers.get("Accept-Encoding"))
    tags = (_tag_of(tag, coding) for coding in accepted)
    return next((tag for tag in tags if has.is_strong(tag) or has.is_weak(tag)), None)


def complete(response: Response) -> Response:
    """Return a successful response with validators and in the coding that the client prefers.

    It is empty, with status 304, where the client has it; a 406 where no coding is acceptable.
    Any other response is returned as it is.
    """
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        return response
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    if response.direct_passthrough:  # a file of the site's look: it is read here, and closed
        response.direct_passthrough = False
        response.make_sequence()
        response.close()
    if response.status_code == HTTPStatus.OK and request.method != "OPTIONS":
        return _completed(response)
    return response


def _completed(response: Response) -> Response:
    coding = _chosen(response)
    if coding is None:
        detail = "None of the accepted content codings is on offer. On offer: gzip, identity."
        refused = problem(HTTPStatus.NOT_ACCEPTABLE, detail, {"offered": [GZIP, IDENTITY]})
        refused.vary.add("Accept-Encoding")
        return refused
    if response.headers.setdefault("Cache-Control", "no-cache") != "no-store":
        response.add_etag()
        response.headers.setdefault("Last-Modified", _written(site().since))
        if _is_had(response, coding):
            response.status_code = HTTPStatus.NOT_MODIFIED
            response.set_data(b"")
            return response
    if coding == GZIP:
        packed = g.get("packed") or gzip.compress(response.get_data(), _LEVEL, mtime=0)
        response.set_data(packed)
        response.content_encoding = GZIP
    return response


def _chosen(response: Response) -> str | None:
    """The coding that the client prefers; what gains nothing is packed for none who takes it so."""
    accepted = dict(weights(request.headers.get("Accept-Encoding")))
    if response.mimetype in _PACKED:
        accepted.pop(GZIP, None)
    elif len(response.get_data()) < SMALLEST and IDENTITY in accepted:
        return IDENTITY
    return max(accepted, key=lambda coding: accepted[coding], default=None)


def _is_had(response: Response, coding: str) -> bool:
    """Whether the client has the answer; give it the tag of the form that it has, or will get.

    If-Modified-Since counts where there is no If-None-Match (section 13.1.3).
    """
    tag, weak = response.get_etag()
    tag = tag or ""
    own = _tag_of(tag, coding)
    had: str | None = None
    if request.method in ("GET", "HEAD"):
        if "If-None-Match" in request.headers:
            had = known(tag) or (own if request.if_none_match.star_tag else None)
        elif "If-Modified-Since" in request.headers and response.last_modified:
            asked = _date(request.headers["If-Modified-Since"])
            had = own if asked is not None and response.last_modified <= asked else None
    if tag != (had or own):
        response.set_etag(had or own, weak=bool(weak))
    return had is not None


@functools.lru_cache(maxsize=8)
def _written(moment: datetime) -> str:
    return http_date(moment)


def _date(text: str) -> datetime | None:
    """The moment that an HTTP-date names; None for anything else, which is to be passed over."""
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _tag_of(tag: str, coding: str) -> str:
    """Each coding of the same content has a tag of its own (section 8.8.3.3)."""
    return tag if coding == IDENTITY else f"{tag}-{coding}"
