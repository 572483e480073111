"""Which addresses a look-up may connect to: nothing that only this function's own network can reach."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_REFUSED = tuple(
    ip_network(network)
    for network in (
        "100.100.100.200/32",  # metadata of Alibaba Cloud (inside 100.64.0.0/10, named because it is what matters)
        "168.63.129.16/32",  # Azure's own services: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4-compatible, deprecated
        "64:ff9b::/96",  # NAT64: leads to any IPv4 address
        "64:ff9b:1::/48",
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4: leads to any IPv4 address
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
"""What `ipaddress` calls global in some versions of Python, and is refused all the same.

Registries: https://www.iana.org/assignments/iana-ipv6-special-registry/ and its IPv4 sibling.
"""


def is_public(address: str) -> bool:
    """Whether an address in text form is one that anybody on the internet may connect to."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed.scope_id:
            return False
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    return not any(parsed in network for network in _REFUSED if network.version == parsed.version)
