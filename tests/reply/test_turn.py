"""Taking a turn: one table of what a run finds and what it does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reply.conversation import State, Turn
from reply.turn import Standing, take
from tests.reply.kit import message

MINE = message()
PENDING = Turn(MINE.turn_id, MINE.created_at, State.PENDING, 1, deadline=1000, handover=MINE.handover, question="q")


@pytest.mark.parametrize(
    ("found", "now_ms", "standing", "attempt"),
    [
        (None, 0, Standing.WORK, 1),
        # The same hand-over: FC's retry, its predecessor is dead, whatever the deadline says.
        (PENDING, 999, Standing.WORK, 2),
        (replace(PENDING, attempt=2), 999, Standing.GIVE_UP, 3),
        (replace(PENDING, attempt=7), 999, Standing.GIVE_UP, 8),
        # Another hand-over: alive until its deadline, not a millisecond longer.
        (replace(PENDING, handover="other"), 999, Standing.DUPLICATE, 1),
        (replace(PENDING, handover="other"), 1000, Standing.WORK, 2),
        # Finished, and another hand-over may be showing it right now.
        (replace(PENDING, state=State.ANSWERED, answer="a", handover="other"), 999, Standing.DUPLICATE, 1),
        (replace(PENDING, state=State.ANSWERED, answer="a", handover="other"), 1000, Standing.DELIVER, 1),
        # Finished without a record.
        (replace(PENDING, state=State.ANSWERED, answer="a"), 0, Standing.DELIVER, 1),
        (replace(PENDING, state=State.FAILED, answer="sorry"), 0, Standing.DELIVER, 1),
        (replace(PENDING, state=State.ANSWERED), 0, Standing.LOST, 1),
        # Another body under the same id, in whatever state.
        (replace(PENDING, body_hash="else"), 9999, Standing.CONFLICT, 1),
        (replace(PENDING, body_hash="else", state=State.ANSWERED, answer="a"), 0, Standing.CONFLICT, 1),
        (replace(PENDING, body_hash=MINE.body_hash), 0, Standing.WORK, 2),
    ],
)
def test_take(found: Turn | None, now_ms: int, standing: Standing, attempt: int) -> None:
    """Each state an earlier run can leave behind leads to one step."""
    decided, turn = take(found, MINE, question="q", now_ms=now_ms, deadline_ms=5000, attempts=3)
    assert (decided, turn.attempt) == (standing, attempt)
    if standing is Standing.WORK:
        assert (turn.state, turn.deadline, turn.handover) == (State.PENDING, 5000, MINE.handover)


@pytest.mark.parametrize(("attempts", "standing"), [(1, Standing.GIVE_UP), (2, Standing.GIVE_UP), (3, Standing.WORK)])
def test_only_a_repeated_attempt_can_be_the_last(attempts: int, standing: Standing) -> None:
    """The first run always works, also where FC never retries."""
    assert take(None, MINE, question="q", now_ms=0, deadline_ms=1, attempts=attempts)[0] is Standing.WORK
    assert take(PENDING, MINE, question="q", now_ms=0, deadline_ms=1, attempts=attempts)[0] is standing
