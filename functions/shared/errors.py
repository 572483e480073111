"""Every error of the two functions.

BotError
├── SettingsError            the deployer must mend settings; all problems at once
├── Rejected                 the caller of the HTTP trigger gets this status and nothing else
│   └── SignatureUnknown     it has the form of the platform's own: a secret may be wrong
├── WebhookRefused           a reply address we will not post to
├── EventUnreadable          the bytes given to `reply` are no message
├── HandOverFailed           `reply` could not be invoked
│   ├── HandOverRefused      it was certainly not accepted: nothing will come
│   └── HandOverUnknown      it may have been accepted: an answer may still come
├── StoreUnavailable         the bucket could not be read or written
├── LookupFailed             nothing was found out about a domain or certificate; carries the reason
├── BalanceUnknown           the provider did not tell what is left on the account
├── ModelFailed              the model gave no usable answer; carries the reason
└── DeliveryFailed           the answer could not be shown
    ├── AnswerBlocked        DingTalk does not allow its content; the person was told so instead
    ├── Undeliverable        it never can be: DingTalk has closed the way
    └── DeliveryDelayed      it can be later: raise, so that FC retries
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class BotError(Exception):
    """Base of all errors this product raises on purpose."""


class SettingsError(BotError):
    """One or more settings are missing or wrong.

    `problems` has one sentence each: what was found, what was wanted, what to do. No secret is in it.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class Rejected(BotError):
    """The request is answered with `status` and a body that tells the caller nothing more.

    `reason` is for the log only: the caller must not learn which check failed.
    """

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{status}: {reason}")


class SignatureUnknown(Rejected):
    """No secret gives the signature of a request that has the form of the platform's own: scanners do not know it.

    `robot` is the id that it claims to be of, "" where it claims none.
    """

    def __init__(self, reason: str, robot: str = "") -> None:
        self.robot = robot
        super().__init__(401, reason)


class WebhookRefused(BotError):
    """The reply address in a message is not one we post to. `host` is what was found (at most 100 characters)."""

    def __init__(self, host: str, wanted: str) -> None:
        self.host = host[:100]
        super().__init__(
            f"the reply address has host {self.host!r}; wanted {wanted}; "
            "if this is your DingTalk, add the host to WEBHOOK_HOSTS"
        )


class EventUnreadable(BotError):
    """The event is not a message that `conversation` made."""


class HandOverFailed(BotError):
    """Invoking `reply` did not succeed. `remedy` is what to do about it, for the log; "" where that is not known."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.remedy = remedy
        super().__init__(problem)


class HandOverRefused(HandOverFailed):
    """FC did not accept the invocation: no answer will come."""


class HandOverUnknown(HandOverFailed):
    """It is not known whether FC accepted the invocation: an answer may still come."""


BUCKET = "bucket"
"""The cause of every line about a bucket that fails: in one run it is told once (`shared.log`)."""


class StoreUnavailable(BotError):
    """The bucket could not be read or written; `operation` says what was tried.

    `remedy` is what to do about it, for the log; "" where that is not known.
    """

    def __init__(self, operation: str, cause: str, remedy: str = "") -> None:
        self.operation = operation
        self.remedy = remedy
        super().__init__(f"{operation} failed: {cause}")


class ModelFailure(str, Enum):
    """Why the model gave no usable answer. Each has its own sentence for people (`wording`)."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    SERVER = "server"
    KEY_REFUSED = "key_refused"
    QUOTA = "quota"
    REGION = "region"
    UNKNOWN_MODEL = "unknown_model"
    TOO_LONG = "too_long"
    FILTERED = "filtered"
    EMPTY = "empty"
    THOUGHT_TOO_LONG = "thought_too_long"
    NOT_JSON = "not_json"
    BAD_REQUEST = "bad_request"


class ModelFailed(BotError):
    """The model gave no usable answer.

    `detail` has words of the provider (at most 500 characters): never for people, and in the log only where LOG_TEXT is
    on, since they may repeat the question. `facts` are what the log always has: `status`, `code`, `type`, `parameter`,
    and `why` in our own words. `wait` is how many seconds the provider asks to wait, 0 when it does not say.
    """

    def __init__(self, reason: ModelFailure, detail: str = "", *, wait: float = 0.0, **facts: str | int) -> None:
        self.reason = reason
        self.detail = detail[:500]
        self.wait = wait
        self.facts = {name: value for name, value in facts.items() if value}
        super().__init__(" ".join([reason.value, *(f"{name}={value}" for name, value in self.facts.items())]))


class LookupFailure(str, Enum):
    """Why nothing was found out about a domain or certificate. Each has its own sentence for people (`wording`)."""

    UNKNOWN_HOST = "unknown_host"
    NOT_PUBLIC = "not_public"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_FOUND = "not_found"
    NO_SERVICE = "no_service"
    BUSY = "busy"
    UNREADABLE = "unreadable"
    NO_TLS = "no_tls"

    @property
    def of_the_name(self) -> bool:
        """Whether nothing was connected to: it tells nothing of a port."""
        return self in (LookupFailure.UNKNOWN_HOST, LookupFailure.NOT_PUBLIC)


class LookupFailed(BotError):
    """Nothing was found out. `detail` (at most 200 characters) is for the log, never for people."""

    def __init__(self, reason: LookupFailure, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail[:200]
        super().__init__(f"{reason.value}: {self.detail}")


class BalanceUnknown(BotError):
    """The provider did not tell what is left.

    `offered` is whether it has a way to ask at all. `detail` (at most 200 characters) is for the log, never for people.
    """

    def __init__(self, detail: str, *, offered: bool) -> None:
        self.offered = offered
        self.detail = detail[:200]
        super().__init__(self.detail)


class DeliveryFailed(BotError):
    """The answer could not be shown to the person, or not all of it.

    `code` is DingTalk's errcode or a short word; `shown` is how many parts the person has seen all the same;
    `remedy` is what to do about it, for the log.
    """

    def __init__(self, code: str, detail: str = "", shown: int = 0, remedy: str = "") -> None:
        self.code = code
        self.shown = shown
        self.remedy = remedy
        super().__init__(f"{code}: {detail[:200]}")


class AnswerBlocked(DeliveryFailed):
    """DingTalk did not allow the content of the answer: the person has been shown a sentence that says so."""


class Undeliverable(DeliveryFailed):
    """DingTalk has closed every way to the person: trying again cannot help."""


class DeliveryDelayed(DeliveryFailed):
    """Not delivered, but a later attempt can succeed."""
