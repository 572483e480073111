"""The rules of a session webhook: what DingTalk accepts, and what it answers.

https://open.dingtalk.com/document/orgapp/robot-message-type (bodies),
https://open.dingtalk.com/document/orgapp/server-api-error-codes-1 (codes); HTTP 200 whatever the code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from local.faults import Fault
from local.payloads import Body

LARGEST_BODY = 20_000
"""Bytes of the whole JSON body."""

_MESSAGES = {
    "300001": "session 不存在",
    "130101": "send too fast, exceed 20 times per minute",
    "410100": "send too fast",
    "460101": "message too long, exceed 20000 bytes",
    "90030": "webhook over limit",
    "-1": "系统繁忙",
    "0": "ok",
}


def checked(content_type: str, body: bytes) -> tuple[str, Body]:
    """Check a posted body; returns "0" and the payload, or the errcode that says what is wrong with it."""
    if content_type != "application/json":
        return "43004", {}
    try:
        payload: Any = json.loads(body.decode("utf-8"))
    except ValueError:
        return "40035", {}
    if not isinstance(payload, dict):
        return "40035", {}
    kind = payload.get("msgtype")
    if kind not in ("text", "markdown", "link", "actionCard", "feedCard"):
        return "400105", {}
    content = payload.get(kind)
    needed = {"text": ("content",), "markdown": ("title", "text"), "link": ("title", "text", "messageUrl")}
    if not isinstance(content, dict) or not all(content.get(name) for name in needed.get(kind, ())):
        return "40035", {}
    return "0", payload


def errcode(code: str) -> web.Response:
    """DingTalk's answer with this code: HTTP 200 whatever it says."""
    return web.json_response({"errcode": int(code), "errmsg": _MESSAGES.get(code, "error")})


def errcode_of(answer: web.Response) -> int | None:
    """The code that an answer carries, None where it carries none."""
    try:
        found = json.loads(answer.body if isinstance(answer.body, bytes) else b"").get("errcode")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, int) else None


_ODD: Mapping[str, Callable[[str], web.Response]] = {
    "text-code": lambda code: web.json_response({"errcode": code, "errmsg": "ok"}),
    "no-code": lambda _: web.json_response({"errmsg": "ok"}),
    "empty-json": lambda _: web.json_response({}),
    "empty": lambda _: web.Response(),
}
"""Responses that are not as documented (a sample of the documentation has the code as text)."""


def returned(fault: Fault | None, code: str, answer: web.Response) -> web.Response:
    """What is answered to a post that was handled as usual."""
    odd = _ODD.get(fault.kind.removeprefix("shown-then-")) if fault is not None else None
    return answer if odd is None else odd(code)


def faulty(fault: Fault | None) -> web.Response | None:
    """What a fault answers; None when the post is handled as usual (it may still be cut off or late)."""
    if fault is None or fault.kind == "slow" or fault.kind.startswith("shown-then-"):
        return None
    if fault.kind in _ODD:
        return _ODD[fault.kind]("0")
    if fault.kind.lstrip("-").isdigit():
        return errcode(fault.kind)
    if fault.kind.startswith("http-"):
        return web.Response(status=int(fault.kind[5:]), text="error", headers={"Location": "http://127.0.0.1:9/"})
    if fault.kind == "html":
        return web.Response(text="<html><body>Service Temporarily Unavailable</body></html>", content_type="text/html")
    if fault.kind == "throttled":
        return web.json_response({"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "local"})
    return web.Response(status=500)  # "reset": cut off before anything was shown
