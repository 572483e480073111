"""Waiting for earlier turns of the same conversation, so that answers come, and are remembered, in order."""

from __future__ import annotations

from reply.bucket import path_part
from reply.conversation import Turn
from reply.records import OPEN
from reply.run import Run
from shared.errors import StoreUnavailable

DEAD_AFTER_MS = 30_000
"""A turn this long (ms) past its deadline is not waited for: its instance is dead and FC has not run it again."""

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 2.0


def wait_for_earlier(run: Run, turn: Turn) -> None:
    """Return when no earlier turn is at work, or when waiting longer would cost this turn its own answer.

    Turns are ordered by position, so nobody waits in a circle. A question that stands on its own waits for nobody.
    """
    if turn.alone:
        return
    latest = run.work_ends - run.services.settings.model_seconds
    pause = _FIRST_PAUSE_S
    while earlier := _alive(run, turn) or _on_their_way(run, turn):
        left = latest - run.services.clock.now()
        if left <= 0:
            run.log.warning("went_ahead", waited_for=len(earlier))
            return
        run.services.clock.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        run.memory.load()


def _alive(run: Run, turn: Turn) -> list[Turn]:
    now_ms = run.now_ms
    return [t for t in run.memory.document.pending_before(turn.position) if now_ms < t.deadline + DEAD_AFTER_MS]


def _on_their_way(run: Run, turn: Turn) -> list[Turn]:
    """Earlier turns whose answer is saved and not on record as shown: it may have parts, or DingTalk be slow."""
    now_ms = run.now_ms
    finished = [
        t
        for t in run.memory.document.turns.values()
        if t.finished and t.answer and t.position < turn.position and now_ms < t.deadline
    ]
    if not finished:
        return []
    try:
        shown = _on_record(run, finished)
    except StoreUnavailable:
        return []  # the order of answers is not worth waiting for a bucket that fails
    return [t for t in finished if t.id not in shown]


def _on_record(run: Run, turns: list[Turn]) -> set[str]:
    records = run.services.records
    folders = {(records.days.day(t.at), path_part(t.by or run.message.sender.id)) for t in turns}
    return {entry.turn_id for folder in folders for entry in records.of(*folder) if entry.outcome != OPEN}
