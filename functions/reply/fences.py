"""Code fences of markdown: which line opens one, which closes it, and what would close and reopen it.

As CommonMark has it (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), with two differences: an opening fence
may be indented by up to 20 blanks, because models indent those in lists; and more than 40 fence characters are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Role = Literal["text", "opens", "code", "closes"]

LONGEST_INFO = 60
"""Characters of an info string that are repeated when a fence is reopened."""

_OPENING = re.compile(
    r"(?P<prefix>[ \t]{0,20}(?:>[ \t]{0,3}){0,8})(?P<marker>(?:[-*+]|\d{1,9}[.)])[ \t]{1,4})?"
    r"(?P<run>`{3,40}|~{3,40})(?P<info>.*)"
)
_CONTAINER = re.compile(r"(?P<quotes>(?:[ \t]*>)*)(?P<indent>[ \t]*)(?P<rest>.*)")


@dataclass(frozen=True)
class Fence:
    """An open code fence: what stands before it (quote marks, blanks), its characters and its info string."""

    prefix: str
    run: str
    info: str

    @property
    def quoted(self) -> bool:
        """Whether it stands in a block quote, and ends with it at the latest."""
        return ">" in self.prefix

    @property
    def closing(self) -> str:
        """The line that closes it, without line end."""
        return self.prefix + self.run

    @property
    def opening(self) -> str:
        """The line that opens it again, without line end."""
        return self.prefix + self.run + self.info[:LONGEST_INFO]

    def closed_by(self, line: str) -> bool:
        """Whether that line closes it: the same character, at least as many, no info, not much further in."""
        found = _CONTAINER.fullmatch(line)
        if found is None:
            return False
        mark = found["rest"].rstrip(" \t")
        same = len(mark) >= len(self.run) and set(mark) == {self.run[0]}
        return same and bool(found["quotes"]) == self.quoted and len(found["indent"]) <= self._indent + 3

    @property
    def _indent(self) -> int:
        return len(self.prefix.rpartition(">")[2])


@dataclass(frozen=True)
class Line:
    """One line without its end, what it is, and the fence that is open after it."""

    text: str
    role: Role
    fence: Fence | None


def walk(lines: Iterable[str]) -> Iterator[Line]:
    """Say of each line what it is."""
    fence: Fence | None = None
    for line in lines:
        if fence and not (fence.quoted and not line.lstrip(" \t").startswith(">")):
            closes = fence.closed_by(line)
            fence = None if closes else fence
            yield Line(line, "closes" if closes else "code", fence)
        else:
            fence = _opened_by(line)
            yield Line(line, "opens" if fence else "text", fence)


def open_at_end(text: str) -> Fence | None:
    """The fence that the text leaves open."""
    if "```" not in text and "~~~" not in text:
        return None
    fence = None
    for line in walk(text.removesuffix("\n").split("\n")):
        fence = line.fence
    return fence


def _opened_by(line: str) -> Fence | None:
    if "```" not in line and "~~~" not in line:  # of most lines nothing else has to be looked at
        return None
    found = _OPENING.fullmatch(line)
    if found is None or (found["run"][0] == "`" and "`" in found["info"]):
        return None
    blanks = " " * len(found["marker"] or "")
    return Fence(found["prefix"] + blanks, found["run"], found["info"].rstrip())
