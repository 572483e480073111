"""The crash matrix: nothing is found in the code as it is, a broken build is caught, and a new side effect is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.crash import run
from proof.crash_kills import places
from proof.crash_scenarios import REPLY, SCENARIOS
from proof.plan import Plan
from proof.result import report
from tests.proof.broken import broken

PLAIN = SCENARIOS[0]


def test_a_share_of_the_matrix_keeps_the_promise() -> None:
    """Some steps of some scenarios, some random moments, and how long each window is open."""
    plan = Plan(share=0.015)
    result = run(plan)
    assert result.cases >= 6
    assert not result.broken, report(plan, [result])
    assert all(f"window {window}, ms open, median" in result.numbers for window in (1, 2, 3))
    assert sum("at random moments" in name for name in result.numbers) == 2


BROKEN = [
    (
        "an answer that was saved is paid again",
        f"^{PLAIN.name}: reply, before send POST dingtalk",
        "reply/turn.py",
        "if found.finished:",
        "if False:",
        "asked 1 time(s) after its answer was saved",
    ),
    (
        "a record is not looked at",
        f"^{PLAIN.name}: reply, before return$",
        "reply/records.py",
        "if entry.turn_id in ids and entry.outcome != OPEN:",
        "if False:",
        "2 outcomes",
    ),
    (
        "a note stays",
        f"^{PLAIN.name}: reply, before remove records.*open$",
        "reply/answer.py",
        "run.speaker.complete()",
        "pass",
        "note(s) of an open question are left",
    ),
    (
        "a turn is not saved as answered",
        f"^{PLAIN.name}: reply, before send POST dingtalk.*every run$",
        "reply/run.py",
        "self.memory.keep(done)",
        "pass",
        "pending for ever",
    ),
]


@pytest.mark.parametrize(
    ("only", "file", "right", "wrong", "found"), [case[1:] for case in BROKEN], ids=[c[0] for c in BROKEN]
)
def test_a_broken_build_is_caught(tmp_path: Path, only: str, file: str, right: str, wrong: str, found: str) -> None:
    """The matrix can fail: one passage is broken, and one of its places shows it."""
    plan = Plan(only=only, code=broken(tmp_path, file, right, wrong))
    result = run(plan)
    assert result.cases >= 1
    assert found in " ".join(violation.found for violation in result.broken), report(plan, [result])


def test_a_new_side_effect_is_tried_the_day_it_is_written(tmp_path: Path) -> None:
    """A file more is written somewhere: its steps are found and killed at, though nobody has told the matrix."""
    kept = "self.memory.keep(done)"
    note = f'{kept}\n        self.services.records._bucket.write_new(("notes",), f"{{done.id}}.txt", b"{{}}")'
    code = broken(tmp_path, "reply/run.py", kept, note)
    steps, more = (
        {kill.step for kill in places(Plan(code=folder), PLAIN)[0] if kill.function == REPLY}
        for folder in (Plan().code, code)
    )
    assert more - steps == {
        ("mkdir notes", 0),
        ("open notes/*.txt", 0),
        ("open notes/*.txt", 1),
        ("save notes/*.txt", 0),
    }
    plan = Plan(code=code, only=f"^{PLAIN.name}: reply, .* save notes")
    result = run(plan)
    assert result.cases == 4
    assert not result.broken, report(plan, [result])
