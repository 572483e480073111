"""The two addresses of Function Compute: the HTTP trigger of `conversation`, and the Invoke API."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime, timezone
from urllib.parse import unquote

from aiohttp import web

from local.clock import CloudClock
from local.fc import ASYNC_LIMIT, FunctionCompute, Invocation, error_body, event_of
from local.functions import ACCOUNT, REGION, SERVICE
from local.runs import Outcome
from local.signatures import SignatureRefused, check_acs3, check_fc2
from local.versions import of_version
from local.web import Site, peer_port, reset

PATH_LIMIT, HEADER_LIMIT = 4 * 1024, 8 * 1024
"""Bytes: https://www.alibabacloud.com/help/en/functioncompute/latest/overview-36 ."""

_DOMAIN = "local-cloud"


class Trigger:
    """The HTTP trigger: every request to its port is one run of the function.

    `platform` is "fc3" (JSON event) or "fc2" (WSGI).
    """

    def __init__(self, fc: FunctionCompute, clock: CloudClock, function: str, platform: str) -> None:
        self.site = Site(self._handle)
        self._fc, self._clock, self._function, self._platform = fc, clock, function, platform

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if len(request.raw_path) > PATH_LIMIT or sum(len(n) + len(v) for n, v in request.raw_headers) > HEADER_LIMIT:
            return web.json_response({"Code": "InvalidArgument", "Message": "path or headers too long"}, status=400)
        invocation = Invocation(self._function, "trigger", b"", self._clock.now())
        if self._platform == "fc2":
            invocation.event = body
            outcome = await self._fc.run(invocation, "wsgi", _environ(request, body))
        else:
            invocation.event = self._event(request, body, invocation.request_id)
            outcome = await self._fc.run(invocation)
        return _answer(outcome, self._platform, invocation.request_id)

    def _event(self, request: web.Request, body: bytes, request_id: str) -> bytes:
        """https://www.alibabacloud.com/help/en/functioncompute/fc/http-trigger-invoking-function ."""
        text, encoded = event_of(body)
        path = request.raw_path.partition("?")[0]
        now = self._clock.now()
        names = dict.fromkeys(name.lower() for name in request.headers)
        event = {
            "version": "v1",
            "rawPath": path,
            "body": text,
            "isBase64Encoded": encoded,
            "headers": {_go_case(name): ",".join(request.headers.getall(name)) for name in names},
            "queryParameters": {name: ",".join(request.query.getall(name)) for name in request.query},
            "requestContext": {
                "accountId": ACCOUNT,
                "domainName": f"{_DOMAIN}.{REGION}.fcapp.run",
                "domainPrefix": _DOMAIN,
                "requestId": request_id,
                "time": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "timeEpoch": str(int(now * 1000)),
                "http": {
                    "method": request.method,
                    "path": unquote(path),
                    "protocol": "HTTP/1.1",
                    "sourceIp": request.remote or "",
                    "userAgent": request.headers.get("User-Agent", ""),
                },
            },
        }
        return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")


class InvokeApi:
    """InvokeFunction of FC 3.0 and of FC 2.0. `log` has (status, code) of every call."""

    def __init__(self, fc: FunctionCompute, clock: CloudClock) -> None:
        self.site = Site()
        self.site.app.router.add_post("/2023-03-30/functions/{name}/invocations", self._invoke3)
        self.site.app.router.add_post("/2016-08-15/services/{service}/functions/{name}/invocations", self._invoke2)
        self.calls: list[tuple[int, str]] = []
        self._fc, self._clock = fc, clock
        self._nonces: set[str] = set()

    async def _invoke3(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        path, _, _ = request.raw_path.partition("?")
        try:
            check_acs3(request.method, path, dict(request.query), headers, body, self._clock.now())
            nonce = headers["x-acs-signature-nonce"]
            if nonce in self._nonces:
                raise SignatureRefused("x-acs-signature-nonce was used before")
            self._nonces.add(nonce)
        except SignatureRefused as refusal:
            return self._error(403, "SignatureNotMatch", str(refusal))
        return await self._invoke(request, body, headers.get("x-fc-async-task-id", ""))

    async def _invoke2(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.match_info["service"].partition(".")[0] != SERVICE:
            return self._error(404, "ServiceNotFound", "service not found")
        try:
            check_fc2(request.method, unquote(request.raw_path.partition("?")[0]), headers)
        except SignatureRefused as refusal:
            return self._error(403, "SignatureNotMatch", str(refusal))
        return await self._invoke(request, body, headers.get("x-fc-stateful-async-invocation-id", ""))

    async def _invoke(self, request: web.Request, body: bytes, task_id: str) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._fc.pools:
            return self._error(404, "FunctionNotFound", f"function {name!r} does not exist")
        later = request.headers.get("X-Fc-Invocation-Type", "Sync") == "Async"
        if later and len(body) > ASYNC_LIMIT:
            return self._error(400, "EntityTooLarge", f"the payload has {len(body)} bytes, the limit is {ASYNC_LIMIT}")
        invocation = Invocation(name, "async" if later else "sync", body, self._clock.now(), task_id)
        if later:
            return await self._accept(request, invocation)
        outcome = await self._fc.run(invocation)
        headers = {"X-Fc-Request-Id": invocation.request_id}
        if outcome.ok:
            return web.Response(body=outcome.payload, headers=headers)
        headers["X-Fc-Error-Type"] = _error_type(outcome)
        return web.Response(body=error_body(outcome), headers=headers, content_type="application/json")

    async def _accept(self, request: web.Request, invocation: Invocation) -> web.StreamResponse:
        if self._fc.reached("invoke", peer_port(request)):
            return reset(request)
        fault = self._fc.faults.take(self._fc.concerned(invocation.event))
        kind = fault.kind if fault else ""
        if fault and fault.seconds:
            await asyncio.sleep(fault.seconds)
        if kind == "reset":
            return reset(request)
        if kind == "credentials-expired":
            return self._error(403, "InvalidSecurityToken.Expired", "the security token has expired")
        if kind.startswith("version-"):
            invocation.event = of_version(kind[8:], invocation.event)
        if kind.isdigit():
            return self._error(int(kind), {"429": "ResourceThrottled"}.get(kind, "InternalServerError"), "on demand")
        if self._fc.known_task(invocation.function, invocation.task_id):
            return self._error(409, "AsyncTaskAlreadyExists", f"task {invocation.task_id} exists")
        invocation.doubled = kind == "duplicate"
        if kind != "lost":
            self._fc.queue(invocation)
        if kind == "duplicate":
            task_id = invocation.task_id
            again = Invocation(invocation.function, "async", invocation.event, self._clock.now(), task_id, doubled=True)
            self._fc.queue(again)
        if kind == "accepted-then-reset" or self._fc.reached("invoked", peer_port(request)):
            return reset(request)
        self.calls.append((202, ""))
        headers = {"X-Fc-Request-Id": invocation.request_id}
        headers["X-Fc-Async-Task-Id"] = invocation.task_id or invocation.request_id
        return web.Response(status=202, headers=headers)

    def _error(self, status: int, code: str, message: str) -> web.Response:
        self.calls.append((status, code))
        return web.json_response({"Code": code, "Message": message, "RequestId": "1-local"}, status=status)


def _go_case(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _environ(request: web.Request, body: bytes) -> dict[str, str]:
    """Make the WSGI environment that FC 2.0 documents for HTTP handlers in Python."""
    path, _, query = request.raw_path.partition("?")
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.remote or "",
        "fc.request_uri": request.raw_path,
    }
    for name in dict.fromkeys(name.lower() for name in request.headers):
        if name not in ("content-type", "content-length"):
            environ["HTTP_" + name.upper().replace("-", "_")] = ",".join(request.headers.getall(name))
    return environ


def _error_type(outcome: Outcome) -> str:
    return {"timeout": "FunctionTimeout", "exit": "FunctionProcessExited", "init": "UnhandledInitializationError"}.get(
        outcome.kind, "UnhandledInvocationError"
    )


def _answer(outcome: Outcome, platform: str, request_id: str) -> web.Response:
    """What the caller of the trigger gets."""
    headers = {"X-Fc-Request-Id": request_id}
    if not outcome.ok:
        headers["X-Fc-Error-Type"] = _error_type(outcome)
        return web.Response(status=502, body=error_body(outcome), headers=headers, content_type="application/json")
    if platform == "fc2":
        return _plain(outcome.status, dict(outcome.headers), outcome.payload, headers)
    try:
        answer = json.loads(outcome.payload)
    except ValueError:
        return web.Response(body=outcome.payload, headers=headers)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return web.Response(body=outcome.payload, headers=headers, content_type="application/json")
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else str(text).encode("utf-8", "surrogatepass")
    own = {str(name): str(value) for name, value in (answer.get("headers") or {}).items()}
    return _plain(int(answer["statusCode"]), own, body, headers)


def _plain(status: int, own: dict[str, str], body: bytes, headers: dict[str, str]) -> web.Response:
    forbidden = {"connection", "content-length", "date", "keep-alive", "server"}
    kept = {n: v for n, v in own.items() if n.lower() not in forbidden and not n.lower().startswith("x-fc-")}
    return web.Response(status=status, body=body, headers={**kept, **headers})
