"""HTTP as the doctor and the smoke test use it: through this machine's proxies, no redirects, time-bound."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

LONGEST_BODY = 64 * 1024


def may_carry_signatures(url: str) -> bool:
    """Whether what is signed may be sent there: over https, or to this machine itself.

    Only an address that every client reads alike is one: no user in it, no backslash, no blank.
    """
    try:
        parts = urlsplit(url)
        readable = bool(parts.hostname) and not set(url) & set("@\\") and url.isprintable() and " " not in url
        return readable and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)))
    except ValueError:
        return False


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


class Unreachable(Exception):
    """No answer came; the text says why, in a few words."""


@dataclass(frozen=True)
class Page:
    """An answer: header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Web:
    """Where this machine's proxies are (`http` and `https` to an address), and how long one answer may take (s)."""

    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = 15.0

    @classmethod
    def of(cls, environ: Mapping[str, str], seconds: float = 15.0) -> Web:
        """With the proxies of these variables, in small letters or capitals as is the custom."""
        named = {scheme: f"{scheme}_proxy" for scheme in ("http", "https")}
        found = {scheme: environ.get(name) or environ.get(name.upper(), "") for scheme, name in named.items()}
        return cls({scheme: proxy for scheme, proxy in found.items() if proxy}, seconds)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """The answer, whatever its status. Raises Unreachable."""
        return self._ask(url, None, headers or {})

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Page:
        """The same for a POST of JSON."""
        return self._ask(url, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})

    def _ask(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> Page:
        if not url.lower().startswith(("https://", "http://")):
            raise Unreachable("it is no http or https address")
        try:
            # What is for this machine itself goes through nobody else's.
            proxies = {} if _is_loopback(urlsplit(url).hostname) else dict(self.proxies)
            opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _NoRedirect)
            request = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310 - the scheme is checked
            with opener.open(request, timeout=self.seconds) as answer:
                return _page(answer.status, answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _page(refusal.code, refusal)
        except urllib.error.URLError as reason:
            raise Unreachable(_why(reason.reason)) from None
        except (OSError, http.client.HTTPException, ValueError) as reason:
            raise Unreachable(_why(reason)) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: what is signed for one address must not go to another."""


def _page(status: int, answer: Any) -> Page:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Page(status, headers, answer.read(LONGEST_BODY))


def _why(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    text = getattr(reason, "strerror", None) or str(reason)
    return f"{type(reason).__name__}: {text}"[:200] if isinstance(reason, Exception) else str(reason)[:200]
