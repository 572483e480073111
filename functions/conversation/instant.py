"""Answers that need no model and no storage."""

from __future__ import annotations

from conversation.channels.inbound import Kind, Received, Sentence
from shared.commands import COMMANDS, Command, Invoked, UnknownCommand
from shared.message import Message
from shared.wording import Wording


class Instant:
    """Says at once what can be said at once, in one language."""

    def __init__(self, words: Wording) -> None:
        self._words = words

    def answer(self, received: Received, found: Invoked | UnknownCommand | None) -> Sentence | None:
        """Help, a word about an unknown command or an unsupported type; None when `reply` has to work on it.

        `found` is what `find_command` makes of the message's text.
        """
        if received.unsupported:
            return Sentence(self._words.unsupported.format(kind=self._name(received.unsupported)))
        if not received.message.text:
            return self._help()
        if isinstance(found, UnknownCommand):
            return Sentence(self._words.unknown_command.format(word=f"/{found.word}"), self._words.help_title)
        return self._help() if found is not None and found.command.runs_in == "conversation" else None

    def too_large(self, size: int, limit: int, request_id: str) -> Sentence:
        """`size` and `limit` are in bytes."""
        return Sentence(self._words.too_large.format(size=-(-size // 1024), limit=limit // 1024, request_id=request_id))

    def refusal(self, received: Received) -> Sentence:
        """Why nothing is posted to this message's reply address."""
        missing = received.webhook == "missing"
        words = self._words.webhook_missing if missing else self._words.webhook_refused
        return Sentence(words.format(request_id=received.message.request_id))

    def not_started(self, message: Message) -> Sentence:
        """`reply` was certainly not invoked."""
        return Sentence(self._words.handover_refused.format(request_id=message.request_id))

    def perhaps_started(self, message: Message) -> Sentence:
        """Nobody knows whether `reply` was invoked."""
        return Sentence(self._words.handover_unknown.format(request_id=message.request_id))

    def settings_incomplete(self, request_id: str) -> Sentence:
        """The deployer has to mend something first."""
        return Sentence(self._words.failed_settings.format(request_id=request_id))

    def went_wrong(self, request_id: str) -> Sentence:
        """A fault of ours."""
        return Sentence(self._words.failed_internal.format(request_id=request_id))

    def _help(self) -> Sentence:
        lines = "\n".join(self._line(command) for command in COMMANDS)
        return Sentence(self._words.help.format(commands=lines), self._words.help_title)

    def _line(self, command: Command) -> str:
        word = f"/{command.slashed[0]}" if command.slashed else command.words[0]
        return self._words.command_line.format(word=word, summary=getattr(self._words, f"command_{command.name}"))

    def _name(self, kind: Kind) -> str:
        name: str = getattr(self._words, f"type_{kind}")
        return name
