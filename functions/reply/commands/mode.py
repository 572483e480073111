"""The commands that choose whether a conversation has context."""

from __future__ import annotations

from reply.commands.setting import set_value
from reply.conversation import MODE, Turn
from reply.run import Run
from reply.session import CONTEXT, SINGLE


def single(run: Run, turn: Turn) -> str:
    """From this message on each question stands alone. Raises DeliveryDelayed."""
    return _choose(run, turn, SINGLE)


def context(run: Run, turn: Turn) -> str:
    """From this message on the conversation has context. Raises DeliveryDelayed."""
    return _choose(run, turn, CONTEXT)


def _choose(run: Run, turn: Turn, mode: str) -> str:
    words, settings = run.services.wording, run.services.settings
    default = SINGLE if settings.default_single else CONTEXT
    returns = ""
    if settings.session_seconds and mode != default:
        minutes = max(1, round(settings.session_seconds / 60))
        returns = words.mode_returns.format(minutes=minutes, mode=getattr(words, f"name_{default}"))
    sentences = {SINGLE: words.mode_single, CONTEXT: words.mode_context if settings.rounds else words.mode_no_context}
    return set_value(run, turn, MODE, mode, sentences[mode].format(returns=returns).rstrip())
