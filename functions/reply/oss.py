"""Objects of a bucket through OSS's own interface, for what a mount cannot do. The only module that imports `oss2`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.credentials import Credentials
from shared.errors import StoreUnavailable
from shared.settings import SettingsReader

CONNECT_S = 3
"""Seconds until an OSS that does not answer counts as unreachable."""

FIRST_WITH_V4 = (2, 18, 4)
"""The first oss2 that signs as new accounts and new buckets want it
(https://help.aliyun.com/en/oss/developer-reference/guidelines-for-upgrading-v1-signatures-to-v4-signatures)."""

REMEDIES: Mapping[str, str] = {
    "SecurityToken": "the function's temporary credentials were refused: single ones: nothing, FC gives the function "
    "new ones; many: deploy again",
    "InvalidAccessKeyId": "the role's credentials are not known: see that the role is still there, deploy again",
    "Signature": "see the function's clock, and OSS_ENDPOINT; with python3.10 build with --oss2",
    "RequestTimeTooSkewed": "the function's clock is wrong: single ones: nothing; many: report it to Alibaba Cloud",
    "UserDisable": "the account is in arrears: pay",
    "AccessDenied": "allow the function's role oss:PutObject and oss:GetObject on the bucket",
    "NoSuchBucket": "OSS_BUCKET, or OSS_ENDPOINT, which is of another region",
    "InvalidBucketName": "OSS_BUCKET",
    "RequestError": "OSS_ENDPOINT, and the function's way to it",
}
"""What to do, by the first of these that OSS's error code (or the client's error) holds: a status says less."""

_ALIYUN = re.compile(r"https?://[a-z0-9.-]+\.aliyuncs\.com/?", re.IGNORECASE)


@dataclass(frozen=True)
class OssSettings:
    """Which bucket; `public_endpoint` is the one that links are signed for: people are not inside the region."""

    bucket: str
    endpoint: str
    public_endpoint: str

    @classmethod
    def read(cls, reader: SettingsReader, remedy: str = "") -> OssSettings:
        """Read OSS_BUCKET, OSS_ENDPOINT and OSS_PUBLIC_ENDPOINT; `remedy` is for where the first two must be set.

        Without the last, it is OSS_ENDPOINT without "-internal".
        """
        bucket, endpoint = reader.text("OSS_BUCKET", required=remedy), reader.text("OSS_ENDPOINT", required=remedy)
        public = reader.text("OSS_PUBLIC_ENDPOINT")
        if public and "://" not in public:
            public = f"https://{public}"
        return cls(bucket, endpoint, public or endpoint.replace("-internal.", "."))

    @property
    def complete(self) -> bool:
        """Whether objects can be reached at all."""
        return bool(self.bucket and self.endpoint)


class Oss:
    """One bucket. Every method raises StoreUnavailable when OSS does not do what it should.

    `credentials` are asked for each time; `region` is the function's, and so the bucket's.
    """

    def __init__(self, settings: OssSettings, credentials: Callable[[], Credentials | None], region: str) -> None:
        self._settings = settings
        self._credentials = credentials
        self._region = region

    def create(self, key: str, content: bytes) -> bool:
        """Put an object that does not exist yet; False when it exists already.

        The put is atomic on buckets that never had versioning
        (https://www.alibabacloud.com/help/en/oss/developer-reference/putobject, x-oss-forbid-overwrite).
        """
        import oss2  # its one door; imported only where a bucket is asked for something

        with _told("creating an object"):
            try:
                self._bucket().put_object(key, content, headers={"x-oss-forbid-overwrite": "true"})
            except oss2.exceptions.ServerError as refused:
                if refused.status != 409:
                    raise
                return False
        return True

    def read(self, key: str) -> bytes:
        """The content of an object."""
        with _told("reading an object"):
            content: bytes = self._bucket().get_object(key).read()
        return content

    def put(self, key: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Put an object; `headers` are what it is served with."""
        with _told("putting an object"):
            self._bucket().put_object(key, content, headers=dict(headers))

    def link(self, key: str, seconds: int) -> str:
        """A link that opens the object for anybody who has it, for so long, or until the role's credentials end."""
        with _told("signing a link"):
            signed: str = self._bucket(self._settings.public_endpoint).sign_url("GET", key, seconds, slash_safe=True)
        return signed

    def _bucket(self, endpoint: str = "") -> Any:
        import oss2

        endpoint = endpoint or self._settings.endpoint
        held = self._credentials()
        if held is None:
            raise ValueError("no credentials")
        provider = oss2.StaticCredentialsProvider(held.key_id, held.key_secret, held.token)
        newer = bool(self._region) and _version(oss2.__version__) >= FIRST_WITH_V4
        session = oss2.Session()
        session.session.trust_env = False
        return oss2.Bucket(
            oss2.ProviderAuthV4(provider) if newer else oss2.ProviderAuth(provider),
            endpoint,
            self._settings.bucket,
            is_cname=not _ALIYUN.fullmatch(endpoint),
            session=session,
            connect_timeout=CONNECT_S,
            region=self._region or None,
        )


@contextmanager
def _told(operation: str) -> Iterator[None]:
    """Make one error of the many that oss2 has, without the request that it would tell."""
    import oss2

    try:
        yield
    except (oss2.exceptions.OssError, oss2.exceptions.ClientError, OSError, ValueError) as problem:
        code = str(getattr(problem, "code", ""))
        cause = f"{type(problem).__name__} {getattr(problem, 'status', '')} {code}".strip()
        raise StoreUnavailable(operation, cause, remedy_for(code or type(problem).__name__)) from None


def remedy_for(code: str) -> str:
    """What to do about an error code of OSS; "" where that is not known."""
    return next((remedy for known, remedy in REMEDIES.items() if known.lower() in code.lower()), "")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
