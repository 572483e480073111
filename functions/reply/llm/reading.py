"""One answer being read in a thread of its own, so that no slow server can hold the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from threading import Event, Thread

from reply.llm.ending import BROKEN, CUTS, FILTERED, LIMITED, Ending
from reply.llm.failures import token
from reply.llm.pictures import without_pictures
from reply.llm.said import Text
from reply.llm.stream import Piece, decode
from reply.llm.text import visible, well_formed
from reply.services import Answer, Usage
from shared.clock import Clock
from shared.errors import ModelFailed, ModelFailure

LONGEST_ANSWER = 1_000_000
"""Characters shown of one answer; the rest is cut."""

LONGEST_READ = 4_000_000
"""Characters read of one answer, thinking and pictures included."""

QUIET_SECONDS = 4.0
"""Silence after which a finish without an end mark is believed; twice as long where it is doubted.

A server that ends its stream, with `[DONE]` or by closing it, costs none of it. One that says that it has finished and
then goes on does so within seconds; one that neither goes on nor ends costs this once an answer.
"""

Source = Callable[[], AbstractContextManager[Iterable[bytes]]]


class Reading:
    """What has come of an answer so far: written by its own thread, looked at by the caller after `wait`.

    A time-out of the HTTP client bounds each read, not the whole, and nothing bounds a name lookup. So the caller waits
    for two marks and then goes on without the thread, which ends by itself at its next byte or time-out, silently.
    `quiet` is in seconds.
    """

    def __init__(self, clock: Clock, *, quiet: float = QUIET_SECONDS) -> None:
        self._clock = clock
        self._quiet = quiet
        self._text, self._message = Text(), Text(pieces=1)
        self._thought = False
        self._activity = 0
        self._finished = Event()
        self._ended = Event()
        self._abandoned = False
        self._timed_out = False
        self._problem: Exception | None = None
        self._model = ""
        self._usage: Usage | None = None
        self._first_at: float | None = None
        self.ending = Ending()
        self.problem: Exception | None = None

    def start(self, source: Source) -> None:
        """Begin to read what `source` opens; the thread closes it."""
        try:
            Thread(target=self._read, args=(source,), name="model-call", daemon=True).start()
        except RuntimeError as problem:  # no more threads in this instance
            self._close(problem)

    def wait(self, remaining: Callable[[], float]) -> None:
        """Return when the answer is whole, or has failed, or no time remains (seconds)."""
        self._timed_out = not (self._finished.wait(remaining()) and self._settled(remaining))
        self.problem = None if self._timed_out else self._problem
        self._abandoned = True

    def answer(self, *, began: float, model: str) -> Answer | None:
        """What the person may see of what has come, or None when that is nothing.

        `began` is when the question was asked (seconds since the epoch); `model` is the name to use when the server
        gives none.
        """
        text, pictures = without_pictures(visible(self._said()))
        if not text:
            return None
        cut, code = self.ending.cut(self.problem, timed_out=self._timed_out)
        return Answer(
            text=text[:LONGEST_ANSWER],
            model=self._model or model,
            cut="length" if len(text) > LONGEST_ANSWER else cut,
            usage=self._usage,
            first_token_ms=max(0, int(((self._first_at or began) - began) * 1000)),
            cut_code=code,
            pictures=pictures,
        )

    def emptiness(self) -> ModelFailed:
        """Why there is no answer although nothing went wrong on the way."""
        finish = self.ending.last_finish
        code = token(finish)
        said = "thinking only" if self._thought or self._said().strip() else "no text"
        if finish in FILTERED:
            return ModelFailed(ModelFailure.FILTERED, why="finish_reason", code=code)
        if finish in LIMITED:
            return ModelFailed(ModelFailure.THOUGHT_TOO_LONG, why=said, code=code)
        if self._timed_out:
            return ModelFailed(ModelFailure.TIMEOUT, why="the time ran out before anything to show had come")
        if not finish or finish in BROKEN:
            return ModelFailed(ModelFailure.SERVER, why="the stream ended early", code=code)
        return ModelFailed(ModelFailure.EMPTY, why=said, code=code)

    def _said(self) -> str:
        """All that was said; a whole message counts where no delta had text."""
        said = str(self._text)
        return well_formed(said if said.strip() else str(self._message))

    def _settled(self, remaining: Callable[[], float]) -> bool:
        """Wait until the stream has ended, or a finish can be believed; False when time runs out."""
        left = remaining()
        while left > 0:
            seen, quiet = self._activity, self._quiet * (2 if self.ending.doubted else 1)
            if self._ended.wait(min(quiet, left)):
                return True
            if quiet <= left and seen == self._activity and self._believed():
                return True
            left = min(remaining(), left - quiet)
        return self._ended.is_set()

    def _believed(self) -> bool:
        """Whether the finish is that of an answer: before any text it may be that of the thinking."""
        return bool(self.ending.finish) and (self.ending.finish in CUTS or bool(visible(self._said())))

    def _read(self, source: Source) -> None:
        problem: Exception | None = None
        try:
            with source() as chunks:
                for piece in decode(self._while_waited_for(chunks)):
                    problem = problem or piece.failed
                    self._take(piece)
                    if len(self._text) + len(self._message) > LONGEST_READ:
                        self.ending.finish = "length"
                        break
        except Exception as caught:  # noqa: BLE001 - nobody is above this frame; the caller looks at it after `wait`
            problem = caught
        self._close(problem)

    def _while_waited_for(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._abandoned and not self._ended.is_set():
                return
            yield chunk

    def _take(self, piece: Piece) -> None:
        if piece.text or piece.message or piece.thought:
            self._activity += 1
            self._text.add(piece.text)
            self._message.add(piece.message)
            self._thought = self._thought or piece.thought
            if self._first_at is None and (piece.text.strip() or piece.message.strip()):
                self._first_at = self._clock.now()
        self._model = piece.model or self._model
        self._usage = piece.usage or self._usage
        self.ending.take(piece)
        if self.ending.finish:
            self._finished.set()
        if piece.end:
            self._close(None)

    def _close(self, problem: Exception | None) -> None:
        self._problem = problem
        self._finished.set()
        self._ended.set()
