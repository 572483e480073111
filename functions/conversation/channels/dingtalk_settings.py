"""DingTalk's settings: which robots may call, where, and where answers may go."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import SettingsReader, read_webhook_hosts, separated, unquoted

_WRAPPING = re.compile(r"[\x00-\x1f\x7f<>\\\"'`“”‘’「」『』＂＇\[\]［］【】{}\u200b-\u200d\u2060\ufeff]")
"""What comes with an id or a secret when it is copied with what stands around it."""


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
        robots = _named_robots(reader) + tuple(Robot(_name_of(secret), secret) for secret in _secrets(reader))
        if not robots:
            reader.problem(
                "neither DINGTALK_APP_SECRET nor DINGTALK_CREDENTIALS has a robot's secret; every POST is refused; "
                "copy the client secret from the app's page on open.dingtalk.com"
            )
        path = reader.text("CALLBACK_PATH").rstrip("/")
        if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", path):
            reader.problem("CALLBACK_PATH is no path; wanted a slash and letters, digits, . _ ~ -, like /x7Kq2")
        return cls(robots, path, read_webhook_hosts(reader))


def _secrets(reader: SettingsReader) -> tuple[str, ...]:
    secrets = separated(reader.text("DINGTALK_APP_SECRET"))
    for number, secret in enumerate(secrets, 1):
        if _WRAPPING.search(secret):
            reader.problem(
                f"DINGTALK_APP_SECRET has a quote or another character that no secret has, at entry {number}; "
                "wanted secrets separated by commas; copy it once more"
            )
    return secrets


def _named_robots(reader: SettingsReader) -> tuple[Robot, ...]:
    robots = []
    for number, entry in enumerate(separated(reader.text("DINGTALK_CREDENTIALS")), 1):
        client_id, *rest = map(unquoted, re.split("[:：]", entry, maxsplit=1))
        if rest and client_id and rest[0] and not _WRAPPING.search(f"{client_id}{rest[0]}"):
            robots.append(Robot(client_id, rest[0]))
        else:
            reader.problem(
                f"entry {number} of DINGTALK_CREDENTIALS is not of the form clientId:secret; mend or drop it"
            )
    return tuple(robots)


def _name_of(secret: str) -> str:
    """An id for a robot known by its secret alone: the same after every deployment, and no use for guessing it."""
    return "r" + hashlib.sha256(b"robot\n" + secret.encode("utf-8", "surrogatepass")).hexdigest()[:12]
