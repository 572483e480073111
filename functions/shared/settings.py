"""Reading settings: once, and every problem reported together with its remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from shared.errors import SettingsError
from shared.folding import normalized
from shared.mentions import bare

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


# Commas, semicolons and what a Chinese keyboard has for them, in every width; ends of lines of every kind.
_SEPARATORS = dict.fromkeys(map(ord, ",，﹐;；﹔、﹑､\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


_QUOTES = {'"': '"', "'": "'", "`": "`", "＂": "＂", "＇": "＇", "“": "”", "‘": "’", "「": "」", "『": "』"}
_BRACKETS = {"[": "]", "［": "］", "【": "】", "{": "}"}
_CLOSING = {**_QUOTES, **_BRACKETS}
_AROUND_SEVERAL = {"(": ")", "（": "）"}
"""What stands around one entry belongs to it, and around several to the list."""


def unquoted(text: str, pairs: Mapping[str, str] = _QUOTES) -> str:
    """The text without blanks around it, and without quotes around the whole of it.

    `pairs` has what closes each of them.
    """
    text = text.strip()
    while (end := pairs.get(text[:1])) and text[-1] == end and not {text[0], end} & set(text[1:-1]) and len(text) > 1:
        text = text[1:-1].strip()
    return text


def separated(text: str) -> tuple[str, ...]:
    """The entries of a list as people write it: in brackets or not, without the blanks and quotes around them, and
    without empty ones.
    """
    several = "\n" in text.strip().translate(_SEPARATORS)
    inner = unquoted(text, {**_CLOSING, **_AROUND_SEVERAL} if several else _CLOSING).translate(_SEPARATORS)
    return tuple(entry for entry in map(unquoted, inner.split("\n")) if entry)


def is_half_quoted(entry: str) -> bool:
    """Whether an entry of a list has a quote or a bracket at one end only: it was cut at a separator inside."""
    opened, closed = entry[:1], entry[-1:]
    if opened in _AROUND_SEVERAL:
        return _AROUND_SEVERAL[opened] not in entry
    is_pair = len(entry) > 1 and _CLOSING.get(opened) == closed
    return not is_pair and (opened in _CLOSING or closed in _CLOSING.values())


def says_nothing(text: str) -> bool:
    """Whether a value means unset: it is empty or blank, or an empty list or an empty text as people write them."""
    return unquoted("".join(text.split())) in ("", "[]")


class SettingsReader:
    """Reads named settings from a mapping and collects what is wrong.

    An empty or blank value means unset. Each read returns a usable value even after a problem, so that all problems
    are found in one pass; `finish` raises them together. `closed` are problems that close only what they concern.
    `names` maps every name read to its default as text: the documentation is tested against it.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []
        self.closed: list[str] = []
        self.names: dict[str, str] = {}

    def text(self, name: str, default: str = "", *, aliases: Collection[str] = (), required: str = "") -> str:
        """Read text, without quotes around it. `aliases` are older names, asked in order; `required` is the remedy when
        it must be set.
        """
        self.names[name] = default
        for alias in aliases:
            self.names.setdefault(alias, f"= {name}")
        for candidate in (name, *aliases):
            value = unquoted(self._values.get(candidate, ""))
            if value:
                return value
        if required:
            self.problems.append(f"{name} is not set; {required}")
        return default

    def choice(self, name: str, default: str, allowed: Collection[str], meant: Mapping[str, str] | None = None) -> str:
        """Read one of `allowed`, compared without regard to case and width; `meant` has other words for some."""
        value = _plain(self.text(name, default))
        value = (meant or {}).get(value, value)
        if value in allowed:
            return value
        self._wrong(name, value, "one of " + ", ".join(allowed))
        return default

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        """Read a whole number from `low` to `high`, both included."""
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if low <= number <= high:
            return number
        self._wrong(name, value, f"a whole number from {low} to {high}")
        return default

    def number(self, name: str, default: float | None, *, low: float, high: float) -> float | None:
        """Read a number from `low` to `high`, both included; None when unset and `default` is None."""
        value = self.text(name, "" if default is None else f"{default:g}")
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if low <= number <= high:
            return number
        self._wrong(name, value, f"a number from {low:g} to {high:g}")
        return default

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        """Read a list, as `separated` does; one that is set and has no word, or half of a quoted one, is a problem."""
        value = self.text(name, default)
        words = tuple(filter(None, map(bare, separated(default if says_nothing(value) else value))))
        if not words and not says_nothing(value):
            self._wrong(name, value, "words separated by commas")
        for number, word in enumerate(words, 1):
            if is_half_quoted(word):  # not shown: it may be a secret
                found = f"{name} has a quote or a bracket at one end only, at entry {number}"
                self.problems.append(f"{found}; wanted words separated by commas; write them without")
        return words

    def flag(self, name: str, default: bool) -> bool:
        """Read on/off (also true/false, yes/no, y/n, 1/0, enabled/disabled, 开/关, 是/否)."""
        value = _plain(self.text(name, "on" if default else "off"))
        if value in {"on", "true", "yes", "y", "1", "enabled", "enable", "开", "开启", "是"}:
            return True
        if value in {"off", "false", "no", "n", "0", "disabled", "disable", "关", "关闭", "否"}:
            return False
        self._wrong(name, value, "on or off")
        return default

    def problem(self, sentence: str) -> None:
        """Add a problem that concerns several settings together."""
        self.problems.append(sentence)

    def finish(self) -> None:
        """Raise SettingsError with every problem found so far, if there is any."""
        if self.problems or self.closed:
            raise SettingsError([*self.problems, *self.closed])

    def _wrong(self, name: str, found: str, wanted: str) -> None:
        self.problems.append(f"{name} is {found[:40]!r}; wanted {wanted}; change it or leave it out for the default")


def _plain(text: str) -> str:
    return normalized(text).lower()


LOG_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""Names for LOG_LEVEL and the numbers of Python's logging, which VERBOSE takes."""


_LEVELS_MEANT = {
    "warn": "warning",
    **dict.fromkeys(("trace", "notset"), "debug"),
    **dict.fromkeys(("information", "notice"), "info"),
    **dict.fromkeys(("err", "critical", "crit", "fatal"), "error"),
}
"""Names of levels in other systems."""


def read_log_level(reader: SettingsReader) -> int:
    """The level from LOG_LEVEL (a name), else VERBOSE (a number, as the Connector had it), else info.

    A number in LOG_LEVEL and a name in VERBOSE are understood, too.
    """
    given, verbose = (_plain(reader.text(name)) for name in ("LOG_LEVEL", "VERBOSE"))
    info = LOG_LEVELS["info"]
    if given.isdecimal():
        level = reader.whole("LOG_LEVEL", info, low=0, high=100)
    else:
        level = LOG_LEVELS[reader.choice("LOG_LEVEL", "info", LOG_LEVELS, _LEVELS_MEANT)]
    named = LOG_LEVELS.get(_LEVELS_MEANT.get(verbose, verbose), 0)
    number = named or reader.whole("VERBOSE", info, low=0, high=100)
    return level if given else number


def read_log_text(reader: SettingsReader) -> bool:
    """Whether log lines have what people wrote and were answered, from LOG_TEXT."""
    return reader.flag("LOG_TEXT", False)


_LANGUAGES_MEANT = {
    **dict.fromkeys(("zh-cn", "zh_cn", "zh-hans", "zh_cn.utf-8", "cn", "chinese", "中文", "简体中文"), "zh"),
    **dict.fromkeys(("en-us", "en_us", "en-gb", "en_gb", "en_us.utf-8", "english", "英文", "英语"), "en"),
}


def read_language(reader: SettingsReader) -> str:
    """The chat's language from LANGUAGE: "zh" or "en"."""
    return reader.choice("LANGUAGE", "zh", ("zh", "en"), _LANGUAGES_MEANT)


def read_rounds(reader: SettingsReader) -> int:
    """How many rounds of context there are, from HISTORY_LENGTH."""
    return reader.whole("HISTORY_LENGTH", 5, low=0, high=100)


def read_default_single(reader: SettingsReader) -> bool:
    """Whether questions stand alone where nobody chose a mode, from DEFAULT_MODE."""
    meant = {"context": "串聊", "single": "单聊"}
    return reader.choice("DEFAULT_MODE", "串聊", ("串聊", "单聊"), meant) == "单聊"


def read_admin_export(reader: SettingsReader) -> bool:
    """Whether administrators may export what others asked, from ADMIN_EXPORT."""
    return reader.flag("ADMIN_EXPORT", False)


def read_webhook_hosts(reader: SettingsReader) -> tuple[str, ...]:
    """The hosts an answer may be posted to, from WEBHOOK_HOSTS: bare names, without scheme and port."""
    hosts = tuple(host.removesuffix(".") for host in reader.words("WEBHOOK_HOSTS", "oapi.dingtalk.com"))
    for host in hosts:
        if not _HOST.fullmatch(host):
            reader.problem(f"WEBHOOK_HOSTS has {host[:100]!r}; wanted bare host names like oapi.dingtalk.com")
    return hosts
