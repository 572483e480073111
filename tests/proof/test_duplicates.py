"""Duplicates: nothing is found in the code as it is, and a build without one of its barriers is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.duplicates import run
from proof.plan import Plan
from proof.result import report
from tests.proof.broken import broken


def test_a_share_of_the_states_keeps_the_promise() -> None:
    """Some states of each mode, chosen by the seed."""
    plan = Plan(share=0.05)
    result = run(plan)
    assert result.cases >= 6
    assert not result.broken, report(plan, [result])


def test_copies_at_once_without_any_barrier_are_counted() -> None:
    """What needs CLAIM=oss is no violation without it, and is shown."""
    result = run(Plan(share=0.5, only="^neither: storm 1$"))
    assert (result.cases, result.broken) == (1, [])
    assert "messages with" in str([value for name, value in result.numbers.items() if "without CLAIM=oss" in name])


BROKEN = [
    (
        "^task ids: storm 1$",
        "conversation/dispatch.py",
        'f"m_{message.turn_id}"',
        'f"m_{handed_over.handover}"',
    ),
    (
        "^CLAIM=oss: storm 1$",
        "reply/claim.py",
        "return self._oss.create(key, mine) or self._oss.read(key) == mine",
        "return True",
    ),
    (
        "^neither: succeeded$",
        "reply/records.py",
        "if entry.turn_id in ids and entry.outcome != OPEN:",
        "if False:",
    ),
    (
        "^neither: running$",
        "reply/turn.py",
        "alive = found.handover != message.handover and now_ms < found.deadline",
        "alive = False",
    ),
    (
        "^neither: other body later$",
        "shared/message.py",
        'f"{self.robot}\\n{self.id}"',
        'f"{self.robot}\\n{self.id}\\n{self.body_hash}"',
    ),
    (
        "^neither: next day, forgotten$",
        "reply/records.py",
        "first = message.created_at - (CREATED_AFTER_MS if message.dated else DAY_MS)",
        "first = message.booked_at",
    ),
]


@pytest.mark.parametrize(("only", "file", "right", "wrong"), BROKEN, ids=[case[0].strip("^$") for case in BROKEN])
def test_a_missing_barrier_is_caught(tmp_path: Path, only: str, file: str, right: str, wrong: str) -> None:
    """One line less, and the case that needs it is a violation."""
    assert run(Plan(share=0.5, code=broken(tmp_path, file, right, wrong), only=only)).broken
