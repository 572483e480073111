"""Builds the services of one run from settings; what is dear is kept for the life of the instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from reply.bucket import Bucket
from reply.channels.session_webhook import SessionWebhook
from reply.claim import OssClaim, TaskClaim
from reply.earlier import Earlier
from reply.exports import Exports
from reply.llm.lazy import LazyModel
from reply.llm.settings import ChatSettings
from reply.oss import Oss
from reply.records import Records
from reply.services import Lookups, Model, Outbound, Services
from reply.settings import ReplySettings
from reply.store import Store
from reply.usage import Ledger
from shared.clock import Clock, SystemClock
from shared.credentials import credentials_of
from shared.log import Log
from shared.sensitive import SensitiveWords
from shared.wording import wording

DEFAULT_SECONDS = 180.0
"""The function's time-out as shipped, for where the context does not tell."""


def function_seconds(context: object) -> float:
    """Seconds until FC kills this run (function.timeout of https://www.alibabacloud.com/help/en/fc/user-guide/context)."""
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    try:
        return float(timeout) if timeout else DEFAULT_SECONDS
    except (TypeError, ValueError):
        return DEFAULT_SECONDS


@dataclass(frozen=True)
class Instance:
    """What one instance keeps: settings, the model's client, the connection to DingTalk."""

    settings: ReplySettings
    environ: Mapping[str, str]
    model: Model
    outbound: Outbound
    sensitive: SensitiveWords
    clock: Clock
    log: Log

    @cached_property
    def bucket(self) -> Bucket:
        """The mounted bucket."""
        return Bucket(self.settings.mount)

    @cached_property
    def earlier(self) -> Earlier:
        """What an earlier version stored, as far as it has been looked at."""
        return Earlier(self.bucket, self.clock)

    @classmethod
    def start(cls, environ: Mapping[str, str]) -> Instance:
        """Read the settings and begin to import the model's package."""
        settings = ReplySettings.read(environ)
        clock = SystemClock()
        log = Log(
            level=settings.log_level,
            secrets=settings.chat.secrets,
            fields={"function": "reply"},
            with_texts=settings.log_text,
        )
        ending = settings.chat.ending(clock.now())
        if ending:
            log.warning("model_retired", over=ending.over, problem=ending.sentence)
        outbound = SessionWebhook(settings.webhook, wording(settings.language), clock, log)
        model = LazyModel(lambda: _chat_model(settings.chat, clock, log, outbound.prepare), clock)
        return cls(settings, environ, model, outbound, SensitiveWords(settings.sensitive_words), clock, log)

    def services(self, context: object, request_id: str | None = None) -> Services:
        """The services of one run; every line that they write has the message's request id."""
        settings = self.settings
        log = self.log.for_run(fc_request_id=str(getattr(context, "request_id", "")) or None, request_id=request_id)
        bucket = self.bucket
        reserving = bool(settings.limits.tokens_per_month)
        records = Records(
            bucket, settings.timezone, self.earlier, log, keep_text=settings.keep_text, reserving=reserving
        )
        oss = self._oss(context)
        return Services(
            settings=settings.answer,
            limits=settings.limits,
            store=Store(bucket, self.clock, log, settings.answer.rounds),
            records=records,
            ledger=Ledger(records, bucket, self.clock, log),
            claim=OssClaim(oss, log) if settings.claim == "oss" else TaskClaim(),
            model=self.model,
            outbound=self.outbound,
            wording=wording(settings.language),
            clock=self.clock,
            log=log,
            sensitive=self.sensitive,
            exports=Exports(settings.exports, oss if settings.oss.complete else None, settings.keep_text),
            lookups=lambda: self._lookups,
            problems=settings.problems,
        )

    def _oss(self, context: object) -> Oss:
        region = str(getattr(context, "region", "") or self.environ.get("FC_REGION", ""))
        return Oss(self.settings.oss, lambda: credentials_of(context, self.environ), region)

    @cached_property
    def _lookups(self) -> Lookups:
        # Imported when something is looked up: most instances never do.
        from reply.lookup.connection import SystemNetwork
        from reply.lookup.public import PublicLookups

        return PublicLookups(SystemNetwork(), self.clock)


def _chat_model(settings: ChatSettings, clock: Clock, log: Log, meanwhile: Callable[[], None]) -> Model:
    from reply.llm.chat import ChatModel  # heavy: imported in the background

    return ChatModel(settings, log, clock, meanwhile=meanwhile)
