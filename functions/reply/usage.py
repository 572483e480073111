"""Reading what was used of a robot: of a person and day one listing, of a month sheets and what is newer than they are.

The work grows with what is new. What an earlier version stored is counted once a day is over, and kept beside:
`account/<robot>/<yyyy-mm>/earlier/<yyyy-mm-dd>.<random>.json`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reply.account import Folder
from reply.bucket import Bucket, at_once, part_text, path_part
from reply.guards import Asked
from reply.places import Owner, parts
from reply.records import Records
from reply.sheets import DayTotal, Sheet, of_tallies, tally
from reply.tallies import Tallies, Tally, from_json, merged, to_json, total
from shared.clock import Clock
from shared.errors import StoreUnavailable
from shared.log import Log
from shared.message import Message

FRESH_TOTAL_MS = 5 * 60 * 1000
"""How old (ms) the total of a month may be that is used instead of counting again."""

NEAR_TOKENS = 500_000
"""Tokens before a month's limit from which on a total is too old to be used, whatever its age."""

_TOTAL = re.compile(r"(\d{13})\.(\d{1,18})\.[0-9a-f]{16}")
_EARLIER = re.compile(r"(\d{4}-\d\d-\d\d)\.[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class Month:
    """What was used of a robot in a month so far: each day's sums, each person's (by path part), and their today."""

    days: dict[str, DayTotal] = field(default_factory=dict)
    people: dict[str, Tally] = field(default_factory=dict)
    today: dict[str, Tally] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """Tokens of a month as some run has counted them, and whether that was less than five minutes ago."""

    folder: Folder
    tokens: int = 0
    fresh: bool = False
    names: tuple[str, ...] = ()


class Ledger:
    """What people have used. Every method raises StoreUnavailable when the bucket cannot be read."""

    def __init__(self, records: Records, bucket: Bucket, clock: Clock, log: Log) -> None:
        self._records = records
        self._account = records.account
        self._bucket = bucket
        self._clock = clock
        self._log = log
        self._counted: Total | None = None
        self.days = records.days

    @property
    def now(self) -> int:
        """The time in ms."""
        return int(self._clock.now() * 1000)

    def of_sender(self, message: Message) -> Asked:
        """What the sender of a message has asked on its day, in one listing."""
        return Asked.of(self._records.of_sender(message))

    def month_of_sender(self, message: Message) -> Tally:
        """What the sender of a message has asked its robot in its month."""
        owner, person = Owner.of(message), path_part(message.sender.id)
        found = self._account.read(self._records.earlier.known(owner), message.booked_at, self.now, person)
        lines = [shard.sheet.people[person] for shard in found if person in shard.sheet.people]
        of_earlier = self._earlier(owner, message.booked_at)
        days = [tallies[person] for tallies in of_earlier.values() if person in tallies]
        return sum([*days, *(tally(line, message.sender.id) for line in lines)], Tally())

    def month(self, message: Message) -> Month:
        """What everybody has used of the robot of a message in this month."""
        owner, now = Owner.of(message), self.now
        shards = self._account.read(self._records.earlier.known(owner), now, now)
        sheets = [shard.sheet for shard in shards]
        sheets += [of_tallies(day, tallies) for day, tallies in self._earlier(owner, now).items() if tallies]
        return _month(sheets, self.days.day(now))

    def last_total(self, message: Message) -> Total:
        """The tokens of the month of a message as they were counted last, in one listing."""
        folder = (*self._account.month_folder(message.robot, message.booked_at), "totals")
        totals = [found for found in map(_TOTAL.fullmatch, self._bucket.names(folder)) if found]
        if not totals:
            return Total(folder)
        fresh = abs(self.now - int(totals[-1][1])) <= FRESH_TOTAL_MS
        return Total(folder, int(totals[-1][2]), fresh, tuple(found[0] for found in totals))

    def tokens_of_month(self, message: Message, limit: int, last: Total | None = None) -> int:
        """Tokens of the robot in the month of a message: those used, and those that open questions can cost.

        While the limit is far they are as of at most five minutes ago. From nine tenths of it on, and in its last
        500,000 tokens, they are counted now, all but those of the message itself, which must be on record as open.
        """
        last = last or self.last_total(message)
        if last.fresh and not limit - max(limit // 10, NEAR_TOKENS) <= last.tokens < limit:
            return last.tokens
        owner, at = Owner.of(message), message.booked_at
        listings = self._account.listings(self._records.earlier.known(owner), at, self.now)
        used = sum(listing.tokens for listing in listings)
        used += sum(total(tallies).tokens for tallies in self._earlier(owner, at).values())
        if not last.fresh:
            self._counted = replace(last, tokens=used)
        opened = {turn_id: tokens for listing in listings for turn_id, tokens in listing.open.items()}
        opened.pop(message.turn_id, None)
        return used + sum(opened.values())

    def keep_total(self) -> None:
        """Keep the total that was counted because the last one was too old, in its place. Never raises."""
        counted, self._counted = self._counted, None
        if counted and self._written(counted.folder, f"{self.now:013d}.{counted.tokens}.{secrets.token_hex(8)}", b""):
            for name in counted.names:
                self._removed(counted.folder, name)

    def fold(self, message: Message) -> None:
        """Fold what the sender's shard has noted, where that is worth it."""
        self._account.fold(message, self.now)

    def _earlier(self, owner: Owner, at: int) -> dict[str, Tallies]:
        """What an earlier version has on record of the days of a month, for this robot."""
        month = self.days.day(at)[:7]
        wanted = sorted(day for day in self._records.earlier.days() if day[:7] == month)
        if not wanted:
            return {}
        folder = (*self._account.month_folder(owner.robot, at), "earlier")
        kept = {found[1]: found[0] for found in map(_EARLIER.fullmatch, self._bucket.names(folder)) if found}
        return {day: self._earlier_day(owner, day, folder, kept.get(day, "")) for day in wanted}

    def _earlier_day(self, owner: Owner, day: str, folder: Folder, kept: str) -> Tallies:
        known = self._readable(folder, [kept] if kept else [])
        if known:
            return known[0]
        if not self.days.settled(day, self.now):
            return self._records.earlier.counted(owner, day, partial(self._counted_day, owner, day))
        rolled_up: list[Tallies] = []
        if self._records.earlier.only(owner):
            place = ("rollups", day)
            rolled_up = self._readable(place, self._bucket.kept(place))
        counted = merged(rolled_up) if rolled_up else self._counted_day(owner, day)
        self._written(folder, f"{day}.{secrets.token_hex(8)}.json", to_json(counted))
        return counted

    def _readable(self, folder: Sequence[str], names: Sequence[str]) -> list[Tallies]:
        found = []
        for name in names:
            try:
                found.append(from_json(self._bucket.read(folder, name) or b""))
            except ValueError as problem:
                self._log.warning("rollup_unreadable", file=name, problem=str(problem))
        return found

    def _counted_day(self, owner: Owner, day: str) -> Tallies:
        people = parts(self._bucket.kept(("records", day)))
        work: list[Callable[[], Tally]] = [partial(self._tally, owner, day, person) for person in people]
        tallies = at_once(work)
        return {person: one for person, one in zip(people, tallies, strict=True) if one.questions or one.tokens}

    def _tally(self, owner: Owner, day: str, person: str) -> Tally:
        entries = self._records.of_earlier(owner, day, person)
        asked = Asked.of(entries)
        if not (asked.questions or asked.tokens):
            return Tally(asked.questions, asked.tokens)
        who = self._records.named(person, entries)
        return Tally(asked.questions, asked.tokens, who.name, who.id)

    def _written(self, folder: Sequence[str], name: str, content: bytes) -> bool:
        try:
            self._bucket.write_new(folder, name, content)
        except StoreUnavailable as problem:
            self._log.warning("count_unsaved", folder="/".join(folder), problem=str(problem))
            return False
        return True

    def _removed(self, folder: Sequence[str], name: str) -> None:
        try:
            self._bucket.remove(folder, name)
        except StoreUnavailable as problem:
            self._log.warning("leftover_file", file=name, problem=str(problem))


def _month(sheets: Sequence[Sheet], today: str) -> Month:
    month = Month()
    for sheet in sheets:
        for day, sums in sheet.totals().items():
            month.days[day] = month.days.get(day, DayTotal()) + sums
        for person, line in sheet.people.items():
            month.people[person] = month.people.get(person, Tally()) + tally(line, part_text(person))
        for person, (questions, tokens) in sheet.recent.get(today, {}).items():
            month.today[person] = month.today.get(person, Tally()) + Tally(questions, tokens)
    return month
