"""What is deployed in the local cloud: functions, their settings, and what FC adds to them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "1234567890123456"
REGION = "cn-local"
ACCESS_KEY_ID = "STS.LocalCloudAccessKey"
ACCESS_KEY_SECRET = "local-cloud-access-key-secret"  # noqa: S105  # invented; opens nothing
SECURITY_TOKEN = "local-cloud-security-token"  # noqa: S105  # invented; opens nothing
SERVICE = "local"

CODE = Path(__file__).resolve().parent.parent / "functions"
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Function:
    """One function: entry point, settings and limits. `timeout` is in seconds, `memory` in MB.

    `skew` is how many seconds the clocks of its instances are ahead of the cloud's, one after the other.
    """

    name: str
    handler: str
    settings: Mapping[str, str]
    code: tuple[Path, ...] = (CODE,)
    timeout: float = 60
    memory: int = 512
    instances: int = 10
    runtime: str = "python3.12"
    preload: tuple[str, ...] = field(default=("json", "http.client", "ssl"))
    skew: tuple[float, ...] = (0.0,)

    def facts(self) -> dict[str, object]:
        """What the context of each invocation says."""
        credentials = {
            "access_key_id": ACCESS_KEY_ID,
            "access_key_secret": ACCESS_KEY_SECRET,
            "security_token": SECURITY_TOKEN,
        }
        return {
            "function": self.name,
            "handler": self.handler,
            "memory": self.memory,
            "timeout": int(self.timeout) if self.timeout >= 1 else self.timeout,
            "region": REGION,
            "account_id": ACCOUNT,
            "runtime": self.runtime,
            "service": SERVICE,
            "credentials": credentials,
        }

    def environment(self, instance: str) -> dict[str, str]:
        """Environment of an instance: what FC sets, the function's settings, and what any process needs.

        FC's names: https://www.alibabacloud.com/help/tc/functioncompute/fc-2-0/user-guide/fc-environment-variables
        """
        version = "FC_VER_ID" if self.runtime == "python3.10" else "FC_FUNCTION_VERSION"
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "FC_FUNC_CODE_PATH": str(self.code[0]) + os.sep,
            "FC_ACCOUNT_ID": ACCOUNT,
            "FC_REGION": REGION,
            "FC_FUNCTION_NAME": self.name,
            "FC_FUNCTION_HANDLER": self.handler,
            "FC_FUNCTION_MEMORY_SIZE": str(self.memory),
            "FC_INSTANCE_ID": instance,
            "FC_CUSTOM_LISTEN_PORT": "9000",
            version: "LATEST",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
            "ALIBABA_CLOUD_SECURITY_TOKEN": SECURITY_TOKEN,
            **self.settings,
        }
