"""Seeded soaks that are kept: one JSON file each, one table over all of them, and plots.

    python -m proof soak --seeds 1-5

writes `soak-1.json` … `soak-5.json`, `soak.md` and the plots into benchmarks/results; the same code for all.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.functions import CODE
from proof.outcomes import OUTCOMES, WINDOWS
from proof.plan import Plan
from proof.result import Violation, fingerprint, judged_by, machine, report, table
from proof.soak import Soaked, result_of, soak
from proof.soak_measure import percentile

TOTAL_HEAD = ("seed", "messages", *OUTCOMES, *(f"doubled, window {n}" for n in WINDOWS), "none", "doubled outside")
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


class RunsDiffer(Exception):
    """The kept runs are not of the same code; the text names them."""


@dataclass(frozen=True)
class Run:
    """A run that was kept. `doubled` is by window, `outside` are doubles outside of all windows, `data` is the rest."""

    seed: int
    code: str
    messages: int
    outcomes: Mapping[str, int]
    doubled: Mapping[int, int]
    none: int
    outside: int
    violations: Sequence[str]
    data: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Run:
        """Read one file that `kept` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            seed=data["seed"],
            code=data["code"],
            messages=data["messages"],
            outcomes=data["outcomes"],
            doubled={int(window): count for window, count in data["doubled"].items()},
            none=data["none"],
            outside=data["doubled_outside"],
            violations=data["violations"],
            data=data,
        )

    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        return _row(str(self.seed), [self])


def kept(found: Soaked, share: float, code: str) -> str:
    """A run as JSON. `code` is the fingerprint of what was tried."""
    tally = found.tally
    content = {
        "seed": found.seed,
        "share": share,
        "code": code,
        "judge": judged_by(),
        "machine": machine(),
        "messages": tally.messages,
        "outcomes": {outcome: tally.outcomes[outcome] for outcome in OUTCOMES},
        "doubled": {str(window): tally.doubled[window] for window in WINDOWS},
        "none": tally.outcomes["none"],
        "doubled_outside": sum(1 for verdict in tally.violations if verdict.extra and not verdict.window),
        "violations": [f"{violation.case}: {violation.found}" for violation in _broken(found)],
        "troubled": found.troubled,
        "by_fault": {name: dict(sorted(count.items())) for name, count in sorted(found.by_fault.items())},
        "acknowledged_ms": {name: percentile(found.acknowledged, share) for name, share in SHARES.items()},
        "overhead_ms": {name: percentile(found.overhead, share) for name, share in SHARES.items()},
        "samples": [asdict(sample) for sample in found.samples],
        "curve": [asdict(level) for level in found.curve],
        "grows_mb_per_1000_runs": found.lives.growth,
        "lives": found.lives.points,
        "left_in_the_bucket": {
            "conversations": found.files.conversations,
            "documents": found.files.documents,
            "records": found.files.records,
            "open": len(found.files.open),
            "set aside": found.files.kept_aside,
            "others": len(found.files.others),
        },
        "seconds": round(found.seconds, 1),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _broken(found: Soaked) -> Sequence[Violation]:
    return result_of(found).broken


def runs(folder: Path) -> list[Run]:
    """Every run that is kept in a folder, by seed.

    Raises RunsDiffer when they are not of the same code, or were not judged by the same.
    """
    found = sorted((Run.read(path) for path in folder.glob("soak-*.json")), key=lambda run: run.seed)
    if len({run.code for run in found}) > 1:
        raise RunsDiffer(", ".join(f"soak-{run.seed}.json is of {run.code}" for run in found))
    if len({run.data["judge"] for run in found}) > 1:
        raise RunsDiffer(", ".join(f"soak-{run.seed}.json was judged by {run.data['judge']}" for run in found))
    return found


def summary(found: Sequence[Run]) -> str:
    """One table over runs, with a line that adds them up."""
    rows = [run.row() for run in found]
    return table([*rows, _row("all", found)] if len(found) > 1 else rows, TOTAL_HEAD)


def by_fault(found: Sequence[Run]) -> dict[str, Counter[str]]:
    """Outcomes and doubles of all runs, by the fault that a message has met."""
    total: dict[str, Counter[str]] = {}
    for run in found:
        for name, count in run.data["by_fault"].items():
            total.setdefault(name, Counter()).update(count)
    return total


def _row(title: str, found: Sequence[Run]) -> tuple[str, ...]:
    outcomes = [sum(run.outcomes.get(outcome, 0) for run in found) for outcome in OUTCOMES]
    doubled = [sum(run.doubled.get(window, 0) for run in found) for window in WINDOWS]
    rest = [sum(run.none for run in found), sum(run.outside for run in found)]
    return (title, *(f"{count:,}" for count in [sum(run.messages for run in found), *outcomes, *doubled, *rest]))


def keep(seeds: Sequence[int], share: float, folder: Path) -> int:
    """Run a soak for every seed, keep it, then the table and plots; returns how many violations there were."""
    from proof.soak_plots import plots

    folder.mkdir(parents=True, exist_ok=True)
    code, violations = fingerprint(CODE), 0
    for seed in seeds:
        print(f"soak, seed {seed} …", file=sys.stderr, flush=True)
        plan = Plan(seed, share)
        found = soak(plan)
        result = result_of(found)
        violations += len(result.broken)
        print(report(plan, [result]), flush=True)
        if fingerprint(CODE) != code:
            raise RunsDiffer("functions/ was edited while the soaks ran: begin again")
        (folder / f"soak-{seed}.json").write_text(kept(found, share, code), encoding="utf-8")
    found_runs = runs(folder)
    (folder / "soak.md").write_text(summary(found_runs) + "\n", encoding="utf-8")
    plots(found_runs, folder)
    print(summary(found_runs))
    return violations
