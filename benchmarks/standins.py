"""What the functions talk to: FC's invocation address, a model and a session webhook, all on one loopback port.

A plain threaded server: it answers at once, and notes when the first byte of each request arrived.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

ANSWER = "A short answer."


@dataclass(frozen=True)
class Request:
    """One request that arrived: kind is "invoke", "model", "webhook" or "other"; `at` (ns) is its first byte's."""

    kind: str
    at: int
    body: bytes


@dataclass
class Standins:
    """The server. `on_invoke` is called with the event of each invocation, before it is answered."""

    answer: str = ANSWER
    on_invoke: Callable[[bytes], None] = lambda _: None
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Standins:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def of(self, kind: str) -> list[Request]:
        """The requests of one kind, in order."""
        with self._lock:
            return [request for request in self.requests if request.kind == kind]

    def forget(self) -> None:
        """Forget every request."""
        with self._lock:
            self.requests.clear()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as source:
                while source.peek(1):
                    at = time.monotonic_ns()
                    line = source.readline().decode("latin-1")
                    length = 0
                    while header := source.readline().strip():
                        name, _, value = header.partition(b":")
                        if name.lower() == b"content-length":
                            length = int(value)
                    request = Request(_kind(line), at, source.read(length))
                    with self._lock:
                        self.requests.append(request)
                    if request.kind == "invoke":
                        self.on_invoke(request.body)
                    connection.sendall(self._response(request))
        except OSError:
            return

    def _response(self, request: Request) -> bytes:
        if request.kind == "invoke":
            return _http(202, b"", "application/json", "X-Fc-Request-Id: 1-bench\r\n")
        if request.kind == "model":
            if b'"stream"' in request.body:
                return _http(200, streamed(self.answer), "text/event-stream")
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": self.answer}}
            return _http(200, json.dumps({"choices": [choice]}).encode(), "application/json")
        return _http(200, b'{"errcode":0,"errmsg":"ok"}', "application/json")


def streamed(answer: str) -> bytes:
    """A chat completion as a stream of pieces of four characters, about one token each."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    pieces = [answer[start : start + 4] for start in range(0, len(answer), 4)]
    events = [{**head, "choices": [{"index": 0, "delta": {"content": p}, "finish_reason": None}]} for p in pieces]
    events.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events.append({**head, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": len(pieces)}})
    return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events) + b"data: [DONE]\n\n"


def _kind(line: str) -> str:
    path = line.split(" ")[1] if line.count(" ") > 1 else ""
    marks = {"/invocations": "invoke", "/chat/completions": "model", "/robot/sendBySession": "webhook"}
    return next((kind for mark, kind in marks.items() if mark in path), "other")


def _http(status: int, body: bytes, content_type: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body
