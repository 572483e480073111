"""What the body of a refusal tells, whatever its shape: code, type, parameter, words, and a wait."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 4000
"""Characters of what was said that are looked at."""

_WORDS = ("message", "msg", "detail", "error_msg", "status_msg", "error_description", "title", "reason")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "毫秒": 0.001, "秒": 1, "分钟": 60, "小时": 3600}
_AGAIN = re.compile(r"(?:again|retry|wait|等待|重试)[^0-9]{0,40}((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)", re.IGNORECASE)
_AFTER = re.compile(r"(?<!\d)(\d+(?:\.\d+)?)\s*(毫秒|秒|分钟|小时)[^。]{0,4}后")
_AMOUNT = re.compile(
    r"(?<!\d)(\d+(?:\.\d+)?)\s*(?:(?P<ms>ms|milliseconds?)|(?P<s>s|secs?|seconds?)|(?P<m>m|mins?|minutes?)"
    r"|(?P<h>h|hrs?|hours?))(?![a-z])",
    re.IGNORECASE,
)
_NUMBERS = ("retry_after", "retry_after_seconds", "retryAfter", "retry-after")


@dataclass(frozen=True)
class Told:
    """`place` is where the code stood: "error", "base_resp", "top" or ""; `wait` is in seconds, 0 where none is."""

    text: str = ""
    code: str = ""
    type: str = ""
    parameter: str = ""
    place: str = ""
    wait: float = 0.0


def told(body: object) -> Told:
    """Read a body: parsed JSON, the whole or its `error`, or text when it was none.

    `text` has code, type, parameter and words in one line, but no field that repeats the request.
    """
    place, error = _inner(body)
    if not isinstance(error, Mapping):
        text = " ".join(str(error or "").split())[:LONGEST]
        return Told(text, wait=_named_wait(text))
    code = next((_plain(error[name]) for name in ("code", "error_code", "status_code", "Code") if name in error), "")
    parameter, kind = _plain(error.get("param")), _plain(error.get("type"))
    detail = error.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], Mapping):
        place_of = detail[0].get("loc")
        parameter = ".".join(map(str, place_of)) if isinstance(place_of, list) else ""
        kind = _plain(detail[0].get("type"))
    parts = [code, kind, _plain(error.get("param")), _plain(error.get("status")), *_said(error)]
    if isinstance(body, Mapping) and error is not body:
        parts += _said(body)
    text = " ".join(part for part in dict.fromkeys(parts) if part)[:LONGEST]
    return Told(text, code, kind, parameter, place, _wait_field(error) or _named_wait(text))


def _inner(body: object) -> tuple[str, object]:
    """Where the error stands, and the error."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        return "", body
    base, errors = body.get("base_resp"), body.get("errors")
    if isinstance(base, Mapping) and str(base.get("status_code") or 0) != "0":
        return "base_resp", base
    if isinstance(body.get("error"), Mapping):
        return "error", body["error"]
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        return "error", errors[0]
    if body.get("error"):
        return "", body if "message" in body else {**body, "message": body["error"]}
    return "top" if re.fullmatch(r"\d{5}", str(body.get("code"))) else "error", body


def _said(error: Mapping[str, Any]) -> Iterator[str]:
    lower = {str(name).lower(): value for name, value in error.items()}
    for name in _WORDS:
        yield _plain(lower.get(name))
    for name in ("innererror", "metadata"):
        within = error.get(name)
        if isinstance(within, Mapping):
            # OpenRouter's `raw` is what the provider behind it said; `flagged_input` beside it is the question.
            yield from (_plain(within.get(field)) for field in ("code", "raw"))
            yield "flagged by moderation" if "flagged_input" in within else ""
    if "contentFilter" in error:
        yield "contentFilter"
    details = error.get("details")
    for one in details if isinstance(details, list) else ():
        yield _plain(one.get("reason")) if isinstance(one, Mapping) else ""


def _plain(value: object) -> str:
    if isinstance(value, list):
        # FastAPI's form: `input` would repeat the question.
        kept = [
            {k: v for k, v in item.items() if k in ("loc", "msg", "type", "ctx")}
            for item in value
            if isinstance(item, dict)
        ]
        return json.dumps(kept, ensure_ascii=False) if kept else ""
    return " ".join(str(value).split()) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _wait_field(error: Mapping[str, Any]) -> float:
    """A wait that has a field of its own: in the error, its metadata or Google's details."""
    details, metadata = error.get("details"), error.get("metadata")
    places = [error, metadata, *(details if isinstance(details, list) else ())]
    for place in places:
        if not isinstance(place, Mapping):
            continue
        if isinstance(place.get("retryDelay"), str):
            return _seconds(place["retryDelay"])
        for name in _NUMBERS:
            if type(place.get(name)) in (int, float):
                return max(0.0, float(place[name]))
    return 0.0


def _named_wait(text: str) -> float:
    found = _AGAIN.search(text)
    if found:
        return _seconds(found[1])
    after = _AFTER.search(text)
    return float(after[1]) * _UNITS[after[2]] if after else 0.0


def _seconds(amounts: str) -> float:
    """The sum of amounts such as `1m30.5s`, `20ms`, `7 seconds`; 0 when there is none."""
    return sum(float(found[1]) * _UNITS[str(found.lastgroup)] for found in _AMOUNT.finditer(amounts))
