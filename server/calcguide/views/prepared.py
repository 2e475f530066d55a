"""Prepared answers: what an immutable release has answered once is answered again from memory.

Pages, documents, downloads and results alike: a whole response is kept under all that decides it,
up to a number of bytes in each front, the least lately used one going first. That of a query is
kept once it is asked again, unless it was dear: most never are, and would only displace what is. An
answer that may not be stored is not kept, so neither are errors.
"""

import io
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from calcguide.views.answering import Answering, Headers, Response
from calcguide.views.completion import OF_CONTENT
from calcguide.views.observation import QUERY_HASH

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_METHODS: Final = ("GET", "HEAD", "POST")
_LONGEST_BODY: Final = 16_384
"""Bytes of a request body up to which it is part of what an answer is kept under."""
_OVERHEAD: Final = 1_000
"""Bytes of a kept answer beside its body and what it is kept under, roughly."""

_KEY: Final = "calcguide.key"
"""Key of the WSGI environment: what the answer is kept under, None for nothing."""

KEPT: Final = "calcguide.kept"
"""Key of the WSGI environment: what has just been kept, for `Prepared.keep` of another process."""
_DEAR: Final = 0.02
"""Seconds after which an answer is kept though nobody has asked for it before, and is handed on to
the next front."""
_REMEMBERED: Final = 10_000
"""Queries that were asked once."""

Key = tuple[str | bytes, ...]


class _Kept(NamedTuple):
    status: str
    headers: Headers
    body: bytes
    tag: str
    query_hash: str | None
    size: int
    is_dear: bool


class Prepared:
    """An application that keeps the answers of another one, up to a number of bytes."""

    def __init__(self, application: Answering, largest: int) -> None:
        self._application = application
        self._largest = largest
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._once: OrderedDict[int, None] = OrderedDict()
        """Hashes of what was asked once and not kept."""
        self._size = 0
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment") -> Response:
        """Answer from memory, or let the application answer and keep that where it may be kept.

        A condition is decided here only where it names just the tag that is kept; any other is
        the application's to decide (RFC 9110, section 13).
        """
        key = environ[_KEY] if _KEY in environ else _key(environ)
        kept = self._find(key) if key else None
        conditional = "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ
        if kept and not conditional:
            return _answer(kept, environ)
        reads = environ["REQUEST_METHOD"] != "POST"  # section 13.1.2: 304 answers GET and HEAD
        if kept and reads and environ.get("HTTP_IF_NONE_MATCH") == kept.tag:
            return _not_modified(kept, environ)
        if key and not conditional:
            return self._answer_and_keep(key, environ)
        return self._application(environ)

    def has(self, environ: "WSGIEnvironment") -> bool:
        """Whether the answer is kept."""
        environ[_KEY] = key = _key(environ)
        return key in self._kept

    def _find(self, key: Key) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept:
                self._kept.move_to_end(key)
            return kept

    def _answer_and_keep(self, key: Key, environ: "WSGIEnvironment") -> Response:
        began = time.monotonic()
        answered = status, headers, body = self._application(environ)
        is_dear = time.monotonic() - began > _DEAR
        if QUERY_HASH in environ and self._is_new(key) and not is_dear:
            return answered
        named = dict(headers)
        tag = named.get("ETag")
        if not status.startswith("200") or not tag or "no-store" in named["Cache-Control"]:
            return answered
        size = len(body) + sum(map(len, key)) + _OVERHEAD
        kept = _Kept(status, headers, body, tag, environ.get(QUERY_HASH), size, is_dear)
        if self._keep(key, kept):
            environ[KEPT] = key, tuple(kept)
        return answered

    def keep(self, key: Key, kept: tuple[Any, ...]) -> None:
        """Keep what another process has kept: it stands in the environment there."""
        self._keep(key, _Kept(*kept))

    def dear(self) -> list[tuple[Key, tuple[Any, ...]]]:
        """Return what took long to make, for `keep` of another process: an eighth of the room."""
        room = self._largest // 8
        found = []
        with self._lock:
            for key, kept in reversed(self._kept.items()):
                if kept.is_dear and kept.size <= room:
                    found.append((key, tuple(kept)))
                    room -= kept.size
        return found[::-1]

    def _is_new(self, key: Key) -> bool:
        """Whether this was not asked before, as far as is remembered."""
        mark = hash(key)
        with self._lock:
            if mark in self._once:
                del self._once[mark]
                return False
            self._once[mark] = None
            if len(self._once) > _REMEMBERED:
                self._once.popitem(last=False)
            return True

    def _keep(self, key: Key, kept: _Kept) -> bool:
        """Keep an answer, but for one that would take an eighth of the room; return whether."""
        if kept.size > self._largest // 8:
            return False
        with self._lock:
            replaced = self._kept.pop(key, None)
            self._size += kept.size - (replaced.size if replaced else 0)
            self._kept[key] = kept
            while self._size > self._largest:
                _, oldest = self._kept.popitem(last=False)
                self._size -= oldest.size
        return True


def _key(environ: "WSGIEnvironment") -> Key | None:
    """All that decides the answer, None where that is not worth keeping, or not sure."""
    method = environ["REQUEST_METHOD"]
    if method not in _METHODS:
        return None
    get = environ.get
    decisive = (
        method,
        get("HTTP_HOST", ""),
        get("PATH_INFO", ""),
        get("QUERY_STRING", ""),
        get("CONTENT_TYPE", ""),
        get("HTTP_ACCEPT", ""),
        get("HTTP_ACCEPT_ENCODING", ""),
    )
    length = get("CONTENT_LENGTH") or ""
    if method != "POST":
        return None if length else decisive
    if not length.isdecimal() or int(length) > _LONGEST_BODY:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return (*decisive, body)


def _answer(kept: _Kept, environ: "WSGIEnvironment") -> Response:
    environ[QUERY_HASH] = kept.query_hash
    return Response(kept.status, kept.headers, kept.body)


def _not_modified(kept: _Kept, environ: "WSGIEnvironment") -> Response:
    """304 with the headers that a 200 would have, but for those of its content (15.4.5)."""
    environ[QUERY_HASH] = kept.query_hash
    headers = [each for each in kept.headers if each[0] not in OF_CONTENT]
    return Response("304 NOT MODIFIED", headers, b"")
