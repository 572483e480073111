"""`make audit`: look up every pinned package in a database of known weaknesses, by pip-audit.

Looks at tools/locks/*.txt as they are pinned, installs none of them, and pip-audit itself into a folder that is removed
afterwards. Exit code: 0 nothing known, or it was left out because the service or pip-audit could not be reached, which
is said; 1 something is known. `--require` makes leaving out an error (2).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AUDITOR = "pip-audit==2.10.1"
LONGEST_S = 600
"""Seconds for one lock."""


class LeftOut(Exception):
    """The audit could not be made; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """Audit every lock; returns the exit code."""
    parser = argparse.ArgumentParser(prog="audit.py", description="Known weaknesses of the pinned packages.")
    parser.add_argument("--require", action="store_true", help="an audit that cannot be made is an error")
    parser.add_argument("locks", nargs="*", type=Path, help="default: tools/locks/*.txt")
    options = parser.parse_args(arguments)
    locks = options.locks or sorted((ROOT / "tools" / "locks").glob("*.txt"))
    known: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="audit-") as folder:
            python = _installed(Path(folder))
            for lock in locks:
                found = weaknesses(_audited(python, lock, Path(folder)))
                print(f"{lock.name}: {len(found)} known")
                known += [f"{lock.name}: {line}" for line in found]
    except LeftOut as reason:
        print(f"audit: LEFT OUT, nothing is known about the packages: {reason}", file=sys.stderr)
        return 2 if options.require else 0
    for line in known:
        print(line)
    return 1 if known else 0


def weaknesses(report: str) -> list[str]:
    """A line per known weakness of pip-audit's report in JSON. Raises LeftOut when it is no such report."""
    try:
        packages = json.loads(report)["dependencies"]
        skipped = [f"{p['name']} ({p['skip_reason']})" for p in packages if "skip_reason" in p]
        lines = [
            f"{p['name']} {p['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
            for p in packages
            for v in p.get("vulns", ())
        ]
    except (ValueError, KeyError, TypeError) as problem:
        raise LeftOut(f"pip-audit's report cannot be read ({type(problem).__name__})") from None
    if skipped:
        raise LeftOut(f"pip-audit skipped {', '.join(skipped)}")
    return lines


def _installed(folder: Path) -> Path:
    """A Python that has pip-audit."""
    python = folder / "venv" / "bin" / "python"
    _run([sys.executable, "-m", "venv", str(folder / "venv")], "making a virtual environment")
    _run([str(python), "-m", "pip", "install", "-q", AUDITOR], f"installing {AUDITOR}")
    return python


def _audited(python: Path, lock: Path, folder: Path) -> str:
    """The report on one lock, in JSON: names and versions only, for their hashes are of no concern here."""
    pins = re.findall(
        r"^([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z,]+\])?==[^\s;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE
    )
    listed, report = folder / "pins.txt", folder / "report.json"
    listed.write_text("\n".join(pins) + "\n", encoding="utf-8")
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    command += ["-r", str(listed), "-f", "json", "-o", str(report)]
    _run(command, f"auditing {lock.name}", (0, 1))
    if not report.is_file():
        raise LeftOut(f"pip-audit wrote no report on {lock.name}: its service cannot be reached, or it refused")
    return report.read_text(encoding="utf-8")


def _run(command: list[str], what: str, fine: tuple[int, ...] = (0,)) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise LeftOut(f"{what} did not end well ({type(problem).__name__})") from None
    if done.returncode not in fine:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LeftOut(f"{what} failed: {last[:200]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
