"""A small internet on loopback: an authority, servers with certificates of it, and a network that leads there."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "8.8.4.4"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def called(common: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def files(self, folder: Path, chain: Sequence[Made] = ()) -> Path:
        """A file with the key and the chain, as `ssl` reads it."""
        file = folder / f"{self.certificate.serial_number}.pem"
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        file.write_text(key + self.pem + "".join(other.pem for other in chain))
        return file


def make(
    name: str,
    *,
    issuer: Made | None = None,
    days: tuple[float, float] = (-10, 80),
    names: Sequence[str] | None = None,
    authority: bool = False,
    key: Key | None = None,
    usage: x509.ObjectIdentifier | None = None,
) -> Made:
    """A certificate that holds from and to these days from now; signed by itself without an `issuer`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name, "测试机构" if authority else ""))
        .issuer_name(issuer.certificate.subject if issuer else called(name, "测试机构" if authority else ""))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    shown = [name] if names is None else names
    if shown and not authority:
        alternatives = [x509.IPAddress(ip_address(n)) if _is_ip(n) else x509.DNSName(n) for n in shown]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return Made(builder.sign((issuer.key if issuer else key), SHA256()), key)


CLIENTS_ONLY = ExtendedKeyUsageOID.CLIENT_AUTH


def _is_ip(name: str) -> bool:
    return name.replace(".", "").isdigit()


@dataclass
class Served:
    """A TLS server: what it answers to a path, and what it was asked for."""

    port: int
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


@contextmanager
def serve(file: Path, handle: Callable[[Served, ssl.SSLSocket], None] | None = None) -> Iterator[Served]:
    """A server on loopback that shows the certificate in `file`; `handle` replaces what it does after that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(file)
    with listening(lambda served, plain: _tls(context, served, plain, handle or answer)) as served:
        yield served


@contextmanager
def listening(handle: Callable[[Served, socket.socket], None]) -> Iterator[Served]:
    """A server on loopback that does with each connection what `handle` does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Served(listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, served, handle), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _accept(listener: socket.socket, served: Served, handle: Callable[[Served, socket.socket], None]) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with plain:
            plain.settimeout(5)
            try:
                handle(served, plain)
            except OSError:
                continue  # a client that did not like what it saw


def _tls(
    context: ssl.SSLContext,
    served: Served,
    plain: socket.socket,
    handle: Callable[[Served, ssl.SSLSocket], None],
) -> None:
    with context.wrap_socket(plain, server_side=True) as secure:
        handle(served, secure)


def answer(served: Served, secure: ssl.SSLSocket) -> None:
    """One HTTP request and its prepared answer; 404 for a path without one."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = secure.recv(4096)
        if not piece:
            return
        head += piece
    lines = head.decode().split("\r\n")
    path = lines[0].split(" ")[1]
    served.asked.append(path)
    served.hosts += [line.split(": ")[1] for line in lines if line.startswith("Host: ")]
    secure.sendall(served.answers.get(path, response(404, b"{}")))


def response(status: int, body: bytes, **headers: str) -> bytes:
    """A whole response."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


@dataclass
class FakeNetwork:
    """Names lead to addresses, and (address, port) to ports of loopback; everything else is refused."""

    names: dict[str, Sequence[str]] = field(default_factory=dict)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    @classmethod
    def with_hosts(cls, hosts: Mapping[str, int]) -> FakeNetwork:
        """Each host has an address of its own; port 443 there is that port here."""
        addresses = {host: f"93.184.216.{number}" for number, host in enumerate(hosts, 1)}
        return cls(
            {host: [address] for host, address in addresses.items()},
            {(addresses[host], 443): port for host, port in hosts.items()},
        )

    def resolve(self, host: str, seconds: float) -> Sequence[str]:
        assert seconds > 0
        self.resolved.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return self.names[host]

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append((address, port))
        if (address, port) not in self.ports:
            raise ConnectionRefusedError(111, "refused")
        return socket.create_connection(("127.0.0.1", self.ports[address, port]), timeout=seconds)


def trusting(authority: Made) -> Callable[[ssl.SSLContext], None]:
    """Trust this authority alone."""
    return lambda context: context.load_verify_locations(cadata=authority.pem)
