"""Recorded callbacks: one JSON object {"headers", "body"} per line, the body as the text that was sent.

The two things that would let somebody else act are not written: the signature, and the token of the session webhook.
What people wrote, and who they are, is: such a file is to be kept like the conversations themselves.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TOKEN = re.compile(r"([?&](?:session|access_token)=)[^\"&\\\s]+")
_CREATED = re.compile(rb'"createAt"\s*:\s*"?(\d{1,15})(?!\d)')
_SIGNATURES = frozenset({"sign", "token", "authorization", "cookie"})


class RecordingProblem(Exception):
    """A recording cannot be written or read; the text says which file, which line, and why."""


@dataclass(frozen=True)
class Recorded:
    """One callback as it was received."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def timestamp(self) -> int | None:
        """When it was signed, in ms, when its header says so; else when its message was made, if that is told."""
        found = next((value for name, value in self.headers.items() if name.lower() == "timestamp"), "")
        if re.fullmatch(r"\d{1,15}", found):
            return int(found)
        made = _CREATED.search(self.body)
        return int(made[1]) if made else None


class Recording:
    """A file that callbacks are appended to; only its owner can read it. Raises RecordingProblem."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._write(b"")

    def append(self, headers: Mapping[str, str], body: bytes) -> None:
        """Write one callback down."""
        kept = {name: "***" if name.lower() in _SIGNATURES else value for name, value in headers.items()}
        text = _TOKEN.sub(r"\1***", body.decode("utf-8", "surrogateescape"))
        # ASCII: whatever bytes were sent, they come back as they were.
        self._write(json.dumps({"headers": kept, "body": text}).encode("ascii") + b"\n")

    def _write(self, data: bytes) -> None:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as problem:
            raise RecordingProblem(f"{self._path} cannot be written: {problem.strerror}") from None


def read_recording(path: Path) -> list[Recorded]:
    """Return the callbacks in a file; a body may also stand there as a JSON object. Raises RecordingProblem."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise RecordingProblem(f"{path} cannot be read: {getattr(problem, 'strerror', 'it is no UTF-8')}") from None
    found = [_recorded(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise RecordingProblem(f"{path} has no callback in it")
    return found


def _recorded(path: Path, number: int, line: str) -> Recorded:
    try:
        data = json.loads(line)
        headers, body = data["headers"], data["body"]
    except (ValueError, KeyError, TypeError):
        headers = body = None
    if not isinstance(headers, dict) or not isinstance(body, (str, dict)):
        raise RecordingProblem(f'line {number} of {path} is not of the form {{"headers": {{…}}, "body": "…"}}')
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    named = {str(name): str(value) for name, value in headers.items()}
    return Recorded(named, text.encode("utf-8", "surrogateescape"))
