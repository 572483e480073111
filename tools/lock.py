"""`python tools/lock.py`: write the locks again after a pin in requirements.txt changed.

One lock with hashes for each deployed Python (Linux x86-64), because their resolutions differ and pip evaluates
markers for the Python it runs on; and one list of constraints for development. No lock names an index. Needs `uv`,
which requirements.txt brings.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from shipping import ShippingError
from shipping.locks import GROUPS, LOCK_FOLDER, lock_path
from shipping.target import TARGETS, Target

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==[^\n]*(?:\n[ \t]+--hash=[^\n]+)*(?P<via>(?:\n[ \t]+#[^\n]*)*)", re.M
)


def main() -> int:
    """Write every lock; returns the exit code."""
    try:
        pins = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
        write(LOCK_FOLDER / "development.txt", development_lock(pins))
        for target in TARGETS:
            write(lock_path(target), target_lock(target, pins))
    except ShippingError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    return 0


def write(path: Path, text: str) -> None:
    """Write one lock with Unix line ends, so that every machine writes the same bytes."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    print(f"wrote {path.relative_to(ROOT)}")


def development_lock(pins: list[str]) -> str:
    """Constraints for every Python from 3.10 to 3.13, with markers where their resolutions differ."""
    text = uv(pins, "--universal", "--python-version", "3.10", "--no-annotate")
    return "# Written by tools/lock.py from requirements.txt: one resolution for Python 3.10 to 3.13.\n" + text


def target_lock(target: Target, pins: list[str]) -> str:
    """What each group needs on `target`, each entry with its hashes and the groups it ships in."""
    shipped = {name for names in GROUPS.values() for name in names}
    wanted = [pin for pin in pins if re.split(r"[=\[]", pin)[0].strip().lower() in shipped]
    text = uv(
        wanted, "--python-version", target.minor, "--python-platform", "x86_64-manylinux2014", "--generate-hashes"
    )
    entries = {match["name"]: match for match in ENTRY.finditer(text)}
    needed_by = {
        name: set(re.findall(r"([a-z0-9][a-z0-9._-]*)\s*$", match["via"], re.M)) for name, match in entries.items()
    }
    head = (
        f"# What ships to FC's {target.runtime} (Linux x86-64). Written by tools/lock.py from requirements.txt.\n"
        "# The groups: reply is always in its package; oss2 joins it with --oss2; fc2 joins conversation with --fc2.\n"
    )
    blocks = [head]
    for name, match in entries.items():
        groups = [group for group in GROUPS if name in closure(GROUPS[group], needed_by)]
        blocks.append(f"{match[0][: match.start('via') - match.start()]}\n    # ships in: {', '.join(groups)}\n")
    return "".join(blocks)


def closure(roots: tuple[str, ...], needed_by: dict[str, set[str]]) -> set[str]:
    """`roots` and everything they need, directly or not."""
    found = set(roots)
    while more := {name for name, users in needed_by.items() if users & found} - found:
        found |= more
    return found


def uv(pins: list[str], *options: str) -> str:
    """Resolve with uv; returns the lock as text. Raises ShippingError when uv is missing or finds no solution."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "pins.in")
        source.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--no-header",
            "--no-config",
            *options,
            source.name,
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=dict(os.environ), check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1].strip()
        raise ShippingError(
            f"uv did not resolve requirements.txt ({reason}); run this with .venv/bin/python, or mend the pins"
        )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
