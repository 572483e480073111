"""What the stand-in for the model can be told to do once, and its faults by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from local.faults import Fault


@dataclass(frozen=True)
class Reply:
    """What the model does once. Times in real seconds.

    `text` is cut into `chunks` (or pieces of some characters). `stall_after` chunks the stream stops and the
    connection stays open; `reset_after` chunks it is cut. `status` other than 200 answers an error with `code`;
    `raw` replaces the whole body, with `content_type`. `thinking` comes before the text, as reasoning
    models send it. `when` makes the reply wait for a prompt that contains it. `dropped` cuts the connection before any
    answer; `drip` is how many seconds lie between two bytes of `raw`, with `drip_headers` of status and headers too;
    `usage` is whether tokens are counted; `early_finish` is the finish that every chunk carries.
    """

    text: str = ""
    chunks: Sequence[str] = ()
    first_token: float = 0.0
    between: float = 0.0
    stall_after: int | None = None
    reset_after: int | None = None
    status: int = 200
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json"
    finish: str = "stop"
    thinking: str = ""
    when: str = ""
    dropped: bool = False
    drip: float = 0.0
    drip_headers: bool = False
    usage: bool = True
    early_finish: str = ""


def failing(status: int, code: str = "", message: str = "", **headers: str) -> Reply:
    """Make an error answer in OpenAI's form; header names are given with underscores."""
    return Reply(
        status=status, code=code, message=message, headers={n.replace("_", "-"): v for n, v in headers.items()}
    )


_ERRORS = {
    "401": (401, "invalid_api_key", "Incorrect API key provided: sk-***."),
    "quota": (
        429,
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "context": (400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."),
}
"""Codes of https://platform.openai.com/docs/guides/error-codes ."""

_THOUGHTS = {"zh": "用户想知道答案。让我一步一步地想。", "en": "The user wants an answer. Let me think step by step. "}
_SENTENCE = {"zh": "这是一个很长的回答的一部分。", "en": "This is part of a very long answer. "}
_CODE = "```python\nfor number in range(3):\n    print(number)\n```"


def faulty(fault: Fault, ordinary: Reply, language: str) -> Reply:
    """Return what the model does instead of its ordinary reply."""
    kind, wanted = fault.kind, fault.parameters
    if kind in _ERRORS:
        return failing(*_ERRORS[kind])
    if kind == "429":
        return failing(429, "rate_limit_exceeded", "Rate limit reached.", Retry_After=f"{fault.seconds:g}")
    if kind == "5xx":
        return failing(int(wanted["status"]), "server_error", "The server had an error.")
    if kind == "html":
        return Reply(status=502, raw=b"<html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html")
    changes: dict[str, Reply] = {
        "slow-first-token": replace(ordinary, first_token=fault.seconds),
        "trickle": replace(ordinary, between=fault.seconds),
        "empty": replace(ordinary, text="", chunks=()),
        "no-usage": replace(ordinary, usage=False),
        "thinking": replace(ordinary, text="", chunks=(), thinking=_THOUGHTS[language] * 5),
        "filtered": replace(ordinary, text="", chunks=(), finish="content_filter"),
        "stall": replace(ordinary, stall_after=int(wanted.get("chunks", 0))),
        "cut": replace(ordinary, reset_after=int(wanted.get("chunks", 0))),
        "long": replace(ordinary, text=_long(int(wanted.get("characters", 0)), language), chunks=()),
    }
    return changes[kind]


def _long(characters: int, language: str) -> str:
    """Numbered paragraphs, some with code, of about so many characters."""
    parts: list[str] = []
    size = 0
    while size < characters:
        number = len(parts) + 1
        part = f"{number}. {_SENTENCE[language] * 8}" + (f"\n\n{_CODE}" if number % 5 == 0 else "")
        parts.append(part)
        size += len(part) + 2
    return "\n\n".join(parts)
