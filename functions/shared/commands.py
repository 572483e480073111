"""The table of chat commands: every word that triggers one, where it runs, and who may use it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.folding import plain
from shared.mentions import (
    MARKS,
    Rest,
    Written,
    asks,
    bare,
    is_mention,
    is_name,
    seams,
)


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
_FORGET = ("清空", "清除", "清理", "重置", "删除", "忘记", "忘掉")
_END = ("结束", "退出", "刷新", "终止", "初始化")
_PAST = (
    *_CHATS,
    "上下文",
    "记忆",
    "历史",
    "记录",
    "聊天记录",
    "对话记录",
    "会话记录",
    "历史记录",
    "对话历史",
    "聊天历史",
)
_WHICH = ("", "当前", "所有", "全部", "之前的")
_RESETS = (
    *("清空", "重置", "重新开始", "从头开始", "重新对话", "重新聊天", "换个话题", "换一个话题", "换话题"),
    *(verb + which + past for verb in _FORGET for which in _WHICH for past in _PAST),
    *(verb + which + chat for verb in _END for which in ("", "当前", "本次") for chat in _CHATS),
    *(begin + chat for begin in ("重启", "重新开始", "重开") for chat in _CHATS),
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

_BARE = {word: command for command in COMMANDS for word in (*command.words, *command.said)}
_LENGTHS = sorted({len(word) for word in _BARE})
_SLASHED = _BARE | {word: command for command in COMMANDS for word in command.slashed}
_SAID = {f"#{word}": command for command in COMMANDS for word in command.said}
_HASHED = {f"#{word}": command for command in COMMANDS for word in command.hashed}

_WORD_AND_NAME = re.compile(rf"(?P<word>[#＃/／\\\\＼]?[^\W\d_]+)[{MARKS}]*[@＠](?P<name>[^@＠]+)")

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
    for head, rest in Written(text).words():
        if is_mention(head):
            if glued := _glued(head, rest):
                return glued
            continue
        if found := _in_table(head, rest):
            return found
        head, _, rest = _parted(head, rest)
        unknown = _ONE_WORD.fullmatch(plain(head))
        return UnknownCommand(unknown[1]) if unknown and rest.only_mentions else None
    return None


def without_marks(text: str) -> str:
    """The text without marks that end a sentence, at its end; a question mark stays."""
    return text.rstrip(MARKS)


def is_bare_mention(text: str) -> bool:
    """Whether a text is somebody's mention and nothing else: neither a command nor a question hangs on the name."""
    for head, rest in Written(text).words():
        return is_mention(head) and not rest.text and not asks(head[1:]) and not _glued(head, rest)
    return False


def nearest(word: str, commands: Sequence[Command] = COMMANDS) -> str:
    """The trigger word of these commands that is most like `word`, with its sign; "" when none is like it."""
    from difflib import get_close_matches  # dear to import, and rarely needed

    signed = {w: w for command in commands for w in command.words}
    signed |= {w: f"/{w}" for command in commands for w in command.slashed}
    signed |= {w: f"#{w}" for command in commands for w in command.hashed}
    close = get_close_matches(word.casefold(), signed, n=1, cutoff=0.5)
    return signed[close[0]] if close else ""


def _in_table(head: str, rest: Rest) -> Invoked | None:
    head, name, rest = _parted(head, rest)
    head = plain(head)
    slashed = head[:1] in ("\\", "/")
    command = (_SLASHED if slashed else _BARE).get(head[slashed:])
    if command and command.argument:
        return Invoked(command, _behind(command, name, rest))
    command = command or _SAID.get(head)
    if command and rest.only_mentions:
        return Invoked(command)
    for word, command in _HASHED.items():
        attached = head[len(word) :]
        # Anything else that hangs on it makes a sentence that begins with the word, such as #证书的作用是什么.
        if head.startswith(word) and (not attached or "." in attached or ":" in attached):
            return Invoked(command, f"{attached} {_behind(command, name, rest)}".strip())
    return None


def _behind(command: Command, name: str, rest: Rest) -> str:
    """What a command's word is followed by, as far as it is meant for the command."""
    return f"{name} {rest.text}".strip() if command.names_people else rest.before_mentions


def _parted(head: str, rest: Rest) -> tuple[str, str, Rest]:
    """Word, the mention that hangs on it (`/help@bot`), and rest; without a mark behind a word alone (`重置。`)."""
    if rest.only_marks:
        rest = Rest(Written(""), 0)
    alone = without_marks(head)
    hung = _WORD_AND_NAME.fullmatch(alone)
    if hung and is_name(bare(hung["name"])):
        return hung["word"], f"@{bare(hung['name'])}", rest
    return bare(alone) if alone != head and rest.only_mentions else head, "", rest


def _glued(head: str, rest: Rest) -> Invoked | None:
    """The command that hangs on a mention without a blank between them, where it cannot be anything else.

    Behind a sign or an unseen character a name has ended. Without one the whole message must be a name and a command's
    word: `@小助手怎么退出` is a question.
    """
    for begun in seams(head):
        if begun[:1] in _SLASHES and not rest.only_mentions:  # @types/persona is no name
            continue
        if found := _in_table(bare(begun), rest):
            return found
    if not rest.only_mentions:
        return None
    name = plain(without_marks(head))
    for length in _LENGTHS:
        command = _BARE.get(name[-length:])
        if command and is_name(name[1:-length]):
            return Invoked(command)
    return None
