"""What a part of the proof found, as a table, as JSON, and added up."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proof.outcomes import OUTCOMES, WINDOWS, Tally
from proof.plan import SAMPLED, SCALE, Plan

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "benchmarks" / "results"

JUDGE = ("outcomes.py", "sentences.py", "windows.py")
"""The files that decide what became of a message, and whether that keeps the promise."""

Number = int | float | str


@dataclass(frozen=True)
class Violation:
    """The promise was broken: in which case, what was found, and what was wanted."""

    case: str
    found: str
    wanted: str = "one outcome, or a second one in a named window"


@dataclass
class Result:
    """What one part found. `numbers` are what else it measured, by name; `seconds` is how long it took."""

    part: str
    cases: int = 0
    tally: Tally = field(default_factory=Tally)
    violations: list[Violation] = field(default_factory=list)
    numbers: dict[str, Number] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def broken(self) -> list[Violation]:
        """Every violation, those of single messages included."""
        of_messages = [Violation(f"message {verdict.message}", verdict.violation) for verdict in self.tally.violations]
        return [*self.violations, *of_messages]

    def row(self) -> tuple[str, ...]:
        """The line of the table."""
        doubled = ", ".join(
            f"{self.tally.doubled[window]} in window {window}" for window in WINDOWS if self.tally.doubled[window]
        )
        counts = [f"{self.tally.outcomes[outcome]:,}" for outcome in OUTCOMES]
        return (
            self.part,
            f"{self.cases:,}",
            f"{self.tally.messages:,}",
            *counts,
            doubled or "0",
            str(len(self.broken)),
        )


HEAD = ("part", "cases", "messages", *OUTCOMES, "doubled", "violations")


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def report(plan: Plan, results: Sequence[Result]) -> str:
    """Everything that was found, for people to read."""
    lines = [
        f"Seed {plan.seed}, share {plan.share:g}; {machine()}.",
        "",
        table([result.row() for result in results]),
        "",
    ]
    lines += ["What was scaled:", ""] + [f"- {what}: {how}" for what, how in SCALE.items()] + [""]
    lines += ["What was drawn:", ""] + [f"- {part}: {how}" for part, how in SAMPLED.items()] + [""]
    for result in results:
        for name, value in result.numbers.items():
            lines.append(f"- {result.part}: {name}: {value}")
    for result in results:
        for violation in result.broken[:50]:
            where = f"{result.part} (seed {plan.seed}), {violation.case}"
            lines.append(f"\nVIOLATION in {where}\n  found {violation.found}\n  wanted {violation.wanted}")
            lines.append(f"  again  .venv/bin/python -m proof {again(plan, result.part, violation)}")
    return "\n".join(lines) + "\n"


def again(plan: Plan, part: str, violation: Violation) -> str:
    """What `python -m proof` is given to try the case of a violation again, or its part where a message was judged."""
    only = "" if violation.case.startswith(("message ", "the part")) or part == "soak" else violation.case
    words = [part, "--seed", str(plan.seed), *(["--share", f"{plan.share:g}"] if plan.share < 1 and not only else [])]
    return shlex.join([*words, *(["--only", only] if only else [])])


def as_json(plan: Plan, results: Sequence[Result], code: str) -> str:
    """The same for programs. `code` is the fingerprint of what was tried; that of what judges it comes with it."""
    found: Mapping[str, object] = {
        "seed": plan.seed,
        "share": plan.share,
        "code": code,
        "judge": judged_by(),
        "machine": machine(),
        "parts": {
            result.part: {
                "cases": result.cases,
                "messages": result.tally.messages,
                "outcomes": dict(result.tally.outcomes),
                "doubled": {str(window): count for window, count in sorted(result.tally.doubled.items())},
                "violations": [f"{violation.case}: {violation.found}" for violation in result.broken],
                "numbers": result.numbers,
                "seconds": round(result.seconds, 1),
            }
            for result in results
        },
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def fingerprint(folder: Path) -> str:
    """The same for the same code: a hash over every Python file."""
    return _hash(sorted(folder.rglob("*.py")), folder)


def _hash(paths: Iterable[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def judged_by() -> str:
    """The fingerprint of what decides about each message."""
    return _hash([HERE / name for name in JUDGE], HERE)
