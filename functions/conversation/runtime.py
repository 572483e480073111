"""What Function Compute says about one invocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.credentials import Credentials, credentials_of

Platform = Literal["fc3", "fc2"]


@dataclass(frozen=True)
class Runtime:
    """The platform's own facts: empty where it does not tell them. `request_id` is FC's, for searching its log."""

    platform: Platform
    request_id: str = ""
    account_id: str = ""
    region: str = ""
    credentials: Credentials | None = None

    @classmethod
    def of(cls, platform: Platform, context: object, environ: Mapping[str, str]) -> Runtime:
        """Read the context, then the environment; to be called for every invocation, since credentials expire.

        Attributes and variables: https://www.alibabacloud.com/help/en/fc/user-guide/context and
        https://www.alibabacloud.com/help/en/fc/user-guide/environment-variables.
        """
        return cls(
            platform=platform,
            request_id=_text(context, "request_id"),
            account_id=_text(context, "account_id") or environ.get("FC_ACCOUNT_ID", ""),
            region=_text(context, "region") or environ.get("FC_REGION", ""),
            credentials=credentials_of(context, environ),
        )


def _text(context: object, name: str) -> str:
    value = getattr(context, name, None)
    return value if isinstance(value, str) else ""
