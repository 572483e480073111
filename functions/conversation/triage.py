"""What becomes of a message: said at once, or handed over. Decides only; nothing is sent here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conversation import guards
from conversation.channels.inbound import Received, Sentence
from conversation.guards import GuardSettings, Refusal
from conversation.instant import Instant
from conversation.templates import Applied, Templates
from shared.commands import Invoked, UnknownCommand, find_command
from shared.message import Message
from shared.wording import Wording


@dataclass(frozen=True)
class Decision:
    """Say `sentence`, or hand `message` over when there is none. `refused` is why a guard refused, for the log."""

    message: Message
    sentence: Sentence | None = None
    refused: Refusal | None = None


@dataclass(frozen=True)
class Triage:
    """Decides about one message after the other."""

    guards: GuardSettings
    templates: Templates
    instant: Instant
    words: Wording

    def admit(self, received: Received) -> Decision:
        """Whether the sender may use the bot here; the decision's message knows the sender's role."""
        message = replace(received.message, role=guards.role(received.message, self.guards))
        return self._refused_or_on(message, guards.access(message, self.guards))

    def decide(self, received: Received, age_ms: int) -> Decision:
        """What becomes of a message whose signature is `age_ms` old."""
        admitted = self.admit(received)
        message = admitted.message
        if admitted.refused:
            return admitted
        if received.unsupported:
            return Decision(message, self.instant.unsupported(received.unsupported))
        if not message.text:
            return Decision(message, self.instant.help(message))
        found = find_command(message.text)
        if isinstance(found, UnknownCommand):
            if refused := guards.decency(found.word, self.guards):
                return self._refused_or_on(message, refused)
            return Decision(message, self.instant.unknown_command(found, message))
        if found is None or (found.command.or_question and guards.permission(found.command, message, age_ms)):
            return self._question(message)
        return self._command(found, message, age_ms)

    def _command(self, found: Invoked, message: Message, age_ms: int) -> Decision:
        refused = guards.permission(found.command, message, age_ms) or guards.decency(found.argument, self.guards)
        if not refused and found.command.runs_in == "conversation":
            return Decision(message, self.instant.command(found.command, message))
        return self._refused_or_on(replace(message, command=found.command.name, text=found.argument), refused)

    def _question(self, message: Message) -> Decision:
        applied = self.templates.find(message.text)
        if applied and not applied.content and not message.quote:
            return Decision(message, self.instant.preview(applied.template))
        refused = guards.decency(f"{message.quote}\n{message.text}", self.guards)
        message = _expanded(message, applied)
        tokens = guards.length(message, self.guards, self.words)
        if tokens and not refused:
            return Decision(message, self.instant.too_long(tokens, self.guards.longest), "too_long")
        return self._refused_or_on(message, refused)

    def _refused_or_on(self, message: Message, refused: Refusal | None) -> Decision:
        return Decision(message, self.instant.refused(refused, message) if refused else None, refused)


def _expanded(message: Message, applied: Applied | None) -> Message:
    if applied is None:
        return message
    if not applied.content:  # the title alone, under a quoted message: that is what the template is for
        return replace(message, text=replace(applied, content=message.quote).expanded(), quote="")
    return replace(message, text=applied.expanded())
