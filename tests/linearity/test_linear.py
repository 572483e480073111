"""Work grows with what it is given, and no faster: no text, however it is made, costs the time of a thousand others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.linearity.check import all_ways, broken, worse
from tests.linearity.fed import gone, neither
from tests.linearity.inventory import FUNCTIONS, taking_text

ROOT = Path(__file__).parents[2]
WAYS = dict(all_ways())

OLD_TABLE_RULE = r'r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*"'

PUT_BACK = {
    "every mention looks at all that follows": (
        "shared/commands.py: find_command",
        ("shared/mentions.py", "self.written.others_end <= self.begin", "only_mentions(self.text)"),
    ),
    "combining marks are sorted by Python": (
        "shared/folding.py: plain",
        ("shared/folding.py", "    if text.isascii():\n", '    if unicodedata.normalize("NFKC", text) == text:\n'),
    ),
    "a row of a table is one pattern": (
        "reply/markdown.py: prepared",
        (
            "reply/markdown.py",
            '    cells = text.strip(" \\t")',
            f'    return bool(re.fullmatch({OLD_TABLE_RULE}, text))\n    cells = text.strip(" \\t")',
        ),
    ),
    "Punycode comes before the length": (
        "reply/lookup/names.py: ascii_name",
        ("reply/lookup/names.py", "if len(name) > LONGEST_NAME:  #", "if not name:  #"),
        (
            "reply/lookup/names.py",
            "if len(label) > LONGEST_LABEL:\n            raise",
            "if not label:\n            raise",
        ),
    ),
    "what is new copies what is left": (
        "shared/clock.py: rest",
        (
            "shared/clock.py",
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\n\ndef rest(text: str) -> str:\n"
            "    while len(text) > 1:\n        text = text[1:]\n    return text\n\n",
        ),
    ),
    "what is new wants more than text, and nobody says why it is not fed": (
        "shared/clock.py: Odd.read",
        (
            "shared/clock.py",
            "class SystemClock",
            "class Odd:\n    def read(self, text: str) -> str:\n        return text\n\n\nclass SystemClock",
        ),
    ),
}
"""What must not come back, and what must not come: which function shows it, and what is replaced."""


def test_every_function_that_takes_text_is_fed_or_excused() -> None:
    """One that is neither is found by its annotations; so is an entry of one that is gone."""
    found = taking_text()
    assert not neither(found), "feed them in tests/linearity/fed.py, or say there why not"
    assert not gone(found), "take them out of tests/linearity/fed.py"
    assert len(WAYS) > 80


@pytest.mark.parametrize("name", WAYS)
def test_its_work_is_linear(name: str, request: pytest.FixtureRequest) -> None:
    """Four times the text takes about four times the CPU, whatever the text; `--thorough` feeds all of everything."""
    assert not broken(WAYS[name])
    assert not worse(name, WAYS[name], thorough=request.config.getoption("--thorough"))


@pytest.mark.parametrize("case", PUT_BACK)
def test_what_was_slow_is_found_when_it_comes_back(case: str, tmp_path: Path) -> None:
    """A test of speed that cannot fail shows nothing."""
    name, *passages = PUT_BACK[case]
    copy = tmp_path / "functions"
    shutil.copytree(FUNCTIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for file, right, wrong in passages:
        text = (copy / file).read_text(encoding="utf-8")
        assert text.count(right) == 1, f"{file} no longer has {right!r} once"
        (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    found = subprocess.run(
        [sys.executable, "-m", "tests.linearity", f"^{name}"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (1, "")
    assert name in found.stdout
