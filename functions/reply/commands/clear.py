"""The command that forgets a conversation."""

from __future__ import annotations

from reply.commands.setting import set_value
from reply.conversation import CLEARED, Turn
from reply.run import Run


def clear(run: Run, turn: Turn) -> str:
    """Nothing said or set before this message holds any more: context, mode and persona; confirms in words.

    It waits for nobody. A turn in progress is still answered, but not remembered. Raises DeliveryDelayed.
    """
    words = run.services.wording
    return set_value(run, turn, CLEARED, "", words.cleared, words.clear_failed)
