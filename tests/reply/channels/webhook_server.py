"""A scripted session webhook on loopback: what it is posted, and what it does about it."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

Misbehaviour = Literal["reset before reading", "reset after reading", "close after reading", "hang"]


@dataclass(frozen=True)
class Reply:
    """One response. `before` is called before it, and `between` before the last byte of its body is sent."""

    status: int = 200
    body: bytes = b'{"errcode":0,"errmsg":"ok"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    before: Callable[[], object] = lambda: None
    between: Callable[[], object] | None = None


def result(code: object) -> Reply:
    return Reply(body=json.dumps({"errcode": code, "errmsg": "said so"}).encode())


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @property
    def text(self) -> str:
        body = self.body
        return str(body["markdown"]["text"] if body["msgtype"] == "markdown" else body["text"]["content"])


class WebhookServer:
    """Acts the script once, then accepts everything. Every connection is closed after one response, or kept."""

    def __init__(self, *script: Reply | Misbehaviour, keep: bool = False, port: int = 0) -> None:
        self.script: list[Reply | Misbehaviour] = list(script)
        self.posted: list[Posted] = []
        self.connections = 0
        self._keep = keep
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> WebhookServer:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while self._answer(connection):
                pass

    def _answer(self, connection: socket.socket) -> bool:
        """Act on one request; whether the connection goes on."""
        if self.script and self.script[0] == "reset before reading":
            self.script.pop(0)
            connection.recv(1)
            _reset(connection)
            return False
        request = _read(connection)
        if request is None:
            return False
        self.posted.append(request)
        act = self.script.pop(0) if self.script else Reply()
        if isinstance(act, Reply):
            self._send(connection, act)
            return self._keep
        if act == "hang":
            self._over.wait()
        if act == "reset after reading":
            _reset(connection)
        return False

    def _send(self, connection: socket.socket, reply: Reply) -> None:
        reply.before()
        headers = {
            "Content-Length": str(len(reply.body) if reply.length is None else reply.length),
            "Connection": "keep-alive" if self._keep else "close",
            **reply.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"HTTP/1.1 {reply.status} Said\r\n{head}\r\n".encode())
        if reply.between is None:
            connection.sendall(reply.body)
        else:
            connection.sendall(reply.body[:-1])
            reply.between()
            connection.sendall(reply.body[-1:])


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _read(connection: socket.socket) -> Posted | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece or piece.startswith(b"\x16"):
            return None  # gone, or TLS
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return Posted(first.split(" ")[1], headers, body)
