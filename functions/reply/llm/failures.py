"""What a provider's refusal means: the reason, what of it may be logged, how long to wait."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from reply.llm import signs
from reply.llm.told import Told, token, told
from shared.errors import ModelFailed, ModelFailure

RETRIED = frozenset({ModelFailure.BUSY, ModelFailure.SERVER, ModelFailure.UNREACHABLE})
"""Reasons that a later try can mend."""

OF_THE_KEY = frozenset({ModelFailure.KEY_REFUSED, ModelFailure.QUOTA})
"""Reasons that another key can mend."""

_BY_WORDS: tuple[tuple[ModelFailure, re.Pattern[str]], ...] = (
    (ModelFailure.TOO_LONG, signs.TOO_LONG),
    (ModelFailure.UNKNOWN_MODEL, signs.UNKNOWN_MODEL),
    (ModelFailure.KEY_REFUSED, signs.KEY_REFUSED),
    (ModelFailure.BUSY, signs.RATE),
)
_PAID_AT_OPENAI = re.compile(r"platform\.openai\.com", re.IGNORECASE)


class Refused(ModelFailed):
    """What a server said instead of an answer: its status (200 inside an answer) and what it told."""

    def __init__(self, reason: ModelFailure, status: int, said: Told) -> None:
        super().__init__(
            reason,
            said.text,
            wait=said.wait,
            status=status,
            code=token(said.code),
            type=token(said.type),
            parameter=token(said.parameter),
        )
        self.status = status
        self.said = said


def failure(status: int, body: object, headers: Mapping[str, str] | None = None, now: float = 0.0) -> Refused:
    """What a refusal means. `status` is 200 for an error that came inside an answer.

    `body` is the parsed JSON (the whole or its `error`), or text when it was none. A wait that `headers` ask for (with
    `now` in seconds since the epoch) tells a rate from an account that is used up.
    """
    said = told(body)
    waits = bool(said.wait or (headers and wait_asked_for(headers, now)))
    return Refused(_reason(status, body, said, waits), status, said)


def error_in(event: Mapping[str, Any]) -> Refused | None:
    """The failure that a JSON object with status 200 carries instead of (a piece of) an answer, if it does.

    MiniMax's `base_resp` counts beside choices too: it ends an answer in the middle.
    """
    base = event.get("base_resp")
    if isinstance(base, Mapping) and str(base.get("status_code") or 0) != "0":
        return failure(200, event)
    if event.get("error"):
        error = event["error"]
        code = error.get("code") if isinstance(error, Mapping) else event.get("code")
        return failure(_status(code), event)
    if event.get("choices") or not _is_refusal(event):
        return None
    return failure(_status(event.get("code") or event.get("status")), event)


def without_secrets(failed: ModelFailed, secrets: Iterable[str]) -> ModelFailed:
    """The failure with every one of `secrets` struck out of what it says, also one that the detail's end cuts off.

    Servers repeat a refused key, and validators the request. The very failure is changed and returned.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        failed.detail = failed.detail.replace(secret, "***")
        failed.facts = {
            name: value.replace(secret, "***") if isinstance(value, str) else value
            for name, value in failed.facts.items()
        }
        for length in range(min(len(secret), len(failed.detail)), 3, -1):
            if failed.detail.endswith(secret[:length]):
                failed.detail = failed.detail[:-length] + "***"
                break
    return failed


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


def _reason(status: int, body: object, said: Told, waits: bool) -> ModelFailure:
    is_json = not isinstance(body, str)
    if is_json or (len(said.text) < 500 and "<" not in said.text):
        known = _by_code(said) or _by_words(status, said, waits) or _by_vague_code(said)
        if known:
            return known
    if status == 404 and is_json and re.search("model|deployment", said.text, re.IGNORECASE):
        return ModelFailure.UNKNOWN_MODEL
    plain = signs.PLAIN_ANSWERS
    if status < 200 or 300 <= status < 400 or (400 <= status < 500 and not is_json and status not in plain):
        return ModelFailure.NOT_JSON
    return signs.BY_STATUS.get(status, ModelFailure.BAD_REQUEST if 400 <= status < 500 else ModelFailure.SERVER)


def _by_code(said: Told) -> ModelFailure | None:
    return None if said.code in signs.AMBIGUOUS else _code_table(said).get(said.code)


def _by_vague_code(said: Told) -> ModelFailure | None:
    return _code_table(said).get(said.code)


def _code_table(said: Told) -> Mapping[str, ModelFailure]:
    return {"base_resp": signs.MINIMAX, "error": signs.ZHIPU, "top": signs.SILICONFLOW}.get(said.place, {})


def _by_words(status: int, said: Told, waits: bool) -> ModelFailure | None:
    text = said.text
    if signs.REGION.search(text):
        return ModelFailure.REGION
    if signs.FILTERED.search(text):
        return ModelFailure.FILTERED
    if signs.ARREARS.search(text):
        return ModelFailure.QUOTA
    if signs.QUOTA.search(text):
        paces = waits or signs.RATE.search(text)
        return ModelFailure.BUSY if paces and not _PAID_AT_OPENAI.search(text) else ModelFailure.QUOTA
    if status == 429:
        return ModelFailure.TOO_LONG if signs.TOO_LARGE.search(text) else None
    return next((reason for reason, words in _BY_WORDS if words.search(text)), None)


def _status(code: object) -> int:
    return int(str(code)) if re.fullmatch("[45][0-9][0-9]", str(code)) else 200


def _is_refusal(event: Mapping[str, Any]) -> bool:
    """Whether an object without choices says that something went wrong, in one of the forms that gateways have."""
    if event.get("success") is False or event.get("errors") or "error" in (event.get("object"), event.get("type")):
        return True
    fields = {str(name).lower(): value for name, value in event.items()}
    says = any(fields.get(name) for name in ("message", "msg", "error_msg", "detail"))
    codes = [fields[name] for name in ("code", "error_code", "status", "status_code") if name in fields]
    return says and any(str(code).lower() not in ("", "0", "200", "ok", "success", "none", "true") for code in codes)
