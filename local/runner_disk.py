"""Faults of the mounted bucket, as a function instance meets them.

| name | what it imitates |
|---|---|
| slow | every operation takes `seconds` |
| read-only | the mount lost its write permission (EROFS) |
| full | no space left (ENOSPC) when a file is opened for writing; removing works |
| permission | the role may not (EACCES) |
| missing | the mount is gone (ENOENT) |
| error-at-close | the upload fails, and a mount says so at close only (EIO) |
| corrupt | what is read has other bytes in its middle |
| truncated | what is read ends half-way |
| stale | listings do not show what came after the fault began |
| gone | listings still show what is gone: `names` by folder |
| remembers | what a path was found to be (missing, or of a size) is believed for 60 s |
| kill | the process dies at operation number `at` |
| trace | nothing goes wrong; every operation is reported, reads and listings too |

The operations of one run of a handler are counted from 1. Each fault is met by operation number `at` and all later
ones, or with `only` by that one alone; by all of them without. A `slow` that is `paced` takes its seconds on the
instance's clock.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local import runner_upload

_WRITES = frozenset({"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "write"})
_READS = frozenset({"os.listdir", "os.scandir", "read"})
_CODES = {"permission": errno.EACCES, "missing": errno.ENOENT}
_WRITE_CODES = {"read-only": (errno.EROFS, _WRITES), "full": (errno.ENOSPC, frozenset({"os.mkdir", "write"}))}
_real_open = io.open
_real_listdir = os.listdir
_real_scandir = os.scandir
_real_sleep = time.sleep

REMEMBERED_SECONDS = 60.0
"""How long a mount may believe what it knows of a path: read in the code of https://github.com/aliyun/ossfs ."""

Report = Callable[[str, str, int], None]
"""(operation, path within the mount, the operation's number)."""


class Disk:
    """The file layer below `mount`: files as `runner_upload` keeps them, and the faults that are set."""

    def __init__(self, mount: str) -> None:
        self._mount = os.path.join(os.path.abspath(mount), "")
        self._faults: list[Mapping[str, Any]] = []
        self._hooked = False
        self._report: Report | None = None
        self._operations = 0
        self._here = threading.local()
        self._remembered: dict[str, tuple[float, int | None]] = {}
        self._replace()

    def watch(self, report: Report) -> None:
        """Call `report` for every change and "saved" file."""
        self._report = report
        self._hook()

    def set_faults(self, faults: list[Mapping[str, Any]]) -> None:
        """Replace the faults; operations are counted from here."""
        self._faults = faults
        self._operations = 0
        if faults:
            self._hook()

    def _hook(self) -> None:
        if not self._hooked:
            self._hooked = True
            sys.addaudithook(self._audit)

    def _replace(self) -> None:
        builtins.open = io.open = self._open
        os.listdir = self._listdir
        os.scandir = self._scandir
        accessor = getattr(__import__("pathlib"), "_NormalAccessor", None)  # Python 3.10 keeps its own references
        if accessor is not None:
            accessor.open = staticmethod(self._open)
            accessor.listdir = staticmethod(self._listdir)
            accessor.scandir = staticmethod(self._scandir)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not (event == "open" or event in _WRITES or event in _READS) or getattr(self._here, "uploading", False):
            return
        operation = event
        if event == "open":
            flags = arguments[2] if isinstance(arguments[2], int) else 0
            operation = "write" if flags & (os.O_WRONLY | os.O_RDWR) else "read"
        for path in arguments[:2] if event == "os.rename" else arguments[:1]:
            if self._below(path):
                self._meet(operation, os.fsdecode(path))
                if self._report is not None and operation in _WRITES:
                    self._report(operation, self._within(path), self._number)

    def _within(self, path: Any) -> str:
        return os.path.relpath(os.fsdecode(path), self._mount)

    @property
    def _number(self) -> int:
        """The number of the operation that this thread is at."""
        return getattr(self._here, "number", 0)

    def _below(self, path: object) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.join(os.path.abspath(os.fsdecode(path)), "").startswith(self._mount)

    def _meet(self, operation: str, path: str) -> None:
        self._operations += 1
        self._here.number = self._operations
        for fault in self._matching(path):
            name = fault["name"]
            if name == "slow":
                (time.sleep if fault.get("paced") else _real_sleep)(fault.get("seconds", 0.2))
            elif name == "kill":
                os._exit(137)
            elif name == "trace" and self._report is not None and operation in _READS:
                self._report(operation, self._within(path), self._number)
            code = _CODES.get(name)
            if name in _WRITE_CODES and operation in _WRITE_CODES[name][1]:
                code = _WRITE_CODES[name][0]
            if name == "remembers" and self._believed_missing(operation, path):
                code = errno.ENOENT
            if code is not None:
                raise OSError(code, os.strerror(code), path)

    def _matching(self, path: object, name: str = "") -> Iterator[Mapping[str, Any]]:
        if isinstance(path, (str, bytes, os.PathLike)) and self._below(path):
            for fault in self._faults:
                if fault.get("match", "") in os.fsdecode(path) and name in ("", fault["name"]) and self._due(fault):
                    yield fault

    def _due(self, fault: Mapping[str, Any]) -> bool:
        at = fault.get("at", 1)
        return bool(self._number == at if fault.get("only") else self._number >= at)

    def _believed_missing(self, operation: str, path: str) -> bool:
        if operation in _WRITES:
            self._remembered.pop(path, None)  # its own changes a mount does know
            return False
        until, size = self._remembered.get(path, (0.0, None))
        return size is None and time.time() < until

    def _remember(self, path: Any, size: int | None) -> int | None:
        """Remember the size of a file, None for a path that is missing; returns what is believed of it."""
        if not any(fault["name"] == "remembers" for fault in self._faults):
            return size
        until, known = self._remembered.get(os.fsdecode(path), (0.0, None))
        if time.time() < until:
            return known
        self._remembered[os.fsdecode(path)] = (time.time() + REMEMBERED_SECONDS, size)
        return size

    def _open(self, file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        writing = any(letter in mode for letter in "wax+")
        try:
            if runner_upload.whole(mode) and self._below(file):
                return runner_upload.opened(os.fsdecode(file), mode, self._uploading, *rest, **named)
            opened = _real_open(file, mode, *rest, **named)
        except FileNotFoundError:
            if self._below(file):
                self._remember(file, None)
            raise
        if not writing:
            return self._as_read(file, opened)
        if any(self._matching(file, "error-at-close")):
            _fail_at_close(opened, os.fsdecode(file))
        elif self._report is not None and self._below(file):
            self._report_close(opened, os.fsdecode(file), self._report)
        return opened

    def _uploading(self, path: str) -> Callable[[bytes], None]:
        """How the file that this thread has just opened for writing gets into the bucket."""
        number = self._number
        fails = any(self._matching(path, "error-at-close"))

        def upload(content: bytes) -> None:
            self._here.uploading = True
            try:
                runner_upload.put(path, b"" if fails else content, self._mount)
            finally:
                self._here.uploading = False
            if fails:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            if self._report is not None:
                self._report("saved", self._within(path), number)

        return upload

    def _as_read(self, file: Any, opened: Any) -> Any:
        """The file as opened, or what a fault makes of its content."""
        if not any(self._matching(file)):
            return opened
        raw = opened.buffer if hasattr(opened, "buffer") else opened
        data = raw.read()
        believed = self._remember(file, len(data))
        if any(self._matching(file, "remembers")):
            data = data[:believed]
        if any(self._matching(file, "corrupt")):
            data = data[: len(data) // 2] + b"\x00\xff{" + data[len(data) // 2 + 3 :]
        if any(self._matching(file, "truncated")):
            data = data[: len(data) // 2]
        opened.close()
        if raw is opened:
            return io.BytesIO(data)
        return io.TextIOWrapper(io.BytesIO(data), encoding=opened.encoding, errors=opened.errors)

    def _report_close(self, opened: Any, path: str, report: Report) -> None:
        real_close, number = opened.close, self._number

        def close() -> None:
            if not opened.closed:
                real_close()
                report("saved", self._within(path), number)

        opened.close = close

    def _hidden(self, path: Any) -> Callable[[str], bool]:
        since = [float(fault["since"]) for fault in self._matching(path, "stale")]

        def hidden(name: str) -> bool:
            try:
                return bool(since) and os.lstat(os.path.join(os.fsdecode(path), name)).st_mtime >= min(since)
            except OSError:
                return False

        return hidden

    def _listdir(self, path: Any = ".") -> list[Any]:
        try:
            names = _real_listdir(path)
        except FileNotFoundError:
            if self._below(path):
                self._remember(path, None)
            raise
        hidden = self._hidden(path)
        for fault in self._matching(path, "gone"):
            names += [name for name in fault["names"].get(self._within(path), []) if name not in names]
        return [name for name in names if not hidden(name)]

    def _scandir(self, path: Any = ".") -> Any:
        entries = _real_scandir(path)
        return _Listing(entries, self._hidden(path)) if any(self._matching(path, "stale")) else entries


class _Listing:
    """What `os.scandir` returns: an iterator and a context manager at once."""

    def __init__(self, entries: Any, hidden: Callable[[str], bool]) -> None:
        self._entries = entries
        self._hidden = hidden

    def __iter__(self) -> _Listing:
        return self  # not the entries: whoever iterates must keep the directory open

    def __next__(self) -> os.DirEntry[str]:
        while True:
            entry: os.DirEntry[str] = next(self._entries)
            if not self._hidden(entry.name):
                return entry

    def __enter__(self) -> _Listing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the directory."""
        self._entries.close()


def _fail_at_close(opened: Any, path: str) -> None:
    """Make `opened.close()` fail the way an upload at close does: what was written is lost."""
    real_close = opened.close

    def close() -> None:
        if opened.closed:
            return
        real_close()
        with _real_open(path, "wb"):
            pass
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    opened.close = close
