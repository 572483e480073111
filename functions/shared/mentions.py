"""Mentions around what somebody wrote, and characters that nobody sees.

DingTalk takes the robot's own mention out of a text message and leaves other people's
(https://open.dingtalk.com/document/orgapp/receive-message); it says who is mentioned, never by which name. So where a
name ends can only be told by what stands behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters that nobody sees, where they are between words."""

MARKS = "。．.｡！!～~…，,、"
"""Marks that end a sentence or a part of it, without question marks."""

_WORD = re.compile(r"\S+")
_SEEN_WORD = re.compile(rf"[^\s{UNSEEN}]+")
_SEAM = re.compile(rf"[{UNSEEN}]+|(?=[#＃/／\\＼])")
_NAME = re.compile(r"[^\s@＠#＃/／\\＼,，.。:：;；!！?？、\"'“”]{1,20}")
_VERSION = re.compile(r"(?<=[A-Za-z0-9])\.(?=[0-9])")
_QUESTION = re.compile(r"怎么|怎样|如何|什么|为何|[吗呢?？!！,，。]")
_SENTENCE = re.compile(r"怎么|怎样|如何|什么|为何|需要|可以|谢谢|[我你您他她它们请想不吗呢吧了的是在把给被让要和与]")


def bare(text: str) -> str:
    """The text without blanks and unseen characters at either end; in one pass, because people send whole files."""
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or text[start] in UNSEEN):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in UNSEEN):
        end -= 1
    return text[start:end]


def is_mention(word: str) -> bool:
    """Whether a word begins as a mention does."""
    return word[:1] in ("@", "＠")


def is_name(text: str) -> bool:
    """Whether the text can be somebody's name, as far as that can be told: short, and no part of a sentence."""
    return bool(_NAME.fullmatch(text)) and not _SENTENCE.search(text)


def is_spaced_name(text: str) -> bool:
    """Whether the text can be one name of several words, as robots have them: `Tea Bot 2`; no part of a sentence."""
    words = _VERSION.sub("", text[:41]).split()
    return len(text) <= 40 and len(words) <= 4 and all(map(is_name, words)) and not asks(text)


def asks(text: str) -> bool:
    """Whether what follows an @ is surely more than a name, however odd the names of robots are."""
    return len(text) > 40 or bool(_QUESTION.search(text))


def seams(word: str) -> list[str]:
    """What may begin inside a mention that no blank ends: behind unseen characters, or with a sign of commands."""
    found = _SEAM.search(word, 2)
    return [word[found.end() :]] if found else []


def only_mentions(text: str) -> bool:
    """Whether nothing but mentions stands in the text; also true when nothing does."""
    return all(is_mention(word) for word in _SEEN_WORD.findall(text))


@dataclass(frozen=True)
class Written:
    """What somebody wrote. Many mentions may stand before and behind what they mean: each is looked at once."""

    text: str

    def words(self) -> Iterator[tuple[str, Rest]]:
        """Each word without unseen characters around it, and what follows it."""
        for found in _WORD.finditer(self.text):
            if word := bare(found[0]):
                yield word, Rest(self, found.end())

    @cached_property
    def mentions_begin(self) -> int:
        """Where the mentions begin with which the text ends: at its end when there are none."""
        words = [found.span() for found in _WORD.finditer(self.text)]
        while words:
            word = bare(self.text[slice(*words[-1])])
            if word and not is_mention(word):
                return words[-1][1]
            words.pop()
        return 0

    @cached_property
    def others_end(self) -> int:
        """Where the last word ends that is no mention, unseen characters parting words as blanks do."""
        return max((found.end() for found in _SEEN_WORD.finditer(self.text) if not is_mention(found[0])), default=0)

    @cached_property
    def meant_end(self) -> int:
        """Where the text ends without the marks of a sentence, blanks and unseen characters at its end."""
        end = len(self.text)
        while end and (self.text[end - 1].isspace() or self.text[end - 1] in UNSEEN + MARKS):
            end -= 1
        return end


@dataclass(frozen=True)
class Rest:
    """What follows a word of a text."""

    written: Written
    begin: int

    @property
    def text(self) -> str:
        """All of it, bare."""
        return bare(self.written.text[self.begin :])

    @property
    def before_mentions(self) -> str:
        """Without mentions at its end."""
        return bare(self.written.text[self.begin : self.written.mentions_begin])

    @property
    def only_mentions(self) -> bool:
        """Whether nothing but mentions follows; also true when nothing does."""
        return self.written.others_end <= self.begin

    @property
    def only_marks(self) -> bool:
        """Whether nothing but marks of a sentence follows; also true when nothing does."""
        return self.written.meant_end <= self.begin
