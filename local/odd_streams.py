"""Streams as providers and relays really send them, beside what the documentation of the API says.

Reported of MiniMax, DashScope, Zhipu, and of relays such as https://github.com/songquanpeng/one-api ; thinking in the
text: https://docs.vllm.ai/en/latest/features/reasoning_outputs.html .
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from local.replies import Reply

_DONE = "data: [DONE]\n\n"
_PICTURE = "![demo](data:image/png;base64," + "iVBORw0KGgo" * 1000 + ")"
_ERROR = {"error": {"message": "The upstream server is overloaded.", "type": "server_error", "code": "overloaded"}}


def odd_stream(form: str, ordinary: Reply) -> Reply:
    """The ordinary answer as a stream of this form, one of FORMS."""
    text = ordinary.text or "".join(ordinary.chunks)
    if form == "finish-on-every-chunk":
        return replace(ordinary, early_finish="stop", between=max(ordinary.between, 0.03))
    return Reply(raw=_BODIES[form](_pieces(text)).encode(), content_type="text/event-stream")


def _pieces(text: str) -> list[str]:
    size = max(4, len(text) // 50)
    return [text[start : start + size] for start in range(0, len(text), size)]


def _event(delta: Mapping[str, Any], finish: str | None = None, **beside: object) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **beside}
    event = {
        "id": "chatcmpl-odd",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "demo",
        "choices": [choice],
    }
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n"


def _said(pieces: Sequence[str]) -> str:
    return "".join(_event({"content": piece}) for piece in pieces)


def _finished(pieces: Sequence[str], finish: str = "stop") -> str:
    return _said(pieces) + _event({}, finish) + _DONE


def _message_appended(pieces: Sequence[str]) -> str:
    whole = {"role": "assistant", "content": "".join(pieces)}
    return _said(pieces) + _event({}, "stop", message=whole) + _DONE


def _growing(pieces: Sequence[str]) -> str:
    return _finished(["".join(pieces[: number + 1]) for number in range(len(pieces))])


def _between(pieces: Sequence[str], odd: str) -> str:
    return "".join(_event({"content": piece}) + odd for piece in pieces) + _event({}, "stop") + _DONE


_BODIES: Mapping[str, Callable[[Sequence[str]], str]] = {
    "finish-before-more": lambda p: _said(p[:1]) + _event({}, "stop") + _finished(p[1:]),
    "finish-null": lambda p: "".join(_event({"content": piece}, "null") for piece in p) + _event({}, "stop") + _DONE,
    "message-appended": _message_appended,
    "growing": _growing,
    "heartbeats": lambda p: _between(p, 'data:\n\ndata: ""\n\nevent: heartbeat\n\n2026-11-28 08:00:00\n\n'),
    "stray-line": lambda p: _between(p, "data: {not json\n\n"),
    "single-line-feeds": lambda p: _finished(p).replace("\n\n", "\n"),
    "thinking-tag": lambda p: _finished(["<thought>", "Let me think.", "</thought>\n\n", *p]),
    "thinking-lone": lambda p: _finished(["Let me `think`.", "</think>\n\n", *p]),
    "picture": lambda p: _finished([*p, _PICTURE]),
    "length": lambda p: _finished(p, "length"),
    "filtered": lambda p: _finished(p, "content_filter"),
    "error-block": lambda p: _said(p) + json.dumps(_ERROR),
    "thinking-limit": lambda p: _finished(["<think>", *p], "length"),
}

FORMS = ("finish-on-every-chunk", *_BODIES)
"""What can be chosen."""
