"""One message in a bucket that goes wrong, and one after it in a bucket that works: what must be true of both."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from local.cloud import LocalCloud, Sent
from local.faults import Fault
from proof.bucket_history import ROUNDS, History, lived
from proof.outcomes import ANSWERED, Conditions, Verdict, judge, turn_ids
from proof.plan import Case
from proof.result import Result, Violation
from reply.conversation import State
from shared.errors import StoreUnavailable
from shared.wording import wording

LONG = "at length"
"""What a question holds whose answer comes in parts."""

BLIND = frozenset({"stale"})
"""Faults by which nothing can tell that something is missing."""

SECONDS = 90.0
_ZH = wording("zh")


@dataclass(frozen=True)
class Story:
    """What a message is and what was there before it: turns of so many seconds ago, in so many files."""

    name: str
    text: str
    ages_s: tuple[float, ...] = (900.0, 600.0)
    files: int = 1
    asks: bool = True


STORIES = (
    Story("first message", "hello", ages_s=()),
    Story("later message", "and now?"),
    Story("after crashes", "and now?", ages_s=(900.0, 600.0, 20.0), files=5),
    Story("answer in parts", f"tell me {LONG}"),
    Story("clear", "\\clear", asks=False),
    Story("persona", "角色 你是一位律师", asks=False),
    Story("usage", "用量", asks=False),
)


class Trial:
    """One case: a private chat with its history, a message that is not sent yet, and its faults."""

    def __init__(self, case: Case, story: Story, cloud: LocalCloud) -> None:
        self.case, self.story = case, story
        self.person = cloud.person(case.name[:20])
        self.place = cloud.private(self.person)
        self.history: History = lived(cloud, self.place, files=story.files, ages_s=story.ages_s)
        token = secrets.token_hex(4)
        self.sent = cloud.compose(self.person, f"{story.text} {token}" if story.asks else story.text)
        self.next: Sent | None = None
        self.killed = False
        self.mended = True  # whether everything can be read when the next message comes
        self.faults: list[str] = []
        self._waiting: list[Fault] = []
        self._cloud = cloud

    def fault(self, name: str, times: int | None = None, **details: object) -> None:
        """Let the bucket go wrong for the runs of `reply` for this message, or for the first so many of them."""
        messages = 1 if times is None else None
        fault = Fault(name, times, self.place.id, function="reply", messages=messages, parameters=details)
        self._cloud.fc.disk.add(fault)
        self.faults.append(name)
        self._waiting += [fault] if name != "kill" else []

    @property
    def met(self) -> bool:
        """Whether a run of the message had a bucket that goes wrong."""
        return any(self.sent.id in fault.met_by for fault in self._waiting)


def settled(cloud: LocalCloud, trials: Sequence[Trial], result: Result) -> None:
    """Send every message, and when nothing runs any more, one after each of them in a bucket that works."""
    _sent(cloud, [trial.sent for trial in trials], result)
    cloud.fc.disk.clear()
    cloud.fc.kills.clear()
    for trial in trials:
        trial.next = cloud.compose(trial.person, f"one more {secrets.token_hex(4)}")
        trial.next.payload["createAt"] = max(trial.next.payload["createAt"], trial.sent.at + 1)
    _sent(cloud, [trial.next for trial in trials if trial.next], result)


def _sent(cloud: LocalCloud, messages: Sequence[Sent], result: Result) -> None:
    cloud.deliver_all(messages)
    try:
        cloud.wait_all(messages, SECONDS)
    except TimeoutError as problem:
        result.violations.append(Violation("waiting", str(problem), f"an outcome within {SECONDS:g} s"))


def checked(cloud: LocalCloud, trial: Trial, result: Result) -> int:
    """Judge both messages and look at what is stored; returns how many extra outcomes the first one had."""
    result.cases += 1
    broken = Broken(trial.case.name, result)
    verdict = judge(cloud, trial.sent, Conditions(bucket=trial.met))
    result.tally.add(verdict)
    _first(cloud, trial, verdict, broken)
    broken.unless(not (lost := trial.history.lost()), f"history: {lost}", "every answered turn is still there")
    if trial.next is not None:
        _second(cloud, trial, trial.next, result, broken)
    _instances(cloud, trial, broken)
    return verdict.extra


@dataclass(frozen=True)
class Broken:
    """Where a case's violations go."""

    case: str
    result: Result

    def unless(self, kept: bool, found: str, wanted: str) -> None:
        """Report what was found, unless the promise was kept."""
        if not kept:
            self.result.violations.append(Violation(self.case, found, wanted))


def _first(cloud: LocalCloud, trial: Trial, verdict: Verdict, broken: Broken) -> None:
    if trial.killed:
        return
    broken.unless(not verdict.extra, f"{verdict.extra + 1} outcomes", "one: no instance had died")
    if not trial.story.asks:
        return
    broken.unless(verdict.outcome == ANSWERED, f"{verdict.outcome}: {cloud.describe(trial.sent)}", "an answer")
    said = "".join(shown.text for shown in trial.sent.answers)
    if not BLIND & set(trial.faults):
        told = _ZH.no_memory in said or _ZH.not_recalled in said
        remembered = told or seen(cloud, trial.sent, trial.history)
        broken.unless(remembered, f"without memory, untold: {said[-80:]!r}", "the person is told so")
    kept = stored(cloud, trial) or _ZH.no_memory in said or _ZH.not_remembered in said
    broken.unless(kept, f"not remembered, untold: {said[-80:]!r}", "the person is told so")


def _second(cloud: LocalCloud, trial: Trial, sent: Sent, result: Result, broken: Broken) -> None:
    verdict = judge(cloud, sent)
    result.tally.add(verdict)
    said = "".join(shown.text for shown in sent.answers)
    broken.unless(verdict.outcome == ANSWERED, f"then {verdict.outcome}: {cloud.describe(sent)}", "then an answer")
    told = any(note in said for note in (_ZH.no_memory, _ZH.not_recalled, _ZH.not_remembered))
    broken.unless(
        not (told and trial.mended), f"told so afterwards: {said[-80:]!r}", "a bucket that works again is used"
    )
    known = seen(cloud, sent, trial.history) or trial.story.name == "clear"
    broken.unless(known, "the next prompt lacks what was answered before", "the whole history")


def _instances(cloud: LocalCloud, trial: Trial, broken: Broken) -> None:
    """Nothing is raised because of a bucket: FC runs nothing again that did not die, or that had time left."""
    if "slow" in trial.faults:
        return
    for invocation in cloud.invocations(trial.sent, "async"):
        raised = [outcome.message for outcome in invocation.outcomes if outcome.kind in ("error", "init", "timeout")]
        broken.unless(not raised, f"a run ended in {raised}", "no error reaches FC")


def seen(cloud: LocalCloud, sent: Sent, history: History) -> bool:
    """Whether the last prompt for a message held the answers of its history."""
    prompts = [request for request in cloud.model.requests if sent.text in request.question]
    if not prompts:
        return False
    text = "\n".join(str(message.get("content")) for message in prompts[-1].messages)
    return all(answer in text for answer in history.answers[-ROUNDS:])


def stored(cloud: LocalCloud, trial: Trial) -> bool:
    """Whether the message is in the conversation now, answered."""
    try:
        turns = trial.history.readable().turns
    except StoreUnavailable:
        return False
    own = turn_ids(cloud, trial.sent)
    return any(turn.id in own and turn.state is State.ANSWERED for turn in turns.values())
