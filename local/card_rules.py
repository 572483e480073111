"""What DingTalk's card interface accepts, and the codes with which it refuses.

Creating: https://open.dingtalk.com/document/development/create-and-deliver-cards ; streaming:
https://open.dingtalk.com/document/development/api-streamingupdate ; tokens:
https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app ; rates:
https://open.dingtalk.com/document/development/call-frequency-limit . The status of a wrong token is as reported in
satorijs/satori issue 240. That a card which is over refuses to be streamed is the stand-in's own strictness: it is not
documented, and in public reports such an update is lost.
"""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cards import Card

TOKEN_SECONDS = 7200
"""Lifetime of an access token; the same one is given out while it lasts."""
MOST_PER_SECOND = 20
"""Calls of one interface by one application, in an organisation that pays nothing."""
QPS = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"

_SPACE = re.compile(r"dtv1\.card//(IM_GROUP|IM_ROBOT)\.(.+)")


class CardRefused(Exception):
    """The call is refused with this status, code and message."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status, self.code, self.message = status, code, message or code
        super().__init__(code)

    @property
    def answer(self) -> dict[str, str]:
        """The body of the refusal."""
        return {"requestid": "LOCAL-CLOUD", "code": self.code, "message": self.message}


@dataclass(frozen=True)
class Space:
    """Where a card goes: `kind` is IM_GROUP (`id` a conversation's) or IM_ROBOT (`id` a person's staff id)."""

    kind: str
    id: str


class Rate:
    """Counts calls in the last second, by interface. Times are ms."""

    def __init__(self) -> None:
        self.most = MOST_PER_SECOND
        self._calls: dict[str, deque[int]] = {}

    def forget(self) -> None:
        """Forget the calls that were counted."""
        self._calls.clear()

    def check(self, interface: str, now: int) -> None:
        """Count one call. Raises CardRefused when there were too many."""
        calls = self._calls.setdefault(interface, deque())
        while calls and not now - 1000 < calls[0] <= now:
            calls.popleft()  # also what a clock that was moved back has left in the future
        if len(calls) >= self.most:
            raise CardRefused(403, QPS, "请求过于频繁，请稍后重试")
        calls.append(now)


class Tokens:
    """Access tokens of one application. Times are seconds."""

    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, secret
        self._token, self._until = "", 0.0

    def issue(self, body: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Return the token. Raises CardRefused on a wrong key or secret."""
        if (body.get("appKey"), body.get("appSecret")) != (self._key, self._secret):
            raise CardRefused(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        if now >= self._until:
            self._token, self._until = secrets.token_hex(16), now + TOKEN_SECONDS
        return {"accessToken": self._token, "expireIn": round(self._until - now)}

    def check(self, token: str, now: float) -> None:
        """Raises CardRefused when the token is none that was issued, or has expired."""
        if not self._token or token != self._token or now >= self._until:
            raise CardRefused(400, "InvalidAuthentication", "不合法的access_token")


def variables_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return `cardData.cardParamMap`. Raises CardRefused when a value is no text."""
    data = body.get("cardData")
    found = data.get("cardParamMap") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise CardRefused(400, "param.cardPublicDataEmpty")
    if not all(isinstance(value, str) for value in found.values()):
        raise CardRefused(400, "param.invalid", "cardParamMap takes strings only")
    return found


def track_of(body: Mapping[str, Any]) -> str:
    """Return the `outTrackId`. Raises CardRefused without one."""
    found = body.get("outTrackId")
    if not isinstance(found, str) or not found:
        raise CardRefused(400, "param.outTrackIdEmpty")
    return found


def space_of(body: Mapping[str, Any]) -> Space:
    """Return where the card goes. Raises CardRefused when that, or the model belonging to it, is not as it must be."""
    if not body.get("openSpaceId"):
        raise CardRefused(400, "param.openSpaceIdEmpty")
    match = _SPACE.fullmatch(str(body["openSpaceId"]))
    if match is None:
        raise CardRefused(400, "param.openSpaceIdInvalid")
    model = body.get("imGroupOpenDeliverModel" if match[1] == "IM_GROUP" else "imRobotOpenDeliverModel")
    if model is None:
        raise CardRefused(400, "param.openDeliverModelEmpty")
    wanted = ("robotCode", None) if match[1] == "IM_GROUP" else ("spaceType", "IM_ROBOT")
    if not isinstance(model, dict) or not model.get(wanted[0]) or wanted[1] not in (None, model[wanted[0]]):
        raise CardRefused(400, "param.openDeliverModelError")
    return Space(match[1], match[2])


def check_stream(body: Mapping[str, Any], card: Card | None) -> None:
    """Raises CardRefused when a streaming update is not as it must be. The variable counts as bound to markdown."""
    for name in ("key", "guid"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise CardRefused(400, f"param.stream.{name}Empty")
    if not isinstance(body.get("content"), str):
        raise CardRefused(400, "param.stream.contentEmpty")
    if body.get("isFull") is not True:
        raise CardRefused(400, "param.stream.isFull", "markdown takes the whole text: isFull must be true")
    if card is None:
        raise CardRefused(400, "param.stream.outTrackId", "card is not exist")
    if card.over and body["guid"] not in card.guids:
        raise CardRefused(400, "param.invalid", f"the card is {card.state}")
