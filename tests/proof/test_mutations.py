"""Broken builds: each is still a program, is caught by the proof, and none can get lost unnoticed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local.functions import CODE
from proof import mutations
from proof.mutation_cases import PROMISES
from proof.mutations import MUTATIONS, Mutation, MutationLost
from proof.plan import Plan


def test_every_mutation_still_applies_and_is_a_program(tmp_path: Path) -> None:
    """What is to be broken is still there, and what comes of it fails by its behaviour, not by a name it lacks."""
    for number, mutation in enumerate(MUTATIONS):
        mutation.applied(CODE, tmp_path / str(number))
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "F821,F823,E9",
        str(tmp_path),
    ]
    checked = subprocess.run([*ruff, str(tmp_path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 15


def test_every_case_made_for_mutations_catches_one() -> None:
    """A case that no broken build fails shows nothing."""
    for promise in PROMISES:
        assert any(m.part == "mutation_cases" and re.search(m.only, promise.name) for m in MUTATIONS), promise.name


@pytest.mark.parametrize("lost", [{"right": "no such passage"}, {"right": "\n"}, {"file": "reply/nowhere.py"}])
def test_a_mutation_that_finds_nothing_to_break_stops_everything(tmp_path: Path, lost: dict[str, str]) -> None:
    """A passage that is gone, or that is there several times, is an error and no mutation that passes."""
    with pytest.raises(MutationLost, match="wanted once"):
        replace(MUTATIONS[0], **lost).applied(CODE, tmp_path / "copy")


def test_a_few_broken_builds_are_caught_and_the_real_one_is_clean() -> None:
    """The whole of it is part of `make prove`; here are two, chosen by the seed."""
    result = mutations.run(Plan(seed=4, share=2 / len(MUTATIONS)))
    assert not result.broken
    assert len(result.numbers) == 2


def test_a_build_that_nobody_catches_is_a_violation() -> None:
    """A hole in the proof is reported: here the case has nothing to do with what is broken."""
    webhook = next(mutation for mutation in MUTATIONS if "webhook" in mutation.name)
    unseen = Mutation("a hole", webhook.file, webhook.right, webhook.wrong, only="a hand-over that is refused")
    [violation] = mutations.run(Plan(), (unseen,)).broken
    assert violation.case == "a hole"
    assert "not caught" in violation.found
