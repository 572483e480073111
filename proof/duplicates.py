"""Duplicates: one message many times at once, and again in every state that its first delivery can be in.

Each state is tried where FC refuses a task id that it knows; where it does not and `CLAIM=oss` decides (a region
without task mode); and where neither does. In the last, what the documents leave to `CLAIM=oss`, copies that run at the
same moment, is counted and shown, but breaks no promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from local.cloud import LocalCloud
from proof.duplicates_events import EVENTS, NOTICE_EVENTS
from proof.duplicates_states import NOTICES, STATES
from proof.duplicates_trial import COPIES, SECOND_ROBOT, Trial
from proof.outcomes import NONE
from proof.plan import RULES, Case, Plan
from proof.result import Result, Violation

INSTANCES, FEWER = 20, 6
"""Of each function, over which the copies of one message are spread; fewer where only a share is tried."""

UNHEARD = "deliveries that this machine answered later than DingTalk waits"

STORMS = 10
"""How often each of RACES is tried in each mode."""

RACES = ("storm", "event 2 times at once")
"""States of which one trial says little."""


@dataclass(frozen=True)
class Mode:
    """What tells copies apart; `barrier` is whether anything decides between copies that run at the same moment."""

    name: str
    task_ids: bool
    claim: str

    @property
    def barrier(self) -> bool:
        """Whether even copies at the same moment have one outcome."""
        return self.task_ids or self.claim == "oss"

    def cloud(self, plan: Plan, **changes: object) -> LocalCloud:
        """A cloud of this mode, with two robots."""
        rules = replace(RULES, task_ids=self.task_ids)
        return plan.cloud(
            rules=rules,
            instances=_instances(plan),
            CLAIM=self.claim,
            DINGTALK_CREDENTIALS=f"second-robot:{SECOND_ROBOT}",
            **changes,
        )


MODES = (
    Mode("task ids", task_ids=True, claim="task"),
    Mode("CLAIM=oss", task_ids=False, claim="oss"),
    Mode("neither", task_ids=False, claim="task"),
)

_Group = tuple[Mode, Mapping[str, object], Mapping[str, Callable[[Trial], None]]]

_GROUPS: tuple[_Group, ...] = (
    *((mode, {}, STATES) for mode in MODES),
    *((mode, {"INSTANT_ANSWERS": "webhook"}, NOTICES) for mode in MODES),
    *((mode, {"pace": 1.0}, EVENTS) for mode in MODES),
    (MODES[-1], {"pace": 1.0, "INSTANT_ANSWERS": "webhook"}, NOTICE_EVENTS),
)


def run(plan: Plan) -> Result:
    """Try every state in every mode, or a share of them."""
    result = Result("duplicates")
    seen: Counter[int] = Counter()
    for number, (mode, settings, states) in enumerate(_GROUPS):
        chosen = plan.sample(f"duplicates {number}", _cases(mode, states))
        if not chosen:
            continue
        with mode.cloud(plan, **settings) as cloud:
            for case in chosen:
                trial = Trial(cloud, case.name, barrier=mode.barrier)
                states[str(case.parameters["state"])](trial)
                _judged(trial, result, seen)
                cloud.reset()
    result.numbers |= {
        "copies of one message at once": COPIES,
        "instances of each function": _instances(plan),
        "at the same moment, without task ids and without CLAIM=oss (which is for that)": _counted(seen),
    }
    return result


def _instances(plan: Plan) -> int:
    return INSTANCES if plan.share >= 1 else FEWER


def _cases(mode: Mode, states: Mapping[str, object]) -> list[Case]:
    found = []
    for state in states:
        times = STORMS if state in RACES else 1
        for number in range(1, times + 1):
            name = f"{mode.name}: {state}" + (f" {number}" if times > 1 else "")
            found.append(Case(name, {"state": state}))
    return found


def _judged(trial: Trial, result: Result, seen: Counter[int]) -> None:
    result.cases += 1
    result.numbers[UNHEARD] = int(result.numbers.get(UNHEARD, 0)) + trial.unheard
    result.violations += [Violation(trial.name, found, wanted) for found, wanted in trial.broken]
    for verdict, promised in trial.verdicts():
        if promised or not verdict.violation or verdict.outcome == NONE:
            result.tally.add(verdict)
        if not promised:
            seen[1 + verdict.extra] += 1


def _counted(seen: Counter[int]) -> str:
    if not seen:
        return "not tried"
    return ", ".join(f"{count} messages with {outcomes} outcome(s)" for outcomes, count in sorted(seen.items()))
