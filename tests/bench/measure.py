"""The rounds: every server in turn, in an order of chance, asked the same in every mode."""

import contextlib
import html
import http.client
import itertools
import random
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pyoxigraph import Store

from tests.bench import graphs
from tests.bench.answers import Unreadable, read
from tests.bench.client import Request, ask, drive
from tests.bench.guides import write_conforming
from tests.bench.mix import Query, entities, is_right, queries
from tests.bench.peers import Peer, Place
from tests.bench.processes import NeverRight, Running, running
from tests.running import CALCGUIDE, free_port

Row = dict[str, str | float]
"""One measurement: graph, round, server, mode, and its figures by name."""

_ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
_LIGHT = ("label", "lookup")
"""Queries of the mix that light clients ask."""
_PAGES = 40
"""Entity pages that are rendered for the first time in one round."""
_WARMING = 10
"""Of them, those that only warm up: a server compiles its templates, or its code."""
_ON_DISK = 1_000_000_000
"""Bytes of a graph above which the reference is on disk."""


@dataclass(frozen=True)
class Plan:
    """How to measure."""

    folder: Path
    rounds: int
    seconds: float
    """Of each mode in each round."""
    modes: tuple[str, ...]
    """What a server is asked for in a round, of MODES."""
    seed: int = 1
    clients: int = 4
    light_clients: int = 20
    endless_clients: int = 4
    validate_seconds: float = 300
    """After these, validation is given up."""


@dataclass
class Findings:
    """All measurements, and the servers that were dropped, each with its reason."""

    rows: list[Row] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    """'server at graph' -> why."""


@dataclass
class Subject:
    """A graph to measure on, and what is asked of it."""

    name: str
    file: Path
    statements: int
    queries: list[Query]
    entities: list[tuple[str, str]]
    """Path and label."""
    prepared: dict[str, bytes] = field(default_factory=dict)
    """Mode -> the bytes that calcguide answers and nginx serves: a page and a document."""

    @property
    def documents(self) -> dict[str, Request]:
        """Mode -> the request for the page of an entity, and for its document."""
        path = self.entities[0][0]
        return {"page": Request(f"/{path}.html"), "document": Request(f"/{path}.ttl")}

    def requests(self, endpoint: str, names: tuple[str, ...] = ()) -> list[Request]:
        """Return the mix as requests to an endpoint; only some of its queries where named."""
        return [
            Request(endpoint + each.path, each.accept)
            for each in self.queries
            if not names or each.name in names
        ]


def tell(text: str) -> None:
    """Show how it goes."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def subject(name: str, plan: Plan) -> Subject:
    """Return the graph of that name, written, with its queries and their right answers.

    Raises ValueError for a name that is neither `guide` nor a size.
    """
    file = plan.folder / f"{name}.nt"
    if name == "guide":
        graphs.write_guide(file)
    else:
        size = graphs.size_of(name)
        graphs.write_generated(
            file,
            size,
            plan.seed,
            lambda done, size: tell(f"{name}: {100 * done // size} % written"),
        )
    tell(f"{name}: the reference answers")
    large = file.stat().st_size > _ON_DISK
    store = Store(str(_emptied(plan.folder / "reference"))) if large else Store()
    with file.open("rb") as source:  # read in order, so that a seed chooses the same every time
        store.bulk_load(source, format=graphs.FORMAT)
    return Subject(
        name, file, len(store), queries(store, plan.seed), entities(store, plan.seed, _PAGES)
    )


class Measurement:
    """One graph and the servers of it."""

    def __init__(self, subject: Subject, peers: list[Peer], plan: Plan, findings: Findings) -> None:
        self._subject, self._plan, self._findings = subject, plan, findings
        self._chance = random.Random(plan.seed)
        self._marks = itertools.count()
        self._left = list(peers)
        self._places = {peer.name: self._place(peer) for peer in peers}

    def _place(self, peer: Peer) -> Place:
        own = peer.name == "calcguide" and self._subject.name == "guide"
        folder = _emptied(self._plan.folder / self._subject.name / peer.name.replace(" ", "-"))
        return Place(None if own else self._subject.file, folder, free_port())

    def run(self) -> None:
        """Load and check every server, then measure them in rounds."""
        for peer in [*self._left]:
            tell(f"{self._subject.name}: {peer.name} loads, and answers each query once")
            self._take(peer, 0, self._prepare)
        for number in range(1, self._plan.rounds + 1):
            for peer in self._chance.sample(self._left, len(self._left)):
                tell(f"{self._subject.name}: round {number} of {self._plan.rounds}: {peer.name}")
                self._take(peer, number, self._round)

    def _take(self, peer: Peer, number: int, step: Callable[[Peer], Iterator[Row]]) -> None:
        """Keep the rows of a step; drop the server where it fails."""
        where: Row = {"graph": self._subject.name, "round": number, "server": peer.name}
        try:
            rows = [where | row for row in step(peer)]
        except (
            NeverRight,
            OSError,
            http.client.HTTPException,
            subprocess.SubprocessError,
        ) as error:
            reason = f"{error} {getattr(error, 'stderr', None) or ''}".strip()
            self._drop(peer, reason[:500])
        else:
            self._findings.rows += rows

    def _drop(self, peer: Peer, reason: str) -> None:
        """Leave a server out from now on, with all that was measured of it on this graph."""
        tell(f"{self._subject.name}: {peer.name} is dropped: {reason}")
        self._left.remove(peer)
        self._findings.dropped[f"{peer.name} at {self._subject.name}"] = reason
        of = (self._subject.name, peer.name)
        rows = self._findings.rows
        self._findings.rows = [row for row in rows if (row["graph"], row["server"]) != of]

    def _prepare(self, peer: Peer) -> Iterator[Row]:
        """Load a server and look at its answers; `load` is from the file to the first of them."""
        started = time.monotonic()
        place = self._places[peer.name]
        if peer.name == "nginx":
            self._write_prepared(place)
        peer.load(place)
        with running(peer, place) as server:
            self._first_right(server, peer)
            yield {"mode": "load", "seconds": time.monotonic() - started}
            self._check(server, peer)
            if peer.name == "calcguide":
                for mode, request in self._subject.documents.items():
                    self._subject.prepared[mode] = ask(place.port, request)[1]

    def _round(self, peer: Peer) -> Iterator[Row]:
        """Start a server, measure it in every mode, and look at its answers again."""
        with running(peer, self._places[peer.name]) as server:
            yield {"mode": "start", "seconds": self._first_right(server, peer)}
            for mode in (each for each in MODES if each in self._plan.modes):
                for row in _MEASURED[mode](self, server, peer):
                    yield {"mode": mode, **row}
            yield {"mode": "memory", "pss_mb": server.pss_mb()}
            self._check(server, peer)

    def _first_right(self, server: Running, peer: Peer) -> float:
        """Return the seconds from the start to the first right answer; raises NeverRight."""
        if peer.fill:
            server.wait_until_listening()
            peer.fill(server.place)
        if not peer.sparql:
            page, right = self._subject.documents["page"], self._subject.prepared["page"]
            return server.wait_until_right(page, lambda status, body: body == right)
        first = next(each for each in self._subject.queries if each.name == "lookup")
        request = Request(peer.sparql + first.path, first.accept)
        return server.wait_until_right(request, lambda *seen: not _wrong(first, *seen))

    def _check(self, server: Running, peer: Peer) -> None:
        """Ask each query once; raises NeverRight at the first wrong answer."""
        for each in self._subject.queries if peer.sparql else ():
            request = Request(f"{peer.sparql}{each.path}", each.accept)
            try:
                wrong = _wrong(each, *ask(server.place.port, request))
            except (OSError, http.client.HTTPException) as error:
                raise NeverRight(f"{each.name!r} is not answered: {error}; {each.text}") from error
            if wrong:
                raise NeverRight(f"{each.name!r} is answered wrongly: {wrong}; {each.text}")

    def _write_prepared(self, place: Place) -> None:
        """Put the bytes that calcguide answered where nginx finds them, under the same paths."""
        if not self._subject.prepared:
            raise NeverRight("calcguide gave no bytes that it could serve")
        for mode, request in self._subject.documents.items():
            file = place.folder / "prepared" / request.path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self._subject.prepared[mode])

    def first_render(self, server: Running, peer: Peer) -> Iterator[Row]:
        """Ask for the pages of entities, each for the first time since the start."""
        if peer.page is None:
            return
        took: list[float] = []
        before = 0.0
        connection = http.client.HTTPConnection("127.0.0.1", server.place.port, timeout=60)
        with contextlib.closing(connection):
            for number, (path, label) in enumerate(self._subject.entities):
                if number == _WARMING:
                    took, before = [], server.cpu_seconds()
                started = time.monotonic()
                connection.request("GET", f"/{path}{peer.page}", headers={"Accept": "text/html"})
                answer = connection.getresponse()
                body = answer.read().decode()
                took.append(1000 * (time.monotonic() - started))
                if answer.status != 200 or label not in html.unescape(body):
                    raise NeverRight(f"the page of {path} has status {answer.status}, or no label")
        used = server.cpu_seconds() - before
        yield {"cpu_us": used / len(took) * 1e6, "p50_ms": statistics.median(took)}

    def uncached(self, server: Running, peer: Peer) -> Iterator[Row]:
        """Ask the mix, each query made unique by a comment."""
        if peer.sparql:
            yield self._driven(server, self._subject.requests(peer.sparql), self._mark())

    def repeated(self, server: Running, peer: Peer) -> Iterator[Row]:
        """Ask the mix, the same queries over and over."""
        if peer.sparql:
            yield self._driven(server, self._subject.requests(peer.sparql))

    def page(self, server: Running, peer: Peer) -> Iterator[Row]:
        """Ask for one page over and over."""
        if peer.name in _PREPARED:
            yield self._driven(server, [self._subject.documents["page"]])

    def document(self, server: Running, peer: Peer) -> Iterator[Row]:
        """Ask for one document over and over."""
        if peer.name in _PREPARED:
            yield self._driven(server, [self._subject.documents["document"]])

    def light(self, server: Running, peer: Peer) -> Iterator[Row]:
        """Ask light queries by many clients, first alone, then beside endless queries."""
        if peer.name != "calcguide" or not peer.sparql:
            return
        requests = self._subject.requests(peer.sparql, _LIGHT)
        clients = self._plan.light_clients
        yield self._driven(server, requests, self._mark(), clients)
        with self._endless(server, peer.sparql):
            beside = self._driven(server, requests, self._mark(), clients)
        yield {**beside, "mode": "light beside endless"}

    def _mark(self) -> str:
        return f"m{next(self._marks)}n"

    def _driven(
        self, server: Running, requests: list[Request], mark: str = "-", clients: int = 0
    ) -> Row:
        """Ask for some seconds; return rate, latencies, and CPU time of each answer.

        A second before that warms up, with queries of other marks.
        """
        port, clients = server.place.port, clients or self._plan.clients
        drive(port, requests, clients, 1, mark if mark == "-" else f"{mark}w")
        before = server.cpu_seconds()
        load = drive(port, requests, clients, self._plan.seconds, mark)
        used = server.cpu_seconds() - before
        answered = load.requests - load.failed
        if not answered:
            raise NeverRight(f"none of {load.requests} requests was answered")
        return {
            "qps": answered / load.seconds,
            "p50_ms": load.p50_ms,
            "p99_ms": load.p99_ms,
            "cpu_us": used / answered * 1e6,
            "failed": load.failed,
        }

    @contextlib.contextmanager
    def _endless(self, server: Running, endpoint: str) -> Iterator[None]:
        """Let some clients ask a query that does not end, again and again, until the block ends."""
        over = threading.Event()
        request = Request(f"{endpoint}?query={quote(_ENDLESS)}")

        def insist() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError, http.client.HTTPException):
                    ask(server.place.port, request)

        threads = [threading.Thread(target=insist) for _ in range(self._plan.endless_clients)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()


_PREPARED: Final = ("calcguide", "nginx")
_MEASURED: Final = {
    "first render": Measurement.first_render,
    "uncached": Measurement.uncached,
    "repeated": Measurement.repeated,
    "page": Measurement.page,
    "document": Measurement.document,
    "light": Measurement.light,
}
MODES: Final = tuple(_MEASURED)
"""What a server is asked for in a round, in this order: what makes pages must come first."""


def bulk_loads(subject: Subject, plan: Plan) -> Iterator[Row]:
    """Yield how many statements a second calcguide loads, and pyoxigraph's own bulk loader."""
    chance = random.Random(plan.seed)
    for number in range(1, plan.rounds + 1):
        for name in chance.sample([*_LOADERS], len(_LOADERS)):
            tell(f"{subject.name}: bulk load {number} of {plan.rounds}: {name}")
            folder = _emptied(plan.folder / subject.name / "bulk-load")
            command = [sys.executable, "-c", _LOADERS[name], str(subject.file), str(folder)]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            yield {
                "graph": subject.name,
                "round": number,
                "server": name,
                "mode": "bulk load",
                "per_second": subject.statements / float(ran.stdout.split()[-1]),
            }


_LOADERS = {
    "calcguide": """
import sys, time
from pathlib import Path
from calcguide.given import Given, load_given
from calcguide.settings import Settings
settings = Settings.read(cache=sys.argv[2])
started = time.monotonic()
dataset = load_given([Given(Path(sys.argv[1]))], settings)
print(time.monotonic() - started)
""",
    "pyoxigraph": """
import sys, time
from pathlib import Path
from calcguide.settings import Settings
from pyoxigraph import Store
on_disk = Path(sys.argv[1]).stat().st_size > Settings.read().number("memory_store_mb") * 10**6
started = time.monotonic()
store = Store(sys.argv[2]) if on_disk else Store()
store.bulk_load(path=sys.argv[1])
if on_disk:
    store.optimize()
print(time.monotonic() - started)
""",
}
"""Both into the kind of store that calcguide chooses for the size; on disk as the manual has it."""


def validation(name: str, plan: Plan) -> Iterator[Row]:
    """Yield how long `calcguide validate` takes, and its CPU time, in each round.

    Validated is the guide itself, or a made-up one of a size, which conforms. Nothing is yielded
    where a run takes longer than the plan. Raises ValueError for a name that is neither.
    """
    given = []
    if name != "guide":
        folder = _emptied(plan.folder / f"{name}-guide")
        write_conforming(folder, graphs.size_of(name), plan.seed)
        given = [str(folder)]
    for number in range(1, plan.rounds + 1):
        tell(f"{name}: calcguide validate, {plan.validate_seconds:.0f} s at most")
        started, before = time.monotonic(), _cpu_of_children()
        try:
            ran = subprocess.run(
                [*CALCGUIDE, "validate", *given],
                capture_output=True,
                text=True,
                timeout=plan.validate_seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            return
        yield {
            "graph": name,
            "round": number,
            "server": "calcguide",
            "mode": "validate",
            "statements": int(ran.stdout.split(" statements")[0].split()[-1]),
            "seconds": time.monotonic() - started,
            "cpu_seconds": _cpu_of_children() - before,
        }


def _cpu_of_children() -> float:
    """Seconds of CPU that the processes have taken that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wrong(query: Query, status: int, body: bytes) -> str:
    """What is wrong with an answer, in words; nothing where it is right."""
    if status != 200:
        return f"status {status}: {body[:200]!r}"
    try:
        answer = read(body, query.accept)
    except Unreadable as error:
        return str(error)
    if is_right(query, answer):
        return ""
    return (
        f"{len(answer)} rows, of which {len([*set(answer) & set(query.right)])} of the right "
        f"{len(query.right)}"
    )


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
