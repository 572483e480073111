"""A page server whose every word the test decides, for states that the local cloud reaches rarely or never."""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

PAGE = Path(__file__).parents[2] / "local" / "page"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PEOPLE = [
    {"id": "lin", "name": "林晓", "staffId": "manager001", "admin": True},
    {"id": "zhou", "name": "周明", "staffId": "user002", "admin": False},
    {"id": "wang", "name": "Wang Fang", "staffId": "", "admin": False},
]
LIN, ZHOU, GROUP = "private/lin=", "private/zhou=", "group+1=="
CONVERSATIONS = [
    {"id": LIN, "title": "小助手", "kind": "private", "people": ["lin"]},
    {"id": ZHOU, "title": "小助手", "kind": "private", "people": ["zhou"]},
    {"id": GROUP, "title": "产品讨论组", "kind": "group", "people": ["lin", "zhou", "wang"]},
]


def state_of(phase: str, **known: Any) -> dict[str, Any]:
    """The state of a message, nothing known but what is given."""
    return {"phase": phase, "ack_ms": None, "answered_ms": None, "why": None, "status": None, **known}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a browser opens many connections at once


class ScriptedServer:
    """Serves the page and the state that a test builds; keeps what the page sends in `drafts`."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._streams: set[queue.Queue[bytes | None]] = set()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.drafts: list[dict[str, Any]] = []
        self.resets = 0
        self.refusal = ""
        self.ready = threading.Event()
        self.ready.set()
        self.stories: dict[str, Any] = {}
        self.state: dict[str, Any] = {
            "language": "zh",
            "model": {"demo": True, "name": "echo"},
            "robot": {"name": "小助手"},
            "people": PEOPLE,
            "conversations": CONVERSATIONS,
            "messages": [],
        }
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def message(self, conversation: str = LIN, sender: str = "lin", text: str = "", **more: Any) -> dict[str, Any]:
        """Add a message and show it to whoever is connected."""
        number = next(self._numbers)
        message = {
            "id": f"m+{number}/=",
            "conversation": conversation,
            "from": sender,
            "at": int(time.time() * 1000),
            "kind": "text",
            "title": "",
            "text": text,
            "mentions": [],
            "answers": None,
            "via": None,
            "state": state_of("sent"),
            **more,
        }
        self.state["messages"].append(message)
        self.tell({"kind": "message", "message": message})
        return message

    def answer(self, question: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
        """Add the robot's answer to a message."""
        defaults = {"kind": "markdown", "answers": question["id"], "via": "webhook", "state": None}
        return self.message(question["conversation"], "bot", text, **{**defaults, **more})

    def change(self, message: dict[str, Any], **changes: Any) -> None:
        """Change a message and show it."""
        message.update(changes)
        self.tell({"kind": "message", "message": message})

    def tell(self, event: dict[str, Any]) -> None:
        """Send an event to everybody connected."""
        for stream in list(self._streams):
            stream.put(b"data: " + json.dumps(event).encode() + b"\n\n")

    def hang_up(self) -> None:
        """End every event stream."""
        for stream in list(self._streams):
            stream.put(None)

    def stop(self) -> None:
        """Close the port."""
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()

    def events(self) -> queue.Queue[bytes | None]:
        """Open an event stream."""
        stream: queue.Queue[bytes | None] = queue.Queue()
        self._streams.add(stream)
        return stream

    def take(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Answer a POST of the page."""
        if path == "/api/reset":
            self.resets += 1
            self.state["messages"] = []
            self.tell({"kind": "reset"})
            return 200, {}
        self.drafts.append(body)
        if self.refusal:
            return 400, {"error": self.refusal}
        undelivered = body["conversation"] == GROUP and not body.get("mention")
        phase = state_of("undelivered" if undelivered else "sent")
        return 202, self.message(body["conversation"], body["person"], body["text"], state=phase)


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self.path == "/api/events":
                self._stream()
            elif self.path == "/api/state":
                server.ready.wait()
                self._json(200, server.state)
            elif self.path.startswith("/api/story/"):
                story = server.stories.get(unquote(self.path.removeprefix("/api/story/")))
                self._json(200 if story is not None else 404, story if story is not None else {"error": "没有"})
            else:
                self._file(PAGE / ("index.html" if self.path == "/" else self.path.lstrip("/")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._json(*server.take(self.path, json.loads(body)))

        def _json(self, status: int, body: Any) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _file(self, path: Path) -> None:
            self._send(200, TYPES[path.suffix] + "; charset=utf-8", path.read_bytes())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            stream = server.events()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                self.wfile.write(b": open\n\n")
                while (event := stream.get()) is not None:
                    self.wfile.write(event)
            except OSError:
                pass  # the page has gone
            finally:
                server._streams.discard(stream)

    return Handler
