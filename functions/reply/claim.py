"""Whose message it is, where several copies of an event may run at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.credentials import Credentials
from shared.log import Log
from shared.message import Message
from shared.settings import SettingsReader


@dataclass(frozen=True)
class ClaimSettings:
    """`by` is "task" (FC's task id is the claim) or "oss" (a create-only put, for regions without task mode)."""

    by: str
    bucket: str
    endpoint: str

    @classmethod
    def read(cls, reader: SettingsReader) -> ClaimSettings:
        """Read CLAIM, OSS_BUCKET and OSS_ENDPOINT; the latter two are needed for CLAIM=oss only."""
        by = reader.choice("CLAIM", "task", ("task", "oss"))
        remedy = "set it to your bucket's, or leave CLAIM out" if by == "oss" else ""
        return cls(by, reader.text("OSS_BUCKET", required=remedy), reader.text("OSS_ENDPOINT", required=remedy))


class Claim(Protocol):
    """Decides between copies of one message."""

    def holds(self, message: Message) -> bool:
        """Whether this event may go on. Never raises."""
        ...


class TaskClaim:
    """FC refused every other event with this message's task id, so whoever runs holds it."""

    def holds(self, message: Message) -> bool:
        """Always."""
        return bool(message.turn_id)


class OssClaim:
    """The first event to create `claims/<turn id>` holds the message; FC's retries of that event hold it too.

    The put is atomic on buckets that never had versioning
    (https://www.alibabacloud.com/help/en/oss/developer-reference/putobject, x-oss-forbid-overwrite).
    """

    CONNECT_S = 3
    """Seconds until an OSS that does not answer counts as unreachable."""

    def __init__(self, settings: ClaimSettings, credentials: Callable[[], Credentials | None], log: Log) -> None:
        self._settings = settings
        self._credentials = credentials
        self._log = log

    def holds(self, message: Message) -> bool:
        """False only when another hand-over certainly holds it; an unreachable OSS does not stop an answer."""
        import oss2  # its one door; imported only where CLAIM=oss asks for it

        key = f"claims/{message.turn_id}"
        try:
            bucket = self._bucket()
            try:
                bucket.put_object(key, message.handover, headers={"x-oss-forbid-overwrite": "true"})
            except oss2.exceptions.ServerError as refused:
                if refused.status != 409:
                    raise
                holder: bytes = bucket.get_object(key).read()
                return holder == message.handover.encode()
        except (oss2.exceptions.OssError, oss2.exceptions.ClientError, OSError, ValueError) as problem:
            self._log.error(
                "claim_failed",
                problem=f"{type(problem).__name__} {getattr(problem, 'status', '')} {getattr(problem, 'code', '')}",
                remedy="check OSS_BUCKET, OSS_ENDPOINT and the role's oss:PutObject; the message goes on unclaimed",
            )
        return True

    def _bucket(self) -> _Bucket:
        import oss2

        held = self._credentials()
        if held is None:
            raise ValueError("no credentials")
        auth = (
            oss2.StsAuth(held.key_id, held.key_secret, held.token)
            if held.token
            else oss2.Auth(held.key_id, held.key_secret)
        )
        session = oss2.Session()
        session.session.trust_env = False
        bucket: _Bucket = oss2.Bucket(
            auth, self._settings.endpoint, self._settings.bucket, session=session, connect_timeout=self.CONNECT_S
        )
        return bucket


class _Body(Protocol):
    def read(self) -> bytes: ...


class _Bucket(Protocol):
    def put_object(self, key: str, data: str, headers: dict[str, str]) -> object: ...

    def get_object(self, key: str) -> _Body: ...
