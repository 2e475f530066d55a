"""What the first render of a page is made of: the share of each part, and how much there is to do.

`scripts/bench render` renders the page of every entity of the guide in this process, through the
whole WSGI application but as one that was never asked for, and looks 250 times a second of CPU
time which part is at work. It prints shares, microseconds a page, and what templates call.
"""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import jinja2.runtime
from werkzeug.test import create_environ, run_wsgi_app

from calcguide.app import Application, create_app
from calcguide.files import published
from calcguide.loading import load
from calcguide.settings import Settings
from tests.bench.mix import entities

_ROUNDS: Final = 10
"""How often each page is rendered; the first time only warms up."""
_EVERY: Final = 0.004
"""Seconds of CPU time between two looks; the kernel's clock ticks no finer."""
_PARTS: Final = (
    ("templates", ("/jinja2/", "/templates/", "<template>", "/markupsafe/")),
    ("reading the store", ("/calcguide/dataset.py", "/calcguide/statistics.py")),
    ("describing the entity", ("/calcguide/description/",)),
    ("views: links, headers, tags", ("/calcguide/views/", "/calcguide/app.py")),
    ("Flask", ("/flask/", "/werkzeug/")),
)
"""Each part, and what the files are called whose code does it; the innermost call decides."""


def main() -> None:
    """Render, and print."""
    counts = _counted()
    dataset = load(published())
    app = create_app(dataset, Settings.read({"CALCGUIDE_ACCESS_LOG": "off"}))
    pages = [path for path, _ in entities(dataset.store, 1, 1_000_000)]
    _render(app, pages, 0)
    counts.clear()
    looks: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: looks.update([_part(frame)]))
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    used = sum(_render(app, pages, number) for number in range(1, _ROUNDS))
    signal.setitimer(signal.ITIMER_PROF, 0)
    rendered = len(pages) * (_ROUNDS - 1)
    sys.stdout.write(f"{rendered:,} pages, {used / rendered * 1e6:,.0f} µs each\n")
    for part, number in looks.most_common():
        share = number / looks.total()
        sys.stdout.write(f"{share:6.0%} {share * used / rendered * 1e6:7,.0f} µs  {part}\n")
    for what, number in counts.items():
        sys.stdout.write(f"{number / rendered:6.0f} {what} a page\n")


def _render(app: Application, pages: list[str], number: int) -> float:
    """Render all pages, each as one that was not asked for; return the CPU time."""
    asked = [create_environ(f"/{page}.html?again={number}") for page in pages]
    started = time.process_time()
    for environ in asked:
        _, status, _ = run_wsgi_app(app, environ)
        if not status.startswith("200"):
            raise RuntimeError(f"{environ['PATH_INFO']}: {status}")
    return time.process_time() - started


def _counted() -> Counter[str]:
    """Count what compiled templates call; to be called before any is compiled."""
    counts: Counter[str] = Counter()

    def counting(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:  # noqa: ANN401
            counts[what] += 1
            return function(*args, **named)

        return counted

    runtime: Any = jinja2.runtime
    runtime.escape = counting("values to escape", runtime.escape)
    runtime.Macro.__call__ = counting("macros to call", runtime.Macro.__call__)
    return counts


def _part(frame: FrameType | None) -> str:
    """The part whose code is at work: that of the innermost call that belongs to one."""
    while frame:
        file = frame.f_code.co_filename
        for part, names in _PARTS:
            if any(name in file for name in names):
                return part
        frame = frame.f_back
    return "else"
