"""Reading settings: once, and every problem reported together with its remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from shared.errors import SettingsError

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


# Commas, semicolons and what a Chinese keyboard has for them, in every width; ends of lines of every kind.
_SEPARATORS = dict.fromkeys(map(ord, ",，﹐;；﹔、﹑､\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


def separated(text: str) -> tuple[str, ...]:
    """The entries of a list as people write it: without the blanks around them, and without empty ones."""
    return tuple(entry for entry in (part.strip() for part in text.translate(_SEPARATORS).split("\n")) if entry)


def says_nothing(text: str) -> bool:
    """Whether a value means unset: it is empty or blank, or an empty list or an empty text as people write them."""
    return "".join(text.split()) in ("", "[]", "''", '""')


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
        """Read text. `aliases` are older names, asked in order; `required` is the remedy when it must be set."""
        self.names[name] = default
        for alias in aliases:
            self.names.setdefault(alias, f"= {name}")
        for candidate in (name, *aliases):
            value = self._values.get(candidate, "").strip()
            if value:
                return value
        if required:
            self.problems.append(f"{name} is not set; {required}")
        return default

    def choice(self, name: str, default: str, allowed: Collection[str]) -> str:
        """Read one of `allowed`, compared without regard to case."""
        value = self.text(name, default).lower()
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
        """Read a list, as `separated` does; one that is set and has no word is a problem."""
        value = self.text(name, default)
        words = separated(default if says_nothing(value) else value)
        if not words and not says_nothing(value):
            self._wrong(name, value, "words separated by commas")
        return words

    def flag(self, name: str, default: bool) -> bool:
        """Read on/off (also true/false, yes/no, 1/0)."""
        value = self.text(name, "on" if default else "off").lower()
        if value in {"on", "true", "yes", "1"}:
            return True
        if value in {"off", "false", "no", "0"}:
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


LOG_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""Names for LOG_LEVEL and the numbers of Python's logging, which VERBOSE takes."""


def read_log_level(reader: SettingsReader) -> int:
    """The level from LOG_LEVEL (a name), else VERBOSE (a number, as the Connector had it), else info."""
    given = reader.text("LOG_LEVEL")
    name = reader.choice("LOG_LEVEL", "info", LOG_LEVELS)
    number = reader.whole("VERBOSE", LOG_LEVELS["info"], low=0, high=100)
    return LOG_LEVELS[name] if given else number


def read_log_text(reader: SettingsReader) -> bool:
    """Whether log lines have what people wrote and were answered, from LOG_TEXT."""
    return reader.flag("LOG_TEXT", False)


def read_language(reader: SettingsReader) -> str:
    """The chat's language from LANGUAGE: "zh" or "en"."""
    return reader.choice("LANGUAGE", "zh", ("zh", "en"))


def read_rounds(reader: SettingsReader) -> int:
    """How many rounds of context there are, from HISTORY_LENGTH."""
    return reader.whole("HISTORY_LENGTH", 5, low=0, high=100)


def read_default_single(reader: SettingsReader) -> bool:
    """Whether questions stand alone where nobody chose a mode, from DEFAULT_MODE."""
    return reader.choice("DEFAULT_MODE", "串聊", ("串聊", "单聊")) == "单聊"


def read_admin_export(reader: SettingsReader) -> bool:
    """Whether administrators may export what others asked, from ADMIN_EXPORT."""
    return reader.flag("ADMIN_EXPORT", False)


def read_webhook_hosts(reader: SettingsReader) -> tuple[str, ...]:
    """The hosts an answer may be posted to, from WEBHOOK_HOSTS: bare names, without scheme and port."""
    hosts = reader.words("WEBHOOK_HOSTS", "oapi.dingtalk.com")
    for host in hosts:
        if not _HOST.fullmatch(host):
            reader.problem(f"WEBHOOK_HOSTS has {host[:100]!r}; wanted bare host names like oapi.dingtalk.com")
    return hosts
