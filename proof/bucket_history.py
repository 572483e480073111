"""Conversations that have been going on for a while, put into the bucket, and what can be read of them afterwards."""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from local.cloud import LocalCloud
from local.people import Conversation
from proof.outcomes import robot_id
from reply.bucket import Bucket
from reply.conversation import Document, State, Turn, to_json
from reply.store import ConversationKey, Store
from shared.clock import SystemClock
from shared.errors import StoreUnavailable
from shared.log import Log

ROUNDS = 5
"""HISTORY_LENGTH as shipped."""


@dataclass(frozen=True)
class History:
    """A private chat with `turns` that were answered; every answer has a word of its own."""

    key: ConversationKey
    mount: Path
    turns: dict[str, Turn] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.mount.joinpath(*self.key.folder())

    @property
    def answers(self) -> list[str]:
        """What was answered, oldest first."""
        return [turn.answer for turn in sorted(self.turns.values(), key=lambda turn: turn.at)]

    def readable(self) -> Document:
        """What a function finds there when the bucket works. Raises StoreUnavailable when nothing can be read."""
        log = Log(stream=io.StringIO())
        return Store(Bucket(str(self.mount)), SystemClock(), log, ROUNDS).load(self.key).document

    def lost(self) -> list[str]:
        """What was answered and cannot be found any more, as sentences."""
        try:
            found = self.readable().turns
        except StoreUnavailable as problem:
            return [f"nothing can be read: {problem}"]
        return [
            f"turn {key} is {now.state.name.lower() if now else 'gone'}, without its answer"
            for key, turn in self.turns.items()
            if (now := found.get(key)) is None or now.state is not State.ANSWERED or now.answer != turn.answer
        ]


def lived(cloud: LocalCloud, place: Conversation, *, files: int = 1, ages_s: tuple[float, ...] = (900, 600)) -> History:
    """Put a conversation of these turns (the seconds since each) into the bucket, in so many files as crashes leave."""
    now = cloud.clock.now_ms()
    turns: dict[str, Turn] = {}
    for age in ages_s:
        at = now - round(age * 1000)
        turn_id = hashlib.sha256(secrets.token_bytes(16)).hexdigest()[:32]
        word = f"canary-{secrets.token_hex(6)}"
        turns[turn_id] = Turn(turn_id, at, State.ANSWERED, question=f"what was the word {at}", answer=word)
    key = ConversationKey(robot_id(cloud), place.cid, place.people[0].staff_id)
    history = History(key, cloud.bucket, turns)
    ordered = sorted(turns.values(), key=lambda turn: turn.at)
    for number in range(files if ordered else 0):
        # The last file has them all; those before it are what a crash left: one turn each.
        held = ordered if number == files - 1 else [ordered[number % len(ordered)]]
        write(history, Document({turn.id: turn for turn in held}), held[-1].at + number)
    return history


def write(history: History, document: Document, at_ms: int) -> Path:
    """Write a document the way an instance did at that time."""
    history.folder.mkdir(parents=True, exist_ok=True)
    path = history.folder / name_of(at_ms)
    path.write_bytes(to_json(document))
    return path


def name_of(at_ms: int) -> str:
    """A file's name as of that time."""
    return f"{at_ms:013d}-{secrets.token_hex(8)}.json"
