"""Ingress fuzz: real callbacks, changed, and everything around them, into the real entry points.

Most go straight to the handler of `conversation`, in processes of their own; what they hand over goes to the handler of
`reply`, with every file and connection watched. A sample goes through the local cloud's HTTP trigger, in both forms.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from proof import ingress_http
from proof.plan import Case, Plan
from proof.result import Result, Violation

REQUESTS, CHUNK = 200_000, 4_000
"""Requests of a whole run, and of one process."""

KEEP = 8
"""One event of so many that are handed over goes to `reply`."""

ROOT = Path(__file__).resolve().parent.parent

LONGEST_S = 300
"""Seconds after which a process counts as hanging: it needs some ten."""

_WANTED = "one form of refusal for each status, whatever the reason"


def run(plan: Plan) -> Result:
    """Try every request, or a share of them. `only` can name one: `request 1234`."""
    result = Result("ingress")
    tried: Counter[str] = Counter()
    refusals: dict[str, set[str]] = {}
    events: list[str] = []
    began = time.monotonic()
    for found in _in_processes("ingress_worker", list(_asked(plan)), result):
        tried.update(found["tried"])
        events += found["events"]
        for status, forms in found["refusals"].items():
            refusals.setdefault(status, set()).update(forms)
    seconds = time.monotonic() - began
    for status, forms in refusals.items():
        if len(forms) > 1:
            result.violations.append(Violation(f"refusals with status {status}", str(sorted(forms)), _WANTED))
    result.cases += tried["requests"]
    result.numbers |= {"requests to the handler": tried["requests"], **_numbers(tried)}
    result.numbers["requests in a second"] = round(tried["requests"] / max(seconds, 0.001))
    _through_reply(plan, events, result)
    ingress_http.run(plan, result)
    return result


def _asked(plan: Plan) -> Iterator[Mapping[str, object]]:
    code = [str(path) for path in plan.code]
    if plan.only.startswith("request "):
        yield {"code": code, "seed": plan.seed, "first": int(plan.only.split()[1]), "count": 1, "keep": 1}
        return
    for case in plan.sample("ingress", [Case(f"requests {n * CHUNK} on", {"n": n}) for n in range(REQUESTS // CHUNK)]):
        count = math.ceil(CHUNK * min(1.0, plan.share * REQUESTS / CHUNK))
        first = int(str(case.parameters["n"])) * CHUNK
        yield {"code": code, "seed": plan.seed, "first": first, "count": count, "keep": KEEP}


def _numbers(tried: Mapping[str, int]) -> dict[str, int]:
    return {name: tried[name] for name in sorted(tried) if name not in ("requests", "violations")}


def _through_reply(plan: Plan, events: Sequence[str], result: Result) -> None:
    """What hostile bodies were handed over as: `reply` must not raise, nor touch anything but its own."""
    code = [str(path) for path in plan.code]
    size = 250
    with tempfile.TemporaryDirectory(prefix="proof-ingress-") as folder:
        asked = []
        for number, start in enumerate(range(0, len(events), size)):
            path = Path(folder) / f"{number}.json"
            path.write_text(json.dumps(events[start : start + size]), encoding="utf-8")
            asked.append({"code": code, "events": str(path)})
        tried: Counter[str] = Counter()
        for found in _in_processes("ingress_reply", asked, result):
            tried.update(found["tried"])
    result.cases += tried["events"]
    result.numbers |= {f"events to reply: {name}": count for name, count in sorted(tried.items())}


def _in_processes(module: str, asked: Sequence[Mapping[str, object]], result: Result) -> Iterator[dict[str, Any]]:
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for about, answer in zip(asked, pool.map(partial(_process, module), asked), strict=True):
            if isinstance(answer, str):
                result.violations.append(Violation(f"{module} {about}", answer, "it ends, and says what it found"))
                continue
            result.violations += [Violation(*violation) for violation in answer["violations"]]
            yield answer


def _process(module: str, asked: Mapping[str, object]) -> dict[str, Any] | str:
    command = [sys.executable, "-m", f"proof.{module}", json.dumps(asked)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return f"no end within {LONGEST_S} s"
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return done.stderr.decode("utf-8", "replace")[-2000:]
    return answer
