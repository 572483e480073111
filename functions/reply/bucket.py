"""Files on the mounted bucket: the only place that touches them.

An OSS mount has no locks, no atomic create or rename and may remember for a minute that a path does not exist. So every
file is written once under a new name, nothing is found by testing a path, and write errors are looked for at close.
Behaviour read in https://github.com/aliyun/ossfs .
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from shared.errors import StoreUnavailable

LONGEST_PART = 120
"""Characters of one encoded path part; longer ones end in a hash (file systems allow 255 bytes)."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that are read at most: no file of ours is larger, and an instance has little memory."""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def path_part(text: str) -> str:
    """`text` as one path part: reversible where it is short, never empty, never able to leave its folder."""
    encoded = "".join(c if c in _PLAIN else "".join(f"={b:02x}" for b in _bytes(c)) for c in text) or "="
    if len(encoded) <= LONGEST_PART:
        return encoded
    return f"{encoded[: LONGEST_PART - 42]}=~{hashlib.sha256(_bytes(text)).hexdigest()[:40]}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


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
