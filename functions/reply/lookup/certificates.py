"""The certificate that a server shows, and what is wrong with it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from reply.lookup.connection import Deadline, Network, connected
from reply.lookup.names import Target
from shared.errors import LookupFailed, LookupFailure

Fault = Literal["self_signed", "untrusted", "expired", "not_yet_valid", "wrong_name"]

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, which `ssl` has no name for."""

_WEAK_TOO = "DEFAULT:!aNULL:@SECLEVEL=0"
"""Ciphers for looking at what no client should accept, such as a key that is too short."""

Trust = Callable[[ssl.SSLContext], None]
"""Loads the authorities that are trusted into a context."""


@dataclass(frozen=True)
class Certificate:
    """A server's own certificate; `faults` is empty when every client would accept it."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    faults: tuple[Fault, ...]


def inspect(target: Target, network: Network, trust: Trust, deadline: Deadline, now: float) -> Certificate:
    """Look at the certificate that a server shows at `now` (seconds since the epoch). Raises LookupFailed.

    Python tells a certificate's fields only when it has verified it. So one that nobody vouches for is fetched
    unverified and then trusted, it alone and whatever the time, for a handshake that reads its fields.
    """
    try:
        return _read(_fields(target, network, _judging(trust), deadline), target.host, now)
    except ssl.SSLCertVerificationError:
        pass
    try:
        encoded = _encoded(target, network, deadline)
        fields = _fields(target, network, _trusting(encoded), deadline)
    except (ssl.SSLError, ValueError) as problem:
        raise LookupFailed(LookupFailure.UNREADABLE, str(problem)) from None
    timeless = _vouched_for(target, network, trust, deadline)
    return _read(fields, target.host, now, accepted=False, timeless=timeless)


def _judging(trust: Trust, *, timeless: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # a wrong name is told apart from an unknown issuer below
    if timeless:
        context.verify_flags |= NO_CHECK_TIME
    trust(context)
    return context


def _looking() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_ciphers(_WEAK_TOO)
    return context


def _trusting(encoded: bytes) -> ssl.SSLContext:
    context = _looking()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | NO_CHECK_TIME
    context.load_verify_locations(cadata=encoded)
    return context


def _encoded(target: Target, network: Network, deadline: Deadline) -> bytes:
    context = _looking()
    context.verify_mode = ssl.CERT_NONE  # nothing is sent or believed: only what it shows is looked at
    with _handshake(target, network, context, deadline) as secure:
        return secure.getpeercert(binary_form=True) or b""


def _fields(target: Target, network: Network, context: ssl.SSLContext, deadline: Deadline) -> dict[str, Any]:
    with _handshake(target, network, context, deadline) as secure:
        return dict(secure.getpeercert() or {})


def _vouched_for(target: Target, network: Network, trust: Trust, deadline: Deadline) -> bool:
    """Whether an authority vouches for it but for the time."""
    try:
        with _handshake(target, network, _judging(trust, timeless=True), deadline):
            return True
    except ssl.SSLCertVerificationError:
        return False


def _handshake(target: Target, network: Network, context: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    """Shake hands; raises LookupFailed, or SSLCertVerificationError when the context does not trust the server."""
    plain = connected(target.host, target.port, network, deadline)
    try:
        plain.settimeout(deadline.left())
        return context.wrap_socket(plain, server_hostname=target.host)
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError:
        raise LookupFailed(LookupFailure.TIMEOUT, "TLS") from None
    except ssl.SSLError as problem:
        raise LookupFailed(LookupFailure.NO_TLS, problem.reason or "") from None
    except OSError as problem:
        raise LookupFailed(LookupFailure.NO_TLS, str(problem)) from None
    finally:
        plain.close()  # wrap_socket has taken its file descriptor over when it returns


def _read(
    fields: dict[str, Any], host: str, now: float, *, accepted: bool = True, timeless: bool = False
) -> Certificate:
    """`accepted` by a client; or `timeless`: it would be, were it not for some time in the chain."""
    try:
        begins = ssl.cert_time_to_seconds(fields["notBefore"])
        ends = ssl.cert_time_to_seconds(fields["notAfter"])
    except (KeyError, ValueError):
        raise LookupFailed(LookupFailure.UNREADABLE, "the certificate has no dates") from None
    names = tuple(str(name) for kind, name in fields.get("subjectAltName", ()) if kind in ("DNS", "IP Address"))
    vouched = accepted or (timeless and not begins <= now <= ends)
    self_signed = fields.get("subject") == fields.get("issuer")
    holds: dict[Fault, bool] = {
        "self_signed": not vouched and self_signed,
        "untrusted": not vouched and not self_signed,
        "expired": now > ends,
        "not_yet_valid": now < begins,
        "wrong_name": not any(matches(name, host) for name in names),
    }
    return Certificate(
        subject=_title(fields.get("subject", ())),
        issuer=_title(fields.get("issuer", ())),
        names=names,
        not_before=datetime.fromtimestamp(begins, timezone.utc),
        not_after=datetime.fromtimestamp(ends, timezone.utc),
        faults=tuple(fault for fault, found in holds.items() if found),
    )


def matches(name: str, host: str) -> bool:
    """Whether a certificate's name is the host's: the same, or a wildcard for its first label (RFC 6125)."""
    name, host = name.lower().removesuffix("."), host.lower()
    return name == host or (name.startswith("*.") and name.count(".") > 1 and name[1:] == host[host.find(".") :])


def _title(parts: Any) -> str:
    found = {key: value for part in parts for key, value in part}
    common, organisation = found.get("commonName", ""), found.get("organizationName", "")
    return f"{organisation} · {common}" if common and organisation else common or organisation
