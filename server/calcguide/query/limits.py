"""The limits that a query runs under, read from the settings; and what is said beyond them."""

import signal
from dataclasses import dataclass

from calcguide.errors import Busy, QueryTooHeavy, QueryTooSlow
from calcguide.settings import Settings


@dataclass(frozen=True)
class Limits:
    """What one query may take, in seconds and bytes, and how many run at once."""

    seconds: float
    memory: int
    result: int
    fast_seconds: float
    fast_queries: int
    slow_queries: int
    wait: float
    validation_seconds: float

    @classmethod
    def read(cls, settings: Settings) -> "Limits":
        """Return the limits that the settings state; raises UsageError for what is no number."""
        return cls(
            seconds=settings.number("query_seconds"),
            memory=settings.number("query_memory_mb") * 1_000_000,
            result=settings.number("result_mb") * 1_000_000,
            fast_seconds=settings.number("fast_milliseconds") / 1000,
            fast_queries=settings.number("fast_queries"),
            slow_queries=settings.number("slow_queries"),
            wait=settings.number("wait_milliseconds") / 1000,
            validation_seconds=settings.number("validation_seconds"),
        )


def ended(number: object, took: float, seconds: float, limits: Limits) -> Exception:
    """Return the error that says why a process was ended: by that signal, after so many seconds.

    `seconds` are what it might have taken. Busy says that neither a limit nor this server did it.
    """
    if number == signal.SIGALRM or took >= seconds:
        return QueryTooSlow(
            f"This was ended after {took:.1f} s; the limit is {seconds:g} s. Send less, or ask for "
            "less: add a LIMIT, narrow the pattern so that its parts share variables, or take the "
            "whole dataset as a download."
        )
    if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
        return QueryTooHeavy(
            f"This needs more than it may have: {limits.memory // 1_000_000} MB of memory, or "
            "nesting that deep. Ask for less (LIMIT, a narrower pattern) or send less, nest less, "
            "or take the whole dataset as a download."
        )
    return Busy("The process that answered was ended. Ask again.")
