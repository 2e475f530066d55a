"""What every view needs: the dataset, the settings, and the address the site is reached at."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from urllib.parse import quote

from flask import current_app, request

from calcguide.dataset import Dataset
from calcguide.query import Answer, Query
from calcguide.settings import Settings
from calcguide.validation import Verdict


@dataclass(frozen=True)
class Site:
    """What one running application publishes."""

    dataset: Dataset
    settings: Settings
    verdict: Verdict | None
    evaluate: Callable[[Query], Answer]
    """Answers a query: in a query worker of the running server, or in this process."""
    release: str
    """Names the data and the code that are served: two that differ have different names."""

    @property
    def server_version(self) -> str:
        """The version of the calcguide package that runs."""
        return metadata.version("calcguide")

    @property
    def public_url(self) -> str:
        """The public address without a final slash: the setting, else the address asked at.

        The host asked at has been checked against the allow-list before any view runs.
        """
        return (self.settings["public_url"] or request.host_url).rstrip("/")

    def address(self, path: str) -> str:
        """Return the full address of what is at a path, such as `id/eswt.html`."""
        return f"{self.public_url}/{quote(path)}"


def site() -> Site:
    """Return what the running application publishes."""
    found: Site = current_app.extensions["calcguide"]
    return found
