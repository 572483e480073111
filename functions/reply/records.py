"""Records: one folder per robot, day and person says what is done, how much was asked, and is the audit trail.

In `records/<robot>/<day>/<person>/`, `<turn id>.open` is written before the model is called; where tokens are limited
`<turn id>.<tokens>.open`, with as many as the question can cost. `<turn id>.<outcome>.<tokens>.json` is written once,
right after delivery. The day is that of the signed time. What an earlier version stored (reply.earlier) is read on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import Literal, get_args

from reply.account import FOLD_AFTER_MS, Account
from reply.bucket import Bucket, at_once, path_part
from reply.conversation import DAY_MS
from reply.days import Days
from reply.earlier import Earlier
from reply.places import Owner, days, parts, robot_part
from shared.log import Log
from shared.message import CREATED_AFTER_MS, Message

OPEN = "open"
"""Stands for an outcome while there is none yet."""

Outcome = Literal["answered", "failed", "refused", "command", "undeliverable"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

SHOWING_OTHERS = frozenset({"export", "usage"})
"""Commands whose answers can be about somebody else."""

_NAME = re.compile(r"([0-9a-f]{32})\.(?:(?:(\d+)\.)?(open)|([a-z]+)\.(\d+)\.json)")

Folder = tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """What is kept of a message whose outcome the person has seen (or can never see).

    `cut` says why an answer may be incomplete, `cut_code` what the provider calls that.
    """

    outcome: Outcome
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    question: str = ""
    answer: str = ""
    timings: Mapping[str, int] | None = None
    cut: str = ""
    cut_code: str = ""

    @property
    def tokens(self) -> int:
        """Tokens in all."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Entry:
    """What a record's name tells: the outcome and its tokens; while it is worked on "open" and what it can cost."""

    turn_id: str
    outcome: str
    tokens: int = 0
    folder: Folder = ()


@dataclass(frozen=True)
class Named:
    """Who a record is about: the id, and the name as DingTalk gave it."""

    id: str
    name: str


class Records:
    """Reads and writes records. Every method raises StoreUnavailable when the bucket fails.

    `reserving` says that what open questions can cost is noted in the account too, for a limit that all share.
    """

    def __init__(
        self, bucket: Bucket, timezone: tzinfo, earlier: Earlier, log: Log, *, keep_text: bool, reserving: bool = False
    ) -> None:
        self._bucket = bucket
        self.days = Days(timezone)
        self.earlier = earlier
        self.account = Account(bucket, self.days, log)
        self._keep_text = keep_text
        self._reserving = reserving

    def outcome(self, message: Message, at: int | None = None) -> str:
        """The outcome on record for a message, or "".

        It is booked on the day on which its first delivery was signed, which is this delivery's or the one before. `at`
        (ms) is when an earlier delivery says that the message was written.
        """
        owner, person = Owner.of(message), path_part(message.sender.id)
        ids = {replace(message, robot=robot).turn_id for robot in owner.ids}
        folders = [folder for day in self._days_of(message, at) for folder in self._of_robots(owner, day, person)]
        written = message.created_at if at is None else at
        before = [written - DAY_MS] if at is None and not message.dated else []
        folders += [folder for day in self._on_days(written, *before) for folder in self._of_all(day, person)]
        for entry in self._all(folders):
            if entry.turn_id in ids and entry.outcome != OPEN:
                return entry.outcome
        return ""

    def of_sender(self, message: Message) -> list[Entry]:
        """What the sender has asked of its robot on the day of the message, in one bounded listing."""
        return self.of(Owner.of(message), self.days.day(message.booked_at), path_part(message.sender.id))

    def of(self, owner: Owner, day: str, person: str, *, make: bool = True) -> list[Entry]:
        """What a person (as a path part) has asked a robot on a day; with `make` their folder is about to be used."""
        entries = self._all(self._of_robots(owner, day, person), make=make)
        return entries + self.of_earlier(owner, day, person)

    def of_earlier(self, owner: Owner, day: str, person: str) -> list[Entry]:
        """What of it an earlier version has put on record."""
        entries = self._all(self._of_all(day, person), make=False)
        if not entries or self.earlier.only(owner):
            return entries
        own = at_once([partial(self._is_of, owner, entry) for entry in entries])
        return [entry for entry, wanted in zip(entries, own, strict=True) if wanted]

    def kept_days(self, owner: Owner) -> list[str]:
        """The days of which there are records, the earliest first."""
        found = set(self.earlier.days())
        for robot in owner.ids:
            found.update(days(self._bucket.kept(("records", robot_part(robot)))))
        return sorted(found)

    def people(self, owner: Owner, day: str) -> list[str]:
        """Who has asked on a day, as path parts; where robots shared records, also who asked another one."""
        folders: list[Folder] = [("records", robot_part(robot), day) for robot in owner.ids]
        folders += [("records", day)] if day in self.earlier.days() else []
        listed = at_once([partial(self._bucket.kept, folder) for folder in folders])
        return sorted({person for names in listed for person in parts(names)})

    def read(self, entry: Entry) -> Mapping[str, object] | None:
        """The content of a record; None when it is gone or unreadable."""
        content = self._bucket.read(entry.folder, _name(entry))
        try:
            loaded = json.loads(content or b"")
        except (ValueError, RecursionError):
            return None
        return loaded if isinstance(loaded, dict) else None

    def named(self, person: str, entries: Iterable[Entry]) -> Named:
        """Who a person is, from the first of these records that can be read."""
        for entry in entries:
            content = self.read(entry) if entry.outcome != OPEN else None
            try:
                return Named(str((content or {})["user"]), str((content or {})["nick"]))
            except KeyError:
                continue
        return Named(person, "")

    def open(self, message: Message, reserved: int = 0) -> None:
        """Note that a question is being worked on, before it costs anything, and the tokens that it can cost."""
        name = _name(Entry(message.turn_id, OPEN, reserved))
        work = [partial(self._bucket.write_new, self._folder(message), name, b"{}")]
        if self._reserving:
            work.append(partial(self.account.reserve, message, reserved))
        at_once(work)

    def close(self, message: Message, record: Record, at: int = 0) -> None:
        """Put the outcome on record, at a moment (ms): when this returns, the message is done."""
        name = _name(Entry(message.turn_id, record.outcome, record.tokens))
        self._bucket.write_new(self._folder(message), name, self._content(message, record, at))

    def book(self, message: Message, outcome: str, tokens: int, at: int) -> None:
        """Note in the robot's account what a message that is on record has cost, with the moment of the record (ms)."""
        if tokens or outcome == "answered":
            self.account.book(message, int(outcome == "answered"), tokens, at)

    def forget_open(self, message: Message, reserved: int = 0) -> None:
        """Remove the note that `open` wrote."""
        # The account's first: as long as this one is there, `complete` removes what a run that died has left.
        if self._reserving:
            self.account.release(message, reserved)
        self._bucket.remove(self._folder(message), _name(Entry(message.turn_id, OPEN, reserved)))

    def complete(self, message: Message, now: int) -> None:
        """After its outcome was found on record: book what a run that died had not, and remove the notes it left."""
        entries = [entry for entry in self.of_sender(message) if entry.turn_id == message.turn_id]
        notes = [entry for entry in entries if entry.outcome == OPEN]
        if not notes:
            return
        done = max((entry for entry in entries if entry.outcome != OPEN), key=lambda one: one.tokens, default=None)
        if done is not None:
            content = self.read(done) or {}
            at = content.get("booked_at")
            # Too late for its own moment: it may have been folded without this message.
            at = at if isinstance(at, int) and now - at < FOLD_AFTER_MS // 2 else now
            self.book(message, done.outcome, done.tokens, at)
        if self._reserving:
            self.account.release_all(message)
        for note in notes:
            self._bucket.remove(note.folder, _name(note))

    def _folder(self, message: Message) -> Folder:
        day = self.days.day(message.booked_at)
        return ("records", robot_part(message.robot), day, path_part(message.sender.id))

    def _of_robots(self, owner: Owner, day: str, person: str) -> list[Folder]:
        return [("records", robot_part(robot), day, person) for robot in self.earlier.known(owner).ids]

    def _of_all(self, day: str, person: str) -> list[Folder]:
        return [("records", day, person)] if day in self.earlier.days() else []

    def _days_of(self, message: Message, at: int | None) -> list[str]:
        """The days on which a message may be booked that was delivered before."""
        if at is not None:
            return self._on_days(at, at + DAY_MS)
        first = message.created_at - (CREATED_AFTER_MS if message.dated else DAY_MS)
        return self._on_days(message.booked_at, *range(min(first, message.booked_at), message.booked_at, DAY_MS))

    def _on_days(self, *moments: int) -> list[str]:
        return list(dict.fromkeys(self.days.day(moment) for moment in moments))

    def _all(self, folders: Sequence[Folder], *, make: bool = True) -> list[Entry]:
        """The entries of several folders; with `make` the first is made where it is missing: it is about to be used."""
        listed = at_once([partial(self._listed, folder, make and not n) for n, folder in enumerate(folders)])
        return [entry for entries in listed for entry in entries]

    def _listed(self, folder: Folder, make: bool) -> list[Entry]:
        return _entries(self._bucket.names(folder) if make else self._bucket.kept(folder), folder)

    def _is_of(self, owner: Owner, entry: Entry) -> bool:
        """Whether a record is a robot's; a note of an open question does not say whose it is, and counts for all."""
        if entry.outcome == OPEN:
            return True
        return (self.read(entry) or {}).get("robot") in owner.ids

    def _content(self, message: Message, record: Record, at: int) -> bytes:
        content: dict[str, object] = {
            "v": 1,
            "id": message.turn_id,
            "request_id": message.request_id,
            "outcome": record.outcome,
            "command": message.command,
            "robot": message.robot,
            "conversation": message.conversation_id,
            "group": message.group,
            "user": message.sender.id,
            "staff_id": message.sender.staff_id,
            "nick": message.sender.nick,
            "created_at": message.created_at,
            "signed_at": message.signed_at,
            "booked_at": at,
            "model": record.model,
            "usage": {"prompt_tokens": record.prompt_tokens, "completion_tokens": record.completion_tokens},
            "timings": dict(record.timings or {}),
        }
        if record.cut:
            content["cut"] = {"reason": record.cut, "code": record.cut_code}
        if self._keep_text:
            content |= {"question": record.question, "answer": record.answer}
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def shows_others(content: Mapping[str, object]) -> bool:
    """Whether a record is of a command that shows what others did: its name decides, not what became of it.

    Earlier versions did not keep the name: theirs may be one where it has an answer without a question.
    """
    if isinstance(command := content.get("command"), str):
        return command in SHOWING_OTHERS
    return not content.get("question")


def _entries(names: Iterable[str], folder: Folder) -> list[Entry]:
    found = [match for match in map(_NAME.fullmatch, names) if match]
    return [Entry(match[1], match[3] or match[4], int(match[2] or match[5] or 0), folder) for match in found]


def _name(entry: Entry) -> str:
    if entry.outcome != OPEN:
        return f"{entry.turn_id}.{entry.outcome}.{entry.tokens}.json"
    return f"{entry.turn_id}.{entry.tokens}.{OPEN}" if entry.tokens else f"{entry.turn_id}.{OPEN}"
