"""What people see of the robot, made from what it has posted, answered, or put on a card."""

from __future__ import annotations

import json
import secrets
from collections.abc import MutableSequence
from dataclasses import replace
from typing import Any

from local.cards import Card
from local.messages import Delivery, Sent, Shown
from local.payloads import Body

_IN_BODY = ("text", "markdown", "actionCard", "feedCard")


def in_body(delivery: Delivery) -> Body | None:
    """Return what the answer to a callback shows in the chat.

    https://open.dingtalk.com/document/orgapp/robot-message-type
    """
    try:
        payload = json.loads(delivery.body) if delivery.status == 200 else None
    except ValueError:
        return None
    return payload if isinstance(payload, dict) and payload.get("msgtype") in _IN_BODY else None


def shown_as(payload: Body, sent: Sent, via: str, now: int) -> Shown:
    """Return a posted message as people see it. `now` is in ms."""
    kind = payload["msgtype"]
    content = payload.get(kind)
    part = content if isinstance(content, dict) else {}
    at = payload.get("at")
    mentions = at.get("atUserIds", []) if isinstance(at, dict) else []
    text, title = str(part.get("content") or part.get("text") or ""), str(part.get("title", ""))
    to = tuple(str(mention) for mention in mentions)
    return Shown(_new_id(), sent.conversation, kind, title, text, now, sent, via, to, payload)


def card_as(card: Card, old: Shown | None, now: int) -> Shown:
    """Return a card as people see it now; `old` is how it was before. `now` is in ms."""
    if old is None:
        old = Shown(_new_id(), card.sent.conversation, "card", "", "", now, card.sent, "card", (), {})
    payload: dict[str, Any] = {"outTrackId": card.out_track_id, "cardTemplateId": card.template}
    return replace(
        old,
        title=card.variables.get("title", ""),
        text=card.text,
        payload={**payload, "cardParamMap": dict(card.variables)},
        card=card.state,
        over_at=(old.over_at or now) if card.over else 0,
    )


def put(entries: MutableSequence[Any], seen: Shown) -> None:
    """Put `seen` in the place of what has its id, or at the end; only a card can have been there before."""
    for index in range(len(entries) - 1, -1, -1) if seen.card else ():
        if entries[index].id == seen.id:
            entries[index] = seen
            return
    entries.append(seen)


def _new_id() -> str:
    return f"m{secrets.token_hex(6)}"
