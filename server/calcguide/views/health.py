"""Whether the server lives, whether it can answer queries, and what it is."""

from typing import Final

from flask import Blueprint, Response, jsonify

from calcguide.formats import SPARQL_JSON
from calcguide.query import Kind, Query
from calcguide.views.site import site

READY: Final = "/health/ready"

health = Blueprint("health", __name__)


@health.get("/health/live")
def live() -> Response:
    """Answer as long as a front process runs."""
    return _now("live")


@health.get(READY)
def ready() -> Response:
    """Answer once a query is answered; raises what that raises."""
    site().evaluate(Query("ASK {}", {Kind.BOOLEAN: SPARQL_JSON}))
    return _now("ready")


@health.get("/version")
def version() -> Response:
    """Answer with the versions of the server and of the dataset."""
    return jsonify(server=site().server_version, dataset=site().dataset.version)


def _now(status: str) -> Response:
    """How it is at this moment: an answer that holds for no other."""
    response = jsonify(status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
