"""Bucket faults at every call: each file operation of a message fails alone, and it and all that follow fail.

The operations are found by tracing the message once without faults. Whatever the bucket does, the person is answered,
and told what is not remembered; what was stored before can be read afterwards, when the bucket works again.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from local.cloud import LocalCloud, Reply
from local.faults import Fault
from local.model import ModelRequest
from proof import bucket_planted
from proof.bucket_history import name_of
from proof.bucket_trials import LONG, STORIES, Story, Trial, checked, settled
from proof.plan import Case, Plan
from proof.result import Result, Violation

AT_ONCE, INSTANCES = 24, 10
"""Messages that are on their way at the same time, and the most instances of each function."""

LANES = 2
"""Clouds on which cases are tried side by side: each waits for pretended time-outs most of the time."""

SETTINGS = {"MAX_REQUEST": "500"}
"""A limit per day, so that looking at it is among the operations."""

MOST_ALIKE = 4
"""Operations of one message that look the same, as a month's days do, of which so many are tried."""

KILL_POINTS = ("model", "answered", "post", "posted", "end")

_WRITES = frozenset({"write", "os.remove", "os.rename", "os.mkdir", "os.rmdir"})
_READS = frozenset({"read", "os.listdir"})
_FAULTS: Mapping[str, frozenset[str]] = {
    "missing": _WRITES | _READS,
    "permission": _WRITES | _READS,
    "slow": _WRITES | _READS,
    "read-only": _WRITES,
    "full": _WRITES,
    "error-at-close": frozenset({"write"}),
    "corrupt": frozenset({"read"}),
    "truncated": frozenset({"read"}),
    "stale": frozenset({"os.listdir"}),
    "gone": frozenset({"os.listdir"}),
    "remembers": _READS,
}
"""Each fault, and the operations that can meet it."""


@dataclass(frozen=True)
class Operation:
    """One file operation of a message, as traced; `shape` is its path without what differs between messages."""

    number: int
    kind: str
    shape: str


def run(plan: Plan) -> Result:
    """Try every fault at every operation of every story, alone and with a kill, then files that were planted."""
    result = Result("bucket_faults")
    with _opened(plan) as cloud:
        cases = [case for story in STORIES for case in _cases(plan, story, traced(cloud, story, result))]
        bucket_planted.run(plan, cloud, result)
    chosen = plan.sample("bucket_faults", cases)
    doubled: Counter[str] = Counter()
    lanes = [chosen[lane::LANES] for lane in range(LANES)] if len(chosen) > AT_ONCE else [chosen]
    with ThreadPoolExecutor(LANES) as pool:
        for found, doubles in pool.map(partial(_lane, plan), lanes):
            result.cases += found.cases
            result.tally.merge(found.tally)
            result.violations += found.violations
            doubled += doubles
    result.numbers["a second outcome with an instance killed"] = f"{doubled['extra']} of {doubled['killed']} kills"
    return result


def _opened(plan: Plan) -> LocalCloud:
    return plan.cloud(instances=INSTANCES, **SETTINGS)


def _lane(plan: Plan, cases: Sequence[Case]) -> tuple[Result, Counter[str]]:
    result, doubled = Result("bucket_faults"), Counter[str]()
    with _opened(plan) as cloud:
        for start in range(0, len(cases), AT_ONCE):
            cloud.model.default = _answer
            _tried(cloud, [_trial(cloud, case) for case in cases[start : start + AT_ONCE]], result, doubled)
            cloud.reset()
    return result, doubled


def traced(cloud: LocalCloud, story: Story, result: Result) -> list[Operation]:
    """Every operation of the story's message in the bucket, in order, found by running it once."""
    cloud.model.default = _answer
    trial = Trial(Case(f"{story.name} traced"), story, cloud)
    trial.fault("trace")
    settled(cloud, [trial], result)
    checked(cloud, trial, result)
    runs = {invocation.request_id for invocation in cloud.invocations(trial.sent, "async")}
    kinds: dict[int, Operation] = {}
    for change in cloud.fc.pools["reply"].files:
        if change.request_id in runs and change.operation != "saved":
            kinds.setdefault(change.number, Operation(change.number, change.operation, _shape(change.path)))
    found = list(kinds.values())
    result.numbers[f"operations of {story.name}"] = len(found)
    if not found:
        result.violations.append(Violation(trial.case.name, "no operation was seen", "every operation of a message"))
    cloud.reset()
    return found


def _shape(path: str) -> str:
    return re.sub(r"[0-9a-f]{8,}|\d+", "#", path)


def _unlike(operations: Sequence[Operation]) -> list[Operation]:
    """Operations of which each is unlike those before: of more than MOST_ALIKE that look the same, the rest is left."""
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for operation in operations:
        seen[operation.kind, operation.shape] += 1
        if seen[operation.kind, operation.shape] <= MOST_ALIKE:
            kept.append(operation)
    return kept


def _cases(plan: Plan, story: Story, operations: Sequence[Operation]) -> Iterator[Case]:
    choose = plan.random(f"bucket_faults kills {story.name}")
    last = max((operation.number for operation in operations), default=0)
    for operation in _unlike(operations):
        for fault, met in _FAULTS.items():
            at = operation.number
            about = {"story": story.name, "fault": fault, "at": at}
            if operation.kind in met:
                yield Case(f"{story.name}, {fault} at {at} only", {**about, "only": True})
            yield Case(f"{story.name}, {fault} from {at} on", about)
            kill = choose.choice([*KILL_POINTS, *range(at, last + 2)])
            attempts = choose.choice(["first", "all"])
            name = f"{story.name}, {fault} from {at} on in {attempts} attempts, killed at {kill}"
            yield Case(name, {**about, "kill": kill, "attempts": attempts})


def _trial(cloud: LocalCloud, case: Case) -> Trial:
    about = case.parameters
    story = next(story for story in STORIES if story.name == about["story"])
    trial = Trial(case, story, cloud)
    details: dict[str, object] = {"at": about["at"], "only": bool(about.get("only"))}
    details |= _details(trial, str(about["fault"]))
    trial.fault(str(about["fault"]), times=1 if about.get("attempts") == "first" else None, **details)
    kill = about.get("kill")
    if isinstance(kill, str):
        cloud.fc.kills.add(Fault(kill, 1, trial.place.id, function="reply"))
    elif kill is not None:
        trial.fault("kill", times=1, at=kill, only=True)
    trial.killed = kill is not None
    return trial


def _details(trial: Trial, fault: str) -> dict[str, object]:
    if fault == "slow":
        return {"seconds": 2.0, "paced": True}
    if fault == "stale":
        return {"since": time.time() - 0.001}  # files have the machine's times
    if fault == "gone":
        at = trial.sent.at
        return {"names": {"/".join(trial.history.key.folder()): [name_of(at - 700_000), name_of(at - 1000)]}}
    return {}


def _tried(cloud: LocalCloud, trials: list[Trial], result: Result, doubled: Counter[str]) -> None:
    settled(cloud, trials, result)
    for trial in trials:
        extra = checked(cloud, trial, result)
        if trial.killed:
            doubled["killed"] += 1
            doubled["extra"] += extra > 0


def _answer(request: ModelRequest) -> Reply:
    long = " A sentence that goes on." * 1500 if LONG in request.question else ""
    return Reply(f"you said {request.question}{long}")
