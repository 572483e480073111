"""Everything that the checks look at, given once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conversation.channels.dingtalk_settings import Robot
from conversation.settings import Settings
from doctoring.deployment import Deployment
from doctoring.env_file import Dotenv
from doctoring.web import Web
from reply.settings import ReplySettings
from shared.clock import Clock
from shared.settings import separated
from shipping.settings_files import SettingsFiles
from shipping.yaml_lines import Problem

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it says on both outputs. Raises OSError when there is no such command."""

DINGTALK_API = "https://api.dingtalk.com"

SECRET_NAMES = (
    "DINGTALK_APP_SECRET",
    "DINGTALK_CREDENTIALS",
    "CHATGPT_API_KEY",
    "USER_API_KEY",
    "APIKEY",
    "AZURE_OPENAI_TOKEN",
)
"""Settings that are secrets."""


@dataclass(frozen=True)
class Options:
    """What the doctor was told. `url` is the function's address, `client_id` the app's, times are in seconds."""

    offline: bool = False
    url: str = ""
    client_id: str = ""
    dingtalk_api: str = DINGTALK_API
    oss_endpoint: str = ""
    model_seconds: float = 20.0
    first_token_seconds: float = 10.0


@dataclass(frozen=True)
class AccessKey:
    """The doctor's own key to Alibaba Cloud; `token` is empty for a permanent one."""

    key_id: str
    key_secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Examination:
    """What is examined, and with what. `variables` are those of the shell and of .env together.

    `files` are config.yml and prompts.yml, whose settings the functions' ones have under their environment.
    """

    options: Options
    variables: Mapping[str, str] = field(repr=False)
    env_file: Dotenv
    deployment: Deployment
    files: SettingsFiles
    wrong_in_files: tuple[Problem, ...]
    conversation: Settings
    reply: ReplySettings
    web: Web
    clock: Clock
    run: Run
    python: tuple[int, int, int]

    @property
    def robots(self) -> tuple[Robot, ...]:
        """The robots, each secret once: with its client id where that is known."""
        named: dict[str, Robot] = {}
        for robot in self.conversation.dingtalk.robots:
            named.setdefault(robot.secret, robot)
        return tuple(named.values())

    @property
    def access_key(self) -> AccessKey | None:
        """From the variables that Alibaba Cloud's tools, or Serverless Devs, use; None when they are not set."""
        get = self.variables.get
        for key_id, key_secret, token in (
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
            ("AccessKeyID", "AccessKeySecret", "SecurityToken"),
        ):
            if get(key_id) and get(key_secret):
                return AccessKey(get(key_id, ""), get(key_secret, ""), get(token, ""))
        return None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be printed, whatever the report is made of."""
        secrets = [*self.conversation.secrets, *self.reply.chat.secrets]
        for name in SECRET_NAMES:
            value = self.variables.get(name, "")
            secrets += [value, *separated(value)]
        key = self.access_key
        secrets += [key.key_secret, key.token] if key else []
        secrets += [password for url in self.variables.values() if (password := _password(url))]
        return tuple(secret for secret in secrets if secret)


def _password(url: str) -> str:
    if "://" not in url or "@" not in url:
        return ""
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""
