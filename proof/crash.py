"""The crash matrix: kill a function just before and just after every side effect of handling a message.

The steps are found by tracing each scenario, so that a new side effect is tried the day it is written. Each place is
tried twice: killed in the first run, and killed in each of FC's runs, so that its failure destination must speak.
In some scenarios the run stops there instead, and FC's time-out ends it.
DingTalk delivers again what was not acknowledged, and once more when all is over. Beside the one outcome of every
message: a later turn is answered once and remembers the earlier one once, the model is not paid again for an answer
that was saved, and the bucket holds what it should, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

from proof.crash_kills import Kill, places, side_by_side, tried
from proof.crash_scenarios import CONVERSATION, REPLY, SCENARIOS, Scenario
from proof.crash_trial import Trial
from proof.crash_windows import WAYS, at_random, measured, numbers
from proof.outcomes import WINDOWS
from proof.plan import Case, Plan
from proof.result import Result, Violation

KILLS_AT_RANDOM = 300
"""Of each way of `WAYS`: a bucket that works, and one that cannot be written."""

FEWEST = 3
"""Scenarios that are traced, whatever the share."""


def run(plan: Plan) -> Result:
    """Trace, kill at every step, kill at random moments; with a share, at a sample of the steps and fewer moments."""
    result = Result("crash")
    doubles: Counter[str] = Counter()
    kills = _chosen(plan, result)
    for kill, trial in tried(plan, kills):
        result.cases += 1
        _add(result, kill.name, trial)
        if trial.verdict.extra:
            doubles[f"window {trial.verdict.window}, {kill.side} {kill.step[0]}"] += 1
    if not plan.only:
        _windows(plan, result)
    result.numbers |= {f"doubles in {place}": count for place, count in sorted(doubles.items())}
    return result


def _chosen(plan: Plan, result: Result) -> list[Kill]:
    scenarios = _scenarios(plan)
    found: list[Kill] = []
    for scenario, (kills_there, wrong) in zip(scenarios, side_by_side(partial(places, plan), scenarios), strict=True):
        found += kills_there
        result.violations += [Violation(f"{scenario.name}: nothing killed", problem, "its way") for problem in wrong]
    for function in (CONVERSATION, REPLY):
        steps = {(kill.scenario.name, kill.step) for kill in found if kill.function == function}
        result.numbers[f"steps found in {function}, over {len(scenarios)} scenarios"] = len(steps)
        result.numbers[f"kinds of steps in {function}"] = len({label for _, (label, _) in steps})
    cases = [Case(one.name, {"kill": one}) for kill in found for one in _variants(kill)]
    chosen = [case.parameters["kill"] for case in plan.sample("crash", cases)]
    kills = [kill for kill in chosen if isinstance(kill, Kill)]
    stops = sum(kill.scenario.stops for kill in kills)
    result.numbers["kills at a step, in the first run"] = sum(not kill.every for kill in kills) - stops
    result.numbers["kills at a step, in every run"] = sum(kill.every for kill in kills)
    result.numbers["stops at a step until FC's time-out, in the first run"] = stops
    return kills


def _variants(kill: Kill) -> list[Kill]:
    """Killed in the first run, and in every run; where it stops instead, in the first alone: time-outs take long."""
    return [kill] if kill.scenario.stops else [kill, replace(kill, every=True)]


def _scenarios(plan: Plan) -> list[Scenario]:
    """All, or some: tracing takes as long as some hundred kills; the one that `plan.only` names, where it names one."""
    named = [scenario for scenario in SCENARIOS if plan.only.lstrip("^").partition(":")[0] == scenario.name]
    if named:
        return named
    count = min(len(SCENARIOS), max(FEWEST, round(len(SCENARIOS) * plan.share * 5)))
    chosen = set(plan.random("crash scenarios").sample(range(len(SCENARIOS)), count))
    return [scenario for number, scenario in enumerate(SCENARIOS) if number in chosen]


def _add(result: Result, name: str, trial: Trial) -> None:
    if trial.verdict.message:
        result.tally.add(trial.verdict)
    result.violations += [Violation(name, problem, "what a crash must leave") for problem in trial.problems]


def _windows(plan: Plan, result: Result) -> None:
    opens = measured(plan)
    result.numbers |= numbers(opens)
    kills = max(3, round(KILLS_AT_RANDOM * min(1.0, plan.share)))
    for way, scenario in WAYS.items():
        hit: Counter[int] = Counter()
        for name, trial in at_random(plan, kills, opens, scenario):
            result.cases += 1
            _add(result, name, trial)
            if trial.verdict.extra:
                hit[trial.verdict.window] += 1
        found = ", ".join(f"{hit[window]} in window {window}" for window in WINDOWS if hit[window]) or "none"
        result.numbers[f"{way}: doubled by {kills} kills at random moments"] = found
