"""A machine without a browser: what is left out is said, and CI does not pass with it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.documents import ROOT

ONE = "tests/page/test_page_keyboard.py::test_escape_leads_back_to_the_composer"


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("false", 0), ("true", 1), ("1", 1)])
def test_a_missing_browser_is_named_and_fails_in_ci(tmp_path, ci: str, code: int) -> None:
    """Skipped with the package to install on somebody's own machine, a failure with the same words in CI."""
    command = [sys.executable, "-m", "pytest", "-q", "-rsfE", "-p", "no:cacheprovider", ONE]
    env = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "apt-get install chromium" in done.stdout
    assert ("CI must run" in done.stdout) is bool(code)
    assert ("SKIPPED [1]" in done.stdout) is (code == 0)
