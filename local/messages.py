"""What passes between people and the robot, as the local DingTalk keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.payloads import WEBHOOK_LIFE_MS, Body
from local.people import Conversation, Person


@dataclass(frozen=True)
class Delivery:
    """One callback and its answer. `status` is None when none came (`error` says why); times in ms.

    `ack_ms` is how long DingTalk waited; `at` is when it stopped, by the cloud's clock.
    """

    headers: Mapping[str, str]
    request: bytes
    status: int | None
    body: bytes
    response_headers: Mapping[str, str]
    ack_ms: int
    error: str = ""
    at: int = 0


@dataclass
class Sent:
    """A message of a person. Everything in it grows while the message is on its way.

    `at` is in ms; `session` is the token of its webhook; `quotes` is the id of the message that is quoted;
    `picture` the id of what can be seen in it, `name` that of a file; `altered` is how somebody wanted its callback to
    differ, as the page's interface has it.
    """

    id: str
    conversation: Conversation
    person: Person
    kind: str
    text: str
    at: int
    payload: Body
    session: str
    quotes: str = ""
    mention: bool = True
    picture: str = ""
    name: str = ""
    altered: Mapping[str, Any] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    answers: list[Shown] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    @property
    def status(self) -> int | None:
        """Status of the first answer to the callback; None when none came."""
        return self.deliveries[0].status if self.deliveries else None

    @property
    def body(self) -> bytes:
        """Body of the first answer to the callback."""
        return self.deliveries[0].body if self.deliveries else b""

    @property
    def ack_ms(self) -> int:
        """Milliseconds to the first answer to the callback."""
        return self.deliveries[0].ack_ms if self.deliveries else 0

    @property
    def message_id(self) -> str:
        """DingTalk's own id of the message."""
        return str(self.payload.get("msgId", ""))

    @property
    def webhook_expires_at(self) -> int:
        """When its webhook expires, in ms: after 90 minutes when the callback does not say; 0 when that is no time."""
        try:
            return int(self.payload.get("sessionWebhookExpiredTime", self.at + WEBHOOK_LIFE_MS))
        except (TypeError, ValueError):
            return 0

    @property
    def reaches_robot(self) -> bool:
        """Whether DingTalk passes it on: in a group only when the robot is mentioned."""
        return not self.conversation.group or self.mention


@dataclass(frozen=True)
class Shown:
    """One message of the robot that people see. `via` is "webhook", "body" or "card"; `mentions` are staff ids.

    `at` is when it was first seen, in ms. A card is replaced by a newer version of itself, with the same id, whenever
    it changes: `card` is its state (PROCESSING, INPUTING, EXECUTING, FINISHED, FAILED), `over_at` when it ended.
    """

    id: str
    conversation: Conversation
    kind: str
    title: str
    text: str
    at: int
    answers: Sent
    via: str
    mentions: tuple[str, ...]
    payload: Body
    card: str = ""
    over_at: int = 0

    @property
    def complete_at(self) -> int | None:
        """When it stood there in full, in ms; None while it is a card that can still grow."""
        return (self.over_at or None) if self.card else self.at


@dataclass
class Post:
    """One post to a session webhook and DingTalk's answer to it (`errcode` 0: shown; None: no such answer).

    `came` is when it arrived and `at` when it was dealt with, in ms; `gone`: nobody was there to hear the answer;
    `instance` is the function instance that sent it, "" where that is not known.
    """

    session: str
    at: int
    status: int
    errcode: int | None
    body: bytes
    answer: bytes
    fault: str = ""
    gone: bool = False
    came: int = 0
    instance: str = ""
