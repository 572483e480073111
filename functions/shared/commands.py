"""The table of chat commands: every word that triggers one, where it runs, and who may use it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.mentions import asks, bare, before_mentions, first_word, is_mention, is_name, only_mentions, seams


@dataclass(frozen=True)
class Command:
    """One command; a summary of each is in `wording` (`command_<name>`).

    `words` work bare or after a slash, `slashed` only after one, `hashed` after a `#`; people are taught the first of
    each. `said` is what else they say, bare or after any sign. With `argument` something may follow the word; a mention
    in it counts where the command `names_people`. `admins_only` commands are refused to others, or are ordinary
    questions of theirs (`or_question`). `confidential` ones answer in private chats only. Those `of_the_stored` show or
    change what is kept, or what is on an account, and are refused to all but fresh
    callbacks. `counts` as a question.
    """

    name: str
    runs_in: Literal["conversation", "reply"]
    words: tuple[str, ...] = ()
    slashed: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    argument: bool = False
    admins_only: bool = False
    or_question: bool = False
    confidential: bool = False
    of_the_stored: bool = False
    counts: bool = False
    names_people: bool = False


_CHATS = ("会话", "对话", "聊天")
_PAST = (*_CHATS, "上下文", "记忆", "历史", "记录", "聊天记录", "对话记录", "会话记录", "历史记录")
_RESETS = (
    *("清空", "重置", "重新开始", "从头开始", "重新对话"),
    *(verb + past for verb in ("清空", "清除", "清理", "重置") for past in _PAST),
    *(new + chat for new in ("新", "新的", "新建") for chat in (*_CHATS, "话题")),
    *(begin + new + chat for begin in ("开始", "开启") for new in ("新", "新的") for chat in (*_CHATS, "话题")),
)
"""What people send to begin anew; each is no sentence and no question when it stands alone."""

COMMANDS: tuple[Command, ...] = (
    Command("help", "conversation", words=("帮助", "help"), slashed=("help", "start")),
    Command("templates", "conversation", words=("模板",), slashed=("templates",)),
    Command(
        "clear",
        "reply",
        words=("清空", "重置", "退出", "结束"),
        slashed=("clear", "new", "reset", "restart"),
        said=_RESETS,
        of_the_stored=True,
    ),
    Command("single", "reply", words=("单聊",), slashed=("single",), of_the_stored=True),
    Command("context", "reply", words=("串聊",), slashed=("context",), of_the_stored=True),
    Command("persona", "reply", words=("角色",), slashed=("persona",), argument=True, of_the_stored=True),
    Command(
        "usage", "reply", words=("用量",), slashed=("usage",), argument=True, names_people=True, of_the_stored=True
    ),
    Command(
        "balance",
        "reply",
        words=("余额",),
        slashed=("balance",),
        admins_only=True,
        confidential=True,
        of_the_stored=True,
    ),
    Command("domain", "reply", slashed=("domain",), hashed=("域名",), argument=True, counts=True),
    Command("certificate", "reply", slashed=("certificate", "cert"), hashed=("证书",), argument=True, counts=True),
    Command(
        "export",
        "reply",
        words=("查对话",),
        slashed=("export",),
        hashed=("查对话",),
        argument=True,
        admins_only=True,
        confidential=True,
        names_people=True,
        of_the_stored=True,
    ),
    Command("group_id", "conversation", words=("群id",), slashed=("groupid",), admins_only=True, or_question=True),
)

LONGEST_WORD = 20
"""Characters after a slash up to which a lone word is taken for a command that was meant."""

_SLASHES = ("/", "／", "\\", "＼")

_MARKS = "。．.｡！!～~…，,、"

_WORD_AND_NAME = re.compile(rf"(?P<word>[#＃/／\\\\＼]?[^\W\d_]+)[{_MARKS}]*[@＠](?P<name>[^@＠]+)")

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

    Full-width letters, signs and blanks count as their plain forms; letter case, characters that nobody sees, and
    mentions around it do not matter, nor does a mark that ends a sentence behind a word that stands alone: recognised
    speech has one. A question mark asks.
    """
    head, rest = first_word(text)
    while is_mention(head):
        if glued := _glued(head, rest):
            return glued
        head, rest = first_word(rest)
    if found := _in_table(head, rest):
        return found
    head, _, rest = _parted(head, rest)
    unknown = _ONE_WORD.fullmatch(_plain(head))
    return UnknownCommand(unknown[1]) if unknown and only_mentions(rest) else None


def without_marks(text: str) -> str:
    """The text without marks that end a sentence, at its end; a question mark stays."""
    return text.rstrip(_MARKS)


def is_bare_mention(text: str) -> bool:
    """Whether a text is somebody's mention and nothing else: neither a command nor a question hangs on the name."""
    head, rest = first_word(text)
    return is_mention(head) and not rest and not asks(head[1:]) and not _glued(head, "")


def nearest(word: str, commands: Sequence[Command] = COMMANDS) -> str:
    """The trigger word of these commands that is most like `word`, with its sign; "" when none is like it."""
    from difflib import get_close_matches  # dear to import, and rarely needed

    signed = {w: w for command in commands for w in command.words}
    signed |= {w: f"/{w}" for command in commands for w in command.slashed}
    signed |= {w: f"#{w}" for command in commands for w in command.hashed}
    close = get_close_matches(word.casefold(), signed, n=1, cutoff=0.5)
    return signed[close[0]] if close else ""


def _in_table(head: str, rest: str) -> Invoked | None:
    head, name, rest = _parted(head, rest)
    plain = _plain(head)
    for command in COMMANDS:
        found = _matches(command, plain, f"{name} {rest}".strip() if command.names_people else rest)
        if found is not None:
            return found
    return None


def _parted(head: str, rest: str) -> tuple[str, str, str]:
    """Word, the mention that hangs on it (`/help@bot`), and rest; without a mark behind a word alone (`重置。`)."""
    if not bare(rest.strip(_MARKS)):
        rest = ""
    alone = without_marks(head)
    hung = _WORD_AND_NAME.fullmatch(alone)
    if hung and is_name(bare(hung["name"])):
        return hung["word"], f"@{bare(hung['name'])}", rest
    return bare(alone) if alone != head and only_mentions(rest) else head, "", rest


def _matches(command: Command, head: str, rest: str) -> Invoked | None:
    word = head[1:] if head[:1] in ("\\", "/") else head
    known = command.words + command.said if word is head else command.words + command.slashed + command.said
    behind = rest if command.names_people else before_mentions(rest)
    if word in known:
        if command.argument:
            return Invoked(command, behind)
        return Invoked(command) if only_mentions(rest) else None
    if head[:1] == "#" and head[1:] in command.said and only_mentions(rest):
        return Invoked(command)
    for word in command.hashed:
        if head.startswith(f"#{word}"):
            attached = head[len(word) + 1 :]
            if attached and not set(attached) & {".", ":"}:
                return None  # a sentence that begins with the word, such as #证书的作用是什么
            return Invoked(command, f"{attached} {behind}".strip())
    return None


def _glued(head: str, rest: str) -> Invoked | None:
    """The command that hangs on a mention without a blank between them, where it cannot be anything else.

    Behind a sign or an unseen character a name has ended. Without one the whole message must be a name and a command's
    word: `@小助手怎么退出` is a question.
    """
    for begun in seams(head):
        found = _in_table(bare(begun), rest)
        if found and (begun[:1] not in _SLASHES or only_mentions(rest)):  # @types/persona is no name
            return found
    if not only_mentions(rest):
        return None
    plain = _plain(without_marks(head))
    for command in COMMANDS:
        for word in command.words + command.said:
            if plain.endswith(word) and is_name(plain[1 : -len(word)]):
                return Invoked(command)
    return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
