"""Requests to the HTTP trigger, each made by the seed and its number: real callbacks, changed, signed or not."""

from __future__ import annotations

import base64
import io
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.payloads import KINDS, envelope
from local.people import Conversation, Person
from local.quotes import SHAPES, Quote, quoted
from local.signatures import dingtalk
from proof.ingress_hostile import ADMIN, IDS, encoded, mutated

SECRET = "the-secret-of-the-fuzzed-robot"  # noqa: S105  # invented; signs requests that never leave this machine
TOKEN = "5e55105e55105e55105e55105e5510aa"  # noqa: S105  # invented, of no session
CANARY = "canary-in-a-message"
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
MARGIN_MS = 30_000
"""How far from the edges of a signature's life ages are chosen: a request takes a while to be made."""

_KEPT = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True)
class Request:
    """One request. `headers` may hold what no client would send; `valid` is whether its signature is good."""

    number: int
    fc2: bool
    method: str
    path: str
    headers: Mapping[str, Any]
    body: bytes
    valid: bool

    def described(self) -> str:
        """Everything needed to send it again, as one line of JSON."""
        about = {"number": self.number, "fc2": self.fc2, "method": self.method, "path": self.path}
        about |= {"headers": self.headers, "valid": self.valid}
        return json.dumps({**about, "body": base64.b64encode(self.body[:4000]).decode(), "bytes": len(self.body)})


def request(seed: int, number: int, now_ms: int, host: str = "oapi.dingtalk.com", token: str = TOKEN) -> Request:
    """The request of this number: the same for the same seed, but for its times and random ids."""
    choose = random.Random(f"{seed}:ingress:{number}")  # noqa: S311  # choices of what to try, not secrets
    method = choose.choice(("POST",) * 12 + ("GET", "HEAD", "PUT", "post", "", "\ud800"))
    path = choose.choice(("/",) * 8 + ("", "//", "/x", "/../", "/%2e%2e/", "/\ud800", "/" + "a" * 3000))
    headers = signed(choose, now_ms)
    body = encoded(choose, mutated(choose, callback(choose, now_ms, host, token), host, token))
    valid = good(headers, now_ms)
    return Request(number, choose.random() < 0.4, method, path, headers, body, valid)


def callback(choose: random.Random, now_ms: int, host: str, token: str) -> dict[str, Any]:
    """A callback as DingTalk sends it, of any kind; its words hold CANARY."""
    staff = choose.choice((ADMIN, "staff-1", "staff-2", ""))
    person = Person(choose.choice(("小林", "Ann", "")), staff)
    place = Conversation("group" if choose.random() < 0.5 else "robot", choose.choice(("group", "private")), (person,))
    address = f"https://{host}/robot/sendBySession?session={token}"
    kind = choose.choice((*KINDS, "text", "text", "richText"))
    content = KINDS[kind](f" {CANARY} what is this?")
    if kind in ("text", "richText") and choose.random() < 0.4:
        content = quoted(content, Quote(CANARY, shape=choose.choice(SHAPES)))
    return {**envelope(person, place, address, now_ms), **content}


def signed(choose: random.Random, now_ms: int) -> dict[str, Any]:
    """Headers of a callback: more often good than not."""
    age = choose.choice((0, 0, 0, 0, MINUTE_MS, HOUR_MS - MARGIN_MS, -5 * MINUTE_MS + MARGIN_MS))
    headers: dict[str, Any] = _pair(now_ms - age)
    if choose.random() < 0.4:
        headers = choose.choice(_faulty(choose, headers, now_ms))
    if choose.random() < 0.2:
        headers = {choose.choice((name.upper(), name.title(), name)): value for name, value in headers.items()}
    headers["Content-Type"] = choose.choice(("application/json; charset=utf-8",) * 5 + ("text/xml", "", "\ud800"))
    if choose.random() < 0.1:
        headers[choose.choice(("Content-Encoding", "X", "content-length", "Transfer-Encoding", "host"))] = (
            choose.choice((*IDS, "gzip", "chunked", "-1"))
        )
    return headers


def _pair(stamp: int, secret: str = SECRET) -> dict[str, Any]:
    return {"timestamp": str(stamp), "sign": dingtalk(secret, str(stamp))}


def _faulty(choose: random.Random, good: Mapping[str, Any], now: int) -> list[dict[str, Any]]:
    """Headers that are not good, or in a form in which they still are."""
    stamp, sign = good["timestamp"], good["sign"]
    return [
        {},
        {"timestamp": stamp},
        {"sign": sign},
        {**good, "sign": ""},
        {**good, "sign": choose.choice(IDS)},
        {**good, "timestamp": choose.choice(IDS)},
        {**good, "sign": sign[:-1]},
        {**good, "sign": sign.swapcase()},
        {**good, "timestamp": str(int(stamp) + 1)},
        _pair(now, "the-secret-of-another-robot"),
        _pair(now, ""),
        _pair(now - HOUR_MS - MARGIN_MS),
        _pair(now - 48 * HOUR_MS),
        _pair(now + 5 * MINUTE_MS + MARGIN_MS),
        {**good, "timestamp": "9" * choose.choice((16, 17, 5000))},
        {**good, "timestamp": stamp.translate(_WIDE)},
        {name: [value, value] for name, value in good.items()},
        {**good, "sign": [sign, "x"]},
        {**good, "sign": choose.choice((None, 1, {}, [], [[]]))},
        {name: f" {value} " for name, value in good.items()},
    ]


_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def good(headers: Mapping[str, Any], now_ms: int) -> bool:
    """Whether these headers hold one valid signature, worked out apart from the code that is tried."""
    stamp, sign = (_only(headers, name) for name in ("timestamp", "sign"))
    if not _KEPT.fullmatch(stamp) or dingtalk(SECRET, stamp) != sign:
        return False
    return -5 * MINUTE_MS <= now_ms - int(stamp) <= HOUR_MS


def _only(headers: Mapping[str, Any], wanted: str) -> str:
    values = [value for name, value in headers.items() if name.lower() == wanted]
    texts = {
        text.strip()
        for value in values
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    }
    return texts.pop() if len(texts) == 1 else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def event(made: Request) -> bytes:
    """The request as an FC 3.0 HTTP trigger's event."""
    try:
        text, coded = made.body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, coded = base64.b64encode(made.body).decode("ascii"), True
    about = {
        "version": "v1",
        "rawPath": made.path,
        "body": text,
        "isBase64Encoded": coded,
        "headers": dict(made.headers),
        "queryParameters": {},
        "requestContext": {"requestId": "1-fuzz", "http": {"method": made.method, "path": made.path}},
    }
    return json.dumps(about).encode()


def environ(made: Request, context: object) -> dict[str, Any]:
    """The request as FC 2.0's WSGI environment; values that are no text cannot come there."""
    found: dict[str, Any] = {"REQUEST_METHOD": made.method, "PATH_INFO": made.path, "fc.context": context}
    for name, value in made.headers.items():
        texts = [text for text in _listed(value) if isinstance(text, str)]
        if texts:
            found[f"HTTP_{name.upper().replace('-', '_')}"] = ",".join(texts)
    found["CONTENT_LENGTH"] = str(len(made.body))
    found["wsgi.input"] = io.BytesIO(made.body)
    return found
