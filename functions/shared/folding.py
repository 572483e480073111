"""Text as it is compared: whatever its width, its letter case, and the way its accents were typed."""

from __future__ import annotations

import re
import unicodedata

_PIECE = 128
"""Characters that are normalized at once, up to twice as many where no better place to part them comes."""

_BEGINS = re.compile("[\x00-\x7f\u4e00-\u9fff]")


def plain(text: str) -> str:
    """The text in plain width and lower case (NFKC, then case folding), in time that grows with its length alone.

    Python's own normalization sorts a run of combining marks by insertion: some thousand of them take it minutes. So
    long texts are normalized in pieces, parted before characters that never combine with what precedes them; a run
    without any is parted where it must be, as the Stream-Safe Text Process does (https://unicode.org/reports/tr15/).
    """
    return normalized(text).casefold()


def normalized(text: str) -> str:
    """The text in NFKC, as `plain` makes it, letter case kept."""
    if text.isascii():
        return text
    pieces, start = [], 0
    while len(text) - start > 2 * _PIECE:
        found = _BEGINS.search(text, start + _PIECE, start + 2 * _PIECE)
        end = found.start() if found else start + 2 * _PIECE
        pieces.append(text[start:end])
        start = end
    return "".join(unicodedata.normalize("NFKC", piece) for piece in (*pieces, text[start:]))
