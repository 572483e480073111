"""FC 2.0: called as WSGI, with a service, through the package aliyun-fc2."""

import logging
import subprocess
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from .kit import CONTEXT, ENVIRON, Bench, question

ROOT = Path(__file__).parent.parent.parent
SERVICE = {"SERVICE_NAME": "ChatGTP_Services", "ENDPOINT": "https://1.cn-hongkong.fc.aliyuncs.com"}


def bench_with(**changes: str) -> Bench:
    return Bench({**ENVIRON, **SERVICE, **changes}, fc2=True)


def test_the_request_is_fc2s_own() -> None:
    """Path, headers and signature are those of the 2016-08-15 interface, asynchronous and with the task id."""
    from fc2.auth import Auth

    bench = bench_with()
    bench.post(question("?"))
    (post,) = bench.fc.posts
    assert (post.secure, post.authority) == (True, "1.cn-hongkong.fc.aliyuncs.com")
    assert post.target == "/2016-08-15/services/ChatGTP_Services/functions/reply/invocations"
    headers = dict(post.headers)
    assert headers["x-fc-invocation-type"] == "Async"
    assert headers["x-fc-stateful-async-invocation-id"].startswith("m_")
    assert headers["x-fc-security-token"] == "token-of-the-role"
    assert headers["host"] == "1.cn-hongkong.fc.aliyuncs.com"
    assert parsedate_to_datetime(headers["date"])
    assert "content-length" not in headers  # the one the package writes is 0; the client that sends knows better
    expected = Auth("key-id", "key-secret", "token-of-the-role").sign_request("POST", post.target, headers)
    assert headers["authorization"] == expected
    assert bench.fc.events[0]["text"] == "?"


def test_plain_http_is_possible() -> None:
    """For a stand-in on loopback."""
    bench = bench_with(INVOKE_ENDPOINT="http://127.0.0.1:9")
    bench.post(question("?"))
    assert (bench.fc.posts[0].secure, bench.fc.posts[0].authority) == (False, "127.0.0.1:9")


@pytest.mark.parametrize("token", [None, ""])
def test_credentials_without_a_token(token: str | None) -> None:
    """FC 2.0's context may have None for it, which the package cannot bear."""
    given = SimpleNamespace(access_key_id="ctx-id", access_key_secret="ctx-secret", security_token=token)
    bench = bench_with()
    bench.context = SimpleNamespace(**vars(CONTEXT), credentials=given)
    bench.post(question("?"))
    assert "x-fc-security-token" not in bench.fc.posts[0].headers
    assert bench.fc.posts[0].headers["authorization"].startswith("FC ctx-id:")


@pytest.mark.parametrize("script", [[202], [400], [403, 403], [500, 500]])
def test_the_package_logs_nothing(script: list[int], caplog: pytest.LogCaptureFixture) -> None:
    """It prints what it signs, and the credentials whenever FC answers with an error."""
    before = logging.root.manager.disable
    with caplog.at_level(logging.DEBUG):
        bench = bench_with()
        bench.fc.script = list(script)
        result = bench.post(question("?"))
    assert caplog.records == []
    assert not any(word in str(result.lines) for word in ("key-secret", "token-of-the-role", "key-id"))
    assert logging.root.manager.disable == before


def test_no_credentials() -> None:
    """Nothing is sent; the operator is told what to do."""
    bench = bench_with(ALIBABA_CLOUD_ACCESS_KEY_ID="")
    result = bench.post(question("?"))
    assert (result.line["event"], bench.fc.posts) == ("hand_over_refused", [])
    assert "role" in result.line["remedy"]


def test_the_package_is_imported_only_here() -> None:
    """Called as FC 3.0 or without a service, nothing of it is loaded; where it is missing, that is said."""
    program = """
import sys
sys.modules["requests"] = None  # as in a package without it
from tests.conversation.kit import Bench, ENVIRON, question
assert not any(name.split(".")[0] == "fc2" for name in sys.modules)
for fc2, service, outcome in ((False, "s", "handed_over"), (True, "", "handed_over"), (True, "s", "hand_over_refused")):
    bench = Bench({**ENVIRON, "SERVICE_NAME": service}, fc2=fc2)
    line = bench.post(question("?")).lines[-1]
    assert line["event"] == outcome, line
assert "aliyun-fc2" in line["problem"]
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env={"PYTHONPATH": "functions:."}, timeout=60)
