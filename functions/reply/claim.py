"""Whose message it is, where several copies of an event may run at once."""

from __future__ import annotations

from typing import Protocol

from reply.oss import Oss
from shared.errors import BUCKET, StoreUnavailable
from shared.log import Log
from shared.message import Message
from shared.settings import SettingsReader


def read_claim(reader: SettingsReader) -> str:
    """Read CLAIM: "task" (FC's task id is the claim) or "oss" (a create-only put, for regions without task mode)."""
    return reader.choice("CLAIM", "task", ("task", "oss"))


class Claim(Protocol):
    """Decides between copies of one message."""

    def holds(self, message: Message) -> bool:
        """Whether this event may go on. Never raises."""
        ...


class TaskClaim:
    """FC refused every other event with this message's task id, so whoever runs holds it."""

    def holds(self, message: Message) -> bool:
        """Always."""
        return bool(message.turn_id)


class OssClaim:
    """The first event to create `claims/<turn id>` holds the message; FC's retries of that event hold it too."""

    def __init__(self, oss: Oss, log: Log) -> None:
        self._oss = oss
        self._log = log

    def holds(self, message: Message) -> bool:
        """False only when another hand-over certainly holds it; an unreachable OSS does not stop an answer."""
        key, mine = f"claims/{message.turn_id}", message.handover.encode()
        try:
            return self._oss.create(key, mine) or self._oss.read(key) == mine
        except StoreUnavailable as problem:
            self._log.error("claim_failed", cause=BUCKET, problem=str(problem), remedy=problem.remedy or None)
        return True
