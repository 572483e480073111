"""What a provider's refusal means: the reason, what of it may be logged, how long to wait."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from shared.errors import ModelFailed, ModelFailure
from shared.folding import plain

if TYPE_CHECKING:
    from reply.llm.told import Told

RETRIED = frozenset({ModelFailure.BUSY, ModelFailure.SERVER, ModelFailure.UNREACHABLE})
"""Reasons that a later try can mend."""

OF_THE_KEY = frozenset({ModelFailure.KEY_REFUSED, ModelFailure.QUOTA})
"""Reasons that another key can mend."""

LONGEST_COMMON = 12
"""Letters from which a code that stands in the question, too, is taken from there; `temperature` has fewer."""


_ALL_WELL = frozenset(
    {"", "0", "200", "ok", "success", "succeeded", "none", "true"}
    | {"processing", "in_progress", "pending", "queued", "queueing", "running", "started", "waiting", "completed"}
)
"""Codes and states beside which a message is no error: servers tell how a question waits its turn."""


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
    # Imported when something is refused: what a hundred expressions cost to compile, no start should pay.
    from reply.llm.reasons import reason_of
    from reply.llm.told import told

    said = told(body)
    waits = bool(said.wait or (headers and wait_asked_for(headers, now)))
    return Refused(reason_of(status, body, said, waits=waits), status, said)


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

    Servers repeat a refused key, and validators the request. A code, type or parameter goes that is words of a secret,
    whatever stands between these. The very failure is changed and returned.
    """
    secrets = list(secrets)
    words = [_letters(secret) for secret in secrets]
    for name, value in failed.facts.items():
        repeated = _letters(str(value))
        if len(repeated) >= LONGEST_COMMON and any(repeated in secret for secret in words):
            failed.facts[name] = "***"
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


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text)))


def _status(code: object) -> int:
    return int(str(code)) if re.fullmatch("[45][0-9][0-9]", str(code)) else 200


def _is_refusal(event: Mapping[str, Any]) -> bool:
    """Whether an object without choices says that something went wrong, in one of the forms that gateways have."""
    if event.get("success") is False or event.get("errors") or "error" in (event.get("object"), event.get("type")):
        return True
    fields = {str(name).lower(): value for name, value in event.items()}
    says = any(fields.get(name) for name in ("message", "msg", "error_msg", "detail"))
    codes = [fields[name] for name in ("code", "error_code", "status", "status_code") if name in fields]
    return says and any(str(code).lower() not in _ALL_WELL for code in codes)


def token(value: str) -> str:
    """A name or number that may be logged; "" for what could be words."""
    return value if re.fullmatch(r"[A-Za-z0-9_.:/\[\]-]{1,80}", value) else ""
