"""One JSON line per event on standard output, where FC's log service picks it up.

No secret, no webhook, and no message text but where LOG_TEXT is on: values are short, known secrets are struck out, and
so is anything that looks like a session webhook or an API key.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping
from typing import TextIO

from shared.settings import LOG_LEVELS

LONGEST_VALUE = 500
"""Characters of one value; FC keeps lines of at most 32 KB (https://www.alibabacloud.com/help/en/fc/)."""

_TELLTALE = re.compile(r"session=[^\s\"'&]+|\b(?:sk|LTAI|Bearer)[- ]?[A-Za-z0-9_\-.*]{8,}", re.IGNORECASE)

# The numbers of Python's logging, without its import: acknowledging a message must not wait for it.
_DEBUG, _INFO, _WARNING, _ERROR = (LOG_LEVELS[name] for name in ("debug", "info", "warning", "error"))
_NAMES = {number: name.upper() for name, number in LOG_LEVELS.items()}

# What JSON lets stand and a reader obeys: ends of lines, controls of a terminal, and signs that turn the direction of
# text, so that a line reads otherwise than it is.
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_OBEYED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, *_DIRECTIONS)}

Value = str | int | float | bool | None


class Log:
    """Writes events as JSON lines; `with_fields` returns one that adds fields to every line."""

    def __init__(
        self,
        *,
        level: int = _INFO,
        secrets: Collection[str] = (),
        fields: Mapping[str, Value] | None = None,
        stream: TextIO | None = None,
        with_texts: bool = False,
        causes: dict[str, set[str]] | None = None,
    ) -> None:
        self._level = min(level, _ERROR)  # no setting hides that somebody must act
        self._secrets = tuple(sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True))
        self._fields = dict(fields or {})
        self._stream = stream
        self._with_texts = with_texts
        self._causes = {} if causes is None else causes

    def texts(self, **texts: str) -> Mapping[str, str]:
        """What people wrote or were told, as fields of a line: none of it unless the log was made `with_texts`."""
        return {name: text for name, text in texts.items() if text} if self._with_texts else {}

    def with_fields(self, **fields: Value) -> Log:
        """A log that adds `fields` to every line."""
        return self._with(fields, self._causes)

    def for_run(self, **fields: Value) -> Log:
        """The same for a new run, of which no cause of an ERROR is known yet."""
        return self._with(fields, {})

    def _with(self, fields: Mapping[str, Value], causes: dict[str, set[str]]) -> Log:
        return Log(
            level=self._level,
            secrets=self._secrets,
            fields={**self._fields, **fields},
            stream=self._stream,
            with_texts=self._with_texts,
            causes=causes,
        )

    def debug(self, event: str, **fields: Value) -> None:
        """Details for a developer."""
        self._write(_DEBUG, event, fields)

    def info(self, event: str, **fields: Value) -> None:
        """What happened, once per outcome."""
        self._write(_INFO, event, fields)

    def warning(self, event: str, **fields: Value) -> None:
        """Something was odd; the person was served all the same."""
        self._write(_WARNING, event, fields)

    def error(self, event: str, *, cause: Value = None, **fields: Value) -> None:
        """Somebody must act; the field `remedy` says what to do.

        Of one `cause` the first line of a run is an ERROR; what else comes of it are WARNINGs, each written once.
        """
        if not cause:
            self._write(_ERROR, event, fields)
            return
        fresh: set[str] = set()
        known, line = self._causes.setdefault(str(cause), fresh), repr((event, fields))
        level = _ERROR if known is fresh else _WARNING  # of threads at the same moment one is first
        if line not in known:
            known.add(line)
            self._write(level, event, {**fields, "cause": cause})

    def _write(self, level: int, event: str, fields: Mapping[str, Value]) -> None:
        if level < self._level:
            return
        line = {"level": _NAMES[level], "event": event, **self._fields, **fields}
        if level >= _WARNING and not line.get("remedy"):
            from shared.remedies import REMEDIES  # most requests never need it

            line["remedy"] = REMEDIES.get(event)
        clean = {k: self._clean(v) for k, v in line.items() if v is not None}
        stream = self._stream or sys.stdout
        # One write call for text and line end: lines of threads must not mix.
        try:
            stream.write(json.dumps(clean, ensure_ascii=False).translate(_OBEYED) + "\n")
        except UnicodeEncodeError:  # a lone surrogate in what somebody sent, or a stream that is not UTF-8
            stream.write(json.dumps(clean) + "\n")
        stream.flush()

    def _clean(self, value: Value) -> Value:
        if not isinstance(value, str):
            return round(value, 3) if isinstance(value, float) else value
        for secret in self._secrets:
            value = value.replace(secret, "***")
        return _TELLTALE.sub("***", value)[:LONGEST_VALUE]
