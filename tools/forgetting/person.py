"""Whom to forget: an id, and how it is written in paths and in texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forgetting import ForgetError
from reply.bucket import path_part
from reply.markdown import inline_code

_PART = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9a-f]{2})+")
_ENCODED = re.compile(r"(?:=[0-9a-f]{2})+")


@dataclass(frozen=True)
class Person:
    """Somebody by their staff id, or DingTalk's sender id for people from outside the organisation."""

    id: str

    @classmethod
    def named(cls, text: str) -> Person:
        """From an id, or from the name of that person's folders. Raises ForgetError for what can be neither."""
        if not text.strip() or not text.isprintable():
            raise ForgetError("no person was named; wanted a staff id or sender id: make forget USER=…")
        if "=" in text and _PART.fullmatch(text):
            decoded = _ENCODED.sub(
                lambda match: bytes.fromhex(match[0].replace("=", "")).decode("utf-8", "replace"), text
            )
            if path_part(decoded) == text:
                return cls(decoded)
        return cls(text)

    @property
    def part(self) -> str:
        """The name of their folders."""
        return path_part(self.id)

    def in_text(self, text: str) -> bool:
        """Whether an export, a usage table or a choice of people of one name has them, in either spelling of the id."""
        shown = [inline_code(spelling) for spelling in (self.id, self.part)]
        return any(code in text or f"userid:{code[1:]}" in text for code in shown)
