"""Who asks what, where, and what goes wrong for them: all chosen by the seed before anything is sent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.model import ModelRequest
from local.people import Conversation, Person
from local.replies import Reply
from proof.soak_faults import Dose, doses

PEOPLE, GROUPS, MEMBERS = 200, 10, 12
TROUBLED = 0.055
"""Share of the messages that meet a fault; the question that everybody asks at the end meets none."""
REDELIVERED = 0.02
"""Share of the other messages that DingTalk delivers twice all the same."""
FORBIDDEN = "违禁词"
LONG = "请写一篇长文"
SETTINGS = {"TIMEOUT": "3", "SENSITIVE_WORDS": FORBIDDEN, "MAX_REQUEST": "200", "SYSTEM_PROMPT": "你是一位助手。"}
"""Of both functions."""
ORDINARY = "今天的第{number}个问题：怎么做？"
COMMANDS = ("帮助", "模板", "清空", "单聊", "串聊", "用量", "角色 你是一位厨师", "角色", "\\help", "/nonsense", "余额")

_WORDS = (
    (ORDINARY, 82),
    ("{command}", 9),
    (LONG + "，题目是{number}", 3),
    (f"关于{FORBIDDEN}的{{number}}", 2),
    ("", 1),
)


@dataclass(frozen=True)
class Planned:
    """One message that will be sent. `number` counts from 1 within a run; `again` is whether it is delivered twice."""

    number: int
    person: Person
    place: Conversation
    words: str
    kind: str = "text"
    again: bool = False
    trouble: tuple[Dose, ...] = field(default=())

    def __str__(self) -> str:
        where = "group" if self.place.group else "private"
        return f"{self.number}, {where}, {self.kind} {self.words[:16]!r}; {', '.join(map(str, self.trouble)) or 'ok'}"


@dataclass(frozen=True)
class Town:
    """People, and the groups some of them are in; the first few people write most."""

    people: Sequence[Person]
    private: Sequence[Conversation]
    groups: Sequence[Conversation]

    @classmethod
    def of(cls, choose: random.Random) -> Town:
        """The same town for the same seed, but for ids."""
        people = [Person(f"p{number}", f"staff-{number}", admin=number == 0) for number in range(PEOPLE)]
        groups = [
            Conversation(f"g{number}", "group", tuple(choose.sample(people, MEMBERS))) for number in range(GROUPS)
        ]
        return cls(people, [Conversation("robot", "private", (person,)) for person in people], groups)

    def message(self, number: int, choose: random.Random) -> Planned:
        """The message with this number."""
        if choose.random() < 0.3:
            place = choose.choice(self.groups)
            person = choose.choice(place.people)
        else:
            which = min(int(choose.expovariate(1 / 40)), PEOPLE - 1)
            person, place = self.people[which], self.private[which]
        words = choose.choices([text for text, _ in _WORDS], [weight for _, weight in _WORDS])[0]
        kind = choose.choices(("text", "richText", "picture", "video"), (94, 3, 2, 1))[0]
        words = words.format(number=number, command=choose.choice(COMMANDS))
        troubled = choose.random() < TROUBLED
        again = not troubled and choose.random() < REDELIVERED
        return Planned(number, person, place, words, kind, again, doses(choose) if troubled else ())

    def goodbye(self, number: int) -> list[Planned]:
        """One plain question of everybody in every place, from this number on."""
        places = [(person, place) for person, place in zip(self.people, self.private, strict=True)]
        places += [(person, place) for place in self.groups for person in place.people]
        return [
            Planned(number + count, person, place, ORDINARY.format(number=number + count))
            for count, (person, place) in enumerate(places)
        ]


def thinking(request: ModelRequest) -> Reply:
    """What the model says: a few pieces, or a long text where one is asked for."""
    question = request.question
    if LONG in question:
        return Reply(chunks=tuple(f"第{part}段。" + "这是很长的回答的一部分。" * 60 + "\n\n" for part in range(1, 13)))
    return Reply(chunks=("你问的是：", question[-60:], "。答案是四十二。"))
