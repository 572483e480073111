"""The cloud's clock: the machine's own, plus an offset that can be moved."""

from __future__ import annotations

import time
from collections.abc import Callable


class CloudClock:
    """Time as every part of the cloud sees it, function instances included."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._listeners: list[Callable[[float], None]] = []

    def now(self) -> float:
        """Seconds since the epoch, in the cloud."""
        return time.time() + self.offset

    def now_ms(self) -> int:
        """Milliseconds since the epoch, in the cloud."""
        return int(self.now() * 1000)

    def move_to(self, offset: float) -> None:
        """Set the distance to the machine's clock, in seconds, and tell whoever listens."""
        self.offset = offset
        for listener in list(self._listeners):
            listener(offset)

    def listen(self, listener: Callable[[float], None]) -> None:
        """Call `listener` with the new offset whenever the clock is moved."""
        self._listeners.append(listener)
