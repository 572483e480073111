"""The conversation document: what is remembered, and the merge that makes two writers lose nothing. Pure.

Merge is a union: of one turn's versions the higher wins, of one value's versions the later. It is commutative,
associative and idempotent, so it does not matter who saved first, twice or half.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from typing import Any, NamedTuple

VERSION = 1
DAY_MS = 24 * 3600 * 1000
SHRINK_AFTER_MS = 5_400_000
"""A finished turn outside the window keeps its text this long (ms) after its run: FC retries an event no longer."""


class State(IntEnum):
    """What became of a turn; it only rises."""

    PENDING = 1
    FAILED = 2
    ANSWERED = 3


class Position(NamedTuple):
    """Where in the conversation something stands: the message's `createAt` (ms) and its turn id."""

    at: int
    id: str


@dataclass(frozen=True)
class Turn:
    """One message and what became of it; `by` is who asked, where that is in a group.

    `answer` is what the person is shown: the answer, or the sentence that explains the failure. `deadline` (ms) is when
    FC kills the instance at work; `sent` counts the parts already shown; `cut` says why an answer may be incomplete;
    `pictures` were taken out of it.
    `alone` turns were asked without context and do not become one. `preface` names a sentence that the answer begins
    with. A turn without question is a command's: it never enters a prompt. `outcome` is what goes on record, where
    state and question do not tell: a limit's refusal, a look-up that counts. `reserved` tokens are what it can cost.
    `runner` is a random name of the run at work, by which runs that began at the same moment tell each other apart.
    """

    id: str
    at: int
    state: State
    attempt: int = 1
    deadline: int = 0
    handover: str = ""
    body_hash: str = ""
    question: str = ""
    answer: str = ""
    cut: str = ""
    sent: int = 0
    tokens: int = 0
    alone: bool = False
    preface: str = ""
    outcome: str = ""
    by: str = ""
    reserved: int = 0
    runner: str = ""
    pictures: int = 0

    @property
    def position(self) -> Position:
        """Where the turn stands."""
        return Position(self.at, self.id)

    @property
    def finished(self) -> bool:
        """Whether it is answered or failed."""
        return self.state is not State.PENDING

    def rank(self) -> tuple[Any, ...]:
        """What decides between versions of one turn: a total order over their content."""
        return (self.state, self.attempt, self.sent, bool(self.answer), self.deadline, _canonical(asdict(self)))


@dataclass(frozen=True)
class Value:
    """A value of the conversation (mode, persona, cleared) and the position at which it was set.

    `by` is who gave it, where that is in a group.
    """

    at: int
    id: str
    content: str = ""
    by: str = ""

    @property
    def position(self) -> Position:
        """Where it was set."""
        return Position(self.at, self.id)


CLEARED, EXPIRED, MODE, PERSONA, REFUSED = "cleared", "expired", "mode", "persona", "refused"
"""Names of values. `\\clear` forgets context, mode and persona set up to its position; expiry context and mode; a
context that the model's provider refused goes alone."""

LEFT_OUT = "left_out"
"""A preface, as EXPIRED and REFUSED are: the question was asked without the context, which stays."""

INHERITED = "inherited"
"""Name of a value that says from which earlier id of the robot this conversation was taken over; it holds nothing."""

START = Position(-1, "")


@dataclass(frozen=True)
class Document:
    """All that is kept of one conversation."""

    turns: Mapping[str, Turn] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)

    def with_turn(self, turn: Turn) -> Document:
        """This document with a version of `turn` merged in."""
        return merge(self, Document(turns={turn.id: turn}))

    def with_value(self, name: str, value: Value) -> Document:
        """This document with a version of the value `name` merged in."""
        return merge(self, Document(values={name: value}))

    def remembered(self, before: Position, rounds: int) -> list[Turn]:
        """The newest `rounds` answered turns before a position that nobody cleared, oldest first."""
        floor = self._forgotten(CLEARED, EXPIRED, REFUSED)
        answered = [
            turn
            for turn in self.turns.values()
            if turn.state is State.ANSWERED
            and turn.question
            and turn.answer
            and not turn.alone
            and floor < turn.position < before
        ]
        answered.sort(key=lambda turn: turn.position)
        return answered[-rounds:] if rounds > 0 else []

    def mode(self) -> str:
        """The mode somebody chose and nothing ended since, or ""."""
        return self._content(MODE, CLEARED, EXPIRED)

    def persona(self) -> str:
        """The persona somebody gave and nobody cleared since, or ""."""
        return self._content(PERSONA, CLEARED)

    def last_use(self, before: Position) -> Position:
        """Where the conversation was used last before a position; START when it never was."""
        used = [turn.position for turn in self.turns.values()] + [value.position for value in self.values.values()]
        return max((position for position in used if position < before), default=START)

    def known(self) -> Position:
        """The latest position that anybody was shown anything for; START where there is none."""
        shown = [turn.position for turn in self.turns.values() if turn.state is State.ANSWERED]
        return max(shown + [value.position for value in self.values.values()], default=START)

    def _content(self, name: str, *ends: str) -> str:
        value = self.values.get(name)
        return value.content if value and value.position > self._forgotten(*ends) else ""

    def _forgotten(self, *names: str) -> Position:
        return max((self.values[name].position for name in names if name in self.values), default=START)

    def pending_before(self, before: Position) -> list[Turn]:
        """Turns still at work whose messages are earlier."""
        return [turn for turn in self.turns.values() if not turn.finished and turn.position < before]

    def contested(self, other: Document) -> frozenset[str]:
        """Ids of the turns that two runs are at, one by each of these documents."""
        found = set()
        for key, theirs in other.turns.items():
            mine = self.turns.get(key)
            if mine and not (mine.finished or theirs.finished) and mine.runner != theirs.runner:
                found.add(key)
        return frozenset(found)


def merge(one: Document, other: Document) -> Document:
    """The union of two versions of a document."""
    turns = dict(one.turns)
    for key, turn in other.turns.items():
        mine = turns.get(key)
        if mine is None or turn.rank() > mine.rank():
            turns[key] = turn
    values = dict(one.values)
    for name, value in other.values.items():
        held = values.get(name)
        if held is None or (value.position, value.content, value.by) > (held.position, held.content, held.by):
            values[name] = value
    return Document(turns, values)


def trimmed(document: Document, rounds: int, now_ms: int) -> Document:
    """The document without what no prompt and no retry can need.

    Turns outside the window of `rounds` go when they are older than a day; before that, finished ones shrink to id and
    state once no retry can want their text.
    """
    newest = Position(now_ms + 2 * DAY_MS, "")
    window = {turn.id for turn in document.remembered(newest, rounds)}
    kept: dict[str, Turn] = {}
    for key, turn in document.turns.items():
        age = now_ms - max(turn.at, turn.deadline)
        if key in window:
            kept[key] = turn
        elif age <= DAY_MS:
            kept[key] = _shrunk(turn) if turn.finished and age > SHRINK_AFTER_MS else turn
    return replace(document, turns=kept)


def _shrunk(turn: Turn) -> Turn:
    # With its deadline, from which its day is counted.
    return Turn(turn.id, turn.at, turn.state, attempt=turn.attempt, deadline=turn.deadline, body_hash=turn.body_hash)


def to_json(document: Document) -> bytes:
    """The document as UTF-8 JSON; defaults are left out."""
    turns = {key: _sparse(asdict(turn)) for key, turn in document.turns.items()}
    values = {name: {"content": "", **_sparse(asdict(value))} for name, value in document.values.items()}
    return _canonical({"v": VERSION, "turns": turns, "values": values}).encode("ascii")


def from_json(data: bytes) -> Document:
    """Read what `to_json` wrote. Raises ValueError for anything else: truncated, corrupt, foreign, later version."""
    try:
        loaded = json.loads(data)
        if loaded["v"] > VERSION:
            raise ValueError(f"version {loaded['v']} is later than {VERSION}")
        turns = {key: _turn(fields) for key, fields in loaded["turns"].items()}
        values = {name: _value(fields) for name, fields in loaded["values"].items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"not a conversation document: {type(problem).__name__}") from None
    if any(key != turn.id for key, turn in turns.items()):
        raise ValueError("not a conversation document: a turn under another's id")
    return Document(turns, values)


def _turn(fields: Mapping[str, Any]) -> Turn:
    return Turn(**_checked({**fields, "state": State(fields["state"])}, _TURN_TYPES))


def _value(fields: Mapping[str, Any]) -> Value:
    return Value(**_checked(fields, _VALUE_TYPES))


def _checked(fields: Mapping[str, Any], types: Mapping[str, type]) -> dict[str, Any]:
    """The known fields. Those of a later version are left out: both may be at work while one replaces the other."""
    known = {name: value for name, value in fields.items() if name in types}
    for name, value in known.items():
        if type(value) is not types[name]:
            raise TypeError(name)
    return known


_KINDS: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "State": State}
_TURN_TYPES: Mapping[str, type] = {name: _KINDS[str(wanted)] for name, wanted in Turn.__annotations__.items()}
_VALUE_TYPES: Mapping[str, type] = {name: _KINDS[str(wanted)] for name, wanted in Value.__annotations__.items()}


def _sparse(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", 0) or name in ("id", "at")}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
