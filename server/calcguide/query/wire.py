"""Messages between a front, the store process and a query worker: length and content.

The content is what `marshal` knows (text, bytes, numbers, tuples), an error is pickled inside it:
both ends are processes of one server, and marshal costs a third of pickle's time.
"""

import marshal
import pickle
import socket
import struct
from typing import Any

from calcguide.errors import CalcguideError

_LENGTH = struct.Struct("!Q")
_USUAL = 16384
"""Bytes read at once: most messages are shorter."""


def send(connection: socket.socket, message: Any) -> None:  # noqa: ANN401 - see above
    """Send one message."""
    if isinstance(message, CalcguideError):
        message = pickle.dumps(message)
    content = marshal.dumps(message)
    connection.sendall(_LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket) -> Any:  # noqa: ANN401 - whatever was sent
    """Return one message; raises EOFError where the other end is gone.

    Where the connection has a time limit (`limit`), TimeoutError says that none has begun by then.
    Nobody sends a second message before the first is answered, so what is read is one message.
    """
    try:
        content = connection.recv(_USUAL)
    except BlockingIOError as error:
        raise TimeoutError from error
    except ConnectionError as error:
        raise EOFError from error
    if not content:
        raise EOFError
    while len(content) < _LENGTH.size:
        content += _some(connection, _USUAL)
    missing = _LENGTH.size + _LENGTH.unpack_from(content)[0] - len(content)
    if missing:
        parts = [content]
        while missing:
            parts.append(_some(connection, missing))
            missing -= len(parts[-1])
        content = b"".join(parts)
    message = marshal.loads(memoryview(content)[_LENGTH.size :])  # noqa: S302 - from our own
    if isinstance(message, bytes):
        return pickle.loads(message)  # noqa: S301 - from our own process
    return message


def limit(connection: socket.socket, seconds: float) -> None:
    """Let the kernel end the wait for a message: no call of its own asks whether there is one."""
    whole = int(seconds)
    at_most = struct.pack("@ll", whole, int(1_000_000 * (seconds - whole)))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, at_most)


def _some(connection: socket.socket, size: int) -> bytes:
    while True:
        try:
            part = connection.recv(size)
        except BlockingIOError:  # the rest of a message comes, however long it takes
            continue
        except ConnectionError as error:
            raise EOFError from error
        if not part:
            raise EOFError
        return part
