"""What every answer carries: validators, a coding, and what other hosts may do with it.

Conditions and content codings are those of RFC 9110, sections 8.8, 13 and 12.5.3.
"""

import functools
import gzip
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from werkzeug.http import http_date, parse_etags

from calcguide.errors import NotAcceptable
from calcguide.views.answering import Answering, Headers, Response
from calcguide.views.negotiation import weight
from calcguide.views.problems import refuse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
PAGE: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of a page: it uses nothing of another host, and no other host may embed it."""
SHARED: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, X-Hint, X-Request-Id",
}
"""Headers of data, and of what leads to them: any page may read them."""
PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-Modified-Since, If-None-Match",
    "Access-Control-Max-Age": "86400",
}

PACKED: Final = "calcguide.packed"
"""Key of the WSGI environment: the gzip form of the answer, where that is at hand."""
OF_CONTENT: Final = ("Content-Encoding", "Content-Length", "Content-Type")
"""Headers that a 304 has no use for (RFC 9110, section 15.4.5)."""
GZIP: Final = "gzip"
IDENTITY: Final = "identity"
"""No coding at all: a coding of that name by section 12.5.3."""
SMALLEST: Final = 1_024
"""Bytes from which on packing saves a packet on the way."""

_OK: Final = "200 OK"
_NOT_MODIFIED: Final = "304 NOT MODIFIED"
_LEVEL: Final = 5
"""Packs a page of 30 kB in 0.3 ms, to within 1 % of what the highest level needs."""
_PACKED_TYPES: Final = ("application/gzip",)
"""Media types that are packed already."""
_LEAST: Final = 0.0001
"""Less than any weight that a client can give."""
_DATES: Final = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""The forms of an HTTP-date (section 5.6.7)."""


class Completion:
    """An application that completes the answers of another one.

    A successful answer gets validators and the coding that the client prefers; it is empty, with
    status 304, where the client has it. HEAD is asked as GET and answered without the content, so
    that both have the same headers (section 9.3.2).
    """

    def __init__(self, application: Answering, since: datetime) -> None:
        self._application = application
        self._since = http_date(since)

    def __call__(self, environ: "WSGIEnvironment") -> Response:
        """Answer a request in full."""
        method = environ["REQUEST_METHOD"]
        if method == "HEAD":
            environ["REQUEST_METHOD"] = "GET"
        try:
            status, headers, body = self._answer(environ)
        finally:
            environ["REQUEST_METHOD"] = method
        return Response(status, headers, b"" if method == "HEAD" else body)

    def _answer(self, environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
        status, headers, body = self._application(environ)
        named = dict(headers)
        added = {"X-Content-Type-Options": "nosniff"}
        if environ["REQUEST_METHOD"] == "OPTIONS":
            added |= PREFLIGHT | {"Access-Control-Allow-Methods": named.get("Allow", "")} | SHARED
            return status, _with(headers, added), body
        if status in (_OK, _NOT_MODIFIED):
            accepted = weights(environ.get("HTTP_ACCEPT_ENCODING"))
            coding = _chosen(accepted, named, body)
            if coding is None:
                return self._no_coding(environ)
            added["Vary"] = _listed(named.get("Vary"), "Accept-Encoding")
            if status == _OK:
                status, body = self._validated(environ, named, added, coding, body)
            else:
                added["Last-Modified"] = self._since
        is_page = named.get("Content-Type", "").startswith("text/html") and "Location" not in named
        added |= PAGE if is_page else SHARED
        if status == _NOT_MODIFIED:
            headers = [each for each in headers if each[0] not in OF_CONTENT]
            return status, _with(headers, added), b""
        added["Content-Length"] = str(len(body))
        return status, _with(headers, added), body

    def _no_coding(self, environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
        reason = "None of the accepted content codings is on offer."
        refuse(environ, NotAcceptable([GZIP, IDENTITY], reason))
        status, headers, body = self._application(environ)
        vary = next((value for name, value in headers if name == "Vary"), None)
        added = {"Vary": _listed(vary, "Accept-Encoding"), "X-Content-Type-Options": "nosniff"}
        is_page = any(value.startswith("text/html") for _, value in headers)
        return status, _with(headers, added | (PAGE if is_page else SHARED)), body

    def _validated(
        self,
        environ: "WSGIEnvironment",
        named: Mapping[str, str],
        added: dict[str, str],
        coding: str,
        body: bytes,
    ) -> tuple[str, bytes]:
        """Status and body of a 200, as far as the client has it; its headers go to `added`."""
        if named.get("Cache-Control") != "no-store":
            if "Cache-Control" not in named:
                added["Cache-Control"] = "no-cache"
            tag = named.get("ETag") or f'"{hashlib.sha1(body).hexdigest()}"'  # noqa: S324
            written = named.get("Last-Modified")
            if written is None:
                added["Last-Modified"] = written = self._since
            had = _had(environ, tag, written, coding)
            added["ETag"] = had or tag_of(tag, coding)
            if had:
                return _NOT_MODIFIED, b""
        if coding == GZIP:
            body = environ.get(PACKED) or gzip.compress(body, _LEVEL, mtime=0)
            added["Content-Encoding"] = GZIP
        return _OK, body


def offer(environ: "WSGIEnvironment", packed: bytes) -> None:
    """Have these bytes ready as the gzip form of the answer to this request."""
    environ[PACKED] = packed


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


def known(environ: "WSGIEnvironment", tag: str) -> str | None:
    """Return the tag of a form of the answer that the client has and accepts, else None.

    `tag` is the entity tag of the answer without a coding. If-None-Match compares weakly (section
    13.1.2); among forms that are equally right, the one that is there already is chosen.
    """
    has = environ.get("HTTP_IF_NONE_MATCH")
    if has is None or environ["REQUEST_METHOD"] == "POST":
        return None
    etags = parse_etags(has)
    for coding in weights(environ.get("HTTP_ACCEPT_ENCODING")):
        form = tag_of(tag, coding)
        opaque = form.removeprefix("W/")[1:-1]
        if etags.is_strong(opaque) or etags.is_weak(opaque):
            return form
    return None


def tag_of(tag: str, coding: str) -> str:
    """Return the tag of a form of the answer: each coding has one of its own (section 8.8.3.3)."""
    return tag if coding == IDENTITY else f'{tag[:-1]}-{coding}"'


def _with(headers: Headers, added: Mapping[str, str]) -> Headers:
    """The headers, with others in the place of those of the same name."""
    kept = [each for each in headers if each[0] not in added]
    return [*kept, *added.items()]


def _listed(value: str | None, more: str) -> str:
    return f"{value}, {more}" if value else more


def _chosen(accepted: Mapping[str, float], named: Mapping[str, str], body: bytes) -> str | None:
    """The coding that the client prefers; what gains nothing is packed for none who takes it so."""
    if len(accepted) == 1 and IDENTITY in accepted:
        return IDENTITY
    if named.get("Content-Type", "").partition(";")[0] in _PACKED_TYPES:
        accepted = {coding: given for coding, given in accepted.items() if coding != GZIP}
    elif len(body) < SMALLEST and IDENTITY in accepted:
        return IDENTITY
    return max(accepted, key=lambda coding: accepted[coding], default=None)


def _had(environ: "WSGIEnvironment", tag: str, written: str, coding: str) -> str | None:
    """The tag of the form of the answer that the client has, else None.

    If-Modified-Since counts where there is no If-None-Match (section 13.1.3).
    """
    if environ["REQUEST_METHOD"] == "POST":
        return None
    if "HTTP_IF_NONE_MATCH" in environ:
        everything = environ["HTTP_IF_NONE_MATCH"].strip() == "*"
        return known(environ, tag) or (tag_of(tag, coding) if everything else None)
    asked = _date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    changed = _date(written) if asked else None
    return tag_of(tag, coding) if asked and changed and changed <= asked else None


def _date(text: str | None) -> datetime | None:
    """The moment that an HTTP-date names; None for anything else, which is to be passed over."""
    for form in _DATES if text else ():
        try:
            return datetime.strptime(text or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
