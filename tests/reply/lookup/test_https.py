"""Reading documents from servers that somebody else has named: what is followed, and how much and how long is read."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from reply.lookup.connection import Deadline
from reply.lookup.https import LARGEST, Fetched, fetch
from shared.clock import Clock, SystemClock
from shared.errors import LookupFailed, LookupFailure
from tests.reply.kit import FakeClock

from .kit import PUBLIC, FakeNetwork, Made, Served, answer, make, response, serve, trusting

HOST, OTHER = "rdap.example", "other.example"


def fetched(
    url: str, authority: Made, network: FakeNetwork, clock: Clock | None = None, seconds: float = 30
) -> Fetched:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting(authority)(context)
    return fetch(url, "application/json", network, context, Deadline(clock or SystemClock(), seconds))


def reason(*arguments: object, **more: object) -> LookupFailure:
    with pytest.raises(LookupFailed) as failed:
        fetched(*arguments, **more)  # type: ignore[arg-type]  # passed on as they are
    return failed.value.reason


@pytest.fixture
def file(authority: Made, tmp_path: Path) -> Path:
    """A certificate for both hosts."""
    return make(HOST, issuer=authority, names=[HOST, OTHER]).files(tmp_path)


def test_a_document(authority: Made, file: Path) -> None:
    """Status and body; the server is asked by its name, at the address that was checked."""
    with serve(file) as served:
        network = FakeNetwork.with_hosts({HOST: served.port})
        served.answers["/a?b=c"] = response(200, b'{"x": 1}')
        assert fetched(f"https://{HOST}/a?b=c", authority, network) == Fetched(200, b'{"x": 1}')
        assert fetched(f"https://{HOST}", authority, network).status == 404
    assert (served.asked, served.hosts) == (["/a?b=c", "/"], [HOST, HOST])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(authority: Made, file: Path, status: int) -> None:
    """Three are followed, to other hosts too, and each is resolved and checked; a fourth is not."""
    with serve(file) as served:
        network = FakeNetwork.with_hosts({HOST: served.port, OTHER: served.port})
        for number in range(4):
            there = f"https://{OTHER}/{number + 1}" if number % 2 else f"/{number + 1}"
            served.answers[f"/{number}"] = response(status, b"", Location=there)
        served.answers["/4"] = response(200, b"there")
        assert fetched(f"https://{HOST}/1", authority, network).body == b"there"
        assert reason(f"https://{HOST}/0", authority, network) is LookupFailure.UNREADABLE
    assert network.resolved == [HOST, OTHER, OTHER, OTHER, HOST, HOST, OTHER, OTHER]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://inner.example/", LookupFailure.NOT_PUBLIC),
        ("https://metadata.example/latest/meta-data/", LookupFailure.NOT_PUBLIC),
        ("https://100.100.100.200/latest/meta-data/", LookupFailure.UNKNOWN_HOST),
        ("http://rdap.example/", LookupFailure.UNREADABLE),
        ("file:///etc/passwd", LookupFailure.UNREADABLE),
        ("https://user@rdap.example/", LookupFailure.UNREADABLE),
        ("https://localhost/", LookupFailure.UNREADABLE),
        ("https://[::1]/", LookupFailure.UNREADABLE),
        ("https://[bad/", LookupFailure.UNREADABLE),
        ("https://rdap.example/\u00e9", LookupFailure.UNREADABLE),
        ("https://rdap.example:99999/", LookupFailure.UNREADABLE),
        ("https://nowhere.example/", LookupFailure.UNKNOWN_HOST),
    ],
)
def test_redirects_that_are_not_followed(authority: Made, file: Path, location: str, expected: LookupFailure) -> None:
    """To an inner address, without TLS, to no name, to a user's."""
    with serve(file) as served:
        network = FakeNetwork.with_hosts({HOST: served.port})
        network.names |= {"inner.example": ["10.1.2.3"], "metadata.example": ["100.100.100.200"]}
        served.answers["/"] = response(302, b"", Location=location)
        assert reason(f"https://{HOST}/", authority, network) is expected
    assert len(network.connected) == 1


def test_a_server_that_is_not_who_it_says(authority: Made, file: Path, tmp_path: Path) -> None:
    """A certificate of another name, or of an unknown authority: nothing is sent."""
    with serve(file) as served:
        network = FakeNetwork({"third.example": [PUBLIC]}, {(PUBLIC, 443): served.port})
        assert reason("https://third.example/", authority, network) is LookupFailure.UNREACHABLE
    with serve(make(HOST).files(tmp_path)) as impostor:
        network = FakeNetwork.with_hosts({HOST: impostor.port})
        assert reason(f"https://{HOST}/", authority, network) is LookupFailure.UNREACHABLE
    assert served.asked == impostor.asked == []


BROKEN = {
    "too large": response(200, b"x" * (LARGEST + 1)),
    "too large without a length": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LARGEST + 1),
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    "too long a header": b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
    "always continuing": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "nothing": b"",
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "a wrong length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_read(authority: Made, file: Path, case: str) -> None:
    """More than the limit, or no response at all: an explained failure."""

    def send(served: Served, secure: ssl.SSLSocket) -> None:
        served.answers["/"] = BROKEN[case]
        answer(served, secure)

    with serve(file, send) as served:
        network = FakeNetwork.with_hosts({HOST: served.port})
        assert reason(f"https://{HOST}/", authority, network) is LookupFailure.UNREADABLE


def test_the_limit_itself(authority: Made, file: Path) -> None:
    """What fits, headers included, is read."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with serve(file, lambda _, secure: (secure.recv(4096), secure.sendall(head + b"x" * (LARGEST - len(head))))) as s:
        found = fetched(f"https://{HOST}/", authority, FakeNetwork.with_hosts({HOST: s.port}))
    assert len(found.body) == LARGEST - len(head)


class Racing(FakeClock):
    """A clock on which every look costs a second."""

    def now(self) -> float:
        self.time += 1
        return self.time


def drip(beginning: bytes, piece: bytes) -> Callable[[Served, ssl.SSLSocket], None]:
    def handle(_: Served, secure: ssl.SSLSocket) -> None:
        secure.recv(4096)
        secure.sendall(beginning)
        for _ in range(10_000):
            secure.sendall(piece)

    return handle


@pytest.mark.parametrize(
    ("beginning", "piece"), [(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), (b"HTTP/1.1 200 OK\r\nA: ", b"x"), (b"", b"x")]
)
def test_many_small_pieces_do_not_stretch_the_time(authority: Made, file: Path, beginning: bytes, piece: bytes) -> None:
    """The clock is looked at before each read, in the headers too."""
    with serve(file, drip(beginning, piece)) as served:
        network = FakeNetwork.with_hosts({HOST: served.port})
        assert reason(f"https://{HOST}/", authority, network, Racing()) is LookupFailure.TIMEOUT


def test_a_server_that_says_nothing(authority: Made, file: Path) -> None:
    """It is waited for as long as there is time."""
    with serve(file, lambda _, secure: secure.recv(4096) and secure.recv(1)) as served:
        network = FakeNetwork.with_hosts({HOST: served.port})
        assert reason(f"https://{HOST}/", authority, network, FakeClock(), 0.3) is LookupFailure.TIMEOUT
