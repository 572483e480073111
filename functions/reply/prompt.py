"""From a document and a question to the messages a model is asked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reply.conversation import Turn
from reply.services import Answer, ChatMessage, Usage
from shared.tokens import estimated_tokens

FRAME_TOKENS = 4
"""Tokens that a provider counts around a message (https://cookbook.openai.com/examples/how_to_count_tokens)."""


def prompt(instructions: Sequence[str], history: Sequence[Turn], asked: str) -> list[ChatMessage]:
    """The messages in order: instructions (system prompt, persona), remembered rounds oldest first, the question.

    Nothing in it names a person: ids and names are not the provider's business.
    """
    system = "\n\n".join(filter(None, instructions))
    messages = [ChatMessage("system", system)] if system else []
    for turn in history:
        messages.append(ChatMessage("user", turn.question))
        messages.append(ChatMessage("assistant", turn.answer))
    return [*messages, ChatMessage("user", asked)]


def within(tokens: int, instructions: Sequence[str], history: Sequence[Turn], asked: str) -> list[Turn]:
    """The newest rounds with which the whole prompt has at most `tokens` (estimated); all of them when it is 0."""
    if not tokens:
        return list(history)
    left = tokens - sum(map(estimated_tokens, (*instructions, asked)))
    kept: list[Turn] = []
    for turn in reversed(history):
        left -= estimated_tokens(turn.question) + estimated_tokens(turn.answer)
        if left < 0:
            break
        kept.insert(0, turn)
    return kept


def round_tokens(*texts: str) -> int:
    """Tokens that these messages have in a prompt, estimated, with what frames each of them."""
    return sum(estimated_tokens(text) + FRAME_TOKENS for text in texts if text)


def counted(answer: Answer, asked: Sequence[ChatMessage]) -> Answer:
    """The answer with its tokens: estimated where the provider has not counted them.

    Some never do, and none does for a stream that stopped; a limit in tokens must hold all the same.
    """
    if answer.usage:
        return answer
    tokens_in = sum(estimated_tokens(message.content) for message in asked)
    return replace(answer, usage=Usage(tokens_in, estimated_tokens(answer.text)))
