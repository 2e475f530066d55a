"""Messages between fronts, the store process and errands: length and content.

The content is what `marshal` knows (text, bytes, numbers, tuples), an error is pickled inside it:
both ends are processes of one server, and marshal costs a third of pickle's time.
"""

import marshal
import pickle
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from calcguide.errors import CalcguideError

_LENGTH = struct.Struct("!Q")
_MOST = 2
"""Sockets passed with one message."""


def send(
    connection: socket.socket,
    message: Any,  # noqa: ANN401 - see above
    passed: Sequence[socket.socket] = (),
) -> None:
    """Send one message; `passed` are sockets that the other end is to have as well."""
    if isinstance(message, CalcguideError):
        message = pickle.dumps(message)
    content = marshal.dumps(message)
    head = _LENGTH.pack(len(content))
    if passed:
        socket.send_fds(connection, [head], [each.fileno() for each in passed])
        connection.sendall(content)
    else:
        connection.sendall(head + content)


def receive(connection: socket.socket) -> Any:  # noqa: ANN401 - whatever was sent
    """Return one message; raises EOFError where the other end is gone."""
    return receive_passed(connection)[0]


def receive_passed(connection: socket.socket) -> tuple[Any, list[socket.socket]]:
    """Return one message and the sockets passed with it; raises EOFError as `receive`."""
    try:
        head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, _MOST)
    except ConnectionError as error:
        raise EOFError from error
    passed = [socket.socket(fileno=each) for each in descriptors]
    head += _exactly(connection, _LENGTH.size - len(head)) if head else b""
    if not head:
        raise EOFError
    message = marshal.loads(_exactly(connection, _LENGTH.unpack(head)[0]))  # noqa: S302 - our own
    if isinstance(message, bytes):
        message = pickle.loads(message)  # noqa: S301 - from our own process
    return message, passed


class Inbox:
    """What has come in on a connection that is not waited for."""

    def __init__(self, content: bytes = b"") -> None:
        """Read on from what has come in."""
        self.content = bytearray(content)

    def messages(self, content: bytes) -> Iterator[Any]:
        """Add what has come in; take out and yield the messages that are whole."""
        self.content += content
        while len(self.content) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self.content)[0]
            if len(self.content) < end:
                return
            message = marshal.loads(self.content[_LENGTH.size : end])  # noqa: S302 - from our own
            del self.content[:end]
            yield message


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        try:
            parts.append(connection.recv(size))
        except ConnectionError as error:
            raise EOFError from error
        if not parts[-1]:
            raise EOFError
        size -= len(parts[-1])
    return b"".join(parts)
