"""Setting a value of the conversation and saying so: what several commands do."""

from __future__ import annotations

from dataclasses import replace

from reply.conversation import State, Turn, Value
from reply.records import Record
from reply.run import Run


def set_value(run: Run, turn: Turn, name: str, content: str, sentence: str, unsaved: str = "") -> str:
    """Save the value, from now on the newest, and confirm; explains, in words of its own, when it was not saved.

    The unsigned time of a message does not decide what holds: what is confirmed does, also against values and turns
    whose messages were dated ahead.

    Raises DeliveryDelayed.
    """
    done = replace(turn, state=State.ANSWERED, answer=sentence)
    if elsewhere := run.ended_elsewhere(done):
        return elsewhere
    run.memory.keep_value(name, _newest(run, turn, content), done)
    if run.memory.unsaved:
        return run.explain(unsaved or run.services.wording.not_saved, turn)
    return run.show(done)


def _newest(run: Run, turn: Turn, content: str) -> Value:
    known = run.memory.document.known()
    at = turn.at if known.id == turn.id or known < turn.position else known.at + 1
    return Value(at, turn.id, content, turn.by)


def tell(run: Run, turn: Turn, sentence: str, record: Record | None = None) -> str:
    """Answer a command that sets nothing; `record` where it counts as more than a command. Raises DeliveryDelayed."""
    return run.settle(replace(turn, state=State.ANSWERED, answer=sentence), record)
