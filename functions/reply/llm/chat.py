"""A model behind a chat completions address: the only door to the `openai` package and the HTTP client under it.

`ask` is the whole story. One try is one `Reading`; what stood in its way is a `_Setback`, and `_overcome` knows what to
do about it: leave out a parameter, take the next key, wait, or give up with the reason.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai

from reply.llm.failures import OF_THE_KEY, RETRIED, failure, refused_parameter, wait_asked_for
from reply.llm.reading import Reading
from reply.llm.request import Dialect, wire_messages
from reply.llm.settings import ChatSettings
from reply.services import Answer, ChatMessage
from shared.clock import Clock
from shared.errors import ModelFailed, ModelFailure
from shared.log import Log

CONNECT_SECONDS = 10.0
"""How long one address may take to connect; a server that is there answers in far less."""

FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds between tries: doubled each time up to the longest, each shortened at random by up to half."""

MOST_TRIES = 6
"""How often a busy or broken server is asked in one call."""

WORTH_TRYING = 1.0
"""Seconds that must remain after a wait, or the wait is not begun."""

_LIMITED = frozenset({"length", "max_tokens"})
_FILTERED = frozenset({"content_filter", "sensitive"})
_BROKEN = frozenset({"insufficient_system_resource", "network_error", "error"})
"""`finish_reason` beyond OpenAI's own: https://api-docs.deepseek.com/api/create-chat-completion, Zhipu's API."""


@dataclass(frozen=True)
class _Setback:
    """Why one try gave no answer, and what its refusal said beside that."""

    failed: ModelFailed
    status: int = 0
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Call:
    """One `ask`: the time it may take, and what it has used up."""

    clock: Clock
    seconds: float
    keys_left: int
    tries: int = 1

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.began + self.seconds - self.clock.now())


class ChatModel:
    """Answers through the chat completions API.

    Made once per instance: it keeps its connections, the key that worked, and which parameters the model refused. It
    ignores the environment's proxy variables, follows no redirect, and leaves retries to itself.
    """

    def __init__(
        self,
        settings: ChatSettings,
        log: Log,
        clock: Clock,
        *,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        for name in ("openai", "httpx2", "httpcore2"):
            # They log whole addresses at INFO, and headers at DEBUG, to whatever handler the runtime has installed.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._settings = settings
        self._log = log
        self._clock = clock
        self._random_share = random_share
        self._dialect = Dialect.of(settings)
        self._key = 0
        self._http = openai.DefaultHttpxClient(
            trust_env=False, follow_redirects=False, proxy=settings.proxy or None, timeout=CONNECT_SECONDS
        )
        self._clients: dict[int, openai.OpenAI] = {}
        # The package imports what a completion needs at its first use; here that happens before anybody waits.
        _ = self._client(self._key).chat.completions

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        """Answer within `seconds`: connection, retries and the whole stream included.

        A stream that stops in the middle gives an answer that is `cut`. Raises ModelFailed, and nothing else.
        """
        call = _Call(self._clock, seconds, keys_left=len(self._settings.keys) - 1)
        messages = wire_messages(prompt)
        while True:
            if not call.remaining():
                raise ModelFailed(ModelFailure.TIMEOUT, "no time was left to ask")
            reading = Reading(self._clock)
            reading.start(self._source(messages, call.remaining()))
            reading.wait(call.remaining)
            text = reading.text
            if text:
                return self._answer(reading, text, call)
            self._overcome(self._setback(reading, messages), call)

    def _source(self, messages: list[dict[str, str]], seconds: float) -> Callable[[], Any]:
        """What opens a completion in the reading's thread; the choice of key and parameters is made here and now."""
        key, parameters = self._key, self._dialect.parameters
        # Longer than the caller waits, so that a silent server is told from one that cannot be connected to.
        timeout = openai.Timeout(seconds + 1, connect=min(CONNECT_SECONDS, seconds + 1))

        @contextmanager
        def source() -> Iterator[Iterable[bytes]]:
            completions: Any = self._client(key).chat.completions.with_streaming_response
            with completions.create(
                model=self._settings.model, messages=messages, timeout=timeout, **parameters
            ) as response:
                yield response.iter_bytes()

        return source

    def _client(self, key: int) -> openai.OpenAI:
        if key not in self._clients:
            self._clients[key] = self._new_client(self._settings.keys[key])
        return self._clients[key]

    def _new_client(self, key: str) -> openai.OpenAI:
        azure = self._settings.azure
        client: openai.OpenAI
        if azure:
            client = openai.AzureOpenAI(
                azure_endpoint=azure.endpoint,
                azure_deployment=azure.deployment,
                api_version=azure.version,
                api_key=key,
                http_client=self._http,
                max_retries=0,
            )
        else:
            client = openai.OpenAI(
                api_key=key, base_url=self._settings.base_url, http_client=self._http, max_retries=0
            )
        # The package takes these from the environment, which is not this product's settings.
        client.organization = client.project = None
        return client

    def _answer(self, reading: Reading, text: str, call: _Call) -> Answer:
        whole = reading.finish and reading.finish not in _FILTERED | _BROKEN
        first = reading.first_at if reading.first_at is not None else self._clock.now()
        return Answer(
            text=text,
            model=reading.model or self._settings.model,
            cut="length" if reading.finish in _LIMITED else "" if whole else "stalled",
            usage=reading.usage,
            first_token_ms=int((first - call.began) * 1000),
        )

    def _setback(self, reading: Reading, messages: list[dict[str, str]]) -> _Setback:
        problem = reading.problem
        if isinstance(problem, openai.APIStatusError):
            body, status = _body_of(problem), problem.status_code
            setback = _Setback(failure(status, body), status, body, problem.response.headers)
        else:
            setback = _Setback(_failed(reading, problem))
        return self._without_secrets(setback, messages)
