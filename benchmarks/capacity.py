"""How long people wait, by how many messages arrive: a simulation of both functions under a region's limits.

`make capacity` writes a table and a plot to benchmarks/results/. What limits is published: instances per account and
region, how many instances may be started in a second, one request per instance. The inputs are below; those of Limits
come from https://www.alibabacloud.com/help/en/functioncompute/fc/product-overview/limits .
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.report import RESULTS

SECONDS_A_DAY = 86_400
PEAK = 4.0
"""The busiest hour's rate over the day's mean, for a service used in office hours."""


@dataclass(frozen=True)
class Limits:
    """Of one account in one region: instances of both functions, and how many of them may start per second."""

    instances: int = 100
    starts: float = 5.0
    regions: int = 1


@dataclass(frozen=True)
class Times:
    """Seconds: what a run of `reply` takes, warm (spread as people's questions are), and what a cold start adds."""

    answer_median: float = 6.0
    answer_spread: float = 0.6
    cold: float = 1.2
    acknowledge: float = 0.05
    idle: float = 180.0


@dataclass(frozen=True)
class Outcome:
    """What people saw at one rate: waiting in seconds before the model is asked, and the instances in use."""

    per_second: float
    wait_p50: float
    wait_p99: float
    busy: float
    too_late: float


def simulate(per_second: float, limits: Limits, times: Times, messages: int, seed: int = 1) -> Outcome:
    """Poisson arrivals over `messages` messages, first come first served, instances started as fast as is allowed."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    most = max(1, round((limits.instances - per_second / limits.regions * times.acknowledge) * limits.regions))
    rate_of_starts = limits.starts * limits.regions
    free: list[tuple[float, float]] = []  # (when it is free, when it was started)
    now, next_start, waits, work = 0.0, 0.0, [], 0.0
    for _ in range(messages):
        now += chance.expovariate(per_second)
        length = times.answer_median * chance.lognormvariate(0, times.answer_spread)
        while free and free[0][0] < now - times.idle:
            heapq.heappop(free)  # recycled
        start = max(now, next_start + 1 / rate_of_starts)
        if free and (len(free) >= most or free[0][0] <= start + times.cold):
            began = max(now, heapq.heappop(free)[0])
        else:
            next_start, began = start, start + times.cold
        heapq.heappush(free, (began + length, began))
        waits.append(began - now)
        work += length
    waits = sorted(waits[messages // 2 :])  # not the beginning, when nothing runs yet
    late = sum(1 for wait in waits if wait > 600) / len(waits)
    return Outcome(per_second, waits[len(waits) // 2], waits[int(0.99 * len(waits))], work / now / most, late)


@dataclass(frozen=True)
class Step:
    """One size of a deployment: how many people ask how often, and under which limits."""

    name: str
    people: int
    questions_a_day: float
    limits: Limits

    @property
    def per_second(self) -> float:
        """Messages per second in the busiest hour."""
        return self.people * self.questions_a_day / SECONDS_A_DAY * PEAK


STEPS = (
    Step("a team", 50, 10, Limits()),
    Step("a company", 5_000, 5, Limits()),
    Step("a large company", 50_000, 5, Limits()),
    Step("the same, more instances", 50_000, 5, Limits(instances=300, starts=10)),
    Step("a group of companies, limits unchanged", 500_000, 5, Limits()),
    Step("a group of companies", 500_000, 5, Limits(instances=1_500, starts=50)),
    Step("internet scale", 100_000_000, 3, Limits(instances=10_000, starts=300, regions=12)),
)


def main() -> None:
    """Simulate the steps and a sweep of rates, print and write both."""
    times = Times()
    lines = [
        "| step | people | messages/s at peak | instances (regions) | in use | wait p50 | wait p99 | over 10 min |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for step in STEPS:
        found = simulate(step.per_second, step.limits, times, 40_000 if step.per_second < 1_000 else 1_500_000)
        lines.append(
            f"| {step.name} | {step.people:,} | {step.per_second:,.2f}"
            f" | {step.limits.instances:,} ({step.limits.regions}) | {min(found.busy, 1):.0%}"
            f" | {found.wait_p50:.1f} s | {found.wait_p99:.1f} s | {found.too_late:.1%} |"
        )
    sweep = {str(instances): _sweep(instances, times) for instances in (100, 300, 1_500, 10_000)}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "capacity.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    content = {name: [vars(outcome) for outcome in found] for name, found in sweep.items()}
    (RESULTS / "capacity.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    _plot(sweep, RESULTS / "capacity.png")
    print("\n".join(lines))


def _sweep(instances: int, times: Times) -> list[Outcome]:
    """Rates from a hundredth of what these instances can do to a tenth above it."""
    mean = times.answer_median * 2.718281828 ** (times.answer_spread**2 / 2)
    most = instances / (mean + times.acknowledge)
    limits = replace(Limits(), instances=instances, starts=max(5.0, instances / 30))
    return [
        simulate(share * most, limits, times, messages=max(20_000, 8 * instances))
        for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1)
    ]


def _plot(sweep: dict[str, Sequence[Outcome]] | dict[str, list[Outcome]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, place = pyplot.subplots(figsize=(7, 4))
    for name, found in sweep.items():
        rates = [outcome.per_second for outcome in found]
        [line] = place.plot(rates, [max(0.01, outcome.wait_p99) for outcome in found], "o-", label=f"{int(name):,}")
        place.plot(rates, [max(0.01, outcome.wait_p50) for outcome in found], ":", color=line.get_color())
    place.axhline(600, color="#d9d9d9")
    place.text(0.2, 620, "older events are explained, not answered", fontsize=8, color="#8c8c8c")
    place.set_xscale("log")
    place.set_yscale("log")
    place.set_xlabel("messages per second")
    place.set_ylabel("wait before the model is asked, s\n(p99; dotted: median)")
    place.legend(title="instances", frameon=False, fontsize=8)
    place.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
