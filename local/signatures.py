"""The signatures of the four services, as their servers check them. Shares no code with the functions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from local.functions import ACCESS_KEY_ID, ACCESS_KEY_SECRET, REGION, SECURITY_TOKEN

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
    """Check ACS3-HMAC-SHA256 as the official SDK signs (its own signer is asked by the tests); names are lower-case.

    Raises SignatureRefused. Rules: https://alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
    """
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
    canonical = [
        method,
        path or "/",
        "&".join(f"{name}={quote(query[name], safe='~')}" for name in sorted(query)),
        "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in sorted(names)),
        ";".join(sorted(names)),
        headers["x-acs-content-sha256"],
    ]
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    wanted = hmac.new(ACCESS_KEY_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    if names != sorted(names) or not hmac.compare_digest(wanted, parts["Signature"]):
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


def check_oss(
    method: str, bucket: str, key: str, headers: Mapping[str, str], query: Mapping[str, str] | None = None
) -> float:
    """Check OSS's signature, version 1 or 4, of a request; returns when it was signed. Raises SignatureRefused.

    Rules: oss2/auth.py of aliyun/aliyun-oss-python-sdk.
    """
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme == "OSS4-HMAC-SHA256":
        parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        names = [name for name in headers if name.startswith("x-oss-") or name in ("content-type", "content-md5")]
        signed = {name: headers[name] for name in names}
        token, date = headers.get("x-oss-security-token"), headers.get("x-oss-date", "")
        return _check_oss4(
            method,
            f"/{bucket}/{key}",
            query or {},
            signed,
            parts.get("Credential", ""),
            token,
            date,
            parts.get("Signature", ""),
        )
    key_id, _, signature = rest.partition(":")
    if scheme != "OSS":
        raise SignatureRefused(f"found Authorization of scheme {scheme!r}, wanted OSS4-HMAC-SHA256 or OSS")
    _check_keys(key_id, headers.get("x-oss-security-token"))
    own = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-"))
    date = headers.get("x-oss-date") or headers.get("date", "")
    plain = [headers.get("content-md5", ""), headers.get("content-type", ""), date]
    _check_oss1("\n".join([method, *plain, f"{own}/{bucket}/{key}"]), signature)
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        raise SignatureRefused("date is missing or unreadable") from None


def check_oss_link(method: str, bucket: str, key: str, query: Mapping[str, str]) -> float:
    """Check a presigned link, of version 1 or 4; returns when it ends. Raises SignatureRefused.

    Anybody may open it: nothing but the address is looked at.
    """
    path, query = f"/{bucket}/{key}", dict(query)
    if query.get("x-oss-signature-version") == "OSS4-HMAC-SHA256":
        signature, token = query.pop("x-oss-signature", ""), query.get("x-oss-security-token")
        begins = _check_oss4(
            method, path, query, {}, query.get("x-oss-credential", ""), token, query.get("x-oss-date", ""), signature
        )
        return begins + _whole(query.get("x-oss-expires", ""), 7 * 86400)
    expires, token = query.get("Expires", ""), query.get("security-token")
    _check_keys(query.get("OSSAccessKeyId", ""), token)
    unknown = sorted(query.keys() - {"OSSAccessKeyId", "Expires", "Signature", "security-token"})
    if unknown:
        raise SignatureRefused(f"found {', '.join(unknown)} in a link; this stand-in does not know them")
    _check_oss1("\n".join([method, "", "", expires, f"{path}?security-token={token}"]), query.get("Signature", ""))
    return _whole(expires, 2**40)


def _check_oss1(text: str, signature: str) -> None:
    # The service's own choice of hash; nothing is protected here.
    wanted = base64.b64encode(hmac.new(ACCESS_KEY_SECRET.encode(), text.encode(), "sha1").digest()).decode()
    if not hmac.compare_digest(wanted, signature):
        raise SignatureRefused("the signature does not match")


def _check_oss4(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    credential: str,
    token: str | None,
    date: str,
    signature: str,
) -> float:
    key_id, _, scope = credential.partition("/")
    _check_keys(key_id, token)
    if scope != f"{date[:8]}/{REGION}/oss/aliyun_v4_request":
        raise SignatureRefused(f"found the scope {scope!r}, wanted one of this day and of the region {REGION}")
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in query.items())
    canonical = [
        method,
        quote(path, safe="/~"),
        "&".join(f"{name}={value}" if value else name for name, value in pairs),
        "".join(f"{name}:{headers[name]}\n" for name in sorted(headers)),
        "",
        headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    secret = b"aliyun_v4" + ACCESS_KEY_SECRET.encode()
    for part in scope.split("/"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["OSS4-HMAC-SHA256", date, scope, digest])
    if not hmac.compare_digest(hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(), signature):
        raise SignatureRefused("the signature does not match")
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise SignatureRefused("x-oss-date is not of the form YYYYMMDDThhmmssZ") from None


def _whole(text: str, most: int) -> int:
    if not text.isdigit() or int(text) > most:
        raise SignatureRefused(f"found {text[:20]!r} seconds, wanted a whole number up to {most}")
    return int(text)


def _check_keys(key_id: str, token: str | None) -> None:
    if key_id != ACCESS_KEY_ID:
        raise SignatureRefused(f"unknown access key id {key_id[:40]!r}")
    if token != SECURITY_TOKEN:
        raise SignatureRefused("the security token is missing or wrong")
