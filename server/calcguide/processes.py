"""The processes of a running server: the store process, the front processes, who ends whom.

ARCHITECTURE.md, "The processes", draws them. Each ends with its parent, even where that is killed.
"""

import atexit
import functools
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from calcguide import posted
from calcguide.dataset import Dataset
from calcguide.query import Errands, Limits, confine
from calcguide.serving.front import Application, Front, environment
from calcguide.serving.places import Place, open_places
from calcguide.serving.store_process import StoreProcess, listen
from calcguide.settings import Settings

_STORE = "store process"
_DRAINING = 2
"""Seconds that a server which is told to end has beyond those of the longest query."""
_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
_HEARD = {*_TO_END, signal.SIGCHLD}
"""What the first process waits for. Blocked from the start, none of these is ever missed."""


def counting_folder() -> Path:
    """Return a new folder for what the processes count; it goes when this one ends."""
    folder = Path(tempfile.mkdtemp(prefix="calcguide-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def run(
    dataset: Dataset,
    settings: Settings,
    create: Callable[[Errands], Application],
    ready: Callable[[], None],
    counts: Path,
) -> int:
    """Serve until ended; return the exit status.

    `create` makes the application of the fronts; `ready` is told once they listen; `counts` is
    the folder that they count into.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a file
    limits = Limits.read(settings)
    places = open_places(settings)
    parent = os.getpid()
    starts = {
        _STORE: _store_process(dataset, settings, limits, create, places),
        "metrics": lambda: _metrics(settings, counts, parent),
    }
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    running = {_fork(name, serve): name for name, serve in starts.items()}

    def end(number: int) -> None:
        """Let the fronts end in peace: they answer what was asked. Their end is the end of all.

        Where that takes longer than any answer may, they are killed.
        """
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + _DRAINING)
        for place in places:
            place.close()
        store = next(pid for pid, name in running.items() if name == _STORE)
        os.kill(store, signal.SIGKILL if number == signal.SIGALRM else signal.SIGTERM)

    ready()
    _keep(running, starts, end)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    return 0


def _store_process(
    dataset: Dataset,
    settings: Settings,
    limits: Limits,
    create: Callable[[Errands], Application],
    places: list[Place],
) -> Callable[[], None]:
    """Return what the store process runs; all that processes can share is made here, once."""
    dataset.share()
    for_errands = listen()
    app = create(Errands(for_errands.getsockname(), limits))
    errands = {posted.ERRAND: functools.partial(posted.prepare, largest=limits.result)}
    constant = environment(settings["host"], settings.number("port"), sys.stderr)

    def make_front(control: socket.socket) -> Front:
        return Front(app, constant, control, limits)

    def serve() -> None:
        StoreProcess(for_errands, dataset, limits, errands, make_front, places).run(app.share)

    return serve


def _keep(
    running: dict[int, str], starts: dict[str, Callable[[], None]], end: Callable[[int], None]
) -> None:
    """Start again what ends, until the store process does after a signal to end."""
    is_ending = False
    while True:
        number = signal.sigwait(_HEARD)
        if number in _TO_END:
            is_ending = True
            end(number)
        ended = [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]]
        for pid in ended:
            name = running.pop(pid)
            if name == _STORE and is_ending:
                return
            running[_fork(name, starts[name])] = name


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
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            # SIGTERM waits until it is asked for; to ignore it would forget what came already.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD - {signal.SIGTERM})
            confine.name(name)
            confine.end_with_parent(parent)
            serve()
        except BaseException:  # noqa: BLE001 - the process ends in any case
            traceback.print_exc()
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
