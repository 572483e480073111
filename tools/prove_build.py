"""`make prove-build`: the packages are the same whichever Python builds them, and start on their targets.

Builds both packages for both targets, with and without the optional parts, from every Python from 3.10 to 3.13 found
here; compares the bytes of the zips; starts each package's handler from its folder alone. Takes some minutes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

from shipping import ShippingError
from shipping.bytecode import find_interpreter
from shipping.start import start
from shipping.target import TARGETS, Target

ROOT = Path(__file__).resolve().parent.parent
BUILDERS = ("3.10", "3.11", "3.12", "3.13")
HEALTH = json.dumps({"version": "v1", "rawPath": "/", "headers": {}, "requestContext": {"http": {"method": "GET"}}})
EVENTS = {"conversation": HEALTH.encode(), "reply": b"not an event"}
OPTIONS = ((), ("--fc2", "--oss2"))


def main() -> int:
    """Prove it; returns the exit code."""
    builders = {minor: find_interpreter(Target(minor, glibc=0)) for minor in BUILDERS}
    for minor in [minor for minor, command in builders.items() if not command]:
        print(f"no Python {minor} here: building from it is not proved")
    found = {minor: command for minor, command in builders.items() if command}
    try:
        with tempfile.TemporaryDirectory() as copy:
            # A copy, so that someone at work in the checkout does not make two builds differ.
            for part in ("functions", "tools"):
                shutil.copytree(ROOT / part, Path(copy, part), ignore=shutil.ignore_patterns("__pycache__"))
            for target, options in product(TARGETS, OPTIONS):
                _prove(Path(copy, "tools", "build.py"), target, options, found)
    except ShippingError as error:
        print(f"prove-build: {error}", file=sys.stderr)
        return 1
    return 0


def _prove(script: Path, target: Target, options: tuple[str, ...], builders: dict[str, list[str]]) -> None:
    title = " ".join([target.runtime, *options])
    made: dict[str, dict[str, bytes]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for minor, command in builders.items():
            output = Path(folder, minor)
            _build([*command, str(script), "--python", target.minor, "--output", str(output), *options])
            made[minor] = {name: (output / f"{name}.zip").read_bytes() for name in EVENTS}
        first = next(iter(made))
        for minor, name in product(made, EVENTS):
            if made[minor][name] != made[first][name]:
                raise ShippingError(f"{name} for {title} differs when built from Python {minor} and from {first}")
        print(f"{title}: the same bytes from Python {', '.join(made)}")
        _start(target, title, Path(folder, first))


def _start(target: Target, title: str, output: Path) -> None:
    interpreter = find_interpreter(target)
    if not interpreter:
        print(f"{title}: no Python {target.minor} here, so starting the packages is not proved")
        return
    for name, event in EVENTS.items():
        print(f"{title}: {name} answers {start(output / name, interpreter, event, {}).answer}")


def _build(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ShippingError(
            f"{' '.join(command)} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
        )


if __name__ == "__main__":
    sys.exit(main())
