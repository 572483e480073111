"""An asynchronous invocation in FC 3.0's interface: `InvokeFunction`, signed with ACS3.

Path, headers and host as in the public package alibabacloud-fc20230330 and github.com/devsapp/fc3.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass

from conversation.acs3 import authorization, canonical_query, percent_encoded
from conversation.dispatch import DispatchSettings, not_invoked
from conversation.outgoing import Post
from conversation.runtime import Runtime
from shared.clock import Clock

_VERSION = "2023-03-30"
_QUERY = {"qualifier": "LATEST"}


@dataclass(frozen=True)
class Fc3Call:
    """Writes down InvokeFunction requests."""

    settings: DispatchSettings
    clock: Clock

    def __call__(self, event: bytes, task_id: str, runtime: Runtime) -> Post:
        """The signed request. Raises HandOverRefused when credentials or the endpoint are not known."""
        if runtime.credentials is None:
            raise not_invoked("FC gave this function no credentials")
        path = f"/{_VERSION}/functions/{percent_encoded(self.settings.function)}/invocations"
        body_hash = hashlib.sha256(event).hexdigest()
        headers = {
            "host": authority_of(self.settings, runtime),
            "content-type": "application/octet-stream",
            "x-acs-action": "InvokeFunction",
            "x-acs-content-sha256": body_hash,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock.now())),
            "x-acs-signature-nonce": os.urandom(16).hex(),
            "x-acs-version": _VERSION,
            "x-fc-async-task-id": task_id,
            "x-fc-invocation-type": "Async",
        }
        if runtime.credentials.token:
            headers["x-acs-accesskey-id"] = runtime.credentials.key_id
            headers["x-acs-security-token"] = runtime.credentials.token
        signed = authorization("POST", path, _QUERY, headers, body_hash, runtime.credentials)
        return Post(
            secure=self.settings.secure,
            authority=headers["host"],
            target=f"{path}?{canonical_query(_QUERY)}",
            headers={**headers, "authorization": signed},
            body=event,
        )


def authority_of(settings: DispatchSettings, runtime: Runtime) -> str:
    """The endpoint's host and port: the setting, else the account's public one in its region."""
    if settings.authority:
        return settings.authority
    if runtime.account_id and runtime.region:
        return f"{runtime.account_id}.{runtime.region}.fc.aliyuncs.com"
    raise not_invoked("account and region are not known")
