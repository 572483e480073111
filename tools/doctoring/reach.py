"""Whether the functions, which run in Function Compute, can reach what they are told of, and what a key goes over."""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from doctoring.examination import Examination
from doctoring.finding import Finding, or_ok, problem
from reply.lookup.addresses import is_public

_OF_A_MACHINE = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localtest.me", "lvh.me")
_ENDINGS_OF_A_MACHINE = (".localhost", ".localtest.me", ".docker.internal", ".containers.internal")
_INNER_ENDINGS = (
    *(".localhost", ".localdomain", ".local", ".lan", ".internal", ".intranet", ".private", ".corp", ".home", ".svc"),
    *(".home.arpa", ".in-addr.arpa", ".fritz.box", ".onion", ".invalid", ".test"),
)
"""Names that no public DNS has: RFC 6761, RFC 8375, RFC 7686, and what routers and clusters call their own."""

_SPELLED = re.compile(r"(?:^|[.-])(\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3})(?:\.[\w-]+)*\.(?:nip|sslip|xip)\.io")
"""A name that leads to the address in it."""

CHECK = "model.address"


def model_address(examined: Examination) -> Iterator[Finding]:
    """The model's address and the proxy can be reached from FC, and the key does not go in clear."""
    yield from or_ok(CHECK, _model_address(examined), "the functions can reach it, and the key is not sent in clear")


def _model_address(examined: Examination) -> Iterator[Finding]:
    options = examined.options
    if any(
        on_this_machine(urlsplit(u).hostname or "") for u in (options.url, options.dingtalk_api, options.oss_endpoint)
    ):
        return  # the functions are here, too: a cloud on this machine
    chat = examined.reply.chat
    name = "AZURE_RESOURCE_NAME" if chat.azure else "BASE_URL"
    address = chat.azure.endpoint if chat.azure else chat.base_url
    inside = bool(examined.deployment.props("reply").get("vpcConfig"))
    for setting, url in ((name, address), ("MODEL_PROXY", chat.proxy)):
        host = urlsplit(url).hostname or ""
        where = "on the machine itself" if on_this_machine(host) else "in a private network"
        if host and not (is_reachable(host) or (inside and not on_this_machine(host))):
            found = f"{setting} leads to {host}, which is {where}: the functions, in Function Compute, never reach it"
            yield problem(CHECK, found, "an address on the internet", f"correct {setting}; the local cloud may use it")
    if address.startswith("http://"):
        found = f"{name} begins with http://: the key goes in clear, and everybody on the way can read it"
        yield problem(CHECK, found, "https://", f"write {name} with https://, or get a certificate for that server")


def on_this_machine(host: str) -> bool:
    """Whether a host name or address means whichever machine it is used on."""
    name = _name(host)
    address = _address(name)
    if address:
        found = ip_address(address)
        return found.is_loopback or found.is_unspecified
    return name in _OF_A_MACHINE or name.endswith(
        (".localhost", ".localtest.me", ".docker.internal", ".containers.internal")
    )


def is_reachable(host: str) -> bool:
    """Whether a host can be meant for the internet; nothing is looked up."""
    name = _name(host)
    address = _address(name)
    if address:
        return is_public(address)
    return "." in name and not on_this_machine(name) and not name.endswith(_INNER_ENDINGS)


def _name(host: str) -> str:
    """As the network takes it: full-width forms folded, in lower case, without a dot at its end."""
    return unicodedata.normalize("NFKC", host).rstrip(".").lower()


def _address(name: str) -> str:
    """The IP address that a name is, in any form that connecting takes (127.1, 0x7f000001); "" when it is a name."""
    if spelled := _SPELLED.search(name):
        name = spelled[1].replace("-", ".")
    try:
        return str(ip_address(name.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(name)) if name[:1].isdigit() else ""
    except OSError:
        return ""
