"""Look-ups on the public internet."""

from __future__ import annotations

import ssl

from reply.lookup.certificates import Certificate, Trust, inspect
from reply.lookup.connection import Deadline, Network
from reply.lookup.https import Fetched, fetch
from reply.lookup.names import Target
from reply.lookup.rdap import Bootstrap, Registration, registration
from shared.clock import Clock
from shared.errors import LookupFailed

LONGEST_S = 10.0
"""Seconds that one look-up may take in all."""


def trust_system(context: ssl.SSLContext) -> None:
    """Trust the authorities that this machine trusts."""
    context.load_default_certs()


class PublicLookups:
    """Asks servers that people have named. Both methods raise LookupFailed, within ten seconds by the clock."""

    def __init__(self, network: Network, clock: Clock, trust: Trust = trust_system) -> None:
        self._network = network
        self._clock = clock
        self._trust = trust
        self._bootstrap = Bootstrap(clock)

    def domain(self, name: str) -> Registration:
        """The registration of a name (ASCII), or of the nearest parent that is registered."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._trust(context)
        deadline = Deadline(self._clock, LONGEST_S)

        def fetch_json(url: str) -> Fetched:
            return fetch(url, "application/rdap+json, application/json", self._network, context, deadline)

        return registration(name, self._bootstrap, fetch_json)

    def certificate(self, target: Target) -> Certificate:
        """The certificate that a server shows now.

        A port without one fails when the time is over, whatever was there: a closed port is not told from an open one
        by how soon it fails, so nobody scans a network from here.
        """
        began = self._clock.now()
        try:
            return inspect(target, self._network, self._trust, Deadline(self._clock, LONGEST_S), began)
        except LookupFailed as failed:
            if not failed.reason.of_the_name:
                self._clock.sleep(began + LONGEST_S - self._clock.now())
            raise
