"""The limits that a query runs under, read from the settings."""

from dataclasses import dataclass

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
