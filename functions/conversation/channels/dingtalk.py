"""DingTalk's robot callback in HTTP mode: whose it is, and what it says.

https://open.dingtalk.com/document/orgapp/receive-message and /robot-message-type.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import re

from conversation.channels.dingtalk_quote import quote_of
from conversation.channels.dingtalk_settings import DingTalkSettings
from conversation.channels.dingtalk_text import question_of
from conversation.channels.inbound import Kind, Received, Sentence, Signed
from conversation.channels.json_fields import Fields, identifier, milliseconds, text
from conversation.http import Request
from shared.clock import Clock
from shared.errors import Rejected, SignatureUnknown, WebhookRefused
from shared.message import CREATED_AFTER_MS, CREATED_BEFORE_MS, LATEST_MS, Message, ReplyTarget, Sender
from shared.webhook import checked_webhook
from shared.wording import Wording

OLDEST = 3_600_000
"""Milliseconds after which a signature is refused, as DingTalk's documentation wants."""
FARTHEST_AHEAD = 300_000
"""Milliseconds that a signed time may lie ahead of this machine's clock."""
LARGEST_LOOKED_AT = 64 * 1024
"""Bytes of a body without a valid signature that are looked at, to tell DingTalk's from a scanner's."""
QUOTE_LIMIT = 2_000
"""Characters of a quoted message that are used."""
NICK_LIMIT = 64

_TIMESTAMP = re.compile(r"[0-9]{1,16}")
_QUOTA_USED_UP = "20001"
_CHANGING = frozenset({"sessionWebhook", "sessionWebhookExpiredTime"})


class DingTalk:
    """The inbound channel."""

    def __init__(self, settings: DingTalkSettings, words: Wording, clock: Clock) -> None:
        self._settings = settings
        self._words = words
        self._clock = clock

    @property
    def path(self) -> str:
        """CALLBACK_PATH."""
        return self._settings.callback_path

    def verify(self, request: Request) -> Signed:
        """The robot whose secret signed the timestamp header. Raises Rejected (401), SignatureUnknown among them.

        The body is not signed: who sees one pair of headers can send any body until it is too old.
        """
        stamp = request.header("timestamp")
        sign = request.header("sign").encode("utf-8", "surrogatepass")
        if not _TIMESTAMP.fullmatch(stamp) or not sign:
            raise Rejected(401, "timestamp or sign is missing or malformed")
        # Every secret is tried, so that the time taken says nothing about which one came close.
        matches = [r for r in self._settings.robots if hmac.compare_digest(signature(stamp, r.secret), sign)]
        if not matches:
            raise _unknown(request, stamp, sign)
        age = int(self._clock.now() * 1000) - int(stamp)
        if not -FARTHEST_AHEAD <= age <= OLDEST:
            raise Rejected(401, f"the signature is {age} ms old")
        return Signed(matches[0].id, int(stamp), matches[0].before)

    def parse(self, body: bytes, signed: Signed) -> Received:
        """Read a verified body, whatever its shape. Raises Rejected (400) when it is not a JSON object."""
        try:
            data = json.loads(body.decode("utf-8", "surrogatepass").removeprefix("\ufeff"))
            if not isinstance(data, dict):
                raise Rejected(400, "the body is not an object")
            digest = _digest({name: value for name, value in data.items() if name not in _CHANGING})
        except (ValueError, RecursionError):
            raise Rejected(400, "the body is not JSON") from None
        webhook, problem = "", ""
        try:
            webhook = checked_webhook(text(data.get("sessionWebhook")), self._settings.webhook_hosts)
        except WebhookRefused as refused:
            problem = str(refused)
        msgtype = text(data.get("msgtype"))
        message, unsupported = self._message(data, signed, digest, webhook)
        code = identifier(data.get("errorCode")) or identifier(data.get("errCode")) or identifier(data.get("errcode"))
        return Received(
            message=message,
            msgtype=msgtype,
            unsupported=unsupported,
            quota_used_up=code == _QUOTA_USED_UP and not message.text,
            webhook="checked" if webhook else "refused" if text(data.get("sessionWebhook")) else "missing",
            webhook_problem=problem,
        )

    def shown(self, sentence: Sentence) -> str:
        """A body that DingTalk shows: text, or markdown when there is a title."""
        if sentence.title:
            return json.dumps(
                {"msgtype": "markdown", "markdown": {"title": sentence.title, "text": sentence.text}},
                ensure_ascii=False,
            )
        return json.dumps({"msgtype": "text", "text": {"content": sentence.text}}, ensure_ascii=False)

    def silent(self) -> str:
        """The body that DingTalk documents for saying nothing."""
        return '{"msgtype":"empty"}'

    def _message(self, data: Fields, signed: Signed, digest: str, webhook: str) -> tuple[Message, Kind]:
        group = _is_group(data)
        question, unsupported = question_of(data, text(data.get("msgtype")), group)
        quote = quote_of(data, group=group)
        created_at = _created_at(data)
        message_id = identifier(data.get("msgId")) or _derived_id(signed, digest, dated=created_at > 0)
        sender = _sender(data, message_id)
        message = Message(
            id=message_id,
            robot=signed.robot,
            robot_before=signed.robot_before,
            conversation_id=identifier(data.get("conversationId")) or f"with {sender.id}",
            group=group,
            sender=sender,
            reply_to=ReplyTarget(webhook, _expires_at(data)),
            created_at=min(max(created_at or signed.at, signed.at - CREATED_BEFORE_MS), signed.at + CREATED_AFTER_MS),
            text=question,
            quote=self._cut(quote.text),
            quote_unreadable=quote.unreadable,
            body_hash=digest,
            signed_at=signed.at,
        )
        return message, unsupported

    def _cut(self, quote: str) -> str:
        if len(quote) <= QUOTE_LIMIT:
            return quote
        return self._words.quote_cut.format(quote=quote[:QUOTE_LIMIT])


def signature(timestamp: str, secret: str) -> bytes:
    """Base64 of HMAC-SHA256 over the timestamp, a line feed and the secret, with the secret as the key.

    https://open.dingtalk.com/document/orgapp/receive-message.
    """
    key = secret.encode("utf-8", "surrogatepass")
    return binascii.b2a_base64(hmac.digest(key, timestamp.encode() + b"\n" + key, "sha256"), newline=False)


def _unknown(request: Request, stamp: str, sign: bytes) -> Rejected:
    """What to say of a signature that no secret gives: whether the request looks like one of DingTalk's."""
    reason = "no robot's secret gives this signature"
    try:
        signed = binascii.a2b_base64(sign)
        formed = len(stamp) == 13 and len(signed) == 32 and binascii.b2a_base64(signed, newline=False) == sign
        if not formed or request.size > LARGEST_LOOKED_AT:
            return Rejected(401, reason)
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        return Rejected(401, reason)
    named = ("msgtype", "conversationId", "senderId")
    if not isinstance(data, dict) or not all(text(data.get(name)) for name in named):
        return Rejected(401, reason)
    robot = text(data.get("robotCode"))[:64]
    return SignatureUnknown(reason, robot if robot.isascii() and robot.isalnum() else "")


def _digest(data: Fields) -> str:
    """The same for a redelivery, whatever the order of its keys and the webhook it was given anew."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _derived_id(signed: Signed, digest: str, *, dated: bool) -> str:
    """An id for a message without one: robot and body tell it, and the signed time when the body has no time."""
    source = f"{signed.robot}\n{digest}" if dated else f"{signed.robot}\n{digest}\n{signed.at}"
    return "body-" + hashlib.sha256(source.encode()).hexdigest()


def _created_at(data: Fields) -> int:
    # `createA` is a misspelling in an official sample of https://github.com/open-dingtalk/developerpedia.
    return milliseconds(data.get("createAt")) or milliseconds(data.get("createA"))


def _expires_at(data: Fields) -> int:
    found = milliseconds(data.get("sessionWebhookExpiredTime"))
    return found if found <= LATEST_MS else 0


def _is_group(data: Fields) -> bool:
    kind = identifier(data.get("conversationType"))
    return kind == "2" or (kind != "1" and bool(text(data.get("conversationTitle"))))


def _sender(data: Fields, message_id: str) -> Sender:
    """Who wrote; somebody who cannot be told from others shares no history with anybody."""
    staff_id = identifier(data.get("senderStaffId"))
    sender_id = staff_id or identifier(data.get("senderId")) or f"unknown {message_id}"
    return Sender(sender_id, staff_id, text(data.get("senderNick"))[:NICK_LIMIT])
