"""What every view needs: the dataset, the settings, and the address the site is reached at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Final
from urllib.parse import quote

from flask import current_app, request

from calcguide.dataset import Dataset
from calcguide.posted import MOST, Judgement, Posted
from calcguide.query import Answer, Query
from calcguide.query.scan import DEEPEST_NESTING, LONGEST_CHAIN
from calcguide.settings import Settings
from calcguide.validation import Verdict
from calcguide.views.gate import LONGEST_BODY, LONGEST_TARGET

_LIMITS: Final = (
    "A query may have {target:,} bytes by GET, {body:,} by POST, brackets nested {nesting} deep, "
    "and chains of {chain:,} operators. It may take {query_seconds} s and {query_memory_mb} MB of "
    "memory, and its result may have {result_mb} MB. After {fast_milliseconds} ms it needs one of "
    "the {slow_queries} places for slow queries, and waits {wait_milliseconds} ms for it. What "
    "goes beyond is refused with an error; no answer is ever a part of the result. Data posted for "
    "validation may have {body:,} bytes and {most:,} statements, and take {validation_seconds} s; "
    "they are validated one at a time."
)


@dataclass(frozen=True)
class Site:
    """What one running application publishes."""

    dataset: Dataset
    settings: Settings
    verdict: Verdict | None
    evaluate: Callable[[Query], Answer]
    """Answers a query."""
    validate: Callable[[Posted], Judgement]
    """Validates what was posted: in a process of its own, or in this one."""
    release: str
    """Names the data and the code that are served: two that differ have different names."""
    since: datetime
    """When serving began, to the second: neither data nor code have changed from then on."""

    @property
    def server_version(self) -> str:
        """The version of the calcguide package that runs."""
        return metadata.version("calcguide")

    @property
    def can_validate(self) -> bool:
        """Whether there are shapes to validate against."""
        return self.dataset.store.contains_named_graph(self.dataset.graph("shapes"))

    @property
    def limits(self) -> str:
        """What a query may take, in words."""
        return _LIMITS.format(
            **self.settings,
            target=LONGEST_TARGET,
            body=LONGEST_BODY,
            nesting=DEEPEST_NESTING,
            chain=LONGEST_CHAIN,
            most=MOST,
        )

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
