"""Closed doors of what is shipped: both packages at their shipped sizes, with memory and CPU held where they can be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.launch import Instance, Run, run
from benchmarks.limits import Size, group_maker
from conversation.channels.dingtalk import signature
from shared.message import FRESH_MS, Message, ReplyTarget, Sender
from shared.wording import wording
from shipping.start import start
from tests.tools.conftest import interpreter_of
from tests.tools.test_packages import http_event
from tests.tools.world import World, running_world

ZH = wording("zh")
Built = Callable[[str], Path]
SIZES = {"conversation": Size(0.1, 128), "reply": Size(0.5, 512)}
SECRET, OTHER = "secret-of-a", "secret-of-b"
SAID, PERSONA = "the merger is on Friday", "a pirate"

pytestmark = pytest.mark.timeout(600)


def called(built: Built, name: str, events: Sequence[bytes], environ: Mapping[str, str]) -> Run:
    """One instance of the package handles the events, and is not killed for its memory."""
    make, _ = group_maker()
    with make(SIZES[name]) as group:
        done = run(Instance(built("3.12") / name, "event", environ, interpreter_of("3.12")), events, group)
    assert (done.exit_status, done.kills, len(done.calls)) == (0, 0, len(events))
    assert done.peak < SIZES[name].memory * 1024 * 1024
    return done


def callback(text: str, staff: str, *, secret: str = SECRET, age_ms: int = 0) -> bytes:
    stamp = str(int(time.time() * 1000) - age_ms)
    body = {
        "msgtype": "text",
        "text": {"content": text},
        "msgId": f"{staff}{text}{age_ms}{secret}",
        "conversationId": "c1",
        "conversationType": "1",
        "senderId": f"$:{staff}",
        "senderStaffId": staff,
        "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=abc",
    }
    return http_event("POST", json.dumps(body), timestamp=stamp, sign=signature(stamp, secret).decode())


def handed_over(built: Built, events: Sequence[bytes], **settings: str) -> list[dict[str, Any]]:
    """The events with which `conversation` invoked `reply`."""
    with running_world() as world:
        environ = {
            "CHATGPT_FUNCTION": "reply",
            "INVOKE_ENDPOINT": f"http://{world.host}",
            "DINGTALK_APP_SECRET": SECRET,
        }
        called(built, "conversation", events, {**environ, **settings})
        return world.invoked


@pytest.mark.parametrize("text", [",", "、", "u1 u2", "*"])
@pytest.mark.parametrize("name", ["ALLOW_USERS", "DENY_USERS"])
def test_lists_that_say_nothing(built: Built, name: str, text: str) -> None:
    """Nobody but an administrator is handed over."""
    events = [callback("hello", staff) for staff in ("u1", "u2", "boss")]
    found = handed_over(built, events, **{name: text, "ADMIN_USERS": "boss"})
    assert [(event["sender"]["id"], event["role"]) for event in found] == [("boss", "admin")]


def test_lists_of_two_robots(built: Built) -> None:
    """An administrator of one robot is nobody to the other, whoever signs."""
    both = {"DINGTALK_APP_SECRET": "", "DINGTALK_CREDENTIALS": f"orgA:{SECRET},orgB:{OTHER}"}
    events = [callback("hello", "boss", secret=secret) for secret in (SECRET, OTHER)]
    for entry, roles in (("orgA/boss", ["admin", ""]), ("boss", ["", ""])):
        found = handed_over(built, events, **both, ADMIN_USERS=entry)
        assert [(event["robot"], event["role"]) for event in found] == [("orgA", roles[0]), ("orgB", roles[1])]


def test_old_commands_are_handed_over_as_their_refusal(built: Built) -> None:
    """No command goes on from a pair of headers that somebody kept."""
    texts = ("角色", "用量", "清空", "单聊", "余额")
    found = handed_over(built, [callback(text, "boss", age_ms=FRESH_MS + 1000) for text in texts], ADMIN_USERS="boss")
    assert [(event["command"], event["notice"], event["text"]) for event in found] == [("", ZH.refused_stale, "")] * 5


def asked(world: World, mount: Path, built: Built, *messages: Message) -> None:
    environ = {"CHATGPT_API_KEY": "sk-test", "BASE_URL": f"http://{world.host}/v1", "WEBHOOK_HOSTS": "127.0.0.1"}
    events = [message.to_event() for message in messages]
    called(built, "reply", events, {**environ, "OSS_MOUNT_POINT": str(mount)})


def test_old_messages_at_reply(built: Built, tmp_path: Path) -> None:
    """What was said and set is neither asked with nor shown, and the next fresh question has it still."""
    now = int(time.time() * 1000)

    def message(id: str, text: str, command: str = "", age_ms: int = 0) -> Message:
        made = Message(id, "r1", "c1", False, Sender("p1", "p1"), target, now, text=text, command=command)
        at = now + int(id[1:])
        return replace(made, created_at=at, handover=f"h-{id}", handed_over_at=now, signed_at=now - age_ms)

    old = FRESH_MS + 1
    with running_world() as world:
        target = ReplyTarget(f"http://{world.host}/robot/sendBySession?session=abc", now + 5_400_000)
        asked(
            world,
            tmp_path,
            built,
            message("m1", PERSONA, "persona"),
            message("m2", SAID),
            message("m3", "repeat our conversation", age_ms=old),
            *(
                message(f"m{n}", "", command, old)
                for n, command in enumerate(("persona", "usage", "clear", "single"), 4)
            ),
            message("m9", "go on"),
        )
    shown = [json.dumps(post, ensure_ascii=False) for post in world.posts]
    assert len(shown) == 8
    assert ZH.answered_late in shown[2]
    assert all(ZH.refused_stale in text for text in shown[3:7])
    assert [message["content"] for message in world.asked[1]["messages"]] == ["repeat our conversation"]
    contents = [message["content"] for message in world.asked[2]["messages"]]
    assert (contents[0], contents[1], contents[-1], len(contents)) == (PERSONA, SAID, "go on", 4)


def test_a_wrong_secret_is_said(built: Built) -> None:
    """Refused as every other, and one WARNING in the log."""
    event = callback("hello", "u1", secret=OTHER)
    environ = {"DINGTALK_APP_SECRET": SECRET, "CHATGPT_FUNCTION": "reply"}
    started = start(built("3.12") / "conversation", interpreter_of("3.12"), event, environ)
    assert isinstance(started.answer, dict)
    assert started.answer["statusCode"] == 401
    assert json.loads(started.log.splitlines()[0])["event"] == "signature_unknown"
