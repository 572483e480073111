"""The counting of the version before there was an account, for comparison: one folder per person and day.

Kept as it was, as far as counting needs it: roll-ups of days that are over, and for the running day one listing for
each person, and one record read for their name.
"""

from __future__ import annotations

import json
from functools import partial

from benchmarks.account_mount import SimulatedMount
from reply.bucket import at_once
from reply.guards import Asked
from reply.records import _entries
from reply.tallies import Tallies, Tally, added, from_json, merged, total


class Before:
    """Counts on a day of a month; `over` are its days that are over."""

    def __init__(self, mount: SimulatedMount, month: str, over: list[str], today: str) -> None:
        self._mount, self._month, self._over, self._today = mount, month, over, today

    def of_person(self, person: str) -> Asked:
        """A person's day."""
        folder = ("records", self._today, person)
        return Asked.of(_entries(self._mount.names(folder), folder))

    def tokens_of_month(self) -> int:
        """Near the limit: the days that are over from the last total, the running day from everybody's folder."""
        folder = ("totals", self._month)
        names = self._mount.names(folder)
        known = json.loads(self._mount.read(folder, names[-1]) or b"{}")
        people = self._mount.names(("records", self._today))
        asked = at_once([partial(self.of_person, person) for person in people])
        return int(known["settled_tokens"]) + sum(one.tokens for one in asked)

    def everybody(self) -> tuple[Tally, int]:
        """用量 全部."""
        days = [self._rolled_up(day) for day in self._over]
        people = self._mount.names(("records", self._today))
        tallies = at_once([partial(self._tally, person) for person in people])
        days.append(dict(zip(people, tallies, strict=True)))
        month = added(days)
        return total(month), len(month)

    def own_month(self, person: str) -> Tally:
        """用量: a person's month, from the roll-ups of everybody."""
        days = [self._rolled_up(day).get(person, Tally()) for day in self._over]
        asked = self.of_person(person)
        return sum(days, Tally(asked.questions, asked.tokens))

    def _rolled_up(self, day: str) -> Tallies:
        folder = ("rollups", day)
        return merged([from_json(self._mount.read(folder, name) or b"") for name in self._mount.names(folder)])

    def _tally(self, person: str) -> Tally:
        folder = ("records", self._today, person)
        entries = _entries(self._mount.names(folder), folder)
        asked = Asked.of(entries)
        loaded = json.loads(self._mount.read(folder, f"{entries[0].turn_id}.answered.{entries[0].tokens}.json") or b"")
        return Tally(asked.questions, asked.tokens, str(loaded["nick"]), str(loaded["user"]))
