"""Where an answer has tables: which places are inside a row, and what stands above the rows."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reply.fences import walk
from reply.markdown import table_rows

_QUOTE = re.compile(r"[ \t]*>[ \t>]*")


@dataclass(frozen=True)
class _Row:
    """From where to where a row goes, without its line end; `head` is the table's head, `number` counts from it."""

    start: int
    end: int
    head: str
    number: int


class Tables:
    """The tables of a text, also of those in a quote. Places are counted in characters."""

    def __init__(self, text: str) -> None:
        self._rows = list(_rows(text)) if "|" in text else []
        self._starts = [row.start for row in self._rows]

    def tears(self, at: int) -> bool:
        """Whether a cut there is inside a row."""
        row = self._at(at - 1)
        return row is not None and at < row.end

    def beheads(self, at: int) -> bool:
        """Whether a cut there leaves a head without a row under it."""
        row = self._at(at)
        return row is not None and row.start == at and row.number in (1, 2)

    def head(self, at: int) -> tuple[str, int]:
        """What stands above the row that begins there, and the length of the row; ("", 0) where none does."""
        row = self._at(at)
        if row is None or row.start != at or row.number < 2:
            return "", 0
        return row.head, row.end - row.start

    def _at(self, at: int) -> _Row | None:
        place = bisect_right(self._starts, at) - 1
        row = self._rows[place] if place >= 0 else None
        return row if row and at < row.end else None


def _rows(text: str) -> Iterator[_Row]:
    lines = list(walk(text.split("\n")))
    found = table_rows([replace(line, text=_unquoted(line.text)) for line in lines])
    at, number, head = 0, 0, ""
    for place, line in enumerate(lines):
        end = at + len(line.text)
        if place in found:
            number = 0 if found[place] else number + 1
            head = "" if number == 0 else head
            head += f"{line.text}\n" if number < 2 else ""
            yield _Row(at, end, head, number)
        at = end + 1


def _unquoted(line: str) -> str:
    quoted = _QUOTE.match(line)
    return line[quoted.end() :] if quoted else line
