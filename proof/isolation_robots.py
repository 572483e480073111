"""Two robots on one deployment, with the same people, chats and administrators: neither sees or counts the other's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from local.cloud import LocalCloud, Sent
from local.people import Conversation, Person
from proof.outcomes import judge
from proof.plan import Plan
from proof.result import Result, Violation
from proof.windows import robot_id

SECOND, SECRET = "dingsecondrobot", "secret-of-the-second-robot"
"""The second robot's client id and secret; the first is known by its secret alone."""

QUESTIONS = 4
"""Of each person, to each robot, in each chat."""

LIMIT = 2 * QUESTIONS
"""Questions that a person may ask one robot in a day: just as many as they do ask it."""


@dataclass
class Robots:
    """Two robots in one cloud, and what was said to each, by "first" and "second"."""

    cloud: LocalCloud
    said: dict[str, list[Sent]] = field(default_factory=lambda: {"first": [], "second": []})

    def say(self, robot: str, person: Person, text: str, place: Conversation | None = None) -> Sent:
        """Say something to one of them, and wait until it is over."""
        sent = self.cloud.compose(person, text, place)
        secret = SECRET if robot == "second" else ""
        self.cloud.deliver(sent, headers=self.cloud.signed_headers("", secret))
        self.cloud.wait(sent, 60)
        self.said[robot].append(sent)
        return sent

    def shown(self, robot: str, person: Person, text: str, place: Conversation | None = None) -> str:
        """What is answered to that."""
        return "\n".join(answer.text for answer in self.say(robot, person, text, place).answers)


def word(robot: str, person: Person) -> str:
    """What somebody says to one robot, and to nobody else."""
    return f"{robot}-{person.staff_id}-kestrel"


def robots(plan: Plan, result: Result) -> None:
    """Everybody talks to both, in private and in a group; then both are asked what they know."""
    name = "robots: the same people at two of them"
    with plan.cloud(instances=8, pace=0.05, DINGTALK_CREDENTIALS=f"{SECOND}:{SECRET}", **_settings(plan)) as cloud:
        met = Robots(cloud)
        people = [cloud.person(f"person {number}") for number in range(3)]
        boss, group = cloud.person("boss", staff_id="boss"), cloud.group(*people)
        for number in range(QUESTIONS):
            for robot in met.said:
                for person in people:
                    for place in (None, group):
                        met.say(robot, person, f"{word(robot, person)} turn {number}", place)
        found = [*_prompts(met, people), *_told(met, people, boss), *_limited(met, people), *_files(met, people)]
        result.violations += [Violation(name, what, "each robot's own") for what in found]
        everything = [sent for robot in met.said.values() for sent in robot]
        for sent in everything:
            result.tally.add(judge(cloud, sent))
        result.cases += len(everything)


def _settings(plan: Plan) -> Mapping[str, str]:
    with plan.cloud() as cloud:
        first = robot_id(cloud)
    admins = f"{first}/boss,{SECOND}/boss"
    return {"ADMIN_USERS": admins, "ADMIN_EXPORT": "on", "MAX_REQUEST": str(LIMIT), "HISTORY_LENGTH": "50"}


def _prompts(met: Robots, people: Sequence[Person]) -> Iterator[str]:
    """No prompt holds a word that was said to the other robot."""
    words = [word(robot, person) for robot in met.said for person in people]
    for request in met.cloud.model.requests:
        seen = {one for one in words if one in str(request.messages)}
        if len(seen) > 1:
            yield f"a prompt with {sorted(seen)}"


def _told(met: Robots, people: Sequence[Person], boss: Person) -> Iterator[str]:
    """What each tells a person, and an administrator, of themselves and of others."""
    one, other = people[0], {"first": "second", "second": "first"}
    for robot in met.said:
        own, everybody = met.shown(robot, one, "用量"), met.shown(robot, boss, "用量 全部")
        if f"{2 * QUESTIONS} 个问题" not in own:
            yield f"{robot} tells {own!r}"
        if f"{2 * QUESTIONS * len(people)} 个问题" not in everybody:
            yield f"{robot} tells an administrator {everybody!r}"
        met.say(robot, one, f"角色 {word(robot, one)}")
        exported = met.shown(robot, boss, f"#查对话 userid:{one.staff_id}")
        if word(robot, one) not in _exported(met.cloud, exported):
            yield f"{robot} exports nothing: {exported!r}"
        if word(other[robot], one) in _exported(met.cloud, exported):
            yield f"{robot} exports what was said to the other"
    for robot in met.said:
        if word(robot, one) not in (shown := met.shown(robot, one, "角色")):
            yield f"{robot} has the persona {shown!r}"


def _exported(cloud: LocalCloud, shown: str) -> str:
    """What an administrator was shown, and what stands behind the links."""
    files = cloud.oss.objects.items()
    return shown + "\n".join(content.decode("utf-8", "replace") for key, content in files if key in shown)


def _limited(met: Robots, people: Sequence[Person]) -> Iterator[str]:
    """Each has used up their day with each robot, and with no robot sooner."""
    asked = len(met.cloud.model.requests)
    if asked != 2 * LIMIT * len(people):
        yield f"{asked} questions were asked before anybody's day was used up"
    for robot in met.said:
        met.say(robot, people[0], "one more")
    if len(met.cloud.model.requests) != asked:
        yield "a question over a day's limit was asked"


def _files(met: Robots, people: Sequence[Person]) -> Iterator[str]:
    """What lies under one robot's name holds nothing of the other's."""
    names = {"first": robot_id(met.cloud), "second": SECOND}
    for path in met.cloud.bucket.rglob("*"):
        robot = next((robot for robot, name in names.items() if name in path.parts), None)
        if robot is None or not path.is_file():
            continue
        other = "second" if robot == "first" else "first"
        text = path.read_text("utf-8", "replace")
        if any(word(other, person) in text for person in people):
            yield f"words of the {other} robot in {path.relative_to(met.cloud.bucket)}"


ROBOTS: Mapping[str, Callable[[Plan, Result], None]] = {"robots: the same people at two of them": robots}
"""By the names of cases."""
