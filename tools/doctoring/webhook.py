"""A session webhook served on this machine, for hosts that a function may post to."""

from __future__ import annotations

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue

LARGEST_POST = 64 * 1024


class Webhook:
    """Takes posts as DingTalk does and keeps what they say. Use as a context manager."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="webhook", daemon=True)

    @classmethod
    def open(cls, address: str) -> Webhook:
        """Listen at HOST:PORT, or at any free port of HOST. Raises OSError, ValueError, OverflowError."""
        host, _, port = address.partition(":")
        return cls(_Server(host or "127.0.0.1", int(port or 0)))

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What a message names as its session webhook."""
        return f"http://{self._server.host}:{self._server.server_port}{self._server.path}"

    def wait(self, seconds: float) -> str | None:
        """The text of the first post, or None when none came."""
        try:
            return self._server.posts.get(timeout=seconds)
        except Empty:
            return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)
        self.host = host
        self.path = f"/robot/sendBySession?session={secrets.token_hex(16)}"
        self.posts: Queue[str] = Queue()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer as DingTalk: HTTP 200 and an errcode."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, LARGEST_POST))
        text = _text(body) if self.path == self.server.path else None
        if text is not None:
            self.server.posts.put(text)
        answer = json.dumps({"errcode": 0, "errmsg": "ok"} if text is not None else {"errcode": 300001}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the answer is what is looked at."""


def _text(body: bytes) -> str | None:
    try:
        post = json.loads(body)
        content = post[post["msgtype"]]
        return str(content.get("text") or content["content"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
