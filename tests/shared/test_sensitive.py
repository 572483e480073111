"""Sensitive words: every one is found, whatever its case or width, and nothing else is touched."""

from typing import SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sensitive import LISTS, words_like
from shared.sensitive import MASK, SensitiveWords


@pytest.mark.parametrize(
    ("words", "text", "masked"),
    [
        (["bad"], "a bad day", "a 🚫🚫🚫 day"),
        (["bad"], "BAD Bad ｂａｄ", "🚫🚫🚫 🚫🚫🚫 🚫🚫🚫"),
        (["ＢＡＤ"], "bad", "🚫🚫🚫"),
        (["坏", "坏人"], "坏人和坏事", "🚫🚫和🚫事"),
        (["ab", "bc"], "abc", "🚫🚫🚫"),
        (["aba"], "ababa", "🚫🚫🚫🚫🚫"),
        (["a"], "banana", "b🚫n🚫n🚫"),
        (["a", "an", "nana"], "banana", "b🚫🚫🚫🚫🚫"),
        (["fi"], "ofﬁce", "of🚫ce"),
        (["kg"], "5㎏", "5🚫"),
        (["strasse"], "Straße", "🚫🚫🚫🚫🚫🚫"),
        (["", " "], "nothing here", "nothing🚫here"),
        ([], "nothing here", "nothing here"),
    ],
)
def test_masked(words: list[str], text: str, masked: str) -> None:
    """All words, the longest at each place, overlaps included; each character becomes one sign."""
    found = SensitiveWords(words)
    assert found.masked(text) == masked
    assert found.in_text(text) == (masked != text)


@given(st.lists(st.text("abc", min_size=1, max_size=9), max_size=40), st.text("abcd", max_size=60))
def test_like_the_plain_definition(words: list[str], text: str) -> None:
    """Exactly the characters that belong to some occurrence of some word are masked."""
    hidden = {
        place
        for word in words
        for start in range(len(text))
        if text.startswith(word, start)
        for place in range(start, start + len(word))
    }
    expected = "".join(MASK if place in hidden else character for place, character in enumerate(text))
    assert SensitiveWords(words).masked(text) == expected


@given(st.lists(st.text(min_size=1, max_size=4), max_size=5), st.text(max_size=40))
def test_any_text_keeps_its_length(words: list[str], text: str) -> None:
    """Masking never raises and never moves a character."""
    assert len(SensitiveWords(words).masked(text)) == len(text)


def test_ten_thousand_words() -> None:
    """A long list is searched whole."""
    words = [
        chr(0x4E00 + number % 9_000) + chr(0x5000 + number * 7 % 9_000) + "尾" * (number % 4)
        for number in range(10_000)
    ]
    found = SensitiveWords(words)
    assert all(found.in_text(f"前{word}后") for word in words)


class Counted(str):
    """A text that counts how often a part of it is taken."""

    taken = 0

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        Counted.taken += 1
        return Counted(super().__getitem__(key))

    def translate(self, table: object) -> "Counted":
        return self


@pytest.mark.parametrize("kind", LISTS)
def test_what_a_long_list_costs(kind: str) -> None:
    """Looks per character do not grow with the number of lengths: milliseconds are the benchmark's."""
    words, texts = words_like(kind, 10_000, 4_000)
    found = SensitiveWords(words)
    for text in texts.values():
        Counted.taken = 0
        found.in_text(Counted(text + "\0"))
        found.masked(Counted(text))
        assert Counted.taken <= 14 * len(text)
