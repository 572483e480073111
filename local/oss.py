"""Just enough of Object Storage Service: put, get, head, delete and list objects in memory, and presigned links.

Facts: PutObject in OSS's API reference (x-oss-forbid-overwrite, 409 FileAlreadyExists); a link that has ended is
403 AccessDenied.
"""

from __future__ import annotations

import secrets
import time
from urllib.parse import quote

from aiohttp import web

from local.clock import CloudClock
from local.faults import Faults
from local.signatures import SKEW, SignatureRefused, check_oss, check_oss_link
from local.web import Site, reset

BUCKET = "local-bucket"


class ObjectStorage:
    """The stand-in: one bucket, path-style addresses."""

    def __init__(self, clock: CloudClock) -> None:
        self.site = Site(self._handle)
        self.objects: dict[str, bytes] = {}
        self._served_with: dict[str, dict[str, str]] = {}
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
            if "authorization" in headers:
                self._check_date(check_oss(request.method, bucket, key, headers, request.query))
            elif self._clock.now() > check_oss_link(request.method, bucket, key, request.query):
                return _error(403, "AccessDenied", "Request has expired.")
        except SignatureRefused as refusal:
            return _error(403, "SignatureDoesNotMatch", str(refusal))
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        if request.method == "PUT":
            if headers.get("x-oss-forbid-overwrite") == "true" and key in self.objects:
                return _error(409, "FileAlreadyExists")
            self.objects[key] = body
            kept = ("Content-Type", "Content-Disposition")
            self._served_with[key] = {name: request.headers[name] for name in kept if name in request.headers}
            return web.Response(headers=_headers())
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204, headers=_headers())
        if not key and request.method == "GET":
            return self._listed(request)
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        return web.Response(body=self.objects[key], headers=_headers() | self._served_with.get(key, {}))

    def _listed(self, request: web.Request) -> web.Response:
        """ListObjects: https://www.alibabacloud.com/help/en/oss/developer-reference/listobjects ."""
        prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
        most = int(request.query.get("max-keys") or 100)
        found = [key for key in sorted(self.objects) if key.startswith(prefix) and key > marker]
        cut = len(found) > most
        contents = "".join(
            f"<Contents><Key>{quote(key, safe='')}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"0"</ETag><Type>Normal</Type><Size>{len(self.objects[key])}</Size>'
            "<StorageClass>Standard</StorageClass></Contents>"
            for key in found[:most]
        )
        after = f"<NextMarker>{quote(found[most - 1], safe='')}</NextMarker>" if cut else ""
        text = (
            f"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{str(cut).lower()}</IsTruncated>"
            f"{after}{contents}</ListBucketResult>"
        )
        return web.Response(text=text, content_type="application/xml", headers=_headers())

    def _check_date(self, at: float) -> None:
        # oss2 takes the date of version 4 from where no clock of an instance reaches: then it is the machine's.
        if min(abs(at - self._clock.now()), abs(at - time.time())) > SKEW:
            raise SignatureRefused("date is more than 15 minutes off")


def _headers() -> dict[str, str]:
    return {"x-oss-request-id": secrets.token_hex(12).upper(), "ETag": '"0"'}


def _error(status: int, code: str, message: str = "") -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>{message or code}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml", headers=_headers())
