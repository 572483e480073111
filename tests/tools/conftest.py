"""Packages built once for all tests: they are the same for everyone, and pip takes its time."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from shipping.bytecode import find_interpreter
from shipping.target import Target, parse_target

BUILD = Path(__file__).parents[2] / "tools" / "build.py"


def run_build(*arguments: str, command: tuple[str, ...] = (sys.executable,)) -> subprocess.CompletedProcess[str]:
    """Run tools/build.py as a deployer does."""
    return subprocess.run([*command, str(BUILD), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Both packages for one deployed Python, given as "3.12"; the folder they are in."""

    @cache
    def build(minor: str) -> Path:
        output = tmp_path_factory.mktemp(f"built-{minor}")
        done = run_build("--python", minor, "--output", str(output))
        assert done.returncode == 0, done.stderr
        Path(output, "said.txt").write_text(done.stdout, encoding="utf-8")
        return output

    return build


def interpreter_of(minor: str) -> list[str]:
    """A Python of that version, or a skipped test that says there is none."""
    command = find_interpreter(Target(minor, glibc=0) if minor in ("3.11", "3.13") else parse_target(minor))
    if not command:
        pytest.skip(f"no Python {minor} on this machine: what is asked of it is not tested here")
    return command
