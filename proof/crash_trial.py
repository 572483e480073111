"""One message of the crash matrix: sent, killed, run again, delivered again, judged; then a later turn is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from local.cloud import LocalCloud
from local.deaths import Death
from local.faults import Fault
from local.fc import Invocation
from local.messages import Sent
from local.model import ModelRequest
from local.runs import Outcome, Step
from proof.crash_scenarios import CONVERSATION, LATER, REPLY, Scenario
from proof.outcomes import ANSWERED, REFUSED, UNDELIVERABLE, Conditions, Verdict, judge, turn_ids
from reply.conversation import State, from_json

DELIVERIES = 6
"""How often DingTalk delivers what is not acknowledged."""

_NONE = Verdict("", "")

SECONDS = 180
"""Real seconds that a message may take; nothing here takes more than a few, unless the machine is busy."""


@dataclass
class Trial:
    """A scenario played once; `problems` are sentences on what was found beside the verdict."""

    cloud: LocalCloud
    scenario: Scenario
    sent: Sent
    later: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    verdict: Verdict = _NONE

    @classmethod
    def prepared(cls, cloud: LocalCloud, scenario: Scenario) -> Trial:
        """A message that is not delivered yet, in a conversation as the scenario wants it."""
        lin = cloud.person("Lin", staff_id=scenario.staff_id)
        place = cloud.group(lin, cloud.person("Zhou")) if scenario.group else cloud.private(lin)
        for words in scenario.earlier:
            cloud.wait(cloud.say(lin, words, place), SECONDS)
        sent = cloud.compose(lin, scenario.text, place, drop=scenario.drop)
        if "createAt" in sent.payload:
            sent.payload["createAt"] -= 1  # one that happens to be the time of the signature would count as none
        return cls(cloud, scenario, sent)

    def play(self, deaths: list[Death], *, at_once: bool) -> None:
        """Deliver it until it is acknowledged, and once more when all is over; then ask a later turn, and judge.

        With `at_once` another later turn is asked right after the first delivery.
        """
        cloud, sent, place = self.cloud, self.sent, self.sent.conversation
        self._meet_faults()
        cloud.fc.deaths += deaths
        for _ in range(DELIVERIES):
            [delivery] = cloud.deliver(sent)
            if at_once and not self.later:
                self.later.append(cloud.say(sent.person, LATER, place))
            if delivery.status == 200:
                break
            if not self.scenario.redelivered_at_once:
                cloud.wait(sent, SECONDS)
        cloud.wait(sent, SECONDS)
        cloud.deliver(sent)
        cloud.wait_all([sent, *self.later], SECONDS)
        self.later.append(cloud.say(sent.person, LATER, place))
        cloud.wait(self.later[-1], SECONDS)
        self.verdict = judge(cloud, sent, Conditions(bucket=bool(self.scenario.bucket)))
        self.problems += self._found()

    def _meet_faults(self) -> None:
        """Let the scenario's own faults begin, for this message and no other."""
        fc, dingtalk, where = self.cloud.fc, self.cloud.dingtalk, self.sent.conversation.id
        mine = {self.sent.id}
        if self.scenario.killed_at:
            fc.kills.add(Fault(self.scenario.killed_at, 3, where, function=REPLY))
        if self.scenario.first_dies_at:
            fc.kills.add(Fault(self.scenario.first_dies_at, 1, where, function=REPLY))
        if self.scenario.post:
            dingtalk.faults.add(Fault(self.scenario.post, None, messages=1, met_by=mine))
        if self.scenario.bucket:
            fc.disk.add(Fault(self.scenario.bucket, None, function=REPLY, messages=1, met_by=mine))

    def runs(self, function: str, how: str = "") -> list[Outcome]:
        """The runs of one function that had to do with the message, in order."""
        return [o for i in self._invocations(how) if i.function == function for o in i.outcomes]

    def _invocations(self, how: str = "") -> list[Invocation]:
        return self.cloud.invocations(self.sent, how)

    def tried(self, function: str) -> Outcome | None:
        """The first run of those that the scenario is about."""
        how, number = ("trigger", 0) if function == CONVERSATION else (self.scenario.how, self.scenario.first_run)
        return next(iter(self.runs(function, how)[number:]), None)

    # What must be true afterwards

    def _found(self) -> Iterator[str]:
        yield from self._paid_again()
        yield from self._later_turns()
        if not self.scenario.bucket:
            yield from self._history()
            yield from self._files()

    def _paid_again(self) -> Iterator[str]:
        ids = {invocation.request_id for invocation in self._invocations()}
        saved = min(map(_saved_at, self.runs(REPLY)), default=float("inf"))
        asked = [request for request in list(self.cloud.model.requests) if request.turn in ids]
        late = [request for request in asked if request.at / 1000 > saved + 0.002]
        if late:
            yield f"the model was asked {len(late)} time(s) after its answer was saved"

    def _later_turns(self) -> Iterator[str]:
        wanted = REFUSED if "MAX_REQUEST" in self.scenario.options else ANSWERED
        for later in self.later:
            verdict = judge(self.cloud, later)
            if verdict.violation or verdict.extra or verdict.outcome != wanted:
                found = f"{verdict.outcome} {1 + verdict.extra} time(s)"
                yield f"a later turn was {found}, wanted {wanted} once; {verdict.violation}"
        lines = [line.text for line in self.cloud.logs(REPLY) if '"went_ahead"' in line.text]
        turns = turn_ids(self.cloud, self.later[-1])
        if any(turn in line for line in lines for turn in turns):
            yield "a turn that came when all was over waited for an earlier one until it had to go ahead"

    def _history(self) -> Iterator[str]:
        prompt = self._prompt(self.later[-1])
        if prompt is None:
            return
        counts = {words: prompt.count(words) for words in (self.scenario.text, *self.scenario.earlier)}
        answered = self.verdict.outcome == ANSWERED
        forgotten = self.scenario.forgets and answered
        for words, found in counts.items():
            is_it = words == self.scenario.text
            wanted = not forgotten and (not is_it or (self.scenario.asks and answered))
            if found != int(wanted) and not (is_it and found == 1 and self.verdict.outcome == UNDELIVERABLE):
                yield f"a later prompt has {words!r} {found} time(s), wanted {int(wanted)}"

    def _prompt(self, later: Sent) -> list[str] | None:
        """What people said in the prompt of a later turn."""
        ids = {invocation.request_id for invocation in self.cloud.invocations(later)}
        found: list[ModelRequest] = [r for r in list(self.cloud.model.requests) if r.turn in ids]
        if not found:
            return None
        return [str(message["content"]) for message in found[-1].messages if message["role"] == "user"]

    def _files(self) -> Iterator[str]:
        bucket = self.cloud.bucket
        ids = {i.request_id for sent in (self.sent, *self.later) for i in self.cloud.invocations(sent)}
        changed = [c.path for c in list(self.cloud.fc.pools[REPLY].files) if c.request_id in ids]
        for folder in sorted({str(Path(p).parent) for p in changed if p.startswith("conversations/") and "." in p}):
            names = sorted(path.name for path in (bucket / folder).iterdir())
            if len(names) != 1:
                yield f"{len(names)} files in a conversation after the next save: {names}"
            for name in names:
                yield from _unsound(bucket / folder / name)
        yield from self._records()

    def _records(self) -> Iterator[str]:
        turns, bucket = turn_ids(self.cloud, self.sent), self.cloud.bucket
        notes = ("records/*/*/*/{turn}.*open", "account/*/*/*/{turn}.open.*")
        if left := [path for turn in turns for note in notes for path in bucket.glob(note.format(turn=turn))]:
            yield f"{len(left)} note(s) of an open question are left"
        found = [path for turn in turns for path in bucket.glob(f"records/*/*/*/{turn}.*.json")]
        if self.runs(REPLY) and not found:
            yield "no record of the message"
        if len(found) > 1 and not self.verdict.extra:
            yield f"{len(found)} records of one outcome: {[path.name for path in found]}"
        yield from _unbooked(bucket, found)


def _unbooked(bucket: Path, found: list[Path]) -> Iterator[str]:
    """What is on record of a message and is not in its robot's account, or twice."""
    for turn in {path.name.partition(".")[0] for path in found}:
        records = [path for path in found if path.name.startswith(turn)]
        costs = {path.name.split(".")[2] for path in records}
        answered = any(path.name.startswith(f"{turn}.answered.") for path in records)
        booked = list(bucket.glob(f"account/*/*/*/{turn}.used.*"))
        wanted = int(answered or costs != {"0"})
        if len(booked) != wanted and not (wanted and not booked and _summed(bucket, records[0])):
            yield f"a message is booked {len(booked)} time(s): {[path.name for path in booked]}"


def _summed(bucket: Path, record: Path) -> bool:
    """Whether a sheet has the person of a record, whose note is gone then: on a busy machine a trial takes minutes."""
    person, sheets = record.parent.name, bucket.glob("account/*/*/*/~*.json")
    return any(person in json.loads(sheet.read_bytes())["people"] for sheet in sheets)


def _unsound(path: Path) -> Iterator[str]:
    try:
        document = from_json(path.read_bytes())
    except (ValueError, json.JSONDecodeError) as problem:
        yield f"{path.name} in a conversation cannot be read: {problem}"
        return
    pending = [turn.id for turn in document.turns.values() if turn.state is State.PENDING]
    if pending:
        yield f"{len(pending)} turn(s) are pending for ever"


def _saved_at(run: Outcome) -> float:
    """When a run had saved what the model said, or infinity."""
    asked: Step | None = None
    for step in run.steps:
        if step.label.startswith(("send POST model", "send more of POST model")):
            asked = step
        elif asked and step.label.startswith("save conversations/") and step.ended is not None:
            return step.ended
    return float("inf")
