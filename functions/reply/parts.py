"""An answer in as few parts as DingTalk takes. Pure: the same text and layout always give the same parts.

That is what lets a later run go on where an earlier one died. Parts are cut from the front, and where one ends depends
only on what follows it closely, so a note appended at the very end does not move earlier cuts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from reply.fences import Line, open_at_end, walk
from reply.markdown import is_joined
from reply.tables import Tables
from shared.message import LARGEST_BODY, LONGEST_PART
from shared.wording import Wording

_SENTENCE = re.compile(r"[。！？；…]+[”’』」）)\"']*|(?<![.!?;])[.!?;]+[\"')\]]*(?=\s)")
_WORD = re.compile(r"[^\S\n]+|[，、：]+")
_FENCE_LIKE = re.compile(r"[ \t>]*(?:`|~)")
_LONG_BLANK = re.compile(r"(?<!\s)\s{2001,}")
_NEVER, _HARDLY = 9, 8
_LONGEST_SEQUENCE = 64
"""Characters over which a cut is moved to keep a combined character or a run of backquotes whole, and of an indentation
that is kept at the beginning of a part."""


MOST_PARTS = 20
"""Parts that an answer may have at most, whatever is set."""

LONGEST_BLANK = 2000
"""Characters of white space in a row that are laid out."""

_END = 500
"""Characters of an answer's end that are kept: it may say what is to be said under an answer that was cut."""

_MOST_BYTES, _FRAME = 6, 300
"""Bytes that a character can take in JSON; characters left for a mention, a number and a note."""


@dataclass(frozen=True)
class Limits:
    """What one part may measure, and how many there may be (the last number a part may have).

    Defaults: what DingTalk takes, and shows.
    """

    characters: int = LONGEST_PART
    body_bytes: int = LARGEST_BODY
    parts: int = 5


@dataclass(frozen=True)
class Layout:
    """How an answer is laid out. `encode` makes the bytes of the body that carries a text; `mention` may be empty."""

    words: Wording
    limits: Limits
    encode: Callable[[str], bytes]
    mention: str = ""
    markdown: bool = True


@dataclass(frozen=True)
class Part:
    """One part: `text` is what to show; `body` is the piece of the answer in it, from `start`.

    `opening` is what the part has before the body to reopen a code fence, or the head of a table. The bodies of all
    parts are the answer, unless the last one says that it was cut.
    """

    number: int
    text: str
    start: int
    body: str
    opening: str = ""


def split(text: str, layout: Layout, *, first: int = 1) -> tuple[Part, ...]:
    """The answer in parts within the limits, cut at paragraphs, else lines, else sentences, else anywhere.

    A code fence is closed at a cut and reopened in the next part. A row of a table that fits into a part is whole, and
    where a table goes on its head is repeated, unless that takes a third of the part. Parts are numbered when there is
    more than one. The first part gets number `first` (the rest of an answer is laid out anew under narrower limits).
    """
    whole = _Cutter(layout, Tables(""), text, 0, "", first, first)
    if whole.fits(len(text)):
        return (Part(first, _frame(layout, text, number=first, total=first), 0, text),)
    pieces = list(_pieces(text, layout, first))
    total = pieces[-1].number
    return tuple(
        Part(
            piece.number,
            _frame(layout, piece.opening + piece.body, number=piece.number, total=total, note=piece.text),
            piece.start,
            piece.body,
            piece.opening,
        )
        for piece in pieces
    )


def showable(text: str) -> str:
    """What of an answer can be shown, its very end kept: no more is laid out, however long it is.

    Blanks between two parts are not shown, so a run of more than LONGEST_BLANK has its middle left out.
    """
    most = MOST_PARTS * (Limits.characters + LONGEST_BLANK)
    text = _LONG_BLANK.sub(lambda run: run[0][: LONGEST_BLANK // 2] + run[0][-(LONGEST_BLANK // 2) :], text)
    return text if len(text) <= most + _END else f"{text[:most]}\n{text[-_END:]}"


def slices(text: str, layout: Layout, *, first: int = 1) -> tuple[Part, ...]:
    """The answer as it is, in parts of equal length: for a text of which nothing is known but that it is one."""
    text = text.encode("utf-8", "replace").decode()
    layout, limits = replace(layout, markdown=False), layout.limits
    size = min(limits.characters, limits.body_bytes // _MOST_BYTES) - _FRAME
    starts = [start for start in range(0, len(text), size) if text[start : start + size].strip()]
    shown = starts[: max(1, limits.parts - first + 1)]
    total = first + len(shown) - 1
    note = _closing(text, layout.words, total) if len(shown) < len(starts) else ""
    return tuple(
        Part(
            number,
            _frame(layout, text[start : start + size], number=number, total=total, note="" if number < total else note),
            start,
            text[start : start + size],
        )
        for number, start in enumerate(shown, first)
    )


def _pieces(text: str, layout: Layout, first: int) -> Iterator[Part]:
    """Where to cut; in `text` only the note that belongs at the end of that part."""
    last = max(first, layout.limits.parts)
    tables = Tables(text)
    start, opening = 0, ""
    for number in range(first, last + 1):
        cutter = _Cutter(layout, tables, text[start:], start, opening, number, max(2, last))
        if cutter.fits(len(text) - start):
            yield Part(number, "", start, text[start:], opening)
            return
        if number == last:
            cutter.note = _closing(text, layout.words, last)
        body = cutter.rest[: cutter.end()]
        yield Part(number, cutter.note, start, body, opening)
        start += len(body)
        opening = _reopening(opening + body, text[start:]) if layout.markdown else ""
        if layout.markdown and not opening:
            opening = _Cutter(layout, tables, text[start:], start, "", number + 1, max(2, last)).head()


def _closing(text: str, words: Wording, shown: int) -> str:
    """What stands under an answer that was cut: that it was, and what its own end says about memory."""
    notes = (words.no_memory, words.not_recalled, words.not_remembered)
    kept = [note for note in notes if text.endswith(note)]
    return "\n\n".join([words.parts_cut.format(shown=shown), *kept])


@dataclass
class _Cutter:
    """Finds where one part ends. The number is measured at its widest, because the total is not known yet.

    `rest` begins at `start` of the text that has these tables.
    """

    layout: Layout
    tables: Tables
    rest: str
    start: int
    opening: str
    number: int
    last: int
    note: str = ""

    def fits(self, length: int) -> bool:
        """Whether that many characters of the rest fit into the part."""
        block, limits = self.opening + self.rest[:length], self.layout.limits
        if len(block.rstrip()) > limits.characters:
            return False  # quickly: what is framed is never shorter
        framed = _frame(self.layout, block, number=self.number, total=self.last, note=self.note)
        return len(framed) <= limits.characters and len(self.layout.encode(framed)) <= limits.body_bytes

    def head(self) -> str:
        """The head of the table that goes on here, where there is room for it and a row; else ""."""
        head, row = self.tables.head(self.start)
        with_head = replace(self, opening=head)
        return head if len(head) <= self.layout.limits.characters // 3 and with_head.fits(row) else ""

    def end(self) -> int:
        """The best place to cut: at least one character, white space that follows included."""
        low, high = 1, min(len(self.rest), self.layout.limits.characters)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.fits(middle) else (low, middle - 1)
        return next((self._past_blanks(at) for at in self._places(low) if self.fits(at)), low)

    def _places(self, most: int) -> Iterator[int]:
        """Places to cut, the best first. In the first half only if nothing better is there: parts should be few."""
        ends = dict(self._line_ends(most))
        yield from sorted((at for at in ends if at > most // 2 and ends[at] < _HARDLY), key=lambda at: (ends[at], -at))
        window = self.rest[: most + 1]
        for pattern in (_SENTENCE, _WORD):
            found = [match.end() for match in pattern.finditer(window)]
            yield from (at for at in reversed(found) if most // 2 < at <= most and self._is_clean(at, whole=True))
        if self.tables.tears(self.start + most):
            yield from sorted((at for at in ends if ends[at] < _NEVER), key=lambda at: (ends[at] == _HARDLY, -at))
        anywhere = range(most, max(0, most - _LONGEST_SEQUENCE), -1)
        yield from (at for at in anywhere if self._is_clean(at))
        yield from range(most, 0, -1)

    def _is_clean(self, at: int, *, whole: bool = False) -> bool:
        """Whether a cut in the middle of a line breaks no character and makes no fence of what follows.

        `whole`: and leaves rows of tables whole.
        """
        torn = whole and self.tables.tears(self.start + at)
        return not (torn or is_joined(self.rest, at) or _FENCE_LIKE.match(self.rest[at : at + _LONGEST_SEQUENCE]))

    def _line_ends(self, most: int) -> Iterator[tuple[int, int]]:
        block = self.opening + self.rest[: most + 1000]
        lines = list(walk(block.split("\n"))) if self.layout.markdown else [_plain(t) for t in block.split("\n")]
        at = -len(self.opening)
        for line, following in pairwise(lines):
            at += len(line.text) + 1
            if 0 < at <= most:
                beheads = self.tables.beheads(self.start + at)
                yield at, _HARDLY if beheads else _rank(line, following)

    def _past_blanks(self, at: int) -> int:
        """That place, or after the white space that follows it: no part begins with what nobody sees."""
        if self.layout.markdown and open_at_end(self.opening + self.rest[:at]):
            return at
        end = len(self.rest) - len(self.rest[at:].lstrip())
        line_start = at if self.rest[at - 1] == "\n" else 0
        line_start = max(line_start, self.rest.rfind("\n", at, end) + 1)
        return line_start if line_start and end - line_start <= _LONGEST_SEQUENCE else end


def _plain(text: str) -> Line:
    return Line(text, "text", None)


def _rank(line: Line, following: Line) -> int:
    """How good a cut after that line is: 0 is best; _NEVER would leave an empty code block."""
    if line.fence is None:
        ends_block = line.role == "closes" or following.role == "opens"
        return 0 if ends_block or not line.text.strip() or not following.text.strip() else 1
    if line.role == "opens" or following.role == "closes":
        return _NEVER
    return 3 if line.text.strip() else 2


def _reopening(block: str, rest: str) -> str:
    """What the next part begins with so that code goes on as code."""
    fence = open_at_end(block)
    if fence is None:
        return ""
    in_line = not block.endswith("\n")
    if fence.quoted and not in_line and not rest.lstrip(" \t").startswith(">"):
        return ""  # the quote ends here, and its fence with it
    return fence.opening + "\n" + (fence.prefix if in_line and fence.quoted else "")


def _frame(layout: Layout, block: str, *, number: int, total: int, note: str = "") -> str:
    """The text of a part: mention and number before it, its fence closed, the note after it."""
    head = [layout.mention] if number == 1 and layout.mention else []
    if total > 1:
        head.append(layout.words.part.format(number=number, total=total))
    gap = "\n\n" if layout.markdown else "\n"
    shown = _fences_closed(block) if layout.markdown else block.rstrip()
    return gap.join([*([" ".join(head)] if head else []), shown]) + (f"\n\n{note}" if note else "")


def _fences_closed(block: str) -> str:
    """The block without white space at its end, unless that is code, and with its last fence closed."""
    stripped = block.rstrip()
    # Blank lines can end a quote and its fence; without them the fence is open again.
    for candidate in (block, stripped) if len(stripped) < len(block) else (stripped,):
        fence = open_at_end(candidate)
        if fence:
            return candidate + ("" if candidate.endswith("\n") else "\n") + fence.closing
    return stripped
