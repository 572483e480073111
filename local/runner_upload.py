"""Files as an OSS mount keeps them: what is written is in the bucket when the file is closed, whole, and not before.

A process that dies before it closes a file leaves nothing of it. Of a file that is written anew, readers see an empty
one meanwhile. Read in the code of https://github.com/aliyun/ossfs .
"""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import stat
import sys
from collections.abc import Callable
from typing import Any

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_real_open, _real_replace, _real_unlink = io.open, os.replace, os.unlink
_numbers = itertools.count()


def whole(mode: str) -> bool:
    """Whether a file that is opened so is written from its beginning; others are written in place."""
    return "w" in mode or "x" in mode


def opened(
    path: str,
    mode: str,
    begin: Callable[[str], Callable[[bytes], None]],
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    *_: object,
    **__: object,
) -> Any:
    """What `open` returns for a path on the mount. Raises as `open` does.

    `begin(path)` returns what closing the file calls with its content.
    """
    if "b" in mode and (encoding or errors or newline):
        raise ValueError("binary mode doesn't take an encoding, errors or newline argument")
    sys.audit("open", path, mode, _FLAGS | (os.O_EXCL if "x" in mode else 0))
    _check(path, exclusive="x" in mode)
    upload = _Upload(path, mode, begin(path))
    if "b" in mode:
        return upload
    return io.TextIOWrapper(upload, encoding or "locale", errors, newline, line_buffering=buffering == 1)


def put(path: str, content: bytes, mount: str) -> None:
    """Make `path` this content at once. Raises OSError."""
    beside = f"{mount.rstrip(os.sep)}.upload-{os.getpid()}-{next(_numbers)}"
    try:
        with _real_open(beside, "xb") as file:
            file.write(content)
        _real_replace(beside, path)
    except OSError:  # the folder beside the mount is none of ours, or the path is gone meanwhile: that is told here
        with contextlib.suppress(OSError):
            _real_unlink(beside)
        with _real_open(path, "wb") as file:
            file.write(content)


def _check(path: str, *, exclusive: bool) -> None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder):
            raise
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path) from None
        return
    if exclusive:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    if found.st_size:
        with _real_open(path, "wb"):
            pass


class _Upload(io.BytesIO):
    """A file on its way into the bucket."""

    mode = "wb"

    def __init__(self, path: str, mode: str, put: Callable[[bytes], None]) -> None:
        super().__init__()
        self.name, self.mode = path, mode
        self._put = put

    def readable(self) -> bool:
        """Only where it was asked for."""
        return "+" in self.mode

    def close(self) -> None:
        """Upload. Raises OSError."""
        if self.closed:
            return
        content = self.getvalue()
        super().close()
        self._put(content)
