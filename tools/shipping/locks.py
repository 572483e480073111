"""Reading the hash locks that `tools/lock.py` writes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from shipping import ShippingError
from shipping.target import Target

LOCK_FOLDER = Path(__file__).resolve().parent.parent / "locks"
GROUPS: dict[str, tuple[str, ...]] = {
    "reply": ("openai", "requests", "httpx2", "socksio"),
    "oss2": ("oss2",),
    "fc2": ("aliyun-fc2",),
}
_ENTRY = re.compile(
    r"^(?P<requirement>(?P<name>[a-z0-9._-]+)==(?P<version>\S+) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    r"    # ships in: (?P<groups>[a-z0-9, ]+)\n",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Pin:
    """One locked package: `requirement` is what pip reads, hashes included."""

    name: str
    version: str
    groups: frozenset[str]
    requirement: str


def lock_path(target: Target) -> Path:
    """Where the lock of `target` is."""
    return LOCK_FOLDER / f"{target.runtime}.txt"


def read_lock(path: Path) -> tuple[Pin, ...]:
    """Every entry of a lock. Raises ShippingError when it is missing or not wholly understood."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ShippingError(f"the lock {path.name} cannot be read ({error}); run `python tools/lock.py`") from error
    rest = _ENTRY.sub("", text)
    strange = [line for line in rest.splitlines() if line.strip() and not line.startswith("#")]
    if strange:
        raise ShippingError(
            f"the lock {path.name} has a line with no hash ({strange[0].strip()!r}); run `python tools/lock.py`"
        )
    return tuple(
        Pin(entry["name"], entry["version"], frozenset(entry["groups"].split(", ")), entry["requirement"])
        for entry in _ENTRY.finditer(text)
    )


def pins_of(pins: Collection[Pin], groups: Collection[str]) -> tuple[Pin, ...]:
    """The pins that ship in any of `groups`, in the lock's order."""
    return tuple(pin for pin in pins if pin.groups & set(groups))
