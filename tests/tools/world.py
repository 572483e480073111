"""What started functions talk to: a model that streams one sentence, a session webhook that keeps its posts, and FC."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SENTENCE = "Forty-two."


class World(ThreadingHTTPServer):
    """One loopback server for all; `posts` went to the webhook, `asked` to the model, `invoked` are events for FC.

    `sentence` is what the model says.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sentence = SENTENCE
        self.posts: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.invoked: list[dict[str, Any]] = []

    @property
    def host(self) -> str:
        """Where it listens, as host:port."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: World

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/robot/sendBySession"):
            self.server.posts.append(body)
            self._answer("application/json", json.dumps({"errcode": 0, "errmsg": "ok"}))
        elif "/invocations" in self.path:
            self.server.invoked.append(body)
            self._answer("application/json", "", 202)
        else:
            self.server.asked.append(body)
            self._answer("text/event-stream", "".join(f"data: {piece}\n\n" for piece in _stream(self.server.sentence)))

    def _answer(self, kind: str, text: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at what arrived."""


def _stream(sentence: str) -> Iterator[str]:
    for delta, finish in (({"role": "assistant", "content": sentence}, None), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        yield json.dumps(chunk)
    yield "[DONE]"


@contextmanager
def running_world() -> Iterator[World]:
    """A world that listens until the block ends."""
    world = World()
    thread = threading.Thread(target=world.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield world
    finally:
        world.shutdown()
        thread.join()
        world.server_close()
