"""What the job wants of a channel by which messages come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from conversation.http import Request
from shared.message import Message

Kind = Literal["", "picture", "video", "file", "card", "record", "audio", "other"]
"""What a message is when nothing in it can be used as a question; `wording` has a name for each."""


@dataclass(frozen=True)
class Signed:
    """Whose signature was valid: the robot's id and the signed time (ms since the epoch).

    `robot_before` is the id under which earlier things may be stored of the same robot, "" where there is none.
    """

    robot: str
    at: int
    robot_before: str = ""


@dataclass(frozen=True)
class Received:
    """A verified, parsed message and what stands in the way of answering it.

    `unsupported` is set when it holds no text to use; `quota_used_up` when DingTalk says that the organisation's quota
    is; `webhook` says whether its reply address is one we post to, and `webhook_problem` (for the log) why not.
    """

    message: Message
    msgtype: str
    unsupported: Kind = ""
    quota_used_up: bool = False
    webhook: Literal["checked", "refused", "missing"] = "checked"
    webhook_problem: str = ""


@dataclass(frozen=True)
class Sentence:
    """Words for a person; with a title they are markdown."""

    text: str
    title: str = ""


class Inbound(Protocol):
    """A way by which messages come in."""

    @property
    def path(self) -> str:
        """Where its messages come to, without a slash at the end; "" = anywhere."""
        ...

    def verify(self, request: Request) -> Signed:
        """Who signed the request. Raises Rejected (401) when nobody known did, or too long ago."""
        ...

    def parse(self, body: bytes, signed: Signed) -> Received:
        """Read a verified body. Raises Rejected (400) when it is not a JSON object, and nothing else."""
        ...

    def shown(self, sentence: Sentence) -> str:
        """A response body with which the channel shows the sentence."""
        ...

    def silent(self) -> str:
        """A response body with which the channel shows nothing."""
        ...
