"""Faults of the model, of DingTalk and of FC: a sample keeps the promise, and a broken build is caught."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from proof.plan import Plan
from proof.result import Result, report
from tests.proof.broken import broken

SAMPLES = [
    ("model_faults", r"^(401|429|502|null|garbage|address: closed|stall before|quota inside the stream, two)", 0.15),
    ("dingtalk_faults", r"^(errcode -?\d+, (once|always), private, first|reset, |webhook expires)", 0.25),
    ("fc_faults", r"^(invoke 5|connection reset after|out of memory at post|queued for (30|300)|reply behind)", 0.3),
]


def tried(part: str, plan: Plan) -> Result:
    """What a part of the proof finds."""
    result: Result = importlib.import_module(f"proof.{part}").run(plan)
    return result


@pytest.mark.parametrize(("part", "only", "share"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_a_sample_keeps_the_promise(part: str, only: str, share: float) -> None:
    """Some faults of each part, chosen by the seed."""
    plan = Plan(share=share, only=only)
    result = tried(part, plan)
    assert result.cases >= 8
    assert not result.broken, report(plan, [result])


BROKEN = [
    (
        "model_faults",
        "^null content, once, private, first$",
        "reply/llm/reading.py",
        "return ModelFailed(ModelFailure.EMPTY",
        "return ModelFailed(ModelFailure.SERVER",
    ),
    (
        "dingtalk_faults",
        "^errcode 300001, once, private, first$",
        "reply/channels/errcodes.py",
        "if code in _TABLE:",
        'if code == "300001":\n        return _TABLE["0"]\n    if code in _TABLE:',
    ),
    (
        "fc_faults",
        "^credentials expired, once, private, first$",
        "conversation/receive.py",
        'return self._said("hand_over_refused", instead or instant.not_started(message), fields, error=True)',
        'return Outcome("hand_over_refused", Response(200, self.channel.silent()), fields, error=True)',
    ),
    (
        "fc_faults",
        "^queued for 30 minutes, once, private, first$",
        "reply/answer.py",
        "if run.queue_ms is not None and run.queue_ms > TOO_LATE_MS:",
        "if False:",
    ),
]


@pytest.mark.parametrize(
    ("part", "only", "file", "right", "wrong"), BROKEN, ids=[f"{case[0]}: {case[1].strip('^$')}" for case in BROKEN]
)
def test_a_broken_build_is_caught(tmp_path: Path, part: str, only: str, file: str, right: str, wrong: str) -> None:
    """One passage wrong, and the case that it concerns is a violation."""
    result = tried(part, Plan(code=broken(tmp_path, file, right, wrong), only=only))
    assert {violation.case for violation in result.violations} == {only.strip("^$")}, result.broken
