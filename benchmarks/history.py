"""Loading a conversation with 10,000 past turns, against one with 10."""

from __future__ import annotations

import tempfile
import time
from statistics import median

from reply.bucket import Bucket
from reply.conversation import State, Turn
from reply.store import ConversationKey, Store
from shared.log import Log

KEY = ConversationKey("robot", "conversation", "member")
ROUNDS = 5
"""HISTORY_LENGTH as shipped."""

SPACING_S = 6_300
"""Seconds between two messages of the past: 10,000 in two years. Those of the last day leave a trace."""


class PastClock:
    """A clock that is moved by hand."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds

    def wait(self, event: object, seconds: float) -> bool:
        """Nothing is waited for here."""
        raise NotImplementedError


def loading(counts: tuple[int, ...], repeats: int, spacing: float = SPACING_S) -> dict[int, float]:
    """Median time in ms of loading a conversation, by how many turns it has had; `spacing` seconds between two."""
    with tempfile.TemporaryDirectory(prefix="bench-history-") as mount:
        stores = {count: _filled(f"{mount}/{count}", count, spacing) for count in counts}
        times: dict[int, list[float]] = {count: [] for count in counts}
        for _ in range(repeats):
            for count, store in stores.items():
                began = time.perf_counter()
                store.load(KEY)
                times[count].append((time.perf_counter() - began) * 1000)
    return {count: median(values) for count, values in times.items()}


def _filled(mount: str, count: int, spacing: float) -> Store:
    clock = PastClock(1_700_000_000.0)
    store = Store(Bucket(mount), clock, Log(level=100), ROUNDS)
    opened = store.load(KEY)
    for number in range(count):
        clock.at += spacing
        turn = Turn(
            id=f"{number:032x}",
            at=int(clock.at * 1000),
            state=State.ANSWERED,
            question="A question of an ordinary length, as people ask it in a chat. " * 2,
            answer="An answer of an ordinary length, as a model gives it. " * 12,
        )
        opened = store.save(KEY, type(opened)(opened.document.with_turn(turn), opened.files))
    return store
