"""Only an address that is certainly DingTalk's is ever posted to."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.errors import WebhookRefused
from shared.webhook import checked_webhook

HOSTS = ("oapi.dingtalk.com", "Ding.Example.com")
PATH = "/robot/sendBySession?session="
GOOD = f"https://oapi.dingtalk.com{PATH}0aF_-9"


@pytest.mark.parametrize(
    ("url", "rebuilt"),
    [
        (GOOD, GOOD),
        (f"https://oapi.dingtalk.com:443{PATH}a", f"https://oapi.dingtalk.com{PATH}a"),
        (f"https://OAPI.DingTalk.com{PATH}a", f"https://oapi.dingtalk.com{PATH}a"),
        (f"https://ding.example.com{PATH}a", f"https://ding.example.com{PATH}a"),
        (f"https://oapi.dingtalk.com{PATH}{'a' * 512}", f"https://oapi.dingtalk.com{PATH}{'a' * 512}"),
    ],
)
def test_accepted_and_rebuilt(url: str, rebuilt: str) -> None:
    """A listed host by https; what is posted to is put together anew."""
    assert checked_webhook(url, HOSTS) == rebuilt


@pytest.mark.parametrize(
    "url",
    [
        "",
        "oapi.dingtalk.com",
        f"http://oapi.dingtalk.com{PATH}a",
        f"HTTPS://oapi.dingtalk.com{PATH}a",
        f"ftp://oapi.dingtalk.com{PATH}a",
        f"//oapi.dingtalk.com{PATH}a",
        f"https:/oapi.dingtalk.com{PATH}a",
        f"https://evil.example{PATH}a",
        f"https://evil.example\\@oapi.dingtalk.com{PATH}a",
        f"https://evil.example#@oapi.dingtalk.com{PATH}a",
        f"https://evil.example/@oapi.dingtalk.com{PATH}a",
        f"https://evil.example?@oapi.dingtalk.com{PATH}a",
        f"https://user@oapi.dingtalk.com{PATH}a",
        f"https://user:pw@oapi.dingtalk.com{PATH}a",
        f"https://oapi.dingtalk.com@evil.example{PATH}a",
        f"https://oapi.dingtalk.com:80@evil.example{PATH}a",
        f"https://oapi.dingtalk.com.evil.example{PATH}a",
        f"https://evil-oapi.dingtalk.com{PATH}a",
        f"https://xoapi.dingtalk.com{PATH}a",
        f"https://oapi.dingtalk.com.{PATH}a",
        f"https://oapi.dingtalk。com{PATH}a",
        f"https://oapi.dingtalk.com%2eevil.example{PATH}a",
        f"https://oapi.dingtalk.com:8443{PATH}a",
        f"https://oapi.dingtalk.com:80{PATH}a",
        f"https://oapi.dingtalk.com:{PATH}a",
        f"https://oapi.dingtalk.com:0443{PATH}a",
        f"https://oapi.dingtalk.com:٤٤٣{PATH}a",
        f"https://127.0.0.1{PATH}a",
        f"https://[::1]{PATH}a",
        f"https://2130706433{PATH}a",
        f"https://169.254.169.254{PATH}a",
        "http://169.254.169.254/latest/meta-data/",
        "https://oapi.dingtalk.com/robot/send?access_token=a",
        "https://oapi.dingtalk.com/robot/sendBySession",
        f"https://oapi.dingtalk.com{PATH}",
        f"https://oapi.dingtalk.com{PATH}a&x=b",
        f"https://oapi.dingtalk.com{PATH}a#b",
        f"https://oapi.dingtalk.com{PATH}a b",
        f"https://oapi.dingtalk.com{PATH}a%20",
        f"https://oapi.dingtalk.com{PATH}{'a' * 513}",
        "https://oapi.dingtalk.com/robot/../x/robot/sendBySession?session=a",
        "https://oapi.dingtalk.com//robot/sendBySession?session=a",
        f" {GOOD}",
        f"{GOOD}\n",
        f"{GOOD}\r\nHost: evil.example",
        f"https://oapi.dingtalk.com\t{PATH}a",
        f"https://oapi.dingtalk.com\u0000{PATH}a",
    ],
)
def test_refused(url: str) -> None:
    """Everything that any parser could read in another way is refused."""
    with pytest.raises(WebhookRefused) as refused:
        checked_webhook(url, HOSTS)
    assert "WEBHOOK_HOSTS" in str(refused.value)


def test_the_refusal_names_the_host_and_not_the_session() -> None:
    """An operator needs the host for the setting; the session is a bearer secret."""
    with pytest.raises(WebhookRefused) as refused:
        checked_webhook(f"https://ding.internal{PATH}5ec12e7", HOSTS)
    assert refused.value.host == "ding.internal"
    assert "5ec12e7" not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("port", ["", ":8080"])
def test_loopback_only_when_listed(host: str, scheme: str, port: str) -> None:
    """Plain http and other ports are for a stand-in on this machine, and for nothing that is not listed."""
    url = f"{scheme}://{host}{port}{PATH}a"
    assert checked_webhook(url, [host]) == url
    with pytest.raises(WebhookRefused):
        checked_webhook(url, HOSTS)


def test_no_host_listed_is_no_host_allowed() -> None:
    """An empty list is no wildcard."""
    with pytest.raises(WebhookRefused):
        checked_webhook(GOOD, [])


PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "oapi.dingtalk.com",
        "evil.example",
        "@",
        "\\",
        "/",
        "#",
        "?",
        ":",
        ":443",
        PATH,
        "a",
        "%",
        " ",
        "\n",
    ]
)


@settings(deadline=None)
@given(pieces=st.lists(PIECES, max_size=8), rest=st.text(max_size=3))
@example(["https://", "oapi.dingtalk.com", PATH, "a"], "")
def test_what_is_accepted_has_one_reading(pieces: list[str], rest: str) -> None:
    """Whatever passes has a listed host, https and nothing else for every parser."""
    try:
        accepted = checked_webhook("".join(pieces) + rest, HOSTS)
    except WebhookRefused:
        return
    parts = urlsplit(accepted)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "oapi.dingtalk.com", "/robot/sendBySession")
    assert parts.fragment == ""
