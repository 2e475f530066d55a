"""The processes of a running server: the store process, the front processes, who ends whom.

    calcguide serve          loads the dataset once, starts the two below, starts them again
    ├── store process        holds the dataset, forks and ends query workers
    │   ├── query worker     one for each front thread that asks, one query at a time
    │   └── errand           validates what a visitor has posted; one at a time
    ├── granian              accepts connections for its
    │   └── front            answers HTTP requests: pages, documents, the SPARQL protocol
    └── metrics              tells Prometheus what the fronts have counted

Each ends with its parent, even where that is killed.
"""

import atexit
import functools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from calcguide import posted
from calcguide.dataset import Dataset
from calcguide.query import Limits, Workers, confine
from calcguide.query.store_process import StoreProcess, listen
from calcguide.settings import Settings

Application = Callable[..., Iterable[bytes]]

_DRAINING = 2
"""Seconds that a server which is told to end has beyond those of the longest query."""
_THREADS = 64
"""Requests that one front process answers at once."""


def counting_folder() -> Path:
    """Return a new folder for what the processes count; it goes when this one ends."""
    folder = Path(tempfile.mkdtemp(prefix="calcguide-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def run(
    dataset: Dataset,
    settings: Settings,
    create: Callable[[Workers], Application],
    ready: Callable[[], None],
    counts: Path,
) -> int:
    """Serve until ended; return the exit status.

    `create` makes the application of the fronts; `ready` is told once they listen; `counts` is
    the folder that they count into.
    """
    limits = Limits.read(settings)
    _ = dataset.statistics  # counted here once, not by every front
    listener = listen()
    app = create(Workers(listener.getsockname(), limits))
    parent = os.getpid()
    errands = {posted.ERRAND: functools.partial(posted.prepare, largest=limits.result)}
    starts: dict[str, Callable[[], None]] = {
        "store process": lambda: StoreProcess(listener, dataset, limits, errands).run(),
        "granian": lambda: _granian(app, settings, ready),
        "metrics": lambda: _metrics(settings, counts, parent),
    }
    running = {_fork(name, serve): name for name, serve in starts.items()}
    ending: list[int] = []

    def end(number: int, _: object) -> None:
        """Let granian end in peace: it answers what it has begun. Its end is the end of all.

        Where that takes longer than any answer may, it is killed: a front that is told to end
        twice, as by a service manager that signals every process, may wait for ever.
        """
        ending.append(number)
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + _DRAINING)
        for pid, name in running.items():
            if name == "granian":
                os.kill(pid, signal.SIGKILL if number == signal.SIGALRM else number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, end)
    while True:
        pid, status = os.wait()
        name = running.pop(pid)
        # granian ends by itself when it is asked to, and where it cannot listen
        if name == "granian" and (ending or os.WIFEXITED(status)):
            break
        running[_fork(name, starts[name])] = name
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    return 0 if ending else os.waitstatus_to_exitcode(status)


def _fork(name: str, serve: Callable[[], None]) -> int:
    """Start a process that ends with this one, and is told so by it alone; return its id.

    In a process group of its own: a terminal's Ctrl+C reaches the first process, not all at once.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL if name == "granian" else signal.SIG_IGN)
            confine.name(name)
            confine.end_with_parent(parent)
            serve()
        finally:
            os._exit(1)
    return pid


def _metrics(settings: Settings, folder: Path, server: int) -> None:
    from calcguide.metrics import serve

    port = settings["metrics_port"] or str(settings.number("port") + 1000)
    if port == "0":
        signal.pause()
    try:
        serve(int(port), folder, server)
    except OSError as error:
        sys.stderr.write(f"calcguide: no metrics: port {port}: {error.strerror}.\n")
        sys.stderr.flush()
        signal.pause()


def _granian(app: Application, settings: Settings, ready: Callable[[], None]) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    granian = os.getpid()

    def application() -> Application:
        confine.name("front")
        confine.end_with_parent(granian)
        return app

    server = Server(
        "calcguide",
        address=settings["host"].strip("[]"),
        port=settings.number("port"),
        interface=Interfaces.WSGI,
        workers=settings.number("fronts"),
        blocking_threads=_THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        log_level=LogLevels.error,
    )
    server.on_startup(ready)
    server.serve(target_loader=application, wrap_loader=False)
    os._exit(0)
