"""Messages between a front, the store process and a query worker: length and content."""

import pickle
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!Q")


def send(connection: socket.socket, message: object) -> None:
    """Send one message. Both ends are processes of one server: pickle is safe between them."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    connection.sendall(_LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket) -> Any:  # noqa: ANN401 - whatever was sent
    """Return one message; raises EOFError where the other end is gone."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return pickle.loads(_exactly(connection, length))  # noqa: S301 - from our own process


def _exactly(connection: socket.socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        try:
            part = connection.recv(size - len(content))
        except ConnectionError as error:
            raise EOFError from error
        if not part:
            raise EOFError
        content += part
    return bytes(content)
