"""Running the pip of whatever Python runs the build. Its own configuration decides which index is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from shipping import ShippingError
from shipping.locks import Pin
from shipping.target import Target

OLDEST_PIP = 22


def require_pip() -> None:
    """Raise ShippingError unless this Python has pip 22 or newer."""
    done = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"pip (\d+)", done.stdout)
    if done.returncode or not found:
        raise ShippingError(
            f"{sys.executable} has no pip; run `{sys.executable} -m ensurepip`, or use .venv/bin/python"
        )
    if int(found[1]) < OLDEST_PIP:
        raise ShippingError(
            f"pip {found[1]} is too old (22 or newer is wanted); run `{sys.executable} -m pip install --upgrade pip`"
        )


def install_wheels(pins: Collection[Pin], target: Target, folder: Path) -> None:
    """Unpack the wheels of `pins` for `target` into `folder`, hashes checked, nothing resolved, nothing built."""
    _run(
        pins,
        "install",
        *("--target", str(folder), "--no-compile", "--only-binary", ":all:"),
        *("--implementation", "cp", "--python-version", target.minor),
        *(word for platform in target.platforms for word in ("--platform", platform)),
    )


def fetch_sources(pins: Collection[Pin], folder: Path) -> None:
    """Fetch the source archives of `pins` into `folder`, hashes checked."""
    _run(pins, "download", "--dest", str(folder), "--no-binary", ":all:")


def _run(pins: Collection[Pin], action: str, *options: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text("".join(pin.requirement for pin in pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip", action, "--quiet", "--no-input", "--disable-pip-version-check"]
        # uv chose these for the target; pip 23 would ask them about the Python it runs on.
        command += ["--ignore-requires-python", "--no-deps", "--require-hashes", *options, "--requirement", str(wanted)]
        # A build environment of pip inherits PYTHONPATH, and a user's site could shadow its setuptools.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or done.stderr.splitlines()
        reason = errors[-1].removeprefix("ERROR:").strip() if errors else "no reason given"
        raise ShippingError(
            f"pip did not fetch the locked packages ({reason[:300]}); check the network and pip's index, then try again"
        )
