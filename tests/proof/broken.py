"""Builds that are broken on purpose: a proof that cannot fail proves nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from local.functions import CODE


def broken(folder: Path, file: str, right: str, wrong: str) -> tuple[Path, ...]:
    """A copy of the functions in `folder` with one passage of `file` replaced, as `Plan.code` wants it."""
    copy = folder / "functions"
    shutil.copytree(CODE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{file} no longer has {right!r} once"
    (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
    return (copy,)
