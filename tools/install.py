"""`python3 tools/install.py`: make .venv with everything in requirements.txt, or bring it up to date.

With `--run` it is only what stands above the line in requirements.txt: a fifth, to run and to build the functions.
`make` calls this, and knows by two stamps what a .venv has. Written for any Python 3.6 up to the check below, so that a
wrong one gets a sentence.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMPS = {True: VENV / ".runnable", False: VENV / ".installed"}
LINE = "# --- "


def main(given: "list[str]") -> int:
    """Install; returns the exit code. Every failure is one sentence."""
    run_only = "--run" in given
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        found = sys.version.split()[0]
        return fail(f"Python 3.10 to 3.13 is wanted, this is {found}; give another: make PYTHON=/path/to/python3.12")
    if not works():
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            return fail("this Python cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv")
    what = "what running needs" if run_only else "requirements.txt"
    print(f"installing {what} into .venv (the first time takes {'seconds' if run_only else 'a minute'})", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # Bytecode would take half of the time, most of it for modules that are never imported.
        problem = installed(wanted(run_only, Path(folder)), *(["--no-compile"] if run_only else []))
    if problem:
        return fail(f"pip did not install requirements.txt ({problem}); check the network and pip's index")
    for stamp in STAMPS.values() if not run_only else [STAMPS[True]]:
        stamp.write_text(sys.version)
    print(f"installed in {time.monotonic() - started:.0f} s")
    return 0


def wanted(run_only: bool, folder: Path) -> str:
    """Name the file that pip reads: requirements.txt, or in `folder` what stands above its line."""
    if not run_only:
        return "requirements.txt"
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").partition(LINE)[0].splitlines(keepends=True)
    part = folder / "requirements.txt"
    # Paths in such a file are relative to it: the constraints are named to pip, from where they are.
    part.write_text("".join(line for line in lines if not line.startswith("-c ")), encoding="utf-8")
    return str(part)


def installed(requirements: str, *options: str) -> str:
    """Let pip install them; returns why it did not, or ""."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    constraints = ["-c", str(Path("tools", "locks", "development.txt"))]
    done = subprocess.run(
        [*pip, *options, *constraints, "-r", requirements], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if not done.returncode:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or done.stderr.splitlines()
    return errors[-1].replace("ERROR:", "").strip()[:300] if errors else "no reason given"


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
    sys.exit(main(sys.argv[1:]))
