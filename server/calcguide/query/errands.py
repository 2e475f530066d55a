"""The front's side of an errand: asks the store process for it, and says how it ended."""

import socket
import time
from typing import Any, Final

from calcguide.errors import Busy, CalcguideError
from calcguide.query import wire
from calcguide.query.limits import Limits, ended

ENDED: Final = "ended"
"""Asked with a process id: which signal has ended it."""
BUSY: Final = "busy"
"""Answered in the place of a process id: another errand is being done."""
_PATIENCE: Final = 1.0
"""Seconds that the store process may take to answer."""


class Errands:
    """Has errands done in processes of their own."""

    def __init__(self, address: bytes | str, limits: Limits) -> None:
        """Ask the store process that listens at an address."""
        self._address = address
        self._limits = limits

    def run(self, errand: str, message: object) -> Any:  # noqa: ANN401 - what the errand answers
        """Return what an errand of the store process makes of a message, under its limits.

        Raises what the errand raises, QueryTooSlow at the deadline, QueryTooHeavy where memory or
        nesting ended it, Busy where another is being done.
        """
        connection, pid = self._begin(errand)
        started = time.monotonic()
        with connection:
            try:
                wire.send(connection, message)
                reply = wire.receive(connection)
            except (EOFError, OSError) as error:
                raise self._how_it_ended(pid, started) from error
        if isinstance(reply, CalcguideError):
            raise reply
        return reply

    def _begin(self, errand: str) -> tuple[socket.socket, int]:
        """Return the connection to the process that does an errand; wait for its turn."""
        deadline = time.monotonic() + self._limits.wait
        while True:
            try:
                connection = self._ask(errand)
                pid = wire.receive(connection)
            except (OSError, EOFError) as error:
                raise Busy("The store process is being started anew. Ask again.") from error
            if pid != BUSY:
                return connection, pid
            connection.close()
            if time.monotonic() > deadline:
                raise Busy("Something else is being validated. Ask again in a few seconds.")
            time.sleep(0.05)

    def _ask(self, what: str, pid: int = 0) -> socket.socket:
        """Begin a conversation with the store process; raises OSError where that is down."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self._address)
            wire.send(connection, (what, pid))
        except OSError:
            connection.close()
            raise
        return connection

    def _how_it_ended(self, pid: int, started: float) -> Exception:
        try:
            with self._ask(ENDED, pid) as connection:
                connection.settimeout(_PATIENCE)
                number = wire.receive(connection)
        except (OSError, EOFError):
            number = None
        return ended(
            number, time.monotonic() - started, self._limits.validation_seconds, self._limits
        )
