"""A query worker: a forked process that evaluates one query after another, and can be killed.

It has a deadline, a memory limit, no core dumps and no file descriptors to open, and ends with
the process that forked it. It serves one front thread over one connection.
"""

import os
import signal
import socket
from typing import NoReturn

from calcguide.dataset import Dataset
from calcguide.errors import CalcguideError
from calcguide.query import confine, wire
from calcguide.query.evaluate import Query, evaluate
from calcguide.query.limits import Limits


def run(connection: socket.socket, dataset: Dataset, limits: Limits, parent: int) -> NoReturn:
    """Answer queries from the connection until its other end is gone; never returns."""
    confine.name("query worker")
    confine.end_with_parent(parent)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
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
