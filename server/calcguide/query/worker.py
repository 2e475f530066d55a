"""A query worker: a forked process that evaluates one query after another, and can be killed.

It has a deadline, a memory limit, no core dumps and no file descriptors to open, and ends with
the process that forked it. It serves one front thread over one connection. One forked for an
errand, such as validating what a visitor has posted, does that under the same limits, and ends.
"""

import os
import signal
import socket
from collections.abc import Callable
from typing import Any, NoReturn

from calcguide.dataset import Dataset
from calcguide.errors import CalcguideError
from calcguide.query import confine, wire
from calcguide.query.evaluate import Query, evaluate
from calcguide.query.limits import Limits

Errand = Callable[[Dataset], Callable[[Any], Any]]
"""Imports what it needs, and returns what answers a message and opens no file any more.

Message and answer are what `wire` carries.
"""
_NICENESS = 5
"""Of an errand: queries come first."""


def run(connection: socket.socket, dataset: Dataset, limits: Limits, parent: int) -> NoReturn:
    """Answer queries from the connection until its other end is gone; never returns."""
    _begin("query worker", parent)
    confine.limit(limits.memory)
    wire.send(connection, os.getpid())
    while True:
        try:
            query = Query.unpacked(wire.receive(connection))
        except EOFError:
            os._exit(0)
        # The kernel ends this process when the time is up, whatever the engine is doing.
        signal.setitimer(signal.ITIMER_REAL, limits.seconds)
        try:
            reply: object = evaluate(dataset, query, limits.result).packed()
        except CalcguideError as error:
            reply = error
        except MemoryError:
            os.abort()
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            wire.send(connection, reply)
        except OSError:
            os._exit(0)


def run_errand(
    connection: socket.socket, dataset: Dataset, limits: Limits, parent: int, errand: Errand
) -> NoReturn:
    """Do one errand for who is at the other end of the connection; never returns.

    What it raises but for errors of ours, too deep a recursion or too little memory, ends the
    process as the engine's own faults do.
    """
    try:
        _begin("errand", parent)
        os.nice(_NICENESS)
        signal.setitimer(signal.ITIMER_REAL, limits.validation_seconds)
        wire.send(connection, os.getpid())
        answer = errand(dataset)
        confine.limit(limits.memory)
        message = wire.receive(connection)
        try:
            reply: object = answer(message)
        except CalcguideError as error:
            reply = error
        wire.send(connection, reply)
        os._exit(0)
    except (MemoryError, RecursionError):
        os.abort()
    finally:
        os._exit(1)


def _begin(name: str, parent: int) -> None:
    confine.name(name)
    confine.end_with_parent(parent)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
