"""Reading fields of a body whose shape nobody promises: what is not as expected counts as absent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]

_DIGITS = re.compile(r"[0-9]{1,15}")


def fields(value: object) -> Fields:
    """An object, also when it comes as a JSON string; empty when it is neither."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Fields]:
    """The objects of a list, also when it comes as a JSON string."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """A string without the blanks around it; "" when it is none."""
    return value.strip() if isinstance(value, str) else ""


def first_text(source: Fields, *names: str) -> str:
    """The first of the named fields that is a string and not blank, as it is."""
    for name in names:
        value = source.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def identifier(value: object) -> str:
    """An id: a string, or a whole number as its digits."""
    return str(value) if _is_number(value) else text(value)


def milliseconds(value: object) -> int:
    """A point in time, from a number or a string of digits; 0 when it is neither."""
    digits = str(value) if _is_number(value) else text(value)
    return int(digits) if _DIGITS.fullmatch(digits) else 0


def _is_number(value: object) -> bool:
    # Python refuses to print whole numbers of thousands of digits: 64 bits are more than any id or time has.
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
