"""The composition root of the HTTP side: the only place where the views meet."""

import functools
import secrets
from datetime import UTC, datetime
from importlib import metadata

from flask import Flask, Response, request, send_from_directory

from calcguide import posted
from calcguide.dataset import Dataset
from calcguide.posted import Judgement, Posted
from calcguide.query import Workers, evaluate
from calcguide.settings import Settings
from calcguide.validation import Verdict
from calcguide.views import coding, problems, signposting
from calcguide.views.alignments import alignments
from calcguide.views.browse import browsing
from calcguide.views.compare import comparing
from calcguide.views.discovery import discovery
from calcguide.views.documents import documents
from calcguide.views.downloads import downloads
from calcguide.views.gate import LONGEST_BODY, Gate
from calcguide.views.graph_store import graph_store
from calcguide.views.health import health
from calcguide.views.observation import Observation
from calcguide.views.openapi import openapi
from calcguide.views.pages import pages
from calcguide.views.prepared import Prepared
from calcguide.views.query_page import query_editor
from calcguide.views.search import search
from calcguide.views.shacl import shacl
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

PAGE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of a page: it uses nothing of another host, and no other host may embed it."""
SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, X-Hint, X-Request-Id",
}
"""Headers of data, and of what leads to them: any page may read them."""
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-Modified-Since, If-None-Match",
    "Access-Control-Max-Age": "86400",
}

_BLUEPRINTS = (
    openapi,
    pages,
    alignments,
    browsing,
    comparing,
    discovery,
    documents,
    downloads,
    endpoint,
    graph_store,
    health,
    query_editor,
    search,
    shacl,
    void,
)


class _Application(Flask):
    def send_static_file(self, filename: str) -> Response:
        """Answer with a file of the site's look; its conditions are decided as all others are."""
        return send_from_directory(self.static_folder or "", filename, conditional=False)


def create_app(
    dataset: Dataset,
    settings: Settings,
    verdict: Verdict | None = None,
    workers: Workers | None = None,
) -> Flask:
    """Return the WSGI application that publishes one dataset.

    Queries are answered by the workers; without workers, in this process and unlimited.
    """
    app = _Application(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["calcguide"] = Site(
        dataset,
        settings,
        verdict,
        workers.evaluate if workers else functools.partial(evaluate, dataset),
        functools.partial(_validate_elsewhere, workers)
        if workers
        else functools.partial(posted.judge, dataset),
        _release(verdict),
        datetime.now(UTC).replace(microsecond=0),
    )
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    problems.register(app)
    signposting.register(app)
    app.after_request(_finish)
    prepared = Prepared(app.wsgi_app, settings.number("prepared_mb") * 1_000_000)
    app.wsgi_app = Observation(Gate(prepared, settings), settings)  # type: ignore[method-assign]
    return app


def _validate_elsewhere(workers: Workers, sent: Posted) -> Judgement:
    """Have a process of its own validate what was posted: it may kill its parser."""
    return Judgement.unpacked(workers.run(posted.ERRAND, sent.packed()))


def _release(verdict: Verdict | None) -> str:
    """The name of what is served: data, server and engine; given data are another each start."""
    data = verdict.fingerprint if verdict else secrets.token_hex()
    return " ".join([data, metadata.version("calcguide"), metadata.version("pyoxigraph")])


def _finish(response: Response) -> Response:
    """Add what every response carries: validators, caching, CORS for data, security headers."""
    response = coding.complete(response)
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        headers.update(PREFLIGHT)
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
    leads_on = request.method == "OPTIONS" or "Location" in headers
    is_page = response.mimetype == "text/html" and not leads_on
    headers.update(PAGE if is_page else SHARED)
    return response
