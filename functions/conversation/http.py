"""Requests and responses, and the two forms in which Function Compute carries them.

FC 3.0 gives a JSON event and takes a dict (https://www.alibabacloud.com/help/en/fc/user-guide/http-handlers-2), FC 2.0
speaks WSGI (https://www.alibabacloud.com/help/en/fc/fc-2-0/user-guide/http-handlers).
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from conversation.runtime import Runtime
from shared.errors import Rejected
from shared.log import Log

READ_LIMIT = 1024 * 1024
"""Bytes of an event or a body that are read; a larger one is refused by its length, whoever signed it.

FC takes 32 MB, and an instance has 128 MB of memory: reading JSON takes a multiple of its length.
"""

JSON_TYPE = "application/json; charset=utf-8"
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    500: "Internal Server Error",
}

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are lower-case; `size` is the body's true size in bytes, read or not."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    size: int
    runtime: Runtime

    def header(self, name: str) -> str:
        """The value of a header, "" when absent; one that was merely repeated counts once.

        FC joins repeated headers by commas.
        """
        value = self.headers.get(name, "").strip()
        parts = {part.strip() for part in value.split(",")}
        return parts.pop() if len(parts) == 1 else value


@dataclass(frozen=True)
class Response:
    """One HTTP response; `body` is JSON text."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def refusal(cls, status: int) -> Response:
        """The answer to a rejected request: it tells no more than the status does."""
        return cls(status, json.dumps({"error": _PHRASES.get(status, "Error")}))

    def without_body(self) -> Response:
        """The same for HEAD."""
        return Response(self.status, "", self.headers)

    def as_event_result(self) -> dict[str, object]:
        """What an FC 3.0 HTTP function returns."""
        headers = {"Content-Type": JSON_TYPE, **self.headers}
        body = self._encoded().decode("utf-8")
        return {"statusCode": self.status, "headers": headers, "isBase64Encoded": False, "body": body}

    def as_wsgi(self, start_response: StartResponse) -> Iterable[bytes]:
        """What an FC 2.0 HTTP function does and returns."""
        headers = [("Content-Type", JSON_TYPE), *self.headers.items()]
        start_response(f"{self.status} {_PHRASES.get(self.status, 'Error')}", headers)
        return [self._encoded()]

    def _encoded(self) -> bytes:
        # What somebody sent may hold half a character, and an answer may repeat it.
        return self.body.encode("utf-8", "replace")


def serve(
    event: object, context: object, environ: Mapping[str, str], job: Callable[[Request], Response]
) -> dict[str, object] | Iterable[bytes]:
    """Do the job for one invocation in either form: (event, context), or WSGI's (environ, start_response).

    Nothing is raised: FC would show the stack trace to whoever called.
    """
    if isinstance(event, dict):
        fc2 = Runtime.of("fc2", event.get("fc.context"), environ)
        response = _answered(lambda: job(request_from_environ(event, fc2)))
        return response.as_wsgi(cast(StartResponse, context))
    fc3 = Runtime.of("fc3", context, environ)
    return _answered(lambda: job(request_from_event(cast(bytes, event), fc3))).as_event_result()


def _answered(work: Callable[[], Response]) -> Response:
    try:
        return work()
    except Rejected as rejected:
        Log(fields={"function": "conversation"}).info("rejected", status=rejected.status, reason=rejected.reason)
        return Response.refusal(rejected.status)
    except Exception as problem:  # noqa: BLE001 - the last resort: nothing may escape, and an operator must see it
        Log().error("fault", error=type(problem).__name__)
        return Response.refusal(500)


def request_from_event(event: bytes | str, runtime: Runtime) -> Request:
    """The request in an FC 3.0 event. Raises Rejected: 413 when it is too large to be read, 400 when it is not one of
    an HTTP trigger.
    """
    try:
        if len(event) > READ_LIMIT:
            raise Rejected(413, f"an event of {len(event)} bytes")
        data = json.loads(event)
    except (ValueError, TypeError, RecursionError):
        raise Rejected(400, "the event is not JSON") from None
    if not isinstance(data, dict):
        raise Rejected(400, "the event is not an object")
    about = data.get("requestContext")
    http = about.get("http") if isinstance(about, dict) else None
    method = http.get("method") if isinstance(http, dict) else None
    if not isinstance(http, dict) or not isinstance(method, str):
        raise Rejected(400, "the event has no HTTP method: it is not from an HTTP trigger")
    path = data.get("rawPath") or http.get("path")
    body = _event_body(data.get("body"), data.get("isBase64Encoded") is True)
    return Request(
        method=method.upper(),
        path=path if isinstance(path, str) else "/",
        headers=_event_headers(data.get("headers")),
        body=body,
        size=len(body),
        runtime=runtime,
    )


def request_from_environ(environ: Mapping[str, Any], runtime: Runtime) -> Request:
    """The request in an FC 2.0 (WSGI) environ. Raises Rejected: 413 when its body is too large to be read, 400 when it
    cannot be.
    """
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    declared = str(environ.get("CONTENT_LENGTH") or "")
    # FC may leave CONTENT_LENGTH out or empty: then the body is whatever can be read.
    length = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 16 else None
    if length is not None and length > READ_LIMIT:
        raise Rejected(413, f"a body of {length} bytes")
    try:
        source = environ.get("wsgi.input")
        body = source.read(READ_LIMIT + 1 if length is None else length) if source else b""
    except (OSError, ValueError):
        raise Rejected(400, "the body could not be read") from None
    if len(body) > READ_LIMIT:
        raise Rejected(413, f"a body of more than {READ_LIMIT} bytes")
    return Request(
        method=str(environ.get("REQUEST_METHOD") or "").upper(),
        path=str(environ.get("PATH_INFO") or "/"),
        headers=headers,
        body=body,
        size=max(length or 0, len(body)),
        runtime=runtime,
    )


def _event_headers(given: object) -> dict[str, str]:
    """Names in lower case; FC's letter case is not documented, and lists or repeated names count as joined."""
    headers: dict[str, list[str]] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        texts = value if isinstance(value, list) else [value]
        found = [text for text in texts if isinstance(text, str)]
        if found:
            headers.setdefault(name.lower(), []).extend(found)
    return {name: ",".join(texts) for name, texts in headers.items()}


def _event_body(given: object, encoded: bool) -> bytes:
    if not isinstance(given, str):
        return b""
    raw = given.encode("utf-8", "surrogatepass")
    if encoded:
        try:
            raw = binascii.a2b_base64(raw)
        except binascii.Error:
            raw = b""  # reading it as JSON then answers 400, after the signature was looked at
    return raw
