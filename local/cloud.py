"""The local cloud as tests use it: a context manager with a synchronous, thread-safe API.

    with LocalCloud(Options(settings={"HISTORY_LENGTH": "0"})) as cloud:
        lin = cloud.person("Lin")
        sent = cloud.say(lin, "hello")              # a signed callback over HTTP; returns when it is answered
        assert sent.status == 200
        [answer] = cloud.wait(sent)                 # returns when nothing more can come
        assert "hello" in answer.text

Tests get it from two fixtures (`tests/conftest.py`): `cloud`, one per session with default settings, emptied between
tests; and `new_cloud(**changes)`, where lower-case names are fields of `Options` and upper-case names are settings of
both functions (None removes a default).

People and places: `person(name, staff_id=…, admin=…)`, `private(person)`, `group(*people)`.

Sending: `say(person, text, conversation, kind=…, quote=shown, change={…}, drop=[…])`; `compose(…)` makes a message
without delivering it; `deliver(sent, copies=n)` (also as `redeliver`), `deliver_all([sent, …])` at once;
`deliver_raw(headers, body)` with `signed_headers()` for any request; `recount([(question, answer), …], person)` fills
a chat with a past.

Seeing: `wait(sent)`, `seen(conversation)` (the robot's messages in order), `sent.answers`, `sent.posts` (webhook posts
with errcodes), `sent.status`, `sent.body`, `sent.ack_ms`, `sent.deliveries`; `invocations(sent)`, `logs(function)`;
`cards` (each with all its `texts` and its `state`), which a bot fills through `dingtalk.site.url` + `/v1.0/card/…`.

The model: `model.script("text", Reply(…), failing(429, Retry_After="1"))`, `model.requests`, `model.default = …`.

Faults of DingTalk, `dingtalk_fails(kind, times=…)`: an errcode ("300001"), "http-500", "http-302", "html",
"throttled", "reset" (nothing shown), "shown-then-reset"; "slow" and "shown-then-slow" with `seconds`.

Faults of FC: `invoke_fails(kind)` with "403", "429", "500", "reset", "lost", "duplicate", "accepted-then-reset" or
"slow"; `kill_at(point)`; `cold_start(seconds)`; `recycle()`.

Any fault of `local/catalogue.py`, by name: `switch_on(name, where=…, times=…, messages=…, parameter=…)`.

Faults of the bucket: `disk_fails(name, match=…)` with a name of `local/runner_disk.py`, `mend_disk()`.

Time: `clock.now()`; `advance(seconds)` moves the clock of every part, running functions included. State inside:
`bucket` (a folder), `oss.objects`.

Everything is real HTTP with real signatures; functions run in processes of their own. A function's `time.sleep(n)`
takes n x `Options.pace` real seconds.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from local.card_rules import MOST_PER_SECOND
from local.cards import Card
from local.faults import Fault
from local.fc import Invocation
from local.messages import Delivery, Sent, Shown
from local.options import CONVERSATION, Options
from local.parts import Parts, prepare_bucket
from local.people import Conversation, Person
from local.quotes import Quote, quote_of
from local.replies import Reply, failing
from local.runs import LogLine

__all__ = ["Card", "Delivery", "Invocation", "LocalCloud", "Options", "Quote", "Reply", "Sent", "Shown", "failing"]

T = TypeVar("T")
_ROUNDS = 10
POST_FAULTS = r"-?\d+|http-\d{3}|html|throttled|reset|shown-then-reset|slow|shown-then-slow"
INVOKE_FAULTS = r"\d{3}|reset|lost|duplicate|accepted-then-reset|slow"
KILL_POINTS = r"start|model|answered|post|posted|end"
DISK_FAULTS = r"slow|read-only|full|permission|missing|error-at-close|corrupt|truncated|stale|gone|remembers|kill|trace"


class LocalCloud:
    """A cloud on free loopback ports. Use as a context manager, or call `start` and `stop`."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._temporary = "" if self.options.bucket else tempfile.mkdtemp(prefix="local-cloud-")
        self.bucket = prepare_bucket(Path(self.options.bucket or self._temporary))
        self.parts = Parts(self.options, self.bucket)
        self.clock, self.model, self.oss = self.parts.clock, self.parts.model, self.parts.oss
        self.dingtalk, self.fc = self.parts.dingtalk, self.parts.fc
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="local-cloud", daemon=True)
        self._changed = threading.Condition()
        self._happened = 0
        self._private: dict[str, Conversation] = {}

    def __enter__(self) -> LocalCloud:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open every port; returns when callbacks can be sent."""
        self._thread.start()
        self.parts.listeners.append(self._tell)
        self.do(self.parts.start())

    def stop(self) -> None:
        """End every process and close every port."""
        self.do(self.parts.stop())
        self.do(_end_the_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the cloud's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _tell(self, _: object) -> None:
        with self._changed:
            self._happened += 1
            self._changed.notify_all()

    # People and places

    def person(self, name: str = "小林", *, staff_id: str | None = None, admin: bool = False) -> Person:
        """Somebody new. `staff_id` "" makes a person from outside the organisation."""
        made = Person(name, "", admin)
        return Person(name, f"staff-{made.id}" if staff_id is None else staff_id, admin, made.id, made.sender_id)

    def private(self, person: Person) -> Conversation:
        """Return the private chat of `person` with the robot."""
        if person.id not in self._private:
            self._private[person.id] = Conversation("robot", "private", (person,))
        return self._private[person.id]

    def group(self, *people: Person, title: str = "测试群") -> Conversation:
        """Make a group of these people with the robot."""
        return Conversation(title, "group", people)

    # Sending

    def compose(
        self,
        person: Person,
        text: str = "",
        conversation: Conversation | None = None,
        *,
        kind: str = "text",
        quote: Quote | Sent | Shown | None = None,
        change: Mapping[str, Any] | None = None,
        drop: Sequence[str] = (),
    ) -> Sent:
        """Make a message without delivering it.

        `kind` is one of `payloads.KINDS`. `quote` is a message of the chat, or any as a `Quote`. `change` replaces
        fields of the body, `drop` removes some.
        """
        place = conversation or self.private(person)
        made = quote if quote is None or isinstance(quote, Quote) else quote_of(quote)
        sent = self.dingtalk.compose(person, place, text, kind=kind, quote=made, change=change, drop=drop)
        sent.quotes = quote.id if isinstance(quote, (Sent, Shown)) else ""
        self.do(self._take(sent))
        return sent

    async def _take(self, sent: Sent) -> None:
        self.dingtalk.take(sent)

    def say(self, person: Person, text: str = "", conversation: Conversation | None = None, **how: Any) -> Sent:
        """Send a message as `person` and return when its callback was answered; keywords as for `compose`."""
        sent = self.compose(person, text, conversation, **how)
        self.do(self.parts.callbacks.send(sent))
        return sent

    def recount(
        self, turns: Sequence[tuple[str, str]], person: Person, place: Conversation | None = None
    ) -> list[Sent]:
        """Fill a chat with questions and answers of the past, at once; the functions know nothing of them."""

        async def show() -> list[Sent]:
            where = place or self.private(person)
            sent = [self.dingtalk.compose(person, where, question) for question, _ in turns]
            for message, (_, answer) in zip(sent, turns, strict=True):
                self.dingtalk.recount(message, [answer])
            return sent

        return self.do(show())

    def deliver(self, sent: Sent, *, copies: int = 1, headers: Mapping[str, str] | None = None) -> list[Delivery]:
        """Deliver the callback of `sent`, in `copies` at once, signed now unless `headers` are given."""
        return self.deliver_all([sent] * copies, headers=headers)

    redeliver = deliver

    def deliver_all(self, messages: Sequence[Sent], *, headers: Mapping[str, str] | None = None) -> list[Delivery]:
        """Deliver these callbacks at once; the answers come in the same order."""

        async def all_of_them() -> list[Delivery]:
            return list(await asyncio.gather(*(self.dingtalk.deliver(sent, headers) for sent in messages)))

        return self.do(all_of_them())

    def deliver_raw(
        self, headers: Mapping[str, str], body: bytes = b"", *, method: str = "POST", path: str = "/"
    ) -> Delivery:
        """Send any request to the HTTP trigger."""
        return self.do(self.dingtalk.post(headers, body, method, path))

    def signed_headers(self, timestamp: str = "", secret: str = "") -> dict[str, str]:
        """Headers as DingTalk signs them, now and with the robot's secret unless told otherwise (ms as text)."""
        return self.dingtalk.signed_headers(timestamp, secret)

    # Seeing

    def wait(self, sent: Sent, seconds: float = 20) -> list[Shown]:
        """Wait until no invocation for this message runs or waits any more; return the answers people have seen.

        Raises TimeoutError, with what is known, when `seconds` real seconds were not enough.
        """
        if not self.until(lambda: all(i.over for i in self.invocations(sent)), seconds):
            raise TimeoutError(f"after {seconds:g} s: {self.describe(sent)}")
        if self.options.conversation_handler != CONVERSATION:
            self._tell_failures(sent)
        return list(sent.answers)

    def _tell_failures(self, sent: Sent) -> None:
        """Say on the error output what another bot has raised: pytest shows it with the test that fails for it."""
        for invocation in self.invocations(sent):
            for outcome in invocation.outcomes:
                if outcome.stack:
                    print(*outcome.stack, f"{invocation.function} failed: {outcome.error}", sep="\n", file=sys.stderr)

    def wait_all(self, messages: Sequence[Sent], seconds: float = 40) -> list[list[Shown]]:
        """`wait` for several messages, within `seconds` in all."""
        end = time.monotonic() + seconds
        return [self.wait(sent, max(0.1, end - time.monotonic())) for sent in messages]

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> bool:
        """Wait until `condition` holds, looking at it whenever something has happened; False when it never did."""
        end = time.monotonic() + seconds
        while True:
            happened = self._happened
            # Not under the lock: the condition may ask the cloud something, and the cloud tells of changes.
            if condition():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                if happened == self._happened:
                    self._changed.wait(min(left, 0.2))

    def seen(self, conversation: Conversation) -> list[Shown]:
        """Return what the robot has said in a conversation, in order."""
        timeline = list(self.dingtalk.timeline)
        return [entry for entry in timeline if isinstance(entry, Shown) and entry.conversation == conversation]

    @property
    def cards(self) -> list[Card]:
        """Every card, in the order of their creation: `text`, `texts` (each version seen), `state`, `sent`."""
        return list(self.dingtalk.cards.cards.values())

    def invocations(self, sent: Sent | None = None, how: str = "") -> list[Invocation]:
        """Return the invocations that carry this message (all without one), of one sort when `how` is given."""
        found = self.fc.carrying(sent.session) if sent else list(self.fc.invocations)
        return [invocation for invocation in found if how in ("", invocation.how)]

    def logs(self, function: str = "") -> list[LogLine]:
        """Return the lines that a function (or both) wrote."""
        return [line for line in self.fc.logs() if function in ("", line.function)]

    def describe(self, sent: Sent) -> str:
        """What is known about a message, for a failed test."""
        runs = [f"{i.function} {i.how} {i.state} {[o.kind for o in i.outcomes]}" for i in self.invocations(sent)]
        errors = [o.error for i in self.invocations(sent) for o in i.outcomes if not o.ok]
        lines = [line.text for line in self.logs()][-8:]
        posts = [(post.status, post.errcode, post.fault) for post in sent.posts]
        return f"status {sent.status}; runs {runs}; errors {errors}; posts {posts}; last lines {lines}"

    # Faults and time

    def dingtalk_fails(
        self, kind: str, times: int = 1, *, where: Conversation | None = None, seconds: float = 0.0
    ) -> None:
        """Make the next `times` webhook posts (of one conversation) go wrong. Raises ValueError on an unknown fault."""
        _known(kind, POST_FAULTS)
        self.dingtalk.faults.add(Fault(kind, times, where.id if where else "", seconds))

    def invoke_fails(self, kind: str, times: int = 1, *, seconds: float = 0.0) -> None:
        """Make the next `times` asynchronous invocations go wrong. Raises ValueError on an unknown fault."""
        _known(kind, INVOKE_FAULTS)
        self.fc.faults.add(Fault(kind, times, "", seconds))

    def kill_at(self, point: str, times: int = 1, *, function: str = "reply") -> None:
        """Kill the instance that reaches `point` next: see `FunctionCompute.kill_at`."""
        _known(point, KILL_POINTS)
        self.fc.kill_at(point, function, times)

    def switch_on(self, name: str, *, where: Conversation | None = None, **how: Any) -> Fault:
        """Switch on a fault of the catalogue; `times`, `messages` and its parameters as keywords.

        Raises SwitchRefused, a ValueError, which says what was found and wanted.
        """
        return self.parts.switches.on(name, conversation=where.id if where else "", **how)

    def cold_start(self, seconds: float, function: str = "reply") -> None:
        """Make new instances of a function start that much later; of the only one, whatever its name."""
        pools = self.fc.pools
        (pools[function] if len(pools) > 1 else pools["conversation"]).cold_start = seconds

    def recycle(self) -> None:
        """End all idle instances: what comes next starts cold."""

        async def end_idle() -> None:
            for pool in self.fc.pools.values():
                pool.recycle()

        self.do(end_idle())

    def disk_fails(self, name: str, *, match: str = "", **details: float) -> None:
        """Make the bucket go wrong for paths that contain `match`, until `mend_disk`."""
        _known(name, DISK_FAULTS)
        fault = {"name": name, "match": match, "since": time.time(), **details}
        self._set_disk([*self.parts.disk.faults, fault])

    def mend_disk(self) -> None:
        """Make the bucket work again."""
        self._set_disk([])

    def _set_disk(self, faults: list[dict[str, Any]]) -> None:
        async def tell() -> None:
            self.parts.disk.faults = faults
            self.parts.broadcast({"kind": "disk", "faults": faults})

        self.do(tell())

    def advance(self, seconds: float) -> None:
        """Move the clock of every part forward (or back)."""

        async def move() -> None:
            self.clock.move_to(self.clock.offset + seconds)

        self.do(move())

    def reset(self) -> None:
        """Forget scripts, faults, messages, invocations and logs; the clock is right again, instances stay warm.

        Whatever still runs after five seconds is ended first.
        """
        self.do(self.parts.callbacks.close())
        if not self.until(lambda: all(i.over for i in list(self.fc.invocations)), 5):
            self.do(self.fc.abandon())
        self.model.reset()
        self.parts.switches.clear()
        self.oss.faults.clear()
        self.dingtalk.rate = None
        self.dingtalk.cards.rate.most = MOST_PER_SECOND
        self.dingtalk.forget()
        self.fc.forget()
        for pool in self.fc.pools.values():
            pool.cold_start = 0.0
        self.mend_disk()
        self.advance(-self.clock.offset)


async def _end_the_rest() -> None:
    """Connections that are still open have a task each; a loop that is closed before them complains about each."""
    for _ in range(_ROUNDS):  # what ends can begin something: a connection its next request, a delivery its copy
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if not rest:
            return
        for task in rest:
            task.cancel()
        await asyncio.wait(rest, timeout=1)


def _known(name: str, pattern: str) -> None:
    """A fault that is misspelt would never happen, and its test would prove nothing."""
    if not re.fullmatch(pattern, name):
        raise ValueError(f"found fault {name!r}, wanted one that matches {pattern}")
