"""A model behind a chat completions address: the only door to the `openai` package and the HTTP client under it.

`ask` is the whole story. One try is one `Reading`; what stood in its way is a `Setback`, and `_overcome` does something
about it: say it otherwise, take the next key, try another form of the address, wait, or give up with the reason.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx2
import openai

from reply.llm.balance import LARGEST_BODY, balances
from reply.llm.call import Call, Setback
from reply.llm.failures import Refused, failure, without_secrets
from reply.llm.reading import Reading, Source
from reply.llm.refusal import beginning
from reply.llm.request import Dialect
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

UNPACKED = {"Accept-Encoding": "identity"}
"""What is packed can be a thousand times as large as it looks; what comes packed all the same is read up to bounds."""

_OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})

SHORTEST_SECRET = 6
"""Characters from which a message of the prompt is struck out of what a provider says in an error."""


@dataclass
class _Asking:
    """One question on its way: what is sent now, where to, and which addresses are left to try."""

    prompt: Sequence[ChatMessage]
    dialect: Dialect
    base_url: str
    forms: list[str]
    nowhere: ModelFailed | None = None


class ChatModel:
    """Answers through the chat completions API.

    Made once per instance: it keeps its connections, the key and address that worked, and what the model refused. It
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
        self._forms = settings.forms
        self.base_url = settings.base_url
        self._http = openai.DefaultHttpxClient(
            trust_env=False,
            follow_redirects=False,
            proxy=settings.proxy or None,
            verify=_verification(settings),
            headers=UNPACKED,
            event_hooks={"request": [FirstSent(meanwhile)], "response": [_refuse]},
        )
        self._clients: dict[tuple[str, str], openai.OpenAI] = {}
        self._client(settings.keys[0], self.base_url)

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        """Answer within `seconds`: connection, retries and the whole stream included.

        A stream that stops in the middle gives an answer that is `cut`. Raises ModelFailed, and nothing else.
        """
        call = Call(self._clock, seconds, len(self._settings.keys), self._random_share)
        secrets = [m.content for m in prompt if len(m.content) >= SHORTEST_SECRET]
        asking = _Asking(prompt, self._dialect, self.base_url, list(self._forms))
        while True:
            if not call.remaining():
                raise ModelFailed(ModelFailure.TIMEOUT, why="no time was left to ask")
            reading = Reading(self._clock)
            reading.start(self._source(asking, call.remaining()))
            reading.wait(call.remaining)
            if reading.ending.skipped:
                self._log.info("model_lines_skipped", lines=reading.ending.skipped)
            answer = reading.answer(began=call.began, model=self._settings.model)
            if answer:
                self.base_url, self._forms = asking.base_url, ()
                return answer
            self._overcome(self._setback(reading, secrets), call, asking)

    def balance(self, seconds: float) -> Sequence[Balance]:
        """What is left on the account of the key in use, asked now. Raises BalanceUnknown, and nothing else."""
        until = self._clock.now() + seconds
        return balances(replace(self._settings, base_url=self.base_url), lambda url: self._fetched(url, until))

    def close(self) -> None:
        """Close the connections; nothing can be asked afterwards."""
        self._http.close()

    def _fetched(self, url: str, until: float) -> tuple[int, bytes]:
        """Status and body of an address that takes the key; as it was sent, since unpacking could blow it up."""
        headers = {"Authorization": f"Bearer {self._settings.keys[self._key]}"}
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

    def _source(self, asking: _Asking, seconds: float) -> Source:
        """What opens a completion in the reading's thread; which key and parameters is settled here and now."""
        client = self._client(self._settings.keys[self._key], asking.base_url)
        messages = asking.dialect.messages(asking.prompt)
        body = {"model": self._settings.model, "messages": messages, **asking.dialect.parameters}
        timeout = openai.Timeout(seconds + READ_SLACK, connect=CONNECT_SECONDS)
        options: RequestOptions = {"timeout": timeout, "security": {"bearer_auth": True}}

        @contextmanager
        def source() -> Iterator[Iterable[bytes]]:
            # Not `chat.completions.create`: it builds a class for each of the API's types, a sixth of a cold start, to
            # send the same bytes. `post` is what it calls, and public; the answer is read as it comes (`decode`).
            # For `Response` the package hands out the HTTP client's own, unread.
            response = client.post(
                "/chat/completions", cast_to=httpx2.Response, body=body, options=options, stream=_UNREAD
            )
            with closing(response):
                yield response.iter_bytes()

        return source

    def _overcome(self, setback: Setback, call: Call, asking: _Asking) -> None:
        """Change something so that another try makes sense, or raise the setback's ModelFailed."""
        failed = setback.failed
        told = {**failed.facts, **self._log.texts(provider_error=failed.detail)}
        if self._said_otherwise(failed, asking, told):
            return
        if call.another_key_helps(setback):
            self._log.warning(
                "model_key_passed_over",
                key=self._key + 1,
                reason=failed.reason.value,
                **told,
            )
            self._key = (self._key + 1) % len(self._settings.keys)
        elif failed.reason is ModelFailure.NOT_JSON and asking.forms:
            asking.nowhere, asking.base_url = asking.nowhere or failed, asking.forms.pop(0)
            self._log.info("model_address_tried", address=asking.base_url, **told)
        elif failed.reason is ModelFailure.NOT_JSON and asking.nowhere:
            raise asking.nowhere
        else:
            wait = call.wait(setback)
            self._log.info("model_retry", reason=failed.reason.value, wait_s=wait, **told)
            self._clock.sleep(wait)

    def _said_otherwise(self, failed: ModelFailed, asking: _Asking, told: Mapping[str, str | int]) -> bool:
        """Whether the request is to be made with something changed, which is remembered where it holds for all."""
        if not isinstance(failed, Refused):
            return False
        from reply.llm.adapting import change  # when something is refused: no start should pay for it

        instructed = asking.prompt[0].role == "system"
        profile, model = self._settings.profile, self._settings.model
        changed = change(asking.dialect, failed, profile, model, instructed=instructed)
        if changed is None:
            return False
        name = changed.parameter
        if changed.now:
            asking.dialect = asking.dialect.shortened(changed.now)
            self._dialect = self._dialect.shortened(changed.kept)
        else:
            asking.dialect, self._dialect = asking.dialect.without(name), self._dialect.without(name)
        self._log.info("model_parameter_refused", lowered_to=changed.now or None, **{**told, "parameter": name})
        return True

    def _client(self, key: str, base_url: str) -> openai.OpenAI:
        """The client for a key at an address; all share one pool of connections."""
        if (key, base_url) not in self._clients:
            self._clients[key, base_url] = self._new_client(key, base_url)
        return self._clients[key, base_url]

    def _new_client(self, key: str, base_url: str) -> openai.OpenAI:
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
            client = openai.OpenAI(api_key=key, base_url=base_url, http_client=self._http, max_retries=0)
        # The package has taken these from the environment, which is not where this product's settings come from.
        client.organization = client.project = None
        return client

    def _setback(self, reading: Reading, secrets: Sequence[str]) -> Setback:
        problem = reading.problem
        if isinstance(problem, openai.APIStatusError):
            headers, body = problem.response.headers, _body(problem)
            refused = failure(problem.status_code, body, headers, self._clock.now())
            if problem.response.is_redirect:
                refused.facts["why"] = str(body)
            setback = Setback(refused, problem.status_code, body, headers)
        else:
            setback = Setback(_failed(problem) if problem else reading.emptiness())
        without_secrets(setback.failed, [*self._settings.secrets, *secrets])
        return setback


def _verification(settings: ChatSettings) -> ssl.SSLContext | bool:
    """The usual; where no TLS can come to pass, one that trusts nobody, because loading who is trusted takes long."""
    plain = settings.azure is None and not settings.proxy and settings.base_url.startswith("http://")
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True


def _refuse(response: httpx2.Response) -> None:
    """Read no more of a refusal of a question than its beginning: the package would read all, and unpack it."""
    if response.is_success or response.request.method != "POST":
        return
    try:
        body = beginning(response.iter_bytes())
    except httpx2.DecodingError:
        body = b""  # the status says enough
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_BODY]
    begun = httpx2.Response(response.status_code, headers=headers, content=body, request=response.request)
    raise openai.APIStatusError(f"HTTP {begun.status_code}", response=begun, body=None)


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
    kind = type(cause).__name__
    if isinstance(cause, (httpx2.ConnectError, httpx2.TimeoutException, OSError)):
        return ModelFailed(reason, why=f"{kind}: {cause}"[:200])  # the system's words; others may be the server's
    return ModelFailed(reason, str(cause), why=kind)
