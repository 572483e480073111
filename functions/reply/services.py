"""Everything that answering needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from reply.claim import Claim
from reply.exports import Exports
from reply.guards import Limits
from reply.records import Records
from reply.store import Store
from reply.usage import Ledger
from shared.clock import Clock
from shared.log import Log
from shared.message import Message
from shared.sensitive import SensitiveWords
from shared.settings import SettingsReader, read_default_single, read_rounds
from shared.wording import Wording

if TYPE_CHECKING:
    from reply.lookup.certificates import Certificate
    from reply.lookup.names import Target
    from reply.lookup.rdap import Registration

Role = Literal["system", "user", "assistant"]

Cut = Literal["", "stalled", "length", "filtered", "error"]
"""Why an answer may be incomplete: the stream stopped or time ran out, the provider's limit, its content filter, or an
error of its own; "" when it is whole."""


@dataclass(frozen=True)
class ChatMessage:
    """One message of a prompt."""

    role: Role
    content: str


@dataclass(frozen=True)
class Usage:
    """Tokens as the provider counted them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Answer:
    """What a model said: never empty, thinking removed.

    `cut` says why it may be incomplete, and `cut_code` what the provider calls that ("" where it does not say).
    `pictures` were in it as text and have been taken out.
    """

    text: str
    model: str
    cut: Cut = ""
    usage: Usage | None = None
    first_token_ms: int = 0
    cut_code: str = ""
    pictures: int = 0


@dataclass(frozen=True)
class Balance:
    """What is left on an account with the provider, in one currency ("" where the provider names none).

    `left` is None where only the `granted` amount and what was `used` of it are told; amounts as people read them.
    `expires_at` is in seconds since the epoch, 0 when it never does.
    """

    left: str | None = None
    currency: str = ""
    granted: str = ""
    used: str = ""
    expires_at: int = 0


class Model(Protocol):
    """Something that answers a prompt, and may know what is left to pay for it."""

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        """Answer within `seconds`, all retries and the whole stream included.

        Raises ModelFailed, and nothing else, when there is no usable answer.
        """
        ...

    def balance(self, seconds: float) -> Sequence[Balance]:
        """What is left on the account of the key in use, one for each currency, asked now.

        Raises BalanceUnknown, and nothing else, when the provider does not tell.
        """
        ...


class Outbound(Protocol):
    """A way to the person who asked."""

    def deliver(
        self, message: Message, text: str, *, until: float, already_sent: int, on_sent: Callable[[int], None]
    ) -> int:
        """Show `text`, in parts where needed; returns the number of parts shown in all.

        `until` is when this run must have stopped (seconds since the epoch); no wait passes it. The first
        `already_sent` parts were shown by an earlier run and are skipped. `on_sent(n)` is called after part n, when
        more parts follow; it must not raise. Raises Undeliverable when DingTalk has closed the way, DeliveryDelayed
        when a later run can succeed, AnswerBlocked when the person was shown that DingTalk does not allow the answer.
        """
        ...


class Lookups(Protocol):
    """Something that asks the internet. Both methods raise LookupFailed, within ten seconds."""

    def domain(self, name: str) -> Registration:
        """The registration of a name (ASCII), or of the nearest parent that is registered."""
        ...

    def certificate(self, target: Target) -> Certificate:
        """The certificate that a server shows now."""
        ...


@dataclass(frozen=True)
class AnswerSettings:
    """What the job itself is told: times in seconds, `rounds` of context, `attempts` = FC's retries + 1.

    `session_seconds` after the last use a session ends (0 = never); `prompt_tokens` bound a prompt (0 = not).
    """

    model_seconds: float
    rounds: int
    group_shares_context: bool
    system_prompt: str
    attempts: int
    default_single: bool = False
    session_seconds: int = 0
    prompt_tokens: int = 0

    @classmethod
    def read(cls, reader: SettingsReader) -> AnswerSettings:
        """Read TIMEOUT, HISTORY_LENGTH, CONTEXT_SCOPE, SYSTEM_PROMPT, ASYNC_RETRIES, DEFAULT_MODE, SESSION_TIMEOUT and
        MAX_TEXT.
        """
        return cls(
            model_seconds=reader.number("TIMEOUT", 55, low=1, high=3600) or 55,
            rounds=read_rounds(reader),
            group_shares_context=reader.choice("CONTEXT_SCOPE", "member", ("member", "group")) == "group",
            system_prompt=reader.text("SYSTEM_PROMPT"),
            attempts=reader.whole("ASYNC_RETRIES", 2, low=0, high=8) + 1,
            default_single=read_default_single(reader),
            session_seconds=reader.whole("SESSION_TIMEOUT", 0, low=0, high=366 * 86400),
            prompt_tokens=reader.whole("MAX_TEXT", 0, low=0, high=10_000_000),
        )


@dataclass(frozen=True)
class Services:
    """What an answer needs. `problems` are settings that are missing or wrong: then nothing is asked.

    `lookups` makes them when something is first looked up.
    """

    settings: AnswerSettings
    limits: Limits
    store: Store
    records: Records
    ledger: Ledger
    claim: Claim
    model: Model
    outbound: Outbound
    wording: Wording
    clock: Clock
    log: Log
    sensitive: SensitiveWords
    exports: Exports
    lookups: Callable[[], Lookups]
    problems: tuple[str, ...] = ()
