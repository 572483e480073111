"""DingTalk's card interface as a robot calls it: a token, one card for each answer, and the text that fills it.

https://open.dingtalk.com/document/development/create-and-deliver-cards and the pages named in `card_rules.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from local.card_rules import QPS, CardRefused, Rate, Space, Tokens, check_stream, space_of, track_of, variables_of
from local.cards import Card, CardCall
from local.clock import CloudClock
from local.faults import NOBODY, Concerned, Fault, Faults
from local.messages import Sent, Shown
from local.people import ROBOT_CODE
from local.web import peer_port

PREFIX = "/v1.0/"
CALLS = {
    "streaming": ("PUT", "/v1.0/card/streaming"),
    "createAndDeliver": ("POST", "/v1.0/card/instances/createAndDeliver"),
    "instances": ("PUT", "/v1.0/card/instances"),
}
"""Method and path of each, by the name that faults use."""
FAILURES = {
    "unknownError": (500, "未知错误"),
    QPS: (403, "请求过于频繁，请稍后重试"),
    "system.busy": (500, "system.busy"),
    "param.stream.content": (400, "content is too large"),
}
"""Status and message of the codes that faults can answer with; the first as reported in
soimy/openclaw-channel-dingtalk issue 81."""
_TOKEN = ("POST", "/v1.0/oauth2/accessToken")
Answer = dict[str, Any]


class Chat(Protocol):
    """What the interface needs of the chats: where a card can go, and showing it there."""

    def spoken_in(self, space: Space) -> Sent | None:
        """Return the latest message of that place that has reached the robot; None where nobody has written yet."""

    def show_card(self, card: Card) -> None:
        """Show a new card, or a card as it is now."""

    @property
    def changed(self) -> Callable[[Sent | Shown], None]:
        """Called with what has changed."""


class CardApi:
    """The interface. `cards` are by their `outTrackId`; `caller(port)` tells for which message a function works."""

    def __init__(self, chat: Chat, clock: CloudClock, secret: str) -> None:
        self.cards: dict[str, Card] = {}
        self.calls: list[CardCall] = []
        self.faults = Faults()
        self.rate = Rate()
        self.caller: Callable[[int], Sent | None] = lambda _: None
        self._chat, self._clock = chat, clock
        self._tokens = Tokens(ROBOT_CODE, secret)

    def forget(self) -> None:
        """Forget every card and call; a token stays good."""
        self.cards.clear()
        self.calls.clear()
        self.rate.forget()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        raw = await request.read()
        try:
            body = _object(raw)
            if (request.method, request.path) == _TOKEN:
                # Neither counted nor kept: it is free of quota, and its body is a secret.
                return web.json_response(self._tokens.issue(body, self._clock.now()))
        except CardRefused as refusal:
            return web.json_response(refusal.answer, status=refusal.status)
        name = next((name for name, call in CALLS.items() if call == (request.method, request.path)), "")
        concerned = self._sent(body, peer_port(request))
        fault = self._fault(name, concerned)
        try:
            if fault is not None and not fault.kind.endswith(":slow"):
                code = fault.kind.partition(":")[2]
                raise CardRefused(FAILURES[code][0], code, FAILURES[code][1])
            await asyncio.sleep(fault.seconds if fault is not None else 0)
            self._tokens.check(request.headers.get("x-acs-dingtalk-access-token", ""), self._clock.now())
            self.rate.check(request.path, self._clock.now_ms())
            status, answer = 200, self._do(name, body, concerned)
        except CardRefused as refusal:
            status, answer = refusal.status, refusal.answer
        self._note(request, raw, web.json_response(answer, status=status), fault, concerned)
        return web.json_response(answer, status=status)

    def _fault(self, name: str, sent: Sent | None) -> Fault | None:
        about = NOBODY if sent is None else Concerned(sent.conversation.id, sent.id)
        return self.faults.take(about, kinds=frozenset(f"{name}:{code}" for code in (*FAILURES, "slow")))

    def _sent(self, body: Mapping[str, Any], port: int) -> Sent | None:
        """For which message a call is made: that of its card, of the function that calls, or the latest one there."""
        card = self.cards.get(str(body.get("outTrackId")))
        if card is not None:
            return card.sent
        try:
            latest = self._chat.spoken_in(space_of(body))
        except CardRefused:
            return self.caller(port)
        caller = self.caller(port)
        return caller if caller is not None and latest and caller.conversation == latest.conversation else latest

    def _do(self, name: str, body: Mapping[str, Any], sent: Sent | None) -> Answer:
        if name == "createAndDeliver":
            return self._create(body, sent)
        if name == "instances":
            return self._update(body)
        if name == "streaming":
            return self._stream(body)
        raise CardRefused(404, "InvalidAction.NotFound", "Specified api is not found")

    def _create(self, body: Mapping[str, Any], sent: Sent | None) -> Answer:
        track, space = track_of(body), space_of(body)
        if not body.get("cardTemplateId"):
            raise CardRefused(400, "param.cardTemplateIdEmpty")
        variables = variables_of(body)
        if track in self.cards:
            raise CardRefused(400, "param.cardAlreadyExist")
        if sent is not None:
            self.cards[track] = Card(track, str(body["cardTemplateId"]), sent, variables)
            self._chat.show_card(self.cards[track])
        # A card that went nowhere is reported inside HTTP 200.
        delivered = {"spaceType": space.kind, "spaceId": space.id, "success": sent is not None}
        result = {**delivered, **({} if sent else {"errorMsg": "spaceId is illegal"})}
        return {"success": True, "result": {"outTrackId": track, "deliverResults": [result]}}

    def _update(self, body: Mapping[str, Any]) -> Answer:
        card = self.cards.get(track_of(body))
        if not body.get("cardData") and not body.get("privateData"):
            raise CardRefused(400, "param.cardDataAndPrivateDataBothEmpty")
        if card is None:
            raise CardRefused(400, "param.cardNotExist")
        if body.get("cardData"):
            options = body.get("cardUpdateOptions")
            card.update(
                variables_of(body), by_key=isinstance(options, dict) and bool(options.get("updateCardDataByKey"))
            )
            self._chat.show_card(card)
        return {"success": True, "result": True}

    def _stream(self, body: Mapping[str, Any]) -> Answer:
        card = self.cards.get(track_of(body))
        check_stream(body, card)
        final, failed = body.get("isFinalize") is True, body.get("isError") is True
        if card is not None and card.stream(body["guid"], body["key"], body["content"], final=final, failed=failed):
            self._chat.show_card(card)
        return {"success": True, "result": True}

    def _note(
        self, request: web.Request, raw: bytes, answer: web.Response, fault: Fault | None, sent: Sent | None
    ) -> None:
        text = answer.body if isinstance(answer.body, bytes) else b""
        message, kind = sent.id if sent else "", fault.kind if fault else ""
        self.calls.append(
            CardCall(self._clock.now_ms(), request.method, request.path, answer.status, raw, text, kind, message)
        )
        if sent is not None:
            self._chat.changed(sent)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CardRefused(400, "param.empty")
    return found
