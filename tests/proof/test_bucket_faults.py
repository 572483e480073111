"""Faults of the bucket at every call: a sample keeps the promise, and a broken build does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proof.bucket_faults import run
from proof.plan import Plan
from proof.result import report
from tests.proof.broken import broken


def test_a_sample_keeps_the_promise() -> None:
    """Some faults at some calls of every kind of message, some planted files; every call was found by tracing."""
    plan = Plan(share=0.02)
    result = run(plan)
    assert not result.broken, report(plan, [result])
    assert result.cases > 40
    assert all(int(result.numbers[name]) > 8 for name in result.numbers if name.startswith("operations of"))


BROKEN = [
    (
        r"^later message, (corrupt|truncated) from [45] on$",
        "reply/store.py",
        'self._bucket.rename(folder, name, f"{name}.{now_ms:013d}.set-aside")',
        "self._bucket.remove(folder, name)",
        "every answered turn",
    ),
    (
        r"^later message, read-only from 1 on$",
        "reply/run.py",
        "return wording.not_remembered if memory.unsaved",
        "return wording.not_remembered if False",
        "told so",
    ),
    (
        r"^first message, full from 1 on$",
        "reply/memory.py",
        "            self.unsaved = True\n",
        "            raise\n",
        "answer",
    ),
]


@pytest.mark.parametrize(("only", "path", "line", "instead", "wanted"), BROKEN)
def test_a_broken_build_is_caught(tmp_path: Path, only: str, path: str, line: str, instead: str, wanted: str) -> None:
    """One line of the code is changed in a copy, and a case that meets it reports a violation."""
    result = run(Plan(code=broken(tmp_path, path, line, instead), only=only))
    found = [one for one in result.violations if wanted in one.wanted and re.search(only, one.case)]
    assert found, result.broken
