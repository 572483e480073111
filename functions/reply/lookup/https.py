"""Reading a document over HTTPS from a server that somebody else has named, or has redirected to."""

from __future__ import annotations

import io
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urljoin, urlsplit

from reply.lookup.connection import Deadline, Network, connected
from reply.lookup.names import HTTPS_PORT, Target, ascii_name
from shared.errors import LookupFailed, LookupFailure

MOST_REDIRECTS = 3
LONGEST_ADDRESS = 2000
LARGEST = 256 * 1024
"""Bytes read of one response, headers included."""


@dataclass(frozen=True)
class Fetched:
    """A response that is no redirect."""

    status: int
    body: bytes


def fetch(url: str, accept: str, network: Network, context: ssl.SSLContext, deadline: Deadline) -> Fetched:
    """GET a document; at most three redirects are followed, each checked like the first. Raises LookupFailed."""
    location = url
    for _ in range(MOST_REDIRECTS + 1):
        url, target, path = _parted(url, location)
        found, location = _get(target, path, accept, network, context, deadline)
        if found.status not in (301, 302, 303, 307, 308):
            return found
    raise LookupFailed(LookupFailure.UNREADABLE, f"more than {MOST_REDIRECTS} redirects")


def _parted(base: str, location: str) -> tuple[str, Target, str]:
    if len(location) > LONGEST_ADDRESS:
        raise LookupFailed(LookupFailure.UNREADABLE, f"an address of {len(location)} characters")
    try:
        url = urljoin(base, location)
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.username is not None:
            raise ValueError("wanted https without a user")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or not path.isprintable() or " " in path:
            raise ValueError("wanted a plain path")
        return url, Target(ascii_name(parts.hostname or ""), parts.port or HTTPS_PORT), path
    except ValueError as problem:
        raise LookupFailed(LookupFailure.UNREADABLE, f"address {location[:80]!r}: {problem}") from None


def _get(
    target: Target, path: str, accept: str, network: Network, context: ssl.SSLContext, deadline: Deadline
) -> tuple[Fetched, str]:
    host = target.host if target.port == HTTPS_PORT else f"{target.host}:{target.port}"
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\nAccept-Encoding: identity\r\n"
        "User-Agent: dingtalk-chatgpt-fc\r\nConnection: close\r\n\r\n"
    )
    plain = connected(target.host, target.port, network, deadline)
    try:
        plain.settimeout(deadline.left())
        with plain, context.wrap_socket(plain, server_hostname=target.host) as secure:
            secure.settimeout(deadline.left())
            secure.sendall(request.encode("ascii"))
            return _response(secure, deadline)
    except TimeoutError:
        raise LookupFailed(LookupFailure.TIMEOUT, target.host) from None
    except HTTPException as problem:
        raise LookupFailed(LookupFailure.UNREADABLE, f"{target.host}: {type(problem).__name__}") from None
    except OSError as problem:
        raise LookupFailed(LookupFailure.UNREACHABLE, f"{target.host}: {problem}") from None


def _response(secure: socket.socket, deadline: Deadline) -> tuple[Fetched, str]:
    # http.client wants a socket for nothing but its `makefile`.
    with HTTPResponse(_Limited(secure, deadline), method="GET") as response:  # type: ignore[arg-type]  # see above
        response.begin()
        return Fetched(response.status, response.read()), response.headers.get("Location", "")


class _Limited(io.RawIOBase):
    """What comes through a socket, up to `LARGEST` bytes and a deadline: neither many nor slow bytes hold it longer."""

    def __init__(self, source: socket.socket, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline
        self._left = LARGEST

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        """Read what has come. Raises LookupFailed at either limit."""
        self._source.settimeout(self._deadline.left())
        count = self._source.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise LookupFailed(LookupFailure.UNREADABLE, f"more than {LARGEST} bytes")
        return count
