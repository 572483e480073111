"""Memory of one instance of each function that lives long; in the rest of the soak most are killed young.

It serves what the people of the soak say, with every fault that ends no instance and makes nobody wait.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from local.catalogue import CATALOGUE
from local.cloud import LocalCloud
from proof.plan import Plan
from proof.result import Violation
from proof.soak_faults import Dose
from proof.soak_measure import largest
from proof.soak_traffic import SETTINGS, Planned, Town, thinking

MESSAGES = 1_500
"""How many messages it serves."""

WARM = 400
"""Runs after which an instance is warm: until then the allocator takes from the system what it will use again."""

LOOK = 100
"""After so many messages each its size is read."""

FEWEST = 5
"""Looks at a warm instance without which nothing can be said of its growth."""

GROWTH_MB = 4.0
"""MB per 1,000 runs that a warm instance may grow by.

What the allocator does not give back comes in steps of about 1 MB. An instance that kept 4 MB more after each 1,000
would still serve some 100,000 messages in the 512 MB that are shipped; FC ends one long before.
"""

Point = tuple[int, float]


@dataclass
class Lives:
    """What was seen: (runs, MB) by function, and whatever else was found."""

    points: dict[str, list[Point]] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    @property
    def growth(self) -> Mapping[str, float]:
        """MB per 1,000 runs by function, of those that were seen for long enough."""
        found = {name: growth(points) for name, points in self.points.items()}
        return {name: round(slope, 2) for name, slope in found.items() if slope is not None}

    def judge(self, *, whole: bool) -> None:
        """Note every function that grows by more than GROWTH_MB; in a `whole` life also one that was not measured."""
        wanted = f"at most {GROWTH_MB:g} MB per 1,000 runs"
        for name in self.points:
            slope = self.growth.get(name)
            if slope is None and whole:
                self.violations.append(Violation("memory", f"the growth of {name} was not measured", wanted))
            elif slope is not None and slope > GROWTH_MB:
                self.violations.append(Violation("memory", f"{name} grows by {slope:g} MB per 1,000 runs", wanted))


def growth(points: Sequence[Point]) -> float | None:
    """MB per 1,000 runs by which a warm instance grows (least squares); None where too little was seen of it."""
    warm = [point for point in points if point[0] >= WARM]
    if len(warm) < FEWEST:
        return None
    return statistics.linear_regression(*zip(*warm, strict=True)).slope * 1000


def lives(plan: Plan) -> Lives:
    """Let one instance of each function serve MESSAGES x share, one after another, and look at its size."""
    found, runs = Lives(), Counter[str]()
    choose = plan.random("memory")
    with plan.cloud(instances=1, **SETTINGS) as cloud:
        cloud.model.default = thinking
        town = Town.of(choose)
        total = max(LOOK, round(MESSAGES * plan.share))
        seen: dict[str, set[str]] = {name: set() for name in cloud.fc.pools}
        for number in range(1, total + 1):
            _say(cloud, town.message(number, choose))
            if number % LOOK == 0:
                _look(cloud, runs, found.points, seen)
        for name, instances in seen.items():
            if len(instances) != 1:
                problem = f"{name} needed {len(instances)} instances, and none was to end"
                found.violations.append(Violation("memory", problem, "one that serves everything"))
    found.judge(whole=plan.share >= 1)
    return found


def harmless(doses: Sequence[Dose]) -> list[Dose]:
    """Those that end no instance and are not a matter of waiting."""
    return [dose for dose in doses if CATALOGUE[dose.name].group != "fc" and "seconds" not in dose.parameters]


def _say(cloud: LocalCloud, planned: Planned) -> None:
    faults = [dose.switch_on(cloud, planned.place) for dose in harmless(planned.trouble)]
    cloud.wait(cloud.say(planned.person, planned.words, planned.place, kind=planned.kind), seconds=60)
    for fault in faults:
        cloud.parts.switches.off(fault.number)


def _look(cloud: LocalCloud, runs: Counter[str], points: dict[str, list[Point]], seen: dict[str, set[str]]) -> None:
    for invocation in cloud.invocations():
        runs[invocation.function] += invocation.attempts
        seen[invocation.function] |= {outcome.instance for outcome in invocation.outcomes}
    for name, size in largest(cloud).items():
        points.setdefault(name, []).append((runs[name], round(size, 2)))
    forget(cloud)


def forget(cloud: LocalCloud) -> None:
    """Drop what the simulator has recorded, so that it does not grow with what was said."""

    async def drop() -> None:
        cloud.parts.switches.clear()
        cloud.dingtalk.forget()
        cloud.fc.forget()
        cloud.model.requests.clear()
        cloud.parts.api.calls.clear()

    cloud.do(drop())
