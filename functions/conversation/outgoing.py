"""One outgoing HTTP request that never takes longer than it may, and always says whether it can have arrived."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.errors import BotError

if TYPE_CHECKING:
    import socket

ERROR_BODY_LIMIT = 4096
"""Bytes of an error's body that are read to find its code."""

_REQUEST_ID = re.compile(r"[!-~]{1,100}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class Post:
    """A POST to make. `target` is the encoded path with its query."""

    secure: bool
    authority: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """What came back: the status, FC's request id, and the error code in the body where there is one."""

    status: int
    request_id: str = ""
    code: str = ""


class NotSent(BotError):
    """No connection came about: the request certainly did not arrive."""


class Unanswered(BotError):
    """The request was sent, or partly, and no status came back: it may have arrived."""


Send = Callable[[Post, float], Reply]
"""Make the request within that many seconds. Raises NotSent or Unanswered, and nothing else."""


def send(post: Post, seconds: float) -> Reply:
    """Make the request within `seconds`, name resolution and a trickling answer included.

    The exchange has a thread of its own because neither of those two heeds a socket's time-out. Proxy variables are
    not looked at. Raises NotSent or Unanswered.
    """
    exchange = _Exchange(post, seconds)
    threading.Thread(target=exchange.run, daemon=True).start()
    return exchange.conclude(seconds)


class _Exchange:
    """One request in progress. Once it was given up, the thread that is left behind sends nothing any more."""

    def __init__(self, post: Post, seconds: float) -> None:
        self._post = post
        self._seconds = seconds
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._sent = self._given_up = False
        self._reply: Reply | None = None
        self._problem = "time ran out"

    def run(self) -> None:
        try:
            self._talk()
        except OSError as problem:
            self._problem = f"{type(problem).__name__}: {problem}"
        except ValueError as problem:
            # An impossible host name or header: nothing was sent, and nothing of it may be quoted, perhaps a token.
            self._problem = f"{type(problem).__name__} in the request's host or headers"
        finally:
            self._done.set()

    def conclude(self, seconds: float) -> Reply:
        self._done.wait(seconds)
        with self._lock:
            self._given_up = True
        if self._reply is not None:
            return self._reply
        raise (Unanswered if self._sent else NotSent)(self._problem)

    def _talk(self) -> None:
        # Imported only to hand a message over: what is refused or answered at once needs no sockets.
        from conversation import http1

        post = self._post
        request = http1.written(post.authority, post.target, post.headers, post.body)
        with http1.connected(post.authority, post.secure, self._seconds) as connection:
            if self._may_send():
                connection.sendall(request)
                self._read(connection)

    def _may_send(self) -> bool:
        with self._lock:
            self._sent = not self._given_up
            return self._sent

    def _read(self, connection: socket.socket) -> None:
        from conversation import http1

        head = http1.read_head(connection)
        request_id = _REQUEST_ID.fullmatch(head.headers.get("x-fc-request-id", ""))
        self._reply = Reply(head.status, request_id[0] if request_id else "")
        if head.status >= 400:
            self._reply = replace(self._reply, code=_error_code(http1.read_body(connection, head, ERROR_BODY_LIMIT)))


def _error_code(body: bytes) -> str:
    """FC's error code (`Code` in 3.0, `ErrorCode` in 2.0); the message beside it may quote what was sent."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for name in ("Code", "ErrorCode"):
        code = data.get(name) if isinstance(data, dict) else None
        if isinstance(code, str) and _CODE.fullmatch(code):
            return code
    return ""
