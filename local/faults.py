"""Faults that wait for their turn: each is met by what it concerns, a number of times or until it is taken back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Concerned:
    """Whom something is about: ids of a conversation and of a message in it, "" where that is not known."""

    conversation: str = ""
    message: str = ""


NOBODY = Concerned()
ANY = "*"
"""In place of a function's name: the only one there is, which meets what is meant for any."""


@dataclass
class Fault:
    """One thing that goes wrong, `times` times, or until it is taken back (None).

    `where` narrows it to a conversation, `function` to a function; "" means any. With `messages` it is met by
    everything that the next so many messages do. The first `after` that would meet it are spared. `switch` and
    `parameters` are how it was asked for, if by name.
    """

    kind: str
    times: int | None = 1
    where: str = ""
    seconds: float = 0.0
    function: str = ""
    messages: int | None = None
    after: int = 0
    switch: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_numbers))
    met_by: set[str] = field(default_factory=set)

    @property
    def messages_left(self) -> int | None:
        """How many more messages will meet it; None when they are not counted."""
        return None if self.messages is None else self.messages - len(self.met_by)

    def concerns(self, about: Concerned, function: str) -> bool:
        """Whether what is `about` these, in `function`, meets it."""
        if self.where not in ("", about.conversation) or (self.function not in ("", function) and function != ANY):
            return False
        return self.messages is None or about.message in self.met_by or bool(about.message and self.messages_left)


class Faults:
    """A queue of faults. `changed` is called when one was added, met or taken back."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.changed: Callable[[], None] = lambda: None

    def add(self, fault: Fault) -> None:
        """Queue a fault behind the others."""
        self.waiting.append(fault)
        self.changed()

    def remove(self, fault: Fault) -> None:
        """Take a fault back."""
        self.waiting.remove(fault)
        self.changed()

    def take(
        self, about: Concerned = NOBODY, *, kinds: frozenset[str] | None = None, function: str = ""
    ) -> Fault | None:
        """The next fault that concerns these and is one of `kinds`, counted down."""
        for fault in list(self.waiting):
            if fault.concerns(about, function) and (kinds is None or fault.kind in kinds) and not _spares(fault):
                self._met(fault, about)
                return fault
        return None

    def take_all(self, about: Concerned = NOBODY, *, function: str = "") -> list[Fault]:
        """Every fault that concerns these, each counted down once."""
        found = [fault for fault in list(self.waiting) if fault.concerns(about, function) and not _spares(fault)]
        for fault in found:
            self._met(fault, about)
        return found

    def _met(self, fault: Fault, about: Concerned) -> None:
        fault.met_by.add(about.message)
        if fault.messages is None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
        self.changed()

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.waiting.clear()
        self.changed()


def _spares(fault: Fault) -> bool:
    """Whether what would meet the fault goes free; counts it."""
    fault.after -= 1
    return fault.after >= 0
