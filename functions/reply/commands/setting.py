"""Setting a value of the conversation and saying so: what several commands do."""

from __future__ import annotations

from dataclasses import replace

from reply.conversation import State, Turn, Value
from reply.records import Record
from reply.run import Run


def set_value(run: Run, turn: Turn, name: str, content: str, sentence: str) -> str:
    """Save the value at this message's position and confirm; explains when it could not be saved.

    Raises DeliveryDelayed.
    """
    done = replace(turn, state=State.ANSWERED, answer=sentence)
    run.memory.keep_value(name, Value(turn.at, turn.id, content), done)
    if run.memory.unsaved:
        return run.explain(run.services.wording.not_saved, turn)
    return run.show(done)


def tell(run: Run, turn: Turn, sentence: str, record: Record | None = None) -> str:
    """Answer a command that sets nothing; `record` where it counts as more than a command. Raises DeliveryDelayed."""
    done = replace(turn, state=State.ANSWERED, answer=sentence, outcome=record.outcome if record else "")
    run.memory.keep(done)
    return run.show(done, record)
