"""Requests read from the bytes of a connection, answers written as bytes (RFC 9112).

Strict where two readers could understand a request differently: lines end with CRLF, a field is
not folded, there is one Host and one length, a coding is `chunked` or none. What is refused here is
answered by the application like all else, so that it is logged and counted (`REFUSED`).
"""

import functools
import io
import re
import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from calcguide.views.answering import Answering
from calcguide.views.gate import LONGEST_BODY, REFUSED, TOO_LARGE, Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_LONGEST_HEAD: Final = 65_536
"""Bytes of the request line and the fields."""
_LONGEST_CHUNK_LINE: Final = 256
"""Bytes of the line in front of a chunk."""
_LONGEST_IN_CHUNKS: Final = 2 * LONGEST_BODY
"""Bytes of a body in chunks, as it is sent."""
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_OFTEN: Final = 2_048
"""Bytes up to which the fields of a request are remembered: most come again and again."""

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_LINE: Final = re.compile(rb"(%s) ([\x21-\x7e\x80-\xff]+) HTTP/(\d)\.(\d)" % _TOKEN)
_FIELD: Final = re.compile(rb"(%s):([\t\x20-\x7e\x80-\xff]*)\r\n" % _TOKEN)
_BARE: Final = re.compile(rb"(?<!\r)\n|\A[^!#$%&'*+.^_`|~0-9A-Za-z\r-]")
"""What no head has: a line that does not end with CRLF, a method that begins with no letter."""
_ABSOLUTE: Final = re.compile(r"(?i)https?://([^/?#]*)(.*)", re.DOTALL)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})([ \t;][\t\x20-\x7e\x80-\xff]{0,200})?\r\n")
_ONLY_ONCE: Final = frozenset({"CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST"})
_NO_CONTENT: Final = ("204", "304")


class Malformed(Exception):
    """A request that is refused before the application has seen it: status and detail."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.refusal: Refusal = status, detail


class Request(NamedTuple):
    """A whole request, and whether its connection stays after the answer."""

    environ: "WSGIEnvironment"
    keeps: bool


class _Fields(NamedTuple):
    environ: Mapping[str, str]
    length: int
    is_chunked: bool
    keeps: bool | None
    """What the client says of the connection."""
    expects: bool
    """Whether the client waits for 100 Continue."""


class Reader:
    """What has come in on a connection and is not answered yet."""

    def __init__(self, constant: "WSGIEnvironment", inbox: bytes = b"") -> None:
        """Read on from what has come in; `constant` is the part of the environment that stays."""
        self._constant = constant
        self.inbox: bytes | bytearray = inbox
        self._forget()

    def _forget(self) -> None:
        self._head: tuple[re.Match[bytes], _Fields] | None = None
        self._searched = 0
        self._end = 0
        """Where the head ends; where the request ends, once it is whole."""
        self._start = 0
        """Where its body begins."""
        self._body = bytearray()
        """Of a body in chunks: the part that is decoded."""
        self.has_told = False
        """Whether the client has been told to go on."""

    @property
    def expects(self) -> bool:
        """Whether the client waits to be told to send the body (RFC 9110, section 10.1.1)."""
        is_said = self._head is not None and self._head[1].expects
        return is_said and self.knows_interim and not self.has_told

    @property
    def knows_interim(self) -> bool:
        """Whether an answer 100 may go before the one (RFC 9110, section 15.2)."""
        return self._head is not None and self._head[0][4] != b"0"

    def feed(self, content: bytes) -> None:
        """Add what has come in."""
        if not self.inbox:
            self.inbox = content
        else:
            if isinstance(self.inbox, bytes):
                self.inbox = bytearray(self.inbox)
            self.inbox += content

    def request(self) -> Request | None:
        """Return the first request once it is whole; raises Malformed.

        It stays until `drop`, so that it can be read again.
        """
        if self._head is None:
            self._head = self._read_head()
        if self._head is None:
            return None
        line, fields = self._head
        if fields.is_chunked:
            body = self._chunks()
        elif not fields.length:
            body = b""
        elif len(self.inbox) < self._end + fields.length:
            return None
        else:
            body = bytes(self.inbox[self._end : self._end + fields.length])
            self._end += fields.length
        if body is None:
            return None
        environ = {**self._constant, **fields.environ}
        if fields.is_chunked:
            environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        _address(environ, line)
        is_new = line[4] == b"1"
        return Request(environ, is_new if fields.keeps is None else fields.keeps)

    def drop(self) -> None:
        """Forget the request that was read: it is answered."""
        self.inbox = bytes(self.inbox[self._end :]) if len(self.inbox) > self._end else b""
        self._forget()

    def _read_head(self) -> tuple[re.Match[bytes], _Fields] | None:
        end = self.inbox.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0 or end + 4 > _LONGEST_HEAD:
            self._refuse_what_is_no_head()
            self._searched = len(self.inbox)
            return None
        start = 2 if self.inbox.startswith(b"\r\n") and end else 0  # section 2.2
        first = self.inbox.find(b"\r\n", start)
        line = _LINE.fullmatch(bytes(self.inbox[start:first]))
        if not line:
            raise Malformed(
                HTTPStatus.BAD_REQUEST,
                "The first line is a method, a target without spaces and HTTP/1.1.",
            )
        if line[3] != b"1":
            raise Malformed(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.")
        block = bytes(self.inbox[first + 2 : end + 2])
        fields = _often(block) if len(block) <= _OFTEN else _fields(block)
        if fields.is_chunked and line[4] == b"0":
            raise Malformed(HTTPStatus.BAD_REQUEST, "HTTP/1.0 knows no Transfer-Encoding.")
        self._start = self._end = end + 4
        return line, fields

    def _refuse_what_is_no_head(self) -> None:
        if len(self.inbox) > _LONGEST_HEAD:
            raise Malformed(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"Request line and header fields may have {_LONGEST_HEAD:,} bytes together.",
            )
        if _BARE.search(self.inbox, max(0, self._searched - 1)):
            raise Malformed(HTTPStatus.BAD_REQUEST, "This is no request of HTTP/1.1.")

    def _chunks(self) -> bytes | None:
        """Decode the chunks that are there; the body once the last one is (section 7.1)."""
        while True:
            line = self._chunk_line()
            if not line:
                return None
            size = int(line[1], 16)
            end = line.end() + size
            if len(self._body) + size > LONGEST_BODY or end - self._start > _LONGEST_IN_CHUNKS:
                raise Malformed(*TOO_LARGE)
            if not size:
                return self._after_trailer(line.end())
            if len(self.inbox) < end + 2:
                return None
            if self.inbox[end : end + 2] != b"\r\n":
                raise Malformed(HTTPStatus.BAD_REQUEST, "A chunk does not end where it should.")
            self._body += self.inbox[line.end() : end]
            self._end = end + 2

    def _chunk_line(self) -> re.Match[bytes] | None:
        """The line in front of a chunk, if it is there."""
        line = _CHUNK.match(self.inbox, self._end)
        if not line:
            rest = self.inbox[self._end : self._end + _LONGEST_CHUNK_LINE]
            if b"\n" in rest or len(rest) == _LONGEST_CHUNK_LINE:
                raise Malformed(HTTPStatus.BAD_REQUEST, "A chunk has no size in front of it.")
        return line

    def _after_trailer(self, start: int) -> bytes | None:
        """The body, once the fields after the last chunk are there; nothing is read from them."""
        if self.inbox.startswith(b"\r\n", start):
            self._end = start + 2
            return bytes(self._body)
        end = self.inbox.find(b"\r\n\r\n", start, start + _LONGEST_HEAD)
        if end < 0:
            if len(self.inbox) > start + _LONGEST_HEAD:
                raise Malformed(HTTPStatus.BAD_REQUEST, "The trailer does not end.")
            return None
        _fields(bytes(self.inbox[start : end + 2]))
        self._end = end + 4
        return bytes(self._body)


def refused(constant: "WSGIEnvironment", refusal: Refusal) -> Request:
    """Return a request that the application refuses, as it does all others, and then closes."""
    environ = constant | {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "",
        "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(),
        REFUSED: refusal,
    }
    return Request(environ, keeps=False)


def answer(application: Answering, request: Request) -> tuple[bytes, bool]:
    """Return the whole answer of an application, and whether the connection stays."""
    status, headers, body = application(request.environ)
    named = dict(headers)
    keeps = request.keeps and "Connection" not in named  # the application says no more than `close`
    more = []
    if "Content-Length" not in named and status[:3] not in _NO_CONTENT:
        more.append(("Content-Length", str(len(body))))
    if not keeps and "Connection" not in named:
        more.append(("Connection", "close"))
    elif keeps and "HTTP_CONNECTION" in request.environ:  # HTTP/1.0 wants to be told
        more.append(("Connection", "keep-alive"))
    lines = [f"{name}: {value}\r\n" for name, value in (*headers, *more)]
    head = f"HTTP/1.1 {status}\r\nDate: {_date(int(time.time()))}\r\n{''.join(lines)}"
    if head.count("\n") != len(lines) + 2 or head.count("\r") != len(lines) + 2:
        raise ValueError("A header field has more than one line.")
    if request.environ["REQUEST_METHOD"] == "HEAD":
        body = b""
    return head.encode("latin-1") + b"\r\n" + body, keeps


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    """The moment as Date has it (RFC 9110, section 6.6.1)."""
    return formatdate(second, usegmt=True)


def _address(environ: "WSGIEnvironment", line: re.Match[bytes]) -> None:
    target = line[2].decode("latin-1")
    if target[0] != "/" and target != "*":
        absolute = _ABSOLUTE.fullmatch(target)  # RFC 9112, section 3.2.2
        if not absolute:
            raise Malformed(HTTPStatus.BAD_REQUEST, "A request target begins with a slash.")
        environ["HTTP_HOST"], target = absolute[1], absolute[2]
        if not target.startswith("/"):
            target = f"/{target}"
    path, _, environ["QUERY_STRING"] = target.partition("?")
    if "%" in path:
        path = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
    environ["PATH_INFO"] = path
    environ["REQUEST_METHOD"] = line[1].decode("ascii")


def _fields(block: bytes) -> _Fields:
    """Read the header fields, each ended by CRLF; raises Malformed."""
    environ: dict[str, str] = {}
    position = 0
    while position < len(block):
        field = _FIELD.match(block, position)
        if not field:
            raise Malformed(
                HTTPStatus.BAD_REQUEST,
                "A header field is a name, a colon and a value on one line that ends with CRLF.",
            )
        position = field.end()
        if b"_" in field[1]:  # in the environment it would be taken for another
            continue
        key = field[1].decode("ascii").upper().replace("-", "_")
        if key not in ("CONTENT_LENGTH", "CONTENT_TYPE"):
            key = f"HTTP_{key}"
        value = field[2].strip(b" \t").decode("latin-1")
        if key not in environ:
            environ[key] = value
        elif key in _ONLY_ONCE:
            name = field[1].decode("ascii")
            raise Malformed(HTTPStatus.BAD_REQUEST, f"There are several {name} fields. Send one.")
        else:
            environ[key] += f", {value}"
    return _framing(environ)


def _framing(environ: dict[str, str]) -> _Fields:
    length, coding = environ.get("CONTENT_LENGTH"), environ.pop("HTTP_TRANSFER_ENCODING", None)
    if length is not None and coding is not None:
        raise Malformed(
            HTTPStatus.BAD_REQUEST, "Send a Content-Length or a Transfer-Encoding, not both."
        )
    if length is not None and not re.fullmatch("[0-9]+", length):
        raise Malformed(HTTPStatus.BAD_REQUEST, "The Content-Length is not a number.")
    if length and (len(length) > 18 or int(length) > LONGEST_BODY):
        raise Malformed(*TOO_LARGE)
    if coding is not None and coding.lower() != "chunked":
        raise Malformed(
            HTTPStatus.NOT_IMPLEMENTED, "The only Transfer-Encoding that is read is chunked."
        )
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Malformed(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body without a Content-Encoding."
        )
    said = {each.strip().lower() for each in environ.get("HTTP_CONNECTION", "").split(",")}
    keeps = False if "close" in said else True if "keep-alive" in said else None
    expects = environ.pop("HTTP_EXPECT", "").lower() == "100-continue"
    return _Fields(environ, int(length or 0), coding is not None, keeps, expects)


_often = functools.lru_cache(maxsize=1024)(_fields)
