"""Function Compute: synchronous runs, and the asynchronous queue with retries, task ids and a failure destination.

Facts, also on the failure destination: https://www.alibabacloud.com/help/en/functioncompute/result-callback .
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from local.clock import CloudClock
from local.deaths import Death
from local.faults import ANY, NOBODY, Concerned, Fault, Faults
from local.functions import ACCOUNT, REGION
from local.instances import Instance
from local.pool import FREEZE, Pool
from local.runs import Call, LogLine, Outcome

ASYNC_LIMIT = 128 * 1024
"""Bytes of an asynchronous event (https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/product-overview/limits)."""

_SESSION = re.compile(rb"session=([0-9a-f]{32})")


@dataclass(frozen=True)
class AsyncRules:
    """How asynchronous invocations are run. `retry_delay` in real seconds, `max_age` in seconds of the cloud."""

    retries: int = 2
    retry_delay: float = 0.05
    max_age: float = 5400
    on_failure: str = "reply"
    task_ids: bool = True


@dataclass
class Invocation:
    """One invocation. `how` is "trigger", "async", "sync" or "destination"; times are seconds in the cloud.

    `state` is "queued", "running", "succeeded", "failed" or "expired"; `outcomes` has one entry per attempt; `doubled`
    is whether its event is run by another invocation too.
    """

    function: str
    how: str
    event: bytes
    accepted_at: float
    task_id: str = ""
    request_id: str = field(default_factory=lambda: f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}")
    state: str = "queued"
    outcomes: list[Outcome] = field(default_factory=list)
    doubled: bool = False

    @property
    def attempts(self) -> int:
        """How often the handler was run."""
        return len(self.outcomes)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("succeeded", "failed", "expired")


class FunctionCompute:
    """The functions and what has been asked of them.

    With `traced` every outcome has the steps of its run; `deaths` are instances to be killed at a step or a time;
    `pace_of_doubles` is as in `Options`.
    """

    def __init__(self, pools: dict[str, Pool], clock: CloudClock, rules: AsyncRules) -> None:
        self.pools = pools
        self.rules = rules
        self.invocations: list[Invocation] = []
        self.faults, self.kills, self.starts, self.disk = Faults(), Faults(), Faults(), Faults()
        self.deaths: list[Death] = []
        self.traced = False
        self.pace_of_doubles: float | None = None
        self.on_log: Callable[[LogLine], None] = lambda _: None
        self.changed: Callable[[Invocation], None] = lambda _: None
        self.concerned: Callable[[bytes], Concerned] = lambda _: NOBODY
        self._clock = clock
        self._task_ids: set[tuple[str, str]] = set()
        self._carrying: dict[str, list[Invocation]] = {}
        self._running: dict[str, Invocation] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def kill_at(self, point: str, function: str = "reply", times: int = 1) -> None:
        """Kill the instance of `function` when it reaches `point`, the next `times` times.

        Points: "start" and "end" of the handler; "model" (its request has arrived), "answered" (the model's whole
        text was sent, its end mark not yet), "post" (its webhook post has arrived, not shown yet), "posted" (shown,
        not answered yet).
        """
        self.kills.add(Fault(point, times, function=function))

    def reached(self, point: str, port: int) -> bool:
        """Kill the instance whose connection comes from `port` if its death was asked for here."""
        for name, pool in self.pools.items():
            instance = pool.behind(port)
            if instance is None or instance.call is None:
                continue
            about = self.concerned(instance.call.event)
            met = self.kills.take(about, kinds=frozenset({point, FREEZE + point}), function=self._part(name))
            if met and met.kind == point:
                instance.kill()
            elif met:
                instance.freeze()
            if met:
                return True
        return False

    def _part(self, function: str) -> str:
        """Whose faults a function meets."""
        return ANY if len(self.pools) == 1 else function

    def caller(self, port: int) -> Invocation | None:
        """Return the invocation that is talking from `port`."""
        instance = self.behind(port)
        return self._running.get(instance.call.request_id) if instance and instance.call else None

    def behind(self, port: int) -> Instance | None:
        """Return the instance that is talking from `port`."""
        return next(filter(None, (pool.behind(port) for pool in self.pools.values())), None)

    def _note(self, invocation: Invocation) -> None:
        self.invocations.append(invocation)
        for found in set(_SESSION.findall(invocation.event)):
            self._carrying.setdefault(found.decode(), []).append(invocation)

    def carrying(self, session: str) -> list[Invocation]:
        """Return the invocations whose event holds this webhook session: those of one message."""
        return list(self._carrying.get(session, ()))

    def forget(self) -> None:
        """Drop what was recorded, and deaths that were asked for; task ids stay known."""
        self.deaths.clear()
        self.invocations.clear()
        self._carrying.clear()
        for pool in self.pools.values():
            pool.logs.clear()
            pool.files.clear()

    def known_task(self, function: str, task_id: str) -> bool:
        """Whether there was an invocation with this task id, when task mode is on."""
        return self.rules.task_ids and bool(task_id) and (function, task_id) in self._task_ids

    async def run(self, invocation: Invocation, how: str = "event", environ: dict[str, str] | None = None) -> Outcome:
        """Run once, now, and return how it ended."""
        self._note(invocation)
        outcome = await self._attempt(invocation, how, environ or {})
        self._set(invocation, "succeeded" if outcome.ok else "failed")
        return outcome

    def queue(self, invocation: Invocation) -> None:
        """Accept an asynchronous invocation; it runs as soon as an instance is free."""
        self._note(invocation)
        if invocation.task_id:
            self._task_ids.add((invocation.function, invocation.task_id))
        task = asyncio.get_running_loop().create_task(self._work(invocation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, invocation: Invocation) -> None:
        end = "failed"
        for number in range(self.rules.retries + 1):
            if number:
                await asyncio.sleep(self.rules.retry_delay * 2 ** (number - 1))
            if self._clock.now() - invocation.accepted_at > self.rules.max_age:
                end = "expired"
                break
            outcome = await self._attempt(invocation, "event", {})
            if outcome.ok:
                self._set(invocation, "succeeded")
                return
        if invocation.how != "destination" and self.rules.on_failure:
            self._to_destination(invocation, end)  # before this one is over: nobody must think that nothing follows
        self._set(invocation, end)

    async def _attempt(self, invocation: Invocation, how: str, environ: dict[str, str]) -> Outcome:
        about, function, part = self.concerned(invocation.event), invocation.function, self._part(invocation.function)
        late = self.starts.take(about, kinds=frozenset({"late"}), function=part)
        if late:
            await self._clock.sleep(late.seconds)
        self._set(invocation, "running")
        met = [death for death in list(self.deaths) if death.meets(about.message, function, invocation.how)]
        death = self.kills.take(about, kinds=frozenset({"start", FREEZE + "start", "end"}), function=part)
        cold = self.starts.take(about, kinds=frozenset({"cold"}), function=part)
        disk = tuple({"name": fault.kind, **fault.parameters} for fault in self.disk.take_all(about, function=part))
        call = Call(
            invocation.request_id,
            invocation.event,
            how,
            environ,
            die=death.kind if death else "",
            cold=cold.seconds if cold else 0.0 if met and met[0].cold else None,
            disk=disk,
            trace=self.traced,
            death=met[0] if met else None,
            pace=self.pace_of_doubles if invocation.doubled else None,
        )
        self._running[invocation.request_id] = invocation
        try:
            outcome = await self.pools[function].run(call)
        finally:
            self._running.pop(invocation.request_id, None)
        invocation.outcomes.append(outcome)
        return outcome

    def _to_destination(self, failed: Invocation, end: str) -> None:
        last = failed.outcomes[-1] if failed.outcomes else Outcome("expired")
        expired = end == "expired"
        payload = {
            "timestamp": self._clock.now_ms(),
            "requestContext": {
                "requestId": failed.request_id,
                "functionArn": f"acs:fc:{REGION}:{ACCOUNT}:functions/{failed.function}",
                "condition": "EventAgeExceeded" if expired else "RetriesExhausted",
                "approximateInvokeCount": failed.attempts,
            },
            "requestPayload": failed.event.decode("utf-8", "replace"),
            "responseContext": {"statusCode": 200, "functionError": last.error_type or "EventAgeExceeded"},
            "responsePayload": error_body(last).decode(),
        }
        event = json.dumps(payload, ensure_ascii=False).encode()
        self.queue(Invocation(self.rules.on_failure, "destination", event, self._clock.now()))

    def _set(self, invocation: Invocation, state: str) -> None:
        invocation.state = state
        self.changed(invocation)

    def logs(self) -> list[LogLine]:
        """Every line the functions wrote, in order."""
        return sorted((line for pool in self.pools.values() for line in pool.logs), key=lambda line: line.at)

    async def abandon(self) -> None:
        """Forget the queue and end every instance."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for pool in self.pools.values():
            pool.close()
        await asyncio.gather(*tasks, return_exceptions=True)


def error_body(outcome: Outcome) -> bytes:
    """What FC answers for a handler that failed."""
    found = {"errorMessage": outcome.message, "errorType": outcome.error_type, "stackTrace": list(outcome.stack)}
    return json.dumps({name: value for name, value in found.items() if value}).encode()


def event_of(body: bytes) -> tuple[str, bool]:
    """A request body as the trigger's event carries it: text, or base64 where it is not UTF-8."""
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True
