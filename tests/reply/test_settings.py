"""Settings of `reply`: every problem at once, with its remedy, and usable values all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from reply.guards import ANSWER_TOKENS
from reply.settings import CHINA, ReplySettings
from reply.usage import NEAR_TOKENS
from reply.wiring import DEFAULT_SECONDS, function_seconds

GOOD = {"CHATGPT_API_KEY": "key-for-tests"}


def test_defaults() -> None:
    """With only a key, everything has its documented default; empty means unset."""
    settings = ReplySettings.read(GOOD | {"TIMEOUT": "", "HISTORY_LENGTH": " "})
    assert settings.problems == ()
    assert (settings.answer.model_seconds, settings.answer.rounds, settings.answer.attempts) == (55, 5, 3)
    assert (settings.mount, settings.keep_text, settings.timezone) == ("/mnt/oss", True, CHINA)
    assert settings.claim == "task"


@pytest.mark.parametrize(
    ("set_", "longest"),
    [
        ({}, None),
        ({"MAX_REQUEST": "5"}, None),
        ({"MAX_TOKENS_PER_DAY": "1000"}, ANSWER_TOKENS),
        ({"MAX_TOKENS_PER_MONTH": "1000"}, ANSWER_TOKENS),
        ({"MAX_TOKENS_PER_MONTH": "1000", "MAX_ANSWER_LEN": "300"}, 300),
        ({"MAX_TOKENS_PER_DAY": "1000", "MAX_ANSWER_LEN": "30000"}, 30000),
    ],
)
def test_where_tokens_are_limited_an_answer_has_a_longest_length(set_: dict[str, str], longest: int | None) -> None:
    """As the READMEs say: what is being answered can be counted, and what a limit is exceeded by has an end."""
    settings = ReplySettings.read(GOOD | set_)
    assert settings.chat.max_answer_len == longest
    assert settings.limits.answer_tokens == (longest or ANSWER_TOKENS)
    for readme in ("README.md", "README.zh-CN.md"):
        text = (Path(__file__).parents[2] / readme).read_text(encoding="utf-8")
        assert f"{ANSWER_TOKENS:,}" in text
        assert f"{NEAR_TOKENS:,}" in text


def test_all_problems_are_reported_together() -> None:
    """Each names what was found, what was wanted and what to do."""
    wrong = {
        "TIMEOUT": "soon",
        "HISTORY_LENGTH": "-1",
        "CONTEXT_SCOPE": "everybody",
        "CLAIM": "oss",
        "TIMEZONE": "Mars/Olympus",
        "RECORD_TEXT": "maybe",
        "LANGUAGE": "fr",
        "LOG_LEVEL": "loud",
        "REPLY_FORMAT": "html",
    }
    problems = ReplySettings.read(wrong).problems
    for name in [*wrong, "OSS_BUCKET", "OSS_ENDPOINT", "CHATGPT_API_KEY"]:
        if name != "CLAIM":
            assert [p for p in problems if p.startswith(name)], name
    assert len(problems) >= len(wrong) + 2


@pytest.mark.parametrize(
    ("name", "value", "ok"),
    [
        ("TIMEOUT", "1", True),
        ("TIMEOUT", "0.9", False),
        ("TIMEOUT", "3600", True),
        ("TIMEOUT", "3601", False),
        ("TIMEOUT", "nan", False),
        ("HISTORY_LENGTH", "0", True),
        ("HISTORY_LENGTH", "100", True),
        ("HISTORY_LENGTH", "101", False),
        ("ASYNC_RETRIES", "8", True),
        ("ASYNC_RETRIES", "9", False),
        ("TIMEZONE", "Asia/Singapore", True),
    ],
)
def test_limits(name: str, value: str, ok: bool) -> None:
    """Every bound at and over."""
    assert (ReplySettings.read(GOOD | {name: value}).problems == ()) == ok


class Function:
    """A context's function part."""

    def __init__(self, timeout: object) -> None:
        self.timeout = timeout


class Context:
    """A context as FC gives it."""

    def __init__(self, timeout: object) -> None:
        self.function = Function(timeout)


CONTEXTS = [
    (Context(60), 60),
    (Context("60"), 60),
    (Context(None), DEFAULT_SECONDS),
    (Context("x"), DEFAULT_SECONDS),
    (None, DEFAULT_SECONDS),
]


@pytest.mark.parametrize(("context", "seconds"), CONTEXTS)
def test_function_seconds(context: object, seconds: float) -> None:
    """The function's own time-out counts; where the context does not tell, the shipped one."""
    assert function_seconds(context) == seconds
