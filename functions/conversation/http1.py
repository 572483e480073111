"""The bytes of one HTTP/1.1 exchange: a POST, and the beginning of its answer (RFC 9110, RFC 9112).

Own lines instead of http.client: importing that, with the e-mail parser under it, takes longer than all else that
a cold acknowledgement does here. Redirects, proxies, cookies and kept connections are not in it on purpose. The tests
hold it to what http.client says about the same bytes.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import ssl

HEAD_LIMIT = 64 * 1024
"""Bytes that the status line and the headers may have."""

MOST_INTERIM = 10
"""Answers of the kind "100 Continue" that may come before the real one."""

_AUTHORITY = re.compile(r"([A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?")
_TARGET = re.compile(r"/[!-~]*")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9][0-9])(?:[ \t][^\r\n]*)?\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class NoAnswer(OSError):
    """The connection ended before a status, or what came is no HTTP."""


@dataclass(frozen=True)
class Head:
    """The status and the headers (names in lower case) of an answer; `rest` is what came of its body with them."""

    status: int
    headers: Mapping[str, str]
    rest: bytes


def written(authority: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST's bytes. Raises ValueError for what would not stay within its line; its text quotes nothing."""
    named = {"host": authority, **{name.lower(): value.strip() for name, value in headers.items()}}
    if not _TARGET.fullmatch(target) or _FRAMING & set(named):
        raise ValueError("the target is no path, or a header is set that belongs to the transport")
    if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in named.items()):
        raise ValueError("a header has a character that none may have")
    named |= {"accept-encoding": "identity", "content-length": str(len(body)), "connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def connected(authority: str, secure: bool, seconds: float) -> socket.socket:
    """A connection, with TLS and the server's name proved where `secure`. Raises OSError; ValueError for no host."""
    match = _AUTHORITY.fullmatch(authority)
    port = int(match[2] or (443 if secure else 80)) if match else 0
    if not match or not 0 < port < 65536:
        raise ValueError("no host and port")
    # Bytes, as getaddrinfo takes them too: for text, Python imports the tables of international names.
    host = match[1].encode("ascii")
    connection = socket.create_connection(cast(tuple[str, int], (host, port)), seconds)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _tls().wrap_socket(connection, server_hostname=host) if secure else connection
    except BaseException:
        connection.close()
        raise


def read_head(connection: socket.socket) -> Head:
    """Read until the headers of the final answer have come. Raises OSError, of it NoAnswer when there is none."""
    got = b""
    for _ in range(MOST_INTERIM):
        head = _next_head(connection, got)
        if head.status >= 200:
            return head
        got = head.rest
    raise NoAnswer("interim answers only")


def read_body(connection: socket.socket, head: Head, limit: int) -> bytes:
    """What comes of the body, up to `limit` bytes of it as sent. Raises OSError."""
    body, chunked = head.rest, head.headers.get("transfer-encoding", "").lower() == "chunked"
    length = head.headers.get("content-length", "")
    most = min(limit, int(length)) if re.fullmatch(r"[0-9]{1,9}", length) and not chunked else limit
    while len(body) < most and not (chunked and _joined(body)[1]):
        piece = connection.recv(most - len(body))
        if not piece:
            break
        body += piece
    return _joined(body)[0] if chunked else body[:most]


def _next_head(connection: socket.socket, got: bytes) -> Head:
    looked = 0
    while not (end := _HEAD_END.search(got, max(0, looked - 3))):
        looked = len(got)
        piece = connection.recv(HEAD_LIMIT)
        got += piece
        if not piece or len(got) > HEAD_LIMIT:
            break
    match = _STATUS.match(got)
    # A server that closes within the headers has still given its status.
    if not match or (not end and len(got) > HEAD_LIMIT):
        raise NoAnswer("the connection was closed without an answer" if not got else "what came back is no HTTP/1.1")
    lines = got[match.end() : end.start() if end else len(got)].decode("latin-1").split("\n")
    fields = (line.partition(":") for line in lines if ":" in line)
    headers: dict[str, str] = {}
    for name, _, value in fields:
        headers.setdefault(name.lower(), value.strip())
    return Head(int(match[1]), headers, got[end.end() :] if end else b"")


def _joined(body: bytes) -> tuple[bytes, bool]:
    """The content of chunks, as far as it has come, and whether that is all of it."""
    pieces: list[bytes] = []
    place = 0
    while match := _CHUNK.match(body, place):
        size = int(match[1], 16)
        if not size:
            return b"".join(pieces), True
        end = match.end() + size
        pieces.append(body[match.end() : end])
        if len(body) - end < 2:
            break
        place = end + (2 if body.startswith(b"\r\n", end) else 1)
    return b"".join(pieces), False


@cache
def _tls() -> ssl.SSLContext:
    """Made once per instance: reading the certificate authorities costs more than a handshake."""
    import ssl

    return ssl.create_default_context()
