"""Time, given to whoever needs it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the functions know of time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds; nothing for zero or less."""
        if seconds > 0:
            time.sleep(seconds)
