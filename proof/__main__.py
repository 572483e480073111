"""`make prove`: try every way of breaking the promise, print what people saw, write it to benchmarks/results.

`ARGS="crash soak --seed 7 --share 0.1"` runs some parts, with another seed, or a share of the cases; `--only NAME` runs
the cases of some parts whose names contain it, such as one that was found to fail. `ARGS="soak --seeds 1-5"` keeps the
soak of each seed in a file of its own. The exit code is 1 when the promise was broken, 2 when nothing was tried.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

from local.functions import CODE
from local.loopback import hold
from proof.plan import Plan
from proof.result import RESULTS, Result, Violation, as_json, fingerprint, report
from proof.soak_runs import keep

PARTS = (
    "crash",
    "duplicates",
    "isolation",
    "model_faults",
    "dingtalk_faults",
    "fc_faults",
    "bucket_faults",
    "ingress",
    "soak",
    "mutations",
)
"""Modules of this package with a function `run(plan) -> Result`, in the order in which they run."""


def main(arguments: list[str]) -> int:
    """Run parts; returns the exit code: 1 when the promise was broken anywhere, 2 when no case has that name."""
    parser = argparse.ArgumentParser(prog="python -m proof", description="Try to break the promise.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="makes every random choice (default: 1)")
    parser.add_argument("--seeds", type=_seeds, default=(), help="of soaks to keep, such as 1-5: one file each")
    parser.add_argument("--share", type=float, default=1.0, help="how much of each part is tried, above 0 and up to 1")
    parser.add_argument("--only", default="", help="what names of cases must contain, or match")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for proof.md and proof.json (default: benchmarks/results, when all was tried)",
    )
    options = parser.parse_args(arguments)
    if problem := _problem(options):
        parser.error(problem)
    hold()
    if options.seeds:
        return 1 if keep(options.seeds, options.share, options.output or RESULTS) else 0
    plan = Plan(options.seed, options.share, only=options.only)
    results = [tried(part, plan) for part in PARTS if part in (options.parts or PARTS)]
    if not any(result.cases or result.broken for result in results):
        print(f"no case of {', '.join(options.parts)} contains or matches {options.only!r}", file=sys.stderr)
        return 2
    text = report(plan, results)
    print(text)
    whole = not options.parts and options.share == 1 and not options.only
    output = options.output or (RESULTS if whole else None)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        (output / "proof.md").write_text(text, encoding="utf-8")
        (output / "proof.json").write_text(as_json(plan, results, fingerprint(CODE)), encoding="utf-8")
    return 1 if any(result.broken for result in results) else 0


def _seeds(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    return tuple(range(int(first), int(last or first) + 1))


def _problem(options: argparse.Namespace) -> str:
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        return f"no such part: {', '.join(unknown)}"
    if not 0 < options.share <= 1:
        return f"--share is {options.share:g}, wanted above 0 and up to 1"
    if options.only and (not options.parts or "soak" in options.parts):
        return "--only needs the parts whose cases are meant, and `soak` has none with names"
    return "--seeds is for `soak` alone" if options.seeds and options.parts != ["soak"] else ""


def tried(part: str, plan: Plan) -> Result:
    """Run one part and time it (seconds). A part that breaks is a violation: nothing is known of what it tries."""
    began = time.monotonic()
    print(f"{part} …", file=sys.stderr, flush=True)
    try:
        result: Result = importlib.import_module(f"proof.{part}").run(plan)
    except Exception as broken:  # noqa: BLE001 - the other parts go on; what is printed here tells why
        traceback.print_exc()
        violation = Violation("the part itself", f"{type(broken).__name__}: {broken}", "an end of its own")
        result = Result(part, violations=[violation])
    result.seconds = time.monotonic() - began
    print(
        f"{part}: {result.cases} cases, {len(result.broken)} violations, {result.seconds:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
