"""The message that travels from `conversation` to `reply`, and its versioned JSON form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from shared.errors import EventUnreadable

if TYPE_CHECKING:
    from shared.wording import Wording

VERSION = 1
"""Raised when an older `reply` could misread an event; fields may be added without raising it."""

CREATED_BEFORE_MS = 86_400_000
"""How long (ms) before the signed time the unsigned `createAt` is believed: an earlier one is moved to there."""

CREATED_AFTER_MS = 300_000
"""How long (ms) after the signed time it is believed: a later one is moved to there."""

LONGEST_PART, LARGEST_BODY = 3500, 20_000
"""Characters of markdown beyond which DingTalk does not render it (https://github.com/agentscope-ai/QwenPaw/issues/3742),
and bytes of a JSON body that it takes (errcode 460101,
https://open.dingtalk.com/document/orgapp/server-api-error-codes-1)."""

FRESH_MS = 300_000
"""Age (ms) of a signature at the hand-over after which its message sees and changes nothing stored: the body that came
with it is not signed, so whoever keeps an old pair of headers could ask in anybody's name."""

LATEST_MS = 4_102_444_800_000
"""The year 2100: no point in time (ms) of a message lies behind it, and none before 1970."""

EVENT_LIMIT = 128 * 1024
"""Bytes of an asynchronous event (https://www.alibabacloud.com/help/en/fc/ : quotas and limits)."""


@dataclass(frozen=True)
class Sender:
    """Who wrote. `id` is stable and never a display name: the staff id, else DingTalk's encrypted sender id."""

    id: str
    staff_id: str = ""
    nick: str = ""


@dataclass(frozen=True)
class ReplyTarget:
    """Where the answer goes: a checked session webhook and its expiry (ms since the epoch, 0 = not known)."""

    webhook: str
    expires_at: int = 0


@dataclass(frozen=True)
class Message:
    """One message of one person.

    `id` is the channel's message id or one derived from the body; `created_at` is in ms since the epoch and clamped to
    the signed time, which is `signed_at` (ms, 0 = not known); `handed_over_at` is when `conversation` invoked `reply`
    (ms). Exactly one of three is asked for: a command (`command` is its name), a ready-made sentence to show
    (`notice`), else an answer to `text`. `role` is the sender's ("", "vip" or "admin"): as good as the staff id in a
    body that DingTalk does not sign. `robot_before` ("" = none) is the id that the robot had until it was given the one
    it has: what is stored under it is its own.
    """

    id: str
    robot: str
    conversation_id: str
    group: bool
    sender: Sender
    reply_to: ReplyTarget
    created_at: int
    text: str = ""
    quote: str = ""
    quote_unreadable: bool = False
    command: str = ""
    notice: str = ""
    role: str = ""
    body_hash: str = ""
    handover: str = ""
    handed_over_at: int = 0
    signed_at: int = 0
    robot_before: str = ""
    version: int = VERSION

    @property
    def turn_id(self) -> str:
        """32 hex digits that name this message everywhere: task id, files, records, logs."""
        return hashlib.sha256(f"{self.robot}\n{self.id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def request_id(self) -> str:
        """The 10 hex digits that people are shown and operators search for."""
        return self.turn_id[:10]

    @property
    def booked_at(self) -> int:
        """When it counts as asked (ms): the signed time; its own where that is not known."""
        return self.signed_at or self.created_at

    @property
    def dated(self) -> bool:
        """Whether a later delivery has the same `created_at`; not where the body had no time, or one too long ago."""
        return self.created_at not in (self.signed_at, self.signed_at - CREATED_BEFORE_MS)

    @property
    def fresh(self) -> bool:
        """Whether the signature was young enough at the hand-over; true where an earlier version did not say."""
        return not self.signed_at or self.handed_over_at - self.signed_at <= FRESH_MS

    def question(self, words: Wording) -> str:
        """What the model is asked: the text, behind the quoted message where there is one."""
        if self.quote:
            return words.quoted.format(quote=self.quote, question=self.text)
        return words.quote_unreadable.format(question=self.text) if self.quote_unreadable else self.text

    def handed_over(self, handover: str, at: int) -> Message:
        """This message with a fresh hand-over id and the time of the hand-over (ms)."""
        return replace(self, handover=handover, handed_over_at=at)

    def to_event(self) -> bytes:
        """The JSON that `reply` is invoked with: ASCII, so that a lone surrogate cannot break it."""
        fields = asdict(self)
        return json.dumps({"v": fields.pop("version"), **fields}, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_event(cls, event: bytes) -> Message:
        """Read what `to_event` wrote; unknown fields are ignored.

        A later version than this one is read as far as it is understood and says so in `version`: its sender must be
        told. Raises EventUnreadable when it is no such message.
        """
        try:
            data = json.loads(event)
        except (ValueError, RecursionError):
            raise EventUnreadable("the event is not JSON; wanted a message made by `conversation`") from None
        if not isinstance(data, dict) or not isinstance(data.get("v"), int):
            raise EventUnreadable("the event has no version; wanted a message made by `conversation`")
        try:
            return _message(data)
        except (KeyError, TypeError, ValueError) as problem:
            raise EventUnreadable(f"the event lacks or misstates a field: {problem}") from None


def _message(data: Mapping[str, Any]) -> Message:
    sender, target = data["sender"], data["reply_to"]
    optional: tuple[str, ...] = ("text", "quote", "quote_unreadable", "command", "notice", "role", "body_hash")
    optional += ("handover", "handed_over_at", "signed_at", "robot_before")
    message = Message(
        id=data["id"],
        robot=data["robot"],
        conversation_id=data["conversation_id"],
        group=data["group"],
        sender=Sender(sender["id"], sender.get("staff_id", ""), sender.get("nick", "")),
        reply_to=ReplyTarget(target["webhook"], target.get("expires_at", 0)),
        created_at=data["created_at"],
        version=data["v"],
        **{name: data[name] for name in optional if name in data},
    )
    _check_types(message)
    times = (message.created_at, message.signed_at, message.handed_over_at, message.reply_to.expires_at)
    if not all(0 <= at <= LATEST_MS for at in times):
        raise ValueError("a time is before 1970 or far ahead")
    return message


def _check_types(message: Message) -> None:
    for owner in (message, message.sender, message.reply_to):
        for name, wanted in type(owner).__annotations__.items():
            kind = {"str": str, "int": int, "bool": bool}.get(wanted)
            if kind is not None and type(getattr(owner, name)) is not kind:
                raise TypeError(f"{name} is not {wanted}")
