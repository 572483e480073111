"""What is shipped: complete, the same for everyone, and without what nothing reads."""

import base64
import hashlib
import hmac
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.message import Message, ReplyTarget, Sender
from shipping.start import start
from tests.tools.conftest import interpreter_of, run_build
from tests.tools.world import SENTENCE, running_world

TARGETS = ("3.12", "3.10")
Built = Callable[[str], Path]

pytestmark = pytest.mark.timeout(600)


def http_event(method: str, body: str = "", **headers: str) -> bytes:
    """An HTTP trigger's event."""
    http = {"method": method, "path": "/", "sourceIp": "192.0.2.1"}
    event = {"version": "v1", "rawPath": "/", "headers": headers, "queryParameters": {}, "body": body}
    return json.dumps(
        {**event, "isBase64Encoded": False, "requestContext": {"requestId": "1-a", "http": http}}
    ).encode()


@pytest.mark.parametrize("minor", TARGETS)
def test_conversation_answers_from_its_folder_alone(built: Built, minor: str) -> None:
    """`conversation` starts with nothing but its folder and the standard library, and says that it is healthy."""
    started = start(
        built(minor) / "conversation", interpreter_of(minor), http_event("GET"), {"DINGTALK_APP_SECRET": "s"}
    )
    assert isinstance(started.answer, dict)
    assert started.answer["statusCode"] == 200
    assert started.packages == ("bundled", "conversation", "index", "precompiled", "shared")


@pytest.mark.parametrize("minor", TARGETS)
def test_conversation_checks_signatures_from_its_folder_alone(built: Built, minor: str) -> None:
    """A signed callback that needs no model is answered, an unsigned one is refused."""
    timestamp = str(int(time.time() * 1000))
    digest = hmac.new(b"s", f"{timestamp}\ns".encode(), hashlib.sha256).digest()
    body = {
        "msgtype": "text",
        "text": {"content": " \\help"},
        "msgId": "m1",
        "conversationId": "c1",
        "conversationType": "1",
        "senderId": "p1",
        "createAt": int(timestamp),
        "robotCode": "r1",
        "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=abc",
        "sessionWebhookExpiredTime": int(timestamp) + 5_400_000,
    }
    folder, python = built(minor) / "conversation", interpreter_of(minor)
    signed = http_event("POST", json.dumps(body), timestamp=timestamp, sign=base64.b64encode(digest).decode())
    unsigned = http_event("POST", json.dumps(body))
    answers = [start(folder, python, event, {"DINGTALK_APP_SECRET": "s"}).answer for event in (signed, unsigned)]
    assert [answer["statusCode"] for answer in answers if isinstance(answer, dict)] == [200, 401]


@pytest.mark.parametrize("minor", TARGETS)
def test_reply_answers_from_its_folder_alone(built: Built, minor: str, tmp_path: Path) -> None:
    """`reply` asks the model and posts the answer with nothing but its folder, and every package in it imports."""
    with running_world() as world:
        now = int(time.time() * 1000)
        webhook = ReplyTarget(f"http://{world.host}/robot/sendBySession?session=abc", now + 5_400_000)
        message = Message("m1", "r1", "c1", False, Sender("p1"), webhook, now, text="What is it?", handed_over_at=now)
        environ = {
            "CHATGPT_API_KEY": "sk-test",
            "BASE_URL": f"http://{world.host}/v1",
            "WEBHOOK_HOSTS": "127.0.0.1",
            "OSS_MOUNT_POINT": str(tmp_path),
        }
        event = message.handed_over("h1", now).to_event()
        started = start(built(minor) / "reply", interpreter_of(minor), event, environ)
    assert len(world.posts) == 1, started.log
    assert SENTENCE in json.dumps(world.posts[0]), started.log
    assert {"openai", "requests", "httpx2", "socksio"} <= set(started.packages)


@pytest.mark.parametrize("minor", TARGETS)
def test_reply_does_not_raise_for_what_is_no_message(built: Built, minor: str) -> None:
    """An event nobody can read ends well: raising would make FC send it again."""
    assert start(built(minor) / "reply", interpreter_of(minor), b"\xffnot json", {}).answer == "unreadable"


@pytest.mark.parametrize("name", ["conversation", "reply"])
@pytest.mark.parametrize("minor", TARGETS)
def test_only_what_runs_is_shipped(built: Built, minor: str, name: str) -> None:
    """No tests, no type information, no records beside name and version, no code of this machine's Python."""
    with zipfile.ZipFile(built(minor) / f"{name}.zip") as packed:
        names = packed.namelist()
        records = [packed.read(path) for path in names if ".dist-info/" in path]
        stamps = {entry.date_time for entry in packed.infolist()}
    unwanted = [
        path
        for path in names
        if path.endswith((".pyi", "py.typed", ".c", ".exe", "direct_url.json"))
        or "/tests/" in path
        or path.startswith("bin/")
        or (".dist-info/" in path and not path.endswith("/METADATA"))
        or (path.endswith(".pyc") and path != "bundled.pyc")
    ]
    assert unwanted == []
    assert all(record.count(b"\n") <= 3 for record in records)
    assert names == sorted(names)
    assert len(stamps) == 1
    assert {"index.py", "bundled.pyc", "modules.bin", "compiled.bin"} <= set(names)
    assert [path for path in names if path.endswith(".py")] == ["index.py"] or name == "reply"


@pytest.mark.parametrize("minor", TARGETS)
def test_the_report_says_sizes_and_what_is_left_out(built: Built, minor: str) -> None:
    """A deployer reads how large each zip is, its largest parts, and what is not in it."""
    said = (built(minor) / "said.txt").read_text(encoding="utf-8")
    assert "conversation: " in said
    assert " zipped of at most 100.0 KB" in said
    assert " zipped of at most 12.00 MB" in said
    assert "MB  modules" in said
    assert "left out: installation records" in said
    reply = said[said.index("\nreply: ") :]
    assert sum(line.startswith("  ") and "left out" not in line for line in reply.splitlines()) == 10


@pytest.mark.parametrize("builder", ["3.10", "3.11", "3.13"])
def test_conversation_is_the_same_from_every_python(built: Built, builder: str, tmp_path: Path) -> None:
    """The bytes of the zip do not depend on the Python that builds it, nor on the folder or the time."""
    command = tuple(interpreter_of(builder))
    for minor in TARGETS:
        outputs = [tmp_path / minor / turn for turn in ("first", "second")]
        for output, python in zip(outputs, (command, tuple(interpreter_of("3.12"))), strict=True):
            done = run_build("--python", minor, "--only", "conversation", "--output", str(output), command=python)
            assert done.returncode == 0, done.stderr
        first, second = ((output / "conversation.zip").read_bytes() for output in outputs)
        assert first == second


def test_third_party_parts_are_the_same_from_another_python(built: Built, tmp_path: Path) -> None:
    """A sample of `make prove-build`: reply for python3.10, built by 3.13, where markers and pip differ most."""
    command = tuple(interpreter_of("3.13"))
    done = run_build("--python", "3.10", "--only", "reply", "--output", str(tmp_path), command=command)
    assert done.returncode == 0, done.stderr
    contents = []
    for output in (tmp_path, built("3.10")):
        with zipfile.ZipFile(output / "reply.zip") as packed:
            contents.append({n: packed.read(n) for n in packed.namelist() if not n.startswith(("reply/", "shared/"))})
    assert contents[0] == contents[1]
    assert any(name.startswith("exceptiongroup/") for name in contents[0])
