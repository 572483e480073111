"""Files on the mounted bucket: the only place that touches them.

An OSS mount has no locks, no atomic create or rename and may remember for a minute that a path does not exist. So every
file is written once under a new name, nothing is found by testing a path, and write errors are looked for at close.
Behaviour read in https://github.com/aliyun/ossfs .
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.errors import StoreUnavailable

LONGEST_PART = 120
"""Characters of one encoded path part; longer ones end in a hash (file systems allow 255 bytes)."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that are read at most: no file of ours is larger, and an instance has little memory."""

AT_ONCE = 16
"""Accesses at the same time: each takes tens of milliseconds on a mounted bucket, and hardly any work."""

Result = TypeVar("Result")

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def path_part(text: str) -> str:
    """`text` as one path part: reversible where it is short, never empty, never able to leave its folder."""
    beginning = text[: LONGEST_PART + 1]  # no character gets shorter: more of it would be cut off
    encoded = "".join(c if c in _PLAIN else "".join(f"={b:02x}" for b in _bytes(c)) for c in beginning) or "="
    if len(encoded) <= LONGEST_PART:
        return encoded
    return f"{encoded[: LONGEST_PART - 42]}=~{hashlib.sha256(_bytes(text)).hexdigest()[:40]}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def part_text(part: str) -> str:
    """What `path_part` was given, as far as its result tells: of a long text the part itself."""
    if "=~" in part:
        return part
    pieces = (part if part != "=" else "").split("=")
    encoded = pieces[0].encode() + b"".join(bytes.fromhex(piece[:2]) + piece[2:].encode() for piece in pieces[1:])
    return encoded.decode("utf-8", "replace")


def at_once(work: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results in order, AT_ONCE pieces of work at the same time; the first failure is raised when all are over."""
    results: dict[int, Result] = {}
    failures: dict[int, BaseException] = {}
    left = iter(range(len(work)))
    taking = threading.Lock()

    def take() -> None:
        while True:
            with taking:
                number = next(left, None)
            if number is None:
                return
            try:
                results[number] = work[number]()
            except BaseException as failure:  # noqa: BLE001 - raised below, where somebody can act
                failures[number] = failure

    threads = [threading.Thread(target=take, daemon=True) for _ in range(min(AT_ONCE, len(work)) - 1)]
    for thread in threads:
        thread.start()
    take()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in range(len(work))]


class Bucket:
    """A mounted bucket. Every method raises StoreUnavailable when the mount does not do what it should."""

    def __init__(self, mount: str) -> None:
        self._mount = mount

    def names(self, folder: Sequence[str]) -> list[str]:
        """The names in a folder, sorted; a missing folder is made, so that no "does not exist" is remembered."""
        path = self._path(folder)
        try:
            return sorted(os.listdir(path))
        except FileNotFoundError:
            pass
        except OSError as problem:
            raise StoreUnavailable("listing a folder", _reason(problem)) from None
        try:
            os.makedirs(path, exist_ok=True)
            return sorted(os.listdir(path))
        except OSError as problem:
            raise StoreUnavailable("making a folder", _reason(problem)) from None

    def kept(self, folder: Sequence[str]) -> list[str]:
        """The names in a folder that nobody makes any more; none where it is missing, or a file of somebody else."""
        try:
            return sorted(os.listdir(self._path(folder)))
        except FileNotFoundError:
            return []
        except OSError as problem:
            if isinstance(problem, NotADirectoryError) and os.path.isdir(self._mount):
                return []
            raise StoreUnavailable("listing a folder", _reason(problem)) from None

    def read(self, folder: Sequence[str], name: str) -> bytes | None:
        """The content of a file, at most LARGEST bytes and one; None when it is gone."""
        try:
            with open(self._path(folder, name), "rb") as file:
                return file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise StoreUnavailable("reading a file", _reason(problem)) from None

    def write_new(self, folder: Sequence[str], name: str, content: bytes) -> None:
        """Write a file that does not exist yet; when this returns, it is saved."""
        try:
            self._write(folder, name, content)
        except FileNotFoundError:
            try:
                os.makedirs(self._path(folder), exist_ok=True)
                self._write(folder, name, content)
            except OSError as problem:
                raise StoreUnavailable("writing a file", _reason(problem)) from None
        except OSError as problem:
            raise StoreUnavailable("writing a file", _reason(problem)) from None

    def remove(self, folder: Sequence[str], name: str) -> None:
        """Remove a file; one that is gone already is fine."""
        try:
            os.remove(self._path(folder, name))
        except FileNotFoundError:
            return
        except OSError as problem:
            raise StoreUnavailable("removing a file", _reason(problem)) from None

    def rename(self, folder: Sequence[str], name: str, new: str) -> None:
        """Give a file a new name that does not exist yet; one that is gone already is fine.

        A mount copies and removes: whoever dies in between leaves both.
        """
        try:
            os.rename(self._path(folder, name), self._path(folder, new))
        except FileNotFoundError:
            return
        except OSError as problem:
            raise StoreUnavailable("renaming a file", _reason(problem)) from None

    def _write(self, folder: Sequence[str], name: str, content: bytes) -> None:
        # Closing is part of writing: an OSS mount uploads, and fails, at close.
        with open(self._path(folder, name), "wb") as file:
            file.write(content)

    def _path(self, folder: Sequence[str], name: str = "") -> str:
        return os.path.join(self._mount, *folder, name)


def _reason(problem: OSError) -> str:
    return problem.strerror or type(problem).__name__
