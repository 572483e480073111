"""A crowd in private chats and groups: whose words are in whose prompts, answers and files, in order, and all."""

from __future__ import annotations

import json
import random
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from local.cloud import LocalCloud, Sent
from local.people import Conversation, Person
from proof.isolation_order import Saves, Told, out_of_order, told
from proof.outcomes import ANSWERED, judge
from proof.plan import Plan
from proof.result import Result, Violation

PEOPLE, TURNS, GROUPS, INSTANCES = 100, 20, 10, 50
FEWEST_PEOPLE, FEWEST_TURNS, FEWEST_GROUPS, FEWEST_INSTANCES = 6, 4, 2, 6

PACE = 0.1
"""Real seconds for one of waiting: a turn must not go ahead because this machine is slow."""

_CANARY = re.compile(r"kestrel-[0-9a-f]{10}")


@dataclass
class Chatter:
    """One person, the two places where they talk, their word for each, and what they said, in order."""

    person: Person
    places: tuple[Conversation, Conversation]
    canaries: dict[str, str] = field(default_factory=dict)
    said: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.canaries = {place.id: f"kestrel-{secrets.token_hex(5)}" for place in self.places}


@dataclass
class Crowd:
    """Everybody, and whether a group has one context for all its members."""

    cloud: LocalCloud
    chatters: Sequence[Chatter]
    shared: bool
    saves: Saves

    def own(self, sent: Sent) -> str:
        """The word of who sent it, for where it was sent."""
        return next(c.canaries[sent.conversation.id] for c in self.chatters if c.person == sent.person)

    def context(self, sent: Sent) -> str:
        """What names the context that a message belongs to."""
        place = sent.conversation
        return place.id if place.group and self.shared else f"{place.id} {sent.person.id}"

    def allowed(self, sent: Sent) -> set[str]:
        """The words that its prompt may hold."""
        if not (self.shared and sent.conversation.group):
            return {self.own(sent)}
        place = sent.conversation.id
        return {chatter.canaries[place] for chatter in self.chatters if place in chatter.canaries}

    @property
    def said(self) -> list[Sent]:
        """Every message."""
        return [sent for chatter in self.chatters for sent in chatter.said]


def crowd(plan: Plan, result: Result, *, shared: bool) -> None:
    """Let a crowd talk, then look at everything that it left behind."""
    name = "crowd: a context per group" if shared else "crowd: a context per member"
    people, turns, groups, instances = (
        max(least, round(most * plan.share))
        for least, most in (
            (FEWEST_PEOPLE, PEOPLE),
            (FEWEST_TURNS, TURNS),
            (FEWEST_GROUPS, GROUPS),
            (FEWEST_INSTANCES, INSTANCES),
        )
    )
    settings = {"CONTEXT_SCOPE": "group"} if shared else {}
    with plan.cloud(instances=instances, pace=PACE, HISTORY_LENGTH="100", **settings) as cloud:
        met = Crowd(cloud, _chatters(cloud, people, groups), shared, Saves(cloud))
        with ThreadPoolExecutor(instances) as threads:
            talks = [
                threads.submit(_talk, met, chatter, turns, plan.random(f"{name} {number}"))
                for number, chatter in enumerate(met.chatters)
            ]
            for talk in talks:
                talk.result()
        cloud.wait_all(met.said, 300)
        last = _recall(met)
        found = [*_leaks(met), *_lost(met, last), *_unordered(met, result), *_files(met)]
        result.violations += [Violation(name, what, wanted) for what, wanted in found]
        for sent in [*met.said, *last]:
            result.tally.add(judge(cloud, sent))
        result.cases += people * turns
        result.numbers[name] = f"{people} people, {groups} groups, {turns} turns each, {instances} instances"
        result.numbers[f"{name}: prompts looked at"] = len(cloud.model.requests)


def _chatters(cloud: LocalCloud, people: int, groups: int) -> list[Chatter]:
    persons = [cloud.person(f"person {number}") for number in range(people)]
    meetings = [cloud.group(*persons[number::groups]) for number in range(groups)]
    return [
        Chatter(person, (cloud.private(person), meetings[number % groups])) for number, person in enumerate(persons)
    ]


def _talk(met: Crowd, chatter: Chatter, turns: int, choices: random.Random) -> None:
    """Say one thing after another: at once, when the one before was noted, or when it was answered."""
    for number in range(turns):
        place = chatter.places[number % 2]
        sent = met.cloud.say(chatter.person, f"{chatter.canaries[place.id]} turn {number:02d}", place)
        chatter.said.append(sent)
        patience = choices.choice(("none", "noted", "noted", "answered"))
        if patience == "noted":
            met.cloud.until(lambda: met.saves.of(sent) is not None or bool(sent.answers), 60)  # noqa: B023  # now
        elif patience == "answered":
            met.cloud.wait(sent, 120)


def _recall(met: Crowd) -> list[Sent]:
    """One more question in every context: its prompt shows all that is remembered."""
    asked: dict[str, Sent] = {}
    for chatter in met.chatters:
        for place in chatter.places:
            sent = met.cloud.compose(chatter.person, f"{chatter.canaries[place.id]} what did we say?", place)
            asked.setdefault(met.context(sent), sent)
    last = list(asked.values())
    for start in range(0, len(last), INSTANCES):
        met.cloud.deliver_all(last[start : start + INSTANCES])
        met.cloud.wait_all(last[start : start + INSTANCES], 120)
    return last


def _leaks(met: Crowd) -> list[tuple[str, str]]:
    found = []
    runs = {invocation.request_id: invocation for invocation in met.cloud.invocations()}
    for request in met.cloud.model.requests:
        sent = met.cloud.dingtalk.sender_of(runs[request.turn].event) if request.turn in runs else None
        if sent is None:
            found.append(("a prompt of nobody's message", "one of a message"))
            continue
        words = set(_CANARY.findall(json.dumps(request.messages, ensure_ascii=False)))
        if met.own(sent) not in words or words - met.allowed(sent):
            found.append((f"{len(words - met.allowed(sent))} foreign words in the prompt of {sent.id}", "their own"))
    for sent in met.said:
        for shown in sent.answers:
            words = set(_CANARY.findall(f"{shown.title} {shown.text}"))
            mentioned = set(shown.mentions) - {sent.person.staff_id}
            if words - {met.own(sent)} or shown.conversation != sent.conversation or mentioned:
                found.append((f"words, place or mention of somebody else in the answer to {sent.id}", "their own"))
    return found


def _lost(met: Crowd, last: Sequence[Sent]) -> list[tuple[str, str]]:
    """Every answered question is in the last prompt of its context, in the order in which they were written."""
    answered: dict[str, list[Sent]] = {}
    for sent in met.said:
        if judge(met.cloud, sent).outcome == ANSWERED:
            answered.setdefault(met.context(sent), []).append(sent)
    prompts = {told(met.cloud, sent).turn: sent for sent in last}
    found = []
    for request in met.cloud.model.requests:
        if request.turn not in prompts:
            continue
        sent = prompts[request.turn]
        turns = sorted(answered.get(met.context(sent), ()), key=lambda turn: told(met.cloud, turn).position)
        wanted = [turn.text for turn in turns][-100:]
        seen = [message["content"].strip() for message in request.messages if message["role"] == "user"][:-1]
        if seen != wanted:
            found.append(
                (f"{len(set(wanted) - set(seen))} of {len(wanted)} turns missing, or their order, in {sent.id}", "all")
            )
    return found


def _unordered(met: Crowd, result: Result) -> list[tuple[str, str]]:
    contexts: dict[str, list[Told]] = {}
    for sent in met.said:
        contexts.setdefault(met.context(sent), []).append(told(met.cloud, sent, met.saves))
    counted: Counter[str] = Counter()
    found = [broken for turns in contexts.values() for broken in out_of_order(turns, counted)]
    for what, count in counted.items():
        result.numbers[what] = int(result.numbers.get(what, 0)) + count
    return found


def _files(met: Crowd) -> list[tuple[str, str]]:
    """What lies under somebody's name on the bucket holds their words alone."""
    found = []
    for path in met.cloud.bucket.rglob("*"):
        owner = next((c for c in met.chatters if c.person.staff_id in path.parts), None)
        if owner is not None and path.is_file():
            foreign = set(_CANARY.findall(path.read_text("utf-8", "replace"))) - set(owner.canaries.values())
            if foreign:
                found.append((f"{len(foreign)} foreign words in {path.relative_to(met.cloud.bucket)}", "their own"))
    return found
