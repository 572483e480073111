"""Limits on what people may ask: the settings, and the decision from what is on record. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reply.records import OPEN, Entry
from shared.settings import SettingsReader

EXEMPT = frozenset({"admin", "vip"})
"""Roles that no limit concerns."""

LONGEST_PATIENCE_S, SHORTEST_PATIENCE_S = 4.0, 1.0
"""Seconds a question waits for others of the same person that came at the same moment and are about to be refused."""

Decision = Literal["", "wait", "questions", "tokens"]
"""Ask the model, look again soon, or the limit that refuses."""


@dataclass(frozen=True)
class Limits:
    """Questions and tokens of a person in a day, and tokens of everybody in a month; 0 = no limit."""

    questions_per_day: int = 0
    tokens_per_day: int = 0
    tokens_per_month: int = 0

    @classmethod
    def read(cls, reader: SettingsReader) -> Limits:
        """Read MAX_REQUEST, MAX_TOKENS_PER_DAY and MAX_TOKENS_PER_MONTH."""
        return cls(
            questions_per_day=reader.whole("MAX_REQUEST", 0, low=0, high=1_000_000),
            tokens_per_day=reader.whole("MAX_TOKENS_PER_DAY", 0, low=0, high=10**12),
            tokens_per_month=reader.whole("MAX_TOKENS_PER_MONTH", 0, low=0, high=10**15),
        )

    @property
    def of_a_person(self) -> bool:
        """Whether a person's own records have to be looked at."""
        return bool(self.questions_per_day or self.tokens_per_day)


@dataclass(frozen=True)
class Asked:
    """What the records of a person and day say: answered questions, tokens, and the ids of what is being worked on."""

    questions: int = 0
    tokens: int = 0
    open: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Asked:
        """Count entries. What ended otherwise than answered is no question, but its tokens were paid all the same.

        A question is counted once, and not as open any more, whatever a crash left behind.
        """
        tokens: dict[str, int] = {}
        answered: set[str] = set()
        opened: set[str] = set()
        for entry in entries:
            if entry.outcome == OPEN:
                opened.add(entry.turn_id)
                continue
            tokens[entry.turn_id] = max(entry.tokens, tokens.get(entry.turn_id, 0))
            if entry.outcome == "answered":
                answered.add(entry.turn_id)
        return cls(len(answered), sum(tokens.values()), frozenset(opened - set(tokens)))


def per_day(limits: Limits, asked: Asked, turn_id: str, waited_s: float = 0.0) -> Decision:
    """Whether a question, whose own open record was written before this listing, may be asked.

    Every other open question counts as if it were answered: of two that see each other, none is asked that would exceed
    the limit. So that not all of them are refused, those with the lower ids wait until the others have given up, and
    the lowest longest: some of the others may not give up, because they are being answered.
    """
    if 0 < limits.tokens_per_day <= asked.tokens:
        return "tokens"
    if not limits.questions_per_day:
        return ""
    others = asked.open - {turn_id}
    left = limits.questions_per_day - asked.questions
    if len(others) < left:
        return ""
    before = sum(other < turn_id for other in others)
    patience_s = max(SHORTEST_PATIENCE_S, LONGEST_PATIENCE_S / (1 + before))
    return "wait" if before < left and waited_s < patience_s else "questions"
