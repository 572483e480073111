"""What each of DingTalk's results means."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply.channels.errcodes import THROTTLED_S, TOO_FAST_S, Action, judged


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (0, Action.SHOWN),
        ("0", Action.SHOWN),
        (" 0 ", Action.SHOWN),
        (-1, Action.AGAIN),
        ("-1", Action.AGAIN),
        (130101, Action.WAIT),
        (410100, Action.WAIT),
        (460101, Action.FINER),
        (430101, Action.NEUTRAL),
        (430102, Action.NEUTRAL),
        (430103, Action.NEUTRAL),
        (430104, Action.NEUTRAL),
        (430199, Action.NEUTRAL),
        (4301, Action.UNKNOWN),
        (40035, Action.PLAIN),
        (43004, Action.PLAIN),
        (400105, Action.PLAIN),
        (300001, Action.GIVE_UP),
        (310000, Action.GIVE_UP),
        (90030, Action.GIVE_UP),
        (400013, Action.GIVE_UP),
        (400101, Action.GIVE_UP),
        (400102, Action.GIVE_UP),
        (400106, Action.GIVE_UP),
        (123456, Action.UNKNOWN),
        ("weird", Action.UNKNOWN),
        (True, Action.ONCE_MORE),
        (None, Action.ONCE_MORE),
        ("", Action.ONCE_MORE),
        (0.0, Action.ONCE_MORE),
        ([0], Action.ONCE_MORE),
    ],
)
def test_errcode(code: object, action: Action) -> None:
    """HTTP 200 says nothing: the code in the body decides, as a number or as text."""
    assert judged(200, json.dumps({"errcode": code, "errmsg": "x"}).encode()).action is action


@pytest.mark.parametrize(
    ("status", "body", "action", "code", "wait"),
    [
        (200, b"<!DOCTYPE html><html>punished</html>", Action.WAIT, "throttled", THROTTLED_S),
        (200, b"\xef\xbb\xbf\r\n <html>", Action.WAIT, "throttled", THROTTLED_S),
        (403, b"<html>", Action.WAIT, "throttled", THROTTLED_S),
        (200, b'{"status":1111,"wait":5,"source":"x5","punish":"deny"}', Action.WAIT, "throttled", THROTTLED_S),
        (403, b'{"status":"1111"}', Action.WAIT, "throttled", THROTTLED_S),
        (200, b'{"punish":"deny"}', Action.WAIT, "throttled", THROTTLED_S),
        (200, b"", Action.ONCE_MORE, "unreadable", 0),
        (200, b'{"errcode":', Action.ONCE_MORE, "unreadable", 0),
        (200, b"[" * 100_000, Action.ONCE_MORE, "unreadable", 0),
        (200, b"\xff\xfe\xfd", Action.ONCE_MORE, "unreadable", 0),
        (200, b"[0]", Action.ONCE_MORE, "unreadable", 0),
        (204, b"", Action.ONCE_MORE, "unreadable", 0),
        (500, b'{"errcode":0}', Action.AGAIN, "http_500", 0),
        (502, b"<html>", Action.AGAIN, "http_502", 0),
        (503, b"", Action.AGAIN, "http_503", 0),
        (504, b"", Action.AGAIN, "http_504", 0),
        (413, b"<html>", Action.FINER, "http_413", 0),
        (429, b"", Action.WAIT, "http_429", TOO_FAST_S),
        (302, b"<html>", Action.UNKNOWN, "http_302", 0),
        (400, b"nonsense", Action.UNKNOWN, "http_400", 0),
        (403, b"", Action.UNKNOWN, "http_403", 0),
        (404, b"<html>", Action.UNKNOWN, "http_404", 0),
        (400, b'{"errcode":300001}', Action.GIVE_UP, "300001", 0),
        (429, b'{"errcode":130101}', Action.WAIT, "130101", TOO_FAST_S),
    ],
)
def test_response(status: int, body: bytes, action: Action, code: str, wait: float) -> None:
    """Without a code the HTTP status decides, and a page or a throttling notice is recognised."""
    verdict = judged(status, body)
    assert (verdict.action, verdict.code, verdict.wait) == (action, code, wait)


@given(st.integers(100, 599), st.one_of(st.binary(max_size=80), st.text(max_size=40).map(str.encode)))
def test_never_raises(status: int, body: bytes) -> None:
    """Whatever comes back is judged, with a short code for the log, and only a 0 counts as shown."""
    verdict = judged(status, body)
    assert 0 < len(verdict.code) <= 20
    assert verdict.action is not Action.SHOWN or b"errcode" in body


def test_every_refusal_has_a_remedy_or_is_retried() -> None:
    """What ends a delivery tells the operator what to do."""
    for code in (40035, 43004, 400105, 300001, 310000, 90030, 400013, 400101, 400102, 400106, 430101, 130101, 77):
        assert judged(200, json.dumps({"errcode": code}).encode()).remedy
