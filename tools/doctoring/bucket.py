"""The bucket: reachable and writable, with this machine's key; what the function's role may do is not seen here."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from typing import Any

import oss2

from doctoring.examination import AccessKey, Examination
from doctoring.finding import Finding, ok, problem, skipped

CHECKS = ("bucket.reachable", "bucket.writable")
_NO_KEY = "export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (a key that may use the bucket)"
_KEY = {
    "SecurityToken": "the token of this machine's key has ended: get a new one, or use a key without a token",
    "InvalidAccessKeyId": "OSS does not know this key: correct ALIBABA_CLOUD_ACCESS_KEY_ID, or make a new key",
    "SignatureDoesNotMatch": "correct ALIBABA_CLOUD_ACCESS_KEY_SECRET: it is not the secret of this key",
    "RequestTimeTooSkewed": "set this machine's clock: see clock.skew",
    "UserDisable": "the account is in arrears: pay",
}
"""What a code says of the key; a status of 403 alone would say the same of all."""

CONNECT_S = 10


def bucket(examined: Examination) -> Iterator[Finding]:
    """Put a small object under a name that nobody has, and delete it."""
    key = examined.access_key
    name, endpoint = bucket_of(examined)
    if not name or not endpoint:
        yield from (skipped(check, "s.yaml names no bucket: see functions.mount") for check in CHECKS)
    elif key is None:
        yield from (skipped(check, "no key to Alibaba Cloud is at hand", _NO_KEY) for check in CHECKS)
    else:
        logging.getLogger("oss2").setLevel(logging.CRITICAL)  # it repeats every error on the error output
        yield from _probed(name, endpoint, key, dict(examined.web.proxies))


def bucket_of(examined: Examination) -> tuple[str, str]:
    """The mounted bucket's name, and its endpoint as seen from outside Alibaba Cloud."""
    mount = examined.deployment.props("reply").get("ossMountConfig")
    points = mount.get("mountPoints") if isinstance(mount, dict) else None
    point = points[0] if isinstance(points, list) and points and isinstance(points[0], dict) else {}
    endpoint = examined.options.oss_endpoint or str(point.get("endpoint") or "").replace("-internal.", ".")
    return str(point.get("bucketName") or ""), endpoint.replace("http://oss-", "https://oss-")


def _probed(name: str, endpoint: str, key: AccessKey, proxies: dict[str, str]) -> Iterator[Finding]:
    reachable, writable = CHECKS
    probe = f"doctor-{secrets.token_hex(8)}"
    try:
        opened = _opened(name, endpoint, key, proxies)
        opened.put_object(probe, b"", headers={"x-oss-forbid-overwrite": "true"})
    except (oss2.exceptions.OssError, ValueError) as reason:
        yield from _refused(name, endpoint, reason)
        return
    yield ok(reachable, f"{name} at {endpoint}")
    try:
        opened.delete_object(probe)
    except oss2.exceptions.OssError as reason:
        found = f"the object {probe} could be written and not deleted ({_code(reason)})"
        yield problem(writable, found, "both", f"allow oss:DeleteObject on {name}/*, and delete {probe}")
    else:
        yield ok(writable, "an object was written and deleted with the key of this machine")


def _refused(name: str, endpoint: str, reason: Exception) -> Iterator[Finding]:
    reachable, writable = CHECKS
    status, code = getattr(reason, "status", 0), _code(reason)
    wrong_region = "specified endpoint" in str(getattr(reason, "message", "")).lower()
    if isinstance(reason, oss2.exceptions.ServerError) and status > 0 and code != "NoSuchBucket" and not wrong_region:
        yield ok(reachable, f"{name} at {endpoint}")
        allow = f"allow this key oss:PutObject and oss:DeleteObject on {name}/*; the function's role needs it too"
        remedy = next((told for known, told in _KEY.items() if known in code), allow)
        yield problem(writable, f"an object could not be written: {status} {code}", "200", remedy)
        return
    if code == "NoSuchBucket" or wrong_region:
        found, remedy = f"{endpoint} has no bucket {name} ({code})", "make it there, or correct OSS_BUCKET or REGION"
    elif isinstance(reason, oss2.exceptions.RequestError):
        found, remedy = f"{endpoint} cannot be reached", "check REGION, and this machine's network and proxy"
    else:
        found, remedy = f"{name} at {endpoint} is no bucket ({code})", "correct OSS_BUCKET or REGION"
    yield problem(reachable, found, "the bucket of s.yaml", remedy)
    yield skipped(writable, "the bucket was not reached")


def _opened(name: str, endpoint: str, key: AccessKey, proxies: dict[str, str]) -> Any:
    auth = oss2.StsAuth(key.key_id, key.key_secret, key.token) if key.token else oss2.Auth(key.key_id, key.key_secret)
    session = oss2.Session()
    session.session.trust_env = False
    session.session.proxies = proxies
    return oss2.Bucket(auth, endpoint, name, session=session, connect_timeout=CONNECT_S)


def _code(reason: Exception) -> str:
    return str(getattr(reason, "code", "") or type(reason).__name__)[:80]
