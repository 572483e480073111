"""The token estimate: within its stated bounds for what people write."""

import pytest

from shared.tokens import estimated_tokens

SAMPLES = [
    ("Please write a short summary of the meeting we had on Monday.", 13),
    ("def add(a: int, b: int) -> int:\n    return a + b\n", 19),
    ("The committee met on Thursday to discuss whether the proposed schedule could be kept.", 15),
    ("委员会在星期四开会，讨论原定的时间表是否还能遵守。", 18),
    (" ".join(["1234567890"] * 20), 99),
    ("", 0),
]
"""Texts of this project's own, and their tokens as OpenAI's o200k_base encoding counts them."""


@pytest.mark.parametrize(("text", "counted"), SAMPLES)
def test_never_below_and_not_far_above(text: str, counted: int) -> None:
    """The estimate errs on the safe side, by no more than is stated."""
    assert counted <= estimated_tokens(text) <= counted * 1.6


EXAMPLES = [
    ("hello", 1),
    ("hello world", 2),
    ("internationalisation", 4),
    ("camelCase", 2),
    ("12345", 2),
    (" 7", 2),
    ("你好世界", 4),
    ("a\n\nb", 3),
    ("😀", 3),
]


@pytest.mark.parametrize(("text", "tokens"), EXAMPLES)
def test_examples(text: str, tokens: int) -> None:
    """What the estimate is made of."""
    assert estimated_tokens(text) == tokens


def test_longer_is_never_much_less() -> None:
    """Adding a character may join pieces, but never makes them vanish."""
    text = "The quick brown fox 跳过了 lazy dog 123! " * 20
    for end in range(1, len(text)):
        assert estimated_tokens(text[:end]) <= estimated_tokens(text[: end + 1]) + 1
