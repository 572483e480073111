"""The signatures of the four services, as their servers check them. Shares no code with the functions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from types import SimpleNamespace

from local.functions import ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN

SKEW = 15 * 60
"""Seconds a signed request may be off the server's clock."""


class SignatureRefused(Exception):
    """The request is not signed as it must be; the text says what was found and what was wanted."""


def dingtalk(secret: str, timestamp: str) -> str:
    """DingTalk's signature of a robot callback: https://open.dingtalk.com/document/orgapp/receive-message ."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def check_acs3(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, now: float
) -> None:
    """Check ACS3-HMAC-SHA256 with the official SDK's own signer; `headers` have lower-case names.

    Raises SignatureRefused. Rules: https://alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
    """
    from alibabacloud_tea_openapi.utils import Utils  # slow to import, needed for the first invocation only

    authorization = headers.get("authorization", "")
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.partition("=")[::2] for part in rest.split(","))
    if scheme != "ACS3-HMAC-SHA256" or not {"Credential", "SignedHeaders", "Signature"} <= parts.keys():
        raise SignatureRefused(
            f"found Authorization of scheme {scheme!r}, wanted ACS3-HMAC-SHA256 with its three parts"
        )
    _check_keys(parts["Credential"], headers.get("x-acs-security-token"))
    names = parts["SignedHeaders"].split(";")
    needed = {"host", *(name for name in headers if name.startswith("x-acs-"))}
    if missing := sorted(needed - set(names)):
        raise SignatureRefused(f"not signed: {', '.join(missing)}")
    _check_acs3_values(headers, body, now)
    signed = SimpleNamespace(method=method, pathname=path, query=query, headers={n: headers.get(n, "") for n in names})
    wanted = Utils.get_authorization(
        signed, "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], ACCESS_KEY_ID, ACCESS_KEY_SECRET
    )
    if not hmac.compare_digest(wanted, authorization):
        raise SignatureRefused("the signature does not match")


def _check_acs3_values(headers: Mapping[str, str], body: bytes, now: float) -> None:
    if headers.get("x-acs-content-sha256") != hashlib.sha256(body).hexdigest():
        raise SignatureRefused("x-acs-content-sha256 is not the hash of the body")
    if headers.get("x-acs-version") != "2023-03-30" or headers.get("x-acs-action") != "InvokeFunction":
        raise SignatureRefused("x-acs-version or x-acs-action is not that of InvokeFunction, 2023-03-30")
    if not headers.get("x-acs-signature-nonce"):
        raise SignatureRefused("x-acs-signature-nonce is missing")
    try:
        at = datetime.strptime(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise SignatureRefused("x-acs-date is not of the form YYYY-MM-DDThh:mm:ssZ") from None
    if abs(at.timestamp() - now) > SKEW:
        raise SignatureRefused("x-acs-date is more than 15 minutes off")


def check_fc2(method: str, path: str, headers: Mapping[str, str]) -> None:
    """Check FC 2.0's signature; raises SignatureRefused. Rules: fc2/auth.py of the package aliyun-fc2."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    key_id, _, signature = rest.partition(":")
    if scheme != "FC":
        raise SignatureRefused(f"found Authorization of scheme {scheme!r}, wanted FC")
    _check_keys(key_id, headers.get("x-fc-security-token"))
    own = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-fc-"))
    plain = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    text = "\n".join([method, *plain, own + path])
    wanted = base64.b64encode(hmac.new(ACCESS_KEY_SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(wanted, signature):
        raise SignatureRefused("the signature does not match")


def check_oss(method: str, bucket: str, key: str, headers: Mapping[str, str]) -> None:
    """Check OSS's signature version 1; raises SignatureRefused.

    Rules: oss2/auth.py of aliyun/aliyun-oss-python-sdk.
    """
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    key_id, _, signature = rest.partition(":")
    if scheme != "OSS":
        raise SignatureRefused(f"found Authorization of scheme {scheme!r}, wanted OSS")
    _check_keys(key_id, headers.get("x-oss-security-token"))
    own = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-"))
    date = headers.get("x-oss-date") or headers.get("date", "")
    plain = [headers.get("content-md5", ""), headers.get("content-type", ""), date]
    text = "\n".join([method, *plain, f"{own}/{bucket}/{key}"])
    # The service's own choice of hash; nothing is protected here.
    wanted = base64.b64encode(hmac.new(ACCESS_KEY_SECRET.encode(), text.encode(), "sha1").digest()).decode()
    if not hmac.compare_digest(wanted, signature):
        raise SignatureRefused("the signature does not match")


def _check_keys(key_id: str, token: str | None) -> None:
    if key_id != ACCESS_KEY_ID:
        raise SignatureRefused(f"unknown access key id {key_id[:40]!r}")
    if token != SECURITY_TOKEN:
        raise SignatureRefused("the security token is missing or wrong")
