"""What the tests of `conversation` stand on: a clock, an FC that answers as told, and both forms of a request."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conversation.channels.dingtalk import signature
from conversation.http import serve
from conversation.outgoing import Post, Reply
from conversation.receive import receive
from conversation.wiring import build

FIXTURES = Path(__file__).parent.parent / "fixtures" / "dingtalk"
NOW = 1_790_000_002.5
"""Seconds: shortly after the fixtures' messages were written."""
SECRET = "secret-of-the-tea-robot"
WEBHOOK = "https://oapi.dingtalk.com/robot/sendBySession?session=5e55105e55105e55105e55105e5510aa"
ENVIRON = {
    "DINGTALK_CREDENTIALS": f"dingteabot:{SECRET}",
    "CHATGPT_FUNCTION": "reply",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "key-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "key-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "token-of-the-role",
}
CONTEXT = SimpleNamespace(request_id="1-fc-0001", account_id="1234567890", region="ap-southeast-1")


class FakeClock:
    """A clock that moves only when somebody sleeps or takes time."""

    def __init__(self, now: float = NOW) -> None:
        self.seconds = now

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class FakeFc:
    """Takes invocations; `script` has what to answer, one after the other, and then 202 for ever."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.posts: list[Post] = []
        self.limits: list[float] = []
        self.script: list[int | Exception | Callable[[float], Reply]] = []

    def send(self, post: Post, seconds: float) -> Reply:
        self.posts.append(post)
        self.limits.append(seconds)
        answer = self.script.pop(0) if self.script else 202
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer, "invocation-1") if isinstance(answer, int) else answer(seconds)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(post.body) for post in self.posts]


@dataclass(frozen=True)
class Result:
    status: int
    headers: Mapping[str, str]
    text: str
    lines: Sequence[Mapping[str, Any]] = ()

    @property
    def shown(self) -> str:
        """What DingTalk would show of the body; "" when nothing."""
        body = json.loads(self.text)
        return str(body.get("text", {}).get("content") or body.get("markdown", {}).get("text") or "")

    @property
    def line(self) -> Mapping[str, Any]:
        """The one line in the log."""
        assert len(self.lines) == 1, self.lines
        return self.lines[0]


class Bench:
    """The function with these settings; `fc2` calls it as FC 2.0."""

    def __init__(self, environ: Mapping[str, str] = ENVIRON, *, fc2: bool = False, context: object = CONTEXT) -> None:
        self.environ = environ
        self.fc2 = fc2
        self.context = context
        self.clock = FakeClock()
        self.fc = FakeFc(self.clock)
        self.log = io.StringIO()
        self.receiver = build(self.environ, self.clock, self.fc.send, self.log)

    @classmethod
    def with_settings(cls, **settings: str) -> Bench:
        return cls({**ENVIRON, **settings})

    def headers(self, secret: str = SECRET, age_ms: int = 0) -> dict[str, str]:
        stamp = str(int(self.clock.now() * 1000) - age_ms)
        return {"timestamp": stamp, "sign": signature(stamp, secret).decode()}

    def post(self, body: object, **more: Any) -> Result:
        """A signed callback; `body` is sent as it is when it is text or bytes, else as JSON."""
        if not isinstance(body, str | bytes):
            body = json.dumps(body, ensure_ascii=False)
        return self.request("POST", body=body, **{"headers": self.headers(), **more})

    def request(
        self,
        method: str,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        body: str | bytes = "",
        **more: Any,
    ) -> Result:
        form = self._wsgi if self.fc2 else self._event
        status, given, text = form(method, path, headers or {}, body, **more)
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        self.log.seek(0)
        self.log.truncate()
        return Result(status, given, text, lines)

    def serve(self, event: object, context: object) -> Any:
        return serve(event, context, self.environ, lambda request: receive(request, self.receiver))

    def _event(
        self, method: str, path: str, headers: Mapping[str, str], body: str | bytes, encoded: bool = False
    ) -> Any:
        event = http_event(method, path, headers, body, encoded or isinstance(body, bytes))
        result = self.serve(json.dumps(event).encode(), self.context)
        return result["statusCode"], result["headers"], result["body"]

    def _wsgi(
        self, method: str, path: str, headers: Mapping[str, str], body: str | bytes, length: str | None = ""
    ) -> Any:
        raw = body.encode() if isinstance(body, str) else body
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(raw)}
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        environ["fc.context"] = self.context
        if length is not None:
            environ["CONTENT_LENGTH"] = length or str(len(raw))
        told: list[Any] = []
        parts = self.serve(environ, lambda status, given: told.extend([status, given]))
        return int(told[0].split()[0]), dict(told[1]), b"".join(parts).decode()


def http_event(
    method: str, path: str, headers: Mapping[str, str], body: str | bytes, encoded: bool = False
) -> dict[str, Any]:
    """An FC 3.0 HTTP trigger's event."""
    raw = body.encode() if isinstance(body, str) else body
    return {
        "version": "v1",
        "rawPath": path,
        "body": base64.b64encode(raw).decode() if encoded else body,
        "isBase64Encoded": encoded,
        "headers": {name.title(): value for name, value in headers.items()},
        "queryParameters": {},
        "requestContext": {"requestId": "1-fc-0001", "http": {"method": method, "path": path, "protocol": "HTTP/1.1"}},
    }


def payload(name: str, **changes: object) -> dict[str, Any]:
    """A fixture's body; a change to None takes the field away."""
    body = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8")) | changes
    return {key: value for key, value in body.items() if value is not None}


def question(text: str, **changes: object) -> dict[str, Any]:
    """A text message in a one-to-one chat."""
    return payload("single_text", text={"content": text}, **changes)
