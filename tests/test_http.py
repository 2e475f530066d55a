"""Requests are read from bytes, and answers written as bytes, as RFC 9112 has it."""

import contextlib
import re
import time
from collections.abc import Callable, Iterable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import pytest

from calcguide.serving.http import Malformed, Reader, Request, answer, refused
from calcguide.views.answering import Answering, Headers, Response, from_wsgi
from calcguide.views.gate import LONGEST_BODY, REFUSED

CONSTANT = {"wsgi.url_scheme": "http", "REMOTE_ADDR": ""}
HOST = b"Host: localhost\r\n"
LONGEST_HEAD = 65_536
GET = b"GET / HTTP/1.1"

Read = tuple[str, str, str, bytes, bool]
"""Method, path, query, body, and whether the connection stays."""


def head(line: bytes = GET, *fields: bytes) -> bytes:
    return b"".join(each + b"\r\n" for each in (line, b"Host: localhost", *fields, b""))


def posted(*fields: bytes, body: bytes = b"") -> bytes:
    return head(b"POST /sparql HTTP/1.1", *fields) + body


def chunked(*pieces: bytes) -> bytes:
    return posted(b"Transfer-Encoding: chunked", body=b"".join(pieces))


def got(path: str = "/", query: str = "", keeps: bool = True) -> Read:
    return "GET", path, query, b"", keeps


def sent(body: bytes) -> Read:
    return "POST", "/sparql", "", body, True


GOOD: dict[str, tuple[bytes, Read]] = {
    "as short as can be": (head(), got()),
    "path and query": (head(b"GET /search?q=a?b HTTP/1.1"), got("/search", "q=a?b")),
    "an empty query": (head(b"GET /search? HTTP/1.1"), got("/search")),
    "escapes in the path only": (
        head(b"GET /a%20b%2Fc?q=%20 HTTP/1.1"),
        got("/a b/c", "q=%20"),
    ),
    "escapes of UTF-8, as WSGI has them": (head(b"GET /%C3%A9 HTTP/1.1"), got("/Ã©")),
    "escapes that are none": (head(b"GET /%zz% HTTP/1.1"), got("/%zz%")),
    "a path with two slashes": (head(b"GET //a HTTP/1.1"), got("//a")),
    "absolute form": (head(b"GET http://localhost/a?b HTTP/1.1"), got("/a", "b")),
    "absolute form without a path": (head(b"GET http://localhost HTTP/1.1"), got()),
    "absolute form with a query only": (
        head(b"GET http://localhost?q=a HTTP/1.1"),
        got("/", "q=a"),
    ),
    "absolute form in capitals": (head(b"GET HTTP://localhost/A HTTP/1.1"), got("/A")),
    "the whole server": (
        head(b"OPTIONS * HTTP/1.1"),
        ("OPTIONS", "*", "", b"", True),
    ),
    "a method that nobody knows": (head(b"BREW / HTTP/1.1"), ("BREW", "/", "", b"", True)),
    "an empty line in front": (b"\r\n" + head(), got()),
    "HTTP/1.0": (head(b"GET / HTTP/1.0"), got(keeps=False)),
    "HTTP/1.0 that stays": (
        head(b"GET / HTTP/1.0", b"Connection: Keep-Alive"),
        got(keeps=True),
    ),
    "a connection that ends": (head(GET, b"Connection: close"), got(keeps=False)),
    "a connection of several options": (
        head(GET, b"Connection: TE , Close"),
        got(keeps=False),
    ),
    "close beats keep-alive": (
        head(GET, b"Connection: keep-alive", b"Connection: close"),
        got(keeps=False),
    ),
    "a head as long as may be": (
        head(GET, b"X: ".ljust(LONGEST_HEAD - len(head()) - 2, b"x")),
        got(),
    ),
    "a body": (posted(b"Content-Length: 6", body=b"ASK {}"), sent(b"ASK {}")),
    "a body of nothing": (posted(b"Content-Length: 0"), sent(b"")),
    "no body": (posted(), sent(b"")),
    "a body that looks like a request": (
        posted(b"Content-Length: %d" % len(head()), body=head()),
        sent(head()),
    ),
    "a body for GET": (
        head(GET, b"Content-Length: 2") + b"ab",
        ("GET", "/", "", b"ab", True),
    ),
    "a length with zeros": (posted(b"Content-Length: 0002", body=b"ab"), sent(b"ab")),
    "a body as it is": (
        posted(b"Content-Length: 2", b"Content-Encoding: identity", body=b"ab"),
        sent(b"ab"),
    ),
    "a body that waits to be asked for": (
        posted(b"Content-Length: 2", b"Expect: 100-continue", body=b"ab"),
        sent(b"ab"),
    ),
    "chunks": (chunked(b"3\r\nASK\r\n", b"3\r\n {}\r\n", b"0\r\n\r\n"), sent(b"ASK {}")),
    "no chunk but the last": (chunked(b"0\r\n\r\n"), sent(b"")),
    "a coding in capitals": (
        posted(b"Transfer-Encoding: CHUNKED", body=b"1\r\na\r\n0\r\n\r\n"),
        sent(b"a"),
    ),
    "sizes in hexadecimal": (
        chunked(b"0A\r\n0123456789\r\n", b"b\r\n0123456789a\r\n", b"000\r\n\r\n"),
        sent(b"01234567890123456789a"),
    ),
    "chunks that hold line ends": (chunked(b"4\r\n\r\n\r\n\r\n0\r\n\r\n"), sent(b"\r\n\r\n")),
    "chunk extensions": (
        chunked(b"1;a\r\na\r\n", b'1 ; b="c;d"\r\nb\r\n', b"0;e=f\r\n\r\n"),
        sent(b"ab"),
    ),
    "a trailer": (
        chunked(b"1\r\na\r\n0\r\nDigest: abc\r\nContent-Length: 7\r\n\r\n"),
        sent(b"a"),
    ),
}  # fmt: skip


def pieces(raw: bytes, size: int) -> Iterable[bytes]:
    return (raw[start : start + size] for start in range(0, len(raw), size))


def read(raw: bytes, size: int) -> list[Read]:
    """Return what is read of the bytes, where so many come at once."""
    reader = Reader(CONSTANT)
    found = []
    for piece in pieces(raw, size):
        reader.feed(piece)
        while reader.inbox:
            request = reader.request()
            if request is None:
                break
            found.append(shown(request))
            reader.drop()
    return found


def shown(request: Request) -> Read:
    environ = request.environ
    assert environ["wsgi.url_scheme"] == "http"
    body = environ["wsgi.input"].read()
    assert int(environ.get("CONTENT_LENGTH", 0)) == len(body)
    address = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
    return *address, body, request.keeps


@pytest.mark.parametrize("size", [1, 7, 1_000_000], ids=["bytes", "pieces", "whole"])
@pytest.mark.parametrize(("raw", "expected"), GOOD.values(), ids=GOOD.keys())
def test_a_request_is_read_in_whatever_pieces_it_comes(
    raw: bytes, expected: Read, size: int
) -> None:
    assert read(raw, size) == [expected]


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["bytes", "whole"])
@pytest.mark.parametrize(("raw", "expected"), GOOD.values(), ids=GOOD.keys())
def test_requests_that_come_together_are_read_one_after_the_other(
    raw: bytes, expected: Read, size: int
) -> None:
    after = head(b"GET /after HTTP/1.1")
    assert read(raw + raw + after, size) == [expected, expected, got("/after")]


@pytest.mark.parametrize(("raw", "expected"), GOOD.values(), ids=GOOD.keys())
def test_a_request_that_is_not_dropped_can_be_read_by_another(raw: bytes, expected: Read) -> None:
    first = Reader(CONSTANT)
    first.feed(raw + head())
    assert first.request()
    second = Reader(CONSTANT, bytes(first.inbox))
    request = second.request()
    assert request
    assert shown(request) == expected
    second.drop()
    assert second.inbox == head()


@pytest.mark.parametrize(("raw", "expected"), GOOD.values(), ids=GOOD.keys())
def test_nothing_is_read_before_a_request_is_whole(raw: bytes, expected: Read) -> None:
    reader = Reader(CONSTANT)
    for piece in [raw[:-4], raw[-4:-1]]:
        reader.feed(piece)
        assert reader.request() is None
    reader.feed(raw[-1:])
    assert reader.request()


@pytest.mark.parametrize("way", ["length", "one chunk", "chunks"])
@pytest.mark.parametrize("size", [65_536, 10_000_000], ids=["pieces", "whole"])
def test_a_body_may_be_as_long_as_the_limit(way: str, size: int) -> None:
    body = b"ASK {}".ljust(LONGEST_BODY)
    raw = {
        "length": posted(b"Content-Length: %d" % len(body), body=body),
        "one chunk": chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
        "chunks": chunked(
            *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces(body, 10_000)),
            b"0\r\n\r\n",
        ),
    }[way]
    assert read(raw, size) == [sent(body)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([b"Accept: a", b"accept: b"], {"HTTP_ACCEPT": "a, b"}),
        ([b"X-Empty:"], {"HTTP_X_EMPTY": ""}),
        ([b"X-Blanks: \t a b\t "], {"HTTP_X_BLANKS": "a b"}),
        ([b"X-Tight:a:b"], {"HTTP_X_TIGHT": "a:b"}),
        ([b"X-High: \xe9"], {"HTTP_X_HIGH": "é"}),
        ([b"Content-Type: text/csv"], {"CONTENT_TYPE": "text/csv"}),
        ([b"X_Under: a", b"X-Under: b"], {"HTTP_X_UNDER": "b"}),
        ([b"Content_Length: 5", b"Transfer_Encoding: chunked", b"Ho_st: evil.example"], {}),
        ([b"Expect: 100-continue", b"Connection: close"], {"HTTP_CONNECTION": "close"}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_fields_are_named_as_wsgi_has_it(fields: list[bytes], expected: dict[str, str]) -> None:
    reader = Reader(CONSTANT, head(GET, *fields))
    request = reader.request()
    assert request
    found = {
        name: value
        for name, value in request.environ.items()
        if name.startswith(("HTTP_", "CONTENT_"))
    }
    assert found == {"HTTP_HOST": "localhost"} | expected


def test_what_one_request_is_given_another_does_not_see() -> None:
    """The fields of a request are remembered: they must not be changed by an answer."""
    first, second = Reader(CONSTANT, head()), Reader(CONSTANT, head())
    request = first.request()
    assert request
    request.environ["HTTP_HOST"] = request.environ["wsgi.errors"] = "changed"
    again = second.request()
    assert again
    assert again.environ["HTTP_HOST"] == "localhost"
    assert "wsgi.errors" not in again.environ


@pytest.mark.parametrize(
    ("line", "host"),
    [
        (b"GET http://example.org/ HTTP/1.1", "example.org"),
        (b"GET https://example.org:8000?a HTTP/1.1", "example.org:8000"),
        (b"GET http://user@localhost/ HTTP/1.1", "user@localhost"),
        (b"GET http:///a HTTP/1.1", ""),
    ],
)
def test_the_host_of_an_absolute_target_beats_the_field(line: bytes, host: str) -> None:
    request = Reader(CONSTANT, head(line)).request()
    assert request
    assert request.environ["HTTP_HOST"] == host


def test_a_client_that_waits_is_told_to_go_on_once() -> None:
    reader = Reader(CONSTANT)
    reader.feed(posted(b"Content-Length: 2", b"Expect: 100-Continue"))
    assert reader.request() is None
    assert reader.expects
    reader.has_told = True
    assert not reader.expects
    reader.feed(b"ab")
    assert reader.request()
    reader.drop()
    assert not reader.has_told
    reader.feed(posted(b"Content-Length: 2"))
    assert reader.request() is None
    assert not reader.expects


def test_a_client_of_http_1_0_is_not_told_to_go_on() -> None:
    """It would take that for the answer."""
    reader = Reader(CONSTANT)
    reader.feed(head(b"POST / HTTP/1.0", b"Content-Length: 2", b"Expect: 100-continue"))
    assert reader.request() is None
    assert not reader.expects


BAD_REQUEST = HTTPStatus.BAD_REQUEST
TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
NOT_IMPLEMENTED = HTTPStatus.NOT_IMPLEMENTED
NOT_SUPPORTED = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
ENCODED = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
LONG_HEAD = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
CHUNKED = b"Transfer-Encoding: chunked"

BAD: dict[str, tuple[bytes, HTTPStatus]] = {
    # The first line
    "HTTP/0.9": (b"GET /\r\n\r\n", BAD_REQUEST),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NOT_SUPPORTED),
    "HTTP/3.0": (head(b"GET / HTTP/3.0"), NOT_SUPPORTED),
    "a protocol in small letters": (head(b"GET / http/1.1"), BAD_REQUEST),
    "another protocol": (head(b"GET / ICY/1.1"), BAD_REQUEST),
    "a version of three digits": (head(b"GET / HTTP/1.10"), BAD_REQUEST),
    "no target": (head(b"GET  HTTP/1.1"), BAD_REQUEST),
    "two blanks": (head(b"GET  / HTTP/1.1"), BAD_REQUEST),
    "a tab for a blank": (head(b"GET\t/ HTTP/1.1"), BAD_REQUEST),
    "a blank in front": (head(b" GET / HTTP/1.1"), BAD_REQUEST),
    "a blank at the end": (head(b"GET / HTTP/1.1 "), BAD_REQUEST),
    "a blank in the target": (head(b"GET /a b HTTP/1.1"), BAD_REQUEST),
    "a method that is no word": (head(b"GE(T / HTTP/1.1"), BAD_REQUEST),
    "NUL in the method": (head(b"G\0T / HTTP/1.1"), BAD_REQUEST),
    "NUL in the target": (head(b"GET /\0 HTTP/1.1"), BAD_REQUEST),
    "a control character in the target": (head(b"GET /\x1b HTTP/1.1"), BAD_REQUEST),
    "DEL in the target": (head(b"GET /\x7f HTTP/1.1"), BAD_REQUEST),
    "CR in the target": (head(b"GET /\r HTTP/1.1"), BAD_REQUEST),
    "a target without a slash": (head(b"GET sparql HTTP/1.1"), BAD_REQUEST),
    "a target of another scheme": (head(b"GET ftp://localhost/ HTTP/1.1"), BAD_REQUEST),
    "two empty lines in front, and no request": (b"\r\n\r\n", BAD_REQUEST),
    # Line ends
    "LF for all line ends": (b"GET / HTTP/1.1\nHost: localhost\n\n", BAD_REQUEST),
    "LF after the first line": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", BAD_REQUEST),
    "LF after a field": (head(GET, b"A: b\nC: d"), BAD_REQUEST),
    "CR in a field": (head(GET, b"A: b\rC: d"), BAD_REQUEST),
    "CR in front of a line end": (head(GET, b"A: b\r"), BAD_REQUEST),
    # Fields
    "a folded field": (head(GET, b"A: b", b" c"), BAD_REQUEST),
    "a field folded with a tab": (head(GET, b"A: b", b"\tc"), BAD_REQUEST),
    "the first field folded": (b"GET / HTTP/1.1\r\n " + HOST + b"\r\n", BAD_REQUEST),
    "a blank in front of the colon": (head(GET, b"Content-Length : 1"), BAD_REQUEST),
    "a blank in a name": (head(GET, b"Content Length: 1"), BAD_REQUEST),
    "a field without a colon": (head(GET, b"Content-Length"), BAD_REQUEST),
    "a field without a name": (head(GET, b": a"), BAD_REQUEST),
    "NUL in a name": (head(GET, b"A\0: b"), BAD_REQUEST),
    "NUL in a field": (head(GET, b"A: b\0c"), BAD_REQUEST),
    "a control character in a field": (head(GET, b"A: \x1b[0m"), BAD_REQUEST),
    "DEL in a field": (head(GET, b"A: \x7f"), BAD_REQUEST),
    "a name beyond ASCII": (head(GET, "É: a".encode()), BAD_REQUEST),
    "two hosts": (head(GET, b"Host: localhost"), BAD_REQUEST),
    "two hosts, one in capitals": (head(GET, b"HOST: evil.example"), BAD_REQUEST),
    "two types": (head(GET, b"Content-Type: a/b", b"Content-Type: a/b"), BAD_REQUEST),
    "a head without end": (b"GET / HTTP/1.1\r\nA: ".ljust(LONGEST_HEAD + 1, b"a"), LONG_HEAD),
    "a long head": (head(GET, b"A: ".ljust(LONGEST_HEAD, b"a")), LONG_HEAD),
    "many fields": (head(GET, *[b"A: b"] * 12_000), LONG_HEAD),
    "a first line without end": (b"GET /".ljust(LONGEST_HEAD + 1, b"a"), LONG_HEAD),
    # The length of the body
    "two lengths": (posted(b"Content-Length: 1", b"Content-Length: 2", body=b"a"), BAD_REQUEST),
    "the same length twice": (
        posted(b"Content-Length: 1", b"Content-Length: 1", body=b"a"),
        BAD_REQUEST,
    ),
    "a list of lengths": (posted(b"Content-Length: 1, 1", body=b"a"), BAD_REQUEST),
    "an empty length": (posted(b"Content-Length:", body=b"a"), BAD_REQUEST),
    "a length with a sign": (posted(b"Content-Length: +1", body=b"a"), BAD_REQUEST),
    "a negative length": (posted(b"Content-Length: -1", body=b"a"), BAD_REQUEST),
    "a length in hexadecimal": (posted(b"Content-Length: 0x1", body=b"a"), BAD_REQUEST),
    "a length with an underscore": (posted(b"Content-Length: 1_0", body=b"a"), BAD_REQUEST),
    "a length with a blank": (posted(b"Content-Length: 1 0", body=b"a"), BAD_REQUEST),
    "a length in other digits": (posted(b"Content-Length: \xb2", body=b"a"), BAD_REQUEST),
    "a body too long": (posted(b"Content-Length: %d" % (LONGEST_BODY + 1)), TOO_LARGE),
    "a length beyond 64 bits": (posted(b"Content-Length: " + b"9" * 30), TOO_LARGE),
    "a length of many digits": (posted(b"Content-Length: " + b"9" * 9_000), TOO_LARGE),
    "a length and chunks": (
        posted(b"Content-Length: 1", CHUNKED, body=b"0\r\n\r\n"),
        BAD_REQUEST,
    ),
    "chunks and a length": (
        posted(CHUNKED, b"Content-Length: 5", body=b"0\r\n\r\n"),
        BAD_REQUEST,
    ),
    "a length of nothing and chunks": (
        posted(b"Content-Length: 0", CHUNKED, body=b"0\r\n\r\n"),
        BAD_REQUEST,
    ),
    # Codings
    "gzip, chunked": (posted(b"Transfer-Encoding: gzip, chunked"), NOT_IMPLEMENTED),
    "chunked twice": (posted(b"Transfer-Encoding: chunked, chunked"), NOT_IMPLEMENTED),
    "chunked in two fields": (posted(CHUNKED, CHUNKED), NOT_IMPLEMENTED),
    "chunked, then nothing of it": (posted(CHUNKED, b"Transfer-Encoding: x"), NOT_IMPLEMENTED),
    "identity": (posted(b"Transfer-Encoding: identity"), NOT_IMPLEMENTED),
    "a coding that looks like chunked": (
        posted(b"Transfer-Encoding: \x0bchunked"),
        BAD_REQUEST,
    ),
    "a coding with a parameter": (posted(b"Transfer-Encoding: chunked;a"), NOT_IMPLEMENTED),
    "an empty coding": (posted(b"Transfer-Encoding:"), NOT_IMPLEMENTED),
    "chunks in HTTP/1.0": (
        head(b"POST / HTTP/1.0", CHUNKED) + b"0\r\n\r\n",
        BAD_REQUEST,
    ),
    "a body that is packed": (
        posted(b"Content-Encoding: gzip", b"Content-Length: 1", body=b"a"),
        ENCODED,
    ),
    "a body that is packed twice": (
        posted(b"Content-Encoding: identity", b"Content-Encoding: br", b"Content-Length: 0"),
        ENCODED,
    ),
    # Chunks
    "no size": (chunked(b"\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a size that is no number": (chunked(b"g\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a size with a sign": (chunked(b"+1\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a negative size": (chunked(b"-1\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a size with 0x": (chunked(b"0x1\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a size with an underscore": (chunked(b"1_0\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a blank in front of the size": (chunked(b" 1\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a size above the limit": (chunked(b"%x\r\n" % (LONGEST_BODY + 1)), TOO_LARGE),
    "a huge size": (chunked(b"ffffffff\r\n"), TOO_LARGE),
    "a size beyond 64 bits": (chunked(b"10000000000000001\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "chunks above the limit together": (
        chunked(b"80000\r\n", b"a" * 0x80000, b"\r\n80000\r\n", b"a" * 0x80000, b"\r\n1\r\n"),
        TOO_LARGE,
    ),
    "a chunk longer than its size": (chunked(b"1\r\nab\r\n0\r\n\r\n"), BAD_REQUEST),
    "a chunk shorter than its size": (chunked(b"3\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "LF after a size": (chunked(b"1\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "LF after a chunk": (chunked(b"1\r\na\n0\r\n\r\n"), BAD_REQUEST),
    "other bytes after a chunk": (chunked(b"1\r\nabb0\r\n\r\n"), BAD_REQUEST),
    "LF in an extension": (chunked(b"1;a\nb\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "NUL in an extension": (chunked(b"1;\0\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "a long extension": (chunked(b"1;".ljust(400, b"a"), b"\r\na\r\n0\r\n\r\n"), BAD_REQUEST),
    "an extension without end": (chunked(b"1;".ljust(400, b"a")), BAD_REQUEST),
    "a folded trailer": (chunked(b"0\r\nA: b\r\n c\r\n\r\n"), BAD_REQUEST),
    "a trailer that is no field": (chunked(b"0\r\nGET / HTTP/1.1\r\n\r\n"), BAD_REQUEST),
    "a trailer without end": (chunked(b"0\r\n", b"A: ".ljust(70_000, b"b")), BAD_REQUEST),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["bytes", "whole"])
@pytest.mark.parametrize(("raw", "status"), BAD.values(), ids=BAD.keys())
def test_what_two_readers_could_understand_differently_is_refused(
    raw: bytes, status: HTTPStatus, size: int
) -> None:
    with pytest.raises(Malformed) as caught:
        read(raw, size if len(raw) < 70_000 else 1_000)
    assert caught.value.refusal[0] == status
    assert re.fullmatch(r"[A-Z].*\.", caught.value.refusal[1])


@pytest.mark.parametrize("raw", [b"GET / HTTP/1.1\nHost: localhost\n\n", b"\x16\x03\x01\x02\x00"])
def test_nobody_waits_for_the_end_of_what_is_no_request(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw, 1)


HOSTILE = {
    "blanks, then NUL": head(GET, b"A: " + b" " * 2_000 + b"\0"),
    "blanks in a field": head(GET, b"A: b" + b" " * 60_000 + b"c"),
    "blanks and tabs in turns": head(GET, b"A: b" + b" \t" * 30_000 + b"c"),
    "a name without a colon": head(GET, b"A" * 60_000),
    "many names": head(GET, *[b"A%d: b" % number for number in range(6_000)]),
    "one name again and again": head(GET, *[b"A: b"] * 10_000),
    "a target of escapes": head(b"GET /" + b"%41" * 20_000 + b" HTTP/1.1"),
    "a connection of many options": head(GET, b"Connection: " + b"a," * 30_000),
    "a chunk extension": chunked(b"1 " + b" " * 200 + b";" * 40, b"\r\na\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["bytes", "whole"])
@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_head_takes_long_to_read(raw: bytes, size: int) -> None:
    """The thread that reads serves all connections of its front, and nobody watches it there."""
    started = time.process_time()
    with contextlib.suppress(Malformed):
        read(raw, size)
    assert time.process_time() - started < (0.5 if size == 1 else 0.1)


def test_chunks_with_much_around_them_are_not_held_without_end() -> None:
    reader = Reader(CONSTANT)
    reader.feed(chunked())
    piece = b"1;".ljust(200, b"x") + b"\r\na\r\n"
    with contextlib.suppress(Malformed):
        for _ in range(200):
            reader.feed(piece * 100)
            assert reader.request() is None
    assert len(reader.inbox) < 3 * LONGEST_BODY


def test_a_refusal_is_answered_by_the_application_and_ends_the_connection() -> None:
    request = refused(CONSTANT, (BAD_REQUEST, "It is wrong."))
    assert not request.keeps
    assert request.environ[REFUSED] == (BAD_REQUEST, "It is wrong.")
    assert CONSTANT.keys() <= request.environ.keys()
    assert request.environ["wsgi.input"].read() == b""
    assert REFUSED not in CONSTANT


def saying(
    status: str = "200 OK", headers: Headers | None = None, body: bytes = b"ab"
) -> Answering:
    """Return an application that always says the same."""
    return lambda _: Response(status, headers or [], body)


def answered(application: Answering, raw: bytes) -> tuple[str, Headers, bytes, bool]:
    """Return status line, fields, body of an answer, and whether the connection stays."""
    request = Reader(CONSTANT, raw).request()
    assert request
    content, keeps = answer(application, request)
    top, _, body = content.partition(b"\r\n\r\n")
    line, *fields = top.decode("latin-1").split("\r\n")
    return (
        line,
        [(name, value) for name, _, value in (f.partition(": ") for f in fields)],
        body,
        keeps,
    )


@pytest.mark.parametrize(
    ("raw", "keeps", "said"),
    [
        (head(), True, []),
        (head(GET, b"Connection: close"), False, ["close"]),
        (head(GET, b"Connection: keep-alive"), True, ["keep-alive"]),
        (head(b"GET / HTTP/1.0"), False, ["close"]),
        (head(b"GET / HTTP/1.0", b"Connection: keep-alive"), True, ["keep-alive"]),
    ],
)
def test_an_answer_says_whether_the_connection_stays(
    raw: bytes, keeps: bool, said: list[str]
) -> None:
    line, headers, body, stays = answered(saying(), raw)
    assert (line, body, stays) == ("HTTP/1.1 200 OK", b"ab", keeps)
    assert [value for name, value in headers if name == "Connection"] == said


def test_the_application_may_end_the_connection() -> None:
    _, headers, _, keeps = answered(
        saying("400 Bad Request", [("Connection", "close")]),
        head(GET, b"Connection: keep-alive"),
    )
    assert not keeps
    assert [value for name, value in headers if name == "Connection"] == ["close"]


def test_an_answer_has_its_date_and_the_fields_of_the_application_in_order() -> None:
    given = [("X-First", "1"), ("Link", "a"), ("Link", "é")]
    _, headers, _, _ = answered(saying(headers=given), head())
    assert [each for each in headers if each[0] != "Date"] == [*given, ("Content-Length", "2")]
    [date] = [value for name, value in headers if name == "Date"]
    assert date.endswith(" GMT")
    assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 3


@pytest.mark.parametrize(
    ("status", "headers", "body", "lengths"),
    [
        ("200 OK", [], b"ab", ["2"]),
        ("200 OK", [], b"", ["0"]),
        ("200 OK", [("Content-Length", "2")], b"ab", ["2"]),
        ("404 Not Found", [], b"ab", ["2"]),
        ("204 No Content", [], b"", []),
        ("304 Not Modified", [], b"", []),
    ],
)
def test_an_answer_has_one_length_where_it_may_have_a_body(
    status: str, headers: Headers, body: bytes, lengths: list[str]
) -> None:
    _, found, content, _ = answered(saying(status, headers, body), head())
    assert [value for name, value in found if name == "Content-Length"] == lengths
    assert content == body


@pytest.mark.parametrize("headers", [[], [("Content-Length", "2")]])
def test_head_is_answered_without_a_body(headers: Headers) -> None:
    _, found, content, _ = answered(saying(headers=headers), head(b"HEAD / HTTP/1.1"))
    assert content == b""
    assert ("Content-Length", "2") in found


@pytest.mark.parametrize(
    "field",
    [
        ("X-Hint", "a\r\nSet-Cookie: b"),
        ("X-Hint", "a\nSet-Cookie: b"),
        ("X-Hint", "a\rSet-Cookie: b"),
        ("X-Hint", "a\r\n\r\n<script>"),
        ("X-Hint\r\nA", "b"),
        ("X-Hint", "beyond Latin-1: \u2192"),
    ],
)
def test_a_field_of_more_than_one_line_is_never_sent(field: tuple[str, str]) -> None:
    request = Reader(CONSTANT, head()).request()
    assert request
    with pytest.raises(ValueError):
        answer(saying(headers=[field]), request)


def test_what_an_application_of_wsgi_says_in_pieces_is_whole_and_closed() -> None:
    class Body(list[bytes]):
        closed = False

        def close(self) -> None:
            self.closed = True

    body = Body([b"a", b"b"])

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("X-First", "1")])
        return body

    assert from_wsgi(application)({}) == ("200 OK", [("X-First", "1")], b"ab")
    assert body.closed
