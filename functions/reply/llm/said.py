"""What a model has said so far, put together from the pieces of a stream."""

from __future__ import annotations

import io

SHORTEST_WHOLE = 20
"""Characters from which a delta may be taken for the whole text so far."""

GROWN = 2
"""Deltas in a row, behind the first, that must have repeated all before them, or they are pieces after all."""

PIECES = 3
"""Deltas before the last one, from which on a last one that repeats them all is the whole text once more."""

_LOOKED_AT = 200


class Text:
    """Pieces of one text, most often each of them new, from some servers each of them the whole so far.

    The latter are told by what no model does: from the first delta on, each repeats all text before it and adds to it,
    and what it adds is not more of the same (a model may laugh: 哈, 哈哈, 哈哈哈). Some say the whole once more at the
    end, behind `pieces` deltas or more.
    """

    def __init__(self, pieces: int = PIECES) -> None:
        self._written = io.StringIO()
        self._least = pieces
        self._count = 0
        self._last = ""
        self._latest = ""
        self._grown = 0
        self._pieces = True
        self._growing = True

    def add(self, delta: str) -> None:
        """Take the next delta. Costs as much as the delta is long."""
        if not delta:
            return
        if self._growing:
            self._growing = delta.startswith(self._latest) or not self._latest.strip()
            if self._growing:
                self._grown += bool(self._latest.strip()) and len(delta) > len(self._latest)
                self._latest = delta
                self._pieces = self._pieces and not self._is_whole(delta)
        if self._pieces:
            self._written.write(delta)
            self._count, self._last = self._count + 1, delta
        elif not self._growing:  # told long ago, and yet this one is a piece
            self._latest, self._growing = self._latest + delta, True

    def __str__(self) -> str:
        if not self._pieces:
            return self._latest
        written, last = self._written.getvalue(), self._last
        again = self._count > self._least and len(last) >= SHORTEST_WHOLE and written == last * 2
        return last if again else written

    def __len__(self) -> int:
        return self._written.tell() if self._pieces else len(self._latest)

    def _is_whole(self, delta: str) -> bool:
        return self._grown >= GROWN and len(delta) >= SHORTEST_WHOLE and not _repeats(delta)


def _repeats(text: str) -> bool:
    """Whether a text, as far as it is looked at, is its own beginning over and over again."""
    text = text[:_LOOKED_AT]
    return any(text.startswith(text[period:]) for period in range(1, len(text) // 2 + 1))
