"""`python3 tools/install.py`: make .venv with everything in requirements.txt, or bring it up to date.

`make` calls this. Written for any Python 3.6 up to the check below, so that a wrong one gets a sentence.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMP = VENV / ".installed"


def main() -> int:
    """Install; returns the exit code. Every failure is one sentence."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        found = sys.version.split()[0]
        return fail(f"Python 3.10 to 3.13 is wanted, this is {found}; give another: make PYTHON=/path/to/python3.12")
    if not works():
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            return fail("this Python cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv")
    print("installing requirements.txt into .venv (the first time takes about a minute)", flush=True)
    started = time.monotonic()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "-r", "requirements.txt"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or done.stderr.splitlines()
        reason = errors[-1].replace("ERROR:", "").strip()[:300] if errors else "no reason given"
        return fail(f"pip did not install requirements.txt ({reason}); check the network and pip's index")
    STAMP.write_text(sys.version)
    print(f"installed in {time.monotonic() - started:.0f} s")
    return 0


def works() -> bool:
    """Whether .venv runs, and is of a wanted version: a removed or replaced Python leaves a dead one."""
    ask = "import sys, pip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))"
    try:
        return subprocess.run([str(PYTHON), "-c", ask], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def fail(sentence: str) -> int:
    """Say why, on the error output."""
    print(f"install: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
