"""The credentials FC gives a function for its role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """A role's temporary key; `token` is empty for a permanent key."""

    key_id: str
    key_secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def credentials_of(context: object, environ: Mapping[str, str]) -> Credentials | None:
    """From the context where it carries them, else from the environment; None when neither has them.

    Call it for every use: tokens expire. FC's python3.12 has no `context.credentials`, python3.10 has
    (https://www.alibabacloud.com/help/en/fc/user-guide/context).
    """
    given = getattr(context, "credentials", None)
    key_id = getattr(given, "access_key_id", None)
    key_secret = getattr(given, "access_key_secret", None)
    if key_id and key_secret:
        return Credentials(key_id, key_secret, getattr(given, "security_token", None) or "")
    key_id = environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
    key_secret = environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")
    if key_id and key_secret:
        return Credentials(key_id, key_secret, environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""))
    return None
