"""A long run: 20,000 messages of 200 people, one in twenty with faults, in waves over a simulated day.

Every message is planned by the seed before it is sent; what people saw of it is judged when its wave is over, then the
simulator forgets it, so that memory and files at the end can be compared with the start.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from local.cloud import LocalCloud
from local.faults import Fault
from local.messages import Sent
from proof import soak_curve, soak_memory
from proof.outcomes import OUTCOMES, Tally, judge, turn_ids
from proof.plan import Plan
from proof.result import Result, Violation
from proof.soak_curve import Level
from proof.soak_faults import FROZEN, FROZEN_S, conditions
from proof.soak_measure import Files, crowded, files, largest, percentile, resident_mb
from proof.soak_memory import Lives, forget
from proof.soak_traffic import SETTINGS, Planned, Town, thinking

MESSAGES, WAVE = 20_000, 1_000
AT_ONCE, INSTANCES = 24, 10
"""Messages that are on their way at the same time, and the most instances of each function."""

DAY_S = 26 * 3600.0
"""What the clock is moved on in all, spread over the pauses between waves: past midnight, and past a day."""

LONGEST_S = 240.0
"""Real seconds after which a message that is not over is given up, and counted as without an outcome."""

DOUBLES_PACE = 1.0
"""Real seconds that a sleep of one second takes in events that FC runs twice: all of it.

Such runs wait for each other, and a wait that is scaled down with everything else is one that a busy machine can miss.
"""


@dataclass
class Told:
    """A message that was sent: as planned, as sent, and the faults that waited for it."""

    planned: Planned
    sent: Sent
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Sample:
    """How things stood after so many messages. Memory in MB, the most of any instance."""

    messages: int
    seconds: float
    files: int
    documents: int
    conversations: int
    records: int
    conversation_mb: float
    reply_mb: float
    proof_mb: float


@dataclass
class Soaked:
    """Everything that one run found. Times are in ms, of messages without faults."""

    seed: int
    tally: Tally = field(default_factory=Tally)
    violations: list[Violation] = field(default_factory=list)
    troubled: int = 0
    by_fault: dict[str, Counter[str]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    overhead: list[float] = field(default_factory=list)
    curve: list[Level] = field(default_factory=list)
    lives: Lives = field(default_factory=Lives)
    seconds: float = 0.0
    files: Files = field(default_factory=Files)

    def numbers(self) -> dict[str, int | float | str]:
        """What goes beside the table."""
        last = self.samples[-1]
        first = next((sample for sample in self.samples if sample.reply_mb), last)  # before, nothing has run
        met_by = Counter({name: sum(count[o] for o in (*OUTCOMES, "none")) for name, count in self.by_fault.items()})
        rare = min(met_by.values(), default=0)
        best = max((level.completed for level in self.curve), default=0.0)
        return {
            "messages planned with a fault": self.troubled,
            "fault kinds met": f"{len(met_by)}, each by {rare} messages or more",
            "messages per second": round(self.tally.messages / self.seconds, 1) if self.seconds else 0,
            "acknowledgement, ms": f"p50 {percentile(self.acknowledged, 0.5):.0f}, "
            f"p99 {percentile(self.acknowledged, 0.99):.0f}",
            "overhead from callback to post without the model, ms": f"p50 {percentile(self.overhead, 0.5):.0f}, "
            f"p99 {percentile(self.overhead, 0.99):.0f}",
            "reply's largest instance, MB": f"{first.reply_mb:.0f} after {first.messages:,} messages, "
            f"{last.reply_mb:.0f} after {last.messages:,}",
            "an instance that lives long, MB": self._lived(),
            "files at the end": f"{last.documents:,} documents of {last.conversations:,} conversations, "
            f"{last.records:,} records, {len(self.files.open)} open, {self.files.kept_aside} set aside, "
            f"{len(self.files.others)} others",
            "saturation, messages per second": round(best, 1),
        }

    def _lived(self) -> str:
        grown = self.lives.growth
        return ", ".join(
            f"{name} {points[0][1]:.0f} after {points[0][0]:,} runs, {points[-1][1]:.0f} after {points[-1][0]:,}, "
            + (f"{grown[name]:+.1f} per 1,000 once warm" if name in grown else "growth not measured")
            for name, points in sorted(self.lives.points.items())
        )


def run(plan: Plan) -> Result:
    """The soak as a part of the proof: 20,000 messages x share."""
    return result_of(soak(plan))


def result_of(found: Soaked) -> Result:
    """What was found, as every part tells it."""
    result = Result("soak", cases=found.tally.messages, tally=found.tally, violations=found.violations)
    result.numbers = found.numbers()
    return result


def soak(plan: Plan, *, curve: bool = True, lives: bool = True) -> Soaked:
    """Run it and return everything that was found; without the curve, and without long lives, where not wanted."""
    began = time.monotonic()
    found = Soaked(plan.seed)
    total = max(1, round(MESSAGES * plan.share))
    with plan.cloud(instances=INSTANCES, pace_of_doubles=DOUBLES_PACE, **SETTINGS) as cloud:
        cloud.model.default = thinking
        _Run(plan, cloud, found, total).all()
        found.seconds = time.monotonic() - began
        if curve:
            found.curve = soak_curve.curve(cloud, plan)
            found.violations += [
                Violation("saturation", f"{level.lost} messages at {level.arriving} per second", "one answer for each")
                for level in found.curve
                if level.lost
            ]
    if lives:
        found.lives = soak_memory.lives(plan)
        found.violations += found.lives.violations
    return found


class _Run:
    """One run at work."""

    def __init__(self, plan: Plan, cloud: LocalCloud, found: Soaked, total: int) -> None:
        self._cloud, self._found, self._total = cloud, found, total
        self._choose = plan.random("soak")
        self._town = Town.of(self._choose)
        self._suspect: set[str] = set()
        self._frozen: list[Fault] = []
        self._began = time.monotonic()

    def all(self) -> None:
        """Every wave, and at the end a question of everybody that meets no fault."""
        farewell = self._town.goodbye(self._total)
        if len(farewell) > self._total // 5:
            farewell = []
        troubled = self._total - len(farewell)
        sizes = [min(WAVE, troubled - start) for start in range(0, troubled, WAVE)]
        self._sample()
        number = 0
        for size in sizes:
            wave = [self._town.message(number + count, self._choose) for count in range(1, size + 1)]
            number += size
            self._wave(wave)
            self._cloud.advance(DAY_S / len(sizes))
        if farewell:
            self._wave(self._town.goodbye(number + 1))
        self._check(quiet=bool(farewell))

    def _wave(self, wave: list[Planned]) -> None:
        told = self._cloud.do(self._send(wave))
        met_by = self._met(told)
        for one in told:
            self._judge(one, met_by.get(one.sent.id, []))
        self._read_times([one for one in told if one.sent.id not in met_by])
        self._sample()
        forget(self._cloud)

    async def _send(self, wave: list[Planned]) -> list[Told]:
        waiting, told = list(reversed(wave)), []

        async def work() -> None:
            while waiting:
                told.append(await self._one(waiting.pop()))

        warden = asyncio.ensure_future(self._end_frozen())
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        warden.cancel()
        return told

    async def _one(self, planned: Planned) -> Told:
        cloud = self._cloud
        faults = [dose.switch_on(cloud, planned.place) for dose in planned.trouble]
        self._frozen += [fault for fault in faults if fault.switch == FROZEN]
        sent = cloud.dingtalk.compose(planned.person, planned.place, planned.words, kind=planned.kind)
        cloud.dingtalk.take(sent)
        await cloud.parts.callbacks.send(sent)
        if planned.again or sent.status != 200:
            cloud.parts.callbacks.again(sent, 0.0)
        until = time.monotonic() + LONGEST_S
        while not self._over(sent) and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for fault in faults:
            cloud.parts.switches.off(fault.number)
        return Told(planned, sent, faults)

    async def _end_frozen(self) -> None:
        """End what is frozen, as FC does at its time-out, but sooner."""
        cloud = self._cloud
        while True:
            await asyncio.sleep(FROZEN_S)
            for fault in [fault for fault in self._frozen if fault.met_by]:
                for instance in list(cloud.fc.pools["reply"].instances):
                    if instance.call and cloud.fc.concerned(instance.call.event).message in fault.met_by:
                        instance.shoot(instance.call)
                        if fault in self._frozen:  # one that is met may still wait for an instance
                            self._frozen.remove(fault)

    def _over(self, sent: Sent) -> bool:
        runs = self._cloud.fc.carrying(sent.session)
        return all(invocation.over for invocation in runs) and not self._cloud.parts.callbacks.pending(sent)

    @staticmethod
    def _met(told: Sequence[Told]) -> dict[str, list[Fault]]:
        """Faults by the message that met them: another one of the conversation may have been quicker."""
        found: dict[str, list[Fault]] = {}
        for fault in (fault for one in told for fault in one.faults):
            for message in fault.met_by:
                found.setdefault(message, []).append(fault)
        return found

    def _judge(self, told: Told, faults: Sequence[Fault]) -> None:
        found, sent = self._found, told.sent
        known, names = conditions(faults), {fault.switch for fault in faults}
        verdict = judge(self._cloud, sent, known)
        if known.bucket:
            self._suspect |= turn_ids(self._cloud, sent)
        if verdict.violation or not self._over(sent):
            problem = verdict.violation or f"still at work after {LONGEST_S:g} s: {self._cloud.describe(sent)}"
            verdict = replace(verdict, violation=f"{told.planned}; met {sorted(names)}: {problem}")
        found.tally.add(verdict)
        found.troubled += bool(told.planned.trouble)
        for name in names:
            count = found.by_fault.setdefault(name, Counter())
            count[verdict.outcome] += 1
            if verdict.extra and verdict.window:
                count[f"doubled in window {verdict.window}"] += 1

    def _read_times(self, untroubled: Sequence[Told]) -> None:
        asked = {request.turn: request for request in list(self._cloud.model.requests)}
        for sent in (one.sent for one in untroubled if one.sent.deliveries):
            self._found.acknowledged.append(sent.ack_ms)
            requests = [asked[i.request_id] for i in self._cloud.invocations(sent, "async") if i.request_id in asked]
            if len(requests) == 1 and sent.answers and requests[0].done_at:
                thought = requests[0].done_at - requests[0].at
                self._found.overhead.append(sent.answers[0].at - sent.at - thought)

    def _sample(self) -> None:
        lies, most = files(self._cloud.bucket), largest(self._cloud)
        sample = Sample(
            messages=self._found.tally.messages,
            seconds=round(time.monotonic() - self._began, 1),
            files=lies.all,
            documents=lies.documents,
            conversations=lies.conversations,
            records=lies.records,
            conversation_mb=round(most.get("conversation", 0.0), 1),
            reply_mb=round(most.get("reply", 0.0), 1),
            proof_mb=round(resident_mb(os.getpid()), 1),
        )
        self._found.samples.append(sample)

    def _check(self, *, quiet: bool) -> None:
        """Files at the end; `quiet` is whether every conversation was saved once more without faults."""
        found = self._found
        found.files = files(self._cloud.bucket)
        left = found.files.open - self._suspect
        if left:
            found.violations.append(Violation("files", f"{len(left)} notes of open messages are left", "none"))
        full = crowded(self._cloud.bucket) if quiet else []
        if full:
            found.violations.append(Violation("files", f"more than one document in {full[:5]}", "one, after a save"))
        strange = found.files.others
        if strange:
            found.violations.append(Violation("files", f"{len(strange)} others, such as {strange[:3]}", "none"))
