"""What is left on the account with a provider: which addresses tell it, and what their answers mean.

DeepSeek: https://api-docs.deepseek.com/api/get-user-balance . Relays keep what OpenAI itself has closed:
https://github.com/songquanpeng/one-api, `controller/billing.go`, which answers errors with status 200 too, and has
100,000,000 for a key without a limit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from reply.llm.settings import ChatSettings
from reply.services import Balance
from shared.errors import BalanceUnknown

LARGEST_BODY = 256 * 1024
"""Bytes of an answer that are read."""

NO_LIMIT = 100_000_000
"""What relays tell for a key that has no limit."""

LAST_MOMENT = 253_402_300_799
"""The end of the year 9999 in seconds since the epoch: a later expiry is no date."""

_CLOSED = frozenset({"api.openai.com"})
"""Hosts without such an address (OpenAI closed its own to API keys in 2023)."""

_CENTS = 100

Get = Callable[[str], tuple[int, bytes]]
"""Fetches an address with the key: status and body. Raises BalanceUnknown when there is no answer."""


def balances(settings: ChatSettings, get: Get) -> list[Balance]:
    """Ask the provider in the settings. Raises BalanceUnknown."""
    address = urlsplit(settings.base_url)
    host = address.hostname or ""
    if settings.azure or host in _CLOSED:
        raise BalanceUnknown("this provider has no such interface", offered=False)
    if host == "api.deepseek.com":
        return _deepseek(_fields(get(f"{address.scheme}://{address.netloc}/user/balance")))
    granted = _fields(get(f"{settings.base_url}/dashboard/billing/subscription"))
    used = _fields(get(f"{settings.base_url}/dashboard/billing/usage"))
    return [_relay(granted, used)]


def _fields(answer: tuple[int, bytes]) -> Mapping[str, Any]:
    status, body = answer
    if status != 200:
        raise BalanceUnknown(f"status {status}", offered=status not in (404, 405))
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        # The page of a relay's own site, which answers any address with it.
        raise BalanceUnknown("the answer is not JSON", offered=False) from None
    if not isinstance(fields, dict) or "error" in fields:
        raise BalanceUnknown("the answer is an error, or no object", offered=True)
    return fields


def _deepseek(fields: Mapping[str, Any]) -> list[Balance]:
    found = fields.get("balance_infos")
    infos: Sequence[Any] = found if isinstance(found, list) else ()
    told = [
        Balance(_amount(info.get("total_balance")), currency=str(info.get("currency", ""))[:10])
        for info in infos
        if isinstance(info, dict)
    ]
    if not told:
        raise BalanceUnknown("the answer names no balance", offered=True)
    return told


def _relay(granted: Mapping[str, Any], used: Mapping[str, Any]) -> Balance:
    limit, spent = _number(granted.get("hard_limit_usd")), _number(used.get("total_usage")) / _CENTS
    if limit >= NO_LIMIT:
        raise BalanceUnknown("the key has no limit of its own", offered=False)
    until = granted.get("access_until")
    expires = until if isinstance(until, int) and 0 < until < LAST_MOMENT else 0
    return Balance(granted=f"{limit:.2f}", used=f"{spent:.2f}", expires_at=expires)


def _amount(value: object) -> str:
    return f"{_number(value):.2f}"


def _number(value: object) -> float:
    """A number, or a text that is one. Nothing is taken for zero: a missing amount is not an empty account."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BalanceUnknown("an amount is missing or no number", offered=True)
    return number
