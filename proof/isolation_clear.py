"""A clear while a question is at work: it is answered all the same, and nothing of it enters a later prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local.cloud import LocalCloud, Reply, Sent
from local.people import Conversation, Person
from proof.isolation_order import LONG, Saves
from proof.outcomes import ANSWERED, judge
from proof.plan import Plan
from proof.result import Result, Violation

_Slow = Callable[[LocalCloud, Sent], None]
WORD = "pomegranate"
"""What the question that is at work contains, and its answer."""


def _case(name: str, slow: _Slow, *, group: bool = False) -> Callable[[Plan, Result], None]:
    def drive(plan: Plan, result: Result) -> None:
        with plan.cloud(instances=4, pace=0.2) as cloud:
            saves, person = Saves(cloud), cloud.person()
            where = cloud.group(person, cloud.person()) if group else cloud.private(person)
            cloud.wait_all([cloud.say(cloud.person(), "warm up") for _ in range(3)])
            first = cloud.compose(person, f"tell me of the {WORD}", where)
            slow(cloud, first)
            cloud.deliver(first)
            cloud.until(lambda: saves.of(first) is not None)
            clear = cloud.say(person, "\\clear", where)
            cloud.until(lambda: bool(clear.answers))
            if first.answers:
                result.violations.append(Violation(name, "it was over before it was cleared", "a question at work"))
            sent = [first, clear, *_later(cloud, person, where, first)]
            cloud.wait_all(sent)
            for found in _remembered(cloud):
                result.violations.append(Violation(name, found, "a prompt without it"))
            for one in sent:
                verdict = judge(cloud, one)
                result.tally.add(verdict)
                if verdict.outcome != ANSWERED:
                    result.violations.append(Violation(name, f"{one.text!r} was {verdict.outcome}", ANSWERED))
            result.cases += 1

    return drive


def _later(cloud: LocalCloud, person: Person, where: Conversation, first: Sent) -> list[Sent]:
    """A question while the first one is still at work, and one when it is over."""
    second = cloud.say(person, "number 2", where)
    cloud.wait_all([first, second])
    return [second, cloud.say(person, "number 3", where)]


def _remembered(cloud: LocalCloud) -> list[str]:
    later = [request for request in cloud.model.requests if request.question.startswith("number")]
    found = [f"{request.question!r} came with the {WORD}" for request in later if WORD in str(request.messages)]
    return found if len(later) == 2 else [*found, f"{len(later)} later questions reached the model"]


def _model_is_slow(cloud: LocalCloud, first: Sent) -> None:
    cloud.model.script(Reply(f"a {WORD} at last", first_token=1.0, when=first.text))


def _dingtalk_is_slow(cloud: LocalCloud, first: Sent) -> None:
    cloud.model.script(Reply(f"a {WORD}", when=first.text))
    cloud.dingtalk_fails("slow", where=first.conversation, seconds=1.0)


def _in_parts(cloud: LocalCloud, first: Sent) -> None:
    cloud.model.script(Reply(f"a {WORD}. {LONG}", first_token=0.5, when=first.text))


CLEARS: Mapping[str, Callable[[Plan, Result], None]] = {
    "clear: while the model thinks": _case("clear: while the model thinks", _model_is_slow),
    "clear: while the model thinks, in a group": _case(
        "clear: while the model thinks, in a group", _model_is_slow, group=True
    ),
    "clear: while DingTalk accepts": _case("clear: while DingTalk accepts", _dingtalk_is_slow),
    "clear: before an answer in parts": _case("clear: before an answer in parts", _in_parts),
}
"""By the names of cases."""
