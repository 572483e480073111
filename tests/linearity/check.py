"""Feeding what takes text, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain

from tests.linearity.fed import ALSO, ways
from tests.linearity.growth import Feed, grows
from tests.linearity.inventory import Taking, taking_text
from tests.linearity.shapes import alternations, usual

KB = 1024
LONGEST_QUESTION, LONGEST_ANSWER = 64 * KB, 1024 * KB
"""Characters that a function is fed: of a question, and in `reply` of an answer."""


def all_ways(found: Sequence[Taking] | None = None) -> Iterator[tuple[str, Feed]]:
    """Every way to feed a function, by its name; with those that no function shows."""
    for taking in taking_text() if found is None else found:
        yield from ways(taking).items()
    if found is None:
        yield from ALSO.items()


def broken(feed: Feed) -> str:
    """Why a way leads nowhere: what it calls has changed. "" when it leads somewhere."""
    try:
        feed("a")
    except (TypeError, AttributeError) as problem:
        return f"{type(problem).__name__}: {problem}"
    except Exception:  # noqa: BLE001 - it may refuse what it is fed
        return ""
    return ""


def worse(name: str, feed: Feed, *, thorough: bool, seed: int = 0) -> str:
    """The first shape with which a function takes more than its share; "" when there is none.

    Thoroughly: every shape up to the longest text. Else every shape as far as that is cheap, and one, another for each
    function, up to the longest text.
    """
    most = LONGEST_ANSWER if name.startswith("reply/") else LONGEST_QUESTION
    shapes = usual()
    chosen = random.Random(f"{seed} {name}").choice(shapes)  # noqa: S311 - chooses a case
    all_of_it = shapes if thorough else [chosen]
    cheaply = [*shapes, *alternations()] if thorough else shapes
    tried = chain(
        (grows(feed, shape, LONGEST_QUESTION, whole=False) for shape in cheaply),
        (grows(feed, shape, most) for shape in all_of_it),
    )
    return next((str(found) for found in tried if found), "")
