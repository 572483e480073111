"""Who may use the bot, where, and for what: pure decisions over settings.

The order is: kind of chat, group, person; then, for what is asked, sensitive words, then length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from shared.commands import Command
from shared.message import Message, Sender
from shared.settings import SettingsReader

if TYPE_CHECKING:
    from shared.sensitive import SensitiveWords
    from shared.wording import Wording

ADMIN, VIP = "admin", "vip"

Refusal = Literal[
    "private", "group_chat", "group", "user", "sensitive", "too_long", "admins_only", "only_private", "stale"
]
"""Why something is refused; `wording` has a sentence for each (`refused_<reason>`)."""

FRESH_MS = 300_000
"""Milliseconds after which a signature no longer shows anything about other people: the body it came with is not
signed, so whoever sees an old pair of headers could ask in an administrator's name."""

_ANY, _PRIVATE, _GROUP = "0", "1", "2"


@dataclass(frozen=True)
class GuardSettings:
    """Who may use the bot where. An empty list allows everybody; `longest` is in tokens, 0 = no limit."""

    chat_type: str = _ANY
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()
    vips: frozenset[str] = frozenset()
    sensitive: tuple[str, ...] = ()
    longest: int = 0

    @classmethod
    def read(cls, reader: SettingsReader) -> GuardSettings:
        """Read CHAT_TYPE, ALLOW_GROUPS, ALLOW_USERS, DENY_USERS, ADMIN_USERS, VIP_USERS, SENSITIVE_WORDS and
        MAX_QUESTION_LEN.
        """
        return cls(
            chat_type=reader.choice("CHAT_TYPE", _ANY, (_ANY, _PRIVATE, _GROUP)),
            groups=frozenset(reader.words("ALLOW_GROUPS")),
            users=frozenset(reader.words("ALLOW_USERS")),
            denied=frozenset(reader.words("DENY_USERS")),
            admins=frozenset(reader.words("ADMIN_USERS")),
            vips=frozenset(reader.words("VIP_USERS")),
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


def role(sender: Sender, settings: GuardSettings) -> str:
    """What the sender is: "admin", "vip" or "". Nobody without a staff id is more than anybody."""
    if not sender.staff_id:
        return ""
    if sender.staff_id in settings.admins:
        return ADMIN
    return VIP if sender.staff_id in settings.vips else ""


def access(message: Message, settings: GuardSettings) -> Refusal | None:
    """Why this person may not use the bot here; administrators always may, denial wins over permission."""
    if message.role == ADMIN:
        return None
    if settings.chat_type == _GROUP and not message.group:
        return "private"
    if settings.chat_type == _PRIVATE and message.group:
        return "group_chat"
    if message.group and settings.groups and message.conversation_id not in settings.groups:
        return "group"
    person = message.sender.id
    if person in settings.denied or (settings.users and person not in settings.users):
        return "user"
    return None


def permission(command: Command, message: Message, age_ms: int) -> Refusal | None:
    """Why a command is not for this message, whose signature is `age_ms` old."""
    if command.admins_only and message.role != ADMIN:
        return "admins_only"
    if command.confidential and message.group:
        return "only_private"
    if command.confidential and age_ms > FRESH_MS:
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
