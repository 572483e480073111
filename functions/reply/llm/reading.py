"""One answer being read in a thread of its own, so that no slow server can hold the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Event, Thread

from reply.llm.stream import Piece, decode
from reply.llm.text import visible, well_formed
from reply.services import Usage
from shared.clock import Clock

LONGEST_ANSWER = 1_000_000
"""Characters read of one answer, thinking included; the rest is cut."""

USAGE_SECONDS = 0.5
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
        self.finish = ""
        self.model = ""
        self.usage: Usage | None = None
        self.first_at: float | None = None
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
        self._abandoned = True

    @property
    def timed_out(self) -> bool:
        """Whether the caller had to go on before the answer was whole."""
        return not self._whole.is_set()

    @property
    def text(self) -> str:
        """What the person may see of what has come; empty when that is nothing."""
        return visible(well_formed("".join(self._texts)))

    def _read(self, source: Source) -> None:
        problem: Exception | None = None
        try:
            with source() as chunks:
                for piece in decode(chunks):
                    if self._abandoned or not self._take(piece):
                        break
        except Exception as caught:  # noqa: BLE001 - nobody is above this frame; the caller looks at it after `wait`
            problem = caught
        self._close(problem)

    def _take(self, piece: Piece) -> bool:
        if piece.text.strip() and self.first_at is None:
            self.first_at = self._clock.now()
        self._texts.append(piece.text)
        self._size += len(piece.text)
        if self._size > LONGEST_ANSWER:
            self._texts[-1] = piece.text[: len(piece.text) - (self._size - LONGEST_ANSWER)]
            self.finish = "length"
            return False
        self.finish = self.finish or piece.finish
        self.model = piece.model or self.model
        self.usage = piece.usage or self.usage
        if self.finish:
            self._whole.set()
        if piece.end:
            self._ended.set()
        return True

    def _close(self, problem: Exception | None) -> None:
        self.problem = problem
        self._whole.set()
        self._ended.set()
