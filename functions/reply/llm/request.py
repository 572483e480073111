"""What a request says to a server, as far as servers differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reply.llm.profiles import LONG, SHORT
from reply.llm.settings import ChatSettings
from reply.llm.text import well_formed
from reply.services import ChatMessage

SYSTEM = "system"
"""The role for instructions, where it is named as what a model refuses."""


@dataclass(frozen=True)
class Dialect:
    """The parameters of a request that a model or server may not know; `without` is how it is learnt.

    `limit` is the name under which the length of the answer is sent, "" when it is not; `system` is whether there is a
    role for instructions, else they stand in front of the first question.
    """

    stream: bool = True
    count_usage: bool = True
    temperature: float | None = None
    limit: str = ""
    limit_tried: tuple[str, ...] = ()
    tokens: int = 0
    system: bool = True

    @classmethod
    def of(cls, settings: ChatSettings) -> Dialect:
        """The one to begin with, as the provider's profile has it.

        OpenAI's own models want `max_completion_tokens` (https://platform.openai.com/docs/api-reference/chat/create);
        compatible servers know `max_tokens`, and some of them ignore the other name without a word.
        """
        profile, model = settings.profile, settings.model
        tokens = settings.max_answer_len or 0
        most = profile.most_tokens(model) or tokens
        return cls(
            temperature=None if profile.fixes_temperature(model) else settings.temperature,
            limit=profile.length_name(model) if tokens else "",
            tokens=min(tokens, most),
        )

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

    def shortened(self, tokens: int) -> Dialect:
        """The dialect for a model whose answers have at most so many tokens."""
        return replace(self, tokens=min(tokens, self.tokens))

    def without(self, name: str) -> Dialect:
        """The dialect for a server that refused the parameter `name`, or the role SYSTEM."""
        if name == SYSTEM:
            return replace(self, system=False)
        if name == "stream":
            return replace(self, stream=False)
        if name == "stream_options":
            return replace(self, count_usage=False)
        if name == "temperature":
            return replace(self, temperature=None)
        other = SHORT if name == LONG else LONG
        tried = (*self.limit_tried, name)
        return replace(self, limit="" if other in tried else other, limit_tried=tried)

    def messages(self, prompt: Sequence[ChatMessage]) -> list[dict[str, str]]:
        """The prompt as JSON values that UTF-8 can hold."""
        if not self.system and len(prompt) > 1 and prompt[0].role == "system":
            asked = replace(prompt[1], content=f"{prompt[0].content}\n\n{prompt[1].content}")
            prompt = [asked, *prompt[2:]]
        return [{"role": message.role, "content": well_formed(message.content)} for message in prompt]
