"""The store process: single-threaded, holds the loaded store, forks and ends fronts.

As many fronts lead as there are listening sockets, one for each; as many are spare.
Each is connected by a pair of sockets (see `front` for what is said there). One that hands over
gets a link to a spare one, which takes its place; its query goes on in the `lanes`.

Who connects to the address of `listen` names an errand, which a process is forked for that does it
once (one at a time in the whole server, a second is told `BUSY`), or asks how one `ENDED`.
"""

import contextlib
import os
import selectors
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from calcguide.dataset import Dataset
from calcguide.query import confine, errand, wire
from calcguide.query.errands import BUSY, ENDED
from calcguide.query.limits import Limits
from calcguide.serving import front, watch
from calcguide.serving.lanes import Lanes
from calcguide.serving.places import Place

_ENDED_KEPT: Final = 256
_BREATH: Final = 0.02
"""Seconds before a front is started in the place of one that failed."""
_CREDENTIALS: Final = struct.Struct("3i")


def listen() -> socket.socket:
    """Return a listening socket that only processes of this user are answered on."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("")  # an abstract address of the kernel's choice: no file to leave behind
    listener.listen(1024)
    return listener


@dataclass(eq=False)
class _Front:
    pid: int
    control: socket.socket
    place: int | None = None
    """Where it leads."""


class StoreProcess:
    """The loop of the store process."""

    def __init__(
        self,
        listener: socket.socket,
        dataset: Dataset,
        limits: Limits,
        errands: Mapping[str, errand.Errand],
        make_front: Callable[[socket.socket], front.Front],
        places: list[Place],
    ) -> None:
        """Hold a dataset; `make_front` makes a front of the process that it is called in."""
        self._errands = errands
        self._errand = 0
        """The process id of the last errand."""
        self._listener = listener
        self._dataset = dataset
        self._limits = limits
        self._make_front = make_front
        self._places = places
        self._selector = selectors.DefaultSelector()
        self._children: set[int] = set()
        self._ended: dict[int, int | str] = {}
        self._fronts: dict[int, _Front] = {}
        self._spare: list[_Front] = []
        self._lanes = Lanes(limits, self._signal, self._refuse)
        self._is_draining = False

    def run(self, share: Callable[[], None]) -> None:
        """Serve until ended, or until all is answered after SIGTERM.

        `share` makes what fronts share; those that are to answer first do not wait for it.
        """
        told, tell = socket.socketpair()
        tell.setblocking(False)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.set_wakeup_fd(tell.fileno())  # so that it is heard of in its turn
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        self._selector.register(told, selectors.EVENT_READ, lambda: self._drain(told))
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        for place in range(len(self._places)):
            self._lead(place).close()
        share()
        while not (self._is_draining and not self._leaders()):
            self._spare_some()
            for key, _ in self._selector.select(self._patience()):
                key.data()
            self._reap()
            self._lanes.look()

    def _patience(self) -> float | None:
        """The seconds until something is to be done of itself."""
        moments = [self._lanes.until_next_look()]
        if any(pid not in self._fronts and pid != self._errand for pid in self._children):
            moments.append(_BREATH)  # its connection is closed, and soon it can be reaped
        return min((each for each in moments if each is not None), default=None)

    def _leaders(self) -> list[_Front]:
        return [each for each in self._fronts.values() if each.place is not None]

    # Fronts

    def _spare_some(self) -> None:
        """Start what is missing."""
        while len(self._spare) < len(self._places):
            self._spare.append(self._start())

    def _start(self) -> _Front:
        """Fork a front that waits to be told to lead."""
        ours, its = socket.socketpair()
        pid = self._fork(lambda: self._be_front(ours, its))
        its.close()
        found = self._fronts[pid] = _Front(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._hear(found))
        return found

    def _be_front(self, theirs: socket.socket, control: socket.socket) -> None:
        theirs.close()
        confine.name("spare front")
        confine.forbid_network()
        self._make_front(control).run(self._places, self._lanes)

    def _lead(self, place: int) -> socket.socket:
        """Have a spare front lead in a place; return the link for who led there."""
        while True:
            self._spare_some()  # before there is a link: a child would keep it open
            chosen = self._spare.pop(0)  # the one that is warm for longest
            ours, its = socket.socketpair()
            with its:
                try:
                    wire.send(chosen.control, (front.LEAD, place), [its])
                except OSError:  # it has ended, which is heard of later
                    ours.close()
                    continue
            chosen.place = place
            if self._is_draining:
                _tell(chosen.control, (front.DRAIN,))
            return ours

    def _hear(self, speaker: _Front) -> None:
        try:
            what, *more = wire.receive(speaker.control)
        except (EOFError, OSError):
            self._lose(speaker)
            return
        if what == front.STEP_DOWN:
            self._succeed(speaker)
        elif what == watch.HEAVY:
            self._lanes.enter(speaker.pid, *more)
        else:
            _tell(speaker.control, (ENDED, *more, self._how_it_ended(*more)))

    def _succeed(self, leader: _Front) -> None:
        place, leader.place = leader.place, None
        if place is None:
            return
        with self._lead(place) as link, contextlib.suppress(OSError):
            wire.send(leader.control, (front.SUCCESSOR,), [link])

    def _lose(self, lost: _Front) -> None:
        """A front has ended: another leads in its place."""
        self._selector.unregister(lost.control)
        lost.control.close()
        del self._fronts[lost.pid]
        if lost in self._spare:
            self._spare.remove(lost)
            time.sleep(_BREATH)
        self._lanes.leave(lost.pid)
        if lost.place is not None and not self._is_draining:
            time.sleep(_BREATH)
            self._lead(lost.place).close()

    def _drain(self, told: socket.socket) -> None:
        """SIGTERM has come: have all fronts answer what they were asked, and end."""
        told.recv(1)
        self._is_draining = True
        for each in self._fronts.values():
            if each not in self._spare:
                _tell(each.control, (front.DRAIN,))

    def _refuse(self, pid: int) -> None:
        """No place became free for a heavy query."""
        self._ended[pid] = front.NO_PLACE
        self._signal(pid, signal.SIGKILL)

    # Errands

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        connection.settimeout(1)
        if _user(connection) != os.getuid():
            connection.close()
            return
        try:
            what, pid = wire.receive(connection)
        except (EOFError, OSError):
            connection.close()
            return
        if what in self._errands:
            self._do(connection, self._errands[what])
        else:
            self._tell_how_it_ended(connection, pid)

    def _tell_how_it_ended(self, connection: socket.socket, pid: int) -> None:
        _tell(connection, self._how_it_ended(pid))
        connection.close()

    def _do(self, connection: socket.socket, todo: errand.Errand) -> None:
        self._reap()
        if self._errand in self._children:
            _tell(connection, BUSY)
        else:
            connection.settimeout(None)
            self._errand = self._fork(
                lambda: errand.run(connection, self._dataset, self._limits, todo)
            )
        connection.close()

    # Processes

    def _fork(self, run: Callable[[], None]) -> int:
        """Start a process that runs something and ends; what is listened to here, it closes."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                confine.end_with_parent(parent)
                for key in list(self._selector.get_map().values()):
                    if isinstance(key.fileobj, socket.socket):
                        key.fileobj.close()
                self._selector.close()
                _ = self._dataset.store  # one on disk is opened here
                run()
                os._exit(0)
            except BaseException:  # noqa: BLE001 - the process ends in any case
                traceback.print_exc()
            finally:
                os._exit(1)
        self._children.add(pid)
        return pid

    def _how_it_ended(self, pid: int) -> int | str | None:
        """Return which signal has ended a process, 0 for none, or why it was killed.

        Who asks has seen its connection close. So it is ending; one that is not, is ended now.
        """
        if pid in self._children:
            self._signal(pid, signal.SIGKILL)
            self._note(*os.waitpid(pid, 0))
        return self._ended.get(pid)

    def _signal(self, pid: int, number: signal.Signals) -> None:
        """Signal a process, if it has not been reaped: until then the id is its own.

        One that is to end gets the processor for that, if we may give it.
        """
        if pid in self._children:
            if number == signal.SIGKILL:
                with contextlib.suppress(OSError):
                    os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            os.kill(pid, number)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        """Remember which signal has ended a process, 0 for none, or why it was killed."""
        self._children.discard(pid)
        self._ended.setdefault(pid, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)
        while len(self._ended) > _ENDED_KEPT:
            self._ended.pop(next(iter(self._ended)))


def _user(connection: socket.socket) -> int:
    """The user id of the process at the other end."""
    content = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(content)[1])


def _tell(connection: socket.socket, message: object) -> None:
    with contextlib.suppress(OSError):
        wire.send(connection, message)
