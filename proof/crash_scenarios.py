"""What the crash matrix kills in: ways that one message can go, each with what must be true afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local.model import ModelRequest
from local.replies import Reply, failing
from proof.outcomes import ANSWERED, FAILED, REFUSED, UNDELIVERABLE
from proof.plan import RULES

CONVERSATION, REPLY = "conversation", "reply"

QUESTION = "Which river is the longest?"
LATER = "And which one comes after it?"
FAILING = "Please fail (crash matrix)"
LONG = "Please answer at length (crash matrix)"
SLOW = "Please take your time (crash matrix)"
SLOW_SECONDS = 0.3
"""How long the model thinks about a slow question, in real seconds."""


@dataclass(frozen=True)
class Scenario:
    """One way of a message.

    `outcome` is what becomes of it when nothing dies. `earlier` is said and answered before, in the same
    conversation. `forgets` says that what was said before is not in a later prompt once it is answered. `post` and
    `bucket` are faults that every post of the message, or every operation of the bucket, meets. `killed_at` is a
    point of `FunctionCompute.kill_at` at which each of FC's runs dies, so that its failure destination is what is
    tried. `drop` are fields that its callback lacks; `staff_id` is that of its person, where it matters.
    `redelivered_at_once` is whether DingTalk delivers again while the first hand-over may still be at work. `stops`:
    runs are not killed, they stop at the step, and FC's time-out ends them. `first_dies_at` is such a point at which
    the first run dies always, so that the one that takes over is what is tried.
    """

    name: str
    text: str = QUESTION
    outcome: str = ANSWERED
    earlier: tuple[str, ...] = ()
    group: bool = False
    forgets: bool = False
    post: str = ""
    bucket: str = ""
    killed_at: str = ""
    redelivered_at_once: bool = True
    stops: bool = False
    first_dies_at: str = ""
    drop: tuple[str, ...] = ()
    staff_id: str | None = None
    options: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def how(self) -> str:
        """Which invocations of `reply` are tried."""
        return "destination" if self.killed_at else "async"

    @property
    def first_run(self) -> int:
        """Which of those runs of `reply` is tried first, counted from 0."""
        return 1 if self.first_dies_at else 0

    @property
    def asks(self) -> bool:
        """Whether it is a question, which is remembered once it is answered."""
        return self.outcome == ANSWERED and not self.forgets and self.text in (QUESTION, LONG, SLOW)


ADMIN = "boss"
_TOTALS: Mapping[str, object] = {"ADMIN_USERS": ADMIN, "MAX_TOKENS_PER_MONTH": "1000000000"}
_EXPORT: Mapping[str, object] = {"ADMIN_USERS": ADMIN, "ADMIN_EXPORT": "on"}
_SHORT: Mapping[str, object] = {"conversation_timeout": 4.0, "reply_timeout": 4.0}
"""FC's time-outs where runs stop, in seconds of the machine: a stopped process has no clock of its own.

Too short for an answer in parts: those are posted a second apart.
"""
_NO_TASK_IDS = replace(RULES, task_ids=False)

SCENARIOS = (
    Scenario("a question in a private chat"),
    Scenario("a question in a group with history", group=True, earlier=("My name is Lin.", "I live in Hangzhou.")),
    Scenario("a question without a time", drop=("createAt",)),
    Scenario("a split answer", LONG),
    Scenario(r"\clear", r"\clear", earlier=("My name is Lin.",), forgets=True),
    Scenario("a mode command", "单聊", earlier=("My name is Lin.",), forgets=True),
    Scenario("a persona", "角色 You are a geographer.", earlier=("My name is Lin.",)),
    Scenario("usage, with a month's total", "用量", earlier=("My name is Lin.",), staff_id=ADMIN, options=_TOTALS),
    Scenario("a look-up", "#查对话 username:Lin", earlier=("My name is Lin.",), staff_id=ADMIN, options=_EXPORT),
    Scenario("FC 2.0", earlier=("My name is Lin.",), options={"platform": "fc2", "runtime": "python3.10"}),
    Scenario("an instant answer in the body", "帮助"),
    Scenario("an instant answer by webhook", "帮助", options={"INSTANT_ANSWERS": "webhook"}),
    Scenario("refused by a limit", outcome=REFUSED, earlier=("My name is Lin.",), options={"MAX_REQUEST": "1"}),
    Scenario("a failing model", FAILING, FAILED),
    Scenario("an undeliverable webhook", outcome=UNDELIVERABLE, post="300001"),
    Scenario("CLAIM=oss", options={"CLAIM": "oss", "rules": _NO_TASK_IDS}),
    Scenario("task ids off", redelivered_at_once=False, options={"rules": _NO_TASK_IDS}),
    Scenario("the failure destination", outcome=FAILED, killed_at="start"),
    Scenario("the failure destination with a saved answer", killed_at="post"),
    Scenario("a bucket that is read-only", bucket="read-only"),
    Scenario("taken over while the model thinks", earlier=("My name is Lin.",), first_dies_at="model"),
    Scenario("taken over with a saved answer", first_dies_at="post"),
    Scenario("taken over with a shown answer", first_dies_at="posted"),
    Scenario("timed out, with history", group=True, earlier=("My name is Lin.",), stops=True, options=_SHORT),
    Scenario("timed out, a command", "单聊", forgets=True, stops=True, options=_SHORT),
)


def thought(request: ModelRequest) -> Reply:
    """What the model says to the questions of the scenarios."""
    if FAILING in request.question:
        return failing(401, "invalid_api_key", "no")
    if LONG in request.question:
        return Reply(text="The Nile, the Amazon, the Yangtze, and how each of them was measured. " * 700)
    return Reply(text=f"Rivers ({len(request.messages)})", first_token=SLOW_SECONDS if SLOW in request.question else 0)
