"""How the CPU time of a function grows with the text it is given: by ratios, never by seconds."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.linearity.shapes import Shape

Feed = Callable[[str], object]

STEP, SMALLEST = 4, 256
"""Each text is STEP times as long as the one before it."""

MOST = 8.0
"""How many times as long a text of STEP times the length may take, twice in a row: linear is 4, quadratic 16.

Once is no growth: some functions do more from a certain length on, and then only what the length asks for.
"""

CHEAP_NS, LEAST = 150_000, 4096
"""In a share of the work, what takes more CPU (ns) than this is fed no more characters, but at least so many."""

GLANCES, LOOKS = 2, 12
"""How often it is measured again before a ratio is suspicious, and before it counts: whatever else the machine does
costs time only now and then."""


@dataclass(frozen=True)
class Worse:
    """A shape that costs more than its share at that many characters."""

    shape: Shape
    size: int
    ratio: float

    def __str__(self) -> str:
        return f"{self.shape}: {self.ratio:.1f} times the time for {STEP} times the text of {self.size} characters"


def grows(feed: Feed, shape: Shape, most: int, *, whole: bool = True) -> Worse | None:
    """The size at which the time has grown more than linearly, up to `most` characters; not `whole`: while it is cheap.

    From small to large, so that what is not linear is found out while it is still fast.
    """
    size, suspected = SMALLEST, False
    with _undisturbed():
        while size < most or suspected:
            ratio, took = _ratio(feed, shape.of(size), shape.of(size * STEP), LOOKS if suspected else GLANCES)
            if ratio > MOST and suspected:
                return Worse(shape, size, ratio)
            suspected = ratio > MOST
            size *= STEP
            if not whole and size >= LEAST and took > CHEAP_NS and not suspected:
                return None
    return None


def _ratio(feed: Feed, short: str, long: str, looks: int) -> tuple[float, int]:
    """What the long text takes, of the time of the short one and in ns; measured until it is little, or in vain."""
    before, after = _took(feed, short), _took(feed, long)
    for look in range(looks):
        if after <= MOST * before or (look >= GLANCES and after > 1.5 * MOST * before):
            break
        # The least of several is what the work costs; it is the long text's that may be too much by chance.
        after = min(after, _took(feed, long))
        if look % 3 == 2:
            before = min(before, _took(feed, short))
    return after / before, after


def _took(feed: Feed, text: str) -> int:
    """CPU of this process for one call (ns). That it raises is no matter here: refusing must be as fast."""
    started = time.process_time_ns()
    with suppress(Exception):
        feed(text)
    return max(1, time.process_time_ns() - started)


@contextmanager
def _undisturbed() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
