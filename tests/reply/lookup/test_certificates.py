"""What is read of real certificates on real connections, and what is said to be wrong with them."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from reply.lookup.certificates import Certificate, inspect, matches
from reply.lookup.connection import Deadline
from reply.lookup.names import Target
from reply.lookup.public import LONGEST_S, PublicLookups
from shared.clock import SystemClock
from shared.errors import LookupFailed, LookupFailure
from tests.reply.kit import FakeClock

from .kit import CLIENTS_ONLY, PUBLIC, FakeNetwork, Made, Served, listening, make, serve, trusting

HOST = "www.example.com"


def seen(authority: Made, shown: Made, folder: Path, *chain: Made, host: str = HOST) -> Certificate:
    """What a look at a server with this certificate finds."""
    with serve(shown.files(folder, chain)) as served:
        network = FakeNetwork({host: [PUBLIC]}, {(PUBLIC, 443): served.port})
        return inspect(Target(host), network, trusting(authority), Deadline(SystemClock(), 30), time.time())


def test_a_good_one(authority: Made, tmp_path: Path) -> None:
    """Nothing is wrong; names, issuer and validity are those of the certificate."""
    made = make("example.com", issuer=authority, names=["example.com", "*.example.com"])
    found = seen(authority, made, tmp_path)
    assert found.faults == ()
    assert found.names == ("example.com", "*.example.com")
    assert (found.subject, found.issuer) == ("example.com", "测试机构 · 测试根证书")
    assert found.not_before == made.certificate.not_valid_before_utc
    assert found.not_after == made.certificate.not_valid_after_utc


@pytest.mark.parametrize("own", [True, False], ids=["known issuer", "unknown issuer"])
@pytest.mark.parametrize(
    ("days", "names", "faults"),
    [
        ((-10, 80), [HOST], ()),
        ((-100, -10), [HOST], ("expired",)),
        ((10, 80), [HOST], ("not_yet_valid",)),
        ((-10, 80), ["example.org"], ("wrong_name",)),
        ((-10, 80), [], ("wrong_name",)),
        ((-100, -10), ["example.org"], ("expired", "wrong_name")),
    ],
)
def test_what_is_wrong(
    authority: Made, tmp_path: Path, own: bool, days: tuple[int, int], names: list[str], faults: tuple[str, ...]
) -> None:
    """Each fault is told, together with the others, whoever issued it; the fields are read all the same."""
    issuer = authority if own else make("别的机构", authority=True)
    made = make(HOST, issuer=issuer, days=days, names=names)
    found = seen(authority, made, tmp_path)
    assert found.faults == (faults if own else ("untrusted", *faults))
    assert found.not_after == made.certificate.not_valid_after_utc
    assert found.names == tuple(names)


@pytest.mark.parametrize(("days", "faults"), [((-1, 9), ()), ((-9, -1), ("expired",)), ((1, 9), ("not_yet_valid",))])
def test_self_signed(authority: Made, tmp_path: Path, days: tuple[int, int], faults: tuple[str, ...]) -> None:
    """Said so, with its fields and whatever else is wrong."""
    found = seen(authority, make(HOST, days=days), tmp_path)
    assert found.faults == ("self_signed", *faults)
    assert (found.subject, found.issuer) == (HOST, HOST)


def test_a_chain(authority: Made, tmp_path: Path) -> None:
    """An intermediate that is sent along vouches; one that is not, or that has expired, does not."""
    middle = make("中间证书", issuer=authority, authority=True)
    stale = make("旧中间证书", issuer=authority, authority=True, days=(-90, -1))
    assert seen(authority, make(HOST, issuer=middle), tmp_path, middle).faults == ()
    assert seen(authority, make(HOST, issuer=middle), tmp_path).faults == ("untrusted",)
    assert seen(authority, make(HOST, issuer=stale), tmp_path, stale).faults == ("untrusted",)


def test_a_key_that_is_too_short(authority: Made, tmp_path: Path) -> None:
    """No client takes it, and it is looked at all the same."""
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is what is tested
    assert seen(authority, make(HOST, issuer=authority, key=short), tmp_path).faults == ("untrusted",)


def test_an_address_instead_of_a_name(authority: Made, tmp_path: Path) -> None:
    """An IP address is checked against those in the certificate."""
    made = make("address", issuer=authority, names=[PUBLIC])
    assert seen(authority, made, tmp_path, host=PUBLIC).faults == ()
    assert seen(authority, made, tmp_path).faults == ("wrong_name",)


def test_one_that_is_for_no_server(authority: Made, tmp_path: Path) -> None:
    """OpenSSL reads no fields of it: that is said."""
    with pytest.raises(LookupFailed) as failed:
        seen(authority, make(HOST, issuer=authority, usage=CLIENTS_ONLY), tmp_path)
    assert failed.value.reason is LookupFailure.UNREADABLE


def test_every_connection_is_checked(authority: Made, tmp_path: Path) -> None:
    """A name that leads inside the second time is not followed there."""
    with serve(make(HOST).files(tmp_path)) as served:
        network = FakeNetwork({HOST: [PUBLIC]}, {(PUBLIC, 443): served.port, ("127.0.0.1", 443): served.port})

        class Rebinding(FakeNetwork):
            def connect(self, address: str, port: int, seconds: float) -> socket.socket:
                network.names[HOST] = ["127.0.0.1"]
                return network.connect(address, port, seconds)

            def resolve(self, host: str, seconds: float) -> list[str]:
                return list(network.resolve(host, seconds))

        with pytest.raises(LookupFailed) as failed:
            inspect(Target(HOST), Rebinding(), trusting(authority), Deadline(SystemClock(), 30), time.time())
    assert failed.value.reason is LookupFailure.NOT_PUBLIC
    assert network.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize("greeting", [b"SSH-2.0-test\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_no_tls_there(authority: Made, greeting: bytes) -> None:
    """A server that speaks something else, or hangs up."""

    def greet(_: Served, plain: socket.socket) -> None:
        plain.sendall(greeting)

    with listening(greet) as served:
        network = FakeNetwork({HOST: [PUBLIC]}, {(PUBLIC, 22): served.port})
        with pytest.raises(LookupFailed) as failed:
            inspect(Target(HOST, 22), network, trusting(authority), Deadline(SystemClock(), 30), time.time())
    assert failed.value.reason is LookupFailure.NO_TLS


def test_a_server_that_says_nothing(authority: Made) -> None:
    """It is waited for as long as the clock has left, and no longer."""
    with listening(lambda _, plain: plain.recv(1) and plain.recv(10_000) and plain.recv(1)) as served:
        network = FakeNetwork({HOST: [PUBLIC]}, {(PUBLIC, 443): served.port})
        with pytest.raises(LookupFailed) as failed:
            inspect(Target(HOST), network, trusting(authority), Deadline(FakeClock(), 0.2), time.time())
    assert failed.value.reason is LookupFailure.TIMEOUT


class Filtered(FakeNetwork):
    """Nothing comes back from a port: connecting takes as long as it may."""

    clock: FakeClock

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.clock.sleep(seconds)
        raise TimeoutError("timed out")


class HungUp(FakeNetwork):
    """The port is open, and closes at once."""

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours


class Garbage(FakeNetwork):
    """The port is open, and speaks something else."""

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.sendall(b"220 mail.example ESMTP\r\n")
        theirs.close()
        return ours


@pytest.mark.parametrize("network", [FakeNetwork, Filtered, HungUp, Garbage])
def test_a_port_without_a_certificate_takes_the_whole_time(authority: Made, network: type[FakeNetwork]) -> None:
    """Closed, filtered, or open to something else: by the clock it fails at the same moment."""
    clock, there = FakeClock(), network({HOST: [PUBLIC]})
    there.clock = clock  # type: ignore[attr-defined]  # for the one that waits
    began = clock.now()
    with pytest.raises(LookupFailed) as failed:
        PublicLookups(there, clock, trusting(authority)).certificate(Target(HOST, 25))
    assert not failed.value.reason.of_the_name
    assert clock.now() - began == pytest.approx(LONGEST_S)


@pytest.mark.parametrize("names", [{}, {HOST: ["10.0.0.1"]}])
def test_a_name_that_leads_nowhere_is_said_at_once(authority: Made, names: dict[str, list[str]]) -> None:
    """Nothing was connected to, so there is nothing to hide."""
    clock = FakeClock()
    with pytest.raises(LookupFailed) as failed:
        PublicLookups(FakeNetwork(names), clock, trusting(authority)).certificate(Target(HOST))
    assert failed.value.reason.of_the_name
    assert clock.slept == []


@pytest.mark.parametrize(
    ("name", "host", "same"),
    [
        ("example.com", "example.com", True),
        ("EXAMPLE.com", "example.com", True),
        ("*.example.com", "www.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "example.com", False),
        ("*", "example.com", False),
        ("w*.example.com", "www.example.com", False),
        ("example.com", "www.example.com", False),
        ("", "example.com", False),
    ],
)
def test_matching(name: str, host: str, same: bool) -> None:
    """The same name, or a wildcard that stands for exactly one label."""
    assert matches(name, host) is same
