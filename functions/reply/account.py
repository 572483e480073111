"""The account of a robot and month on the bucket: what is used and open, noted as it comes, folded into sheets later.

    account/<robot>/<yyyy-mm>/<shard>/           the journal (reply.journal) of a sixteenth of the people
    account/<robot>/<yyyy-mm>/totals/            the month's tokens as counted at some moment, in the name alone
    account/<robot>/<yyyy-mm>/earlier/           days that were counted from what was stored before there was an account

Every method raises StoreUnavailable when the bucket fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from reply.bucket import Bucket, at_once, path_part
from reply.days import Days
from reply.journal import Listed, Used, listed, open_file, shard_of, shards, sheet_file
from reply.places import Owner, robot_part
from reply.sheets import Sheet, from_json, to_json
from shared.errors import StoreUnavailable
from shared.log import Log
from shared.message import Message

FOLD_AFTER_MS = 60_000
"""What is used is folded when it is this old (ms): by then whoever was writing beside it is done."""

FOLD_FROM = 32
"""Messages that are worth a new sheet."""

LISTINGS = 3
"""How often a shard is listed when its sheet vanishes while it is read."""

Folder = tuple[str, ...]


@dataclass(frozen=True)
class Shard:
    """A shard as it was listed, and as its sheet says; what is newer than the sheet is in it, too."""

    listed: Listed
    sheet: Sheet


class Account:
    """Notes what is used and open, and reads it."""

    def __init__(self, bucket: Bucket, days: Days, log: Log) -> None:
        self._bucket = bucket
        self._days = days
        self._log = log

    def month_folder(self, robot: str, at: int) -> Folder:
        """Where the month of a moment (ms) is kept."""
        return ("account", robot_part(robot), self._days.day(at)[:7])

    def reserve(self, message: Message, reserved: int) -> None:
        """Note what a question can cost, before it costs anything."""
        name = open_file(message.turn_id, message.booked_at, reserved)
        self._bucket.write_new(self._folder(message), name, b"")

    def release(self, message: Message, reserved: int) -> None:
        """Remove the note that `reserve` made."""
        self._bucket.remove(self._folder(message), open_file(message.turn_id, message.booked_at, reserved))

    def book(self, message: Message, questions: int, tokens: int, at: int) -> None:
        """Note what a message has cost, at a moment (ms); a second time with the same moment changes nothing."""
        person, day = path_part(message.sender.id), self._days.day(message.booked_at)
        used = Used(message.turn_id, at, day, questions, tokens, person, message.sender.nick)
        self._bucket.write_new(self._folder(message), used.file, b"")

    def settled_until(self, message: Message) -> int:
        """Up to when (ms) the sender's journal is folded."""
        return listed(self._bucket.names(self._folder(message)), message.booked_at).until

    def release_all(self, message: Message) -> None:
        """Remove every note that a message is open, whatever it reserved."""
        folder = self._folder(message)
        for name in self._bucket.names(folder):
            if name.startswith(f"{message.turn_id}.open."):
                self._bucket.remove(folder, name)

    def listings(self, owner: Owner, at: int, now: int) -> list[Listed]:
        """One listing of every shard of a month."""
        return at_once([partial(self._listed, folder, now) for folder in self._shards(owner, at)])

    def read(self, owner: Owner, at: int, now: int, person: str = "") -> list[Shard]:
        """Every shard of a month with its sheet, or those of one person (a path part)."""
        return at_once([partial(self._read, folder, now) for folder in self._shards(owner, at, person)])

    def fold(self, message: Message, now: int) -> int:
        """Put what the sender's journal has noted into a new sheet, where that is worth it; returns of how many.

        What was folded is removed when the sheet has been read back, and never before.
        """
        folder = self._folder(message)
        found, base = self._opened(folder, now)
        until = now - FOLD_AFTER_MS
        if len(found.new) < FOLD_FROM or until <= found.until:
            return 0
        new = [used for used in found.used if used.at < until]
        if len(new) < FOLD_FROM:
            return 0
        content = to_json(base.with_used(new).shortened())
        name = sheet_file(until, found.settled + sum(used.tokens for used in new))
        self._bucket.write_new(folder, name, content)
        if self._bucket.read(folder, name) != content:
            raise StoreUnavailable("reading a sheet back", "it is not what was written")
        # The one before stays, for whoever is about to read it.
        done = [*self._listed(folder, now).done, *found.sheets[1:]]
        at_once([partial(self._bucket.remove, folder, old) for old in done])
        return len(new)

    def _folder(self, message: Message) -> Folder:
        month = self.month_folder(message.robot, message.booked_at)
        return (*month, shard_of(path_part(message.sender.id)))

    def _shards(self, owner: Owner, at: int, person: str = "") -> list[Folder]:
        wanted = [shard_of(person)] if person else shards()
        return [(*self.month_folder(robot, at), shard) for robot in owner.ids for shard in wanted]

    def _listed(self, folder: Folder, now: int) -> Listed:
        return listed(self._bucket.names(folder), now)

    def _read(self, folder: Folder, now: int) -> Shard:
        found, sheet = self._opened(folder, now)
        return Shard(found, sheet.with_used(found.used))

    def _opened(self, folder: Folder, now: int) -> tuple[Listed, Sheet]:
        """A listing, and its newest sheet; one that holds none is as if it were not there."""
        spoilt: set[str] = set()
        for _ in range(LISTINGS):
            names = self._bucket.names(folder)
            while True:
                found = listed((name for name in names if name not in spoilt), now)
                if not found.sheets:
                    return found, Sheet()
                content = self._bucket.read(folder, found.sheets[0])
                if content is None:
                    break  # folded meanwhile
                try:
                    return found, from_json(content)
                except ValueError as problem:
                    spoilt.add(found.sheets[0])
                    self._log.warning("sheet_unreadable", file=found.sheets[0], problem=str(problem))
        raise StoreUnavailable("reading a sheet", f"it was listed and gone, {LISTINGS} times in a row")
