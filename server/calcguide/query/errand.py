"""An errand: a forked process that does one thing, such as validating what a visitor has posted.

It has a deadline, a memory limit, no core dumps and no file descriptors to open, and ends with
the process that forked it.
"""

import os
import signal
import socket
from collections.abc import Callable
from typing import Any, NoReturn

from calcguide.dataset import Dataset
from calcguide.errors import CalcguideError
from calcguide.query import confine, wire
from calcguide.query.limits import Limits

Errand = Callable[[Dataset], Callable[[Any], Any]]
"""Imports what it needs, and returns what answers a message and opens no file any more.

Message and answer are what `wire` carries.
"""
_NICENESS = 5
"""Queries come first."""


def run(connection: socket.socket, dataset: Dataset, limits: Limits, errand: Errand) -> NoReturn:
    """Do one errand for who is at the other end of the connection; never returns.

    What it raises but for errors of ours, too deep a recursion or too little memory, ends the
    process as the engine's own faults do.
    """
    try:
        confine.name("errand")
        os.nice(_NICENESS)
        signal.setitimer(signal.ITIMER_REAL, limits.validation_seconds)
        wire.send(connection, os.getpid())
        answer = errand(dataset)
        confine.limit(limits.memory)
        confine.forbid_files()
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
