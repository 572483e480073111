"""What a story knows of the model: every request that the stand-in got, or what `reply` logged of a real one."""

from __future__ import annotations

import json
from collections.abc import Iterable

from local.model import ModelRequest
from local.runs import LogLine

_TOLD = ("model", "outcome", "reason", "wait_s", "status", "code", "parameter", "why", "provider_error")


def requested(request: ModelRequest) -> dict[str, object]:
    """One request to the stand-in, without the key."""
    hidden = {"authorization", "api-key"}
    headers = {name: "***" if name.lower() in hidden else value for name, value in request.headers.items()}
    return {
        "path": request.path,
        "status": request.status,
        "first_token_ms": request.first_token_at - request.at if request.first_token_at else None,
        "total_ms": request.done_at - request.at if request.done_at else None,
        "usage": request.usage,
        "headers": headers,
        "body": request.body,
        "answer": request.answer,
    }


def logged(lines: Iterable[LogLine]) -> list[dict[str, object]]:
    """What `reply` logged of a model that it talked to directly: times, usage, retries, failures; no words."""
    return [found for line in lines if line.function == "reply" and (found := _told(line.text))]


def _told(text: str) -> dict[str, object] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict) or not (str(line.get("event")).startswith("model_") or "model_ms" in line):
        return None
    found: dict[str, object] = {"logged": line["event"], **{name: line[name] for name in _TOLD if name in line}}
    if "model_ms" in line:
        counts = {name: line[name] for name in ("prompt_tokens", "completion_tokens") if name in line}
        found |= {"first_token_ms": line.get("first_token_ms"), "total_ms": line["model_ms"], "usage": counts}
    return found
