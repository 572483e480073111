"""What is asked of which registry, and what is read of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reply.lookup.https import Fetched
from reply.lookup.names import Target
from reply.lookup.public import PublicLookups
from reply.lookup.rdap import BOOTSTRAP, KEPT_S, Bootstrap, Registration, registration
from shared.clock import SystemClock
from shared.errors import LookupFailed, LookupFailure
from tests.reply.kit import FakeClock

from .kit import FakeNetwork, Made, make, response, serve, trusting

LIST = {
    "version": "1.0",
    "services": [
        [["com", "net"], ["http://plain.registry.example/", "https://rdap.registry.example/com/v1/"]],
        [["uk"], ["https://rdap.uk.example"]],
        [["co.zz"], ["https://rdap.cozz.example/"]],
        [["zz"], ["https://rdap.zz.example/"]],
        [["plain"], ["http://plain.example/"]],
        [["xn--fiqs8s"], ["https://rdap.cn.example/"]],
    ],
}
COM = "https://rdap.registry.example/com/v1/domain/"


def domain(**changes: Any) -> dict[str, Any]:
    """A registry's answer, as RFC 9083 shapes it."""
    return {
        "objectClassName": "domain",
        "events": [
            {"eventAction": "registration", "eventDate": "1995-08-14T04:00:00Z"},
            {"eventAction": "expiration", "eventDate": "2027-08-13T04:00:00.000+08:00"},
            {"eventAction": "last changed", "eventDate": "2026-01-01T00:00:00Z"},
        ],
        "entities": [
            {"roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse Desk"]]]},
            {
                "roles": ["registrar"],
                "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "示例注册商"]]],
            },
        ],
        **changes,
    }


@dataclass
class Web:
    """Documents by address; everything else is a 404."""

    documents: dict[str, Fetched | LookupFailed] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @classmethod
    def having(cls, **answers: Mapping[str, Any]) -> Web:
        """IANA's list and what .com says of each name (`_` for `.`)."""
        found = {COM + name.replace("_", "."): page(answer) for name, answer in answers.items()}
        return cls({BOOTSTRAP: page(LIST), **found})

    def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        found = self.documents.get(url, Fetched(404, b""))
        if isinstance(found, LookupFailed):
            raise found
        return found


def page(content: object, status: int = 200) -> Fetched:
    return Fetched(status, json.dumps(content).encode())


def find(name: str, web: Web, clock: FakeClock | None = None) -> Registration:
    return registration(name, Bootstrap(clock or FakeClock()), web.fetch)


def failure(name: str, web: Web) -> LookupFailure:
    with pytest.raises(LookupFailed) as failed:
        find(name, web)
    return failed.value.reason


def test_what_is_read() -> None:
    """Registration, expiry and registrar; dates with and without fractions and offsets."""
    web = Web.having(example_com=domain())
    assert find("example.com", web) == Registration("example.com", date(1995, 8, 14), date(2027, 8, 13), "示例注册商")
    assert web.asked == [BOOTSTRAP, COM + "example.com"]


@pytest.mark.parametrize(
    "answer",
    [
        domain(events=[], entities=[]),
        {"objectClassName": "domain"},
        domain(events="x", entities="y"),
        domain(events=[1, {"eventAction": "registration", "eventDate": "soon"}], entities=[1, {"roles": "registrar"}]),
        domain(events=[{"eventAction": "expiration"}], entities=[{"roles": ["registrar"], "vcardArray": ["vcard"]}]),
        domain(events=[], entities=[{"roles": ["registrar"], "vcardArray": ["vcard", [["fn"], 3, ["fn", {}, "", 5]]]}]),
    ],
)
def test_what_a_registry_does_not_say(answer: dict[str, Any]) -> None:
    """Missing and odd fields are unknown, not an error."""
    assert find("example.com", Web.having(example_com=answer)) == Registration("example.com", None, None, "")


@pytest.mark.parametrize(
    ("name", "known", "asked"),
    [
        ("www.example.com", "example.com", ["www.example.com", "example.com"]),
        ("a.b.c.example.com", "example.com", ["b.c.example.com", "c.example.com", "example.com"]),
        ("x.b.example.com", "b.example.com", ["x.b.example.com", "b.example.com"]),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 422])
def test_parents_are_asked_for(name: str, known: str, asked: list[str], status: int) -> None:
    """The longest name first, at most three; the answer says whose it is."""
    web = Web.having(**{known.replace(".", "_"): domain()})
    web.documents |= {COM + tried: Fetched(status, b"") for tried in asked[:-1]}
    assert find(name, web).name == known
    assert web.asked[1:] == [COM + tried for tried in asked]


def test_a_name_nobody_registered() -> None:
    """The TLD alone is never asked for."""
    web = Web.having()
    assert failure("www.example.com", web) is LookupFailure.NOT_FOUND
    assert web.asked[1:] == [COM + "www.example.com", COM + "example.com"]


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("example.co.zz", "https://rdap.cozz.example/"),
        ("example.zz", "https://rdap.zz.example/"),
        ("co.zz", "https://rdap.zz.example/"),
        ("example.co.uk", "https://rdap.uk.example/"),
        ("xn--fiq228c.xn--fiqs8s", "https://rdap.cn.example/"),
    ],
)
def test_the_server_of_the_longest_end(name: str, server: str) -> None:
    """As RFC 9224 wants it; a final slash or none does not matter."""
    web = Web.having()
    web.documents[f"{server}domain/{name}"] = page(domain())
    assert find(name, web).name == name


@pytest.mark.parametrize("name", ["example.cn", "example.plain"])
def test_a_tld_without_a_service(name: str) -> None:
    """None in IANA's list, or none over HTTPS."""
    assert failure(name, Web.having()) is LookupFailure.NO_SERVICE


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Fetched(429, b""), LookupFailure.BUSY),
        (Fetched(500, b""), LookupFailure.UNREACHABLE),
        (Fetched(403, b""), LookupFailure.UNREADABLE),
        (Fetched(200, b"<html>"), LookupFailure.UNREADABLE),
        (Fetched(200, b"[]"), LookupFailure.UNREADABLE),
        (Fetched(200, b"[" * 100_000), LookupFailure.UNREADABLE),
        (Fetched(200, b"\xff"), LookupFailure.UNREADABLE),
        (page({"objectClassName": "entity"}), LookupFailure.UNREADABLE),
        (LookupFailed(LookupFailure.TIMEOUT), LookupFailure.TIMEOUT),
    ],
)
def test_what_goes_wrong(answer: Fetched | LookupFailed, expected: LookupFailure) -> None:
    """Every bad answer of a registry has its reason."""
    web = Web.having()
    web.documents[COM + "example.com"] = answer
    assert failure("example.com", web) is expected


@pytest.mark.parametrize("content", [{}, {"services": []}, {"services": [[], [[]], [1, 2], "x", [["com"]]]}, []])
def test_a_list_that_is_none(content: object) -> None:
    """IANA's list without a usable entry."""
    assert failure("example.com", Web({BOOTSTRAP: page(content)})) is LookupFailure.UNREADABLE


def test_the_list_is_kept_for_a_day() -> None:
    """Read once a day; when it cannot be read again, the old one does."""
    clock, web = FakeClock(), Web.having(example_com=domain())
    bootstrap = Bootstrap(clock)
    for _ in range(3):
        registration("example.com", bootstrap, web.fetch)
    assert web.asked.count(BOOTSTRAP) == 1
    clock.time += KEPT_S + 1
    web.documents[BOOTSTRAP] = LookupFailed(LookupFailure.TIMEOUT)
    assert registration("example.com", bootstrap, web.fetch).name == "example.com"
    assert web.asked.count(BOOTSTRAP) == 2


def test_over_real_connections(authority: Made, tmp_path: Path) -> None:
    """IANA's list, the registry, a redirect to the registrar's: TLS throughout, names checked; and a certificate."""
    made = make("data.iana.org", issuer=authority, names=["data.iana.org", "rdap.registry.example", "moved.example"])
    with serve(made.files(tmp_path)) as served:
        network = FakeNetwork.with_hosts(
            dict.fromkeys(["data.iana.org", "rdap.registry.example", "moved.example"], served.port)
        )
        there = "https://moved.example/domain/example.com"
        served.answers |= {
            "/rdap/dns.json": response(200, json.dumps(LIST).encode()),
            "/com/v1/domain/example.com": response(302, b"", Location=there),
            "/domain/example.com": response(200, json.dumps(domain()).encode()),
        }
        lookups = PublicLookups(network, SystemClock(), trusting(authority))
        assert lookups.domain("www.example.com").registrar == "示例注册商"
        assert lookups.certificate(Target("moved.example")).faults == ()
    assert served.hosts[:3] == ["data.iana.org", "rdap.registry.example", "rdap.registry.example"]
