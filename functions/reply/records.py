"""Records: one folder per person and day says what is done, how much was asked, and is the audit trail.

`<turn id>.open` is written before the model is called; `<turn id>.<outcome>.<tokens>.json` once, right after delivery.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from reply.bucket import Bucket, path_part
from shared.message import Message

Outcome = Literal["answered", "failed", "refused", "command", "undeliverable"]

_FINAL = re.compile(r"([0-9a-f]{32})\.([a-z]+)\.(\d+)\.json")
_OPEN = ".open"


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


class Records:
    """Reads and writes records. Every method raises StoreUnavailable when the bucket fails."""

    def __init__(self, bucket: Bucket, timezone: tzinfo, *, keep_text: bool) -> None:
        self._bucket = bucket
        self._timezone = timezone
        self._keep_text = keep_text

    def outcome(self, message: Message, at: int | None = None) -> str:
        """The outcome on record for a message, or "".

        `at` (ms) is when the message counts as written, where that is not its own `created_at`.
        """
        for name in self._bucket.names(self._folder(message, at)):
            final = _FINAL.fullmatch(name)
            if final and final[1] == message.turn_id:
                return final[2]
        return ""

    def open(self, message: Message) -> None:
        """Note that a question is being worked on, before it costs anything."""
        self._bucket.write_new(self._folder(message), message.turn_id + _OPEN, b"{}")

    def close(self, message: Message, record: Record) -> None:
        """Put the outcome on record: when this returns, the message is done."""
        name = f"{message.turn_id}.{record.outcome}.{record.tokens}.json"
        self._bucket.write_new(self._folder(message), name, self._content(message, record))

    def forget_open(self, message: Message) -> None:
        """Remove the note that a question is being worked on."""
        self._bucket.remove(self._folder(message), message.turn_id + _OPEN)

    def _folder(self, message: Message, at: int | None = None) -> tuple[str, ...]:
        seconds = (message.created_at if at is None else at) / 1000
        day = datetime.fromtimestamp(seconds, self._timezone).strftime("%Y-%m-%d")
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
