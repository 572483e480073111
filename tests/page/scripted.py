"""A page server whose every word the test decides, for states that the local cloud reaches rarely or never."""

from __future__ import annotations

import base64
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


def _both(chinese: str, english: str) -> dict[str, str]:
    return {"zh": chinese, "en": english}


KINDS = [
    {"id": "text", "line": _both("文字", "text"), "group": True, "text": "needed"},
    {"id": "picture", "line": _both("图片", "picture"), "group": True, "text": "none"},
    {"id": "richText", "line": _both("图文混排", "words and picture"), "group": True, "text": "needed"},
    {"id": "audio", "line": _both("语音，带识别结果", "voice with recognition"), "group": False, "text": "optional"},
    {"id": "file", "line": _both("任意文件", "any file"), "group": False, "text": "none"},
    {"id": "chatRecord", "line": _both("转发的聊天记录", "forwarded"), "group": True, "text": "optional"},
    {"id": "unknownMsgType", "line": _both("钉钉不转发的类型", "not passed on"), "group": True, "text": "none"},
    {"id": "quota", "line": _both("调用量用尽", "quota used up"), "group": True, "text": "none"},
]
SHAPES = [{"id": name, "line": _both(f"形式 {name}", f"shape {name}")} for name in ("text", "legacy")]
CODES = ["300001", "130101"]
FAULTS = {
    "groups": [
        {"id": "dingtalk", "title": _both("钉钉", "DingTalk"), "available": True},
        {"id": "model", "title": _both("模型", "Model"), "available": False},
    ],
    "faults": [
        {
            "id": "errcode",
            "group": "dingtalk",
            "line": _both("钉钉拒收回答", "DingTalk refuses the answer"),
            "parameters": [
                {
                    "name": "code",
                    "type": "choice",
                    "choices": CODES,
                    "default": "300001",
                    "line": _both("错误码", "code"),
                },
                {
                    "name": "seconds",
                    "type": "number",
                    "default": 5,
                    "min": 0,
                    "max": 60,
                    "line": _both("秒", "seconds"),
                },
            ],
        },
        {"id": "html", "group": "dingtalk", "line": _both("返回 HTML 页面", "answers with HTML"), "parameters": []},
        {"id": "stall", "group": "model", "line": _both("流停住", "the stream stops"), "parameters": []},
    ],
}


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
        self.phase = "sent"
        self.pictures: list[bytes] = []
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
            "clock": {"now": int(time.time() * 1000), "offset": 0.0},
            "faults": [],
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
        if path == "/api/clock":
            return 200, self.move_clock(0.0 if body.get("reset") else self.state["clock"]["offset"] + body["advance"])
        if path == "/api/faults":
            return 201, self.switch_on(body)
        self.drafts.append(body)
        if self.refusal:
            return 400, {"error": self.refusal}
        if path == "/api/redeliver":
            return 202, {}
        return 202, self._sent(body)

    def _sent(self, body: dict[str, Any]) -> dict[str, Any]:
        undelivered = body["conversation"] == GROUP and not body.get("mention")
        shown = {name: body[name] for name in ("kind", "name", "quote") if body.get(name)}
        if body.get("picture"):
            self.pictures.append(base64.b64decode(body["picture"].partition("base64,")[2]))
            shown["media"] = f"/api/media/{len(self.pictures)}"
        phase = state_of("undelivered" if undelivered else self.phase, ack_ms=3)
        return self.message(body["conversation"], body["person"], body["text"], state=phase, **shown)

    def move_clock(self, offset: float) -> dict[str, Any]:
        """Set the clock and tell everybody."""
        clock = {"now": int((time.time() + offset) * 1000), "offset": offset}
        self.state["clock"] = clock
        self.tell({"kind": "clock", "clock": clock})
        return clock

    def switch_on(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Switch a fault on and tell everybody."""
        scope = {name: wanted.get(name) for name in ("id", "conversation", "times", "messages")}
        chosen = {name: value for name, value in wanted.items() if name not in scope}
        entry = {"number": next(self._numbers), **scope, "parameters": chosen}
        self.set_faults([*self.state["faults"], entry])
        return entry

    def set_faults(self, faults: list[dict[str, Any]]) -> dict[str, Any]:
        """Leave only these faults switched on and tell everybody."""
        self.state["faults"] = faults
        self.tell({"kind": "faults", "faults": faults})
        return {"faults": faults}

    def switch_off(self, number: str) -> dict[str, Any]:
        """Switch one fault off, or all without a number."""
        return self.set_faults([f for f in self.state["faults"] if number and f["number"] != int(number)])


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
            elif self.path == "/api/kinds":
                self._json(200, {"kinds": KINDS, "shapes": SHAPES})
            elif self.path == "/api/faults":
                self._json(200, {**FAULTS, "active": server.state["faults"]})
            elif self.path.startswith("/api/media/"):
                self._send(200, "image/png", server.pictures[int(self.path.rpartition("/")[2]) - 1])
            elif self.path.startswith("/api/story/"):
                story = server.stories.get(unquote(self.path.removeprefix("/api/story/")))
                self._json(200 if story is not None else 404, story if story is not None else {"error": "没有"})
            else:
                self._file(PAGE / ("index.html" if self.path == "/" else self.path.lstrip("/")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._json(*server.take(self.path, json.loads(body)))

        def do_DELETE(self) -> None:
            self._json(200, server.switch_off(self.path.removeprefix("/api/faults").strip("/")))

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
