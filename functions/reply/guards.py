"""Limits on what people may ask: the settings, and the decision from what is on record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reply.records import OPEN, Entry
from shared.settings import SettingsReader

EXEMPT = frozenset({"admin", "vip"})
"""Roles that no limit concerns."""

LONGEST_PATIENCE_S, SHORTEST_PATIENCE_S = 4.0, 1.0
"""Seconds a question waits for others of the same person that came at the same moment and are about to be refused."""

ANSWER_TOKENS = 8192
"""Tokens that an answer can have where tokens are limited and MAX_ANSWER_LEN is not set: what is open has an end."""

Decision = Literal["", "wait", "questions", "tokens", "tokens_left"]
"""Ask the model, look again soon, or the limit that refuses: used up, or too little left for this question."""


@dataclass(frozen=True)
class Limits:
    """Questions and tokens of a person in a day, and tokens of everybody in a month; 0 = no limit.

    `answer_tokens` is how many one answer can have.
    """

    questions_per_day: int = 0
    tokens_per_day: int = 0
    tokens_per_month: int = 0
    answer_tokens: int = ANSWER_TOKENS

    @classmethod
    def read(cls, reader: SettingsReader) -> Limits:
        """Read MAX_REQUEST, MAX_TOKENS_PER_DAY and MAX_TOKENS_PER_MONTH."""
        return cls(
            questions_per_day=reader.whole("MAX_REQUEST", 0, low=0, high=1_000_000),
            tokens_per_day=reader.whole("MAX_TOKENS_PER_DAY", 0, low=0, high=10**12),
            tokens_per_month=reader.whole("MAX_TOKENS_PER_MONTH", 0, low=0, high=10**15),
        )

    @property
    def in_tokens(self) -> bool:
        """Whether it matters how many tokens a question can cost."""
        return bool(self.tokens_per_day or self.tokens_per_month)

    @property
    def of_a_person(self) -> bool:
        """Whether a person's own records have to be looked at."""
        return bool(self.questions_per_day or self.tokens_per_day)


@dataclass(frozen=True)
class Asked:
    """What the records of a person and day say: answered questions, tokens, and what is being worked on.

    `open` has the tokens that each open question can cost, by its id.
    """

    questions: int = 0
    tokens: int = 0
    open: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Asked:
        """Count entries. What ended otherwise than answered is no question, but its tokens were paid all the same.

        A question is counted once, and not as open any more, whatever a crash left behind.
        """
        tokens: dict[str, int] = {}
        answered: set[str] = set()
        opened: dict[str, int] = {}
        for entry in entries:
            if entry.outcome == OPEN:
                opened[entry.turn_id] = max(entry.tokens, opened.get(entry.turn_id, 0))
                continue
            tokens[entry.turn_id] = max(entry.tokens, tokens.get(entry.turn_id, 0))
            if entry.outcome == "answered":
                answered.add(entry.turn_id)
        still = {turn_id: reserved for turn_id, reserved in opened.items() if turn_id not in tokens}
        return cls(len(answered), sum(tokens.values()), still)


@dataclass(frozen=True)
class Own:
    """The question that is decided about: its open record was written before the listing.

    `prompt_tokens` are what it costs before a word of the answer; it has waited so many seconds.
    """

    turn_id: str
    prompt_tokens: int = 0
    waited_s: float = 0.0


def per_day(limits: Limits, asked: Asked, own: Own) -> Decision:
    """Whether a question may be asked.

    Every other open question counts as if it were answered, with all that it can cost: of two that see each other, none
    is asked that would exceed the limit. Of its own tokens only those of the answer cannot be known before: a limit of
    tokens can be exceeded by one answer. So that not all of them are refused, those with the lower ids wait until the
    others have given up, and the lowest longest: some of the others may not give up, because they are being answered.
    """

    def refused_after(some: Mapping[str, int]) -> Decision:
        tokens = asked.tokens + own.prompt_tokens + sum(some.values())
        if 0 < limits.tokens_per_day < tokens:
            return "tokens_left"
        return "questions" if 0 < limits.questions_per_day <= asked.questions + len(some) else ""

    if 0 < limits.tokens_per_day <= asked.tokens:
        return "tokens"
    others = {turn_id: tokens for turn_id, tokens in asked.open.items() if turn_id != own.turn_id}
    before = {turn_id: tokens for turn_id, tokens in others.items() if turn_id < own.turn_id}
    refused = refused_after(others)
    if not refused or refused_after(before):
        return refused
    return "wait" if own.waited_s < max(SHORTEST_PATIENCE_S, LONGEST_PATIENCE_S / (1 + len(before))) else refused
