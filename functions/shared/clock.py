"""Time, given to whoever needs it."""

from __future__ import annotations

import time
from typing import Protocol


class Event(Protocol):
    """What can be waited for: a `threading.Event`."""

    def wait(self, timeout: float) -> bool:
        """Wait at most that many seconds; whether it has come."""
        ...


class Clock(Protocol):
    """What the functions know of time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait for an event, at most that many seconds; whether it has come."""
        ...


class Rarely:
    """Something that is done at most once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._done_at = float("-inf")

    def due(self, now: float) -> bool:
        """Whether it is to be done now (seconds since the epoch); then it is done. A clock set back counts as later."""
        if 0 <= now - self._done_at < self._seconds:
            return False
        self._done_at = now
        return True


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds; nothing for zero or less."""
        if seconds > 0:
            time.sleep(seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait for an event, at most that many seconds (none for zero or less); whether it has come."""
        return event.wait(max(0.0, seconds))
