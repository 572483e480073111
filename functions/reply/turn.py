"""Taking a turn: what a run does with a message, given what earlier runs left behind. Pure."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from reply.conversation import State, Turn
from shared.message import Message


class Standing(Enum):
    """What is to be done with the message."""

    WORK = "work"  # nobody is at it, or whoever was is dead
    DELIVER = "deliver"  # finished, but nothing says that the person has seen it
    LOST = "lost"  # finished long ago and its text is gone
    GIVE_UP = "give up"  # the last attempt: explain instead of failing once more
    DUPLICATE = "duplicate"  # a live run has it
    CONFLICT = "conflict"  # another message under the same id


def take(
    found: Turn | None,
    message: Message,
    *,
    question: str,
    now_ms: int,
    deadline_ms: int,
    attempts: int,
    runner: str = "",
) -> tuple[Standing, Turn]:
    """Decide, and return the turn to go on with.

    `found` is the turn as earlier runs left it; `attempts` is how often FC runs an event in all; `runner` names this
    run. The last attempt of several does not work but explains. The same hand-over id means FC's own retry: its
    predecessor is dead.
    """
    fresh = Turn(
        id=message.turn_id,
        at=message.created_at,
        state=State.PENDING,
        deadline=deadline_ms,
        handover=message.handover,
        body_hash=message.body_hash,
        question=question,
        by=message.sender.id if message.group else "",
        runner=runner,
    )
    if found is None:
        return Standing.WORK, fresh
    if is_other_message(found, message):
        return Standing.CONFLICT, found
    alive = found.handover != message.handover and now_ms < found.deadline
    if alive:
        return Standing.DUPLICATE, found
    if found.finished:
        return (Standing.DELIVER if found.answer else Standing.LOST), found
    attempt = found.attempt + 1
    again = replace(fresh, at=found.at, attempt=attempt, preface=found.preface, reserved=found.reserved)
    return (Standing.GIVE_UP if attempt >= attempts else Standing.WORK), again


def is_other_message(found: Turn, message: Message) -> bool:
    """Whether the turn under this id came from another body."""
    return bool(found.body_hash and message.body_hash and found.body_hash != message.body_hash)
