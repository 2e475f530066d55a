"""Messages between processes are received one by one, however they come."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from calcguide.errors import QueryTooSlow
from calcguide.query import wire

MESSAGES: list[tuple[object, ...]] = [
    ("heavy",),
    ("ended", 1, None),
    ("answer", b"x" * 50_000, True),
    ("text \0 é",),
]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        other.settimeout(5)
        yield one, other


@pytest.mark.parametrize(
    "receive",
    [wire.receive, lambda end: wire.receive_passed(end)[0]],
    ids=["alone", "with sockets"],
)
def test_messages_that_come_together_are_received_one_by_one(
    ends: tuple[socket.socket, socket.socket], receive: Callable[[socket.socket], Any]
) -> None:
    sender, receiver = ends
    for message in MESSAGES:
        wire.send(sender, message)
    assert [receive(receiver) for _ in MESSAGES] == MESSAGES
    sender.close()
    with pytest.raises(EOFError):
        receive(receiver)


def test_messages_are_taken_out_of_what_is_there(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    sender, receiver = ends
    for message in MESSAGES:
        wire.send(sender, message)
    sender.close()
    inbox = wire.Inbox()
    found: list[object] = []
    while piece := receiver.recv(7):
        found += inbox.messages(piece)
    assert found == MESSAGES
    assert not inbox.content


def test_what_is_left_of_a_message_is_read_on_by_another() -> None:
    one, other = socket.socketpair()
    with one, other:
        wire.send(one, MESSAGES[0])
        content = other.recv(100)
    first = wire.Inbox()
    assert [*first.messages(content[:10])] == []
    assert [*wire.Inbox(bytes(first.content)).messages(content[10:])] == [MESSAGES[0]]


def test_sockets_come_with_their_message_and_with_no_other(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    sender, receiver = ends
    near, far = socket.socketpair()
    wire.send(sender, ("none",))
    with far:
        wire.send(sender, ("one",), [far])
    wire.send(sender, ("none again",))
    found = [wire.receive_passed(receiver) for _ in range(3)]
    assert [(message, len(passed)) for message, passed in found] == [
        (("none",), 0),
        (("one",), 1),
        (("none again",), 0),
    ]
    with near, found[1][1][0] as passed:
        near.sendall(b"through")
        assert passed.recv(10) == b"through"


def test_an_error_of_ours_comes_as_it_was(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    wire.send(sender, QueryTooSlow("It took too long."))
    error = wire.receive(receiver)
    assert isinstance(error, QueryTooSlow)
    assert str(error) == "It took too long."


@pytest.mark.parametrize("size", [0, 1, 8, 20])
def test_a_message_that_is_cut_off_is_an_end(
    ends: tuple[socket.socket, socket.socket], size: int
) -> None:
    sender, receiver = ends
    one, other = socket.socketpair()
    with one, other:
        wire.send(one, MESSAGES[2])
        sender.sendall(other.recv(size) if size else b"")
    sender.close()
    with pytest.raises(EOFError):
        wire.receive(receiver)
