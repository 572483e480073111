"""A function instance as the cloud sees it, and the bucket that all instances share."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

from local import frames
from local.runs import Call, Outcome, Step


class Instance:
    """One process, seen from the cloud."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pid = 0
        self.writer: asyncio.StreamWriter | None = None
        self.ready: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self.call: Call | None = None
        self.done: asyncio.Future[Outcome] | None = None
        self.exited: frames.Frame | None = None
        self.steps: dict[tuple[str, int], Step] = {}
        self.all_told = asyncio.Event()
        self.idle_since = 0.0
        self.used = False

    def send(self, frame: Mapping[str, Any]) -> None:
        """Pass a frame to the process, if it is still there."""
        if self.writer is not None and not self.writer.is_closing():
            self.writer.write(frames.encode(frame))

    def shoot(self, call: Call) -> None:
        """End the process if it still runs this call; what it has sent before is still heard."""
        if self.call is call and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def freeze(self) -> None:
        """Stop the process where it is: it neither goes on nor ends."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGSTOP)

    def kill(self) -> None:
        """End the process at once, as FC does: no clean-up runs."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            self.pid = 0
        if self.writer is not None:
            self.writer.close()


class Disk:
    """The bucket: its folder, whether changes are recorded, and its faults, which every invocation brings along."""

    def __init__(self, mount: str, watched: bool) -> None:
        self.mount, self.watched = mount, watched
        self.faults: list[dict[str, Any]] = []
