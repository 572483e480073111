"""Pictures that people of the local DingTalk have sent, for as long as the cloud runs."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass

LARGEST = 10 * 1024 * 1024
"""Bytes of one picture."""
MOST = 100
"""Pictures that are kept; the oldest goes first."""

_URL = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]*)")


@dataclass(frozen=True)
class Picture:
    """One picture: its content type and its bytes."""

    content_type: str
    data: bytes


class Media:
    """Keeps pictures by ids that nobody can guess."""

    def __init__(self) -> None:
        self._pictures: dict[str, Picture] = {}

    def add(self, url: object) -> str:
        """Keep the picture of a `data:` URL and return its id, "" when it is none or too large."""
        match = _URL.fullmatch(url) if isinstance(url, str) and len(url) <= LARGEST * 2 else None
        try:
            data = base64.b64decode(match[2]) if match else b""
        except binascii.Error:
            data = b""
        if match is None or not 0 < len(data) <= LARGEST:
            return ""
        name = secrets.token_hex(16)
        self._pictures[name] = Picture(match[1], data)
        for oldest in list(self._pictures)[:-MOST]:
            del self._pictures[oldest]
        return name

    def get(self, name: str) -> Picture | None:
        """Return the picture with this id."""
        return self._pictures.get(name)

    def clear(self) -> None:
        """Forget all."""
        self._pictures.clear()
