"""Short cases, each of one promise: what a build that was broken on purpose must fail, and the real one must not.

They are tried against every broken build that no other part of the proof catches as cheaply.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from local.cloud import LocalCloud, Reply
from local.messages import Sent
from proof.mutation_doors import (
    CLOSED,
    TWO_ROBOTS,
    list_that_says_nothing,
    old_command,
    old_question,
    same_id_at_another_robot,
    secret_that_was_reset,
)
from proof.outcomes import FAILED, UNDELIVERABLE, Conditions, Verdict, judge
from proof.plan import RULES, Case, Plan
from proof.result import Result, Violation

_LONG = "这是一个很长的回答。" * 1500


@dataclass(frozen=True)
class Trial:
    """One case at work. `judged` has every message that was sent."""

    cloud: LocalCloud
    judged: list[Verdict] = field(default_factory=list)

    def said(self, text: str = "你好", **how: object) -> Sent:
        """A message of somebody new (or of `person`), when nothing of it runs any more."""
        person = how.pop("person", None) or self.cloud.person()
        sent = self.cloud.say(person, text, **how)  # type: ignore[arg-type]  # keywords of `compose`
        self.cloud.wait(sent, 60)
        return sent

    def outcome(self, sent: Sent, *, bucket: bool = False) -> Verdict:
        """Judge a message once; `bucket` is whether the bucket failed meanwhile."""
        self.judged.append(judge(self.cloud, sent, Conditions(bucket=bucket)))
        return self.judged[-1]

    def prompt(self, text: str) -> str:
        """Everything the model was given when the question that contains `text` was asked; "" when it never was."""
        asked = [request for request in list(self.cloud.model.requests) if text in request.question]
        return "\n".join(message["content"] for message in asked[-1].messages) if asked else ""


Problems = Iterator[str]


@dataclass(frozen=True)
class Promise:
    """One case: how its cloud is set up, and what is done; every sentence it yields is a violation."""

    name: str
    work: Callable[[Trial], Problems]
    cloud: Mapping[str, object] = field(default_factory=dict)


def _plain(trial: Trial) -> Problems:
    trial.outcome(trial.said())
    if len(trial.cloud.model.requests) != 1:
        yield f"the model was asked {len(trial.cloud.model.requests)} times"


def _refused_by_dingtalk(trial: Trial) -> Problems:
    for code in ("-1", "130101", "40035"):
        trial.cloud.dingtalk_fails(code)
        sent = trial.said()
        trial.outcome(sent)
    trial.cloud.dingtalk_fails("300001", 20)
    if trial.outcome(trial.said()).outcome != UNDELIVERABLE:
        yield "a closed webhook was not put on record"


def _a_response_that_is_lost(trial: Trial) -> Problems:
    trial.cloud.dingtalk_fails("shown-then-reset")
    trial.outcome(trial.said())
    yield from ()


def _slower_than_the_watchdog(trial: Trial) -> Problems:
    trial.cloud.model.script(Reply("太晚了", first_token=1.6))
    trial.outcome(trial.said())
    yield from ()


def _hanging_bucket(trial: Trial) -> Problems:
    cloud = trial.cloud
    cloud.disk_fails("slow", seconds=30.0)
    sent = trial.said()
    cloud.mend_disk()
    trial.outcome(sent, bucket=True)
    yield from ()


def _killed_at(point: str) -> Callable[[Trial], Problems]:
    def work(trial: Trial) -> Problems:
        trial.cloud.kill_at(point)
        trial.outcome(trial.said())
        if len(trial.cloud.model.requests) != 1:
            yield f"the model was paid {len(trial.cloud.model.requests)} times for a saved answer"

    return work


def _always_killed(trial: Trial) -> Problems:
    trial.cloud.kill_at("model", 20)
    if (found := trial.outcome(trial.said())).outcome != FAILED:
        yield f"the outcome is {found.outcome}, wanted an explanation by the last attempt"


def _given_up(trial: Trial) -> Problems:
    trial.cloud.kill_at("start", 3)
    if (found := trial.outcome(trial.said())).outcome != FAILED:
        yield f"the outcome is {found.outcome}, wanted an explanation after FC gave up"


def _remembered(trial: Trial) -> Problems:
    person = trial.cloud.person()
    for number in range(3):
        trial.outcome(trial.said(f"金丝雀{number}", person=person))
    asked = trial.prompt("金丝雀2")
    if "金丝雀0" not in asked or "金丝雀1" not in asked:
        yield "an earlier turn is missing in the prompt"


def _requests_of_strangers(trial: Trial) -> Problems:
    cloud = trial.cloud
    sent = cloud.compose(cloud.person(), "谁在那里")
    old = str(cloud.clock.now_ms() - 2 * 86_400_000)
    for what, headers in (
        ("another's secret", cloud.signed_headers("", "another's")),
        ("two days old", cloud.signed_headers(old)),
    ):
        [delivery] = cloud.deliver(sent, headers=headers)
        if delivery.status != 401:
            yield f"{what}: status {delivery.status}, wanted 401"
        cloud.wait(sent)
    if cloud.invocations(sent, "async"):
        yield "it was handed over"


def _foreign_webhook(trial: Trial) -> Problems:
    cloud = trial.cloud
    evil = "https://oapi.dingtalk.com.example/robot/sendBySession?session=" + "0" * 32
    sent = cloud.say(cloud.person(), "去别处", change={"sessionWebhook": evil})
    cloud.wait(sent)
    if not sent.answers or sent.answers[0].via != "body":
        yield f"it was not refused in the response: {cloud.describe(sent)}"
    if cloud.invocations(how="async"):
        yield "it was handed over"


def _parts(trial: Trial) -> Problems:
    trial.cloud.model.script(Reply(_LONG))
    trial.outcome(trial.said("长文"))
    yield from ()


def _killed_between_parts(trial: Trial) -> Problems:
    cloud = trial.cloud
    cloud.model.script(Reply(_LONG))
    sent = cloud.compose(cloud.person(), "长文")
    killed: list[Sent] = []

    def kill_at_second(_: object) -> None:
        if len(sent.answers) == 2 and not killed:
            killed.append(sent)
            cloud.kill_at("posted")

    cloud.parts.listeners.append(kill_at_second)
    cloud.deliver(sent)
    cloud.wait(sent)
    trial.outcome(sent)
    if sum(1 for shown in sent.answers if shown.text == sent.answers[0].text) > 1:
        yield "a part that was saved as shown was shown again"


def _hand_over_refused(trial: Trial) -> Problems:
    trial.cloud.invoke_fails("403", 2)
    if (found := trial.outcome(trial.said())).outcome != FAILED:
        yield f"the outcome is {found.outcome}, wanted an explanation"


def _dated(trial: Trial, hours: float) -> dict[str, object]:
    """What is changed in a message whose unsigned time is so far from the signed one."""
    return {"createAt": trial.cloud.clock.now_ms() + int(hours * 3_600_000)}


def _dated_back(trial: Trial) -> Problems:
    person = trial.cloud.person()
    for hours in (0.0, -23.9):
        trial.outcome(trial.said(person=person, change=_dated(trial, hours)))
    if len(trial.cloud.model.requests) != 1:
        yield "a question that was dated back escaped the limit of its day"


def _dated_ahead(trial: Trial) -> Problems:
    person = trial.cloud.person()
    trial.outcome(trial.said("角色 海盗", person=person, change=_dated(trial, 290 / 3600)))
    trial.outcome(trial.said("\\clear", person=person))
    if "海盗" in (shown := trial.said("角色", person=person)).answers[0].text:
        yield f"a persona that was cleared is shown: {shown.answers[0].text!r}"


def _a_month_that_is_used_up(trial: Trial) -> Problems:
    for _ in range(2):
        trial.outcome(trial.said())
    if len(trial.cloud.model.requests) != 1:
        yield "a question was asked after the month was used up"


_FAST_TIMEOUT: Mapping[str, object] = {"reply_timeout": 3, "pace": 1.0}

PROMISES: tuple[Promise, ...] = (
    Promise("a plain question", _plain),
    Promise("refused by DingTalk", _refused_by_dingtalk),
    Promise("a response that is lost", _a_response_that_is_lost),
    Promise("slower than the watchdog", _slower_than_the_watchdog, _FAST_TIMEOUT),
    Promise("a bucket that hangs", _hanging_bucket, {**_FAST_TIMEOUT, "rules": replace(RULES, retries=0)}),
    Promise("killed before its post is shown", _killed_at("post")),
    Promise("always killed, without a destination", _always_killed, {"rules": replace(RULES, on_failure="")}),
    Promise("killed until FC gives up", _given_up),
    Promise("three turns", _remembered),
    Promise("requests of strangers", _requests_of_strangers),
    Promise("a foreign webhook", _foreign_webhook),
    Promise("an answer in parts", _parts),
    Promise("killed between parts", _killed_between_parts),
    Promise("a hand-over that is refused", _hand_over_refused),
    Promise("the same id at another robot", same_id_at_another_robot, TWO_ROBOTS),
    Promise("a list that says nothing", list_that_says_nothing, CLOSED),
    Promise("an old question", old_question),
    Promise("an old command", old_command),
    Promise("a secret that was reset", secret_that_was_reset),
    Promise("dated back by a day", _dated_back, {"MAX_REQUEST": "1"}),
    Promise("dated ahead by minutes", _dated_ahead),
    Promise("a month that is used up", _a_month_that_is_used_up, {"MAX_TOKENS_PER_MONTH": "8", "MAX_ANSWER_LEN": "1"}),
)


def run(plan: Plan) -> Result:
    """Try every case, or those that the plan asks for."""
    result = Result("mutation_cases")
    by_name = {promise.name: promise for promise in PROMISES}
    for case in plan.sample("mutation cases", [Case(name) for name in by_name]):
        promise = by_name[case.name]
        result.cases += 1
        with plan.cloud(**promise.cloud) as cloud:
            trial = Trial(cloud)
            began = time.monotonic()
            try:
                problems = list(promise.work(trial))
            except TimeoutError as late:
                problems = [f"never over: {late}"]
            result.numbers[case.name] = round(time.monotonic() - began, 1)
        for verdict in trial.judged:
            result.tally.add(verdict)
        result.violations += [Violation(case.name, problem, "the promise kept") for problem in problems]
    return result
