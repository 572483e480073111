"""Sensitive words: found whatever their case or width, all of them, longest first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

MASK = "🚫"


class _Folding(dict[int, str]):
    """Each character as it is compared: plain width, lower case. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code)).casefold()
        self[code] = folded
        return folded


class SensitiveWords:
    """A list of words to look for. A list of 10,000 words costs little more than one of ten."""

    def __init__(self, words: Iterable[str]) -> None:
        self._folding = _Folding()
        self._words = frozenset(folded for folded in (self._folded(word) for word in words) if folded)
        lengths: dict[str, set[int]] = {}
        for word in self._words:
            lengths.setdefault(word[:2], set()).add(len(word))
        for word in self._words:
            if len(word) == 1:
                for begin in [key for key in lengths if key[0] == word]:
                    lengths[begin].add(1)
        self._lengths: Mapping[str, list[int]] = {key: sorted(found, reverse=True) for key, found in lengths.items()}

    def __bool__(self) -> bool:
        return bool(self._words)

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
        hidden = {origin[place] for start, end in hits for place in range(start, end)}
        return "".join(MASK if place in hidden else character for place, character in enumerate(text))

    def _folded(self, text: str) -> str:
        return text.translate(self._folding)

    def _found(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where words stand: at each place the longest."""
        lengths, words = self._lengths, self._words
        for start in range(len(folded)):
            begin = lengths.get(folded[start : start + 2]) or lengths.get(folded[start])
            for length in begin or ():
                if start + length <= len(folded) and folded[start : start + length] in words:
                    yield start, start + length
                    break

    def _origins(self, text: str) -> Sequence[int]:
        """For each character of the folded text, which character of the text it comes from."""
        return [place for place, character in enumerate(text) for _ in self._folding[ord(character)]]
