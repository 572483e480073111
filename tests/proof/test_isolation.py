"""Order and isolation: nothing is found in the code as it is, and a build that mixes, loses or overtakes is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.isolation import run
from proof.plan import Plan
from proof.result import report
from tests.proof.broken import broken

SMALL = [
    ("^crowd: a context per member$", 20),
    ("^crowd: a context per group$", 20),
    ("^order: DingTalk is slow to accept$", 1),
    ("^hang: before its first word, the first of 3$", 1),
]


@pytest.mark.parametrize(("only", "cases"), SMALL, ids=[case[0].strip("^$") for case in SMALL])
def test_a_small_crowd_keeps_the_promise(only: str, cases: int) -> None:
    """Six people in two groups, an order that is easy to break, and a chain behind a turn that hangs."""
    plan = Plan(share=0.04, only=only)
    result = run(plan)
    assert result.cases >= cases
    assert not result.broken, report(plan, [result])


BROKEN = [
    (
        "^crowd: a context per member$",
        "reply/run.py",
        "message.group and services.settings.group_shares_context",
        "True",
    ),
    ("^crowd: a context per member$", "reply/conversation.py", "answered[-rounds:]", "answered[-1:]"),
    (
        "^order: the model is slow$",
        "reply/waiting.py",
        "while earlier := _alive(run, turn) or _on_their_way(run, turn):",
        "while earlier := []:",
    ),
    ("^order: DingTalk is slow to accept$", "reply/waiting.py", " or _on_their_way(run, turn)", ""),
    (
        "^hang: before its first word, the first of 3$",
        "reply/waiting.py",
        "run.work_ends - run.services.settings.model_seconds",
        "run.until + 3600",
    ),
]


@pytest.mark.parametrize(
    ("only", "file", "right", "wrong"), BROKEN, ids=["mixed", "lost", "unordered", "overtaken", "held up"]
)
def test_a_broken_build_is_caught(tmp_path: Path, only: str, file: str, right: str, wrong: str) -> None:
    """One passage wrong, and the case that it concerns is a violation."""
    assert run(Plan(share=0.04, code=broken(tmp_path, file, right, wrong), only=only)).broken
