"""Waiting: for earlier turns of the same conversation, so that answers come, and are remembered, in order; and for
another run of the same event that may be at work.
"""

from __future__ import annotations

from reply.bucket import path_part
from reply.conversation import Turn
from reply.places import Owner
from reply.records import OPEN
from reply.run import Run
from shared.errors import StoreUnavailable

DEAD_AFTER_MS = 30_000
"""A turn this long (ms) past its deadline is not waited for: its instance is dead and FC has not run it again."""

RECENT_MS = 3_600_000
"""How long before this message (ms) earlier ones that are still on their way were signed, at most."""

PATIENCE_S = 15.0
"""How long (seconds) another run may take to show an answer that it has saved, or the next part of it."""

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


def shown_meanwhile(run: Run, turn: Turn) -> bool:
    """Whether the run that has saved this answer has also shown it, or another did; waits for that, while it may live.

    The same event again is nearly always FC's retry after a death. But FC promises at least one run, not only one.
    """
    clock, sent = run.services.clock, turn.sent
    ends, pause = clock.now() + PATIENCE_S, _FIRST_PAUSE_S
    while (left := min(ends, turn.deadline / 1000, run.work_ends) - clock.now()) > 0:
        clock.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        try:
            if run.services.records.outcome(run.message):
                return True
        except StoreUnavailable:
            return False  # without records nobody can know
        run.memory.load()
        now_sent = run.memory.document.turns.get(turn.id, turn).sent
        if now_sent > sent:
            sent, ends = now_sent, clock.now() + PATIENCE_S
    return False


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
    owner, now = Owner.of(run.message), run.message.booked_at
    people = {path_part(turn.by or run.message.sender.id) for turn in turns}
    days = {records.days.day(moment) for moment in (now - RECENT_MS, now)}
    entries = [entry for person in people for day in days for entry in records.of(owner, day, person)]
    return {entry.turn_id for entry in entries if entry.outcome != OPEN}
