"""One case of duplicates: its chat, what is sent and how often, and what was found."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from local.cloud import LocalCloud, Reply, Sent
from local.people import Conversation
from proof.outcomes import Verdict, judge

COPIES = 50
MOUNT = 0.03
"""Real seconds that an operation on a mounted bucket takes in a storm; a local folder is far faster."""
SECOND_ROBOT = "second-robot-secret"  # invented; signs loopback callbacks only
HOUR, DAY = 3600.0, 86_400.0
HELD = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Real seconds for which a model or DingTalk is slow, so that a message can come again meanwhile: tried in turn until
the machine was fast enough."""
LATE = 60.0
"""Seconds of the cloud that an event waits in FC's queue; the clock is moved on instead of waiting."""

_Broken = tuple[str, str]


@dataclass
class Trial:
    """One case: its chat, what was sent, and what was found besides outcomes.

    `barrier` is whether anything decides between copies at the same moment; without it such messages are `racing`.
    `unheard` counts the deliveries whose answer came later than DingTalk waits.
    """

    cloud: LocalCloud
    name: str
    barrier: bool
    sent: list[Sent] = field(default_factory=list)
    racing: bool = False
    unheard: int = 0
    broken: list[_Broken] = field(default_factory=list)
    _told_apart: bool = True

    def __post_init__(self) -> None:
        self.person = self.cloud.person()
        self.place: Conversation = self.cloud.private(self.person)

    def compose(self, text: str = "", **how: object) -> Sent:
        """A message that is judged in the end; its text is like no other's."""
        self.sent.append(self._composed(text or f"question {secrets.token_hex(6)}", **how))
        return self.sent[-1]

    def _composed(self, text: str, **how: object) -> Sent:
        return self.cloud.compose(self.person, text, self.place, **how)  # type: ignore[arg-type]  # keywords of `compose`

    def other_body(self, first: Sent) -> Sent:
        """Another message under the id of the first: the two are judged as one."""
        self._told_apart = False
        return self.compose(change={"msgId": first.message_id})

    def chat(self) -> None:
        """Something else is said in this conversation, and answered."""
        other = self._composed(f"meanwhile {secrets.token_hex(6)}")
        self.deliver(other)
        self.cloud.wait(other)

    def deliver(self, *messages: Sent, copies: int = 1, headers: Mapping[str, str] | None = None) -> None:
        """Deliver; every delivery must be acknowledged, though perhaps too late on a machine with other work."""
        deliveries = self.cloud.deliver_all(list(messages) * copies, headers=headers)
        self.unheard += sum(delivery.status is None for delivery in deliveries)
        refused = [delivery for delivery in deliveries if delivery.status not in (200, None)]
        if refused:
            self.broken.append((f"{len(refused)} deliveries answered {refused[0].status}", "200 for each"))

    def at_once(self, *messages: Sent, copies: int = COPIES) -> None:
        """Deliver many copies at the same moment, to instances that need not start first."""
        self.racing = not self.barrier
        self.warm()
        # Handed over one after the other, they wait in FC's queue: every instance begins in the same moment, and has
        # listed the folder before another has written to it.
        held = self.cloud.switch_on("queued", where=self.place, seconds=LATE)
        self.cloud.disk_fails("slow", match="conversations", seconds=MOUNT)
        self.deliver(*messages, copies=copies)
        self.cloud.parts.switches.off(held.number)
        self.cloud.advance(LATE + 1)

    def warm(self) -> None:
        """Start the instances that are missing: what comes next need not wait for them."""
        missing = self.cloud.options.instances - len(self.cloud.fc.pools["reply"].instances)
        if missing > 0:
            self.cloud.model.default = lambda _: Reply("warm", first_token=0.1 * self.cloud.options.instances)
            people = [self.cloud.person() for _ in range(self.cloud.options.instances)]
            messages = [self.cloud.compose(person, "warm up") for person in people]
            self.deliver(*messages)
            self.cloud.wait_all(messages)
            self.cloud.model.default = self.cloud.model.echo

    def again(self, sent: Sent) -> None:
        """Deliver once more: several copies at once where something decides between them."""
        self.deliver(sent, copies=5 if self.barrier else 1)

    def end(self, paid: int | None = 1) -> None:
        """Wait until nothing runs; the model must not have been asked more than `paid` times for one message."""
        self.cloud.wait_all(self.sent)
        if paid is None or self.racing:
            return
        # Two bodies under one id are one message, whichever of them was first.
        bills = [sum(sent.text in request.question for request in self.cloud.model.requests) for sent in self.sent]
        asked = max(bills) if self._told_apart else sum(bills)
        if asked > paid:
            self.broken.append((f"the model was asked {asked} times for one message", f"at most {paid}"))

    def verdicts(self) -> Iterator[tuple[Verdict, bool]]:
        """What became of each message, and whether one outcome was promised for it."""
        if self._told_apart:
            for sent in self.sent:
                yield judge(self.cloud, sent), not self.racing
            return
        first, *others = self.sent
        answers = sorted((shown for sent in self.sent for shown in sent.answers), key=lambda shown: shown.at)
        posts = first.posts + [post for other in others for post in other.posts]
        yield judge(self.cloud, replace(first, answers=answers, posts=posts)), not self.racing

    def still_runs(self, sent: Sent) -> bool:
        """Wait until every other run of a message is over; whether its first one then still was not."""
        first, *others = [invocation for invocation in self.cloud.invocations(sent) if invocation.how == "async"]
        self.cloud.until(lambda: first.over or all(other.over for other in others))
        return not first.over

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a state; one that never comes was not tried, which is said as loudly as a violation."""
        if not self.cloud.until(lambda: bool(condition())):
            self.broken.append((f"never reached: {what}", "this state"))

    def waiting(self, left: int) -> None:
        """Wait until so many of the case's delays in FC's queue are still to come."""
        starts = self.cloud.fc.starts
        self.until(lambda: sum(fault.where == self.place.id for fault in list(starts.waiting)) == left, "in FC's queue")

    def fresh_webhook(self, sent: Sent) -> None:
        """Let DingTalk give the redelivery a webhook that has not expired."""
        sent.payload["sessionWebhookExpiredTime"] = self.cloud.clock.now_ms() + 5_400_000
