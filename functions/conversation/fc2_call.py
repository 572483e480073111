"""An asynchronous invocation in FC 2.0's interface, as the package aliyun-fc2 writes it. The only door to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from conversation.dispatch import DispatchSettings, not_invoked
from conversation.fc3_call import authority_of
from conversation.outgoing import Post
from conversation.runtime import Runtime


@dataclass(frozen=True)
class Fc2Call:
    """Writes down 2016-08-15 invocations of `service`/`function`.

    The package's client writes and signs the request; it is sent like any other. Its own transport retries five times
    within minutes, and prints the credentials when FC answers with an error (read in aliyun-fc2 2.5.2, fc2/client.py).
    """

    settings: DispatchSettings

    def __call__(self, event: bytes, task_id: str, runtime: Runtime) -> Post:
        """The signed request. Raises HandOverRefused when the package, credentials or the endpoint are missing."""
        if runtime.credentials is None:
            raise not_invoked("FC gave this function no credentials")
        try:
            import fc2
        except ImportError:
            raise not_invoked("aliyun-fc2 is not in this package") from None
        authority = authority_of(self.settings, runtime)
        client = fc2.Client(
            endpoint=f"{'https' if self.settings.secure else 'http'}://{authority}",
            accessKeyID=runtime.credentials.key_id,
            accessKeySecret=runtime.credentials.key_secret,
            securityToken=runtime.credentials.token,  # never None: the package cannot bear that
        )
        written: list[Post] = []

        def write_down(_method: str, path: str, headers: Mapping[str, str], body: bytes) -> SimpleNamespace:
            kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            written.append(Post(self.settings.secure, authority, path, kept, body))
            return SimpleNamespace(headers={}, content=b"")

        client._do_request = write_down
        headers = {"x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": task_id}
        with _LoggingOff():
            client.invoke_function(self.settings.service, self.settings.function, event, headers)
        return written[0]


class _LoggingOff:
    """No log lines of others meanwhile: at DEBUG the package prints what it signs, the token included."""

    def __enter__(self) -> None:
        import logging

        self._before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        import logging

        logging.disable(self._before)
