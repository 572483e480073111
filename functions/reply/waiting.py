"""Waiting for earlier turns of the same conversation, so that answers come, and are remembered, in order."""

from __future__ import annotations

from reply.conversation import Turn
from reply.run import Run

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
    while _alive(run, turn):
        left = latest - run.services.clock.now()
        if left <= 0:
            run.log.warning("went_ahead", waited_for=len(_alive(run, turn)))
            return
        run.services.clock.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        run.memory.load()


def _alive(run: Run, turn: Turn) -> list[Turn]:
    now_ms = run.now_ms
    return [t for t in run.memory.document.pending_before(turn.position) if now_ms < t.deadline + DEAD_AFTER_MS]
