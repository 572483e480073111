"""Mentions around what somebody wrote, and characters that nobody sees.

DingTalk takes the robot's own mention out of a text message and leaves other people's
(https://open.dingtalk.com/document/orgapp/receive-message); it says who is mentioned, never by which name. So where a
name ends can only be told by what stands behind it.
"""

from __future__ import annotations

import re

_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
_BLANKS = re.compile(rf"[\s{_UNSEEN}]+")
_NAME = re.compile(r"[^\s@＠#＃/／\\＼,，.。:：;；!！?？、\"'“”]{1,20}")
_QUESTION = re.compile(r"怎么|怎样|如何|什么|为何|[吗呢?？!！,，。]")
_SENTENCE = re.compile(r"怎么|怎样|如何|什么|为何|需要|可以|谢谢|[我你您他她它们请想不吗呢吧了的是在把给被让要和与]")


def bare(text: str) -> str:
    """The text without blanks and unseen characters at either end; in one pass, because people send whole files."""
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or text[start] in _UNSEEN):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _UNSEEN):
        end -= 1
    return text[start:end]


def first_word(text: str) -> tuple[str, str]:
    """The first word and what follows it, both bare."""
    head, *rest = bare(text).split(None, 1) or [""]
    return bare(head), bare(rest[0]) if rest else ""


def is_mention(word: str) -> bool:
    """Whether a word begins as a mention does."""
    return word[:1] in ("@", "＠")


def is_name(text: str) -> bool:
    """Whether the text can be somebody's name, as far as that can be told: short, and no part of a sentence."""
    return bool(_NAME.fullmatch(text)) and not _SENTENCE.search(text)


def is_spaced_name(text: str) -> bool:
    """Whether the text can be one name of several words, as robots have them: `Tea Bot 2`; no part of a sentence."""
    return len(text) <= 40 and len(text.split()) <= 4 and all(map(is_name, text.split())) and not asks(text)


def asks(text: str) -> bool:
    """Whether what follows an @ is surely more than a name, however odd the names of robots are."""
    return len(text) > 40 or bool(_QUESTION.search(text))


def seams(word: str) -> list[str]:
    """What may begin inside a mention that no blank ends: behind unseen characters, or with a sign of commands."""
    found = re.search(rf"[{_UNSEEN}]+|(?=[#＃/／\\＼])", word[2:])
    return [word[2 + found.end() :]] if found else []


def before_mentions(text: str) -> str:
    """The text without mentions at its end."""
    text = bare(text)
    while (words := text.rsplit(None, 1)) and is_mention(bare(words[-1])):
        text = bare(text[: len(text) - len(words[-1])])
    return text


def only_mentions(text: str) -> bool:
    """Whether nothing but mentions stands in the text; also true when nothing does."""
    return all(is_mention(word) or not word for word in _BLANKS.split(text))
