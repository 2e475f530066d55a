"""Exchanges: the requests and expected responses that a protocol manifest lists for a case."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from calcguide.dataset import Term
from tests.conformance.suites import MF, Case, items, text, value, values

HT: Final = "http://www.w3.org/2011/http#"
HTS: Final = "http://www.w3.org/2011/http-statusCodes#"
CNT: Final = "http://www.w3.org/2011/content#"
_STATUS: Final = {"OK": "200", "Created": "201", "NoContent": "204", "NotFound": "404"}


@dataclass(frozen=True)
class Exchange:
    """One request, and what may come back: `statuses` are such as `2`, for 2xx, or `404`."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statuses: tuple[str, ...]
    boolean: str
    format: str
    content: bytes

    @property
    def content_type(self) -> str:
        """The request's media type with its parameters, `""` where it has none."""
        return next((field for name, field in self.headers if name == "content-type"), "")

    def expects(self, status: int) -> bool:
        """Return whether a status is one of those expected."""
        return str(status).startswith(self.statuses)


def exchanges(case: Case) -> Iterator[Exchange]:
    """Yield the exchanges of a case in their order."""
    action = value(case.node, MF + "action")
    for request in items(value(action, HT + "requests") if action else None):
        response = value(request, HT + "resp")
        assert response is not None, f"{case.iri}: a request without response"
        yield Exchange(
            method=text(request, HT + "methodName"),
            path=text(request, HT + "absolutePath"),
            headers=tuple(_headers(request)),
            body=_body(request),
            statuses=tuple(
                _status(status.value.removeprefix(HTS))
                for status in values(response, MF + "expectedStatus")
                if hasattr(status, "value")
            ),
            boolean=text(response, MF + "expectedBoolean"),
            format=text(response, MF + "expectedFormat"),
            content=_body(response),
        )


def _status(name: str) -> str:
    return _STATUS.get(name) or name.removeprefix("StatusCode").removesuffix("xx")


def _headers(message: Term) -> Iterator[tuple[str, str]]:
    for header in items(value(message, HT + "headers")):
        yield text(header, HT + "fieldName").lower(), text(header, HT + "fieldValue")


def _body(message: Term) -> bytes:
    body = value(message, HT + "body")
    if body is None:
        return b""
    return text(body, CNT + "chars").encode(text(body, CNT + "characterEncoding"))
