"""What the first render of a page and a new query are made of: the share of each part.

`scripts/bench profile` has this process answer them as a front does, but for the system's part: the
page of every entity of the guide, each as one that was never asked for, and the queries of the mix,
on the guide and on a made-up graph. It looks 250 times a second of CPU time which part is at work.
"""

import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import jinja2.runtime
from pyoxigraph import QueryResultsFormat, QueryTriples, RdfFormat, Store

from calcguide.app import Application, create_app
from calcguide.dataset import Dataset
from calcguide.files import Root, published
from calcguide.given import Given, load_given
from calcguide.loading import load
from calcguide.serving import http
from calcguide.serving.front import environment
from calcguide.settings import Settings
from tests.bench import graphs
from tests.bench.mix import entities, queries

_ROUNDS: Final = 9
"""How often each page is rendered, beside once to warm up."""
_QUERIES: Final = 10_000
_EVERY: Final = 0.004
"""Seconds of CPU time between two looks; the kernel's clock ticks no finer."""
_PARTS: Final = (
    ("templates", ("/jinja2/", "/templates/", "<template>", "/markupsafe/")),
    ("the store: looking up, counting", ("/calcguide/dataset.py", "/calcguide/statistics.py")),
    ("describing the entity", ("/calcguide/description/",)),
    ("the engine, and what guards it", ("/calcguide/query/",)),
    ("HTTP: bytes to a request, an answer to bytes", ("/calcguide/serving/",)),
    ("what came in, whether it is known, tags, headers, log", ("/calcguide/",)),
    ("Flask", ("/flask/", "/werkzeug/")),
)
"""Each part, and what the files are called whose code does it; the innermost call decides."""

Requests = Callable[[int], Iterator[bytes]]
"""The requests of a round, by its number; those of different rounds differ."""


def main() -> None:
    """Answer, and print."""
    counts = _counted()
    guide = load(Root(published()))
    app = _application(guide)
    pages = [path for path, _ in entities(guide.store, 1, 1_000_000)]
    _profile("a page, rendered for the first time", app, lambda n: _asking(pages, n), _ROUNDS)
    for what, number in counts.items():
        sys.stdout.write(f"{number / len(pages) / (_ROUNDS + 1):5.0f} {what}\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "2k.nt"
        graphs.write_generated(file, graphs.size_of("2k"), 1)
        made_up = load_given([Given(file)], Settings.read({}))
        for name, dataset in (("guide", guide), ("2k", made_up)):
            mix = _mix(dataset.default_graph)
            rounds = _QUERIES // len(mix)
            _profile(
                f"a new query of the mix, {name}",
                _application(dataset),
                lambda n, mix=mix: _made_new(mix, n),  # type: ignore[misc]
                rounds,
            )
            alone = _engine_alone(dataset, rounds)
            sys.stdout.write(
                f"{alone:12,.0f} µs  what the engine takes alone, one after the other\n"
            )


def _engine_alone(dataset: Dataset, rounds: int) -> float:
    """The microseconds of CPU time that the engine takes for a query of the mix, and its result."""
    mix = queries(dataset.default_graph, 1)
    used = time.process_time()
    for number in range(rounds):
        for each in mix:
            result = dataset.default_graph.query(f"{each.text} #{number}", base_iri=dataset.base)
            if isinstance(result, QueryTriples):
                result.serialize(format=RdfFormat.N_TRIPLES)
            else:
                result.serialize(format=QueryResultsFormat.JSON)
    return (time.process_time() - used) / rounds / len(mix) * 1e6


def _application(dataset: Dataset) -> Application:
    return create_app(dataset, Settings.read({"CALCGUIDE_ACCESS_LOG": "off"}))


def _asking(pages: list[str], number: int) -> Iterator[bytes]:
    return (_request(f"/{page}.html?again={number}", "text/html") for page in pages)


def _mix(store: Store) -> list[tuple[str, str]]:
    return [(f"/sparql{each.path}", each.accept) for each in queries(store, 1)]


def _made_new(mix: list[tuple[str, str]], number: int) -> Iterator[bytes]:
    return (_request(f"{path}%20%23{number}", accept) for path, accept in mix)


def _request(target: str, accept: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode()


def _profile(what: str, app: Application, requests: Requests, rounds: int) -> None:
    constant = environment("127.0.0.1", 8000, sys.stderr)
    number = sum(_answered(app, constant, each) for each in requests(0))
    asked = [each for round_ in range(1, rounds + 1) for each in requests(round_)]
    looks: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: looks.update([_part(frame)]))
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    used = time.process_time()
    number = sum(_answered(app, constant, each) for each in asked)
    used = (time.process_time() - used) / number * 1e6
    signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout.write(f"\n{what}: {used:,.0f} µs, of {number:,}\n")
    for part, found in looks.most_common():
        share = found / looks.total()
        sys.stdout.write(f"{share:5.0%} {share * used:6,.0f} µs  {part}\n")


def _answered(app: Application, constant: dict[str, Any], content: bytes) -> int:
    """Have a request answered, as a front does; return 1."""
    reader = http.Reader(constant)
    reader.feed(content)
    request = reader.request()
    if request is None:
        raise RuntimeError(f"no whole request: {content!r}")
    app.is_led(request.environ)
    answer, _ = http.answer(app.answer, request)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{content!r}: {answer[:200]!r}")
    return 1


def _counted() -> Counter[str]:
    """Count what compiled templates call; to be called before any is compiled."""
    counts: Counter[str] = Counter()

    def counting(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:
            counts[what] += 1
            return function(*args, **named)

        return counted

    runtime: Any = jinja2.runtime
    runtime.escape = counting("values to escape a page", runtime.escape)
    runtime.Macro.__call__ = counting("macros to call a page", runtime.Macro.__call__)
    return counts


def _part(frame: FrameType | None) -> str:
    """The part whose code is at work: that of the innermost call that belongs to one."""
    while frame:
        file = frame.f_code.co_filename
        for part, names in _PARTS:
            if any(name in file for name in names):
                return part
        frame = frame.f_back
    return "the loop of this measurement"
