"""Everything that Function Compute can do to a message on its way: refuse it, delay it, run it twice, end its run.

https://www.alibabacloud.com/help/en/functioncompute/fc/error-handling and /result-callback . Out of memory is an
instance that is killed, as seen from outside: https://www.alibabacloud.com/help/en/fc/user-guide/faq-about-errors .
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proof.fault_trials import AT_ONCE, Trials
from proof.faults import ANSWER, CLOSED, Trouble, Wanted, explained, trials
from proof.outcomes import Conditions
from proof.plan import RULES, Case, Plan
from proof.result import Result, Violation

REFUSED, UNKNOWN = explained("handover_refused"), explained("handover_unknown")
GAVE_UP, TOO_LATE = explained("failed_gave_up"), explained("failed_too_late")
UNSAID = Conditions(acceptance=True)

MINUTE, HOUR = 60, 3_600
SHORT_RUN = 4
"""FC's time-out of `reply` where runs stop, in seconds of the machine: a stopped process has no clock of its own."""

SKEW = 600.0
"""Seconds that a clock is wrong."""

QUEUE_SECONDS = 20.0
"""Real seconds within which every event of a batch must be in FC's queue."""


LINGER_SECONDS = 5.0
"""Real seconds after which FC has accepted, or refused, both tries of a hand-over that was too slow."""


@dataclass(frozen=True)
class Setting:
    """A cloud on which troubles are tried.

    `advance` is how far the clock moves (seconds) while messages wait in FC's queue; `linger` is how many real seconds
    after its response FC may still begin to work on a message; `alone`: only the first messages of conversations are
    tried, because every other one would meet the same.
    """

    name: str
    troubles: Sequence[Trouble]
    options: Mapping[str, object]
    advance: float = 0.0
    linger: float = 0.0
    alone: bool = False

    @property
    def cases(self) -> list[Case]:
        """What is tried there."""
        return [case for case in trials(self.troubles) if not (self.alone and case.name.endswith("later"))]


def hand_over_troubles() -> list[Trouble]:
    """What FC answers when a message is handed over, or does not."""
    refused = [
        Trouble(f"invoke {status}", "invoke-refused", {"status": status}, once=REFUSED, always=REFUSED, single=True)
        for status in ("400", "403", "404", "412")
    ]
    failed = [
        Trouble(f"invoke {status}", "invoke-refused", {"status": status}, once=ANSWER, always=UNKNOWN, single=True)
        for status in ("500", "503")
    ]
    return [
        *refused,
        *failed,
        Trouble("credentials expired", "credentials-expired", once=REFUSED, always=REFUSED, single=True),
        Trouble("invoke 429", "invoke-throttled", once=ANSWER, always=REFUSED, single=True),
        Trouble("connection reset before acceptance", "invoke-cut", once=ANSWER, always=UNKNOWN, single=True),
        Trouble("connection reset after acceptance", "invoke-unknown", once=ANSWER, always=ANSWER, single=True),
        Trouble("slow to accept", "invoke-slow", {"seconds": 1.0}, once=ANSWER, always=ANSWER, single=True),
        Trouble("slower than a try", "invoke-slow", {"seconds": 3.0}, once=ANSWER, single=True),
        Trouble("new instance, slow to start", "cold-start", {"seconds": 1.0}, once=ANSWER, always=ANSWER, single=True),
    ]


def late_troubles() -> list[Trouble]:
    """FC accepts a message when nobody waits for that any more: window 2."""
    return [
        Trouble("slower than both tries", "invoke-slow", {"seconds": 4.5}, once=None, always=ANSWER, conditions=UNSAID)
    ]


def unheard_troubles() -> list[Trouble]:
    """An acceptance of which nobody hears, where FC knows no task ids and the claim in OSS decides."""
    return [
        Trouble("reset after acceptance, CLAIM=oss", "invoke-unknown", once=ANSWER, always=ANSWER, conditions=UNSAID)
    ]


def death_troubles() -> list[Trouble]:
    """The instance of `reply` ends in the middle: killed, as FC does when memory is out, until FC gives up or not."""
    many: Mapping[str, tuple[int, Wanted]] = {
        "start": (3, GAVE_UP),
        "model": (2, GAVE_UP),
        "answered": (2, GAVE_UP),
        "post": (3, ANSWER),
        "posted": (3, ANSWER),
        "end": (3, ANSWER),
    }
    once = [
        Trouble(f"out of memory at {step}", "killed", {"step": step}, once=ANSWER, paid=2, dies=True) for step in many
    ]
    often = [
        Trouble(
            f"out of memory at {step}, {times} times", "killed", {"step": step}, wanted, many=times, paid=3, dies=True
        )
        for step, (times, wanted) in many.items()
    ]
    return once + often


def stop_troubles() -> list[Trouble]:
    """A run stops at some point without ending, and FC's time-out ends it."""
    return [
        Trouble(f"timed out at {step}", "frozen", {"step": step}, once=ANSWER, paid=2, dies=True)
        for step in ("start", "model", "answered", "post", "posted")
    ]


def version_troubles() -> list[Trouble]:
    """`conversation` is of another version than `reply`, as it is for a moment in every deployment."""
    versions = (
        ("older", ANSWER),
        ("newer", ANSWER),
        ("newer-breaking", explained("failed_version")),
    )
    return [
        Trouble(f"conversation is {which}", "other-version", {"which": which}, once=wanted, always=wanted, single=True)
        for which, wanted in versions
    ]


def queue_troubles(seconds: float, wanted: Wanted, paid: int) -> list[Trouble]:
    """An event that waits in FC's queue; the webhook of a message is good for 90 minutes."""
    return [Trouble(f"queued for {seconds / MINUTE:g} minutes", "queued", {"seconds": seconds}, wanted, paid=paid)]


def skew_troubles(wanted: Wanted) -> list[Trouble]:
    """What happens to messages while clocks differ: nothing else, a death, an acceptance of which nobody hears."""
    killed = [
        Trouble(f"clocks differ, killed at {step}", "killed", {"step": step}, once=wanted, paid=2, dies=True)
        for step in (("model", "post") if wanted == ANSWER else ("start", "post"))
    ]
    return [
        Trouble("clocks differ", "slow-post", {"seconds": 0.0}, once=wanted, single=True),
        *killed,
        Trouble("clocks differ, acceptance unheard", "invoke-unknown", once=wanted, single=True),
    ]


SKEWS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "conversation ahead as far as a message is fresh": {"conversation": (270.0,)},
    "reply ahead": {"reply": (SKEW - 30,)},
    "reply behind": {"reply": (-SKEW,)},
    "instances of reply apart": {"reply": (-SKEW, 0.0, SKEW - 30)},
    "conversation ahead, reply behind": {"conversation": (270.0,), "reply": (-SKEW,)},
    "conversation behind as far as a signature may": {"conversation": (-270.0,)},
}
"""Seconds that clocks are ahead; every message is answered."""

TAKEN_FOR_LATE: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "reply ten minutes ahead": {"reply": (SKEW + 30,)},
}
"""Ten minutes and more ahead, `reply` takes a message for one that waited so long, and says that it is too late."""

REFUSED_AS_OLD = {"conversation ten minutes behind": -SKEW, "conversation an hour ahead": HOUR + 30.0}
"""Seconds by which a clock makes DingTalk's signature look as if from the future, or too old."""


def settings() -> list[Setting]:
    """Every cloud, and what is tried on it."""
    unheard = {"rules": replace(RULES, task_ids=False), "CLAIM": "oss"}
    return [
        Setting("hand-over", hand_over_troubles(), {}),
        Setting("late", late_troubles(), {}, linger=LINGER_SECONDS),
        Setting("unheard", unheard_troubles(), unheard),
        Setting("deaths", death_troubles(), {}),
        Setting("stops", stop_troubles(), {"reply_timeout": SHORT_RUN}),
        Setting("versions", version_troubles(), {}),
        Setting("queue, minutes", queue_troubles(4 * MINUTE, ANSWER, 1), {}, 4 * MINUTE),
        Setting("queue, half an hour", queue_troubles(30 * MINUTE, TOO_LATE, 0), {}, 30 * MINUTE),
        Setting("queue, five hours", queue_troubles(5 * HOUR, CLOSED, 0), {}, 5 * HOUR),
        *(
            Setting(
                f"skew, {name}",
                [replace(trouble, name=f"{name}: {trouble.name}") for trouble in skew_troubles(wanted)],
                {"skew": skew},
                alone=wanted == TOO_LATE,
            )
            for skews, wanted in ((SKEWS, ANSWER), (TAKEN_FOR_LATE, TOO_LATE))
            for name, skew in skews.items()
        ),
    ]


def run(plan: Plan) -> Result:
    """Try them all."""
    result = Result("fc_faults")
    for setting in settings():
        chosen = plan.sample(f"fc {setting.name}", setting.cases)
        if chosen:
            _tried(plan, result, chosen, setting)
    _too_far_off(plan, result)
    return result


def _tried(plan: Plan, result: Result, cases: Sequence[Case], setting: Setting) -> None:
    with plan.cloud(instances=AT_ONCE, **setting.options) as cloud:

        def meanwhile() -> None:
            time.sleep(setting.linger)
            if setting.advance:
                if not cloud.until(lambda: not cloud.fc.starts.waiting, QUEUE_SECONDS):
                    raise TimeoutError("some events never came to wait in the queue")
                cloud.advance(setting.advance + 1)

        Trials(cloud, result).run(cases, meanwhile)


def _too_far_off(plan: Plan, result: Result) -> None:
    """A clock by which DingTalk's signatures look as if from the future, or too old: they are refused."""
    for case in plan.sample("fc clocks", [Case(name) for name in REFUSED_AS_OLD]):
        result.cases += 1
        with plan.cloud(skew={"conversation": (REFUSED_AS_OLD[case.name],)}) as cloud:
            sent = cloud.say(cloud.person(), "hello")
            if sent.status != 401 or cloud.invocations(sent, "async"):
                result.violations.append(Violation(case.name, cloud.describe(sent), "401, and nothing handed over"))
