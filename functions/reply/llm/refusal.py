"""The body of a refusal, as far as it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

LARGEST_REFUSAL = 64_000
"""Bytes of a refusal that are read. Validators send the whole question back, behind what was wrong with it."""

_TELLING = r'"(code|type|param|message|msg)"\s{0,9}:\s{0,9}(?:"((?:[^"\\]|\\.){1,2000})|(\d{1,9}))'


def beginning(chunks: Iterable[bytes]) -> bytes:
    """A body of at most LARGEST_REFUSAL bytes; of JSON that is longer, an object with what its beginning tells."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_REFUSAL:
            break
    else:
        return bytes(body)
    begun = bytes(body[:LARGEST_REFUSAL])
    if not begun.lstrip().startswith((b"{", b"[")):
        return begun
    told: dict[str, str] = {}
    for name, words, number in re.findall(_TELLING, begun.decode("utf-8", "replace")):
        told.setdefault(name, words or number)
    return json.dumps({"error": told}).encode()
