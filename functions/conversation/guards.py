"""Who may use the bot, where, and for what: pure decisions over settings.

The order is: kind of chat, group, person; then, for what is asked, sensitive words, then length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from shared.commands import Command
from shared.message import FRESH_MS, Message
from shared.settings import SettingsReader, says_nothing

if TYPE_CHECKING:
    from shared.sensitive import SensitiveWords
    from shared.wording import Wording

ADMIN, VIP = "admin", "vip"

Refusal = Literal[
    "private", "group_chat", "group", "user", "sensitive", "too_long", "admins_only", "only_private", "stale"
]
"""Why something is refused; `wording` has a sentence for each (`refused_<reason>`)."""

_ANY, _PRIVATE, _GROUP = "0", "1", "2"


@dataclass(frozen=True)
class IdList:
    """The ids on a list, each with its robot's. It is `given` when something is set.

    One that cannot be understood is `closed`: nobody is on it, and of nobody it can be said that they are not.
    """

    ids: frozenset[tuple[str, str]] = frozenset()
    given: bool = False
    closed: bool = False

    def has(self, robot: str, id: str) -> bool:
        """Whether that robot's person or group is on the list."""
        return (robot, id) in self.ids


_NOT_GIVEN = IdList()


@dataclass(frozen=True)
class GuardSettings:
    """Who may use the bot where. A list that is not given allows everybody; `longest` is in tokens, 0 = no limit."""

    chat_type: str = _ANY
    groups: IdList = _NOT_GIVEN
    users: IdList = _NOT_GIVEN
    denied: IdList = _NOT_GIVEN
    admins: IdList = _NOT_GIVEN
    vips: IdList = _NOT_GIVEN
    sensitive: tuple[str, ...] = ()
    longest: int = 0

    @classmethod
    def read(cls, reader: SettingsReader, robots: Mapping[str, str]) -> GuardSettings:
        """Read CHAT_TYPE, ALLOW_GROUPS, ALLOW_USERS, DENY_USERS, ADMIN_USERS, VIP_USERS, SENSITIVE_WORDS and
        MAX_QUESTION_LEN. `robots` has the id of each robot by every name of it: whose ids the lists can have.
        """
        return cls(
            chat_type=reader.choice("CHAT_TYPE", _ANY, (_ANY, _PRIVATE, _GROUP)),
            groups=_ids(reader, "ALLOW_GROUPS", robots),
            users=_ids(reader, "ALLOW_USERS", robots),
            denied=_ids(reader, "DENY_USERS", robots),
            admins=_ids(reader, "ADMIN_USERS", robots),
            vips=_ids(reader, "VIP_USERS", robots),
            sensitive=reader.words("SENSITIVE_WORDS"),
            longest=reader.whole("MAX_QUESTION_LEN", 0, low=0, high=10_000_000),
        )

    @property
    def answers_groups(self) -> bool:
        """Whether anybody is answered in groups."""
        return self.chat_type != _PRIVATE

    @cached_property
    def sensitive_words(self) -> SensitiveWords:
        """The words, ready to be looked for: made with the first question that needs them."""
        from shared.sensitive import SensitiveWords  # paid for only where there are words

        return SensitiveWords(self.sensitive)


def _ids(reader: SettingsReader, name: str, robots: Mapping[str, str]) -> IdList:
    if says_nothing(reader.text(name)):
        return _NOT_GIVEN
    from conversation.lists import Robots, read_ids  # paid for only where there is a list

    return read_ids(reader, name, Robots(robots))


def role(message: Message, settings: GuardSettings) -> str:
    """What the sender is to the robot that was asked: "admin", "vip" or "". Only a staff id makes more of anybody."""
    robot, staff_id = message.robot, message.sender.staff_id
    if staff_id and settings.admins.has(robot, staff_id):
        return ADMIN
    return VIP if staff_id and settings.vips.has(robot, staff_id) else ""


def access(message: Message, settings: GuardSettings) -> Refusal | None:
    """Why this person may not use the bot here; administrators always may, denial wins over permission."""
    if message.role == ADMIN:
        return None
    if settings.chat_type == _GROUP and not message.group:
        return "private"
    if settings.chat_type == _PRIVATE and message.group:
        return "group_chat"
    if message.group and settings.groups.given and not settings.groups.has(message.robot, message.conversation_id):
        return "group"
    denied, allowed = settings.denied, settings.users
    if denied.closed or denied.has(message.robot, message.sender.id):
        return "user"
    return "user" if allowed.given and not allowed.has(message.robot, message.sender.id) else None


def permission(command: Command, message: Message, age_ms: int) -> Refusal | None:
    """Why a command is not for this message, whose signature is `age_ms` old."""
    if command.admins_only and message.role != ADMIN:
        return "admins_only"
    if command.confidential and message.group:
        return "only_private"
    if command.of_the_stored and age_ms > FRESH_MS:
        return "stale"
    return None


def decency(text: str, settings: GuardSettings) -> Refusal | None:
    """Whether words of a person, an administrator's too, hold a sensitive one."""
    return "sensitive" if settings.sensitive and settings.sensitive_words.in_text(text) else None


def length(message: Message, settings: GuardSettings, words: Wording) -> int:
    """The estimated tokens of a question, with all that goes to the model as one, if it is too long; else 0."""
    if not settings.longest:
        return 0
    from shared.tokens import estimated_tokens  # paid for only where there is a limit

    tokens = estimated_tokens(message.question(words))
    return tokens if tokens > settings.longest else 0
