"""What FC invokes `reply` with: a message, or FC's own report that it has given up on one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from shared.errors import EventUnreadable
from shared.message import Message


@dataclass(frozen=True)
class Received:
    """A message, and whether FC has given up on it."""

    message: Message
    gave_up: bool


def read_event(event: bytes) -> Received:
    """Read either form. Raises EventUnreadable.

    The report is what FC sends to a failure destination; it carries the original event as text
    (https://www.alibabacloud.com/help/en/fc/user-guide/result-callback).
    """
    original = _given_up(event)
    if original is None:
        return Received(Message.from_event(event), gave_up=False)
    return Received(Message.from_event(original), gave_up=True)


def _given_up(event: bytes) -> bytes | None:
    try:
        report = json.loads(event)
    except (ValueError, RecursionError):
        return None
    if not isinstance(report, dict) or "requestContext" not in report or "requestPayload" not in report:
        return None
    payload = report["requestPayload"]
    if isinstance(payload, str):
        return payload.encode("utf-8", "replace")
    if isinstance(payload, dict):
        return json.dumps(payload).encode("ascii")
    raise EventUnreadable("the failure report carries no event; wanted requestPayload as text")
