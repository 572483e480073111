"""DingTalk's settings: which robots may call, where, and where answers may go."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import SettingsReader, read_webhook_hosts


@dataclass(frozen=True)
class Robot:
    """A robot's id, as everything that is stored about it is named, and its app's secret."""

    id: str
    secret: str = field(repr=False)

    @property
    def before(self) -> str:
        """The id that it had, or would have had, while only its secret was known; "" where that is its id still."""
        unnamed = _name_of(self.secret)
        return "" if self.id == unnamed else unnamed


@dataclass(frozen=True)
class DingTalkSettings:
    """Which robots may call, at which path (empty = any), and where answers may be posted."""

    robots: tuple[Robot, ...]
    callback_path: str
    webhook_hosts: tuple[str, ...]

    @property
    def names(self) -> Mapping[str, str]:
        """The id of each robot by every name it has: its id, and the one that is made from its secret."""
        owners: dict[str, str] = {}
        for robot in self.robots:
            owners.setdefault(robot.secret, robot.id)
        names = {robot.before or robot.id: owners[robot.secret] for robot in self.robots}
        return names | {robot.id: robot.id for robot in self.robots if robot.before}

    @classmethod
    def read(cls, reader: SettingsReader) -> DingTalkSettings:
        """Read DINGTALK_APP_SECRET, DINGTALK_CREDENTIALS, CALLBACK_PATH and WEBHOOK_HOSTS."""
        # The named ones first: of several robots with the secret that fits, the first is the one.
        robots = _named_robots(reader) + tuple(
            Robot(_name_of(secret), secret) for secret in reader.words("DINGTALK_APP_SECRET")
        )
        if not robots:
            reader.problem(
                "neither DINGTALK_APP_SECRET nor DINGTALK_CREDENTIALS has a robot's secret; every POST is refused; "
                "copy the client secret from the app's page on open.dingtalk.com"
            )
        path = reader.text("CALLBACK_PATH").rstrip("/")
        if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", path):
            reader.problem("CALLBACK_PATH is no path; wanted a slash and letters, digits, . _ ~ -, like /x7Kq2")
        return cls(robots, path, read_webhook_hosts(reader))


def _named_robots(reader: SettingsReader) -> tuple[Robot, ...]:
    robots = []
    for number, entry in enumerate(reader.words("DINGTALK_CREDENTIALS"), 1):
        client_id, *rest = (part.strip() for part in re.split("[:：]", entry, maxsplit=1))
        if client_id and rest and rest[0]:
            robots.append(Robot(client_id, rest[0]))
        else:
            reader.problem(
                f"entry {number} of DINGTALK_CREDENTIALS is not of the form clientId:secret; mend or drop it"
            )
    return tuple(robots)


def _name_of(secret: str) -> str:
    """An id for a robot known by its secret alone: the same after every deployment, and no use for guessing it."""
    return "r" + hashlib.sha256(b"robot\n" + secret.encode("utf-8", "surrogatepass")).hexdigest()[:12]
