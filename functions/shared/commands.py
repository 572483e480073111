"""The table of chat commands: every word that triggers one, where it runs, and who may use it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Command:
    """One command; a summary of each is in `wording` (`command_<name>`).

    `words` work bare or after a slash, `slashed` only after one, `hashed` after a `#`. With `argument` something may
    follow the word; a mention in it counts where the command `names_people`. `admins_only` commands are refused to
    others, or are ordinary questions of theirs (`or_question`). Those that `show_others` answer in private chats only,
    and only to fresh callbacks. `counts` as a question.
    """

    name: str
    runs_in: Literal["conversation", "reply"]
    words: tuple[str, ...] = ()
    slashed: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    argument: bool = False
    admins_only: bool = False
    or_question: bool = False
    shows_others: bool = False
    counts: bool = False
    names_people: bool = False


COMMANDS: tuple[Command, ...] = (
    Command("help", "conversation", words=("帮助",), slashed=("help",)),
    Command("templates", "conversation", words=("模板",), slashed=("templates",)),
    Command("clear", "reply", words=("清空", "重置", "退出", "结束"), slashed=("clear",)),
    Command("single", "reply", words=("单聊",), slashed=("single",)),
    Command("context", "reply", words=("串聊",), slashed=("context",)),
    Command("persona", "reply", words=("角色",), slashed=("persona",), argument=True),
    Command("usage", "reply", words=("用量",), slashed=("usage",), argument=True, names_people=True),
    Command("balance", "reply", words=("余额",), slashed=("balance",), admins_only=True),
    Command("domain", "reply", hashed=("域名",), argument=True, counts=True),
    Command("certificate", "reply", hashed=("证书",), argument=True, counts=True),
    Command(
        "export",
        "reply",
        words=("查对话",),
        hashed=("查对话",),
        argument=True,
        admins_only=True,
        shows_others=True,
        names_people=True,
    ),
    Command("group_id", "conversation", words=("群id",), admins_only=True, or_question=True),
)

LONGEST_WORD = 20
"""Characters after a slash up to which a lone word is taken for a command that was meant."""

_ONE_WORD = re.compile(rf"[\\/]([A-Za-z\u3400-\u9fff]{{1,{LONGEST_WORD}}})")


@dataclass(frozen=True)
class Invoked:
    """A command, and what followed its word (as written; "" when nothing did)."""

    command: Command
    argument: str = ""


@dataclass(frozen=True)
class UnknownCommand:
    """A lone slash word that is no command."""

    word: str


def find_command(text: str) -> Invoked | UnknownCommand | None:
    """The command that a text is, an unknown one, or None when it is a question.

    Full-width letters, signs and blanks count as their plain forms; letter case and mentions around it do not matter.
    """
    head, rest = _first_word(text)
    while head and _is_mention(head):
        head, rest = _first_word(rest)
    plain = _plain(head)
    for command in COMMANDS:
        found = _matches(command, plain, rest)
        if found is not None:
            return found
    unknown = _ONE_WORD.fullmatch(plain)
    return UnknownCommand(unknown[1]) if unknown and not _beyond_mentions(rest) else None


def nearest(word: str, commands: Sequence[Command] = COMMANDS) -> str:
    """The trigger word of these commands that is most like `word`, with its sign; "" when none is like it."""
    from difflib import get_close_matches  # dear to import, and rarely needed

    signed = {w: w for command in commands for w in command.words}
    signed |= {w: f"/{w}" for command in commands for w in command.slashed}
    signed |= {w: f"#{w}" for command in commands for w in command.hashed}
    close = get_close_matches(word.casefold(), signed, n=1, cutoff=0.5)
    return signed[close[0]] if close else ""


def _matches(command: Command, head: str, rest: str) -> Invoked | None:
    bare = head[1:] if head[:1] in ("\\", "/") else head
    known = command.words if bare is head else command.words + command.slashed
    behind = rest if command.names_people else _before_mentions(rest)
    if bare in known:
        if command.argument:
            return Invoked(command, behind)
        return None if _beyond_mentions(rest) else Invoked(command)
    for word in command.hashed:
        if head.startswith(f"#{word}"):
            attached = head[len(word) + 1 :]
            if attached and not set(attached) & {".", ":"}:
                return None  # a sentence that begins with the word, such as #证书的作用是什么
            return Invoked(command, f"{attached} {behind}".strip())
    return None


def _first_word(text: str) -> tuple[str, str]:
    head, *rest = text.split(None, 1) or [""]
    return head, rest[0].rstrip() if rest else ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_mention(word: str) -> bool:
    return word[0] in "@＠"


def _before_mentions(text: str) -> str:
    """The text without mentions at its end."""
    while (words := text.split()) and _is_mention(words[-1]):
        text = text[: -len(words[-1])].rstrip()
    return text


def _beyond_mentions(text: str) -> bool:
    return any(not _is_mention(word) for word in text.split())
