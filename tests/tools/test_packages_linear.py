"""Texts that make careless code slow, and what is too large, at what is shipped: with memory and CPU held."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reply.records import Record
from shared.message import Message, ReplyTarget, Sender
from tests.linearity.shapes import LETTERS
from tests.reply.kit import World as Deployment
from tests.tools.test_packages import http_event
from tests.tools.test_packages_doors import SECRET, SIZES, callback, called
from tests.tools.world import World, running_world

Built = Callable[[str], Path]
SHORTEST_TIMEOUT_S = 10
"""Seconds that FC gives `conversation`; `reply` has 180, and answers much sooner."""

QUESTIONS = {
    "2 KB of mentions": "@a#b " * 400,
    "mentions": "@a#b " * 12_000,
    "mentions and a word": "@a " * 20_000 + "b",
    "mentions behind a word": "角色 " + "@a " * 20_000,
    "mentions with slashes": "@types/persona " * 4_000,
    "combining marks": "/" + "\u0316\u0301" * 14_000,
    "marks behind a title": "#翻译 " + "\u0345\u0334" * 14_000,
    "zero-width characters": "@a" + "\u200b" * 20_000 + "b",
    "unseen words": "\u200b " * 15_000,
    "marks of sentences": "。 " * 15_000,
    "letters": LETTERS,
}

ANSWERS = {
    "a table's rule": "| a |\n" + " " * 40_000 + "|x",
    "rules of tables": "| a |\n|" + " - |" * 250_000,
    "rows": "| a |\n|-|\n" + "| a |\n" * 160_000,
    "lines": "a\n" * 499_000,
    "fences": "```\na\n" * 160_000,
    "backquotes": "`" * 999_000,
    "quotes": "> " * 499_000,
    "dots": "." * 499_000 + '"' * 499_000,
    "thoughts": "<think></think>" * 66_000,
    "blanks": "a" + " " * 990_000 + "b",
    "combining marks": "e" + "\u0301\u0316" * 499_000,
    "flags": "\U0001f1e8\U0001f1f3" * 499_000,
}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def world() -> Iterator[World]:
    with running_world() as running:
        yield running


def environ_of_conversation(world: World) -> dict[str, str]:
    return {
        "CHATGPT_FUNCTION": "reply",
        "INVOKE_ENDPOINT": f"http://{world.host}",
        "DINGTALK_APP_SECRET": SECRET,
        "SENSITIVE_WORDS": "暴力,aaaaaaaab",
        "ADMIN_USERS": "boss",
    }


def environ_of_reply(world: World, mount: Path, **more: str) -> dict[str, str]:
    environ = {"CHATGPT_API_KEY": "sk-test", "BASE_URL": f"http://{world.host}/v1", "WEBHOOK_HOSTS": "127.0.0.1"}
    return {**environ, "OSS_MOUNT_POINT": str(mount), "MAX_PARTS": "2", **more}


def message(world: World, id: str, text: str, command: str = "", **more: object) -> Message:
    now = int(time.time() * 1000)
    target = ReplyTarget(f"http://{world.host}/robot/sendBySession?session=abc", now + 5_400_000)
    return Message(
        *(id, "r1", "c1", False, Sender("p1", "p1"), target, now),
        text=text,
        command=command,
        handover=f"h-{id}",
        handed_over_at=now,
        signed_at=now,
        **more,  # type: ignore[arg-type]  # as its fields want them
    )


def test_questions(built: Built, world: World) -> None:
    """Each is acknowledged, whatever is in it, long before FC ends the function on a tenth of a core."""
    events = [callback(text, f"u{number}") for number, text in enumerate(QUESTIONS.values())]
    done = called(built, "conversation", events, environ_of_conversation(world))
    seconds = {
        name: call.cpu / 1e9 / SIZES["conversation"].cores for name, call in zip(QUESTIONS, done.calls, strict=True)
    }
    assert max(seconds.values()) < SHORTEST_TIMEOUT_S, seconds


@pytest.mark.parametrize("case", ANSWERS)
def test_answers(built: Built, world: World, tmp_path: Path, case: str) -> None:
    """A million characters are saved, laid out and shown at half a core and 512 MB, in one run."""
    world.sentence = ANSWERS[case]
    done = called(built, "reply", [message(world, "m1", "write").to_event()], environ_of_reply(world, tmp_path))
    assert 1 <= len(world.posts) <= 2
    assert done.cpu / 1e9 / SIZES["reply"].cores < 60


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("domain", LETTERS[:5000]),
        ("domain", f"{LETTERS[:5000]}.com"),
        ("domain", "a." * 30_000 + "com"),
        ("certificate", "\u0316\u0301" * 14_000 + ".com"),
        ("usage", "\u0316\u0301" * 14_000),
        ("export", "username:" + "\u0316\u0301" * 14_000),
        ("persona", "\u0345\u0334" * 14_000),
    ],
)
def test_commands(built: Built, world: World, tmp_path: Path, command: str, text: str) -> None:
    """Names and words of commands are answered in one run, however long they are."""
    event = message(world, "m1", text, command, role="admin").to_event()
    done = called(built, "reply", [event], environ_of_reply(world, tmp_path, ADMIN_EXPORT="on"))
    assert len(world.posts) == 1
    assert done.calls[0].cpu / 1e9 / SIZES["reply"].cores < SHORTEST_TIMEOUT_S


@pytest.mark.parametrize("signed", [True, False])
def test_events_that_are_too_large(built: Built, world: World, signed: bool) -> None:
    """32 MB at 128 MB: refused by its length; and what is just not too large is read within the memory there is."""
    whole = http_event("POST", "x" * (31 * 1024 * 1024), **headers(signed))
    nested = [piece * (700_000 // len(piece)) for piece in ("[],", '{"a":{}},', '"a":1,', "1,", "[", '{"a":')]
    wrapped = [
        f"{before}{body}{behind}" for body in nested for before, behind in (("", ""), ("[", "{}]"), ('{"x":[', "{}]}"))
    ]
    bodies = [http_event("POST", body, **headers(signed)) for body in wrapped]
    done = called(built, "conversation", [whole, *bodies, callback("hello", "u1")], environ_of_conversation(world))
    assert done.calls[0].cpu / 1e9 / SIZES["conversation"].cores < 1
    assert max(call.cpu for call in done.calls) / 1e9 / SIZES["conversation"].cores < SHORTEST_TIMEOUT_S
    assert [event["text"] for event in world.invoked] == ["hello"]


def headers(signed: bool) -> dict[str, str]:
    sent: dict[str, str] = json.loads(callback("x", "u", secret=SECRET if signed else "other"))["headers"]
    return sent


def test_an_export_of_much(built: Built, world: World, tmp_path: Path) -> None:
    """150 MB on record: as much as an export may have is taken, and an administrator is answered."""
    records = Deployment(tmp_path).services().records
    for number in range(150):
        asked = message(world, f"r{number}", "question")
        records.close(asked, Record("answered", "m", 3, 4, "question", f"{number} " + "a\n" * 500_000))
    event = message(world, "m1", "userid:p1", "export", role="admin").to_event()
    done = called(built, "reply", [event], environ_of_reply(world, tmp_path, ADMIN_EXPORT="on"))
    assert "对话记录" in json.dumps(world.posts[0], ensure_ascii=False)
    assert done.peak < 200 * 1024 * 1024
