"""Quoted messages, in every shape that clients send: undocumented, seen in public code (see `payloads`)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from local.messages import Sent, Shown
from local.payloads import Body, download_code, new_message_id
from local.people import ROBOT_USER_ID


@dataclass(frozen=True)
class Quote:
    """A quoted message. `shape` says how it arrives: "text", "content" (the other key for text), "richText",
    "picture", "file", "audio", "video", "chatRecord", "card" (no content), "unknownMsgType", "encrypted", "id" (only
    originalMsgId) or "legacy" (quoteMessage at the top level). `at` is when it was written, in ms.
    """

    text: str
    message_id: str = ""
    sender_id: str = ""
    shape: str = "text"
    at: int = 0


def quoted(body: Body, quote: Quote) -> Body:
    """`body`, a text or rich text message, with `quote` in it."""
    message_id = quote.message_id or new_message_id()
    if quote.shape == "legacy":
        old = {"msgId": message_id, "msgtype": "text", "text": {"content": quote.text}, "senderId": quote.sender_id}
        return {**body, "quoteMessage": old}
    place = "text" if "text" in body else "content"
    part = {**body[place], "isReplyMsg": True}
    extra: Body = {"originalProcessQueryKey": secrets.token_hex(8)} if quote.shape == "card" else {}
    if quote.shape == "id":
        extra["originalMsgId"] = message_id
    else:
        part["repliedMsg"] = _replied(quote, message_id)
    return {**body, place: part, **extra}


def _replied(quote: Quote, message_id: str) -> Body:
    kind, content = _contents(quote.text)[quote.shape]
    replied: Body = {"msgType": kind, "senderId": quote.sender_id}
    if quote.shape != "card":
        replied |= {"msgId": message_id, "createdAt": quote.at}
    return replied if content is None else {**replied, "content": content}


def _contents(words: str) -> dict[str, tuple[str, Body | None]]:
    """Type and content of the quoted message, for every shape that has them."""
    return {
        "text": ("text", {"text": words}),
        "content": ("text", {"content": words}),
        "richText": (
            "richText",
            {
                "richText": [
                    {"msgType": "text", "content": words},
                    {"msgType": "picture", "downloadCode": download_code()},
                ]
            },
        ),
        "picture": ("picture", {"downloadCode": download_code()}),
        "file": ("file", {"fileName": words or "notes.pdf", "downloadCode": download_code(), "spaceId": "2100000001"}),
        "audio": ("audio", {"duration": "2000", "downloadCode": download_code()}),
        "video": ("video", {"duration": "1", "downloadCode": download_code(), "videoType": "mp4"}),
        "chatRecord": ("chatRecord", {"title": "聊天记录", "summary": words}),
        "card": ("interactiveCard", None),
        "unknownMsgType": ("unknownMsgType", None),
        "encrypted": ("text", {"text": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY\nWVphYmNkZWZnaGlqa2xtbm9w\n||3||1||132"}),
    }


_SHAPE_OF = {"interactiveCard": "card", "sharedDocument": "card", "quota": "id", "fileWithoutCode": "file"}


def quote_of(quoted: Sent | Shown, shape: str = "") -> Quote:
    """Return the quote of a message as DingTalk sends it: in the shape that fits it, unless one is given."""
    if isinstance(quoted, Shown):
        return Quote(quoted.text, sender_id=ROBOT_USER_ID, shape=shape or "text", at=quoted.at)
    fitting = _SHAPE_OF.get(quoted.kind, quoted.kind)
    chosen = shape or (fitting if fitting in SHAPES else "text")
    return Quote(quoted.name or quoted.text, quoted.message_id, quoted.person.sender_id, chosen, quoted.at)


SHAPES = (*_contents(""), "id", "legacy")
"""Every shape."""
