"""The cloud's clock: the machine's own, plus an offset that can be moved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class CloudClock:
    """Time as every part of the cloud sees it, function instances included."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._listeners: list[Callable[[float], None]] = []
        self._sleepers: set[asyncio.Event] = set()

    def now(self) -> float:
        """Seconds since the epoch, in the cloud."""
        return time.time() + self.offset

    def now_ms(self) -> int:
        """Milliseconds since the epoch, in the cloud."""
        return int(self.now() * 1000)

    def move_to(self, offset: float) -> None:
        """Set the distance to the machine's clock, in seconds, and tell whoever listens or sleeps."""
        self.offset = offset
        for sleeper in list(self._sleepers):
            sleeper.set()
        for listener in list(self._listeners):
            listener(offset)

    def listen(self, listener: Callable[[float], None]) -> None:
        """Call `listener` with the new offset whenever the clock is moved."""
        self._listeners.append(listener)

    async def sleep(self, seconds: float) -> None:
        """Wait until the cloud is `seconds` later; moving the clock shortens it."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            moved = asyncio.Event()
            self._sleepers.add(moved)
            try:
                await asyncio.wait_for(moved.wait(), left)
            except asyncio.TimeoutError:
                pass  # the time has come
            finally:
                self._sleepers.discard(moved)
