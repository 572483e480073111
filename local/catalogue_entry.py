"""What a fault that can be switched on is made of: its names, and what can be chosen about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """Something about a fault that can be chosen: one of `choices`, or a number from `low` to `high`, or else text."""

    name: str
    chinese: str
    english: str
    default: str | float
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 3600.0


@dataclass(frozen=True)
class Entry:
    """One fault. It waits in the queue `queue` as `kind`, a template of its parameters; `function` narrows it."""

    id: str
    group: str
    queue: str
    kind: str
    chinese: str
    english: str
    parameters: tuple[Parameter, ...] = ()
    function: str = ""


def seconds(default: float, high: float = 3600.0) -> Parameter:
    """How long something takes."""
    return Parameter("seconds", "秒", "seconds", default, high=high)


def chunks(default: int) -> Parameter:
    """How much of an answer comes first."""
    return Parameter("chunks", "收到多少段之后", "after so many chunks", default, high=1000)


def choice(name: str, chinese: str, english: str, *choices: str) -> Parameter:
    """One of these, the first where nobody chooses."""
    return Parameter(name, chinese, english, choices[0], choices)
