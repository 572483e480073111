"""Prompt templates: `#title words` puts a template's prefix and suffix around the words."""

from __future__ import annotations

import os.path
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from shared.deployed import Template, read_templates
from shared.mentions import UNSEEN, bare, is_mention, only_mentions

_SIGNS = ("#", "＃", "﹟")

_ONE_SCRIPT = {"IDEOGRAPHIC": "CJK", "KANGXI": "CJK"}
"""Unicode names some characters of a script by another first word."""

_SHIPPED = os.path.join(os.path.dirname(__file__), "prompts.json")


@dataclass(frozen=True)
class Applied:
    """A template, and the words it is applied to; "" when its title stood alone."""

    template: Template
    content: str

    def expanded(self) -> str:
        """The question that is asked instead."""
        return f"{self.template.prefix}{self.content}{self.template.suffix}"


def shipped() -> Sequence[Template]:
    """The templates that come with the code."""
    return read_templates(_SHIPPED)


class Templates:
    """The templates of a deployment; `load` is called when the first message needs them."""

    def __init__(self, load: Callable[[], Sequence[Template]]) -> None:
        self._load = load

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def titles(self) -> tuple[str, ...]:
        """In the order of the file."""
        return tuple(template.title for template in self._all)

    def find(self, text: str) -> Applied | None:
        """The template that a text begins with; None when it is an ordinary question.

        The longest title wins; letter case and full-width forms do not matter. The title must end where a word ends,
        or where letters of another script begin: `#翻译hello` is `#翻译`, and `#正则表达式` is not `#正则`.
        """
        text = _beyond_mentions(text)
        if not text:
            return None
        for folded, template in self._longest_first:
            rest = _after(folded, text)
            if rest is not None and _ends_between(folded, rest[:1]):
                return Applied(template, _content(rest))
        return None

    @cached_property
    def _all(self) -> tuple[Template, ...]:
        return tuple(self._load())

    @cached_property
    def _longest_first(self) -> list[tuple[str, Template]]:
        titles = [(_folded(template.title), template) for template in self._all]
        return sorted(titles, key=lambda entry: len(entry[0]), reverse=True)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", character).casefold() for character in text)


def _after(title: str, text: str) -> str | None:
    """What follows the title, as it was written; None when the text begins otherwise."""
    seen = ""
    for place, character in enumerate(text):
        if seen == title:
            return text[place:]
        seen += _folded(character)
        if not title.startswith(seen):
            return None
    return "" if seen == title else None


def _ends_between(title: str, following: str) -> bool:
    """Whether a word ends there: nothing more of one follows, or letters of another script do."""
    scripts = {"", _script(title), _script(following)}
    return not following.isalnum() or len(scripts) == 3


def _script(text: str) -> str:
    """The script of the last letter in it, such as "LATIN"; "" where there is none."""
    letter = next((character for character in reversed(text) if character.isalpha()), "")
    script = unicodedata.name(unicodedata.normalize("NFKC", letter)[:1] or " ", "").partition(" ")[0] if letter else ""
    return _ONE_SCRIPT.get(script, script)


def _content(rest: str) -> str:
    """Without what separates it from the title: one colon, blanks, line ends; code below keeps its indentation."""
    if rest[:1] in (":", "："):
        rest = rest[1:]
    if only_mentions(rest):
        return ""
    line, _, below = rest.partition("\n")
    return rest.strip() if line.strip() else below.strip("\r\n").rstrip()


def _beyond_mentions(text: str) -> str:
    """From the sign of a title on, also where it hangs on a mention; "" where there is none."""
    text = bare(text)
    for word in re.finditer(r"\S+", text):
        begin = word.end() - len(word[0].lstrip(UNSEEN))
        if begin == word.end():
            continue
        if not is_mention(text[begin]):
            return text[begin:] if text[begin] in _SIGNS else ""
        signs = [place for sign in _SIGNS if (place := text.find(sign, begin, word.end())) > 0]
        if signs:
            return text[min(signs) :]
    return ""
