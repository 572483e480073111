"""Which addresses a look-up may connect to, and that it connects to the one that was checked."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply.lookup.addresses import is_public
from reply.lookup.connection import Deadline, SystemNetwork, connected
from shared.errors import LookupFailed, LookupFailure
from tests.reply.kit import FakeClock

from .kit import OTHER_PUBLIC, PUBLIC, FakeNetwork, listening

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::93.184.216.34",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:100.100.100.200",
    "::ffff:169.254.169.254",
    "64:ff9b::1",
    "64:ff9b::808:808",
    "64:ff9b::6464:64c8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:6464:64c8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "localhost",
    "example.com",
]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public(address: str) -> None:
    """Loopback, private, link-local, shared, metadata, translated, tunnelled, multicast, reserved, and no address."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700:4700::1111"]
)
def test_what_is_public(address: str) -> None:
    """Ordinary addresses of both families."""
    assert is_public(address)


@given(st.ip_addresses(v=6, network="64:ff9b::/96") | st.ip_addresses(v=4, network="100.64.0.0/10"))
def test_translated_and_shared_ranges(address: object) -> None:
    """The whole of them."""
    assert not is_public(str(address))


def failing(network: FakeNetwork, host: str = "example.com") -> LookupFailure:
    with pytest.raises(LookupFailed) as failed:
        connected(host, 443, network, Deadline(FakeClock(), 10))
    return failed.value.reason


@pytest.mark.parametrize("address", ["127.0.0.1", "100.100.100.200", "64:ff9b::1", "::ffff:192.168.0.1"])
def test_nothing_is_sent_to_an_inner_address(address: str) -> None:
    """A name that leads inside is refused before any connection."""
    network = FakeNetwork({"example.com": [address]})
    assert failing(network) is LookupFailure.NOT_PUBLIC
    assert network.connected == []


def test_the_checked_address_is_connected_to() -> None:
    """One resolution, and only what was checked is tried, in its order, IPv4 first; inner addresses never are."""
    with listening(lambda _, __: None) as served:
        network = FakeNetwork(
            {"example.com": ["2606:4700::1111", "127.0.0.1", PUBLIC, OTHER_PUBLIC]}, {(OTHER_PUBLIC, 443): served.port}
        )
        connected("example.com", 443, network, Deadline(FakeClock(), 10)).close()
    assert network.resolved == ["example.com"]
    assert network.connected == [(PUBLIC, 443), (OTHER_PUBLIC, 443)]


def test_at_most_three_addresses_are_tried() -> None:
    """However many a name has."""
    network = FakeNetwork({"example.com": [f"93.184.216.{number}" for number in range(1, 30)]})
    assert failing(network) is LookupFailure.UNREACHABLE
    assert len(network.connected) == 3


def test_an_unknown_name() -> None:
    """No address is an answer of its own."""
    assert failing(FakeNetwork()) is LookupFailure.UNKNOWN_HOST
    assert failing(FakeNetwork({"example.com": []})) is LookupFailure.UNKNOWN_HOST


def test_the_time_is_over() -> None:
    """By the clock, before anything else is begun."""
    clock = FakeClock()
    deadline = Deadline(clock, 10)
    clock.time += 10
    with pytest.raises(LookupFailed) as failed:
        connected("example.com", 443, FakeNetwork(), deadline)
    assert failed.value.reason is LookupFailure.TIMEOUT


def test_the_systems_resolver_and_sockets() -> None:
    """Addresses in text form need no resolver; an unusable name is an OSError; connecting goes to that address."""
    network = SystemNetwork()
    assert network.resolve("127.0.0.1", 10) == ["127.0.0.1"]
    with pytest.raises(socket.gaierror):
        network.resolve("x" * 70 + ".invalid", 10)
    with listening(lambda _, __: None) as served, network.connect("127.0.0.1", served.port, 10) as connection:
        assert connection.getpeername() == ("127.0.0.1", served.port)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionError):
        network.connect("127.0.0.1", port, 10)
