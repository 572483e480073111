"""A mounted bucket for the benchmark of the account: in memory, as slow as is said, and every access counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from reply.bucket import Bucket

PAGE = 1000
"""Names of one listing page: OSS's own limit."""

Folder = tuple[str, ...]


class SimulatedMount(Bucket):
    """Folders of names in memory. Every page of a listing and every read, write and removal takes `seconds`.

    That is time on a clock of its own (`now`, in seconds): how busy the machine is does not matter. It goes on when no
    thread has come for `quiet_s` of real time: then all of them are waiting.

    `made` makes the names of folders that would be too many to hold; what is written there is added. Contents that a
    function of `contents` gives are made when they are read.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__("")
        self.seconds = seconds
        self.folders: dict[Folder, dict[str, bytes]] = {}
        self.made: Callable[[Folder], Sequence[str]] = lambda _: ()
        self.contents: Mapping[str, Callable[[Folder, str], bytes]] = {}
        self.count: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.now = 0.0
        self.quiet_s = 0.04
        self._passing = threading.Condition()
        self._waiting: list[float] = []
        self._came = 0.0

    def kept(self, folder: Sequence[str]) -> list[str]:
        """The same: no folder is ever missing here."""
        return self.names(folder)

    def names(self, folder: Sequence[str]) -> list[str]:
        """The names, page after page."""
        found = sorted({*self.folders.get(tuple(folder), ()), *self.made(tuple(folder))})
        self._take("pages listed", max(1, -(-len(found) // PAGE)))
        return found

    def read(self, folder: Sequence[str], name: str) -> bytes | None:
        """The content."""
        self._take("files read")
        held = self.folders.get(tuple(folder), {}).get(name)
        if held is None and folder[0] in self.contents:
            return self.contents[folder[0]](tuple(folder), name)
        return held

    def write_new(self, folder: Sequence[str], name: str, content: bytes) -> None:
        """Hold it."""
        self._take("files written")
        with self._lock:
            self.folders.setdefault(tuple(folder), {})[name] = content

    def remove(self, folder: Sequence[str], name: str) -> None:
        """Hold it no more."""
        self._take("files removed")
        with self._lock:
            self.folders.get(tuple(folder), {}).pop(name, None)

    def _take(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.count[what] += times
        if self.seconds:
            self._wait(self.seconds * times)

    def _wait(self, seconds: float) -> None:
        """Wait on the mount's own clock, which goes on when every thread is waiting: as long as the machine is busy."""
        with self._passing:
            until = self.now + seconds
            self._waiting.append(until)
            self._came = time.monotonic()
            while self.now < until:
                self._passing.wait(self.quiet_s)
                if self._waiting and time.monotonic() - self._came >= self.quiet_s:
                    self.now = max(self.now, min(self._waiting))
                    self._came = time.monotonic()
                    self._passing.notify_all()
            self._waiting.remove(until)
