"""The address an answer is posted to, taken from a body that DingTalk does not sign.

Only a full match is accepted, and what is posted to is rebuilt from the checked parts: URL parsers disagree about
userinfo, backslashes and ports, so no text that somebody else wrote ever reaches the HTTP client.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from shared.errors import WebhookRefused

_SHAPE = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::(?P<port>[0-9]{1,5}))?"
    r"/robot/sendBySession\?session=(?P<session>[A-Za-z0-9_-]{1,512})"
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_WANTED = "https://HOST/robot/sendBySession?session=… with HOST in WEBHOOK_HOSTS"


def checked_webhook(url: str, hosts: Collection[str]) -> str:
    """Return the address rebuilt from its checked parts.

    `hosts` are the allowed host names, compared without regard to case. Plain http and a port other than 443 are
    accepted for a listed loopback host only. Raises WebhookRefused for everything else.
    Shape: https://open.dingtalk.com/document/orgapp/receive-message (field sessionWebhook).
    """
    match = _SHAPE.fullmatch(url)
    if match is None:
        raise WebhookRefused(_host_for_log(url), _WANTED)
    scheme, host, port = match["scheme"], match["host"].lower(), match["port"]
    if host not in {h.lower() for h in hosts}:
        raise WebhookRefused(host, _WANTED)
    if host in _LOOPBACK:
        authority = f"{host}:{int(port)}" if port else host
    elif scheme == "https" and port in (None, "443"):
        authority = host
    else:
        raise WebhookRefused(host, "https on port 443 (plain http and other ports only on loopback)")
    return f"{scheme}://{authority}/robot/sendBySession?session={match['session']}"


def _host_for_log(url: str) -> str:
    """What stands where a host would: enough for an operator, without the session token."""
    after_scheme = url.split("://", 1)[-1]
    return re.split(r"[/?#]", after_scheme, maxsplit=1)[0][:100] or "(none)"
