"""The clock of a function instance: it follows the cloud's, and sleeping may be shorter than asked for.

A sleep of n seconds takes n x `pace` real seconds, and the instance's time is n seconds later afterwards, so that
deadlines and waits stay in proportion. The gain lasts until the next invocation, which starts at the cloud's time, and
may have a pace of its own.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import threading
import time
from collections.abc import Callable
from typing import Any

_real_time = time.time
_real_monotonic = time.monotonic
_real_sleep = time.sleep


class InstanceClock:
    """Replaces whatever of `time` and `datetime` tells the present of its process, and `time.sleep`."""

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
        time.monotonic_ns = lambda: int(self.monotonic() * 1e9)
        time.sleep = self.sleep  # type: ignore[assignment]  # the stub also takes other numbers
        for name in ("gmtime", "localtime", "ctime"):
            setattr(time, name, self._now_unless_given(getattr(time, name)))
        for name in ("asctime", "strftime"):
            setattr(time, name, self._today_unless_given(getattr(time, name)))
        self._install_numbered_clocks()
        _install_dates(self.time)

    def _now_unless_given(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """As `real`, which takes seconds or else the present."""
        return lambda seconds=None, /: real(self.time() if seconds is None else seconds)

    def _today_unless_given(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """As `real`, which takes a `struct_time` at the end or else the present, in local time."""
        wanted = 1 if real.__name__ == "asctime" else 2
        return lambda *given: real(*given, *() if len(given) >= wanted else (time.localtime(),))

    def _install_numbered_clocks(self) -> None:
        if not hasattr(time, "clock_gettime"):
            return  # Windows has none
        real, moved = time.clock_gettime, {time.CLOCK_REALTIME: self.time, time.CLOCK_MONOTONIC: self.monotonic}
        time.clock_gettime = lambda clock, /: moved[clock]() if clock in moved else real(clock)
        time.clock_gettime_ns = lambda clock, /: int(time.clock_gettime(clock) * 1e9)

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


def _install_dates(now: Callable[[], float]) -> None:
    """Let `datetime.now` and `utcnow` follow `now`; `today` of both classes asks `time.time` already.

    In the type itself: a class in its place would be another one than that of modules which are imported already.
    """

    def moved_now(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return cls.fromtimestamp(now(), tz)

    def moved_utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        return cls.fromtimestamp(now(), datetime.timezone.utc).replace(tzinfo=None)

    [members] = gc.get_referents(datetime.datetime.__dict__)
    members.update(now=classmethod(moved_now), utcnow=classmethod(moved_utcnow))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
