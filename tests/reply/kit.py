"""What the tests of `reply` give it instead of the world: a clock, a model and a chat that can be scripted."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any

from reply.bucket import Bucket
from reply.claim import Claim, TaskClaim
from reply.conversation import CLEARED
from reply.earlier import Earlier
from reply.exports import Exports
from reply.guards import Limits
from reply.lookup.certificates import Certificate
from reply.lookup.names import Target
from reply.lookup.rdap import Registration
from reply.records import Records
from reply.services import Answer, AnswerSettings, Balance, ChatMessage, Outbound, Services, Usage
from reply.settings import CHINA
from reply.store import Store
from reply.usage import Ledger
from shared.errors import StoreUnavailable
from shared.log import Log
from shared.message import Message, ReplyTarget, Sender
from shared.sensitive import SensitiveWords
from shared.wording import wording

NOW = 1_790_000_000.0
ZH = wording("zh")


@dataclass
class FakeClock:
    """A clock that moves only when somebody sleeps; `on_sleep` lets the world go on meanwhile."""

    time: float = NOW
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None
    alarm: threading.Event = field(default_factory=threading.Event)

    def now(self) -> float:
        return self.time

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Waiting ends with the event, or when the test says that the time has come."""
        while not event.wait(0.005):
            if self.alarm.is_set():
                return False
        return True

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        self.on_sleep()


@dataclass
class FakeModel:
    """Gives the queued answers (or raises queued errors), then echoes."""

    queue: list[Answer | BaseException | Callable[[], Answer]] = field(default_factory=list)
    asked: list[tuple[ChatMessage, ...]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    balances: Sequence[Balance] | BaseException = ()

    def balance(self, seconds: float) -> Sequence[Balance]:
        if isinstance(self.balances, BaseException):
            raise self.balances
        return self.balances

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        self.asked.append(tuple(prompt))
        self.seconds.append(seconds)
        if not self.queue:
            return Answer(f"echo: {prompt[-1].content}", "fake", usage=Usage(3, 4))
        given = self.queue.pop(0)
        if isinstance(given, BaseException):
            raise given
        return given if isinstance(given, Answer) else given()


@dataclass
class FakeChat:
    """Shows texts; queued errors are raised first. `parts` makes one text several."""

    errors: list[BaseException] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    parts: int = 1
    die_after: int = 0
    on_shown: Callable[[], None] = lambda: None
    on_error: Callable[[], None] = lambda: None

    def deliver(
        self, message: Message, text: str, *, until: float, already_sent: int, on_sent: Callable[[int], None]
    ) -> int:
        if self.errors:
            self.on_error()
            raise self.errors.pop(0)
        for number in range(already_sent + 1, self.parts + 1):
            self.seen.append(text if self.parts == 1 else f"{text}#{number}")
            self.on_shown()
            if number < self.parts:
                on_sent(number)
            if number == self.die_after:
                raise Killed
        return self.parts


class Killed(BaseException):
    """The instance is gone: nothing may catch this."""


@dataclass
class FakeLookups:
    """Answers the queued results, or raises queued errors."""

    queue: list[Registration | Certificate | BaseException] = field(default_factory=list)
    asked: list[str | Target] = field(default_factory=list)

    def domain(self, name: str) -> Registration:
        found = self._next(name)
        assert isinstance(found, Registration)
        return found

    def certificate(self, target: Target) -> Certificate:
        found = self._next(target)
        assert isinstance(found, Certificate)
        return found

    def _next(self, asked: str | Target) -> Registration | Certificate:
        self.asked.append(asked)
        found = self.queue.pop(0)
        if isinstance(found, BaseException):
            raise found
        return found


class FailingBucket(Bucket):
    """A bucket that refuses the next saves of a conversation, and whatever the world's `refuses` names."""

    def __init__(self, world: World) -> None:
        super().__init__(str(world.mount))
        self._world = world

    def write_new(self, folder: Sequence[str], name: str, content: bytes) -> None:
        # The first save of a run notes the turn; what a command sets comes with the second.
        if folder[0] == "conversations" and self._world.fail_saves and CLEARED.encode() in content:
            self._world.fail_saves -= 1
            raise StoreUnavailable("writing a file", "on demand")
        self._refuse("write", folder, name)
        super().write_new(folder, name, content)

    def names(self, folder: Sequence[str]) -> list[str]:
        self._refuse("list", folder)
        return super().names(folder)

    def remove(self, folder: Sequence[str], name: str) -> None:
        self._refuse("remove", folder, name)
        super().remove(folder, name)

    def rename(self, folder: Sequence[str], name: str, new: str) -> None:
        self._refuse("rename", folder, name)
        super().rename(folder, name, new)

    def _refuse(self, operation: str, folder: Sequence[str], name: str = "") -> None:
        if self._world.refuses(f"{operation} {'/'.join(folder)}/{name}"):
            raise StoreUnavailable(operation, "on demand")


@dataclass
class World:
    """One deployment: a bucket, a clock, a model, a chat, and whoever runs on them."""

    mount: Path
    clock: FakeClock = field(default_factory=FakeClock)
    model: FakeModel = field(default_factory=FakeModel)
    chat: FakeChat = field(default_factory=FakeChat)
    claim: Claim = field(default_factory=TaskClaim)
    stream: io.StringIO = field(default_factory=io.StringIO)
    settings: AnswerSettings = field(default_factory=lambda: AnswerSettings(55, 5, False, "", 3))
    limits: Limits = field(default_factory=Limits)
    timezone: tzinfo = CHINA
    exports: Exports = field(default_factory=Exports)
    lookups: FakeLookups = field(default_factory=FakeLookups)
    problems: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    fail_saves: int = 0
    refuses: Callable[[str], bool] = lambda _: False
    outbound: Outbound | None = None

    def services(self) -> Services:
        log = Log(stream=self.stream)
        bucket = FailingBucket(self)
        earlier, reserving = Earlier(bucket, self.clock), bool(self.limits.tokens_per_month)
        records = Records(bucket, self.timezone, earlier, log, keep_text=True, reserving=reserving)
        return Services(
            settings=self.settings,
            limits=self.limits,
            store=Store(bucket, self.clock, log, self.settings.rounds),
            records=records,
            ledger=Ledger(records, bucket, self.clock, log),
            claim=self.claim,
            model=self.model,
            outbound=self.outbound or self.chat,
            wording=ZH,
            clock=self.clock,
            log=log,
            sensitive=SensitiveWords(self.sensitive),
            exports=self.exports,
            lookups=lambda: self.lookups,
            problems=self.problems,
        )

    def until(self, seconds: float = 180) -> float:
        return self.clock.time + seconds

    def lines(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    def errors(self) -> list[dict[str, Any]]:
        """Every ERROR line."""
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["level"] == "ERROR"]

    def files(self, under: str) -> list[Path]:
        return sorted(path for path in (self.mount / under).rglob("*") if path.is_file())

    def records(self) -> list[str]:
        return [path.name.split(".", 1)[1] for path in self.files("records")]


def message(text: str = "hello", *, id: str = "msg1", at: float = NOW, **changes: Any) -> Message:
    """A private message of one person, created and handed over at `at` (seconds)."""
    made = Message(
        id=id,
        robot="robot1",
        conversation_id="cid1",
        group=False,
        sender=Sender("user1", "user1", "Ann"),
        reply_to=ReplyTarget("https://oapi.dingtalk.com/robot/sendBySession?session=abc", int((at + 5400) * 1000)),
        created_at=int(at * 1000),
        text=text,
        body_hash="b-" + id,
        handover="h-" + id,
        handed_over_at=int(at * 1000),
    )
    return replace(made, **changes)
