"""Days and months of a time zone: when a limit begins anew, and whose records are complete. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

SETTLED_AFTER_S = 3 * 3600
"""Seconds after its midnight from which a day's records stand: FC gives up on a message after 90 minutes, and what it
then still runs ends within its time-out."""


@dataclass(frozen=True)
class Days:
    """The calendar of one time zone. Days are written yyyy-mm-dd; moments are ms since the epoch."""

    timezone: tzinfo

    def day(self, at: int) -> str:
        """The day of a moment."""
        return self._local(at).strftime("%Y-%m-%d")

    def next_day(self, at: int) -> str:
        """When the day after a moment's begins, as people write it."""
        return self._midnight(self._local(at).date() + timedelta(days=1))

    def next_month(self, at: int) -> str:
        """When the month after a moment's begins, as people write it."""
        return self._midnight((self._local(at).date().replace(day=1) + timedelta(days=32)).replace(day=1))

    def month(self, at: int) -> list[str]:
        """The days of a moment's month, up to its own."""
        last = self._local(at).date()
        return [last.replace(day=number).isoformat() for number in range(1, last.day + 1)]

    def settled(self, day: str, now: int) -> bool:
        """Whether nothing can be added to a day's records any more."""
        ends = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), self.timezone)
        return now / 1000 >= ends.timestamp() + SETTLED_AFTER_S

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, self.timezone)

    def _midnight(self, day: date) -> str:
        return f"{day.isoformat()} 00:00 ({self.timezone})"
