"""One question to a model: the time it may take, and what may still be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reply.llm.failures import OF_THE_KEY, RETRIED, wait_asked_for
from shared.clock import Clock
from shared.errors import ModelFailed

FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds between tries: doubled each time up to the longest, each shortened at random by up to half."""

MOST_TRIES = 6
"""How often a busy or broken server is asked in one call."""

WORTH_TRYING = 1.0
"""Seconds that must remain after a wait, or the wait is not begun."""


@dataclass(frozen=True)
class Setback:
    """Why one try gave no answer, and what its refusal said beside that."""

    failed: ModelFailed
    status: int = 0
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Call:
    """Counts time and tries; `seconds` bounds the whole. `random_share` gives numbers from 0 up to 1."""

    def __init__(self, clock: Clock, seconds: float, keys: int, random_share: Callable[[], float]) -> None:
        self._clock = clock
        self._until = clock.now() + seconds
        self._keys_left = keys - 1
        self._random_share = random_share
        self.tries = 1
        self.began = clock.now()

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._until - self._clock.now())

    def another_key_helps(self, setback: Setback) -> bool:
        """Whether to go on with the next key; each is used once per call."""
        if setback.failed.reason not in OF_THE_KEY or self._keys_left < 1:
            return False
        self._keys_left -= 1
        return True

    def wait(self, setback: Setback) -> float:
        """Seconds to wait before the next try, at least as long as the server asked for.

        Raises the setback's ModelFailed when another try cannot help or does not fit into the time left.
        """
        if setback.failed.reason not in RETRIED or self.tries >= MOST_TRIES:
            raise setback.failed
        backoff = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.tries - 1)) * (1 - self._random_share() / 2)
        wait = max(backoff, setback.failed.wait, wait_asked_for(setback.headers, self._clock.now()))
        if wait + WORTH_TRYING > self.remaining():
            raise setback.failed
        self.tries += 1
        return wait
