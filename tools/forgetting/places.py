"""Where things are stored: a folder (a mount, the local cloud's bucket), or a bucket of OSS by its own interface."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import oss2

from forgetting import ForgetError

CONNECT_S = 10
MOST_AT_ONCE = 1000
"""Keys of one listing: OSS's own limit."""

_REGION = re.compile(r"(?:https?://)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com/?")


class Place(Protocol):
    """Stored things by their keys, which are paths with slashes. Every method raises ForgetError."""

    def keys(self, below: str) -> list[str]:
        """The keys that begin with `below`; that of a folder ends with a slash and comes after what is in it."""
        ...

    def read(self, key: str) -> bytes | None:
        """The content; None when it is gone."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Write, over what is there."""
        ...

    def remove(self, key: str) -> None:
        """Remove; what is gone already is fine, and so is a folder that is not empty."""
        ...


class Folder:
    """Files below a folder."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise ForgetError(f"{root} is no folder; wanted the mounted bucket, or that of the local cloud")
        self._root = root

    def keys(self, below: str) -> list[str]:
        """See Place."""
        with _told(below):
            found = list(self._walk(self._root / below))
        return sorted(found, key=lambda key: (key.endswith("/"), -key.count("/"), key))

    def _walk(self, folder: Path) -> Iterator[str]:
        for path in folder.rglob("*"):
            key = path.relative_to(self._root).as_posix()
            yield f"{key}/" if path.is_dir() else key

    def read(self, key: str) -> bytes | None:
        """See Place."""
        with _told(key):
            try:
                return (self._root / key).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, key: str, content: bytes) -> None:
        """See Place."""
        with _told(key):
            (self._root / key).write_bytes(content)

    def remove(self, key: str) -> None:
        """See Place."""
        with _told(key):
            if key.endswith("/"):
                if not any((self._root / key).iterdir()):
                    (self._root / key).rmdir()
            else:
                (self._root / key).unlink(missing_ok=True)


class Objects:
    """Objects of a bucket. `endpoint` is its address, `key` an access key's id, secret and token ("" for none)."""

    def __init__(self, bucket: str, endpoint: str, region: str, key: tuple[str, str, str]) -> None:
        logging.getLogger("oss2").setLevel(logging.CRITICAL)  # it repeats every error on the error output
        provider = oss2.StaticCredentialsProvider(*key)
        self._name = f"{bucket} at {endpoint}"
        self._bucket: Any = oss2.Bucket(
            oss2.ProviderAuthV4(provider), endpoint, bucket, region=region, connect_timeout=CONNECT_S
        )

    def keys(self, below: str) -> list[str]:
        """See Place."""
        found: list[str] = self._asked(
            lambda: [found.key for found in oss2.ObjectIterator(self._bucket, prefix=below, max_keys=MOST_AT_ONCE)]
        )
        return sorted(found, key=lambda key: (key.endswith("/"), -key.count("/"), key))

    def read(self, key: str) -> bytes | None:
        """See Place."""
        try:
            content: bytes = self._asked(lambda: self._bucket.get_object(key).read())
        except KeyError:
            return None
        return content

    def write(self, key: str, content: bytes) -> None:
        """See Place."""
        self._asked(lambda: self._bucket.put_object(key, content))

    def remove(self, key: str) -> None:
        """See Place."""
        self._asked(lambda: self._bucket.delete_object(key))

    def _asked(self, work: Callable[[], Any]) -> Any:
        """What OSS answers; raises KeyError where there is no such object."""
        try:
            return work()
        except oss2.exceptions.NoSuchKey:
            raise KeyError from None
        except (oss2.exceptions.OssError, oss2.exceptions.ClientError, ValueError) as reason:
            found = str(getattr(reason, "code", "") or type(reason).__name__)[:80]
            wanted = "a bucket that this key may list, read, write and delete in"
            remedy = "check OSS_BUCKET, REGION and ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET"
            raise ForgetError(f"{self._name} answered {found}; wanted {wanted}; {remedy}") from None


def region_of(endpoint: str) -> str:
    """The region in an endpoint of Alibaba Cloud, "" where it names none."""
    match = _REGION.fullmatch(endpoint)
    return match[1] if match else ""


@contextmanager
def _told(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as reason:
        why = os.strerror(reason.errno) if reason.errno else type(reason).__name__
        raise ForgetError(f"{key} cannot be read or changed ({why}); mend that and run it again") from None
