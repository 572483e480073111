"""Days and months of a time zone."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from reply.days import Days
from reply.settings import CHINA

NEW_YORK = ZoneInfo("America/New_York")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "at", "day", "next_day", "next_month"),
    [
        (CHINA, "2026-11-20T15:59:59+00:00", "2026-11-20", "2026-11-21", "2026-12-01"),
        (CHINA, "2026-11-20T16:00:00+00:00", "2026-11-21", "2026-11-22", "2026-12-01"),
        (CHINA, "2026-12-31T23:59:59+08:00", "2026-12-31", "2027-01-01", "2027-01-01"),
        (CHINA, "2028-02-28T12:00:00+08:00", "2028-02-28", "2028-02-29", "2028-03-01"),
        (ZoneInfo("UTC"), "2026-11-20T16:00:00+00:00", "2026-11-20", "2026-11-21", "2026-12-01"),
        (NEW_YORK, "2026-11-01T03:59:59+00:00", "2026-10-31", "2026-11-01", "2026-11-01"),
        (NEW_YORK, "2026-11-01T23:59:59-05:00", "2026-11-01", "2026-11-02", "2026-12-01"),
        (NEW_YORK, "2026-01-31T12:00:00-05:00", "2026-01-31", "2026-02-01", "2026-02-01"),
    ],
)
def test_when_a_limit_begins_anew(zone: tzinfo, at: str, day: str, next_day: str, next_month: str) -> None:
    """A day ends at the time zone's midnight, also where clocks are put back on it."""
    days = Days(zone)
    assert days.day(ms(at)) == day
    assert days.next_day(ms(at)) == f"{next_day} 00:00 ({zone})"
    assert days.next_month(ms(at)) == f"{next_month} 00:00 ({zone})"


def test_the_days_of_a_month() -> None:
    """From the first to the moment's own."""
    days = Days(CHINA)
    assert days.month(ms("2026-11-01T00:00:00+08:00")) == ["2026-11-01"]
    assert days.month(ms("2026-10-31T23:59:59+08:00"))[-2:] == ["2026-10-30", "2026-10-31"]
    assert len(days.month(ms("2026-02-28T12:00:00+08:00"))) == 28


@pytest.mark.parametrize(
    ("at", "settled"),
    [
        ("2026-11-20T23:59:59+08:00", False),
        ("2026-11-21T00:00:00+08:00", False),
        ("2026-11-21T02:59:59+08:00", False),
        ("2026-11-21T03:00:00+08:00", True),
        ("2026-12-01T00:00:00+08:00", True),
    ],
)
def test_a_day_is_settled_when_nothing_can_come_any_more(at: str, settled: bool) -> None:
    """Three hours after its midnight: what began before it has ended by then, whatever went wrong."""
    assert Days(CHINA).settled("2026-11-20", ms(at)) == settled
