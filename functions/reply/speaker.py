"""Who speaks to the person: the job or the watchdog, and never both. What was shown is put on record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from reply.records import Record
from reply.services import Services
from shared.errors import DeliveryDelayed, StoreUnavailable, Undeliverable
from shared.log import Log
from shared.message import Message


class Speaker:
    """Shows one outcome of one message. `until` is when FC kills this instance (seconds since the epoch)."""

    def __init__(self, message: Message, services: Services, until: float, log: Log) -> None:
        self._message = message
        self._services = services
        self._until = until
        self._log = log
        self._gate = threading.Lock()
        self._taken = False

    @property
    def spoken(self) -> bool:
        """Whether somebody is speaking or has spoken."""
        return self._taken

    def say(
        self, text: str, record: Record, *, already_sent: int = 0, on_sent: Callable[[int], None] = lambda _: None
    ) -> str:
        """Show the text and put the outcome on record; returns the outcome, or "silent" when somebody else spoke.

        Raises DeliveryDelayed when nothing is shown yet but a later run can show it.
        """
        with self._gate:
            if self._taken:
                return "silent"
            self._taken = True
        started = self._services.clock.now()
        try:
            parts = self._services.outbound.deliver(
                self._message, text, until=self._until, already_sent=already_sent, on_sent=on_sent
            )
        except Undeliverable as closed:
            return self.close_undeliverable(closed, record)
        except BaseException:
            # Not shown, as far as is known: the way is free again, for the watchdog, an apology or FC's retry.
            self._taken = False
            raise
        timings = {**(record.timings or {}), "deliver_ms": self._ms_since(started)}
        self._close(replace(record, timings=timings), parts=parts)
        return record.outcome

    def close_undeliverable(self, closed: Undeliverable, record: Record) -> str:
        """Put on record that no way to the person is left; `record` says what they would have seen."""
        self._taken = True
        self._log.error(
            "undeliverable",
            code=closed.code,
            problem=str(closed),
            remedy="the person saw nothing; tell them to ask again, and see the operations guide for this code",
        )
        self._close(replace(record, outcome="undeliverable"))
        return "undeliverable"

    def silence(self) -> None:
        """Nobody speaks in this run: the outcome has been shown before, or another run shows it."""
        self._taken = True

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
        if clock.wait(ended, at - clock.now()) or self._taken:
            return
        self._log.error("watchdog", remedy="this run came close to the function's time-out; see where its time went")
        try:
            self.say(text, Record("failed", answer=text))
        except DeliveryDelayed as delayed:
            self._log.error("watchdog_unheard", code=delayed.code, remedy="none needed: FC runs the message again")

    def _close(self, record: Record, parts: int = 0) -> None:
        try:
            self._services.records.close(self._message, record)
        except StoreUnavailable as problem:
            self._log.error(
                "record_unsaved",
                problem=str(problem),
                remedy="check the OSS mount; a redelivery of this message could be answered twice",
            )
        else:
            self._forget_open()
        self._log.info(
            "outcome",
            outcome=record.outcome,
            model=record.model or None,
            prompt_tokens=record.prompt_tokens or None,
            completion_tokens=record.completion_tokens or None,
            parts=parts,
            **(record.timings or {}),
        )

    def _forget_open(self) -> None:
        try:
            self._services.records.forget_open(self._message)
        except StoreUnavailable as problem:
            self._log.warning("open_record_left", problem=str(problem))

    def _ms_since(self, started: float) -> int:
        return int((self._services.clock.now() - started) * 1000)
