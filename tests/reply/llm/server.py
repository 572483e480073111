"""A scripted HTTP server on loopback: raw bytes, pauses that a test ends, and what the client sent."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

PATIENCE = 60.0
"""Seconds after which a pause that nobody ended ends by itself: a broken test must not hang."""

Step = bytes | threading.Event | float | str
"""Bytes to send, a pause that the test ends, one of so many seconds, or one of the words below."""

CLOSE, RESET, KEEP, TRICKLE = "close", "reset", "keep", "trickle"
"""End the connection; break it; go on with the next request on it; send comments until the client is gone."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: Any
    connection: int

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("api-key", "")


@dataclass
class ScriptedServer:
    """Answers each request with the next script; the last one is repeated."""

    scripts: list[list[Step]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    socks: bool = False
    socks_targets: list[tuple[str, int]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    pauses: list[threading.Event] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> ScriptedServer:
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.scripted = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for pause in self.pauses:
            pause.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return cast(int, self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/v1"

    def pause(self) -> threading.Event:
        """A pause; ended by the test, or when the server closes."""
        self.pauses.append(threading.Event())
        return self.pauses[-1]

    def then(self, *steps: Step) -> ScriptedServer:
        """Add what the next request is answered with."""
        self.scripts.append(list(steps))
        return self

    def next_script(self) -> list[Step]:
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    allow_reuse_address = True
    scripted: ScriptedServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        scripted = cast(_Server, self.server).scripted
        scripted.connections += 1
        number = scripted.connections
        if scripted.socks:
            self._socks(scripted)
        while request := self._request(number):
            scripted.requests.append(request)
            try:
                if not self._play(scripted.next_script()):
                    return
            except OSError:
                scripted.gone.set()
                return

    def _play(self, steps: Iterable[Step]) -> bool:
        for step in steps:
            if isinstance(step, bytes):
                self.request.sendall(step)
            elif isinstance(step, threading.Event):
                step.wait(PATIENCE)
            elif isinstance(step, float):
                time.sleep(step)
            elif step == RESET:
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.request.close()
                return False
            elif step == TRICKLE:
                never = threading.Event()
                while not never.wait(0.01):
                    self.request.sendall(b": still thinking\n\n")
            elif step == KEEP:
                return True
        return False

    def _request(self, number: int) -> Request | None:
        try:
            line = self.rfile.readline().decode().strip()
            headers: dict[str, str] = {}
            while header := self.rfile.readline().decode().strip():
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", "0")))
        except (OSError, ValueError):
            return None
        if not line:
            return None
        return Request(line, headers, json.loads(body) if body else None, number)

    def _socks(self, scripted: ScriptedServer) -> None:
        """The SOCKS5 greeting and CONNECT of RFC 1928, for a name or an IPv4 address."""
        self.rfile.read(self.rfile.read(2)[1])
        self.request.sendall(b"\x05\x00")
        kind = self.rfile.read(4)[3]
        host = self.rfile.read(self.rfile.read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(self.rfile.read(4))
        scripted.socks_targets.append((host, int.from_bytes(self.rfile.read(2), "big")))
        self.request.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")


def response(status: int, body: bytes | str | object, **headers: str) -> bytes:
    """A whole response. An object is sent as JSON."""
    raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/json" if not isinstance(body, (str, bytes)) else "text/html"
    lines = {"content-type": kind, "content-length": str(len(raw)), "connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + raw


def refusal(status: int, message: str = "", code: object = None, param: str | None = None, **headers: str) -> bytes:
    """An error as OpenAI writes it."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return response(status, {"error": error}, **headers)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
"""The beginning of a stream that lasts as long as its connection."""

CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunked(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(data: object) -> bytes:
    return b"data: " + (data if isinstance(data, bytes) else json.dumps(data).encode()) + b"\n\n"


def said(text: object = None, finish: str | None = None, **more: object) -> bytes:
    """One piece of an answer."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return event({"id": "c1", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice], **more})


def counted(asked: int = 7, answered: int = 5) -> bytes:
    """The piece that tells the usage."""
    usage = {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
    return event({"id": "c1", "model": "m-1", "choices": [], "usage": usage})


DONE = event(b"[DONE]")


def answered(*texts: object, finish: str = "stop") -> bytes:
    """A whole stream of an answer."""
    return HEAD + b"".join(said(text) for text in texts) + said(finish=finish) + counted() + DONE


def completion(content: object, finish: str | None = "stop", **message: object) -> dict[str, object]:
    """An answer that is not streamed."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    return {"id": "c1", "object": "chat.completion", "model": "m-1", "choices": [choice], "usage": usage}
