"""Answers of a model's server, or of something in front of it, that are no ordinary answer: as they come on the wire.

Streams: https://platform.openai.com/docs/api-reference/chat-streaming . Codes:
https://platform.openai.com/docs/guides/error-codes ; endings as relays such as https://github.com/songquanpeng/one-api
produce them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.odd_refusals import odd_refusal
from local.odd_streams import odd_stream
from local.replies import Reply, failing

_EVENTS = "text/event-stream"
_PAGE = b"<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "search", "arguments": '{"q": "x"}'}}
_IN_STREAM = {
    "rate_limit_exceeded": "Rate limit reached.",
    "server_error": "The server had an error.",
    "insufficient_quota": "You exceeded your current quota.",
}
_REFUSALS: Mapping[str, Reply] = {
    "region": failing(403, "unsupported_country_region_territory", "Country, region, or territory not supported"),
    "unknown-model": failing(404, "model_not_found", "The model `gpt-0` does not exist or you do not have access."),
    "bad-request": failing(400, "invalid_value", "Invalid value."),
}

ENDINGS: Mapping[str, tuple[bool, bool]] = {"both": (True, True), "finish": (True, False), "none": (False, False)}
"""Whether a stream ends with a finish_reason, and whether with `[DONE]`."""


def odd(kind: str, ordinary: Reply, wanted: Mapping[str, Any]) -> Reply | None:
    """The odd answer of this kind, None when there is no such kind; `wanted` are the parameters of the fault."""
    text = ordinary.text or "".join(ordinary.chunks)
    if kind in _REFUSALS:
        return _REFUSALS[kind]
    if kind == "odd-refusal":
        return odd_refusal(str(wanted["form"]))
    if kind == "odd-stream":
        return odd_stream(str(wanted["form"]), ordinary)
    if kind == "retry-after":
        return failing(429, "rate_limit_exceeded", "Rate limit reached.", Retry_After=str(wanted["value"]))
    if kind == "429-plain":
        return failing(429, "rate_limit_exceeded", "Rate limit reached.")
    if kind == "dropped":
        return Reply(dropped=True)
    if kind == "redirected":
        status = int(wanted["status"])
        return Reply(status=status, raw=b"", headers={"Location": "http://127.0.0.1:9/v1/chat/completions"})
    if kind == "drip":
        return Reply(raw=_stream(_said(text)), content_type=_EVENTS, drip=float(wanted["seconds"]))
    if kind == "slow-headers":
        return Reply(raw=_stream(_said(text)), content_type=_EVENTS, drip=float(wanted["seconds"]), drip_headers=True)
    body = _bodies(text, wanted).get(kind)
    return None if body is None else Reply(raw=body[1], content_type=body[0], headers=body[2])


def _bodies(text: str, wanted: Mapping[str, Any]) -> dict[str, tuple[str, bytes, dict[str, str]]]:
    said, json_type = _said(text), "application/json"
    kept = said[: int(wanted.get("chunks", 3))]
    code = str(wanted.get("code", "rate_limit_exceeded"))
    error = b"data: " + json.dumps({"error": {"message": _IN_STREAM.get(code, ""), "code": code}}).encode() + b"\n\n"
    return {
        "html-page": ("text/html", _PAGE, {}),
        "empty-body": (json_type, b"", {}),
        "no-choices": (_EVENTS, _event({"choices": []}) + b"data: [DONE]\n\n", {}),
        "null-content": (_EVENTS, _stream([{"role": "assistant", "content": None}]), {}),
        "tool-call": (_EVENTS, _stream([{"content": None, "tool_calls": [_CALL]}], finish="tool_calls"), {}),
        "ending": (_EVENTS, _stream(said, *ENDINGS[str(wanted.get("marks", "both"))]), {}),
        "garbage": (_EVENTS, _stream(kept, False, False) + b'data: {"choices": [{"delta": \xff\xfe}\n\n', {}),
        "error-in-stream": (_EVENTS, _stream(kept, False, False) + error, {}),
        "not-streamed": (json_type, _whole(text), {}),
        "content-type": (str(wanted.get("type", "text/html")), _stream(said), {}),
        "gzip-garbage": (json_type, b"this is no gzip stream", {"Content-Encoding": "gzip"}),
        "half-json": (json_type, _whole(text)[:-20], {}),
        "other-json": (json_type, b'["no", "completion"]', {}),
    }


def _said(text: str) -> list[Mapping[str, Any]]:
    size = max(4, len(text) // 200)
    return [{"content": text[start : start + size]} for start in range(0, len(text), size)]


def _stream(
    deltas: Sequence[Mapping[str, Any]], finished: bool = True, marked: bool = True, *, finish: str = "stop"
) -> bytes:
    events = [_event({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}) for delta in deltas]
    if finished:
        events.append(_event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}))
    return b"".join(events) + (b"data: [DONE]\n\n" if marked else b"")


def _event(data: Mapping[str, Any]) -> bytes:
    head = {"id": "chatcmpl-odd", "object": "chat.completion.chunk", "created": 1, "model": "demo"}
    return b"data: " + json.dumps({**head, **data}, ensure_ascii=False).encode() + b"\n\n"


def _whole(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"id": "chatcmpl-odd", "object": "chat.completion", "choices": [choice]}).encode()
