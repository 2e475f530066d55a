"""A server in a session of its own: started, waited for, its use of the machine read, ended."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

from tests.bench.client import Request, ask
from tests.bench.peers import Peer, Place
from tests.running import descendants

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 900
"""Seconds that a server may take to its first right answer."""


class NeverRight(Exception):
    """A server did not come to a right answer."""


class Running:
    """A started server, since when, and all the processes below it."""

    def __init__(self, process: "subprocess.Popen[bytes]", place: Place) -> None:
        self.process, self.place, self.started = process, place, time.monotonic()

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server and all below it have used, ended ones included."""
        return cpu_seconds(self.process.pid)

    def pss_mb(self) -> float:
        """Return its memory in megabytes, pages that processes share counted once (PSS)."""
        return pss_mb(self.process.pid)

    def wait_until_right(self, request: Request, is_right: Callable[[int, bytes], bool]) -> float:
        """Return the seconds from its start to its first right answer; raises NeverRight."""
        seen = "nothing listens"
        while time.monotonic() < self.started + _PATIENCE and self.process.poll() is None:
            with contextlib.suppress(OSError, HTTPException):
                status, body = ask(self.place.port, request)
                if is_right(status, body):
                    return time.monotonic() - self.started
                seen = f"{status}: {body[:200]!r}"
            time.sleep(0.005)
        ended = self.process.poll() is not None
        raise NeverRight(f"{'it ended' if ended else f'after {_PATIENCE} s'}; last seen: {seen}")

    def wait_until_listening(self) -> None:
        """Return once it accepts connections; raises NeverRight."""
        self.wait_until_right(Request("/"), lambda *_: True)


@contextlib.contextmanager
def running(peer: Peer, place: Place) -> Iterator[Running]:
    """Run a server until the block ends; its output goes to a log in its folder."""
    with (place.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            peer.command(place),
            cwd=place.folder,
            env=os.environ | peer.environment(place),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(process, place)
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):  # what is left of its own group
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and all below it have used.

    That of the living is read from their clocks (clock_getcpuclockid), to the nanosecond; that of
    the ended from what the kernel adds up for their parents, in hundredths of a second.
    """
    total = 0.0
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            total += time.clock_gettime((~each << 3) | 2) + _ended_seconds(each)
    return total


def _ended_seconds(pid: int) -> float:
    """CPU time of the children that a process has waited for: cutime, cstime (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS


def pss_mb(pid: int) -> float:
    """Return the memory of a process and all below it in megabytes (PSS)."""
    return sum(map(_pss_kb, descendants(pid))) / 1024


def _pss_kb(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
