"""Masking sensitive words in an answer: lists of 10,000 words, an answer of 4,000 characters."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from shared.sensitive import SensitiveWords

_FIRST, _RANGE = 0x4E00, 20_000
_BEGIN = "中国"


def _text(seed: int, length: int) -> str:
    """Characters that look random and are the same every time."""
    state, characters = seed, []
    for _ in range(length):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        characters.append(chr(_FIRST + state // 7 % _RANGE))
    return "".join(characters)


def _usual(words: int, characters: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """Short words; an answer without any, and one that consists of them."""
    listed = [_text(number + 1, 2 + number % 4) for number in range(words)]
    return listed, {"ordinary": _text(0, characters), "all hits": "".join(listed)[:characters]}


def _one_beginning(words: int, characters: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """All words begin alike, in 200 lengths; answers in which that beginning stands everywhere."""
    listed = [_BEGIN + _text(number + 1, 1 + number % 200) for number in range(words)]
    almost = "".join(word[:5] for word in reversed(listed))
    return listed, {"one beginning": (_BEGIN * characters)[:characters], "almost hits": almost[:characters]}


def _one_in_another(words: int, characters: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """Each word is the beginning of the next: only their 60 lengths tell them apart."""
    listed = ["丫" * (number % 40 + 2) + "丨" * (number // 500) for number in range(words)]
    broken = "".join("丫" * (number % 45 + 2) + "丶" for number in range(characters))
    return listed, {"one in another": "丫" * (characters - 1) + "丶", "one in another, broken": broken[:characters]}


_KINDS: Mapping[str, Callable[[int, int], tuple[Sequence[str], Mapping[str, str]]]] = {
    "usual": _usual,
    "one beginning": _one_beginning,
    "one in another": _one_in_another,
}

LISTS = tuple(_KINDS)
"""Kinds of lists: what deployments have, and two that are made to be slow."""


def words_like(kind: str, words: int, characters: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """A list of this kind, and by name the answers that are hard for it."""
    return _KINDS[kind](words, characters)


def masking(words: int, characters: int, repeats: int) -> dict[str, float]:
    """Median CPU time in ms of masking one answer, by the answer's name."""
    found = {}
    for kind in LISTS:
        listed, texts = words_like(kind, words, characters)
        sensitive = SensitiveWords(listed)
        sensitive.masked(_text(0, characters))
        for name, text in texts.items():
            times = []
            for _ in range(repeats):
                began = time.process_time()
                sensitive.masked(text)
                times.append((time.process_time() - began) * 1000)
            found[name] = median(times)
    return found
