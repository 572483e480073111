"""Reading what was used: of a person and day one listing, of a month the roll-ups of its days and a total.

Roll-ups and totals are files like all others here: written once, under a new name; whoever else counts the same day
writes another file beside it, and a reader merges them.

    rollups/<yyyy-mm-dd>/<ms>-<random>.json    a day that is over: questions, tokens and name of each person
    totals/<yyyy-mm>/<ms>-<random>.json        tokens of the whole deployment in a month so far
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from reply.bucket import Bucket, path_part
from reply.guards import Asked
from reply.records import Records
from reply.tallies import Tallies, Tally, from_json, merged, to_json, total
from shared.clock import Clock
from shared.errors import StoreUnavailable
from shared.log import Log
from shared.message import Message

FRESH_TOTAL_MS = 5 * 60 * 1000
"""How old (ms) the total of a month may be that is used instead of counting again."""

NEAR_TOKENS = 500_000
"""Tokens before a month's limit from which on a total is too old to be used, whatever its age."""

AT_ONCE = 16
"""Folders that are listed at the same time: each takes tens of milliseconds on a mounted bucket, hardly any work."""

Result = TypeVar("Result")

_OURS = re.compile(r"(\d{13})-[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class _Total:
    """Tokens of a month so far, and of those the ones of its days up to `settled`, which cannot change any more."""

    settled: str = ""
    settled_tokens: int = 0
    tokens: int = 0


class Ledger:
    """What people have used. Every method raises StoreUnavailable when the bucket cannot be read."""

    def __init__(self, records: Records, bucket: Bucket, clock: Clock, log: Log) -> None:
        self._records = records
        self._bucket = bucket
        self._clock = clock
        self._log = log
        self.days = records.days

    @property
    def now(self) -> int:
        """The time in ms."""
        return int(self._clock.now() * 1000)

    def of_sender(self, message: Message) -> Asked:
        """What the sender of a message has asked on its day, in one listing."""
        return Asked.of(self._records.of_sender(message))

    def month_of_sender(self, message: Message) -> Tally:
        """What the sender of a message has asked in its month, up to its day."""
        person = path_part(message.sender.id)
        days = (self._of(day, person) for day in self.days.month(message.created_at))
        return sum(days, Tally())

    def month(self) -> dict[str, Tallies]:
        """What everybody has used on each day of this month, in order."""
        return {day: self._day(day) for day in self.days.month(self.now)}

    def tokens_of_month(self, limit: int, *, without: str) -> int:
        """Tokens of the whole deployment in this month: those used, and those that open questions can cost.

        While the limit is far they are as of at most five minutes ago. From nine tenths of it on, and in its last
        500,000 tokens, they are counted now, all but those of the open question `without`.
        """
        folder = ("totals", self.days.day(self.now)[:7])
        names = [name for name in self._bucket.names(folder) if _OURS.fullmatch(name)]
        known = self._newest_total(folder, names)
        fresh = bool(names) and abs(self.now - int(names[-1][:13])) <= FRESH_TOTAL_MS
        if fresh and known and not limit - max(limit // 10, NEAR_TOKENS) <= known.tokens < limit:
            return known.tokens
        counted, reserved = self._counted(known or _Total(), without)
        if not (fresh and known) and self._written(folder, json.dumps({"v": 1, **vars(counted)}).encode("ascii")):
            for name in names:
                self._removed(folder, name)
        return counted.tokens + reserved

    def _newest_total(self, folder: Sequence[str], names: Sequence[str]) -> _Total | None:
        try:
            loaded = json.loads(self._bucket.read(folder, names[-1]) or b"") if names else {}
            return _Total(str(loaded["settled"]), int(loaded["settled_tokens"]), int(loaded["tokens"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None  # counted again: nothing is lost with it

    def _counted(self, known: _Total, without: str) -> tuple[_Total, int]:
        """The total, and the tokens that open questions can cost beside."""
        settled, settled_tokens, open_tokens, reserved = known.settled, known.settled_tokens, 0, 0
        for day in self.days.month(self.now):
            if day <= known.settled:
                continue
            if self.days.settled(day, self.now):
                settled, settled_tokens = day, settled_tokens + total(self._rolled_up(day)).tokens
                continue
            for asked in _at_once([partial(self._asked, day, person) for person in self._records.people(day)]):
                open_tokens += asked.tokens
                reserved += sum(tokens for turn_id, tokens in asked.open.items() if turn_id != without)
        return _Total(settled, settled_tokens, settled_tokens + open_tokens), reserved

    def _asked(self, day: str, person: str) -> Asked:
        return Asked.of(self._records.of(day, person))

    def _of(self, day: str, person: str) -> Tally:
        if self.days.settled(day, self.now):
            return self._rolled_up(day).get(person, Tally())
        asked = self._asked(day, person)
        return Tally(asked.questions, asked.tokens)

    def _day(self, day: str) -> Tallies:
        return self._rolled_up(day) if self.days.settled(day, self.now) else self._counted_day(day)

    def _rolled_up(self, day: str) -> Tallies:
        """A day that is over, from its roll-ups; when there is none, it is counted and written."""
        folder = ("rollups", day)
        found = []
        for name in self._bucket.names(folder):
            try:
                found.append(from_json(self._bucket.read(folder, name) or b""))
            except ValueError as problem:
                self._log.warning("rollup_unreadable", file=name, problem=str(problem))
        if found:
            return merged(found)
        counted = self._counted_day(day)
        self._written(folder, to_json(counted))
        return counted

    def _counted_day(self, day: str) -> Tallies:
        people = self._records.people(day)
        tallies = _at_once([partial(self._tally, day, person) for person in people])
        return {person: tally for person, tally in zip(people, tallies, strict=True) if tally.questions or tally.tokens}

    def _tally(self, day: str, person: str) -> Tally:
        entries = self._records.of(day, person)
        asked = Asked.of(entries)
        if not (asked.questions or asked.tokens):
            return Tally(asked.questions, asked.tokens)
        who = self._records.named(day, person, entries)
        return Tally(asked.questions, asked.tokens, who.name, who.id)

    def _written(self, folder: Sequence[str], content: bytes) -> bool:
        try:
            self._bucket.write_new(folder, f"{self.now:013d}-{secrets.token_hex(8)}.json", content)
        except StoreUnavailable as problem:
            self._log.warning("count_unsaved", folder="/".join(folder), problem=str(problem))
            return False
        return True

    def _removed(self, folder: Sequence[str], name: str) -> None:
        try:
            self._bucket.remove(folder, name)
        except StoreUnavailable as problem:
            self._log.warning("leftover_file", file=name, problem=str(problem))


def _at_once(work: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results in order; the first failure is raised."""
    from concurrent.futures import ThreadPoolExecutor  # only where other people's folders are listed

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]
