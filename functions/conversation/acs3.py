"""Alibaba Cloud's request signature ACS3-HMAC-SHA256, for the one call this function makes.

https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature; the tests compare it byte
for byte with the signer of the package alibabacloud-tea-openapi.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from shared.credentials import Credentials

_ALGORITHM = "ACS3-HMAC-SHA256"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def percent_encoded(text: str, *, safe: str = "") -> str:
    """RFC 3986 encoding of UTF-8; `safe` are ASCII characters that stay as they are.

    Own lines instead of urllib.parse: its import costs more than everything else that acknowledging needs.
    """
    kept = _UNRESERVED | frozenset(safe.encode())
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in text.encode())


def canonical_query(query: Mapping[str, str]) -> str:
    """The query string as it is signed and as it must be sent."""
    return "&".join(f"{name}={percent_encoded(query[name])}" for name in sorted(query))


def authorization(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body_hash: str,
    credentials: Credentials,
) -> str:
    """The Authorization header. `path` is already encoded, all `headers` are signed, `body_hash` is hex SHA-256."""
    lines = {name.lower(): value.strip() for name, value in headers.items()}
    names = sorted(lines)
    signed = ";".join(names)
    canonical = "\n".join(
        (method, path, canonical_query(query), "".join(f"{n}:{lines[n]}\n" for n in names), signed, body_hash)
    )
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    mac = hmac.digest(credentials.key_secret.encode(), to_sign.encode(), "sha256").hex()
    return f"{_ALGORITHM} Credential={credentials.key_id},SignedHeaders={signed},Signature={mac}"
