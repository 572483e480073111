"""Faults of the mounted bucket, as a function instance meets them.

| name | what it imitates |
|---|---|
| slow | every operation takes `seconds` |
| read-only | the mount lost its write permission (EROFS) |
| full | no space left (ENOSPC) when a file is opened for writing |
| permission | the role may not (EACCES) |
| missing | the mount is gone (ENOENT) |
| error-at-close | the upload fails, and a mount says so at close only (EIO) |
| corrupt | what is read has other bytes in its middle |
| stale | listings do not show what came after the fault began |
| kill | the process dies at operation number `at` |
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_WRITES = frozenset({"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "write"})
_READS = frozenset({"os.listdir", "os.scandir", "read"})
_CODES = {"permission": errno.EACCES, "missing": errno.ENOENT}
_WRITE_CODES = {"read-only": errno.EROFS, "full": errno.ENOSPC}
_real_open = io.open
_real_listdir = os.listdir
_real_scandir = os.scandir
_real_sleep = time.sleep


class Disk:
    """The file layer below `mount`; free of cost until the first fault is set."""

    def __init__(self, mount: str) -> None:
        self._mount = os.path.join(os.path.abspath(mount), "")
        self._faults: list[Mapping[str, Any]] = []
        self._hooked = self._replaced = False
        self._report: Callable[[str, str], None] | None = None
        self._operations = 0

    def watch(self, report: Callable[[str, str], None]) -> None:
        """Call `report(operation, path)` for every change and "saved" file, with the path within the mount."""
        self._report = report
        self._hook()
        self._replace()

    def set_faults(self, faults: list[Mapping[str, Any]]) -> None:
        """Replace the faults; operations are counted from here."""
        self._faults = faults
        self._operations = 0
        if faults:
            self._hook()
            self._replace()

    def _hook(self) -> None:
        if not self._hooked:
            self._hooked = True
            sys.addaudithook(self._audit)

    def _replace(self) -> None:
        if self._replaced:
            return
        self._replaced = True
        builtins.open = io.open = self._open
        os.listdir = self._listdir
        os.scandir = self._scandir
        accessor = getattr(__import__("pathlib"), "_NormalAccessor", None)  # Python 3.10 keeps its own references
        if accessor is not None:
            accessor.open = staticmethod(self._open)
            accessor.listdir = staticmethod(self._listdir)
            accessor.scandir = staticmethod(self._scandir)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not (event == "open" or event in _WRITES or event in _READS):
            return
        operation = event
        if event == "open":
            flags = arguments[2] if isinstance(arguments[2], int) else 0
            operation = "write" if flags & (os.O_WRONLY | os.O_RDWR) else "read"
        for path in arguments[:2] if event == "os.rename" else arguments[:1]:
            if self._below(path):
                self._meet(operation, os.fsdecode(path))
                if self._report is not None and operation in _WRITES:
                    self._report(operation, os.path.relpath(os.fsdecode(path), self._mount))

    def _below(self, path: object) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.join(os.path.abspath(os.fsdecode(path)), "").startswith(self._mount)

    def _meet(self, operation: str, path: str) -> None:
        self._operations += 1
        for fault in self._matching(path):
            name = fault["name"]
            if name == "slow":
                _real_sleep(fault.get("seconds", 0.2))
            elif name == "kill" and self._operations >= fault.get("at", 1):
                os._exit(137)
            code = _CODES.get(name) or (_WRITE_CODES.get(name) if operation in _WRITES else None)
            if code is not None:
                raise OSError(code, os.strerror(code), path)

    def _matching(self, path: object, name: str = "") -> Iterator[Mapping[str, Any]]:
        if isinstance(path, (str, bytes, os.PathLike)) and self._below(path):
            for fault in self._faults:
                if fault.get("match", "") in os.fsdecode(path) and name in ("", fault["name"]):
                    yield fault

    def _open(self, file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        writing = any(letter in mode for letter in "wax+")
        if not writing and any(self._matching(file, "corrupt")):
            return _corrupted(file, mode, *rest, **named)
        opened = _real_open(file, mode, *rest, **named)
        if writing and any(self._matching(file, "error-at-close")):
            _fail_at_close(opened, os.fsdecode(file))
        elif writing and self._report is not None and self._below(file):
            self._report_close(opened, os.fsdecode(file), self._report)
        return opened

    def _report_close(self, opened: Any, path: str, report: Callable[[str, str], None]) -> None:
        real_close = opened.close

        def close() -> None:
            if not opened.closed:
                real_close()
                report("saved", os.path.relpath(path, self._mount))

        opened.close = close

    def _hidden(self, path: object) -> Callable[[os.DirEntry[str]], bool]:
        since = [float(fault["since"]) for fault in self._matching(path, "stale")]

        def hidden(entry: os.DirEntry[str]) -> bool:
            try:
                return bool(since) and entry.stat(follow_symlinks=False).st_mtime >= min(since)
            except OSError:
                return False

        return hidden

    def _listdir(self, path: Any = ".") -> list[Any]:
        names = _real_listdir(path)
        if not any(self._matching(path, "stale")):
            return names
        with self._scandir(path) as entries:
            return [entry.name for entry in entries]

    @contextmanager
    def _entries(self, path: Any) -> Iterator[Iterator[os.DirEntry[str]]]:
        hidden = self._hidden(path)
        with _real_scandir(path) as entries:
            yield (entry for entry in entries if not hidden(entry))

    def _scandir(self, path: Any = ".") -> Any:
        return _Listing(self._entries(path)) if any(self._matching(path, "stale")) else _real_scandir(path)


class _Listing:
    """What `os.scandir` returns: an iterator and a context manager at once."""

    def __init__(self, entries: Any) -> None:
        self._context = entries
        self._entries: Iterator[os.DirEntry[str]] = entries.__enter__()

    def __iter__(self) -> _Listing:
        return self  # not the entries: whoever iterates must keep the directory open

    def __next__(self) -> os.DirEntry[str]:
        return next(self._entries)

    def __enter__(self) -> _Listing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the directory."""
        self._context.__exit__(None, None, None)


def _corrupted(file: Any, mode: str, *rest: Any, **named: Any) -> Any:
    with _real_open(file, "rb") as source:
        data = source.read()
    data = data[: len(data) // 2] + b"\x00\xff{" + data[len(data) // 2 + 3 :]
    if "b" in mode:
        return io.BytesIO(data)
    encoding = named.get("encoding") or (rest[1] if len(rest) > 1 else None) or "utf-8"
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors=named.get("errors"))


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
