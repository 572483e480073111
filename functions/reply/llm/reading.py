"""One answer being read in a thread of its own, so that no slow server can hold the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from threading import Event, Thread

from reply.llm.stream import Piece, decode
from reply.llm.text import visible, well_formed
from reply.services import Answer, Usage
from shared.clock import Clock
from shared.errors import ModelFailed, ModelFailure

LONGEST_ANSWER = 1_000_000
"""Characters read of one answer, thinking included; the rest is cut."""

_LIMITED = frozenset({"length", "max_tokens"})
_FILTERED = frozenset({"content_filter", "sensitive"})
_BROKEN = frozenset({"insufficient_system_resource", "network_error", "error"})
"""Values of `finish_reason` beside OpenAI's own: https://api-docs.deepseek.com/api/create-chat-completion,
https://docs.bigmodel.cn/api-reference"""

USAGE_SECONDS = 0.3
"""How long the token count is waited for once the answer is whole: it comes right behind, or not at all."""

Source = Callable[[], AbstractContextManager[Iterable[bytes]]]


class Reading:
    """What has come of an answer so far: written by its own thread, looked at by the caller after `wait`.

    A time-out of the HTTP client bounds each read, not the whole, and nothing bounds a name lookup. So the caller waits
    for two marks and then goes on without the thread, which ends by itself at its next byte or time-out, silently.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._texts: list[str] = []
        self._size = 0
        self._whole = Event()
        self._ended = Event()
        self._abandoned = False
        self._timed_out = False
        self._problem: Exception | None = None
        self._finish = ""
        self._model = ""
        self._usage: Usage | None = None
        self._first_at: float | None = None
        self.problem: Exception | None = None

    def start(self, source: Source) -> None:
        """Begin to read what `source` opens; the thread closes it."""
        try:
            Thread(target=self._read, args=(source,), name="model-call", daemon=True).start()
        except RuntimeError as problem:  # no more threads in this instance
            self._close(problem)

    def wait(self, remaining: Callable[[], float]) -> None:
        """Return when the answer is whole, or has failed, or no time remains (seconds)."""
        if self._whole.wait(remaining()):
            self._ended.wait(min(USAGE_SECONDS, remaining()))
            self.problem = self._problem
        else:
            self._timed_out = True
        self._abandoned = True

    def answer(self, *, began: float, model: str) -> Answer | None:
        """What the person may see of what has come, or None when that is nothing.

        `began` is when the question was asked (seconds since the epoch); `model` is the name to use when the server
        gives none.
        """
        text = visible(well_formed("".join(self._texts)))
        if not text:
            return None
        complete = self._finish and self._finish not in _FILTERED | _BROKEN
        return Answer(
            text=text,
            model=self._model or model,
            cut="length" if self._finish in _LIMITED else "" if complete else "stalled",
            usage=self._usage,
            first_token_ms=max(0, int(((self._first_at or began) - began) * 1000)),
        )

    def emptiness(self) -> ModelFailed:
        """Why there is no answer although nothing went wrong on the way."""
        if self._timed_out:
            return ModelFailed(ModelFailure.TIMEOUT, "the time ran out before anything to show had come")
        if self._finish in _FILTERED:
            return ModelFailed(ModelFailure.FILTERED, f"finish_reason {self._finish}")
        if not self._finish or self._finish in _BROKEN:
            return ModelFailed(
                ModelFailure.SERVER, f"the stream ended early, finish_reason {self._finish or 'missing'}"
            )
        said = "thinking only" if "".join(self._texts).strip() else "no text"
        return ModelFailed(ModelFailure.EMPTY, f"{said}, finish_reason {self._finish}")

    def _read(self, source: Source) -> None:
        problem: Exception | None = None
        try:
            with source() as chunks:
                for piece in decode(self._while_waited_for(chunks)):
                    if not self._take(piece):
                        break
        except Exception as caught:  # noqa: BLE001 - nobody is above this frame; the caller looks at it after `wait`
            problem = caught
        self._close(problem)

    def _while_waited_for(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._abandoned and not self._ended.is_set():
                return
            yield chunk

    def _take(self, piece: Piece) -> bool:
        if piece.text.strip() and self._first_at is None:
            self._first_at = self._clock.now()
        self._texts.append(piece.text)
        self._size += len(piece.text)
        if self._size > LONGEST_ANSWER:
            self._texts[-1] = piece.text[: len(piece.text) - (self._size - LONGEST_ANSWER)]
            self._finish = "length"
            return False
        self._finish = self._finish or piece.finish
        self._model = piece.model or self._model
        self._usage = piece.usage or self._usage
        if self._finish:
            self._whole.set()
        if piece.end:
            self._ended.set()
        return True

    def _close(self, problem: Exception | None) -> None:
        self._problem = problem
        self._whole.set()
        self._ended.set()
