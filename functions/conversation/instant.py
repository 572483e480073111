"""Answers that need no model and no storage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conversation.channels.inbound import Kind, Received, Sentence
from conversation.guards import ADMIN, Refusal
from conversation.templates import Templates
from shared.commands import COMMANDS, Command, UnknownCommand, nearest
from shared.deployed import Template
from shared.message import Message
from shared.settings import SettingsReader, read_admin_export, read_default_single, read_rounds
from shared.wording import Wording


@dataclass(frozen=True)
class Offer:
    """What is switched on, as far as people are told of it.

    `intro` is the deployer's own introduction to the help, "" for ours. `rounds` of context can be had, unless a
    conversation is `alone` from the start. There are `exports`, and answers in `groups`. There are `several` robots.
    """

    intro: str = ""
    rounds: bool = True
    alone: bool = False
    exports: bool = False
    groups: bool = True
    several: bool = False

    @classmethod
    def read(cls, reader: SettingsReader, *, groups: bool, several: bool) -> Offer:
        """Read HELP, HISTORY_LENGTH, DEFAULT_MODE and ADMIN_EXPORT."""
        return cls(
            # Many ways of setting a variable cannot set a line end.
            intro=reader.text("HELP").replace("\\n", "\n"),
            rounds=read_rounds(reader) > 0,
            alone=read_default_single(reader),
            exports=read_admin_export(reader),
            groups=groups,
            several=several,
        )

    def has(self, command: Command) -> bool:
        """Whether the command does anything here."""
        return {"export": self.exports, "single": self.rounds, "context": self.rounds}.get(command.name, True)


class Instant:
    """Says at once what can be said at once, in one language."""

    def __init__(self, words: Wording, templates: Templates, offer: Offer) -> None:
        self._words = words
        self._templates = templates
        self._offer = offer

    def help(self, message: Message) -> Sentence:
        """What the bot does, and the commands that the sender may use."""
        words = self._words
        lines = "\n".join(self._line(command) for command in self._commands(message))
        return Sentence(words.help.format(intro=self._offer.intro or self._intro(), commands=lines), words.help_title)

    def command(self, command: Command, message: Message) -> Sentence:
        """The answer to a command of the table that runs in this function."""
        if command.name == "templates":
            return self._titles()
        if command.name == "group_id":
            robot = f"{message.robot}/" if self._offer.several else ""
            return Sentence(self._words.group_id.format(id=robot + message.conversation_id))
        return self.help(message)

    def unknown_command(self, found: UnknownCommand, message: Message) -> Sentence:
        """There is no such command; the nearest one is named where one is near."""
        words, near = self._words, nearest(found.word, self._commands(message))
        sentence = words.unknown_command_nearest if near else words.unknown_command
        return Sentence(sentence.format(word=f"/{found.word}", nearest=_cased(near)), words.help_title)

    def unsupported(self, kind: Kind) -> Sentence:
        """A message without text to use."""
        name: str = getattr(self._words, f"type_{kind}")
        return Sentence(self._words.unsupported.format(kind=name))

    def preview(self, template: Template) -> Sentence:
        """What a template makes of somebody's words."""
        before, behind = template.prefix, template.suffix
        return Sentence(self._words.template_preview.format(title=template.title, prefix=before, suffix=behind))

    def shortened(self, sentence: Sentence, most: int) -> Sentence:
        """The sentence in `most` characters, and it says so where it was longer."""
        if len(sentence.text) <= most:
            return sentence
        return replace(sentence, text=self._words.sentence_cut.format(begin=sentence.text[:most]))

    def refused(self, reason: Refusal, message: Message) -> Sentence:
        """A guard refused, for another reason than length."""
        sentence: str = getattr(self._words, f"refused_{reason}")
        return Sentence(sentence.format(request_id=message.request_id))

    def too_long(self, tokens: int, limit: int) -> Sentence:
        """A question has more than `limit` tokens."""
        return Sentence(self._words.refused_too_long.format(size=tokens, limit=limit))

    def too_large(self, size: int, limit: int, request_id: str) -> Sentence:
        """`size` and `limit` are in bytes."""
        return Sentence(self._words.too_large.format(size=-(-size // 1024), limit=limit // 1024, request_id=request_id))

    def bad_address(self, received: Received) -> Sentence:
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

    def _intro(self) -> str:
        words, offer = self._words, self._offer
        memory = words.help_remembers if offer.rounds and not offer.alone else words.help_alone
        return words.help_intro.format(memory=memory, groups=words.help_in_groups if offer.groups else "")

    def _titles(self) -> Sentence:
        words = self._words
        if not self._templates:
            return Sentence(words.templates_none)
        titles = "\n".join(words.template_line.format(title=title) for title in self._templates.titles)
        return Sentence(words.templates_list.format(titles=titles), words.templates_title)

    def _commands(self, message: Message) -> list[Command]:
        return [
            command
            for command in COMMANDS
            if (message.role == ADMIN or not command.admins_only)
            and self._offer.has(command)
            and (command.name != "templates" or self._templates)
        ]

    def _line(self, command: Command) -> str:
        chinese = [*command.words[:1], *(f"#{word}" for word in command.hashed)][: self._words.language == "zh"]
        shown = [*chinese, *(f"/{word}" for word in command.slashed[:1])]
        word = " ".join(f"`{_cased(word)}`" for word in shown)
        return self._words.command_line.format(word=word, summary=getattr(self._words, f"command_{command.name}"))


def _cased(word: str) -> str:
    """As people write it: the table has lower case, but an abbreviation in a Chinese word is a capital one."""
    return word if word.startswith("/") else word.upper()
