"""The instances of one function: cold start, one request at a time, warm reuse, recycling, killing."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from local import frames
from local.clock import CloudClock
from local.functions import Function
from local.instances import Disk, Instance
from local.runner_steps import RETURN
from local.runs import Call, FileChange, LogLine, Outcome, Step
from local.web import connection
from local.zygote import zygote_for

FREEZE = "freeze-"
"""Before a point: the process stops there without ending, until FC's time-out."""


class Pool:
    """Runs calls of one function in at most `function.instances` processes; more calls wait in line."""

    def __init__(self, function: Function, clock: CloudClock, disk: Disk, pace: float, idle: float) -> None:
        self.function = function
        self.instances: list[Instance] = []
        self.logs: list[LogLine] = []
        self.files: list[FileChange] = []
        self.cold_start = 0.0
        self.on_log: Callable[[LogLine], None] = lambda _: None
        self._clock, self._disk, self._pace, self._idle = clock, disk, pace, idle
        self._line: deque[asyncio.Future[None]] = deque()
        self._ports: dict[int, Instance] = {}
        self._zygote = zygote_for(function.preload)
        self._address: tuple[str, int] = ("", 0)
        self._started = 0

    def open(self, address: tuple[str, int]) -> None:
        """Tell where instances connect to, and begin to import what they need."""
        self._address = address
        self._zygote.start()

    def behind(self, port: int | None) -> Instance | None:
        """Return the instance whose connection comes from `port`."""
        return self._ports.get(port or 0)

    def recycle(self) -> None:
        """End every idle instance, as FC does after some minutes."""
        for instance in [i for i in self.instances if i.call is None]:
            self._drop(instance)

    def broadcast(self, frame: Mapping[str, Any]) -> None:
        """Send a frame to every instance."""
        for instance in self.instances:
            instance.send(frame)

    async def run(self, call: Call) -> Outcome:
        """Run one call to its end, in a warm instance where there is one."""
        instance = await self._take(call)
        broken = await instance.ready
        if broken is not None:
            self._drop(instance)
            return broken
        cold, instance.used = not instance.used, True
        began, began_at = time.monotonic(), self._clock.now()
        instance.done = asyncio.get_running_loop().create_future()
        if call.die == FREEZE + "start":
            instance.freeze()
        instance.steps = {}
        instance.all_told.clear()
        instance.send(
            {
                "kind": "invoke",
                "call": call.how,
                "request_id": call.request_id,
                "event": frames.to_text(call.event),
                "environ": dict(call.environ),
                "die": call.die,
                "offset": self._clock.offset,
                "faults": [*self._disk.faults, *call.disk],
                "trace": call.trace,
                "death": call.death.at_step() if call.death else None,
                "pace": self._pace if call.pace is None else call.pace,
            }
        )
        if call.death and call.death.after is not None:
            asyncio.get_running_loop().call_later(call.death.after, instance.shoot, call)
        outcome = await self._end_of(instance)
        ms = round((time.monotonic() - began) * 1000)
        return replace(
            outcome,
            ms=ms,
            instance=instance.name,
            cold=cold,
            steps=tuple(instance.steps.values()),
            began=began_at,
            ended=self._clock.now(),
        )

    async def _end_of(self, instance: Instance) -> Outcome:
        if instance.done is None:
            raise RuntimeError("nothing runs in this instance")
        try:
            outcome = await asyncio.wait_for(instance.done, self.function.timeout)
        except asyncio.TimeoutError:
            self._drop(instance)
            seconds = f"{self.function.timeout:g}"
            return Outcome("timeout", error_type="FunctionTimeout", message=f"timed out after {seconds} seconds")
        if outcome.kind in ("result", "error"):
            if instance.call is not None and instance.call.trace:
                await instance.all_told.wait()  # the end of its last step comes behind the result
            dying = instance.call is not None and instance.call.death is not None
            (self._drop if dying else self._release)(instance)
        return outcome

    async def _take(self, call: Call) -> Instance:
        while True:
            for instance in reversed(self.instances):
                if instance.call is None:
                    crowded = call.cold is not None and len(self.instances) >= self.function.instances
                    if crowded or time.monotonic() - instance.idle_since > self._idle:
                        self._drop(instance)
                        continue
                    if call.cold is None:
                        instance.call = call
                        return instance
            if len(self.instances) < self.function.instances:
                return self._start(call)
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._line.append(turn)
            await turn

    def _start(self, call: Call) -> Instance:
        instance = Instance(f"c-{secrets.token_hex(6)}")
        instance.call = call
        self.instances.append(instance)
        host, port = self._address
        token = f"{self.function.name}:{instance.name}"
        asyncio.get_running_loop().call_later(
            call.cold or self.cold_start, self._zygote.spawn, {"host": host, "port": port, "token": token}
        )
        return instance

    def _release(self, instance: Instance) -> None:
        instance.call = instance.done = None
        instance.idle_since = time.monotonic()
        self._next()

    def _drop(self, instance: Instance) -> None:
        instance.kill()
        if instance in self.instances:
            self.instances.remove(instance)
        self._next()

    def _next(self) -> None:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def attend(self, name: str, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the connection of an instance that has said hello, until it ends."""
        instance = next((i for i in self.instances if i.name == name), None)
        if instance is None:
            return
        instance.pid, instance.writer = pid, writer
        self._started += 1
        instance.send(
            {
                "kind": "setup",
                "facts": self.function.facts(),
                "environment": self.function.environment(name),
                "pace": self._pace,
                "skew": self.function.skew[self._started % len(self.function.skew)],
                "offset": self._clock.offset,
                "mount": self._disk.mount,
                "watched": self._disk.watched,
                "path": [str(path) for path in self.function.code],
            }
        )
        while (frame := await frames.receive_async(reader)) is not None:
            self._hear(instance, frame)
        self._gone(instance)

    def _hear(self, instance: Instance, frame: frames.Frame) -> None:
        kind = frame["kind"]
        if kind == "log":
            request_id = instance.call.request_id if instance.call else ""
            line = LogLine(self.function.name, instance.name, request_id, frame["at"], frame["line"])
            self.logs.append(line)
            self.on_log(line)
        elif kind == "file":
            request_id = instance.call.request_id if instance.call else ""
            change = FileChange(request_id, frame["operation"], frame["path"], frame["at"], frame["number"])
            self.files.append(change)
        elif kind == "step":
            _note(instance, frame)
        elif kind == "connected":
            self._ports[connection(frame["client"], frame["server"])] = instance
            instance.send({"kind": "noted"})
        elif kind == "ready":
            instance.ready.set_result(None)
        elif kind == "broken":
            instance.ready.set_result(_failure("init", frame))
        elif kind == "exits":
            instance.exited = frame
        elif instance.done is not None and not instance.done.done():
            instance.done.set_result(_outcome(frame))

    def _gone(self, instance: Instance) -> None:
        instance.pid = 0
        instance.all_told.set()
        gone = _exit(instance.exited)
        if not instance.ready.done():
            instance.ready.set_result(gone)
        if instance.done is not None and not instance.done.done():
            instance.done.set_result(gone)
        self._drop(instance)

    def close(self) -> None:
        """End every instance."""
        for instance in list(self.instances):
            instance.kill()
        self.instances.clear()


def _note(instance: Instance, frame: frames.Frame) -> None:
    name = (frame["label"], frame["number"])
    if frame["side"] == "before":
        instance.steps[name] = Step(*name, frame["at"])
    elif name in instance.steps:
        instance.steps[name].ended = frame["at"]
        if frame["label"] == RETURN:
            instance.all_told.set()


def _outcome(frame: frames.Frame) -> Outcome:
    if frame["kind"] == "error":
        return _failure("error", frame)
    headers = tuple((str(name), str(value)) for name, value in frame.get("headers", ()))
    payload = frames.from_text(frame["payload"])
    return Outcome("result", payload, frame.get("status", 200), headers, gained=frame["gained"])


def _exit(frame: frames.Frame | None) -> Outcome:
    """How FC tells of a process that is gone, and of the exception that ended it where it was one."""
    message, place = "the function instance exited unexpectedly", ""
    if frame is not None:
        message, place = f"{message}: {frame['type']}: {frame['message']}", frame["place"]
    return Outcome("exit", error_type="FunctionProcessExited", message=message, place=place)


def _failure(kind: str, frame: frames.Frame) -> Outcome:
    gained = frame.get("gained", 0.0)
    stack, place = tuple(frame["stack"]), frame["place"]
    return Outcome(kind, error_type=frame["type"], message=frame["message"], stack=stack, place=place, gained=gained)
