"""The ways to send a query, and the ways in which one might try to send an update."""

from collections.abc import Callable
from typing import Any, Final

Request = Callable[[str], dict[str, Any]]
"""Makes the arguments of the test client's `open` from a query or update."""

QUERY_WAYS: Final[dict[str, Request]] = {
    "GET": lambda query: {"method": "GET", "query_string": {"query": query}},
    "form": lambda query: {"method": "POST", "data": {"query": query}},
    "direct": lambda query: {
        "method": "POST",
        "data": query.encode(),
        "content_type": "application/sparql-query",
    },
}

UPDATE_WAYS: Final[dict[str, Request]] = {
    "form": lambda update: {"method": "POST", "data": {"update": update}},
    "direct": lambda update: {
        "method": "POST",
        "data": update.encode(),
        "content_type": "application/sparql-update",
    },
    "GET": lambda update: {"method": "GET", "query_string": {"update": update}},
    "beside a query": lambda update: {
        "method": "POST",
        "data": {"update": update, "query": "ASK {}"},
    },
    **{f"as a query, {way}": request for way, request in QUERY_WAYS.items()},
}
