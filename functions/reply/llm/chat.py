"""A model behind a chat completions address: the only door to the `openai` package and the HTTP client under it.

`ask` is the whole story. One try is one `Reading`; what stood in its way is a `Setback`, and `_overcome` does something
about it: leave out a parameter, take the next key, wait, or give up with the reason.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import httpx2
import openai

from reply.llm.balance import LARGEST_BODY, balances
from reply.llm.call import Call, Setback
from reply.llm.failures import failure, refused_parameter, without_secrets
from reply.llm.reading import Reading, Source
from reply.llm.request import Dialect, wire_messages
from reply.llm.sent import FirstSent
from reply.llm.settings import ChatSettings
from reply.services import Answer, Balance, ChatMessage
from shared.clock import Clock
from shared.errors import BalanceUnknown, ModelFailed, ModelFailure
from shared.log import Log

if TYPE_CHECKING:
    from openai import RequestOptions

CONNECT_SECONDS = 10.0
"""How long one address may take to connect; a server that is there answers in far less."""

READ_SLACK = 0.2
"""Seconds by which a read may outlast the call: then its thread ends."""

_UNREAD: bool = True
"""Do not read the body before handing the response out."""

SHORTEST_SECRET = 6
"""Characters from which a message of the prompt is struck out of what a provider says in an error."""


class ChatModel:
    """Answers through the chat completions API.

    Made once per instance: it keeps its connections, the key that worked, and which parameters the model refused. It
    ignores the environment's proxy variables, follows no redirect, and does the package's retries itself. `meanwhile`
    is called once, in a thread of its own, when the first request is on its way.
    """

    def __init__(
        self,
        settings: ChatSettings,
        log: Log,
        clock: Clock,
        *,
        meanwhile: Callable[[], None] = lambda: None,
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
            trust_env=False,
            follow_redirects=False,
            proxy=settings.proxy or None,
            verify=_verification(settings),
            event_hooks={"request": [FirstSent(meanwhile)]},
        )
        self._clients: dict[str, openai.OpenAI] = {}
        self._client(settings.keys[0])

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        """Answer within `seconds`: connection, retries and the whole stream included.

        A stream that stops in the middle gives an answer that is `cut`. Raises ModelFailed, and nothing else.
        """
        call = Call(self._clock, seconds, len(self._settings.keys), self._random_share)
        secrets = [m.content for m in prompt if len(m.content) >= SHORTEST_SECRET]
        while True:
            if not call.remaining():
                raise ModelFailed(ModelFailure.TIMEOUT, "no time was left to ask")
            reading = Reading(self._clock)
            reading.start(self._source(prompt, call.remaining()))
            reading.wait(call.remaining)
            answer = reading.answer(began=call.began, model=self._settings.model)
            if answer:
                return answer
            self._overcome(self._setback(reading, secrets), call)

    def balance(self, seconds: float) -> Sequence[Balance]:
        """What is left on the account of the key in use, asked now. Raises BalanceUnknown, and nothing else."""
        until = self._clock.now() + seconds
        return balances(self._settings, lambda url: self._fetched(url, until))

    def close(self) -> None:
        """Close the connections; nothing can be asked afterwards."""
        self._http.close()

    def _fetched(self, url: str, until: float) -> tuple[int, bytes]:
        """Status and body of an address that takes the key; as it was sent, since unpacking could blow it up."""
        headers = {"Authorization": f"Bearer {self._settings.keys[self._key]}", "Accept-Encoding": "identity"}
        timeout, body = max(0.1, until - self._clock.now()), b""
        try:
            with self._http.stream("GET", url, headers=headers, timeout=timeout) as response:
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > LARGEST_BODY or self._clock.now() > until:
                        raise BalanceUnknown("the answer is too large, or comes too slowly", offered=True)
                return response.status_code, body
        except (httpx2.HTTPError, OSError) as problem:
            raise BalanceUnknown(f"{type(problem).__name__}: {problem}", offered=True) from None

    def _source(self, prompt: Sequence[ChatMessage], seconds: float) -> Source:
        """What opens a completion in the reading's thread; which key and parameters is settled here and now."""
        key, parameters, messages = self._settings.keys[self._key], self._dialect.parameters, wire_messages(prompt)
        body = {"model": self._settings.model, "messages": messages, **parameters}
        timeout = openai.Timeout(seconds + READ_SLACK, connect=CONNECT_SECONDS)
        options: RequestOptions = {"timeout": timeout, "security": {"bearer_auth": True}}

        @contextmanager
        def source() -> Iterator[Iterable[bytes]]:
            # Not `chat.completions.create`: it builds a class for each of the API's types, a sixth of a cold start, to
            # send the same bytes. `post` is what it calls, and public; the answer is read as it comes (`decode`).
            # For `Response` the package hands out the HTTP client's own, unread.
            response = self._client(key).post(
                "/chat/completions", cast_to=httpx2.Response, body=body, options=options, stream=_UNREAD
            )
            with closing(response):
                yield response.iter_bytes()

        return source

    def _overcome(self, setback: Setback, call: Call) -> None:
        """Change something so that another try makes sense, or raise the setback's ModelFailed."""
        parameter = refused_parameter(setback.status, setback.body, self._dialect.refusable)
        if parameter:
            self._dialect = self._dialect.without(parameter)
            self._log.info("model_parameter_refused", parameter=parameter, provider_error=setback.failed.detail)
        elif call.another_key_helps(setback):
            self._log.warning(
                "model_key_passed_over",
                key=self._key + 1,
                reason=setback.failed.reason.value,
                provider_error=setback.failed.detail,
            )
            self._key = (self._key + 1) % len(self._settings.keys)
        else:
            wait = call.wait(setback)
            self._log.info(
                "model_retry", reason=setback.failed.reason.value, wait_s=wait, provider_error=setback.failed.detail
            )
            self._clock.sleep(wait)

    def _client(self, key: str) -> openai.OpenAI:
        """The client for a key; all share one pool of connections."""
        if key not in self._clients:
            self._clients[key] = self._new_client(key)
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
            client = openai.OpenAI(api_key=key, base_url=self._settings.base_url, http_client=self._http, max_retries=0)
        # The package has taken these from the environment, which is not where this product's settings come from.
        client.organization = client.project = None
        return client

    def _setback(self, reading: Reading, secrets: Sequence[str]) -> Setback:
        problem = reading.problem
        if isinstance(problem, openai.APIStatusError):
            headers, body = problem.response.headers, _body(problem)
            setback = Setback(failure(problem.status_code, body), problem.status_code, body, headers)
        else:
            setback = Setback(_failed(problem) if problem else reading.emptiness())
        clean = without_secrets(setback.failed, [*self._settings.secrets, *secrets])
        return Setback(clean, setback.status, setback.body, setback.headers)


def _verification(settings: ChatSettings) -> ssl.SSLContext | bool:
    """The usual; where no TLS can come to pass, one that trusts nobody, because loading who is trusted takes long."""
    plain = settings.azure is None and not settings.proxy and settings.base_url.startswith("http://")
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True


def _body(refusal: openai.APIStatusError) -> object:
    if refusal.response.is_redirect:
        target = re.match(r"[a-z]+://[A-Za-z0-9.:-]{1,200}", refusal.response.headers.get("location", ""))
        where = target[0] if target else "another path"
        return f"redirected to {where}, which is not followed: the key is for BASE_URL's host only"
    try:
        # Not `refusal.body`: there an error that is a mere string looks like a page.
        return refusal.response.json()
    except (ValueError, RecursionError):
        return refusal.response.text


def _failed(problem: Exception) -> ModelFailed:
    """The reason behind anything but an HTTP status."""
    if isinstance(problem, ModelFailed):
        return problem
    cause = problem.__cause__ if isinstance(problem, openai.APIConnectionError) and problem.__cause__ else problem
    reason = ModelFailure.BAD_REQUEST
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        reason = ModelFailure.TIMEOUT  # reading may last as long as the call, so the call is over
    elif isinstance(cause, (openai.APIConnectionError, httpx2.TransportError, httpx2.DecodingError, OSError)):
        reason = ModelFailure.UNREACHABLE
    return ModelFailed(reason, f"{type(cause).__name__}: {cause}")
