"""The message survives its way, and its names are safe everywhere."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import EventUnreadable
from shared.message import LATEST_MS, VERSION, Message, ReplyTarget, Sender

TEXT = st.text(st.characters(), max_size=20)  # lone surrogates included
NUMBER = st.integers(0, LATEST_MS)
MESSAGES = st.builds(
    Message,
    id=TEXT,
    robot=TEXT,
    conversation_id=TEXT,
    group=st.booleans(),
    sender=st.builds(Sender, TEXT, TEXT, TEXT),
    reply_to=st.builds(ReplyTarget, TEXT, NUMBER),
    created_at=NUMBER,
    text=TEXT,
    quote=TEXT,
    quote_unreadable=st.booleans(),
    command=TEXT,
    notice=TEXT,
    role=TEXT,
    body_hash=TEXT,
    handover=TEXT,
    handed_over_at=NUMBER,
    signed_at=NUMBER,
    robot_before=TEXT,
)
PLAIN = Message("m1", "robot", "cid", False, Sender("u"), ReplyTarget("https://x"), 5, text="?")


@settings(deadline=None)
@given(MESSAGES)
def test_there_and_back(message: Message) -> None:
    """What is handed over is what is read, and it is ASCII."""
    event = message.to_event()
    assert event.isascii()
    assert Message.from_event(event) == message


@settings(deadline=None)
@given(MESSAGES)
def test_names_are_safe(message: Message) -> None:
    """Whatever a message id contains, the turn id fits a task id, a file name and a log."""
    assert re.fullmatch("[0-9a-f]{32}", message.turn_id)
    assert message.turn_id.startswith(message.request_id)
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", f"m_{message.turn_id}")


def test_the_turn_id_is_of_robot_and_message() -> None:
    """Nothing else changes it: a redelivery has it too, a hand-over does not touch it."""
    assert PLAIN.handed_over("h", 7).turn_id == PLAIN.turn_id
    assert replace(PLAIN, text="!", created_at=9).turn_id == PLAIN.turn_id
    others = {replace(PLAIN, id="m2").turn_id, replace(PLAIN, robot="r2").turn_id, PLAIN.turn_id}
    assert len(others) == 3


def test_a_later_version_is_read_as_far_as_it_is_understood() -> None:
    """Fields may be added; a higher version is told, so that its sender can be."""
    event = json.loads(PLAIN.to_event()) | {"added": [1]}
    assert Message.from_event(json.dumps(event).encode()) == PLAIN
    later = Message.from_event(json.dumps(event | {"v": VERSION + 1}).encode())
    assert later.version == VERSION + 1


def test_optional_fields_may_be_absent() -> None:
    """An earlier version lacked some."""
    event = json.loads(PLAIN.to_event())
    for name in (
        "quote",
        "quote_unreadable",
        "command",
        "notice",
        "role",
        "body_hash",
        "handover",
        "handed_over_at",
        "robot_before",
    ):
        del event[name]
    assert Message.from_event(json.dumps(event).encode()) == PLAIN


OUT_OF_RANGE = [-1, -(10**13), LATEST_MS + 1, 253_402_300_800_000, 10**18, 10**30, float("nan"), float("inf")]


def broken() -> list[object]:
    good = json.loads(PLAIN.to_event())
    lacking: list[object] = [
        {k: v for k, v in good.items() if k != name} for name in ("v", "id", "robot", "sender", "created_at")
    ]
    changes: list[dict[str, object]] = [
        {"v": "1"},
        {"v": None},
        {"v": True},
        {"id": 5},
        {"group": "no"},
        {"group": 1},
        *({name: at} for name in ("created_at", "signed_at", "handed_over_at") for at in OUT_OF_RANGE),
        *({"reply_to": {"webhook": "https://x", "expires_at": at}} for at in OUT_OF_RANGE),
        {"created_at": "5"},
        {"created_at": 5.0},
        {"created_at": True},
        {"text": None},
        {"role": None},
        {"robot_before": None},
        {"robot_before": ["r1"]},
        {"sender": "u"},
        {"sender": []},
        {"sender": {}},
        {"sender": {"id": None}},
        {"reply_to": None},
        {"reply_to": {"webhook": 5}},
        {"reply_to": {"webhook": "x", "expires_at": "5"}},
    ]
    return [*lacking, *(good | change for change in changes), [], 5, None, "text"]


@pytest.mark.parametrize("event", [json.dumps(case).encode() for case in broken()] + [b"", b"{", b"\xff", b"[" * 9_999])
def test_what_is_no_message(event: bytes) -> None:
    """Anything else is named as unreadable, never half read."""
    with pytest.raises(EventUnreadable):
        Message.from_event(event)
