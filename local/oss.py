"""Just enough of Object Storage Service for a create-only put: put, get, head and delete of objects in memory.

Facts: PutObject in OSS's API reference (x-oss-forbid-overwrite, 409 FileAlreadyExists).
"""

from __future__ import annotations

import secrets
from email.utils import parsedate_to_datetime

from aiohttp import web

from local.clock import CloudClock
from local.faults import Faults
from local.signatures import SKEW, SignatureRefused, check_oss
from local.web import Site, reset

BUCKET = "local-bucket"


class ObjectStorage:
    """The stand-in: one bucket, path-style addresses."""

    def __init__(self, clock: CloudClock) -> None:
        self.site = Site(self._handle)
        self.objects: dict[str, bytes] = {}
        self.faults = Faults()
        self._clock = clock

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self.faults.take()
        if fault is not None:
            return reset(request) if fault.kind == "reset" else _error(int(fault.kind), "InternalError")
        bucket, _, key = request.path.lstrip("/").partition("/")
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            check_oss(request.method, bucket, key, headers)
            self._check_date(headers.get("date", ""))
        except SignatureRefused as refusal:
            return _error(403, "SignatureDoesNotMatch", str(refusal))
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        if request.method == "PUT":
            if headers.get("x-oss-forbid-overwrite") == "true" and key in self.objects:
                return _error(409, "FileAlreadyExists")
            self.objects[key] = body
            return web.Response(headers=_headers())
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204, headers=_headers())
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        return web.Response(body=self.objects[key], headers=_headers())

    def _check_date(self, date: str) -> None:
        try:
            at = parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            raise SignatureRefused("date is missing or unreadable") from None
        if abs(at - self._clock.now()) > SKEW:
            raise SignatureRefused("date is more than 15 minutes off")


def _headers() -> dict[str, str]:
    return {"x-oss-request-id": secrets.token_hex(12).upper(), "ETag": '"0"'}


def _error(status: int, code: str, message: str = "") -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>{message or code}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml", headers=_headers())
