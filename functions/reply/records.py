"""Records: one folder per person and day says what is done, how much was asked, and is the audit trail.

`<turn id>.open` is written before the model is called, or `<turn id>.<tokens>.open` where tokens are limited: as many
as the question can cost. `<turn id>.<outcome>.<tokens>.json` is written once, right after delivery.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, get_args

from reply.bucket import Bucket, path_part
from reply.conversation import DAY_MS
from reply.days import Days
from shared.message import Message

OPEN = "open"
"""Stands for an outcome while there is none yet."""

Outcome = Literal["answered", "failed", "refused", "command", "undeliverable"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = re.compile(r"([0-9a-f]{32})\.(?:(?:(\d+)\.)?(open)|([a-z]+)\.(\d+)\.json)")


@dataclass(frozen=True)
class Record:
    """What is kept of a message whose outcome the person has seen (or can never see)."""

    outcome: Outcome
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    question: str = ""
    answer: str = ""
    timings: Mapping[str, int] | None = None

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


@dataclass(frozen=True)
class Named:
    """Who a record is about: the id, and the name as DingTalk gave it."""

    id: str
    name: str


class Records:
    """Reads and writes records. Every method raises StoreUnavailable when the bucket fails."""

    def __init__(self, bucket: Bucket, timezone: tzinfo, *, keep_text: bool) -> None:
        self._bucket = bucket
        self.days = Days(timezone)
        self._keep_text = keep_text

    def outcome(self, message: Message, at: int | None = None) -> str:
        """The outcome on record for a message, or "".

        `at` (ms) is when the message counts as written, where that is not its own `created_at`. One whose time follows
        its delivery may stand on the day before.
        """
        moments = [message.created_at if at is None else at]
        if at is None and not message.dated:
            moments.append(message.created_at - DAY_MS)
        for moment in moments:
            for entry in _entries(self._bucket.names(self._folder(message, moment))):
                if entry.turn_id == message.turn_id and entry.outcome != OPEN:
                    return entry.outcome
        return ""

    def of_sender(self, message: Message) -> list[Entry]:
        """What the sender has asked on the day of the message, in one listing."""
        return self.of(self.days.day(message.created_at), path_part(message.sender.id))

    def of(self, day: str, person: str) -> list[Entry]:
        """What a person (as a path part) has asked on a day."""
        return _entries(self._bucket.names(("records", day, person)))

    def kept_days(self) -> list[str]:
        """The days of which there are records, the earliest first."""
        return [name for name in self._bucket.names(("records",)) if _DAY.fullmatch(name)]

    def read(self, day: str, person: str, entry: Entry) -> Mapping[str, object] | None:
        """The content of a record; None when it is gone or unreadable."""
        content = self._bucket.read(("records", day, person), _name(entry))
        try:
            loaded = json.loads(content or b"")
        except (ValueError, RecursionError):
            return None
        return loaded if isinstance(loaded, dict) else None

    def people(self, day: str) -> list[str]:
        """Who has asked on a day, as path parts."""
        return self._bucket.names(("records", day))

    def named(self, day: str, person: str, entries: Iterable[Entry]) -> Named:
        """Who a person is, from the first of these records that can be read."""
        for entry in entries:
            content = self._bucket.read(("records", day, person), _name(entry)) if entry.outcome != OPEN else None
            try:
                loaded = json.loads(content or b"")
                return Named(str(loaded["user"]), str(loaded["nick"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
        return Named(person, "")

    def open(self, message: Message, reserved: int = 0) -> None:
        """Note that a question is being worked on, before it costs anything, and the tokens that it can cost."""
        self._bucket.write_new(self._folder(message), _name(Entry(message.turn_id, OPEN, reserved)), b"{}")

    def close(self, message: Message, record: Record) -> None:
        """Put the outcome on record: when this returns, the message is done."""
        name = _name(Entry(message.turn_id, record.outcome, record.tokens))
        self._bucket.write_new(self._folder(message), name, self._content(message, record))

    def forget_open(self, message: Message, reserved: int = 0) -> None:
        """Remove the note that `open` wrote."""
        self._bucket.remove(self._folder(message), _name(Entry(message.turn_id, OPEN, reserved)))

    def _folder(self, message: Message, at: int | None = None) -> tuple[str, ...]:
        day = self.days.day(message.created_at if at is None else at)
        return ("records", day, path_part(message.sender.id))

    def _content(self, message: Message, record: Record) -> bytes:
        content: dict[str, object] = {
            "v": 1,
            "id": message.turn_id,
            "request_id": message.request_id,
            "outcome": record.outcome,
            "robot": message.robot,
            "conversation": message.conversation_id,
            "group": message.group,
            "user": message.sender.id,
            "staff_id": message.sender.staff_id,
            "nick": message.sender.nick,
            "created_at": message.created_at,
            "model": record.model,
            "usage": {"prompt_tokens": record.prompt_tokens, "completion_tokens": record.completion_tokens},
            "timings": dict(record.timings or {}),
        }
        if self._keep_text:
            content |= {"question": record.question, "answer": record.answer}
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _entries(names: Iterable[str]) -> list[Entry]:
    found = [match for match in map(_NAME.fullmatch, names) if match]
    return [Entry(match[1], match[3] or match[4], int(match[2] or match[5] or 0)) for match in found]


def _name(entry: Entry) -> str:
    if entry.outcome != OPEN:
        return f"{entry.turn_id}.{entry.outcome}.{entry.tokens}.json"
    return f"{entry.turn_id}.{entry.tokens}.{OPEN}" if entry.tokens else f"{entry.turn_id}.{OPEN}"
