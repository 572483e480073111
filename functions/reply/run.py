"""One run of `reply` for one message: its time, its view of the conversation, and its one chance to speak."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reply.conversation import EXPIRED, LEFT_OUT, REFUSED, State, Turn
from reply.markdown import with_fence_closed
from reply.memory import Memory
from reply.places import Owner
from reply.records import OUTCOMES, Outcome, Record
from reply.services import Services
from reply.speaker import Speaker
from reply.store import ConversationKey
from shared.errors import BUCKET, StoreUnavailable
from shared.log import Log
from shared.message import Message

LONGEST_RESERVE_S = 20.0
"""Seconds kept at the end of a run for saving and delivering; less where the function's time-out is short."""

LONGEST_WATCH_S, SHORTEST_WATCH_S = 12.0, 2.0
"""Seconds before FC's kill at which the watchdog speaks: a tenth of the function's time-out within these bounds."""


GRACE_S = 1.0
"""Seconds after its start before which a run does not end a turn that another run has been at: that one may live, have
looked before it could see this one, and be about to save its own end of the turn, after which nobody else may speak.
"""


FOLD_EVERY = 16
"""One run of so many looks whether there is something to fold: everybody's are alike, and one is enough."""


@dataclass
class Run:
    """What every step of answering works with. Times are seconds since the epoch.

    `queue_ms` is how long the message waited in FC's queue; None where an older `conversation` handed it over, which
    does not say when.
    """

    message: Message
    services: Services
    until: float
    started: float
    log: Log
    memory: Memory
    speaker: Speaker
    queue_ms: int | None = None

    @classmethod
    def start(cls, message: Message, services: Services, until: float) -> Run:
        """A run that FC will kill at `until`."""
        log = services.log.with_fields(request_id=message.request_id, message_id=message.turn_id)
        member = "" if message.group and services.settings.group_shares_context else message.sender.id
        key = ConversationKey(message.robot, message.conversation_id, member, Owner.of(message).before)
        started = services.clock.now()
        queue_ms = int(started * 1000) - message.handed_over_at if message.handed_over_at else None
        return cls(
            message=message,
            services=services,
            until=until,
            started=started,
            log=log,
            memory=Memory(services.store, key, log),
            speaker=Speaker(message, services, until, log, queue_ms),
            queue_ms=queue_ms,
        )

    @property
    def work_ends(self) -> float:
        """When thinking must be over, so that there is time to deliver."""
        return self.until - min(LONGEST_RESERVE_S, 0.15 * (self.until - self.started))

    @property
    def watchdog_at(self) -> float:
        """When the watchdog explains, if nobody has spoken."""
        tenth = 0.1 * (self.until - self.started)
        return self.until - min(LONGEST_WATCH_S, max(SHORTEST_WATCH_S, tenth))

    @property
    def now_ms(self) -> int:
        """The time in ms."""
        return int(self.services.clock.now() * 1000)

    def on_record(self, at: int | None = None) -> bool:
        """Whether an outcome is on record, of a message from `at` (ms) if given; False where records cannot be read."""
        try:
            return bool(self.services.records.outcome(self.message, at))
        except StoreUnavailable as problem:
            self.log.error("records_unread", cause=BUCKET, problem=str(problem))
            return False

    def show(self, turn: Turn, record: Record | None = None) -> str:
        """Show a finished turn and put its outcome on record; returns the outcome. Raises DeliveryDelayed."""
        record = record or Record(_outcome(turn), completion_tokens=turn.tokens)
        outcome = self.speaker.say(
            self._with_notes(turn),
            replace(record, question=turn.question, answer=turn.answer),
            already_sent=turn.sent,
            on_sent=lambda parts: self.memory.keep(replace(turn, sent=parts)),
        )
        if outcome == "failed" and turn.state is State.ANSWERED:
            self._unseen(turn)
        return outcome

    def settle(self, done: Turn, record: Record | None = None) -> str:
        """Save a finished turn, then show it, unless the watchdog or another run of this message was first.

        Saved first, so that a retry says the same and pays nothing. Returns the outcome. Raises DeliveryDelayed.
        """
        if elsewhere := self.ended_elsewhere(done):
            return elsewhere
        done = replace(done, outcome=record.outcome if record else "")
        self.memory.keep(done)
        outcome = self.show(done, record)
        return self._unseen(done) if outcome == "silent" else outcome

    def ended_elsewhere(self, done: Turn) -> str:
        """What became of a turn that the watchdog or another run ends instead of this one; "" when it is this one's.

        To be asked before a finished turn is saved.
        """
        self.memory.load()
        grace = self.started + GRACE_S - self.services.clock.now()
        if grace > 0 and (done.attempt > 1 or self.memory.contested(done)):
            self.services.clock.sleep(grace)
            self.memory.load()
        if self.speaker.heard():
            return self._unseen(done)
        if self._overtaken(done):
            return self._leave_to_other(done)
        # A run that was taken for dead may have explained, by its watchdog; one that cannot be seen may have answered.
        if (done.attempt > 1 or self.memory.blind) and self.on_record():
            self.speaker.silence()
            self.speaker.complete()
            return self._unseen(done)
        return ""

    def explain(self, sentence: str, turn: Turn, record: Record | None = None) -> str:
        """Explain a failure, as `settle` does."""
        text = sentence.format(request_id=self.message.request_id)
        return self.settle(replace(turn, state=State.FAILED, answer=text), record)

    def settle_account(self) -> None:
        """After the person knows: keep a total that was counted; now and then, fold what was used. Never raises."""
        self.services.ledger.keep_total()
        if int(self.message.turn_id[-2:], 16) % FOLD_EVERY or self.services.clock.now() > self.watchdog_at:
            return
        try:
            self.services.ledger.fold(self.message)
        except StoreUnavailable as problem:
            self.log.warning("usage_unfolded", problem=str(problem))

    def _overtaken(self, done: Turn) -> bool:
        """Whether another run has taken the turn since, or has begun with it and goes first: FC may run an event twice.

        Of runs that began at the same moment the one that ranks higher goes on: both find the same one.
        """
        current = self.memory.document.turns.get(done.id)
        if current is None:
            return False
        beside = current.attempt == done.attempt and current.runner not in ("", done.runner)
        return current.finished or current.attempt > done.attempt or beside

    def _leave_to_other(self, done: Turn) -> str:
        """Let another run show its outcome; one that has done so cannot remove this run's note of the question."""
        self.speaker.silence()
        self.log.info("duplicate", by="run", attempt=done.attempt)
        if self.on_record():
            self.speaker.complete()
        return "duplicate"

    def _unseen(self, done: Turn) -> str:
        """A failure was explained instead: nobody waits for this turn any more, and no prompt shows what nobody saw."""
        self.memory.keep(replace(done, attempt=done.attempt + 1, question="", answer=""))
        return "silent"

    def _with_notes(self, turn: Turn) -> str:
        wording, settings = self.services.wording, self.services.settings
        preface = {LEFT_OUT: wording.context_left_out, REFUSED: wording.context_dropped}.get(turn.preface, "")
        if turn.preface == EXPIRED:
            mode = wording.name_single if settings.default_single else wording.name_context
            preface = wording.session_ended.format(mode=mode)
        notes = [self._cut_note(turn), wording.pictures_left_out.format(count=turn.pictures) if turn.pictures else ""]
        if turn.state is State.ANSWERED and turn.question:
            notes.append(self._memory_note() if self.message.fresh else self.services.wording.answered_late)
        # A note behind an answer that was cut in the middle of code must not become code itself.
        answer = with_fence_closed(turn.answer) if any(notes) else turn.answer
        return "\n\n".join(filter(None, [preface, answer, *notes]))

    def _cut_note(self, turn: Turn) -> str:
        wording = self.services.wording
        notes = {
            "stalled": wording.stalled,
            "length": wording.length_cut,
            "filtered": wording.filtered_cut,
            "error": wording.error_cut.format(request_id=self.message.request_id),
        }
        return notes.get(turn.cut, "")

    def _memory_note(self) -> str:
        wording, memory = self.services.wording, self.memory
        if memory.unread:
            return wording.no_memory if memory.unsaved else wording.not_recalled
        return wording.not_remembered if memory.unsaved else ""


def _outcome(turn: Turn) -> Outcome:
    """What goes on record for a turn that an earlier run has finished."""
    for known in OUTCOMES:
        if turn.outcome == known:
            return known
    if turn.state is State.FAILED:
        return "failed"
    return "answered" if turn.question else "command"
