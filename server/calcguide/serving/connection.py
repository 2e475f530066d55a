"""A connection to a client, and how one front passes it on to another."""

import contextlib
import os
import select
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from calcguide.query import wire
from calcguide.serving.http import Malformed, Reader

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LEADER: Final = "the leader"
LATER: Final = "the leader, later"
THREAD: Final = "a thread of this process"

_CONNECTION: Final = "connection"
_LINK: Final = "link"


@dataclass(eq=False)
class Link:
    """To a front that has stepped down: it still answers what it had begun."""

    socket: socket.socket | None
    """None once that front has ended."""
    pid: int
    heavy: str
    """The name of the connection whose request made it step down; empty once that is answered."""
    mark: int
    """What that request is known by, in all fronts."""
    began: float
    """When that request began, on the clock that all processes share."""
    inbox: wire.Inbox = field(default_factory=wire.Inbox)


@dataclass(eq=False, slots=True)
class Connection:
    """A connection to a client."""

    socket: socket.socket
    reader: Reader
    name: str
    """Its own among all fronts."""
    since: float
    """When it was last used."""
    outbox: memoryview = field(default_factory=lambda: memoryview(b""))
    """Of an answer: what did not go out yet."""
    keeps: bool = True
    """Whether it stays after the answer."""
    is_closing: bool = False
    asked: float = 0
    """When its request was whole; 0 where nothing was asked."""
    is_probed: bool = False
    """Whether it was found out, after its last byte, if the client still reads."""
    killed: int = 0
    """How often the process was ended that answered its request, and not by a limit."""
    answered_by: str | Link | None = None
    """Who is to answer: LEADER, LATER, THREAD or a link; None where nothing was asked."""

    @property
    def mark(self) -> int:
        """What the request is known by, in all fronts: they are forked."""
        return hash(bytes(self.reader.inbox))

    @property
    def is_idle(self) -> bool:
        """Whether the client's turn it is."""
        return not (self.reader.inbox or self.outbox or self.answered_by)

    @property
    def interest(self) -> int:
        """What is waited for (epoll); errors are told in any case."""
        if self.answered_by:
            return select.EPOLLRDHUP
        return select.EPOLLOUT if self.outbox else select.EPOLLIN


def pass_on(
    successor: socket.socket,
    connections: Iterable[Connection],
    links: Iterable[Link],
    heavy: Connection,
    began: float,
) -> None:
    """Send all that a front has to its successor, and close it here.

    What this process is to answer itself comes last: the link to it is the socket that all goes
    through. `heavy` is the connection whose request it keeps, and that began then.

    Raises OSError where the successor has ended.
    """
    for link in links:
        message = link.pid, link.heavy, link.mark, link.began, bytes(link.inbox.content), False
        wire.send(successor, (_LINK, *message), [link.socket] if link.socket else [])
        if link.socket:
            link.socket.close()
    for each in connections:
        content = bytes(each.reader.inbox), bytes(each.outbox), each.keeps, each.is_closing
        owner = _owner(each, heavy)
        wire.send(
            successor,
            (_CONNECTION, each.name, each.since, each.asked, each.killed, owner, *content),
            [each.socket],
        )
        each.socket.close()
    wire.send(successor, (_LINK, os.getpid(), heavy.name, heavy.mark, began, b"", True))


def _owner(connection: Connection, heavy: Connection) -> int | None:
    """The id of the process that answers."""
    if isinstance(connection.answered_by, Link):
        return connection.answered_by.pid
    return os.getpid() if connection.answered_by == THREAD or connection is heavy else None


def taken(
    predecessor: socket.socket, constant: "WSGIEnvironment"
) -> tuple[list[Connection], list[Link]]:
    """Return what `pass_on` sends, as far as it comes."""
    links: dict[int, Link] = {}
    connections: list[tuple[Connection, int | None]] = []
    is_last = False
    with contextlib.suppress(EOFError):
        while not is_last:
            (what, *message), passed = wire.receive_passed(predecessor)
            if what == _LINK:
                pid, heavy, mark, began, inbox, is_last = message
                own = predecessor if is_last else passed[0] if passed else None
                links[pid] = Link(own, pid, heavy, mark, began, wire.Inbox(inbox))
                continue
            name, since, asked, killed, owner, inbox, outbox, keeps, is_closing = message
            each = Connection(passed[0], Reader(constant, inbox), name, since)
            each.asked, each.killed, each.outbox = asked, killed, memoryview(outbox)
            each.keeps, each.is_closing = keeps, is_closing
            connections.append((each, owner))
    for each, owner in connections:
        each.answered_by = links.get(owner) if owner else None
        if each.answered_by:
            with contextlib.suppress(Malformed):
                each.reader.request()  # so that it knows what to drop once that is answered
    return [each for each, _ in connections], [*links.values()]
