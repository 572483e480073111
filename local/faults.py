"""Faults that wait for their turn: each is met a number of times and then gone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Fault:
    """One thing that goes wrong. `where` narrows it (a conversation, a function); "" means anywhere."""

    kind: str
    times: int = 1
    where: str = ""
    seconds: float = 0.0


class Faults:
    """A queue of faults."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault behind the others."""
        self._waiting.append(fault)

    def take(self, where: str = "", kinds: frozenset[str] | None = None) -> Fault | None:
        """The next fault that concerns `where` and is one of `kinds`, counted down."""
        for fault in self._waiting:
            if fault.where in ("", where) and (kinds is None or fault.kind in kinds):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting.clear()
