"""The composition root of the HTTP side: the only place where the views meet."""

import functools
import secrets
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from flask import Flask, Response, send_from_directory

from calcguide import posted
from calcguide.counts import Counts
from calcguide.dataset import Dataset
from calcguide.posted import Judgement, Posted
from calcguide.query import Errands, Limits, evaluate
from calcguide.settings import Settings
from calcguide.validation import Verdict
from calcguide.views import problems, signposting
from calcguide.views.alignments import alignments
from calcguide.views.answering import Answering, from_wsgi, to_wsgi
from calcguide.views.browse import browsing
from calcguide.views.compare import comparing
from calcguide.views.completion import Completion
from calcguide.views.discovery import discovery
from calcguide.views.documents import documents
from calcguide.views.downloads import downloads
from calcguide.views.gate import LONGEST_BODY, Gate
from calcguide.views.graph_store import graph_store
from calcguide.views.health import READY, health
from calcguide.views.observation import Observation
from calcguide.views.openapi import openapi
from calcguide.views.pages import pages
from calcguide.views.prepared import Key, Prepared
from calcguide.views.query_page import query_editor
from calcguide.views.search import search
from calcguide.views.shacl import shacl
from calcguide.views.site import Site
from calcguide.views.sparql import CHECK, PATH, Endpoint, endpoint
from calcguide.views.void import void

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

EVALUATING: Final = frozenset({PATH, CHECK, READY})
"""Paths that evaluate a query."""
_WARMING: Final = 8
"""Queries after which a process has met what it needs of memory."""
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


class Application(Flask):
    """The WSGI application, and what a front asks of it."""

    answer: Answering
    """What answers all requests, as `wsgi_app` does."""
    prepared: Prepared
    answering: Answering
    """What answers a query that was not asked before."""

    def keep(self, key: Key, kept: tuple[Any, ...]) -> None:
        """Keep an answer that another front has made."""
        self.prepared.keep(key, kept)

    def dear(self) -> list[tuple[Key, tuple[Any, ...]]]:
        """Return the kept answers that took long to make, for `keep` of another front."""
        return self.prepared.dear()

    def is_led(self, environ: "WSGIEnvironment") -> bool:
        """Whether a request is answered by the thread that leads a front: at once, or watched.

        That is what is kept already, and all that evaluates a visitor's query.
        """
        return environ["PATH_INFO"] in EVALUATING or self.prepared.has(environ)

    def share(self) -> None:
        """Make what many answers need, so that fronts that are forked after that need not.

        That is templates, and what is known of a dataset in memory: one on disk is not opened yet.
        """
        for name in self.jinja_env.list_templates():
            self.jinja_env.get_template(name)
        if not self.extensions["calcguide"].dataset.is_on_disk:
            self._rehearse("/")
            self._rehearse("/search", q="calcification")

    def warm_up(self) -> None:
        """Answer what nobody has asked, so that this process meets its memory before it has to."""
        for number in range(_WARMING):
            self._rehearse(PATH, query=f"SELECT * {{ ?s ?p ?o }} LIMIT {number}")

    def _rehearse(self, path: str, **parameters: str) -> None:
        environ = {"PATH_INFO": path, "QUERY_STRING": urlencode(parameters)}
        setup_testing_defaults(environ)
        self.answering(environ)

    def send_static_file(self, filename: str) -> Response:
        """Answer with a file of the site's look; its conditions are decided as all others are."""
        return send_from_directory(self.static_folder or "", filename, conditional=False)


def create_app(
    dataset: Dataset,
    settings: Settings,
    verdict: Verdict | None = None,
    errands: Errands | None = None,
    counts: Counts | None = None,
) -> Application:
    """Return the WSGI application that publishes one dataset.

    What a visitor posts is validated by an errand; without errands, in this process and unlimited.
    `counts` is where requests are counted, if anyone is to read that.
    """
    app = Application(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["calcguide"] = site = Site(
        dataset,
        settings,
        verdict,
        functools.partial(evaluate, dataset, largest=Limits.read(settings).result),
        functools.partial(_validate_elsewhere, errands)
        if errands
        else functools.partial(posted.judge, dataset),
        _release(verdict),
        datetime.now(UTC).replace(microsecond=0),
    )
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    problems.register(app)
    signposting.register(app)
    app.answering = Completion(Endpoint(from_wsgi(app.wsgi_app), site), site.since)
    app.prepared = Prepared(
        Gate(app.answering, settings), settings.number("prepared_mb") * 1_000_000
    )
    app.answer = Observation(app.prepared, settings, counts or Counts())
    app.wsgi_app = to_wsgi(app.answer)  # type: ignore[assignment, method-assign]
    return app


def _validate_elsewhere(errands: Errands, sent: Posted) -> Judgement:
    """Have a process of its own validate what was posted: it may kill its parser."""
    return Judgement.unpacked(errands.run(posted.ERRAND, sent.packed()))


def _release(verdict: Verdict | None) -> str:
    """The name of what is served: data, server and engine; given data are another each start."""
    data = verdict.fingerprint if verdict else secrets.token_hex()
    return " ".join([data, metadata.version("calcguide"), metadata.version("pyoxigraph")])
