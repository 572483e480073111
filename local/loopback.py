"""Nothing leaves this machine: a process that holds this refuses every other address before a packet is sent.

Tests and proof hold it, and so do the function instances that their clouds start: code that was broken on purpose may
try to reach anybody. `make run` does not: there a real model can be asked.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Sequence

ASKED_BY = "LOOPBACK_ONLY"
"""The environment variable by which a process tells its children to hold this too."""

_held = False


def hold() -> None:
    """From now on this process, and every instance that it starts, talks to loopback only; for good."""
    global _held
    os.environ[ASKED_BY] = "1"
    if not _held:
        _held = True
        sys.addaudithook(_audit)


def hold_if_asked() -> None:
    """As `hold`, where the process that started this one holds it."""
    if os.environ.get(ASKED_BY):
        hold()


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    """Raises OSError for an address that is not loopback, and gaierror for a name that a server would be asked for.

    Audit events are raised before anything is sent (https://docs.python.org/3/library/audit_events.html).
    """
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, Sequence) and not isinstance(address, (str, bytes)) and not _local(address[0]):
            raise OSError(errno.ENETUNREACH, f"only loopback may be talked to here, not {address[0]!r}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _known(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, f"no name is looked up here, such as {arguments[0]!r}")


def _local(host: object) -> bool:
    # Windows connects its own socket pairs, and clients look their own names up: none of that leaves the machine.
    if host in (None, "", b"", "localhost", b"localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(_text(host)).is_loopback
    except ValueError:
        return False


def _known(host: object) -> bool:
    """Whether nobody has to be asked for the address."""
    try:
        ipaddress.ip_address(_text(host))
    except ValueError:
        return _local(host)
    return True


def _text(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host).split("%")[0]
