"""What has been answered once is answered again from memory, and never anything else."""

import time
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from werkzeug.test import Client, EnvironBuilder

from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.settings import Settings
from calcguide.views.answering import Response, to_wsgi
from calcguide.views.prepared import KEPT, Prepared

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SELECT = "/sparql?query=SELECT+%2A+%7B+%3Fs+a+%3Fc+%7D+LIMIT+3"


class Counting:
    """An application that says how often it was asked; a path decides what it says of storing."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, environ: "WSGIEnvironment") -> Response:
        self.asked += 1
        path = environ["PATH_INFO"]
        status = "404 NOT FOUND" if path == "/missing" else "200 OK"
        caching = "no-store" if path == "/changing" else "no-cache"
        headers = [("Cache-Control", caching), ("ETag", f'"{path}"')]
        time.sleep(0.03 if path.startswith("/dear") else 0)
        body = environ["wsgi.input"].read() or b"x" * (40_000 if path == "/large" else 10)
        return Response(status, headers, body)


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ({"path": "/a"}, {"path": "/a"}, 1),
        ({"path": "/a"}, {"path": "/b"}, 2),
        ({"path": "/a"}, {"path": "/a", "query_string": "q=1"}, 2),
        ({"path": "/a"}, {"path": "/a", "method": "HEAD"}, 2),
        ({"path": "/a"}, {"path": "/a", "headers": {"Accept": "text/turtle"}}, 2),
        ({"path": "/a"}, {"path": "/a", "headers": {"Accept-Encoding": "gzip"}}, 2),
        ({"path": "/a"}, {"path": "/a", "headers": {"Host": "example.org"}}, 2),
        ({"path": "/a"}, {"path": "/a", "headers": {"If-None-Match": '"/a"'}}, 1),
        ({"path": "/a"}, {"path": "/a", "headers": {"If-None-Match": '"b", "/a"'}}, 2),
        ({"path": "/a"}, {"path": "/a", "headers": {"If-Modified-Since": "x"}}, 2),
        ({"path": "/a", "method": "POST", "data": "1"}, {"path": "/a", "method": "POST",
          "data": "1"}, 1),
        ({"path": "/a", "method": "POST", "data": "1"}, {"path": "/a", "method": "POST",
          "data": "2"}, 2),
        ({"path": "/a", "method": "OPTIONS"}, {"path": "/a", "method": "OPTIONS"}, 2),
        ({"path": "/changing"}, {"path": "/changing"}, 2),
        ({"path": "/missing"}, {"path": "/missing"}, 2),
        ({"path": "/large"}, {"path": "/large"}, 2),
    ],
)  # fmt: skip
def test_only_the_same_request_is_answered_from_memory(
    first: dict[str, object], second: dict[str, object], asked: int
) -> None:
    counting = Counting()
    client = Client(to_wsgi(Prepared(counting, 200_000)))
    one = client.open(**first)  # type: ignore[arg-type]
    other = client.open(**second)  # type: ignore[arg-type]
    assert counting.asked == asked
    if asked == 1 and other.status_code == 200:
        assert (one.data, one.headers) == (other.data, other.headers)


def test_the_least_lately_used_answer_makes_room() -> None:
    counting = Counting()
    client = Client(to_wsgi(Prepared(counting, 12_000)))
    for path in ["/0", *(f"/{n}" for n in range(1, 11)), "/0", "/11", "/12", "/0"]:
        client.get(path)
    assert counting.asked == 13
    client.get("/1")
    assert counting.asked == 14


def test_what_an_answer_is_kept_under_takes_room_too() -> None:
    counting = Counting()
    client = Client(to_wsgi(Prepared(counting, 80_000)))
    for number in [*range(20), 0]:
        client.get("/a", query_string=f"q={number}" + "x" * 8_000)
    assert counting.asked == 21


def test_what_took_long_is_handed_on_as_far_as_an_eighth_of_the_room_goes() -> None:
    giving, taking = Prepared(Counting(), 30_000), Prepared(Counting(), 30_000)
    client = Client(to_wsgi(giving))
    for path in ["/cheap", "/dear/1", "/dear/2", "/dear/3", "/dear/4", "/dear/1"]:
        client.get(path)
    assert [key[2] for key, _ in giving.dear()] == ["/dear/3", "/dear/4", "/dear/1"]
    for each in giving.dear():
        taking.keep(*each)
    assert taking.dear() == giving.dear()


@pytest.mark.parametrize(("path", "is_kept"), [("/dear", True), ("/large", False)])
def test_only_what_is_kept_is_handed_on_with_its_answer(path: str, is_kept: bool) -> None:
    environ = EnvironBuilder(path).get_environ()
    Prepared(Counting(), 200_000)(environ)
    assert (KEPT in environ) == is_kept


@pytest.fixture(scope="module")
def app(guide: Dataset) -> Flask:
    return create_app(guide, Settings.read({}))


def test_templates_are_compiled_before_fronts_are_forked(guide: Dataset) -> None:
    app = create_app(guide, Settings.read({}, access_log="off"))
    app.share()
    assert app.jinja_env.cache is not None
    assert {name for _, name in app.jinja_env.cache} >= set(app.jinja_env.list_templates())


@pytest.mark.parametrize("path", ["/", "/id/calcification.ttl", SELECT, "/data", "/ontology"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_the_second_answer_is_the_first(app: Flask, path: str, method: str, coding: str) -> None:
    client = app.test_client()
    headers = {"Accept-Encoding": coding}
    one, other = (client.open(path, method=method, headers=headers) for _ in range(2))
    one.headers.pop("X-Request-Id")
    other.headers.pop("X-Request-Id")
    assert (one.status, one.data, one.headers) == (other.status, other.data, other.headers)
    known = client.open(
        path, method=method, headers=headers | {"If-None-Match": one.headers["ETag"]}
    )
    assert (known.status_code, known.data) == (304, b"")
    assert known.headers["ETag"] == one.headers["ETag"]
    assert known.headers.get("Vary") == one.headers.get("Vary")


@pytest.mark.parametrize("path", ["/health/ready", "/health/live", "/none", "/sparql?query=x"])
def test_what_may_not_be_stored_is_not_kept(app: Flask, path: str) -> None:
    assert app.test_client().get(path).headers["Cache-Control"] == "no-store"
