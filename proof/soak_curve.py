"""The curve to saturation: questions that arrive at growing rates, whether or not the earlier ones are answered."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from local.cloud import LocalCloud
from local.messages import Sent
from proof.outcomes import ANSWERED, Verdict, judge
from proof.plan import Plan
from proof.soak_measure import percentile

RATES = (10, 20, 40, 60, 80, 120, 160)
"""Messages per second that arrive."""

SECONDS = 5.0
"""Seconds for which they arrive at each rate."""


@dataclass(frozen=True)
class Level:
    """One rate of arrival: messages per second that came and that were answered; times in ms.

    `lost` counts the messages that did not have one outcome.
    """

    arriving: float
    completed: float
    acknowledged_p50: float
    acknowledged_p99: float
    answered_p50: float
    answered_p99: float
    lost: int


def curve(cloud: LocalCloud, plan: Plan) -> list[Level]:
    """One level per rate, on a cloud whose instances are warm. With a small share, two short levels."""
    rates, seconds = (RATES, SECONDS) if plan.share >= 1 else (RATES[:2], 1.0)
    return [cloud.do(_level(cloud, rate, seconds, plan)) for rate in rates]


async def _level(cloud: LocalCloud, rate: float, seconds: float, plan: Plan) -> Level:
    choose = plan.random(f"arrival {rate}")
    people = [cloud.person(f"q{number}") for number in range(200)]
    began = time.monotonic()
    at, sent, tasks = 0.0, [], []
    while at < seconds:
        person = choose.choice(people)
        message = cloud.dingtalk.compose(person, cloud.private(person), "怎么做？")
        await asyncio.sleep(max(0.0, began + at - time.monotonic()))
        cloud.dingtalk.take(message)
        sent.append((message, time.monotonic()))
        tasks.append(asyncio.ensure_future(_answered(cloud, message)))
        at += choose.expovariate(rate)
    ends = await asyncio.gather(*tasks)
    waits = [(end - start) * 1000 for (_, start), end in zip(sent, ends, strict=True)]
    acknowledged = [message.ack_ms for message, _ in sent]
    return Level(
        arriving=round(len(sent) / seconds, 1),
        completed=round(len(sent) / (max(ends) - began), 1),
        acknowledged_p50=percentile(acknowledged, 0.5),
        acknowledged_p99=percentile(acknowledged, 0.99),
        answered_p50=round(percentile(waits, 0.5)),
        answered_p99=round(percentile(waits, 0.99)),
        lost=sum(1 for message, _ in sent if judge(cloud, message) != Verdict(message.id, ANSWERED)),
    )


async def _answered(cloud: LocalCloud, message: Sent) -> float:
    """Deliver a message; returns when nothing of it runs any more (seconds of a clock that never runs back)."""
    await cloud.dingtalk.deliver(message)
    while not all(invocation.over for invocation in cloud.fc.carrying(message.session)):
        await asyncio.sleep(0.005)
    return time.monotonic()
