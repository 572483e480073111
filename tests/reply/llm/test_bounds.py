"""Nothing that a model's server sends makes the function outgrow its 512 MB."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

from tests.documents import ROOT
from tests.reply.llm.server import CHUNKED, DONE, HEAD, ScriptedServer, Step, chunked, event, response, said

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")

MOST_MB = 210
"""What the client may take, of 512 MB; the rest of an instance takes less than 100."""

ASK = """
import io, json, sys
from reply.llm.chat import ChatModel
from reply.llm.settings import ChatSettings
from reply.services import ChatMessage
from shared.clock import SystemClock
from shared.errors import ModelFailed, ModelFailure
from shared.log import Log

class Once(SystemClock):
    def sleep(self, seconds):
        raise ModelFailed(ModelFailure.SERVER, "would be asked again")

model = ChatModel(ChatSettings(("sk-0123456789",), base_url=sys.argv[1]), Log(stream=io.StringIO()), Once())
for name in sys.argv[2:]:
    try:
        answer = model.ask([ChatMessage("user", "hello")], 60)
        told = f"{len(answer.text)} {answer.cut}"
    except ModelFailed as failed:
        told = f"{failed.reason.value} {len(failed.detail)}"
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps([name, told, int(peak.split()[1]) // 1024]), flush=True)
"""

MB = 1_000_000
WORDS = " ".join(f"word{number}" for number in range(4000))


def within(values: bytes) -> bytes:
    """An event with these values in it."""
    return b'data: {"choices": [{"delta": {"content": "x"}}], "more": [' + values + b"0]}\n\n"


def packed(status: int, body: bytes) -> bytes:
    return response(status, gzip.compress(body, 1), content_encoding="gzip")


SENT: dict[str, list[Step]] = {
    "nothing odd": [HEAD + said("x", "stop") + DONE],
    "empty lists": [HEAD + within(b"[]," * 2_000_000)],
    "empty objects": [HEAD + within(b"{}," * 2_000_000)],
    "objects": [HEAD + within(b'{"a":1},' * 900_000)],
    "numbers": [HEAD + within(b"1.5," * 1_900_000)],
    "texts": [HEAD + within(b'"ab",' * 1_500_000)],
    "a number": [HEAD + within(b"1" * 7 * MB + b",")],
    "deep lists": [HEAD + within(b"[" * 7 * MB)],
    "whole, of objects": [response(200, b'{"choices": [' + b'{"a":1},' * 1_200_000 + b"0]}")],
    "whole, of text": [response(200, b'{"choices": [{"message": {"content": "' + b"x" * 60 * MB + b'"}}]}')],
    "whole, over lines": [response(200, b'{"choices": [\n' + (b"[" + b"1," * 50 + b"1],\n") * 90_000)],
    "a line without end": [HEAD, *[b"data: {" + b"x" * MB] * 80],
    "lines without end": [HEAD, *[b'data: {"a": "' + b"x" * 1000 + b"\n" * 1000] * 20],
    "a stream without end": [HEAD, *[said("x" * 200) * 1000] * 250],
    "thinking without end": [HEAD, *[event({"choices": [{"delta": {"reasoning": "x" * 2000}}]}) * 500] * 70],
    "growing deltas": [HEAD, *[said(WORDS[: 40 * size]) for size in range(1, 700)], DONE],
    "wide characters": [HEAD, *[said("\U0001f600" * 90_000) for _ in range(60)]],
    "chunks of a byte": [CHUNKED, *[chunked(b"x") * 10_000] * 10],
    "a packed stream": [packed(200, said("x" * 1000) * 70_000)],
    "packed nothing": [packed(200, b" " * 200 * MB)],
    "a large error": [b"HTTP/1.1 400 X\r\n\r\n", *[b'{"error": {"message": "' + b"x" * MB] * 100],
    "a packed error": [packed(500, b" " * 200 * MB)],
    "an error that says it is packed": [response(401, b"x" * 99, content_encoding="gzip")],
}


@pytest.fixture(scope="module")
def asked() -> dict[str, tuple[str, int]]:
    """What became of each, and the most memory that the process had taken by then (MB)."""
    with ScriptedServer() as server:
        for steps in SENT.values():
            server.then(*steps)
        run = subprocess.run(
            [sys.executable, "-c", ASK, server.url, *SENT],
            env={"PYTHONPATH": str(ROOT / "functions")},
            capture_output=True,
            text=True,
            check=False,
        )
    print(run.stderr, run.stdout)
    assert run.returncode == 0, run.stderr[-2000:]
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {name: (told, megabytes) for name, told, megabytes in lines}


@pytest.mark.parametrize("name", SENT)
def test_memory_is_bounded(asked: dict[str, tuple[str, int]], name: str) -> None:
    """Bytes, objects, depth and packing: whatever comes, there is an answer or a reason, and room left."""
    told, megabytes = asked[name]
    assert megabytes < MOST_MB, asked
    assert told


def test_an_error_keeps_its_reason(asked: dict[str, tuple[str, int]]) -> None:
    """A refusal that is too large, or cannot be unpacked, is still told by its status."""
    assert asked["an error that says it is packed"][0].startswith("key_refused")
    assert asked["a packed error"][0].startswith("server")
    assert asked["a large error"][0].split()[0] in ("bad_request", "not_json")
