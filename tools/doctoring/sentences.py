"""Which of the chat's sentences somebody was answered with, and the setting that decides it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.wording import wording

LANGUAGES = ("zh", "en")

_FOR_WHOM = "send it for somebody else: --sender USERID, --group ID"
_LOG = "see its line: s conversation logs"

CAUSES: Mapping[str, str] = {
    "refused_private": f"CHAT_TYPE lets nobody talk to the robot in private; {_FOR_WHOM}",
    "refused_group_chat": f"CHAT_TYPE lets nobody talk to the robot in groups; {_FOR_WHOM}",
    "refused_group": f"ALLOW_GROUPS does not have that group; {_FOR_WHOM}",
    "refused_user": f"ALLOW_USERS does not have that person, or DENY_USERS has; {_FOR_WHOM}",
    "refused_sensitive": "SENSITIVE_WORDS has a word of it; say it with other words: --text",
    "refused_too_long": "MAX_QUESTION_LEN is shorter than it; raise it, or say it shorter: --text",
    "webhook_refused": "WEBHOOK_HOSTS does not have the host of its webhook; name one that it has: --webhook-host",
    "failed_settings": "conversation has a setting that is missing or wrong: see remedy_1 in s conversation logs",
    "handover_refused": f"CHATGPT_FUNCTION, INVOKE_ENDPOINT or the function's role: {_LOG}",
    "handover_unknown": f"FC did not answer: INVOKE_ENDPOINT, or FC itself; {_LOG}",
    "failed_internal": f"a defect of the program; {_LOG}",
}
"""By the sentence's name in `shared.wording`: the setting, and what to do."""


def cause_of(said: str) -> str:
    """Which setting such an answer comes of, and what to do; where to look when that is not known."""
    for language in LANGUAGES:
        for name, cause in CAUSES.items():
            if _matches(getattr(wording(language), name), said):
                return cause
    return _LOG


def is_help(said: str) -> bool:
    """Whether it is the help, whatever introduction and commands it has."""
    return any(_matches(wording(language).help, said) for language in LANGUAGES)


def _matches(sentence: str, said: str) -> bool:
    parts = re.split(r"\{\w+\}", sentence.strip())
    return re.fullmatch(".*".join(map(re.escape, parts)), said.strip(), re.DOTALL) is not None
