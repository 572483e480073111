"""The door to OSS: which endpoint and signature are used, and what is told when it does not work."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from reply.oss import Oss, OssSettings
from shared.credentials import Credentials
from shared.errors import StoreUnavailable
from shared.settings import SettingsReader

INNER = "https://oss-ap-northeast-1-internal.aliyuncs.com"
KEYS = Credentials("key-id", "key-secret", "token")

# Version 4 of the client takes the time in a way that Python 3.12 calls deprecated; and when Python first compiles the
# client, it warns of the escapes in its texts.
pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*invalid escape sequence"),
]


def settings(**given: str) -> OssSettings:
    return OssSettings.read(SettingsReader({"OSS_BUCKET": "my-bucket", "OSS_ENDPOINT": INNER, **given}))


@pytest.mark.parametrize(
    ("public", "host"),
    [
        ("", "my-bucket.oss-ap-northeast-1.aliyuncs.com"),
        ("https://oss-ap-northeast-1.aliyuncs.com", "my-bucket.oss-ap-northeast-1.aliyuncs.com"),
        ("oss-accelerate.aliyuncs.com", "my-bucket.oss-accelerate.aliyuncs.com"),
        ("https://files.example.com", "files.example.com"),
    ],
)
@pytest.mark.parametrize("region", ["ap-northeast-1", ""])
def test_links_are_for_people(public: str, host: str, region: str) -> None:
    """Never for the inner endpoint; a domain of one's own is not put behind the bucket's name."""
    link = urlsplit(Oss(settings(OSS_PUBLIC_ENDPOINT=public), lambda: KEYS, region).link("exports/a.md", 900))
    assert (link.scheme, link.netloc, link.path) == ("https", host, "/exports/a.md")
    query = parse_qs(link.query)
    if region:
        assert query["x-oss-signature-version"] == ["OSS4-HMAC-SHA256"]
        assert query["x-oss-expires"] == ["900"]
        assert query["x-oss-credential"][0].endswith(f"/{region}/oss/aliyun_v4_request")
    else:
        assert query["OSSAccessKeyId"] == ["key-id"]


def test_without_settings_there_is_no_bucket() -> None:
    """Both are needed."""
    assert settings().complete
    assert not settings(OSS_BUCKET="").complete
    assert not settings(OSS_ENDPOINT="").complete


@pytest.mark.parametrize("region", ["cn-local", ""])
def test_what_goes_wrong(region: str) -> None:
    """One error, which carries neither key nor address."""
    closed = Oss(settings(OSS_ENDPOINT="http://127.0.0.1:9"), lambda: KEYS, region)
    for attempt in (
        lambda: closed.put("a", b"x", {}),
        lambda: closed.create("a", b"x"),
        lambda: closed.read("a"),
        lambda: Oss(settings(), lambda: None, region).link("a", 60),
        lambda: Oss(settings(OSS_BUCKET="No_Bucket"), lambda: KEYS, region).link("a", 60),
    ):
        with pytest.raises(StoreUnavailable) as failed:
            attempt()
        assert "127.0.0.1" not in str(failed.value)
        assert "key-" not in str(failed.value)
