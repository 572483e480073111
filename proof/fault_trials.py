"""Tries messages that meet faults, many at once, and holds what people saw against what is wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from local.cloud import LocalCloud, Reply, Sent
from local.faults import Fault
from local.model import ModelRequest
from local.people import Conversation, Person
from proof.faults import Trial, Wanted
from proof.outcomes import ANSWERED, FAILED, judge, says
from proof.plan import Case, Plan
from proof.result import Result, Violation

AT_ONCE = 16
"""Messages on their way at the same time, and instances of each function."""

WAIT_SECONDS = 120.0

NOTES = (
    *("stalled", "length_cut", "filtered_cut", "error_cut", "pictures_left_out"),
    *("no_memory", "not_remembered", "context_left_out", "context_dropped"),
)
"""What an answer may say about itself: the one that is wanted, or none."""


@dataclass
class Running:
    """A trial on its way."""

    trial: Trial
    number: int
    person: Person
    place: Conversation
    before: Sent | None = None
    struck: Sent | None = None
    after: Sent | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Words that are in no other trial's messages."""
        return f"trial{self.number}x"


class Trials:
    """Runs trials on one cloud. `between` is called when messages are on their way, such as to move the clock."""

    def __init__(self, cloud: LocalCloud, result: Result) -> None:
        self._cloud, self._result = cloud, result
        self._answers: dict[str, str] = {}
        cloud.model.default = self._reply

    def run(self, cases: Sequence[Case], between: Callable[[], None] | None = None, *, at_once: int = AT_ONCE) -> None:
        """Try these; what is found goes into the result."""
        for some in _batches([_trial(case) for case in cases], at_once):
            running = [self._prepared(trial, number) for number, trial in enumerate(some, self._result.cases)]
            self._result.cases += len(running)
            self._say([each for each in running if each.trial.later], "before")
            for each in running:
                self._strike(each)
            self._say(running, "struck", between)
            for each in running:
                self._mend(each)
            self._say([each for each in running if each.trial.later], "after")
            for each in running:
                self._judge(each)
            self._forget()

    def _prepared(self, trial: Trial, number: int) -> Running:
        cloud = self._cloud
        person = cloud.person()
        place = cloud.group(person, cloud.person("小周")) if trial.group else cloud.private(person)
        return Running(trial, number, person, place)

    def _say(self, running: Sequence[Running], when: str, between: Callable[[], None] | None = None) -> None:
        sent = [self._composed(each, when) for each in running]
        self._cloud.deliver_all(sent)
        if between:
            between()
        self._cloud.wait_all(sent, WAIT_SECONDS)

    def _composed(self, each: Running, when: str) -> Sent:
        sent = self._cloud.compose(each.person, f"{when} {each.words}", each.place)
        setattr(each, when, sent)
        if when == "struck" and each.trial.answer:
            self._answers[sent.text] = each.trial.answer
        return sent

    def _reply(self, request: ModelRequest) -> Reply:
        found = next((answer for text, answer in self._answers.items() if text in request.question), "")
        return Reply(text=found) if found else self._cloud.model.echo(request)

    def _strike(self, each: Running) -> None:
        each.faults = [
            self._cloud.switch_on(
                switch.name, where=each.place, times=switch.times, after=switch.after, **switch.parameters
            )
            for switch in each.trial.switches
        ]

    def _mend(self, each: Running) -> None:
        for fault in each.faults:
            self._cloud.parts.switches.off(fault.number)

    def _forget(self) -> None:
        """Many trials run on one cloud: it must not slow down with what was seen before."""
        self._answers.clear()
        self._cloud.model.requests.clear()
        self._cloud.dingtalk.forget()
        self._cloud.fc.forget()

    def _judge(self, each: Running) -> None:
        for sent in filter(None, (each.before, each.after)):
            verdict = judge(self._cloud, sent)
            self._result.tally.add(verdict)
            if verdict.outcome != ANSWERED:
                self._wrong(each, f"{verdict.outcome} {sent.text!r}: {self._shown(sent)}", "an answer")
        if each.struck is not None:
            self._judge_struck(each, each.struck)
        if each.after is not None:
            self._judge_memory(each, each.after)

    def _judge_struck(self, each: Running, sent: Sent) -> None:
        trial, wanted = each.trial, each.trial.wanted
        verdict = judge(self._cloud, sent, trial.conditions)
        self._result.tally.add(replace(verdict, message=f"{sent.id} ({trial.name})"))
        if trial.single and verdict.extra:
            self._wrong(each, f"{verdict.extra + 1} outcomes: {self._shown(sent)}", "one: nothing was in doubt")
        if any(not fault.met_by for fault in each.faults):
            self._wrong(each, "a fault was never met", "a trial of it")
        if verdict.outcome not in wanted.outcomes:
            self._wrong(each, f"{verdict.outcome}: {self._shown(sent)}", " or ".join(wanted.outcomes))
        elif verdict.outcome == FAILED and not any(says(s, name) for s in sent.answers for name in wanted.sentences):
            self._wrong(each, self._shown(sent), " or ".join(wanted.sentences))
        elif verdict.outcome == ANSWERED:
            if wanted.text and not _is_whole([shown.text for shown in sent.answers], wanted):
                self._wrong(each, self._shown(sent), f"{wanted.text!r}, once")
            for note in NOTES:
                if any(says(shown, note) for shown in sent.answers) != (note == wanted.note):
                    self._wrong(each, self._shown(sent), f"note {wanted.note or 'none'}")
        self._judge_runs(each, sent)

    def _judge_runs(self, each: Running, sent: Sent) -> None:
        """In time, before FC would have killed the run by its own clock; and the model paid no more than it may be."""
        runs = self._cloud.invocations(sent)
        for invocation in runs:
            limit = self._cloud.fc.pools[invocation.function].function.timeout
            for run in invocation.outcomes:
                took = run.ms / 1000 + run.gained
                stopped = run.kind == "timeout" and each.trial.dies
                if not stopped and (run.kind == "timeout" or took > limit):
                    self._wrong(each, f"{invocation.function} took {took:.1f} s ({run.kind})", f"less than {limit:g} s")
                if run.kind in ("error", "init") and run.error_type != "DeliveryDelayed":
                    self._wrong(each, f"{invocation.function} raised {run.error_type}: {run.message}", "no error")
        paid = [r for r in self._asked(sent) if r.status == 200 and r.answer and r.done_at]
        if len(paid) > each.trial.paid:
            self._wrong(each, f"the model was paid {len(paid)} times", f"{each.trial.paid}")

    def _judge_memory(self, each: Running, after: Sent) -> None:
        """What was answered before is remembered, and what was not is not shown to the model."""
        prompts = [json.dumps(request.messages, ensure_ascii=False) for request in self._asked(after)]
        if not prompts:
            return
        dropped = each.struck is not None and each.trial.wanted.note == "context_dropped"
        if (f"before {each.words}" not in prompts[-1]) != dropped:
            found, wanted = ("in a later prompt", "none") if dropped else ("forgotten", "history")
            self._wrong(each, f"the message before was {found}", wanted)
        answered = bool(each.struck and judge(self._cloud, each.struck, each.trial.conditions).outcome == ANSWERED)
        failed = bool(each.struck and judge(self._cloud, each.struck, each.trial.conditions).outcome == FAILED)
        known = f"struck {each.words}" in prompts[-1]
        if failed and known and not each.trial.conditions.acceptance:
            self._wrong(each, "a message that failed is in a later prompt", "only what was answered")
        if answered and not known:
            self._wrong(each, "the message that was answered is not in a later prompt", "history")

    def _asked(self, sent: Sent) -> list[ModelRequest]:
        ids = {invocation.request_id for invocation in self._cloud.invocations(sent)}
        return [request for request in self._cloud.model.requests if request.turn in ids]

    def _shown(self, sent: Sent) -> str:
        texts = [f"{shown.via}: {shown.text[:90]!r}" for shown in sent.answers]
        return "; ".join(texts) or f"nothing ({self._cloud.describe(sent)})"

    def _wrong(self, each: Running, found: str, wanted: str) -> None:
        self._result.violations.append(Violation(each.trial.name, found, wanted))


def try_all(plan: Plan, result: Result, cases: Sequence[Case], *, at_once: int = AT_ONCE, **options: object) -> None:
    """Try the cases on a cloud with these options, where there are any."""
    if cases:
        with plan.cloud(**{"instances": at_once, **options}) as cloud:
            Trials(cloud, result).run(cases, at_once=at_once)


def _is_whole(shown: Sequence[str], wanted: Wanted) -> bool:
    """Whether an answer of one message is what was said, and said once."""
    said = [re.sub(r"\A@\S+\n\n", "", text) for text in shown]  # in a group it begins with whom it is for
    return len(said) == 1 and (said[0].startswith(wanted.text) if wanted.note else said[0] == wanted.text)


def _trial(case: Case) -> Trial:
    trial = case.parameters["trial"]
    if not isinstance(trial, Trial):
        raise TypeError(f"case {case.name} has no trial")
    return trial


def _batches(trials: Sequence[Trial], size: int) -> Iterator[Sequence[Trial]]:
    for start in range(0, len(trials), size):
        yield trials[start : start + size]
