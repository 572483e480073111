"""What holds for one question: the mode, the persona, and whether the session had ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reply.conversation import Document, Position

SINGLE, CONTEXT = "single", "context"


@dataclass(frozen=True)
class Session:
    """`single` questions stand alone. `ended_at` is where the session ended, when this question is the first since."""

    single: bool
    persona: str
    ended_at: Position | None


def session(document: Document, at: Position, *, default_single: bool, timeout_ms: int) -> Session:
    """The session in which the message at a position is asked.

    `timeout_ms` after the last use (0 = never) the context is forgotten and the default mode returns. A session that
    had nothing to forget does not end.
    """
    last = document.last_use(at)
    default = SINGLE if default_single else CONTEXT
    mode = document.mode() or default
    over = timeout_ms > 0 and at.at - last.at > timeout_ms and bool(mode != default or document.remembered(at, 1))
    return Session((default if over else mode) == SINGLE, document.persona(), last if over else None)
