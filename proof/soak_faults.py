"""Which faults a message of the soak may meet: every one of the catalogue, in doses that end within seconds.

Each is narrowed to the message's conversation, and what met it is known afterwards, so that the judge is told of what
it cannot see itself: a bucket that failed, or a hand-over that FC took without saying so.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from local.catalogue import CATALOGUE, GROUPS, Entry, Parameter
from local.cloud import LocalCloud
from local.faults import Fault
from local.people import Conversation
from proof.outcomes import Conditions

LEFT_OUT: Mapping[str, str] = {
    "invoke-lost": "FC accepts an event and never runs it: nobody is left who could tell the person",
    "card-refused": "answers are posted to the webhook; no card is made",
    "card-slow": "answers are posted to the webhook; no card is made",
}
"""Faults that are not tried here, and why."""

OFTEN: Mapping[str, int] = {"killed": 6, "conversation-killed": 2}
"""Faults that are chosen so many times as often as others of their group: there are several points to die at."""

KINDS: Mapping[str, Sequence[str]] = {
    group: tuple(
        name
        for name, entry in CATALOGUE.items()
        if entry.group == group and name not in LEFT_OUT
        for _ in range(OFTEN.get(name, 1))
    )
    for group in GROUPS
}
"""Faults that are tried, by group."""

FROZEN = "frozen"
"""An instance that stops without ending until FC's time-out; here once for a message, and ended within FROZEN_S."""

FROZEN_S = 1.0
"""Real seconds within which a frozen instance is ended, instead of FC's time-out."""

TIMES = (1, 1, 1, 2, 3, 8)
"""How often a fault is met, when it is not met by everything that one message does."""

DEATHS = (1, 1, 1, 2, 3, 5)
"""How often a message's instance is killed. FC runs it three times and its report of that three times: one run is left,
for nobody can tell anybody anything where none ever is.
"""

TRY_S = 2.5
"""Seconds that `conversation` gives the first try of a hand-over."""

PAIRS = 0.25
"""Share of the troubled messages that meet two faults of different groups."""

DOSES: Mapping[str, Sequence[float | str]] = {
    "redeliver:copies": (1, 2, 5),
    "redeliver-later:seconds": (0.05, 0.3, 1),
    "out-of-order:seconds": (0.05, 0.3),
    "webhook-expired:seconds": (0, 2, 7),
    "timeout-after-delivery:seconds": (0.1, 0.5),
    "slow-post:seconds": (0.1, 0.5),
    "drip:seconds": (0.0002, 0.05),
    "slow-headers:seconds": (0.0002, 0.05),
    "retry-after:value": ("0.5", "2", "3600", "soon"),
    "invoke-slow:seconds": (0.2, 0.6, 2.7),
    "queued:seconds": (0.05, 0.5),
    "cold-start:seconds": (0.05, 0.4),
    "slow-first-token:seconds": (0.1, 0.6, 3.5),
    "trickle:seconds": (0.05, 0.2, 1.2),
    "stall:chunks": (0, 1, 2),
    "stream-cut:chunks": (0, 1, 2),
    "other-version:which": ("older", "newer", "newer-breaking"),
    "rate-limit:seconds": (0.5, 1, 30),
    "very-long:characters": (3_000, 12_000, 60_000),
    "bucket-slow:seconds": (0.005, 0.02),
    "seconds": (0.05, 0.3),
    "match": ("", "", "conversations", "records"),
}
"""Values of parameters, by fault and name or by name; others are one of their choices."""


@dataclass(frozen=True)
class Dose:
    """One fault as it is planned for one message. `times` is None where everything that the message does meets it."""

    name: str
    times: int | None = None
    parameters: Mapping[str, float | str] = field(default_factory=dict)

    def __str__(self) -> str:
        chosen = " ".join(f"{name}={value}" for name, value in self.parameters.items() if value != "")
        return " ".join(filter(None, [self.name, chosen, f"×{self.times}" if self.times else "always"]))

    def switch_on(self, cloud: LocalCloud, where: Conversation) -> Fault:
        """Let the next message there meet it."""
        often = {"messages": 1} if self.times is None else {"times": self.times}
        return cloud.switch_on(self.name, where=where, **often, **self.parameters)


def doses(choose: random.Random) -> tuple[Dose, ...]:
    """The faults of one troubled message: one, or two of different groups."""
    count = 2 if choose.random() < PAIRS else 1
    return tuple(_dose(choose.choice(KINDS[group]), choose) for group in choose.sample(list(KINDS), count))


def _dose(name: str, choose: random.Random) -> Dose:
    entry = CATALOGUE[name]
    parameters = {parameter.name: _value(entry, parameter, choose) for parameter in entry.parameters}
    if entry.queue == "callbacks" or name in (FROZEN, "conversation-killed"):
        return Dose(name, 1, parameters)
    if entry.queue == "kills":
        return Dose(name, choose.choice(DEATHS), parameters)
    always = choose.random() < (0.5 if entry.group == "bucket" else 0.2)
    return Dose(name, None if always else choose.choice(TIMES), parameters)


def _value(entry: Entry, parameter: Parameter, choose: random.Random) -> float | str:
    known = DOSES.get(f"{entry.id}:{parameter.name}") or parameter.choices or DOSES.get(parameter.name)
    values: Sequence[float | str] = known or (parameter.default,)
    return choose.choice(values)


def conditions(faults: Iterable[Fault]) -> Conditions:
    """What the judge has to know of the faults that a message has met.

    A bucket that is slow hides nothing, and FC keeps silent only where a try of the hand-over is given up before it
    answers. Where FC runs an event twice, a run knows of the other by the conversation: that is window 3 when the
    conversation cannot be reached, whatever its records say.
    """
    faults = list(faults)
    bucket = [f for f in faults if CATALOGUE[f.switch].group == "bucket" and f.switch != "bucket-slow"]
    twice = any(f.switch == "invoke-duplicated" for f in faults)
    records = twice or any(f.parameters.get("match") != "conversations" for f in bucket)
    unsaid = any(f.switch == "invoke-unknown" or (f.switch == "invoke-slow" and f.seconds >= TRY_S) for f in faults)
    return Conditions(bucket=bool(bucket), records=records, acceptance=unsaid)
