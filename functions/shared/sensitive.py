"""Sensitive words: found whatever their case or width, all of them, longest first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

MASK = "🚫"

MOST_KNOWN = 10_000
"""Beginnings of which it is remembered, within one text, how long a word they begin with: each may be a long word."""


class _Folding(dict[int, str]):
    """Each character as it is compared: plain width, lower case. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code)).casefold()
        self[code] = folded
        return folded


class SensitiveWords:
    """A list of words to look for. A list of 10,000 words costs little more than one of ten, whatever they look like.

    Words are grouped by their first two characters; a group knows the lengths of its words. Whether a word stands at a
    place is searched over these lengths as over a sorted list: `_ahead` has every word, and the beginnings of longer
    ones that such a search passes, each with the length of the longest word that it begins with (0 = with none).
    (Binary search on prefix lengths: Waldvogel et al., https://doi.org/10.1145/263109.263136 .)
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._folding = _Folding()
        listed = {folded for folded in (self._folded(word) for word in words) if folded}
        lengths: dict[str, set[int]] = {}
        for word in listed:
            lengths.setdefault(word[:2], set()).add(len(word))
        for begin, found in lengths.items():
            if begin[0] in listed:
                found.add(1)
        self._lengths: Mapping[str, list[int]] = {begin: sorted(found) for begin, found in lengths.items()}
        self._ahead: dict[str, int] = {}
        for word in sorted(listed, key=len):
            self._add(word)

    def __bool__(self) -> bool:
        return bool(self._ahead)

    def in_text(self, text: str) -> bool:
        """Whether any of the words stands in the text, also inside another word."""
        return next(self._found(self._folded(text)), None) is not None

    def masked(self, text: str) -> str:
        """The text with each character of each word replaced by 🚫; words may overlap."""
        folded = self._folded(text)
        hits = list(self._found(folded))
        if not hits:
            return text
        origin = self._origins(text) if len(folded) != len(text) else range(len(text))
        shown, done = list(text), 0
        for start, end in hits:
            if end > done:
                for place in range(max(start, done), end):
                    shown[origin[place]] = MASK
                done = end
        return "".join(shown)

    def _folded(self, text: str) -> str:
        return text.translate(self._folding)

    def _found(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where words stand: at each place the longest; none behind one that reaches the end of the text."""
        groups = self._lengths
        known: dict[str, int] = {}  # in a text that repeats itself, nothing is searched twice
        for start in range(len(folded)):
            lengths = groups.get(folded[start : start + 2]) or groups.get(folded[start])
            if not lengths:
                continue
            ahead = folded[start : start + lengths[-1]]
            length = known.get(ahead)
            if length is None:
                if len(known) >= MOST_KNOWN:
                    known.clear()
                length = known[ahead] = self._longest(ahead, lengths)
            if length:
                yield start, start + length
                if start + length == len(folded):
                    return

    def _longest(self, text: str, lengths: Sequence[int]) -> int:
        """The length of the longest word that the text begins with; 0 when it begins with none."""
        longest, low, high, stride, ahead = 0, 0, len(lengths), 1, self._ahead.get
        while low < high:
            # As _probe, written out: this loop is what a long list costs.
            probe = min(low + stride, high) - 1 if stride else (low + high) // 2
            found = ahead(text[: lengths[probe]])
            if found is None:
                high, stride = probe, 0
            else:
                longest, low, stride = found, probe + 1, stride * 4
        return longest

    def _add(self, word: str) -> None:
        """Add a word, all shorter ones being there: what a search for it passes, and itself."""
        lengths = self._lengths[word[:2]]
        low, high, stride = 0, len(lengths), 1
        while lengths[probe := _probe(low, high, stride)] != len(word):
            if lengths[probe] > len(word):
                high, stride = probe, 0
                continue
            begin = word[: lengths[probe]]
            if begin not in self._ahead:
                self._ahead[begin] = self._longest(begin, lengths)
            low, stride = probe + 1, stride * 4
        self._ahead[word] = len(word)

    def _origins(self, text: str) -> Sequence[int]:
        """For each character of the folded text, which character of the text it comes from."""
        return [place for place, character in enumerate(text) for _ in self._folding[ord(character)]]


def _probe(low: int, high: int, stride: int) -> int:
    """Where to look next: in growing strides from the first, for most texts differ soon; then in the middle."""
    return min(low + stride, high) - 1 if stride else (low + high) // 2
