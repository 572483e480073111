"""Finding the steps of each scenario by tracing, and killing at each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from local.cloud import LocalCloud
from local.deaths import Death
from local.runner_steps import START
from proof.crash_scenarios import CONVERSATION, REPLY, Scenario, thought
from proof.crash_trial import Trial
from proof.outcomes import FAILED, robot_id
from proof.plan import Plan
from reply.days import Days
from reply.journal import shards
from reply.places import robot_part
from reply.settings import CHINA

WORKERS = 8
"""Trials at the same time."""

BATCH = 64
"""Trials between two resets of a cloud, which keeps what it has seen small."""

TRIES = 6
"""How often a step that was not reached is tried in all."""

NOT_REACHED = "the step was not reached again"

Name = tuple[str, int]
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True)
class Kill:
    """One place of the matrix. `alone` needs an empty bucket, `cold` new connections, to be reached again."""

    scenario: Scenario
    function: str
    step: Name
    side: str
    every: bool = False
    cold: bool = False
    alone: bool = False

    @property
    def name(self) -> str:
        """As a violation is reported under."""
        times = ", in every run" if self.every else ""
        label, number = self.step
        again = f" ({number + 1})" if number else ""
        return f"{self.scenario.name}: {self.function}, {self.side} {label}{again}{times}"

    def death(self, trial: Trial) -> Death:
        """The death that it is."""
        how = "trigger" if self.function == CONVERSATION else self.scenario.how
        # Whoever is killed in each of FC's runs and in each of its failure destination's can do nothing any more.
        last = 2 if how == "destination" else 3
        first = self.scenario.first_run if self.function == REPLY else 0
        runs = frozenset(range(first, last)) if self.every else frozenset({first})
        stops = self.scenario.stops
        return Death(trial.sent.id, self.function, how, self.step, self.side, runs=runs, cold=self.cold, stops=stops)


def opened(plan: Plan, scenario: Scenario) -> LocalCloud:
    """A cloud for a scenario, not started yet."""
    return plan.cloud(instances=WORKERS + 4, **scenario.options)


def begin(cloud: LocalCloud) -> None:
    """Let a cloud, started or emptied, note every step, with the scenarios' model."""
    cloud.fc.traced = True
    cloud.model.default = thought


def make_shards(cloud: LocalCloud) -> None:
    """Make the account's folders of this month.

    Whoever asks first in one of its sixteen parts makes its folder: which trial that is, is chance.
    """
    month = Days(CHINA).day(cloud.clock.now_ms())[:7]
    for shard in shards():
        Path(cloud.bucket, "account", robot_part(robot_id(cloud)), month, shard).mkdir(parents=True, exist_ok=True)


def places(plan: Plan, scenario: Scenario) -> tuple[list[Kill], list[str]]:
    """Every place of a scenario to kill at, from traces: one where nothing was there before, one warm, one cold.

    With them what was wrong in these, in which nothing is killed.
    """
    with opened(plan, scenario) as cloud:
        begin(cloud)
        trials = [_traced(cloud, scenario)]
        make_shards(cloud)
        trials.append(_traced(cloud, scenario))
        cloud.recycle()
        trials.append(_traced(cloud, scenario))
    empty, warm, cold = (_steps(trial) for trial in trials)
    wrong = [p for trial in trials for p in (*trial.problems, trial.verdict.violation, *unlike(trial)) if p]
    found = []
    for function in (CONVERSATION, REPLY):
        for step in dict.fromkeys([*empty[function], *cold[function], *warm[function]]):
            is_warm, is_cold = step in warm[function], step in cold[function]
            kill = Kill(scenario, function, step, "before", cold=not is_warm, alone=not (is_warm or is_cold))
            found += [kill] if step[0] == START else [kill, replace(kill, side="after")]
    return found, wrong


def _traced(cloud: LocalCloud, scenario: Scenario) -> Trial:
    trial = Trial.prepared(cloud, scenario)
    trial.play([], at_once=False)
    return trial


def _steps(trial: Trial) -> dict[str, list[Name]]:
    runs = {function: trial.tried(function) for function in (CONVERSATION, REPLY)}
    return {function: [step.name for step in run.steps] if run else [] for function, run in runs.items()}


def unlike(trial: Trial) -> list[str]:
    """What became of it is not what the scenario says, although nothing was killed, or no more than one run.

    When two runs have died in the middle, the last one explains instead of trying.
    """
    wanted, outcome = trial.scenario.outcome, trial.verdict.outcome
    explained = outcome == FAILED and sum(run.kind != "result" for run in trial.runs(REPLY)) > 1
    return [] if explained or outcome == wanted else [f"it was {outcome or 'never judged'}, wanted {wanted}"]


def tried(plan: Plan, kills: Sequence[Kill]) -> Iterator[tuple[Kill, Trial]]:
    """Kill at each place; the trials come in any order, and what they were played in is gone."""
    alone = [kill for kill in kills if kill.alone]
    for scenario in dict.fromkeys(kill.scenario for kill in kills):
        mine = [kill for kill in kills if kill.scenario == scenario and not kill.alone]
        if mine:
            with opened(plan, scenario) as cloud:
                yield from _together(cloud, mine)
    yield from side_by_side(lambda kill: _by_itself(plan, kill), alone)


def _together(cloud: LocalCloud, kills: Sequence[Kill]) -> Iterator[tuple[Kill, Trial]]:
    for start in range(0, len(kills), BATCH):
        begin(cloud)
        make_shards(cloud)
        batch = kills[start : start + BATCH]
        yield from side_by_side(lambda kill: (kill, _reached(lambda: killed(cloud, kill))), batch)
        cloud.reset()


def _by_itself(plan: Plan, kill: Kill) -> tuple[Kill, Trial]:
    def play() -> Trial:
        with opened(plan, kill.scenario) as cloud:
            begin(cloud)
            return killed(cloud, kill)

    return kill, _reached(play)


def _reached(play: Callable[[], Trial]) -> Trial:
    """The first trial that has reached its step, or has something worse to report; else the last.

    Beside other trials a connection may be open already, or a folder there, which the traced run had to make.
    """
    for _ in range(TRIES - 1):
        trial = play()
        if trial.problems != [NOT_REACHED] or trial.verdict.violation:
            return trial
    return play()


def killed(cloud: LocalCloud, kill: Kill) -> Trial:
    """One trial of one place."""
    trial = Trial.prepared(cloud, kill.scenario)
    try:
        # Another message could make what this kill waits for, or die in its place.
        others_die = kill.scenario.killed_at or kill.scenario.first_dies_at
        trial.play([kill.death(trial)], at_once=kill.every and not kill.alone and not others_die)
    except TimeoutError as stuck:
        trial.problems.append(str(stuck))
        return trial
    run = trial.tried(kill.function)
    if run is None or kill.step not in [step.name for step in run.steps]:
        trial.problems.append(NOT_REACHED)
    elif not kill.every:
        trial.problems += unlike(trial)
    return trial


def side_by_side(work: Callable[[In], Out], items: Sequence[In]) -> Iterator[Out]:
    """The results of some work on each, several at the same time, in order."""
    with ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(work, items)
