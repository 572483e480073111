"""Callbacks as DingTalk signs them, in the forms of both kinds of function, and the events that `reply` is given."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping

SECRET = "bench-robot-secret"  # noqa: S105 - invented; signs loopback callbacks only
QUESTION = "What is the difference between a process and a thread?"


def body(host: str, number: int, text: str = QUESTION) -> bytes:
    """A robot's callback; each `number` is a message of its own, and of a person of its own."""
    now = int(time.time() * 1000)
    fields = {
        "conversationId": f"cid-bench-{number}",
        "chatbotUserId": "bench",
        "msgId": f"msg-bench-{number}-{now}",
        "senderNick": "Lin",
        "senderStaffId": f"staff-{number}",
        "senderId": f"$:LWCP_v1:$bench{number}",
        "sessionWebhookExpiredTime": now + 5_400_000,
        "createAt": now,
        "conversationType": "1",
        "sessionWebhook": f"http://{host}/robot/sendBySession?session=bench{number}",
        "text": {"content": text},
        "robotCode": "bench",
        "msgtype": "text",
    }
    return json.dumps(fields).encode()


def signed() -> tuple[str, str]:
    """The two headers of a callback made now: timestamp and sign."""
    stamp = str(int(time.time() * 1000))
    digest = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    return stamp, base64.b64encode(digest).decode()


def http_event(host: str, number: int) -> bytes:
    """A signed callback as the event of an FC 3.0 HTTP trigger, on one line."""
    stamp, sign = signed()
    http = {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
    event = {
        "version": "v1",
        "rawPath": "/",
        "headers": {"Content-Type": "application/json", "Timestamp": stamp, "Sign": sign},
        "queryParameters": {},
        "body": body(host, number).decode(),
        "isBase64Encoded": False,
        "requestContext": {"requestId": "1-bench", "accountId": "1", "http": http},
    }
    return json.dumps(event).encode()


def wsgi_event(host: str, number: int) -> bytes:
    """The same for a WSGI function: timestamp, sign and body, separated by tabs."""
    stamp, sign = signed()
    return b"\t".join([stamp.encode(), sign.encode(), body(host, number)])


def reply_events(host: str, count: int, *, person: int | None = None, text: str = QUESTION) -> Iterator[bytes]:
    """Events as our `conversation` hands them over; all of one `person`, or each of another."""
    now = int(time.time() * 1000)
    for number in range(count):
        who = number if person is None else person
        fields: Mapping[str, object] = {
            "v": 1,
            "id": f"msg-{who}-{number}-{now}",
            "robot": "bench",
            "conversation_id": f"cid-{who}",
            "group": False,
            "sender": {"id": f"staff-{who}", "staff_id": f"staff-{who}", "nick": "Lin"},
            "reply_to": {
                "webhook": f"http://{host}/robot/sendBySession?session=s{number}",
                "expires_at": now + 5_400_000,
            },
            "created_at": now + number,
            "text": text,
            "handover": f"{number:032x}",
            "handed_over_at": now,
        }
        yield json.dumps(fields).encode()
