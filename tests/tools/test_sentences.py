"""The sentences that `conversation` ships: all that it can say, in both languages, and no others."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from conversation.channels.inbound import Kind
from conversation.guards import Refusal
from shared.commands import COMMANDS
from shared.wording import Wording
from shipping import ShippingError
from shipping.sentences import leave_out_unsaid

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `conversation`'s package is made of."""
    for part in ("conversation", "shared"):
        shutil.copytree(ROOT / "functions" / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def shipped(folder: Path, file: str, form: str) -> set[str]:
    return set(re.findall(form, (folder / "shared" / "wording" / file).read_text(encoding="utf-8"), re.MULTILINE))


def test_what_is_said_is_shipped(folder: Path) -> None:
    """Every refusal, kind and command; the class and both languages have the same; most are `reply`'s."""
    left_out = leave_out_unsaid(folder)
    kept = shipped(folder, "__init__.py", r"^    (\w+): str$")
    wanted = {f"refused_{reason}" for reason in get_args(Refusal)} | {f"command_{c.name}" for c in COMMANDS}
    wanted |= {f"type_{kind}" for kind in get_args(Kind) if kind} | {"help", "too_large", "quoted", "failed_internal"}
    assert wanted <= kept
    assert len(kept) + left_out == len(Wording.__dataclass_fields__)
    assert left_out > len(kept)
    for language in ("zh", "en"):
        assert shipped(folder, f"{language}.py", r"[(,] ?(\w+)=['\"]") == kept


def test_the_function_says_what_it_said(folder: Path) -> None:
    """Its own tests, with what is shipped."""
    leave_out_unsaid(folder)
    tests = [
        f"tests/conversation/{name}.py" for name in ("test_instant", "test_guards", "test_templates", "test_lists")
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-o",
        f"pythonpath={folder} tools .",
    ]
    done = subprocess.run([*command, *tests], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_sentence_of_which_nothing_is_known(folder: Path) -> None:
    """It could be one that was left out: the build stops."""
    (folder / "conversation" / "strange.py").write_text("def f(words, name):\n    return getattr(words, name)\n")
    with pytest.raises(ShippingError, match=r"strange\.py line 2 asks for a sentence whose name cannot be told"):
        leave_out_unsaid(folder)
