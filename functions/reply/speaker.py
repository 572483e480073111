"""Who speaks to the person: the job or the watchdog, and never both. What was shown is put on record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum

from reply.account import FOLD_AFTER_MS
from reply.records import Record
from reply.services import Services
from shared.errors import BUCKET, AnswerBlocked, DeliveryDelayed, StoreUnavailable, Undeliverable
from shared.log import Log
from shared.message import Message

UNDELIVERABLE = "undeliverable"
"""The outcome, and the cause of all that follows from it in a run's log."""


class _Voice(Enum):
    """How far a run is with telling the person: nobody has begun, somebody is at it, they know."""

    FREE = "free"
    SPEAKING = "speaking"
    HEARD = "heard"


LATE_MS = FOLD_AFTER_MS // 2
"""What a message has cost is noted for the moment of its record, unless that is so long ago (ms)."""


class Speaker:
    """Shows one outcome of one message. `until` is when FC kills this instance (seconds since the epoch).

    `queue_ms` is how long the message waited in FC's queue, None where that is not known. `reserved` are the tokens in
    the name of the message's open record, which goes with the outcome.
    """

    def __init__(
        self, message: Message, services: Services, until: float, log: Log, queue_ms: int | None = None
    ) -> None:
        self._message = message
        self._services = services
        self._until = until
        self._log = log
        self._queued: dict[str, int] = {} if queue_ms is None else {"queue_ms": queue_ms}
        self._gate = threading.Condition()
        self._state = _Voice.FREE
        self.reserved = 0

    def heard(self) -> bool:
        """Whether the person has been told; waits while somebody is speaking, for that may fail."""
        with self._gate:
            while self._state is _Voice.SPEAKING:
                self._gate.wait()
            return self._state is _Voice.HEARD

    def say(
        self, text: str, record: Record, *, already_sent: int = 0, on_sent: Callable[[int], None] = lambda _: None
    ) -> str:
        """Show the text and put the outcome on record; returns the outcome, or "silent" when somebody else spoke.

        Raises DeliveryDelayed when nothing is shown yet but a later run can show it.
        """
        if not self._take():
            return "silent"
        started = self._services.clock.now()
        try:
            parts = self._services.outbound.deliver(
                self._message, text, until=self._until, already_sent=already_sent, on_sent=on_sent
            )
        except Undeliverable as closed:
            self._put_undeliverable(closed, record)
            return "undeliverable"
        except AnswerBlocked as blocked:
            # They have been told why there is no answer: that is the outcome.
            record, parts = replace(record, outcome="failed"), blocked.shown + 1
        except BaseException:
            # Not shown, as far as is known: the way is free again, for the watchdog, an apology or FC's retry.
            self._leave(_Voice.FREE)
            raise
        timings = {**(record.timings or {}), "deliver_ms": self._ms_since(started)}
        try:
            self._close(replace(record, timings=timings), parts=parts)
        finally:
            self._leave(_Voice.HEARD)
        return record.outcome

    def close_undeliverable(self, closed: Undeliverable, record: Record) -> str:
        """Put on record that no way to the person is left; `record` says what they would have seen.

        Returns the outcome, or "silent" when somebody else spoke.
        """
        if not self._take():
            return "silent"
        self._put_undeliverable(closed, record)
        return "undeliverable"

    def silence(self) -> None:
        """Nobody speaks in this run: the outcome has been shown before, or another run shows it."""
        self._leave(_Voice.HEARD)

    def _put_undeliverable(self, closed: Undeliverable, record: Record) -> None:
        self._log.error(
            UNDELIVERABLE,
            cause=UNDELIVERABLE,
            code=closed.code,
            problem=str(closed),
            remedy=closed.remedy or "see the code in DingTalk's list of error codes",
            **self._queued,
        )
        try:
            self._close(replace(record, outcome="undeliverable"))
        finally:
            self._leave(_Voice.HEARD)

    def _take(self) -> bool:
        with self._gate:
            if self.heard():
                return False
            self._state = _Voice.SPEAKING
            return True

    def _leave(self, state: _Voice) -> None:
        with self._gate:
            self._state = state
            self._gate.notify_all()

    @contextmanager
    def watchdog(self, text: str, at: float) -> Iterator[None]:
        """While inside: at that time (seconds since the epoch), explain to the person, if nobody has spoken."""
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended, text, at), name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            # A watchdog that is speaking must put it on record before the instance may be frozen.
            thread.join()

    def _watch(self, ended: threading.Event, text: str, at: float) -> None:
        clock = self._services.clock
        if clock.wait(ended, at - clock.now()) or self._state is not _Voice.FREE:
            return
        self._log.error("watchdog", **self._queued)
        try:
            self.say(text, Record("failed", answer=text))
        except DeliveryDelayed as delayed:
            self._log.warning("watchdog_unheard", code=delayed.code)
        except Exception as bug:  # noqa: BLE001 - a thread has nobody to raise to; the run or FC's retry goes on
            self._log.error("watchdog_broken", problem=type(bug).__name__)

    def _close(self, record: Record, parts: int = 0) -> None:
        record = replace(record, timings={**self._queued, **(record.timings or {})})
        at = int(self._services.clock.now() * 1000)
        try:
            self._services.records.close(self._message, record, at)
        except StoreUnavailable as problem:
            self._log.error("record_unsaved", cause=BUCKET, problem=str(problem))
        else:
            self._book(record, at)
        self._log.info(
            "outcome",
            outcome=record.outcome,
            model=record.model or None,
            prompt_tokens=record.prompt_tokens or None,
            completion_tokens=record.completion_tokens or None,
            parts=parts,
            **(record.timings or {}),
            **self._log.texts(question=record.question, answer=record.answer),
        )

    def _book(self, record: Record, at: int) -> None:
        now = int(self._services.clock.now() * 1000)
        if now - at > LATE_MS:
            at = now  # a bucket so slow that what is noted for then might be folded already, without it
        try:
            self._services.records.book(self._message, record.outcome, record.tokens, at)
        except StoreUnavailable as problem:
            self._log.warning("usage_unsaved", problem=str(problem))
        else:
            self.forget_open()

    def complete(self) -> None:
        """An earlier run has put the outcome on record: do what it may have left undone. Never raises."""
        try:
            self._services.records.complete(self._message, int(self._services.clock.now() * 1000))
        except StoreUnavailable as problem:
            self._log.warning("open_record_left", problem=str(problem))

    def forget_open(self) -> None:
        """Remove the note that the question is being worked on: its outcome is on record. Never raises."""
        try:
            self._services.records.forget_open(self._message, self.reserved)
        except StoreUnavailable as problem:
            self._log.warning("open_record_left", problem=str(problem))

    def _ms_since(self, started: float) -> int:
        return int((self._services.clock.now() - started) * 1000)
