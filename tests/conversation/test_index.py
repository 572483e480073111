"""The entry point itself, in a process of its own as FC starts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conversation.channels.dingtalk import signature

from .kit import ENVIRON, NOW, SECRET, http_event, question

FUNCTIONS = Path(__file__).parent.parent.parent / "functions"
PROGRAM = """
import json, sys
from types import SimpleNamespace
from conversation.index import handler
context = SimpleNamespace(request_id="1-fc", account_id="1", region="r")
for line in sys.stdin:
    print("=", json.dumps(handler(line.encode(), context)))
"""


def run(environ: dict[str, str], *events: object) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input="\n".join(json.dumps(event) for event in events),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(FUNCTIONS), "PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **environ},
        timeout=60,
    )
    return [json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("= ")]


@pytest.mark.parametrize(("environ", "state"), [(ENVIRON, "complete"), ({}, "incomplete")])
def test_health_and_refusal(environ: dict[str, str], state: str) -> None:
    """It starts with right and with missing settings, says which, and refuses what is not signed."""
    health, refused = run(environ, http_event("GET", "/", {}, ""), http_event("POST", "/", {}, "{}"))
    assert (health["statusCode"], json.loads(str(health["body"]))["settings"]) == (200, state)
    assert refused["statusCode"] == 401


def test_an_old_signature_is_refused_by_the_real_clock() -> None:
    """The fixtures' time is not now."""
    stamp = str(int(NOW * 1000) - 10**11)
    headers = {"timestamp": stamp, "sign": signature(stamp, SECRET).decode()}
    (result,) = run(ENVIRON, http_event("POST", "/", headers, json.dumps(question("?"))))
    assert result["statusCode"] == 401
