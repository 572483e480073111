"""Connecting to a host that somebody else has named: to the very address that was checked, and within a time."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Protocol

from reply.lookup.addresses import is_public
from shared.clock import Clock
from shared.errors import LookupFailed, LookupFailure

MOST_ADDRESSES = 3
"""Addresses of one host that are tried."""

SHARE = 0.4
"""Part of the time left that one address may take to connect, while others are left."""


class Network(Protocol):
    """What look-ups know of the network. Times are seconds; both methods raise OSError."""

    def resolve(self, host: str, seconds: float) -> Sequence[str]:
        """The addresses of a host, as text. Raises TimeoutError when it takes too long."""
        ...

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """A connection to that address."""
        ...


class SystemNetwork:
    """The machine's resolver and sockets."""

    def resolve(self, host: str, seconds: float) -> Sequence[str]:
        """Ask the system, in a thread of its own: getaddrinfo has no time-out."""
        answers: queue.Queue[Sequence[str] | OSError] = queue.Queue()
        threading.Thread(target=_resolve, args=(host, answers), name="resolver", daemon=True).start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError("the resolver did not answer in time") from None
        if isinstance(answer, OSError):
            raise answer
        return answer

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """Connect to an address in text form: nothing is resolved."""
        family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect((address, port))
        except BaseException:
            connection.close()
            raise
        return connection


def _resolve(host: str, answers: queue.Queue[Sequence[str] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as problem:
        answers.put(problem)
    except ValueError:  # a label that the codec of the system refuses
        answers.put(socket.gaierror("the name cannot be looked up"))
    else:
        answers.put([str(entry[4][0]) for entry in found])


class Deadline:
    """When a look-up must be over, by the clock."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends = clock.now() + seconds

    def left(self) -> float:
        """Seconds left, more than zero. Raises LookupFailed when there are none."""
        left = self._ends - self._clock.now()
        if left <= 0:
            raise LookupFailed(LookupFailure.TIMEOUT)
        return left


def connected(host: str, port: int, network: Network, deadline: Deadline) -> socket.socket:
    """A connection to a public address of the host. Raises LookupFailed.

    The name is resolved once, and what is connected to is the address that was checked: a resolver that gives another
    answer the next time gains nothing.
    """
    try:
        found = list(dict.fromkeys(network.resolve(host, deadline.left())))
    except TimeoutError:
        raise LookupFailed(LookupFailure.TIMEOUT, f"resolving {host}") from None
    except OSError as problem:
        raise LookupFailed(LookupFailure.UNKNOWN_HOST, f"{host}: {problem}") from None
    public = sorted((address for address in found if is_public(address)), key=lambda address: ":" in address)
    if not public:
        raise LookupFailed(LookupFailure.NOT_PUBLIC if found else LookupFailure.UNKNOWN_HOST, host)
    return _first_connection(public[:MOST_ADDRESSES], port, network, deadline)


def _first_connection(addresses: Sequence[str], port: int, network: Network, deadline: Deadline) -> socket.socket:
    problem = OSError("no address")
    for number, address in enumerate(addresses, 1):
        left = deadline.left()
        try:
            return network.connect(address, port, left if number == len(addresses) else left * SHARE)
        except OSError as refused:
            problem = refused
    reason = LookupFailure.TIMEOUT if isinstance(problem, TimeoutError) else LookupFailure.UNREACHABLE
    raise LookupFailed(reason, f"port {port}: {problem}")
