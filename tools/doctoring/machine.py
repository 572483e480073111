"""The machine that deploys: Python, Node.js and the command `s`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from doctoring.examination import Examination, Run
from doctoring.finding import Finding, ok, problem

OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)
OLDEST_NODE = (14, 14)
"""https://github.com/Serverless-Devs/Serverless-Devs"""
OLDEST_S = (3, 0)


def python(examined: Examination) -> Iterator[Finding]:
    """The Python that builds the packages."""
    found = ".".join(map(str, examined.python))
    if OLDEST_PYTHON <= examined.python[:2] <= NEWEST_PYTHON:
        yield ok("machine.python", f"Python {found}")
    else:
        remedy = "install one of them, and name it: make PYTHON=/path/to/python3.12"
        yield problem("machine.python", f"Python {found}", "3.10 to 3.13", remedy)


def node(examined: Examination) -> Iterator[Finding]:
    """Node.js, which `s` runs on."""
    yield _version(
        "machine.node",
        "Node.js",
        ("node", "--version"),
        examined.run,
        OLDEST_NODE,
        "install it from https://nodejs.org",
    )


def cli(examined: Examination) -> Iterator[Finding]:
    """Serverless Devs."""
    remedy = "npm install -g @serverless-devs/s"
    yield _version("machine.cli", "Serverless Devs", ("s", "-v"), examined.run, OLDEST_S, remedy)


def _version(check: str, name: str, command: Sequence[str], run: Run, oldest: tuple[int, int], remedy: str) -> Finding:
    wanted = f"{oldest[0]}.{oldest[1]} or newer"
    try:
        said = run(command)
    except OSError:
        return problem(check, f"{name} is not installed (no command {command[0]!r})", wanted, remedy)
    version = re.search(r"(?:^|: |v)(\d+)\.(\d+)(?:\.\d+)?", said, re.MULTILINE)
    if version is None:
        return problem(check, f"{' '.join(command)} does not say a version", wanted, remedy)
    number = version[0].lstrip("v: ")
    if (int(version[1]), int(version[2])) < oldest:
        return problem(check, f"{name} {number}", wanted, remedy)
    return ok(check, f"{name} {number}")
