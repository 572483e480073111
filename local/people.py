"""Who is in the local DingTalk, and where they talk."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field

CORP_ID = "dingcorplocal0001"
ROBOT_CODE = "dinglocalrobot01"
ROBOT_USER_ID = "$:LWCP_v1:$LocalRobot0000000000000=="
ROBOT_NAME = {"zh": "小助手", "en": "Assistant"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """One person. `staff_id` is "" for somebody outside the organisation; `sender_id` is DingTalk's encrypted id."""

    name: str
    staff_id: str
    admin: bool = False
    id: str = field(default_factory=lambda: f"p{next(_numbers)}")
    sender_id: str = field(default_factory=lambda: f"$:LWCP_v1:${secrets.token_urlsafe(18)}==")


@dataclass(frozen=True)
class Conversation:
    """One chat: `kind` is "private" (one person and the robot) or "group"; `cid` is DingTalk's own id of it."""

    title: str
    kind: str
    people: tuple[Person, ...]
    id: str = field(default_factory=lambda: f"c{next(_numbers)}")
    cid: str = field(default_factory=lambda: f"cid{secrets.token_urlsafe(18)}==")

    @property
    def group(self) -> bool:
        """Whether several people are in it."""
        return self.kind == "group"


_CAST = {
    "zh": (
        ("林晓", "manager001", True),
        ("周明", "user002", False),
        ("陈悦", "user003", False),
        ("王芳（外部）", "", False),
    ),
    "en": (
        ("Lin", "manager001", True),
        ("Zhou", "user002", False),
        ("Chen", "user003", False),
        ("Wang (external)", "", False),
    ),
}


def cast(language: str) -> tuple[Person, ...]:
    """Four people: an administrator, two members, and one from outside, who has no staff id."""
    return tuple(
        Person(name, staff_id, admin, id=f"person-{number}")
        for number, (name, staff_id, admin) in enumerate(_CAST[language], 1)
    )


def first_conversations(people: tuple[Person, ...], language: str) -> tuple[Conversation, ...]:
    """A private chat of each person with the robot, and one group of all."""
    robot = ROBOT_NAME[language]
    group = {"zh": "产品讨论组", "en": "Product group"}[language]
    private = [Conversation(robot, "private", (person,), id=f"private-{i}") for i, person in enumerate(people, 1)]
    return (*private, Conversation(group, "group", people, id="group-1"))
