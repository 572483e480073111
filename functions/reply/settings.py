"""Every setting of `reply`, read once; problems are kept, so that people can still be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta, timezone, tzinfo

from reply.channels.session_webhook import WebhookSettings
from reply.claim import read_claim
from reply.exports import ExportSettings
from reply.guards import Limits
from reply.llm.settings import ChatSettings
from reply.oss import OssSettings
from reply.services import AnswerSettings
from shared.settings import SettingsReader, read_language, read_log_level, read_log_text

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one zone without daylight saving time since 1991: no database is needed for the default."""


@dataclass(frozen=True)
class ReplySettings:
    """All settings of the function; `problems` has a sentence for each that is missing or wrong."""

    answer: AnswerSettings
    limits: Limits
    chat: ChatSettings
    webhook: WebhookSettings
    claim: str
    oss: OssSettings
    exports: ExportSettings
    mount: str
    keep_text: bool
    sensitive_words: tuple[str, ...]
    timezone: tzinfo
    language: str
    log_level: int
    log_text: bool
    names: Mapping[str, str]
    problems: tuple[str, ...]

    @classmethod
    def read(cls, values: Mapping[str, str]) -> ReplySettings:
        """Read them all; never raises, what is wrong is in `problems` and has its default."""
        reader = SettingsReader(values)
        claim = read_claim(reader)
        remedy = "set it to your bucket's, or leave CLAIM out" if claim == "oss" else ""
        limits, chat = _bounded(Limits.read(reader), ChatSettings.read(reader))
        return cls(
            answer=AnswerSettings.read(reader),
            limits=limits,
            chat=chat,
            webhook=WebhookSettings.read(reader),
            claim=claim,
            oss=OssSettings.read(reader, remedy),
            exports=ExportSettings.read(reader),
            mount=reader.text("OSS_MOUNT_POINT", "/mnt/oss"),
            keep_text=reader.flag("RECORD_TEXT", True),
            sensitive_words=reader.words("SENSITIVE_WORDS"),
            timezone=_timezone(reader),
            language=read_language(reader),
            log_level=read_log_level(reader),
            log_text=read_log_text(reader),
            names=reader.names,
            problems=tuple(reader.problems),
        )


def _bounded(limits: Limits, chat: ChatSettings) -> tuple[Limits, ChatSettings]:
    """Where tokens are limited, an answer has a longest length, so that a question that is open can be counted."""
    if not limits.in_tokens:
        return limits, chat
    longest = chat.max_answer_len or limits.answer_tokens
    return replace(limits, answer_tokens=longest), replace(chat, max_answer_len=longest)


def _timezone(reader: SettingsReader) -> tzinfo:
    name = reader.text("TIMEZONE", "Asia/Shanghai")
    if name == "Asia/Shanghai":
        return CHINA
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # read from disk only where another zone is asked for

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.problem(f"TIMEZONE is {name[:40]!r}; wanted a name such as Asia/Singapore; change it or leave it out")
        return CHINA
