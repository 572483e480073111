"""From a document and a question to the messages a model is asked with."""

from __future__ import annotations

from collections.abc import Sequence

from reply.conversation import Turn
from reply.services import ChatMessage
from shared.message import Message
from shared.wording import Wording


def question(message: Message, wording: Wording) -> str:
    """What is asked: the text, behind the quoted message where there is one."""
    if message.quote:
        return wording.quoted.format(quote=message.quote, question=message.text)
    if message.quote_unreadable:
        return wording.quote_unreadable.format(question=message.text)
    return message.text


def prompt(system: str, history: Sequence[Turn], asked: str) -> list[ChatMessage]:
    """The messages in order: system prompt (if any), remembered rounds oldest first, the question.

    Nothing in it names a person: ids and names are not the provider's business.
    """
    messages = [ChatMessage("system", system)] if system else []
    for turn in history:
        messages.append(ChatMessage("user", turn.question))
        messages.append(ChatMessage("assistant", turn.answer))
    return [*messages, ChatMessage("user", asked)]
