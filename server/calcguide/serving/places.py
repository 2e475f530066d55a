"""Where fronts lead: each place has a listening socket, and knows how busy the others are.

The kernel spreads connections over the places by chance (SO_REUSEPORT, socket(7)). A front that is
given one while another has fewer gives it to that one.
"""

import contextlib
import mmap
import socket
from typing import Final

from calcguide.settings import Settings

_BACKLOG: Final = 4096
"""Connections that wait to be accepted, in each place."""


class Place:
    """One place, shared by all processes of the server: it outlives the fronts that lead there."""

    def __init__(self, listener: socket.socket, counts: memoryview, places: "list[Place]") -> None:
        """Make one that listens already, and add it to the places.

        `counts` are the connections in all of them, in memory that processes share.
        """
        self.listener = listener
        self.arriving, self._sending = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.arriving.setblocking(False)
        self._sending.setblocking(False)
        self._counts = counts
        self._places = places
        self._number = len(places)
        places.append(self)

    @property
    def connections(self) -> int:
        """How many connections the front here has."""
        return int(self._counts[self._number])

    @connections.setter
    def connections(self, count: int) -> None:
        self._counts[self._number] = count

    def give(self, connection: socket.socket) -> bool:
        """Give a connection to the front that has the fewest, if it has fewer than that here."""
        least = min(range(len(self._counts)), key=self._counts.__getitem__)
        if self._counts[least] >= self.connections:
            return False
        with contextlib.suppress(OSError):
            socket.send_fds(self._places[least]._sending, [b"!"], [connection.fileno()])
            connection.close()
            return True
        return False

    def take(self) -> socket.socket:
        """Return a connection that was given; raises BlockingIOError where there is none."""
        _, descriptors, _, _ = socket.recv_fds(self.arriving, 1, 1)
        if not descriptors:  # no more files may be open
            raise BlockingIOError
        return socket.socket(fileno=descriptors[0])

    def close(self) -> None:
        """Take no more connections, in any process."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)


def open_places(settings: Settings) -> list[Place]:
    """Return as many places as there are to be fronts; raises OSError where one cannot listen."""
    number = settings.number("fronts")
    counts = memoryview(mmap.mmap(-1, 4 * number)).cast("I")
    places: list[Place] = []
    for _ in range(number):
        Place(_listener(settings), counts, places)
    return places


def _listener(settings: Settings) -> socket.socket:
    host = settings["host"].strip("[]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, settings.number("port")))
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener
