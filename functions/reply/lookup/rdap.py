"""Who a domain is registered with, by RDAP (RFC 9082, 9083) at the server that IANA names for its TLD (RFC 9224)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reply.lookup.https import Fetched
from shared.clock import Clock
from shared.errors import LookupFailed, LookupFailure

BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
KEPT_S = 24 * 3600
"""Seconds for which one instance keeps IANA's list."""

MOST_LABELS = 127
"""Labels that a name can have (RFC 1035)."""

MOST_QUERIES = 3
"""Names asked for in all: the one wanted, then its parents."""

Fetch = Callable[[str], Fetched]
"""Reads an address. Raises LookupFailed."""


@dataclass(frozen=True)
class Registration:
    """What a registry says of `name`, which may be a parent of the name asked for; None or "" is what it does not."""

    name: str
    registered: date | None
    expires: date | None
    registrar: str


class Bootstrap:
    """IANA's list of which TLD has which server, kept for a day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read_at = 0.0
        self._servers: Mapping[str, str] = {}

    def server(self, name: str, fetch: Fetch) -> str:
        """The address of the server for a name. Raises LookupFailed."""
        if not self._servers or self._clock.now() - self._read_at > KEPT_S:
            try:
                self._servers = _servers(_json(_ok(fetch(BOOTSTRAP))))
                self._read_at = self._clock.now()
            except LookupFailed:
                if not self._servers:
                    raise
        found = next((self._servers[end] for end in _ends(name) if end in self._servers), "")
        if not found:
            raise LookupFailed(LookupFailure.NO_SERVICE, name)
        return found


def registration(name: str, bootstrap: Bootstrap, fetch: Fetch) -> Registration:
    """What the registry knows of a name (ASCII), or of the nearest parent it knows. Raises LookupFailed.

    Which part of a name is registered differs from TLD to TLD, and only a long list tells; the registries know it, so
    they are asked: the longest of the last four labels first, and never a TLD alone.
    """
    server = bootstrap.server(name, fetch).rstrip("/")
    labels = name.split(".")
    for count in range(min(len(labels), MOST_QUERIES + 1), 1, -1):
        wanted = ".".join(labels[-count:])
        answer = fetch(f"{server}/domain/{wanted}")
        # Registries answer 400 or 422 for a name below the level that they register.
        if answer.status not in (400, 404, 422):
            return _registration(wanted, _json(_ok(answer)))
    raise LookupFailed(LookupFailure.NOT_FOUND, name)


def _ok(answer: Fetched) -> bytes:
    if answer.status == 200:
        return answer.body
    if answer.status == 429:
        raise LookupFailed(LookupFailure.BUSY, "status 429")
    reason = LookupFailure.UNREACHABLE if answer.status >= 500 else LookupFailure.UNREADABLE
    raise LookupFailed(reason, f"status {answer.status}")


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise LookupFailed(LookupFailure.UNREADABLE, "no JSON object")
    return found


def _servers(listed: dict[str, Any]) -> dict[str, str]:
    servers = {}
    for entry in _items(listed.get("services")):
        ends, urls = (*_items(entry), None, None)[:2]
        secure = next((url for url in _items(urls) if isinstance(url, str) and url.startswith("https://")), "")
        if secure:
            servers.update({end.lower(): secure for end in _items(ends) if isinstance(end, str)})
    if not servers:
        raise LookupFailed(LookupFailure.UNREADABLE, "IANA's list has no services")
    return servers


def _ends(name: str) -> Iterator[str]:
    labels = name.split(".")[-MOST_LABELS:]
    return (".".join(labels[start:]) for start in range(1, len(labels)))


def _registration(name: str, found: dict[str, Any]) -> Registration:
    if not _items(found.get("events")) and found.get("objectClassName") != "domain":
        raise LookupFailed(LookupFailure.UNREADABLE, "no domain object")
    return Registration(name, _event(found, "registration"), _event(found, "expiration"), _registrar(found))


def _event(found: dict[str, Any], action: str) -> date | None:
    for event in _items(found.get("events")):
        if isinstance(event, dict) and event.get("eventAction") == action:
            try:
                return date.fromisoformat(str(event.get("eventDate"))[:10])
            except ValueError:
                return None
    return None


def _registrar(found: dict[str, Any]) -> str:
    for entity in _items(found.get("entities")):
        if isinstance(entity, dict) and "registrar" in _items(entity.get("roles")):
            for line in _items((*_items(entity.get("vcardArray")), None, None)[1]):
                if isinstance(line, list) and len(line) > 3 and line[0] == "fn" and isinstance(line[3], str):
                    return line[3]
    return ""


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
