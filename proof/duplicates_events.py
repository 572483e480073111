"""The states in which FC runs one event more than once: it promises one run at least, and not that it is the only one.

Sleeps are not scaled down in these cases: the pair gives a run that it takes for dead a second to speak.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from local.cloud import Invocation, Sent
from proof.duplicates_states import accepting, thinking
from proof.duplicates_trial import HELD, LATE, MOUNT, Trial

AT_ONCE = (2, 3, 5)
"""How many runs of one event begin in the same moment."""


APART_MS = (0, 10, 20, 30, 40, 60, 80, 120)
"""ms between two runs of a command's event: it is over so soon that one may not see the other."""


def while_thinking(trial: Trial) -> None:
    """The event is run once more while the model thinks about it."""
    _once_more(trial, thinking)


def while_accepting(trial: Trial) -> None:
    """The event is run once more while DingTalk takes its time to accept the answer."""
    _once_more(trial, accepting)


def after_success(trial: Trial) -> None:
    """The event is run once more when it was answered."""
    sent = trial.compose()
    trial.deliver(sent)
    trial.cloud.wait(sent)
    _run_again(trial, sent)
    trial.end()


def one_after_another(trial: Trial) -> None:
    """The event is run every quarter of a second, five times in all, while the model thinks about the first."""
    sent = trial.compose()
    thinking(trial, sent, HELD[2])
    for _ in range(4):
        time.sleep(0.25)
        _run_again(trial, sent)
    trial.end(paid=2)


def at_once(runs: int, text: str = "", apart: float = 0.0) -> Callable[[Trial], None]:
    """So many runs of one event begin in the same moment, or so many seconds `apart`; `text` makes it a command's."""

    def drive(trial: Trial) -> None:
        trial.warm()
        sent = trial.compose(text)
        trial.cloud.disk_fails("slow", match="conversations", seconds=MOUNT)
        for number in range(runs):
            trial.cloud.switch_on("queued", where=trial.place, times=1, seconds=LATE + number * apart)
        trial.deliver(sent)
        _run_again(trial, sent, runs - 1)
        trial.waiting(0)
        trial.cloud.advance(LATE - (1 if apart else -1))  # what is left must pass for the runs to begin one by one
        trial.end(paid=runs)

    return drive


def _once_more(trial: Trial, slowly: Callable[[Trial, Sent, float], None]) -> None:
    """Run an event again before its first run, which is held up `slowly`, is over."""
    trial.warm()
    for seconds in HELD[2:]:  # longer than the second run waits for the first
        sent = trial.compose()
        slowly(trial, sent, seconds)
        first = _run_again(trial, sent)
        trial.until(partial(_both_begun, trial, sent), "run again")
        if not first.over:
            break
    else:
        trial.broken.append(("the first was always over already", "a second run while it runs"))
    trial.end(paid=2)


def _both_begun(trial: Trial, sent: Sent) -> bool:
    return all(run.state != "queued" for run in _runs(trial, sent))


def _run_again(trial: Trial, sent: Sent, times: int = 1) -> Invocation:
    """Let FC run a message's event so many times more, as soon as it can; its first run."""
    cloud, first = trial.cloud, _runs(trial, sent)[0]

    async def queue() -> None:
        for _ in range(times):
            cloud.fc.queue(Invocation(first.function, "async", first.event, cloud.clock.now(), first.task_id))

    cloud.do(queue())
    return first


def _runs(trial: Trial, sent: Sent) -> list[Invocation]:
    return [run for run in trial.cloud.invocations(sent) if run.how == "async"]


EVENTS: Mapping[str, Callable[[Trial], None]] = {
    "event again while thinking": while_thinking,
    "event again while DingTalk accepts": while_accepting,
    "event again after success": after_success,
    "event again and again": one_after_another,
    **{f"event {runs} times at once": at_once(runs) for runs in AT_ONCE},
    **{f"event of a command twice, {ms} ms apart": at_once(2, "清空", ms / 1000) for ms in APART_MS},
}
"""What is tried in every mode: task ids and claims let an event pass that FC has taken."""

NOTICE_EVENTS: Mapping[str, Callable[[Trial], None]] = {
    f"event of a notice twice, {ms} ms apart": at_once(2, "帮助", ms / 1000) for ms in APART_MS
}
"""What is tried where `reply` posts instant answers."""
