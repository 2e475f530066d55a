"""The composition root of the HTTP side: the only place where the views meet."""

import functools
import secrets
from datetime import UTC, datetime
from importlib import metadata

from flask import Flask, Response, send_from_directory

from calcguide import posted
from calcguide.counts import Counts
from calcguide.dataset import Dataset
from calcguide.posted import Judgement, Posted
from calcguide.query import Workers, evaluate
from calcguide.settings import Settings
from calcguide.validation import Verdict
from calcguide.views import problems, signposting
from calcguide.views.alignments import alignments
from calcguide.views.browse import browsing
from calcguide.views.compare import comparing
from calcguide.views.completion import Completion
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
from calcguide.views.sparql import Endpoint, endpoint
from calcguide.views.void import void

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
    counts: Counts | None = None,
) -> Flask:
    """Return the WSGI application that publishes one dataset.

    Queries are answered by the workers; without workers, in this process and unlimited. `counts`
    is where requests are counted, if anyone is to read that.
    """
    app = _Application(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["calcguide"] = site = Site(
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
    whole = Gate(Completion(Endpoint(app.wsgi_app, site), site.since), settings)
    prepared = Prepared(whole, settings.number("prepared_mb") * 1_000_000)
    app.wsgi_app = Observation(prepared, settings, counts or Counts())  # type: ignore[method-assign]
    return app


def _validate_elsewhere(workers: Workers, sent: Posted) -> Judgement:
    """Have a process of its own validate what was posted: it may kill its parser."""
    return Judgement.unpacked(workers.run(posted.ERRAND, sent.packed()))


def _release(verdict: Verdict | None) -> str:
    """The name of what is served: data, server and engine; given data are another each start."""
    data = verdict.fingerprint if verdict else secrets.token_hex()
    return " ".join([data, metadata.version("calcguide"), metadata.version("pyoxigraph")])
