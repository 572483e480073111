"""The clock of a function instance: it follows the cloud's, and sleeping may be shorter than asked for.

A sleep of n seconds takes n x `pace` real seconds, and the instance's time is n seconds later afterwards, so that
deadlines and waits stay in proportion. The gain lasts until the next invocation, which starts at the cloud's time, and
may have a pace of its own.
"""

from __future__ import annotations

import threading
import time

_real_time = time.time
_real_monotonic = time.monotonic
_real_sleep = time.sleep


class InstanceClock:
    """Replaces `time.time`, `time.time_ns`, `time.monotonic` and `time.sleep` of its process."""

    def __init__(self, pace: float, skew: float = 0.0) -> None:
        self._pace = pace
        self._skew = skew
        self._offset = 0.0
        self._gain = 0.0
        self._lock = threading.Lock()

    def install(self) -> None:
        """Put this clock in place of the process's own, for modules imported before and after."""
        time.time = self.time
        time.time_ns = lambda: int(self.time() * 1e9)
        time.monotonic = self.monotonic
        time.sleep = self.sleep  # type: ignore[assignment]  # the stub also takes other numbers

    def begin(self, offset: float, pace: float) -> None:
        """An invocation begins: at the cloud's time, and with this pace."""
        self._offset, self._pace, self._gain = offset, pace, 0.0

    def follow(self, offset: float) -> None:
        """Take over the cloud's offset."""
        self._offset = offset

    def time(self) -> float:
        """Seconds since the epoch, as this instance has them."""
        return _real_time() + self._offset + self._gain + self._skew

    def of_cloud(self) -> float:
        """Seconds since the epoch as every other part of the cloud has them: without skew and what sleeping gained."""
        return _real_time() + self._offset

    @property
    def gained(self) -> float:
        """Seconds that sleeping has saved since the invocation began."""
        return self._gain

    def monotonic(self) -> float:
        """Seconds that never run backwards within an invocation."""
        return _real_monotonic() + self._gain

    def sleep(self, seconds: float) -> None:
        """Sleep `seconds` of the instance's time."""
        until = _real_time() + self._gain + seconds
        _real_sleep(max(seconds, 0) * self._pace)
        with self._lock:  # threads that sleep side by side must not add up
            self._gain = max(self._gain, until - _real_time())
