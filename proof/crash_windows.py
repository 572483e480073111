"""The three windows: how long each is open, and how often a kill at any moment of a message's way hits it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from local.cloud import LocalCloud
from local.deaths import Death
from local.runs import Outcome, Step
from proof.crash_kills import BATCH, begin, opened, side_by_side
from proof.crash_scenarios import CONVERSATION, REPLY, SCENARIOS, SLOW, SLOW_SECONDS, Scenario
from proof.crash_trial import Trial
from proof.plan import Plan
from proof.result import Number

MEASURED = 30
"""Messages whose traces tell how long the windows are open."""

RANDOM = Scenario("a question at a random moment", SLOW)
_READ_ONLY = next(scenario for scenario in SCENARIOS if scenario.bucket)
WAYS: Mapping[str, Scenario] = {
    "a bucket that works": RANDOM,
    "a bucket that is read-only": replace(RANDOM, name="a random moment, read-only", bucket=_READ_ONLY.bucket),
}
"""What random kills meet. None can open window 2: it is FC's silence, which no death of a function makes."""


@dataclass(frozen=True)
class Open:
    """One message that nothing happened to: milliseconds that each window was open, and that both runs took."""

    windows: Mapping[int, float]
    conversation: float
    reply: float

    @property
    def whole(self) -> float:
        """Both runs together."""
        return self.conversation + self.reply


def measured(plan: Plan) -> list[Open]:
    """How long the windows are open, one message after the other on warm instances."""
    count = max(3, round(MEASURED * min(1.0, plan.share)))
    with opened(plan, RANDOM) as cloud:
        begin(cloud)
        plain = [_played(cloud, RANDOM) for _ in range(count + 1)][1:]
        dark = [_played(cloud, _READ_ONLY) for _ in range(count)]
    return [_opened(trial, other) for trial, other in zip(plain, dark, strict=True)]


def _played(cloud: LocalCloud, scenario: Scenario) -> Trial:
    trial = Trial.prepared(cloud, scenario)
    trial.play([], at_once=False)
    return trial


def _opened(trial: Trial, without_bucket: Trial) -> Open:
    conversation, reply = _run(trial, CONVERSATION), _run(trial, REPLY)
    accepted = trial.cloud.invocations(trial.sent, "async")[0].accepted_at
    heard = next(step.began for step in conversation.steps if step.label.startswith("log "))
    saved = next(step for step in reply.steps if is_record(step))
    last = _run(without_bucket, REPLY).steps[-1]
    windows = {
        1: (saved.ended or 0) * 1000 - trial.sent.answers[0].at,
        2: (heard - accepted) * 1000,
        3: (last.ended or 0) * 1000 - without_bucket.sent.answers[0].at,
    }
    return Open({window: max(0.0, ms) for window, ms in windows.items()}, _ms(conversation), _ms(reply))


def _run(trial: Trial, function: str) -> Outcome:
    found = trial.tried(function)
    if found is None or not found.ok:
        raise RuntimeError(f"nothing was killed, and yet: {trial.cloud.describe(trial.sent)}")
    return found


def _ms(run: Outcome) -> float:
    return ((run.steps[-1].ended or 0) - run.steps[0].began) * 1000


def is_record(step: Step) -> bool:
    """Whether a step puts an outcome on record."""
    return step.label.startswith("save records/") and step.label.endswith(".json")


def at_random(plan: Plan, kills: int, opens: list[Open], scenario: Scenario) -> Iterator[tuple[str, Trial]]:
    """Kill at so many moments, each as likely as any other, of the two runs of a message."""
    whole, first = _median(o.whole for o in opens), _median(o.conversation for o in opens)
    random = plan.random(f"crash at random {scenario.bucket}")
    moments = [random.uniform(0, whole) for _ in range(kills)]

    def work(ms: float) -> tuple[str, Trial]:
        trial = Trial.prepared(cloud, scenario)
        function, after = (CONVERSATION, ms) if ms < first else (REPLY, ms - first)
        how = "trigger" if function == CONVERSATION else "async"
        name = f"{scenario.name}: {function}, {after:.1f} ms after its start"
        try:
            trial.play([Death(trial.sent.id, function, how, after=after / 1000)], at_once=True)
        except TimeoutError as stuck:
            trial.problems.append(str(stuck))
        return name, trial

    with opened(plan, scenario) as cloud:
        for start in range(0, kills, BATCH):
            begin(cloud)
            yield from side_by_side(work, moments[start : start + BATCH])
            cloud.reset()


def numbers(opens: list[Open]) -> dict[str, Number]:
    """How long the windows are open when nothing else goes wrong, and their share of the whole way of a message.

    Window 3 is measured to the end of the run; it stays open until the bucket can be written.
    """
    whole = _median(o.whole for o in opens)
    found: dict[str, Number] = {
        "ms of both runs of a question, median": round(whole, 1),
        "of that the model, as scripted": round(SLOW_SECONDS * 1000),
    }
    for window in (1, 2, 3):
        ms = [o.windows[window] for o in opens]
        found[f"window {window}, ms open, median"] = round(statistics.median(ms), 1)
        found[f"window {window}, ms open, longest of {len(ms)}"] = round(max(ms), 1)
        found[f"window {window}, share of the way"] = f"{statistics.median(ms) / whole:.1%}"
    return found


def _median(values: Iterator[float] | map[float]) -> float:
    return statistics.median(values)
