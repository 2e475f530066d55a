"""The processes of a running server: the store process, the front processes, who ends whom.

    calcguide serve          loads the dataset once, starts the two below, starts them again
    ├── store process        holds the dataset, forks and ends query workers
    │   └── query worker     one for each front thread that asks, one query at a time
    └── granian              accepts connections for its
        └── front process    answers HTTP requests: pages, documents, the SPARQL protocol

Each ends with its parent, even where that is killed.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType

from calcguide.dataset import Dataset
from calcguide.query import Limits, Workers, confine
from calcguide.query.store_process import StoreProcess, listen
from calcguide.settings import Settings

Application = Callable[..., Iterable[bytes]]

_THREADS = 32
"""Requests that one front process answers at once."""


def run(
    dataset: Dataset,
    settings: Settings,
    create: Callable[[Workers], Application],
    ready: Callable[[], None],
) -> int:
    """Serve until ended; return the exit status. `create` makes the application of the fronts."""
    limits = Limits.read(settings)
    listener = listen()
    app = create(Workers(listener.getsockname(), limits))
    parent = os.getpid()

    def start_store() -> int:
        return _fork(lambda: StoreProcess(listener, dataset.store, limits).run(parent))

    def start_granian() -> int:
        return _fork(lambda: _granian(app, settings, ready, parent))

    store, granian = start_store(), start_granian()

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(granian, number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    while True:
        pid, status = os.wait()
        if pid == granian:
            os.kill(store, signal.SIGKILL)
            return os.waitstatus_to_exitcode(status)
        if pid == store:
            store = start_store()


def _fork(serve: Callable[[], None]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        try:
            serve()
        finally:
            os._exit(1)
    return pid


def _granian(app: Application, settings: Settings, ready: Callable[[], None], parent: int) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    confine.name("granian")
    confine.end_with_parent(parent)
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
