"""The table of chat commands: every word that triggers one, and where it runs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Command:
    """One command. `words` work bare or after a slash, `slashed` only after one; a summary of each is in `wording`."""

    name: str
    runs_in: Literal["conversation", "reply"]
    words: tuple[str, ...] = ()
    slashed: tuple[str, ...] = ()


COMMANDS: tuple[Command, ...] = (
    Command("help", "conversation", words=("帮助",), slashed=("help",)),
    Command("clear", "reply", words=("清空", "重置"), slashed=("clear",)),
)

LONGEST_WORD = 20
"""Characters after a slash up to which a lone word is taken for a command that was meant."""

_ONE_WORD = re.compile(rf"[\\/]([A-Za-z\u3400-\u9fff]{{1,{LONGEST_WORD}}})")


@dataclass(frozen=True)
class UnknownCommand:
    """A lone slash word that is no command."""

    word: str


def find_command(text: str) -> Command | UnknownCommand | None:
    """The command that the whole of `text` is, an unknown one, or None when it is a question.

    Full-width letters, slashes and blanks count as their plain forms, and letter case does not matter.
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    for command in COMMANDS:
        if plain in command.words:
            return command
        if plain[:1] in ("\\", "/") and plain[1:] in command.words + command.slashed:
            return command
    unknown = _ONE_WORD.fullmatch(plain)
    return UnknownCommand(unknown[1]) if unknown else None
