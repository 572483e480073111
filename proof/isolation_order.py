"""Order within a conversation: what is known of each turn, which pairs have an order, and firsts that take long.

The order of two turns is promised where the earlier one's pending save was complete when the later one listed. Listing
is not seen from outside; a turn that FC accepted after that save has certainly listed later.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from local.cloud import LocalCloud, Reply, Sent
from proof.outcomes import judge
from proof.plan import Plan
from proof.result import Result, Violation

LONG = "A sentence that goes on for a while. " * 260
"""An answer in several parts, between which a delivery waits."""


class Saves:
    """When each run's first save of its conversation was complete (seconds in the cloud)."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._read = 0
        self._first: dict[str, float] = {}
        self._lock = threading.Lock()

    def of(self, sent: Sent) -> float | None:
        """When the message was noted as pending; None while it was not."""
        files = self._cloud.fc.pools["reply"].files
        with self._lock:
            while self._read < len(files):
                change = files[self._read]
                self._read += 1
                if change.operation == "saved" and change.path.startswith("conversations/"):
                    self._first.setdefault(change.request_id, change.at)
            runs = [invocation.request_id for invocation in self._cloud.invocations(sent, "async")]
            return min((self._first[run] for run in runs if run in self._first), default=None)


@dataclass(frozen=True)
class Told:
    """What is known of one turn; `position` orders it, times are seconds in the cloud, `turn` is FC's request id."""

    sent: Sent
    turn: str
    position: tuple[int, str]
    accepted: float
    saved: float | None
    begun: int
    ended: int
    went_ahead: bool
    waited_ms: int
    took_ms: int


def told(cloud: LocalCloud, sent: Sent, saves: Saves | None = None) -> Told:
    """Everything about a message of which nothing runs any more. `begun` and `ended`: its answer, in ms."""
    runs = cloud.invocations(sent, "async")
    first = runs[0] if runs else None
    events = [
        _line(line.text) for line in cloud.fc.pools["reply"].logs if first and line.request_id == first.request_id
    ]
    times = [shown.at for shown in sent.answers]
    outcome = next((event for event in events if event.get("event") == "outcome"), {})
    return Told(
        sent=sent,
        turn=first.request_id if first else "",
        position=(int(sent.payload["createAt"]), first.task_id[2:] if first else ""),
        accepted=first.accepted_at if first else 0.0,
        saved=saves.of(sent) if saves else None,
        begun=min(times, default=0),
        ended=max(times, default=0),
        went_ahead=any(event.get("event") == "went_ahead" for event in events),
        waited_ms=int(str(outcome.get("wait_ms", 0))),
        took_ms=sum(int(str(outcome.get(name, 0))) for name in ("wait_ms", "model_ms", "deliver_ms")),
    )


def _line(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def out_of_order(turns: Sequence[Told], counted: Counter[str]) -> list[tuple[str, str]]:
    """Answers of one context that were shown, or asked for, before an earlier turn's answer was."""
    found = []
    turns = sorted(turns, key=lambda turn: turn.position)
    for number, later in enumerate(turns):
        for earlier in turns[:number]:
            if earlier.saved is None or earlier.saved >= later.accepted or not (earlier.ended and later.begun):
                continue
            counted["pairs of turns whose order was promised"] += 1
            if later.went_ahead:
                counted["of these, went ahead in time for their own answer"] += 1
            elif later.begun < earlier.ended:
                late = earlier.ended - later.begun
                found.append((f"{later.sent.id} was answered {late} ms before {earlier.sent.id}", "the earlier first"))
    return found


def _slow_first(name: str, slow: Callable[[LocalCloud, Sent], None]) -> Callable[[Plan, Result], None]:
    def drive(plan: Plan, result: Result) -> None:
        with plan.cloud(instances=4, pace=0.2) as cloud:
            saves, person = Saves(cloud), cloud.person()
            cloud.wait_all([cloud.say(cloud.person(), "warm up") for _ in range(3)])
            first, others = cloud.compose(person, "the first"), []
            slow(cloud, first)
            cloud.deliver(first)
            cloud.until(lambda: saves.of(first) is not None)
            for number in (2, 3):
                others.append(cloud.say(person, f"number {number}"))
                cloud.until(lambda: saves.of(others[-1]) is not None)
            cloud.wait_all([first, *others])
            turns = [told(cloud, sent, saves) for sent in (first, *others)]
            counted: Counter[str] = Counter()
            result.violations += [Violation(name, *broken) for broken in out_of_order(turns, counted)]
            if not counted:
                result.violations.append(Violation(name, "no pair whose order is promised", "three"))
            for sent in (first, *others):
                result.tally.add(judge(cloud, sent))
            result.cases += 1

    return drive


def _slow_model(cloud: LocalCloud, first: Sent) -> None:
    cloud.model.script(Reply("at last", first_token=1.0, when=first.text))


def _slow_post(cloud: LocalCloud, first: Sent) -> None:
    cloud.dingtalk_fails("slow", where=first.conversation, seconds=1.0)


def _throttled(cloud: LocalCloud, first: Sent) -> None:
    cloud.dingtalk_fails("130101", 2, where=first.conversation)


def _in_parts(cloud: LocalCloud, first: Sent) -> None:
    cloud.model.script(Reply(LONG, when=first.text))


SLOW_FIRSTS: Mapping[str, Callable[[Plan, Result], None]] = {
    name: _slow_first(name, slow)
    for name, slow in (
        ("order: the model is slow", _slow_model),
        ("order: DingTalk is slow to accept", _slow_post),
        ("order: DingTalk asks to wait", _throttled),
        ("order: an answer in parts", _in_parts),
    )
}
"""The first of three turns takes long in one way or another; the others must not be shown before it is."""
