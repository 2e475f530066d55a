"""The composition root of the HTTP side: the only place where the views meet."""

import functools

from flask import Flask, Response, request

from calcguide.dataset import Dataset
from calcguide.query import Workers, evaluate
from calcguide.settings import Settings
from calcguide.validation import Verdict
from calcguide.views import problems
from calcguide.views.documents import documents
from calcguide.views.gate import LONGEST_BODY, Gate
from calcguide.views.graph_store import graph_store
from calcguide.views.health import health
from calcguide.views.observation import Observation
from calcguide.views.pages import pages
from calcguide.views.site import Site
from calcguide.views.sparql import endpoint
from calcguide.views.void import void

CONTENT_SECURITY_POLICY = "; ".join(
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


def create_app(
    dataset: Dataset,
    settings: Settings,
    verdict: Verdict | None = None,
    workers: Workers | None = None,
) -> Flask:
    """Return the WSGI application that publishes one dataset.

    Queries are answered by the workers; without workers, in this process and unlimited.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["calcguide"] = Site(
        dataset,
        settings,
        verdict,
        workers.evaluate if workers else functools.partial(evaluate, dataset.store),
    )
    app.register_blueprint(pages)
    app.register_blueprint(documents)
    app.register_blueprint(endpoint)
    app.register_blueprint(graph_store)
    app.register_blueprint(health)
    app.register_blueprint(void)
    problems.register(app)
    app.after_request(_finish)
    app.wsgi_app = Observation(Gate(app.wsgi_app, settings), settings)  # type: ignore[method-assign]
    return app


def _finish(response: Response) -> Response:
    """Add what every response carries: validator, caching, CORS for data, security headers."""
    if response.status_code == 200 and not response.is_streamed:
        response.headers.setdefault("Cache-Control", "no-cache")
        response.add_etag()
        etag, _ = response.get_etag()
        if etag and request.if_none_match.contains_weak(etag):
            response.status_code = 304
            response.set_data(b"")
            del response.headers["Content-Length"]
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
        headers["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match"
    elif response.mimetype == "text/html":
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
    else:
        headers["Access-Control-Allow-Origin"] = "*"
    return response
