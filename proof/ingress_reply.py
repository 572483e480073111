"""One process of the ingress fuzz behind the hand-over: the entry point of `reply`, with all that it touches watched.

    python -m proof.ingress_reply '{"code": […], "events": "events.json"}'

prints one line of JSON. The model and DingTalk are one server on loopback; every other connection, every name looked
up, and every file written outside the mount is a violation.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from proof.ingress_hostile import ADMIN, webhook
from proof.ingress_requests import CANARY, TOKEN

KEY = "sk-key-of-the-fuzzed-provider"
HOST = "127.0.0.1"
_SHOWN = b'{"errcode":0,"errmsg":"ok"}'
_ANSWER = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


class _World(BaseHTTPRequestHandler):
    """The model and DingTalk: everything is accepted."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a chat completion with one word, and anything else as DingTalk does."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chat = self.path.endswith("/chat/completions")
        choice = {"index": 0, "delta": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
        body = f"data: {json.dumps({**_ANSWER, 'choices': [choice]})}\n\ndata: [DONE]\n\n".encode() if chat else _SHOWN
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if chat else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Left(BaseException):
    """The run wanted to leave this machine. No OSError: that would be tried again until the run's time is over."""


class Watch:
    """An audit hook: what is written outside the mount, and who is talked to."""

    def __init__(self, mount: str, port: int) -> None:
        self.seen: list[str] = []
        self._mount = os.path.join(os.path.realpath(mount), "")
        self._port = port
        self.on = False
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in ("os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate"):
            self._path(event, arguments[0])
        elif event == "os.rename":
            self._path(event, arguments[0])
            self._path(event, arguments[1])
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            self._path(event, arguments[0])
        elif event == "socket.connect" and tuple(arguments[1][:2]) != (HOST, self._port):
            self._refuse(f"a connection to {arguments[1]}")
        elif event == "socket.getaddrinfo" and arguments[0] not in (HOST, None):
            self._refuse(f"a look-up of {arguments[0]!r}")
        elif event in ("subprocess.Popen", "os.system", "os.exec", "exec_command"):
            self.seen.append(event)

    def _refuse(self, what: str) -> None:
        self.seen.append(what)
        raise Left(what)

    def _path(self, event: str, path: object) -> None:
        if isinstance(path, (str, bytes)) and not self._inside(os.fsdecode(path)):
            self.seen.append(f"{event} {os.fsdecode(path)!r} outside the mount")

    def _inside(self, path: str) -> bool:
        # Not resolved: a name with ".." in it is an escape even where it leads back.
        return os.path.abspath(path).startswith(self._mount) and ".." not in path.split(os.sep)


def tried(events: Sequence[str], port: int, mount: str) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Hand every event to `reply`; how they ended, and what was broken."""
    os.environ.update(_settings(port, mount))
    sys.dont_write_bytecode = True
    from reply.index import handler

    function = SimpleNamespace(timeout=60)
    context = SimpleNamespace(request_id="1-fuzz", account_id="1", region="cn-fuzz", function=function)
    watch, count, broken, real = Watch(mount, port), Counter[str](), list[tuple[str, str, str]](), sys.stdout
    for number, event in enumerate([_harmless(events[0]), *events] if events else ()):
        sys.stdout = log = io.StringIO()
        watch.seen.clear()
        watch.on = number > 0  # the harmless one imports packages, which look at the machine
        try:
            ended = handler(event.encode("ascii"), context)
        except BaseException as problem:  # noqa: BLE001  # whatever escapes is what is looked for
            ended = "raised"
            broken.append(("an event to reply", f"{type(problem).__name__}: {problem}: {event[:3000]}", "no exception"))
        finally:
            sys.stdout = real
        count["events"] += 1
        count[str(ended)] += 1
        found = [*watch.seen, *_in_log(log.getvalue())]
        broken += [("an event to reply", f"{what}: {event[:3000]}", "only the mount and DingTalk") for what in found]
    return count, broken[:50]


def _harmless(event: str) -> str:
    return json.dumps({**json.loads(event), "text": "hello", "quote": "", "command": "", "notice": "", "id": "first"})


def _forged(event: str, number: int, port: int) -> str:
    """The event with its webhook at our own server; every third with an address that must not be posted to."""
    about = json.loads(event)
    target = about["reply_to"]
    target["webhook"] = target["webhook"].replace("https://oapi.dingtalk.com/", f"http://{HOST}:{port}/")
    if number % 3 == 0:
        choose = random.Random(number)  # noqa: S311  # choices of what to try, not secrets
        target["webhook"] = webhook(choose, "oapi.dingtalk.com", TOKEN)
    return json.dumps(about)


def _in_log(log: str) -> list[str]:
    found = [f"{secret!r} in the log: {log[:600]}" for secret in (TOKEN, CANARY, KEY) if secret in log]
    for line in log.splitlines():
        try:
            event = json.loads(line).get("event")
        except ValueError:
            event = "no JSON"
        if event in ("internal_error", "no JSON", "watchdog_broken", "conversation_unread", "conversation_unsaved"):
            found.append(f"a line of the log: {line[:600]}")
    return found


def _settings(port: int, mount: str) -> dict[str, str]:
    return {
        "CHATGPT_API_KEY": KEY,
        "BASE_URL": f"http://{HOST}:{port}/v1",
        "OSS_MOUNT_POINT": mount,
        "WEBHOOK_HOSTS": HOST,
        "ADMIN_USERS": ADMIN,
        "MAX_REQUEST": "100",
    }


def main(argument: str) -> None:
    """Do what the argument asks (JSON), and print what was found."""
    asked = json.loads(argument)
    sys.path[:0] = asked["code"]
    for name in list(os.environ):
        if name not in ("PATH", "LANG", "LC_ALL", "HOME"):
            del os.environ[name]
    events = json.loads(Path(asked["events"]).read_text(encoding="utf-8"))
    server = ThreadingHTTPServer((HOST, 0), _World)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    with tempfile.TemporaryDirectory(prefix="proof-mount-") as mount:
        forged = [_forged(event, number, port) for number, event in enumerate(events)]
        count, broken = tried(forged, port, mount)
    print(json.dumps({"tried": count, "violations": broken}))
    sys.stdout.flush()
    os._exit(0)  # threads of the packages must not hold it


if __name__ == "__main__":
    main(sys.argv[1])
