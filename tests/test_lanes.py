"""Heavy queries: how many run at once, who waits, who is refused, who goes to the slow lane."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calcguide.query import Limits
from calcguide.serving.lanes import Lanes
from calcguide.settings import Settings

BUSY = "while True: pass"
IDLE = "import time; time.sleep(60)"


class Processes:
    """Real processes in lanes of two fast places and one slow one."""

    def __init__(self) -> None:
        self.refused: list[int] = []
        limits = replace(
            Limits.read(Settings.read({})),
            fast_queries=2,
            slow_queries=1,
            fast_seconds=0.2,
            wait=0.5,
        )
        self.lanes = Lanes(limits, self._send, self.refused.append)
        self._started: list[subprocess.Popen[bytes]] = []

    def _send(self, pid: int, number: signal.Signals) -> None:
        """As the store process does: to what has not been reaped."""
        for each in self._started:
            if each.pid == pid:
                each.send_signal(number)

    def enter(self, program: str = IDLE, *, is_known: bool = False) -> int:
        process = subprocess.Popen([sys.executable, "-c", program])
        self._started.append(process)
        self.lanes.enter(process.pid, is_known)
        return process.pid

    def end(self) -> None:
        """Kill and reap all."""
        for each in self._started:
            each.kill()
            each.wait()


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.end()


def is_suspended(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False


def test_as_many_run_as_there_are_places_and_the_next_is_suspended(processes: Processes) -> None:
    first, second, third = (processes.enter() for _ in range(3))
    assert until(lambda: is_suspended(third))
    assert not is_suspended(first)
    assert not is_suspended(second)


def test_one_that_waits_goes_on_when_another_is_done(processes: Processes) -> None:
    first, _, third = (processes.enter() for _ in range(3))
    assert until(lambda: is_suspended(third))
    processes.lanes.leave(first)
    assert until(lambda: not is_suspended(third))
    assert processes.refused == []


def test_one_that_is_done_though_it_was_suspended_goes_on(processes: Processes) -> None:
    """It had answered in the moment in which it was suspended."""
    *_, third = (processes.enter() for _ in range(3))
    assert until(lambda: is_suspended(third))
    processes.lanes.leave(third)
    assert until(lambda: not is_suspended(third))


def test_one_that_waits_too_long_is_refused(processes: Processes) -> None:
    first, second, third = (processes.enter(BUSY) for _ in range(3))
    wait = processes.lanes.until_next_look()
    assert wait is not None
    assert wait <= 0.2
    assert until(lambda: processes.lanes.look() or bool(processes.refused))  # type: ignore[func-returns-value]
    assert processes.refused[0] in (first, second, third)


def test_where_more_wait_than_there_are_places_the_first_is_refused(processes: Processes) -> None:
    _, _, third, *_ = (processes.enter() for _ in range(5))
    assert processes.refused == [third]


def test_who_has_used_up_its_time_needs_a_slow_place_and_makes_room(processes: Processes) -> None:
    both = [processes.enter(BUSY), processes.enter(BUSY)]

    def is_one_suspended() -> bool:
        processes.lanes.look()
        return sum(map(is_suspended, both)) == 1

    assert until(is_one_suspended)
    third, fourth = processes.enter(), processes.enter()
    assert not is_suspended(third)
    assert not is_suspended(fourth)
    assert processes.refused == []


def test_in_the_slow_lane_it_gets_the_time_that_others_leave(processes: Processes) -> None:
    pid = processes.enter(BUSY)

    def is_idle() -> bool:
        processes.lanes.look()
        return os.sched_getscheduler(pid) == os.SCHED_IDLE

    assert until(is_idle)


def test_one_that_has_ended_just_now_harms_nobody(processes: Processes) -> None:
    pid = processes.enter(BUSY)
    processes.end()
    time.sleep(0.5)
    processes.lanes.look()
    processes.lanes.leave(pid)
    assert processes.lanes.until_next_look() is None


def test_one_that_is_known_as_slow_begins_in_the_slow_lane(processes: Processes) -> None:
    pid = processes.enter(is_known=True)
    assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    assert not processes.lanes.take_slow_place()
    first, second = processes.enter(), processes.enter()
    assert not is_suspended(first)
    assert not is_suspended(second)
    processes.lanes.leave(pid)
    assert processes.lanes.take_slow_place()


def test_a_process_that_was_forked_takes_a_slow_place_only_where_one_is_free(
    processes: Processes,
) -> None:
    def take_elsewhere() -> int:
        child = os.fork()
        if not child:
            os._exit(processes.lanes.take_slow_place())
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert [take_elsewhere(), take_elsewhere()] == [1, 0]
    processes.lanes.look()
    assert take_elsewhere() == 0
    processes.lanes.leave(0)  # who took it has ended before it entered
    assert take_elsewhere() == 1
