"""A turn that hangs: nobody else waits for it, and its own later turns go ahead in time for their own answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from local.cloud import LocalCloud, Reply, Sent
from local.people import Conversation, Person
from proof.isolation_order import Saves, told
from proof.outcomes import ANSWERED, judge
from proof.plan import Plan
from proof.result import Result, Violation

LONGEST_WAIT_MS = 240
"""Less than the first pause of a turn that waits for another: whoever waits at all takes longer."""

HOLDS_S = 3600.0


@dataclass(frozen=True)
class Hang:
    """How turns hang: `model` in place of an answer, the first or all of `chain` turns after one another.

    `timeout` (s) is the function's, `model_seconds` what the model may take; `pace` as in `Options`. `group`: it is
    in a group, and the others are its other members; `shared`: its members have one context, and take turns in the
    chain.
    """

    model: Callable[[], Reply]
    chain: int
    all_of_them: bool = False
    timeout: float = 20
    model_seconds: int = 3
    pace: float = 0.1
    group: bool = False
    shared: bool = False


def _hang(name: str, hang: Hang, *, whole: bool = False) -> Callable[[Plan, Result], None]:
    """The case; `whole` ones take real time and are left out of a share, unless they are asked for."""

    def drive(plan: Plan, result: Result) -> None:
        if whole and plan.share < 1 and not plan.only:
            return
        with plan.cloud(
            instances=hang.chain + 5,
            pace=hang.pace,
            reply_timeout=hang.timeout,
            TIMEOUT=str(hang.model_seconds),
            CONTEXT_SCOPE="group" if hang.shared else "member",
        ) as cloud:
            cloud.model.default = lambda request: (
                hang.model() if "hang" in request.question else cloud.model.echo(request)
            )
            cloud.wait_all([cloud.say(cloud.person(), "warm up") for _ in range(3)])
            members = [cloud.person() for _ in range(6)]
            group = cloud.group(*members)
            chain = _chain(cloud, hang, members, group if hang.group else None)
            others = _others(cloud, members[1:], None if hang.shared else group)
            cloud.wait_all([*chain, *others], 3 * hang.timeout + 60)
            for what, wanted in [*_late(cloud, chain, hang), *_held_up(cloud, others)]:
                result.violations.append(Violation(name, what, wanted))
            hung = chain if hang.all_of_them else chain[:1]
            for sent in (*chain, *others):
                verdict = judge(cloud, sent)
                result.tally.add(verdict)
                if verdict.outcome != ANSWERED and sent not in hung:
                    result.violations.append(Violation(name, f"{sent.text!r} was {verdict.outcome}", ANSWERED))
            result.cases += 1
            ahead = sum(told(cloud, sent).went_ahead for sent in chain)
            result.numbers[name] = f"{hang.chain} turns, {ahead} of them went ahead"

    return drive


def _chain(cloud: LocalCloud, hang: Hang, members: Sequence[Person], group: Conversation | None) -> list[Sent]:
    """Turns of one conversation, each noted before the next is written."""
    saves, chain = Saves(cloud), list[Sent]()
    for number in range(hang.chain):
        word = "hang" if hang.all_of_them or number == 0 else "go on"
        chain.append(cloud.say(members[number if hang.shared else 0], f"{word} {number}", group))
        cloud.until(lambda: saves.of(chain[-1]) is not None)
    return chain


def _others(cloud: LocalCloud, people: Sequence[Person], group: Conversation | None) -> list[Sent]:
    """Other people, in private chats and in the group, while the chain hangs."""
    return [cloud.say(person, "hello", group if number % 2 else None) for number, person in enumerate(people)]


def _late(cloud: LocalCloud, chain: list[Sent], hang: Hang) -> list[tuple[str, str]]:
    found = []
    for number, sent in enumerate(chain, 1):
        turn, runs = told(cloud, sent), cloud.invocations(sent, "async")
        ends = [outcome.kind for run in runs for outcome in run.outcomes]
        if turn.took_ms > hang.timeout * 1000 or ends != ["result"] or not sent.answers:
            found.append(
                (
                    f"turn {number} of {len(chain)} took {turn.took_ms} ms and ended {ends}",
                    f"{hang.timeout:g} s at most",
                )
            )
    if not hang.all_of_them and any("hang" in shown.text for sent in chain[1:] for shown in sent.answers):
        found.append(("a later turn's answer repeats the one that hung", "its own"))
    return found


def _held_up(cloud: LocalCloud, others: list[Sent]) -> list[tuple[str, str]]:
    found = []
    for sent in others:
        waited = told(cloud, sent).waited_ms
        if waited > LONGEST_WAIT_MS:
            found.append((f"{sent.id} waited {waited} ms for another conversation's turn", "no waiting"))
    return found


def _before_the_first() -> Reply:
    return Reply("too late", first_token=HOLDS_S)


def _in_the_middle() -> Reply:
    return Reply(chunks=["Once ", "upon ", "a time"], stall_after=2)


def _drop_by_drop() -> Reply:
    return Reply(chunks=["x"] * 4000, between=0.2)


_KINDS: Mapping[str, Callable[[], Reply]] = {
    "before its first word": _before_the_first,
    "in the middle": _in_the_middle,
    "drop by drop": _drop_by_drop,
}
_HANGS = {
    **{
        f"hang: {kind}, the first of {chain}": (Hang(model, chain), False)
        for kind, model in _KINDS.items()
        for chain in (3, 5)
    },
    "hang: in a group, a context per member, the first of 3": (Hang(_before_the_first, 3, group=True), False),
    "hang: in a group, one context, the first of 3": (Hang(_in_the_middle, 3, group=True, shared=True), False),
    "hang: in a group, one context, all of 5": (
        Hang(_before_the_first, 5, all_of_them=True, group=True, shared=True),
        False,
    ),
    "hang: before its first word, all of 5": (Hang(_before_the_first, 5, all_of_them=True), False),
    "hang: unscaled, all of 5": (
        Hang(_before_the_first, 5, all_of_them=True, timeout=20, model_seconds=5, pace=1.0),
        True,
    ),
}

HANGS: Mapping[str, Callable[[Plan, Result], None]] = {
    name: _hang(name, hang, whole=whole) for name, (hang, whole) in _HANGS.items()
}
"""By the names of cases."""
