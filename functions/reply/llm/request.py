"""What a request says to a server, as far as servers differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reply.llm.settings import DEFAULT_BASE_URL, ChatSettings
from reply.llm.text import well_formed
from reply.services import ChatMessage


@dataclass(frozen=True)
class Dialect:
    """The parameters of a request that a model or server may not know; `without` is how it is learnt.

    `limit` is the name under which the length of the answer is sent, "" when it is not.
    """

    stream: bool = True
    count_usage: bool = True
    temperature: float | None = None
    limit: str = ""
    limit_tried: tuple[str, ...] = ()
    tokens: int = 0

    @classmethod
    def of(cls, settings: ChatSettings) -> Dialect:
        """The one to begin with.

        OpenAI's own models want `max_completion_tokens` (https://platform.openai.com/docs/api-reference/chat/create);
        compatible servers know `max_tokens`, and some of them ignore the other name without a word.
        """
        own = settings.azure is None and settings.base_url == DEFAULT_BASE_URL
        limit = "max_completion_tokens" if own else "max_tokens"
        tokens = settings.max_answer_len or 0
        return cls(temperature=settings.temperature, limit=limit if tokens else "", tokens=tokens)

    @property
    def parameters(self) -> dict[str, Any]:
        """What is sent beside the model and the messages. Nothing in it names a person."""
        sent: dict[str, Any] = {"stream": self.stream}
        if self.stream and self.count_usage:
            sent["stream_options"] = {"include_usage": True}
        if self.temperature is not None:
            sent["temperature"] = self.temperature
        if self.limit:
            sent[self.limit] = self.tokens
        return sent

    @property
    def refusable(self) -> tuple[str, ...]:
        """Names of what is sent and can be done without, the more particular ones first."""
        names = [name for name in self.parameters if name != "stream"]
        return (*names, "stream") if self.stream else tuple(names)

    def without(self, name: str) -> Dialect:
        """The dialect for a server that refused the parameter `name`."""
        if name == "stream":
            return replace(self, stream=False)
        if name == "stream_options":
            return replace(self, count_usage=False)
        if name == "temperature":
            return replace(self, temperature=None)
        other = "max_tokens" if name == "max_completion_tokens" else "max_completion_tokens"
        tried = (*self.limit_tried, name)
        return replace(self, limit="" if other in tried else other, limit_tried=tried)


def wire_messages(prompt: Sequence[ChatMessage]) -> list[dict[str, str]]:
    """The prompt as JSON values that UTF-8 can hold."""
    return [{"role": message.role, "content": well_formed(message.content)} for message in prompt]
