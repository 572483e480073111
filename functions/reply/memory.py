"""One run's view of its conversation: it never raises, because a bucket that is down must not stop an answer."""

from __future__ import annotations

from dataclasses import replace

from reply.conversation import Document, Turn, Value
from reply.store import ConversationKey, Opened, Store
from shared.errors import BUCKET, StoreUnavailable
from shared.log import Log


class Memory:
    """The conversation as this run knows it.

    `unread` says that earlier messages, or some of them, could not be read, `unsaved` that the newest state could not
    be written, `blind` that what another run of the same message did may be unseen; each failure is told in the log.
    """

    def __init__(self, store: Store, key: ConversationKey, log: Log) -> None:
        self._store = store
        self._key = key
        self._log = log
        self._opened = Opened(Document(), frozenset())
        self._tried = False
        self.unread = False
        self.unsaved = False
        self._unseen = False

    @property
    def blind(self) -> bool:
        """Whether the last look failed, or others cannot see what this run has saved."""
        return self._unseen or self.unsaved

    @property
    def document(self) -> Document:
        """What is known of the conversation."""
        return self._opened.document

    def contested(self, turn: Turn) -> bool:
        """Whether another run has been seen at work on a turn, even if it is not ahead."""
        return turn.id in self._opened.contested

    def load(self) -> None:
        """Read what others wrote; called again, it adds what is new."""
        first, self._tried = not self._tried, True
        try:
            self._opened = self._store.load(self._key, self._opened)
            problem, cause = self._opened.problem, self._opened.cause
        except StoreUnavailable as unavailable:
            problem, cause = str(unavailable), BUCKET
        self._unseen = bool(problem)
        if problem:
            self.unread = self.unread or first
            self._log.error("conversation_unread", cause=cause, problem=problem)

    def keep(self, turn: Turn) -> None:
        """Save a version of a turn."""
        self._save(self.document.with_turn(turn))

    def keep_value(self, name: str, value: Value, turn: Turn) -> None:
        """Save a value together with a version of the turn that set it; one that was not saved is not held either."""
        before = self._opened
        self._save(self.document.with_value(name, value).with_turn(turn))
        if self.unsaved:
            self._opened = before

    def _save(self, document: Document) -> None:
        self._opened = replace(self._opened, document=document)
        try:
            self._opened = self._store.save(self._key, self._opened)
            self.unsaved = False
        except StoreUnavailable as problem:
            self.unsaved = True
            self._log.error("conversation_unsaved", cause=BUCKET, problem=str(problem))
