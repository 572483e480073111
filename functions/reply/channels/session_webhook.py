"""To DingTalk through the session webhook of a message. The only module that imports `requests`.

It does so inside functions: the import takes as long as all of this project's own, and the question must not wait for
what only the answer needs.
"""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reply.channels.delivery import Delivery, Means
from reply.channels.errcodes import NO_RESPONSE, NOT_CONNECTED, OTHER_HOST, UNSENDABLE, Verdict, judged
from reply.parts import MOST_PARTS
from shared.clock import Clock
from shared.errors import DeliveryFailed, Undeliverable, WebhookRefused
from shared.log import Log
from shared.message import Message
from shared.settings import SettingsReader, read_webhook_hosts
from shared.webhook import checked_webhook
from shared.wording import Wording

if TYPE_CHECKING:
    import requests

LARGEST_RESPONSE = 16 * 1024
"""Bytes read of a response; what DingTalk answers has about 30."""

LONGEST_IDLE_S = 30.0
"""A kept connection that was idle longer is not used again: a frozen instance does not see that the other side left."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds for making a connection and for waiting for a response."""

    connect: float = 5.0
    read: float = 20.0

    def within(self, seconds: float) -> tuple[float, float]:
        """Both, so that connecting, waiting for the response and waiting for its body take no more than that."""
        return min(self.connect, seconds / 3), min(self.read, seconds / 3)


@dataclass(frozen=True)
class WebhookSettings:
    """How answers look, in how many parts at most, and which hosts are posted to."""

    plain: bool = False
    max_parts: int = 5
    hosts: tuple[str, ...] = ("oapi.dingtalk.com",)

    @classmethod
    def read(cls, reader: SettingsReader) -> WebhookSettings:
        """Read REPLY_FORMAT, MAX_PARTS and WEBHOOK_HOSTS."""
        return cls(
            plain=reader.choice("REPLY_FORMAT", "markdown", ("markdown", "text")) == "text",
            max_parts=reader.whole("MAX_PARTS", 5, low=1, high=MOST_PARTS),
            hosts=read_webhook_hosts(reader),
        )


class SessionWebhook:
    """An Outbound that posts to the session webhook; keeps one HTTP session for the life of the instance.

    Proxy variables, redirects and cookies play no part. A post whose response was lost is repeated once, so a part may
    be shown twice: DingTalk documents no idempotency key for session webhooks.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        words: Wording,
        clock: Clock,
        log: Log,
        *,
        timeouts: Timeouts = Timeouts(),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._words = words
        self._clock = clock
        self._log = log
        self._timeouts = timeouts
        self._jitter = jitter
        self._used_at = 0.0
        self._kept: requests.Session | None = None
        self._making = threading.Lock()

    def prepare(self) -> None:
        """Import what posting needs; may be called from any thread, while a model thinks."""
        self._session()

    def deliver(
        self, message: Message, text: str, *, until: float, already_sent: int, on_sent: Callable[[int], None]
    ) -> int:
        """Show `text`, as `reply.services.Outbound` promises.

        The errors say in `shown` how many parts of the answer the person has seen.
        """
        log = self._log.for_run(request_id=message.request_id)
        url = self._checked(message)
        means = Means(lambda body, seconds: self._post(url, body, seconds), self._words, self._clock, log, self._jitter)
        settings, started = self._settings, self._clock.now()
        delivery = Delivery(message, text, means, until=until, max_parts=settings.max_parts, plain=settings.plain)
        code = "error"
        try:
            shown = delivery.run(already_sent, on_sent)
            code = "0"
        except DeliveryFailed as failed:
            code = failed.code
            raise
        finally:
            took = int((self._clock.now() - started) * 1000)
            log.debug("delivery", code=code, parts=delivery.shown, posts=delivery.posts, deliver_ms=took)
        return shown

    def _checked(self, message: Message) -> str:
        try:
            return checked_webhook(message.reply_to.webhook, self._settings.hosts)
        except WebhookRefused as refused:
            raise Undeliverable(OTHER_HOST.code, str(refused), 0, OTHER_HOST.remedy) from None

    def _session(self) -> requests.Session:
        with self._making:
            if self._kept is None:
                self._kept = _new_session()
            return self._kept

    def _post(self, url: str, body: bytes, seconds: float) -> Verdict:
        """Post once and say what came of it. Never raises."""
        import requests
        from urllib3 import exceptions as urllib3_errors

        ends = self._clock.now() + seconds
        session = self._session()
        if self._clock.now() - self._used_at > LONGEST_IDLE_S:
            session.close()
        sending = Sending(body)
        try:
            response = session.post(
                url,
                data=sending,
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=self._timeouts.within(seconds),
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3_errors.HTTPError) as problem:
            return unanswered(problem, begun=sending.begun)
        finally:
            self._used_at = self._clock.now()
        with response:
            return judged(response.status_code, self._beginning(response, ends))

    def _beginning(self, response: requests.Response, ends: float) -> bytes:
        """The body as far as it comes in time and within the limit."""
        from urllib3 import exceptions as urllib3_errors

        body = b""
        try:
            while piece := response.raw.read1(LARGEST_RESPONSE - len(body), decode_content=True):
                body += piece
                if len(body) >= LARGEST_RESPONSE or self._clock.now() >= ends:
                    break
        except urllib3_errors.HTTPError:
            pass  # what has come may be enough to know the result
        return body


def _new_session() -> requests.Session:
    from http.cookiejar import DefaultCookiePolicy

    import requests

    session = requests.Session()
    session.trust_env = False
    session.headers.update({"User-Agent": "dingtalk-chatgpt-fc", "Accept-Encoding": "identity"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


class Sending(io.BytesIO):
    """A request body that knows whether sending it has begun: it is read when a connection is made, not before."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file."""
        self.begun = True
        return super().read(size)


def unanswered(problem: Exception, *, begun: bool) -> Verdict:
    """What an error of requests or urllib3 instead of a response means, and whether the body was on its way."""
    if begun:
        return NO_RESPONSE
    # requests and urllib3 raise their kinds of ValueError for what they cannot send at all.
    return UNSENDABLE if isinstance(problem, ValueError) else NOT_CONNECTED
