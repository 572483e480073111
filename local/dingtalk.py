"""DingTalk as the robot sees it: signed callbacks out, session webhooks and cards in, and what people get to see.

Callbacks: https://open.dingtalk.com/document/orgapp/receive-message .
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
from aiohttp import web

from local.card_api import PREFIX, CardApi
from local.card_rules import Space
from local.cards import Card
from local.clock import CloudClock
from local.faults import NOBODY, Concerned, Faults
from local.messages import Delivery, Post, Sent, Shown
from local.payloads import KINDS, envelope
from local.people import ROBOT_NAME, ROBOT_USER_ID, Conversation, Person
from local.quotes import Quote, quoted
from local.showing import card_as, in_body, put, shown_as
from local.signatures import dingtalk as signature
from local.web import Site, peer_port, reset
from local.webhook import LARGEST_BODY, checked, errcode, errcode_of, faulty, returned

CALLBACK_SECONDS = 10.0
"""How long DingTalk waits for the answer to a callback (reported by users; not documented)."""

_SESSION = re.compile(rb"session=([0-9a-f]{32})")


def concerned(sent: Sent | None) -> Concerned:
    """Whom something that has to do with `sent` is about."""
    return NOBODY if sent is None else Concerned(sent.conversation.id, sent.id)


class DingTalk:
    """The stand-in. `reached(point, port)` tells Function Compute how far an instance has come."""

    def __init__(self, clock: CloudClock, secret: str, reached: Callable[[str, int], bool]) -> None:
        self.site = Site(self._answer)
        self.timeline: list[Sent | Shown] = []
        self.posts: list[Post] = []
        self.faults, self.callbacks = Faults(), Faults()
        self.trigger = ""
        self.changed: Callable[[Sent | Shown], None] = lambda _: None
        self.behind: Callable[[int], str] = lambda _: ""
        self.rate: int | None = None
        self.robot_name = ROBOT_NAME["zh"]
        self.delivering: Callable[[Mapping[str, str], bytes], None] = lambda *_: None
        self._clock, self._secret, self._reached = clock, secret, reached
        self._sessions: dict[str, Sent] = {}
        self._http: aiohttp.ClientSession | None = None
        self.cards = CardApi(self, clock, secret)

    def compose(
        self,
        person: Person,
        place: Conversation,
        text: str,
        *,
        kind: str = "text",
        quote: Quote | None = None,
        change: Mapping[str, Any] | None = None,
        drop: Sequence[str] = (),
    ) -> Sent:
        """Make a message with a webhook of its own; nobody has seen it yet. `change` and `drop` alter the body."""
        session = secrets.token_hex(16)
        now = self._clock.now_ms()
        # DingTalk cuts the mention out of text and leaves the space that followed it.
        words = f" {text}" if place.group and kind in ("text", "topLevelContent") else text
        content = KINDS[kind](words)
        if place.group and kind == "richText":
            # There the mention stays, as a node of its own (open-dingtalk/developerpedia, docs/learn/stream/faq.md).
            content["content"]["richText"].insert(0, {"text": f"@{self.robot_name}"})
        if quote is not None:
            quote = replace(quote, sender_id=quote.sender_id or ROBOT_USER_ID, at=quote.at or now - 60_000)
        webhook = f"{self.site.url}/robot/sendBySession?session={session}"
        body = {**envelope(person, place, webhook, now), **(quoted(content, quote) if quote else content)}
        sent = Sent(f"m-{session[:12]}", place, person, kind, text, now, body, session)
        expired = self.callbacks.take(concerned(sent), kinds=frozenset({"expired"}))
        if expired:
            body["sessionWebhookExpiredTime"] = now + round(expired.seconds * 1000)
        body.update(change or {})
        for name in drop:
            body.pop(name, None)
        return sent

    def sender_of(self, event: bytes) -> Sent | None:
        """Return the message whose webhook stands in `event`."""
        found = _SESSION.search(event)
        return self._sessions.get(found[1].decode()) if found else None

    def signed_headers(self, timestamp: str = "", secret: str = "") -> dict[str, str]:
        """Headers of a callback, signed now with the robot's secret unless told otherwise."""
        stamp = timestamp or str(self._clock.now_ms())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "timestamp": stamp,
            "sign": signature(secret or self._secret, stamp),
        }

    def take(self, sent: Sent) -> None:
        """Show a person's message; from now on its webhook is good for answers."""
        self._sessions[sent.session] = sent
        self.timeline.append(sent)
        self.changed(sent)

    async def deliver(self, sent: Sent, headers: Mapping[str, str] | None = None, *, heard: bool = True) -> Delivery:
        """Post the callback of `sent` to the trigger and show what the answer carries, if DingTalk has `heard` it."""
        body = json.dumps(sent.payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
        signed = headers or self.signed_headers()
        self.delivering(signed, body)
        delivery = await self.post(signed, body)
        sent.deliveries.append(delivery)
        if heard:
            self._show_body(sent, delivery)
        self.changed(sent)
        return delivery

    async def post(self, headers: Mapping[str, str], body: bytes, method: str = "POST", path: str = "/") -> Delivery:
        """Send one request to the trigger; DingTalk waits ten seconds for the answer."""
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._http = aiohttp.ClientSession(connector=connector, trust_env=False, auto_decompress=False)
        began = time.monotonic()
        status, answer, found, error = None, b"", {}, ""
        try:
            limit = aiohttp.ClientTimeout(total=CALLBACK_SECONDS)
            async with self._http.request(
                method, self.trigger + path, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                answer = await response.read()
                status, found = response.status, dict(response.headers)
        except asyncio.TimeoutError:
            error = f"no answer within {CALLBACK_SECONDS:g} seconds"
        except aiohttp.ClientError as problem:
            error = f"no answer: {type(problem).__name__}"
        took, at = round((time.monotonic() - began) * 1000), self._clock.now_ms()
        return Delivery(dict(headers), body, status, answer, found, took, error, at)

    def recount(self, sent: Sent, answers: Sequence[str]) -> None:
        """Show `sent` and answers to it as something of the past: no function has run for them, nothing was posted."""
        sent.deliveries.append(Delivery(self.signed_headers(), b"{}", 200, b"{}", {}, 0, at=sent.at))
        self.take(sent)
        for text in answers:
            payload = {"msgtype": "markdown", "markdown": {"title": text[:20], "text": text}}
            self._show(shown_as(payload, sent, "webhook", self._clock.now_ms()))

    def _show_body(self, sent: Sent, delivery: Delivery) -> None:
        payload = in_body(delivery)
        # A redelivery that gets the same words again is one answer: DingTalk shows the body of one response.
        if payload and not any(shown.via == "body" and shown.payload == payload for shown in sent.answers):
            self._show(shown_as(payload, sent, "body", self._clock.now_ms()))

    def _show(self, seen: Shown) -> None:
        for entries in (self.timeline, seen.answers.answers):
            put(entries, seen)
        self.changed(seen)
        self.changed(seen.answers)

    def spoken_in(self, space: Space) -> Sent | None:
        """Return the latest message that has reached the robot there; None where nobody has written yet."""
        for entry in reversed(self.timeline):
            if isinstance(entry, Sent) and entry.reaches_robot:
                place = entry.conversation
                known = (place.cid, "IM_GROUP") if place.group else (entry.person.staff_id, "IM_ROBOT")
                if known == (space.id, space.kind):
                    return entry
        return None

    def show_card(self, card: Card) -> None:
        """Show a new card, or a card as it is now."""
        old = next((seen for seen in card.sent.answers if seen.id == card.shown), None)
        seen = card_as(card, old, self._clock.now_ms())
        card.shown = seen.id
        self._show(seen)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        return await (self.cards.handle(request) if request.path.startswith(PREFIX) else self._webhook(request))

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        port, came = peer_port(request), self._clock.now_ms()
        instance = self.behind(port)
        body = await request.read()
        session = request.query.get("session", "")
        sent = self._sessions.get(session)
        if self._reached("post", port):
            return reset(request)
        fault = self.faults.take(concerned(sent))
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        answer = faulty(fault)
        code = "" if answer is not None else self._accept(request, sent, body)
        if answer is None:
            answer = errcode(code)
        gone = request.transport is None or request.transport.is_closing()
        said = (answer.status, errcode_of(answer), body, answer.body if isinstance(answer.body, bytes) else b"")
        kind = fault.kind if fault else ""
        at = self._clock.now_ms()
        post = Post(session, at, *said, fault=kind, gone=gone, came=came, instance=instance)
        self._record(sent, post)
        if self._reached("posted", port) or (fault is not None and "reset" in fault.kind):
            return reset(request)
        if fault is not None and fault.kind == "shown-then-slow":
            await asyncio.sleep(fault.seconds)
            post.gone = request.transport is None or request.transport.is_closing()
        return returned(fault, code, answer)

    def _accept(self, request: web.Request, sent: Sent | None, body: bytes) -> str:
        """Show what was posted, or return the code that says why not."""
        if request.method != "POST" or request.path != "/robot/sendBySession":
            return "40035"
        if sent is None or self._clock.now_ms() > sent.webhook_expires_at:
            return "300001"
        if len(body) > LARGEST_BODY:
            return "460101"
        if self.rate is not None and self._posted_lately(sent.conversation) >= self.rate:
            return "130101"
        code, payload = checked(request.content_type, body)
        if code == "0":
            self._show(shown_as(payload, sent, "webhook", self._clock.now_ms()))
        return code

    def _posted_lately(self, conversation: Conversation) -> int:
        since = self._clock.now_ms() - 60_000
        return sum(1 for p in self.posts if p.errcode == 0 and p.at > since and self._place(p.session) == conversation)

    def _place(self, session: str) -> Conversation | None:
        sent = self._sessions.get(session)
        return sent.conversation if sent else None

    def _record(self, sent: Sent | None, post: Post) -> None:
        self.posts.append(post)
        if sent is not None:
            sent.posts.append(post)
            self.changed(sent)

    def forget(self) -> None:
        """Forget every message; what is posted to an earlier webhook is refused."""
        self._sessions.clear()
        self.timeline.clear()
        self.posts.clear()
        self.cards.forget()

    async def close(self) -> None:
        """Close the connections to the trigger."""
        if self._http is not None:
            await self._http.close()
