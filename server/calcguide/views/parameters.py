"""The parameters of a request, to the letter: what is ill-formed is refused, never guessed at."""

import re
from typing import Final
from urllib.parse import parse_qsl

from flask import abort, request
from werkzeug.datastructures import MultiDict

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def asked() -> MultiDict[str, str]:
    """Return the names and values in the query string; answers 400 as `decoded` does."""
    return MultiDict(decoded(request.query_string))


def decoded(form: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a query string or form.

    Answers 400 where it is not UTF-8, or a percent sign begins no percent-encoding.
    """
    written = text(form)
    bad = _BAD_ESCAPE.search(written)
    if bad:
        abort(
            400,
            f"{written[bad.start() : bad.start() + 3]!r} in the request is no percent-encoding. "
            "Write a percent sign as %25.",
        )
    try:
        return parse_qsl(written, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        abort(400, "What the request asks for is not UTF-8.")


def text(content: bytes) -> str:
    """Return the text of a query or form; answers 400 where it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        abort(400, "What the request asks for is not UTF-8.")
