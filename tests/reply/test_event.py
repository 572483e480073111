"""What FC invokes `reply` with: a message, or its report that it gave up on one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reply.event import read_event
from shared.errors import EventUnreadable
from tests.reply.kit import message

MESSAGE = message()
EVENT = MESSAGE.to_event()


def report(payload: object, **changes: Any) -> bytes:
    """FC's failure report, as documented."""
    form = {
        "timestamp": 1_790_000_000_000,
        "requestContext": {
            "requestId": "1-abc",
            "functionArn": "acs:fc:::functions/reply",
            "condition": "MaximumRetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
        "responsePayload": "",
    }
    return json.dumps(form | changes).encode()


def test_a_message_is_read() -> None:
    """The event is the message that `conversation` handed over."""
    received = read_event(EVENT)
    assert (received.message, received.gave_up) == (MESSAGE, False)


@pytest.mark.parametrize("payload", [EVENT.decode(), json.loads(EVENT)])
def test_a_failure_report_is_recognised(payload: object) -> None:
    """The original event is inside, as text or as an object."""
    received = read_event(report(payload))
    assert (received.message, received.gave_up) == (MESSAGE, True)


def altered(**changes: object) -> bytes:
    """The event with some fields replaced."""
    return json.dumps({**json.loads(EVENT), **changes}).encode()


FOREIGN = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b"[" * 100_000,
    b'{"v":1}',
    altered(created_at="soon"),
    altered(sender=None),
    *(
        altered(**{name: at})
        for name in ("created_at", "signed_at", "handed_over_at")
        for at in (-1, -62_135_596_800_001, 253_402_300_800_000, 10**18, 10**30)
    ),
    *(altered(reply_to={"webhook": "https://x", "expires_at": at}) for at in (-1, 253_402_300_800_000, 10**30)),
    altered(created_at=0).replace(b'"created_at": 0', b'"created_at": ' + b"9" * 5_000),
]
EMPTY_REPORTS = [report(None), report(7), report("x"), report("")]


@pytest.mark.parametrize("event", [*FOREIGN, *(report(event.decode("latin-1")) for event in FOREIGN), *EMPTY_REPORTS])
def test_anything_else_is_unreadable(event: bytes) -> None:
    """Foreign events are named as such, whatever they are."""
    with pytest.raises(EventUnreadable):
        read_event(event)
