"""How DingTalk delivers a message: once, as a rule; again, or late, when a fault says so."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from local.clock import CloudClock
from local.dingtalk import DingTalk, concerned
from local.faults import Fault
from local.messages import Delivery, Sent


class Callbacks:
    """Delivers messages, each with the faults it meets; times are those of the cloud's clock."""

    def __init__(self, dingtalk: DingTalk, clock: CloudClock) -> None:
        self._dingtalk, self._clock = dingtalk, clock
        self._held: dict[str, list[asyncio.Event]] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}

    async def send(self, sent: Sent) -> Delivery:
        """Deliver `sent` and return the first answer; what is delivered again follows in the background.

        DingTalk repeats what it has got no answer to: only the answer to the last delivery can be shown.
        """
        late = self._take(sent, "out-of-order")
        if late is not None:
            await self._hold(sent, late)
        now, later = self._take(sent, "redeliver-now"), self._take(sent, "redeliver")
        delays = [0.0] * int(now.parameters.get("copies", 1)) if now else []
        delays += [later.seconds] if later else []
        delivery = await self._dingtalk.deliver(sent, heard=not delays)
        for event in self._held.pop(sent.conversation.id, []):
            event.set()
        for number, seconds in enumerate(delays, 1):
            self.again(sent, seconds, heard=number == len(delays))
        return delivery

    def start(self, sent: Sent) -> None:
        """Deliver `sent` in the background."""

        async def work() -> None:
            await self.send(sent)

        self._later(sent, work())

    def again(
        self, sent: Sent, seconds: float, headers: Mapping[str, str] | None = None, *, heard: bool = True
    ) -> None:
        """Deliver `sent` once more, so many seconds from now, in the background; `heard` as for `DingTalk.deliver`."""

        async def work() -> None:
            await self._clock.sleep(seconds)
            await self._dingtalk.deliver(sent, headers, heard=heard)

        self._later(sent, work())

    def pending(self, sent: Sent) -> bool:
        """Whether a delivery of `sent` is still to come or to be answered."""
        return sent.id in self._tasks.values()

    async def close(self) -> None:
        """Give up what has not been delivered yet."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, sent: Sent, kind: str) -> Fault | None:
        return self._dingtalk.callbacks.take(concerned(sent), kinds=frozenset({kind}))

    async def _hold(self, sent: Sent, late: Fault) -> None:
        overtaken = asyncio.Event()
        self._held.setdefault(sent.conversation.id, []).append(overtaken)
        waits = [asyncio.ensure_future(overtaken.wait()), asyncio.ensure_future(self._clock.sleep(late.seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _later(self, sent: Sent, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = sent.id
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
