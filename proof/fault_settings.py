"""A model's address behind which something else is, or nothing: what no server that answers can imitate."""

from __future__ import annotations

import datetime
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from proof.fault_trials import try_all
from proof.faults import Trial, Wanted, explained
from proof.plan import Case, Plan
from proof.result import Result

SECONDS = "2"
"""TIMEOUT, real seconds."""

HOST = "127.0.0.1"
UNREACHABLE, SILENT = explained("failed_unreachable"), explained("failed_timeout", "failed_unreachable")

Settings = Mapping[str, str]


@contextmanager
def _closed(scheme: str = "http") -> Iterator[Settings]:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    yield {"BASE_URL": f"{scheme}://{HOST}:{port}/v1"}


@contextmanager
def _proxy_closed() -> Iterator[Settings]:
    with _closed() as settings:
        yield {"HTTP_PROXY": settings["BASE_URL"].removesuffix("/v1"), "BASE_URL": "https://model.invalid/v1"}


@contextmanager
def _unknown_name() -> Iterator[Settings]:
    yield {"BASE_URL": "http://model.invalid/v1"}


@contextmanager
def _answering(attend: Callable[[socket.socket], None], scheme: str = "http") -> Iterator[Settings]:
    """A port that does something of its own with every connection."""
    server = socket.create_server((HOST, 0))

    def serve() -> None:
        held = []
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return  # the server was closed
            held.append(connection)
            try:
                attend(connection)
            except OSError:
                connection.close()  # whoever called has gone

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield {"BASE_URL": f"{scheme}://{HOST}:{server.getsockname()[1]}/v1"}
    finally:
        server.close()


@contextmanager
def _deaf() -> Iterator[Settings]:
    """A port whose queue of connections is full: a new one gets no answer at all."""
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield {"BASE_URL": f"http://{HOST}:{server.getsockname()[1]}/v1"}
        for filler in fillers:
            filler.close()


@contextmanager
def _self_signed() -> Iterator[Settings]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        pem = Path(folder) / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(pem)
    with _answering(lambda connection: context.wrap_socket(connection, server_side=True).close(), "https") as settings:
        yield settings


def _close(connection: socket.socket) -> None:
    connection.close()


def _greet(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    connection.close()


def _refuse(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.close()


def _wait(_: socket.socket) -> None:
    """Say nothing, and keep the connection."""


ADDRESSES: Mapping[str, tuple[Callable[[], AbstractContextManager[Settings]], Wanted]] = {
    "closed port": (_closed, UNREACHABLE),
    "closed port, TLS": (lambda: _closed("https"), UNREACHABLE),
    "proxy closed": (_proxy_closed, UNREACHABLE),
    "unknown name": (_unknown_name, SILENT),
    "port that closes at once": (lambda: _answering(_close), UNREACHABLE),
    "port that speaks something else": (lambda: _answering(_greet), UNREACHABLE),
    "TLS to a plain port": (lambda: _answering(_refuse, "https"), UNREACHABLE),
    "self-signed certificate": (_self_signed, UNREACHABLE),
    "silent port": (lambda: _answering(_wait), SILENT),
    "silent port, TLS": (lambda: _answering(_wait, "https"), SILENT),
    "port that takes no connection": (_deaf, SILENT),
}
"""What is at the address, and what the person is told."""


def settings_trials(plan: Plan, result: Result) -> None:
    """Try every address, in a private chat and in a group."""
    for case in plan.sample("addresses", [Case(f"address: {name}") for name in ADDRESSES]):
        make, wanted = ADDRESSES[case.name.removeprefix("address: ")]
        with make() as settings:
            places = ((False, "private"), (True, "group"))
            tried = [Trial(f"{case.name}, {place}", (), wanted, group) for group, place in places]
            cases = [Case(trial.name, {"trial": trial}) for trial in tried]
            try_all(plan, result, cases, at_once=2, TIMEOUT=SECONDS, **settings)
