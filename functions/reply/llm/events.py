"""From the bytes of a stream to the JSON objects in it, whatever frames them.

The form is https://html.spec.whatwg.org/multipage/server-sent-events.html ; relays add events without data, heartbeats,
single line ends, objects without `data:`, several in a line, and the pages of what stands in front of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.errors import ModelFailed, ModelFailure

LONGEST_EVENT = 8_000_000
"""Bytes of one event, or of an answer that is not streamed: one with a large picture in it has less."""

MOST_VALUES = 250_000
"""JSON values in one event, counted high: `[],[],…` takes 25 times its bytes as objects."""

END = "[DONE]"

Event = Mapping[str, Any]

_BESIDE = (b":", b"event:", b"id:", b"retry:")
_OF_EVENTS = (b'"choices"', b'"error"', b'"base_resp"')
_HEARTBEATS = frozenset({"", "ping", "pong", "heartbeat", "keep-alive", "keepalive"})
_BETWEEN = re.compile(r"\s*(?:data:\s*)?")
_JSON = json.JSONDecoder(strict=False)  # some servers leave line ends inside of strings as they are


class Events:
    """The events of one stream, to be read once. What is not understood is counted and ends nothing.

    `skipped` lines were no JSON; `odd` is the first thing that was no event, as text (at most 400 characters).
    `unfinished` says at the end that the stream stopped inside of an event, or that its last one was none (a page of a
    gateway, say). `framed`: there was an event stream, and not only JSON.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self.odd = ""
        self.unfinished = False
        self.framed = False
        self._any = False
        self._block = bytearray()
        self._name = b""

    def read(self, chunks: Iterable[bytes]) -> Iterator[Event | str]:
        """JSON objects, and END for an end mark. Raises ModelFailed for a web page, and where a bound is passed."""
        pending = bytearray()
        for line in _lines(chunks, pending):
            yield from self._line(line)
        rest = bytes(pending).strip()
        self.framed = self.framed or rest.startswith(b"data:")
        data = b"" if rest.startswith(_BESIDE) else rest.removeprefix(b"data:").strip()
        if self._block or not self.framed or _is_end(data) or _values(data):
            yield from self._data(data)
        elif data:
            self.unfinished = True
            if not data.startswith((b"{", b"[")):
                self.odd = self.odd or _shown(data[:2000].decode("utf-8", "replace"))
        yield from self._flush(last=True)

    def _line(self, line: bytes) -> Iterator[Event | str]:
        if line.startswith(b"data:"):
            self.framed = True
            yield from self._data(line[5:].strip().removeprefix(b"data:").lstrip())  # some relays write it twice
        elif line.startswith(b"event:"):
            self._name = line[6:].strip().lower()
        elif not line.startswith(_BESIDE):
            bare = line.strip().removeprefix(b"\xef\xbb\xbf").lstrip()
            if bare.startswith(b"data:"):
                yield from self._line(bare)
            elif bare:
                yield from self._data(bare)
            else:
                yield from self._flush()
                self._name = b""

    def _data(self, data: bytes) -> Iterator[Event | str]:
        if _is_end(data):
            yield from self._flush()
            yield self._understood(END)
            return
        is_json = data.startswith((b"{", b"["))
        # Inside of an object that has several lines, only a whole event ends it, and not each of its own parts.
        found = _values(data) if is_json and (not self._block or any(key in data for key in _OF_EVENTS)) else []
        if found:
            yield from self._flush()
            for value in found:
                yield from self._value(value)
        elif self._block or is_json:
            self._block += data + b"\n"
            if len(self._block) > LONGEST_EVENT:
                raise ModelFailed(ModelFailure.NOT_JSON, why=f"an event of more than {LONGEST_EVENT} bytes")
        elif data:
            yield from self._words(data)

    def _words(self, data: bytes) -> Iterator[Event | str]:
        """Data that is no object: a heartbeat, an error in words, or what somebody in front of the server says."""
        text = data.decode("utf-8", "replace")
        if self._name == b"error":
            yield self._understood({"error": text})
        elif text.startswith("<") and not self._any:
            raise ModelFailed(ModelFailure.NOT_JSON, _shown(text), why="a web page")
        elif text.strip("-: 0123456789.,+TZ/").lower() in _HEARTBEATS and len(text) > 1:
            return
        elif values := _values(data):
            for value in values:
                yield from self._value(value)
        else:
            self._not_understood(text)

    def _value(self, value: object) -> Iterator[Event | str]:
        if isinstance(value, dict):
            bare = self._name == b"error" and not ("error" in value or "choices" in value)
            yield self._understood({"error": value} if bare else value)
        elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
            for each in value:
                yield from self._value(each)
        elif isinstance(value, str) and value.strip().upper() == END:
            yield self._understood(END)
        elif value != "":
            self.odd = self.odd or f"an event that is a JSON {type(value).__name__}"

    def _understood(self, event: Event | str) -> Event | str:
        self._any, self.unfinished = True, False
        return event

    def _not_understood(self, text: str) -> None:
        self.unfinished = True
        self.skipped += 1
        self.odd = self.odd or _shown(text)

    def _flush(self, *, last: bool = False) -> Iterator[Event | str]:
        """End an object of several lines; the `last` one of an event stream may simply have been cut off."""
        if not self._block:
            return
        data = bytes(self._block)
        self._block.clear()
        values = _values(data)
        for value in values:
            yield from self._value(value)
        if not values and last and self.framed:
            self.unfinished = True
        elif not values:
            self._not_understood(data[:2000].decode("utf-8", "replace"))


def _lines(chunks: Iterable[bytes], pending: bytearray) -> Iterator[bytes]:
    """Lines that LF, CRLF or CR ends; what no line end follows is left in `pending`."""
    after_return = False
    for chunk in chunks:
        if after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        after_return = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *more = chunk.split(b"\n")
        pending += first
        if more:
            yield bytes(pending)
            yield from more[:-1]
            pending[:] = more[-1]
        if len(pending) > LONGEST_EVENT:
            raise ModelFailed(ModelFailure.NOT_JSON, why=f"a line of more than {LONGEST_EVENT} bytes")


def _is_end(data: bytes) -> bool:
    return data[:6].upper() == b"[DONE]" or data.upper() == b"DONE"


def _values(data: bytes) -> list[object]:
    """The JSON values that stand one behind the other; none where any of it is something else."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:
        raise ModelFailed(ModelFailure.NOT_JSON, why=f"an event of more than {MOST_VALUES} JSON values")
    text, found, at = data.decode("utf-8", "replace"), [], 0
    try:
        while at < len(text):
            value, at = _JSON.raw_decode(text, at)
            found.append(value)
            between = _BETWEEN.match(text, at)
            at = between.end() if between else at
    except (ValueError, RecursionError):
        return []
    return found


def _shown(text: str) -> str:
    return " ".join(text[:2000].split())[:400]
