"""The command that forgets a conversation."""

from __future__ import annotations

from dataclasses import replace

from reply.conversation import CLEARED, State, Turn, Value
from reply.run import Run


def clear(run: Run, turn: Turn) -> str:
    """Nothing said or set before this message holds any more: context, mode and persona; confirms in words.

    It waits for nobody. A turn in progress is still answered, but not remembered. Raises DeliveryDelayed.
    """
    done = replace(turn, state=State.ANSWERED, answer=run.services.wording.cleared)
    run.memory.keep_value(CLEARED, Value(turn.at, turn.id), done)
    if run.memory.unsaved:
        return run.explain(run.services.wording.clear_failed, turn)
    return run.show(done)
