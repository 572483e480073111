"""The curve to saturation: callbacks at growing concurrency against `conversation` on the local cloud.

Everything is there: HTTP trigger, instances in processes of their own, the signed invocation over HTTP, the check of
its signature. The cloud itself, one Python process, takes most of the CPU, so the curve shows where this machine ends,
and that nothing is lost there; what `conversation` alone can do is measured in `warm`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.cloud import LocalCloud, Options
from local.functions import CODE
from local.messages import Sent

STUB = Path(__file__).resolve().parent / "stub"


@dataclass(frozen=True)
class Point:
    """One level: how many callbacks were open at once, how many per second came through, times in ms, and the lost."""

    at_once: int
    per_second: float
    p50_ms: float
    p99_ms: float
    lost: int


def curve(levels: Sequence[int], each: int, instances: int) -> list[Point]:
    """One point per level, `each` callbacks at every level, on one cloud with warm instances."""
    options = Options(code=(CODE, STUB), reply_handler="answered.handler", instances=instances)
    with LocalCloud(options) as cloud:
        _level(cloud, instances, instances * 3)
        return [_level(cloud, level, each) for level in levels]


def _level(cloud: LocalCloud, at_once: int, count: int) -> Point:
    people = [cloud.person(f"p{number}") for number in range(20)]
    messages = [cloud.compose(people[number % 20], "How are you?") for number in range(count)]
    before = len(cloud.invocations(how="async"))
    began = time.monotonic()
    times = cloud.do(_deliver(cloud, messages, at_once))
    seconds = time.monotonic() - began
    acknowledged = sum(1 for message in messages if message.status == 200)
    handed_over = len(cloud.invocations(how="async")) - before
    times.sort()
    lost = count - min(acknowledged, handed_over)
    return Point(
        at_once, count / seconds, times[len(times) // 2], times[min(len(times) - 1, int(0.99 * len(times)))], lost
    )


async def _deliver(cloud: LocalCloud, messages: list[Sent], at_once: int) -> list[float]:
    waiting, times = list(messages), []

    async def work() -> None:
        while waiting:
            message = waiting.pop()
            began = time.monotonic()
            await cloud.dingtalk.deliver(message)
            times.append((time.monotonic() - began) * 1000)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return times
