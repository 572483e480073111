"""Masking sensitive words in an answer: a list of 10,000 words, an answer of 4,000 characters."""

from __future__ import annotations

import time
from statistics import median

from shared.sensitive import SensitiveWords

_FIRST, _RANGE = 0x4E00, 20_000


def _text(seed: int, length: int) -> str:
    """Characters that look random and are the same every time."""
    state, characters = seed, []
    for _ in range(length):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        characters.append(chr(_FIRST + state // 7 % _RANGE))
    return "".join(characters)


def masking(words: int, characters: int, repeats: int) -> dict[str, float]:
    """Median CPU time in ms of masking one answer: an ordinary one, and one that consists of words of the list."""
    listed = [_text(number + 1, 2 + number % 4) for number in range(words)]
    sensitive = SensitiveWords(listed)
    texts = {"ordinary": _text(0, characters), "all hits": "".join(listed)[:characters]}
    sensitive.masked(texts["ordinary"])
    found = {}
    for name, text in texts.items():
        times = []
        for _ in range(repeats):
            began = time.process_time()
            sensitive.masked(text)
            times.append((time.process_time() - began) * 1000)
        found[name] = median(times)
    return found
