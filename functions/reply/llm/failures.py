"""What a provider's refusal means: the reason, the text for the log, how long to wait."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from shared.errors import ModelFailed, ModelFailure

RETRIED = frozenset({ModelFailure.BUSY, ModelFailure.SERVER, ModelFailure.UNREACHABLE})
"""Reasons that a later try can mend."""

OF_THE_KEY = frozenset({ModelFailure.KEY_REFUSED, ModelFailure.QUOTA})
"""Reasons that another key can mend."""

_SIGNS: tuple[tuple[ModelFailure, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(words, re.IGNORECASE))
    for reason, words in (
        (
            ModelFailure.REGION,
            r"unsupported_country|country, region, or territory|location is not supported"
            r"|not available in your (country|region)",
        ),
        (
            ModelFailure.QUOTA,
            r"insufficient[_ ](user_)?quota|exceeded your current quota|insufficient[_ ]balance|arrearage"
            r"|billing_(hard_limit|not_active)|credit balance|allocationquota|quota[_ ]exhausted"
            r"|余额不足|欠费|额度.{0,6}(用尽|不足)",
        ),
        (
            ModelFailure.FILTERED,
            r"content_?filter|content_policy|data_?inspection_?failed|content exists risk|responsibleai"
            r"|inappropriate content",
        ),
        (
            ModelFailure.TOO_LONG,
            r"context_length_exceeded|string_above_max_length|maximum context length"
            r"|context (window|length|size)|(prompt|input|request) (is )?too (long|large)|too many (input )?tokens"
            r"|range of input length|reduce the length",
        ),
        (
            ModelFailure.UNKNOWN_MODEL,
            r"model_not_(found|exist)|deploymentnotfound|(unknown|invalid|no such) model"
            r"|model.{0,100}(does not exist|not exist|not found|no access)|not have access to model",
        ),
        (ModelFailure.KEY_REFUSED, r"invalid_api_key|incorrect api key|invalid (api )?key|api key not valid"),
        (ModelFailure.BUSY, r"rate_?limit|rate limit|too many requests|overloaded|server is busy|throttl"),
    )
)
"""Words by which OpenAI, Azure, DashScope, DeepSeek, Gemini and common relays name a reason, strongest first.

https://platform.openai.com/docs/guides/error-codes
https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
https://help.aliyun.com/zh/model-studio/error-code
https://api-docs.deepseek.com/quick_start/error_codes
"""

_BY_STATUS: Mapping[int, ModelFailure] = {
    401: ModelFailure.KEY_REFUSED,
    402: ModelFailure.QUOTA,
    403: ModelFailure.KEY_REFUSED,
    404: ModelFailure.NOT_JSON,
    405: ModelFailure.NOT_JSON,
    408: ModelFailure.BUSY,
    409: ModelFailure.BUSY,
    413: ModelFailure.TOO_LONG,
    429: ModelFailure.BUSY,
    503: ModelFailure.BUSY,
    529: ModelFailure.BUSY,
}
_PLAIN_ANSWERS = frozenset({401, 402, 408, 409, 413, 429})
"""Statuses that say enough by themselves, whatever a gateway wrote into the body."""


def failure(status: int, body: object) -> ModelFailed:
    """What a refusal means. `status` is 200 for an error that came inside an answer.

    `body` is the parsed JSON (the whole or its `error`), or text when it was none. The detail has only the fields that
    tell the reason: some servers send the request back in others.
    """
    text = _told(body)
    return ModelFailed(_reason(status, body, text), f"HTTP {status} {text}".strip())


def without_secrets(failed: ModelFailed, secrets: Iterable[str]) -> ModelFailed:
    """The failure with every one of `secrets` struck out of its detail, also one that the detail's end cuts off.

    Servers repeat a refused key, and validators the request.
    """
    detail = failed.detail
    for secret in sorted(secrets, key=len, reverse=True):
        detail = detail.replace(secret, "***")
        for length in range(min(len(secret), len(detail)), 3, -1):
            if detail.endswith(secret[:length]):
                detail = detail[:-length] + "***"
                break
    return ModelFailed(failed.reason, detail)


def error_in(event: Mapping[str, Any]) -> ModelFailed | None:
    """The failure that a JSON object with status 200 carries instead of (a piece of) an answer, if it does."""
    error = event.get("error")
    if not error and ("choices" in event or not ("code" in event and "message" in event)):
        return None
    code = error.get("code") if isinstance(error, Mapping) else event.get("code")
    status = int(str(code)) if re.fullmatch("[45][0-9][0-9]", str(code)) else 200
    return failure(status, error or event)


def refused_parameter(status: int, body: object, sent: tuple[str, ...]) -> str:
    """The one of the `sent` parameters that this refusal is about, or "".

    The field `param` decides where it is there; else the first name that stands in the text as a word.
    """
    if status not in (400, 422) or _reason(status, body, _told(body)) is ModelFailure.TOO_LONG:
        return ""
    error = _inner(body)
    named = error.get("param") if isinstance(error, Mapping) else None
    if named in sent:
        return str(named)
    text = _told(body)
    for name in sent:
        # `stream` is an ordinary word, too: it counts only in quotes.
        if re.search(rf"['\"`]{name}['\"`]" if name == "stream" else rf"(?<![\w]){name}(?![\w])", text):
            return name
    return ""


def wait_asked_for(headers: Mapping[str, str], now: float) -> float:
    """Seconds the server asks to wait (Retry-After as seconds or a date, retry-after-ms), 0 when it does not say.

    `now` is in seconds since the epoch. https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    for name, per_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            wait = float(headers.get(name, "")) / per_second
        except ValueError:
            continue
        if not math.isnan(wait):
            return max(0.0, wait)
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0


def _reason(status: int, body: object, text: str) -> ModelFailure:
    is_json = not isinstance(body, str)
    if is_json or (len(text) < 500 and "<" not in text):
        for reason, words in _SIGNS:
            if words.search(text):
                return reason
    if status == 404 and is_json and re.search("model|deployment", text, re.IGNORECASE):
        return ModelFailure.UNKNOWN_MODEL
    if status < 200 or 300 <= status < 400 or (400 <= status < 500 and not is_json and status not in _PLAIN_ANSWERS):
        return ModelFailure.NOT_JSON
    return _BY_STATUS.get(status, ModelFailure.BAD_REQUEST if 400 <= status < 500 else ModelFailure.SERVER)


def _inner(body: object) -> object:
    if isinstance(body, list) and body:
        body = body[0]
    return body.get("error", body) if isinstance(body, Mapping) else body


def _told(body: object) -> str:
    """What the body says about the failure, in one line."""
    error = _inner(body)
    if not isinstance(error, Mapping):
        return " ".join(str(error or "").split())[:4000]
    parts = [_plain(error.get(name)) for name in ("code", "type", "param", "status", "message", "msg", "detail")]
    inner = error.get("innererror")
    parts.append(_plain(inner.get("code")) if isinstance(inner, Mapping) else "")
    return " ".join(part for part in dict.fromkeys(parts) if part)[:4000]


def _plain(value: object) -> str:
    if isinstance(value, list):
        # FastAPI's form: `input` would repeat the question.
        kept = [
            {k: v for k, v in item.items() if k in ("loc", "msg", "type")} for item in value if isinstance(item, dict)
        ]
        return json.dumps(kept, ensure_ascii=False)
    return " ".join(str(value).split()) if isinstance(value, (str, int)) else ""
