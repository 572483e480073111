"""Names of folders that are keyed by robot, day and person, and which names are ours: anything else is not looked at.

Other programs leave files on a bucket (`.DS_Store`, a file named like a day, markers of folders). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reply.bucket import path_part
from shared.message import Message

_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_PART = re.compile(r"=|(?:[A-Za-z0-9_-]|=[0-9a-f]{2})+(?:=~[0-9a-f]{40})?")
_NAMED_AS_A_DAY = "=~"


@dataclass(frozen=True)
class Owner:
    """Whose things these are: a robot's id, and the one it had before its client id was known ("" = none)."""

    robot: str
    before: str = ""

    @classmethod
    def of(cls, message: Message) -> Owner:
        """The robot that a message was written to."""
        return cls(message.robot, "" if message.robot_before == message.robot else message.robot_before)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id under which something of it may be stored, today's first."""
        return (self.robot, self.before) if self.before else (self.robot,)


def robot_part(robot: str) -> str:
    """A robot's id as the name of a folder that never looks like a day."""
    part = path_part(robot)
    return f"{_NAMED_AS_A_DAY}{part}" if _DAY.fullmatch(part) else part


def days(names: Iterable[str]) -> list[str]:
    """Those that name a day, the earliest first."""
    return sorted(name for name in names if _DAY.fullmatch(name))


def parts(names: Iterable[str]) -> list[str]:
    """Those that name a person or a robot."""
    return [name for name in names if _PART.fullmatch(name.removeprefix(_NAMED_AS_A_DAY))]


def robots(names: Iterable[str]) -> list[str]:
    """Those that name a robot, where days may stand beside them."""
    return [name for name in parts(names) if not _DAY.fullmatch(name)]
