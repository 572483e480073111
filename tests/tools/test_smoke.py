"""The smoke test: one signed message, and one sentence about what came of it."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

import smoke
from doctoring.sentences import CAUSES, cause_of, is_help
from doctoring.web import may_carry_signatures
from local.cloud import LocalCloud, Options
from shared.wording import wording
from tests.tools.deployer import CLIENT_ID, CLOSED, ROOT, SECRET, StandIn, standing_in


@pytest.fixture(scope="module")
def deployed() -> Iterator[LocalCloud]:
    """What was deployed with this secret."""
    with LocalCloud(Options(secret=SECRET, language="en")) as cloud:
        yield cloud


@pytest.fixture
def other() -> Iterator[StandIn]:
    """Something else at the address."""
    with standing_in() as server:
        yield server


def run(*arguments: str, secret: str = SECRET, **variables: str) -> tuple[int, str, str]:
    """Exit code, output and error output; the secret is in neither."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = smoke.main([*arguments], {"SMOKE_SECRET": secret, **variables})
    assert SECRET not in out.getvalue() + err.getvalue()
    return code, out.getvalue(), err.getvalue()


def test_acknowledged_without_cost(deployed: LocalCloud) -> None:
    """A message is handed over, no model is asked, nothing is posted, and `reply` says that it cannot be answered."""
    deployed.reset()
    code, out, err = run(deployed.dingtalk.trigger, "--webhook-host", "127.0.0.1")
    assert (code, err) == (0, "")
    assert out.startswith("acknowledged after ")
    assert out.endswith("handed over to reply\n")
    assert deployed.until(lambda: [i.state for i in deployed.invocations(how="async")] == ["succeeded"])
    assert deployed.model.requests == []
    assert deployed.dingtalk.posts == []
    assert [line for line in deployed.logs("reply") if '"undeliverable"' in line.text and '"expired"' in line.text]


def test_help_only(deployed: LocalCloud) -> None:
    """Help is answered in the response, and nothing is invoked."""
    deployed.reset()
    code, out, _ = run(deployed.dingtalk.trigger, "--help-only", "--webhook-host", "127.0.0.1")
    assert code == 0
    assert "answered in the response: " in out
    assert deployed.invocations(how="async") == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("settings", "options", "said"),
    [
        ({"CHAT_TYPE": "2"}, [], "CHAT_TYPE lets nobody talk to the robot in private"),
        ({"CHAT_TYPE": "1"}, ["--group", "g"], "CHAT_TYPE lets nobody talk to the robot in groups"),
        ({"ALLOW_GROUPS": "other"}, ["--group", "g"], "ALLOW_GROUPS does not have that group"),
        ({"ALLOW_USERS": "ann"}, [], "ALLOW_USERS does not have that person"),
        ({"DENY_USERS": "ben"}, ["--sender", "ben"], "DENY_USERS has"),
        ({"INSTANT_ANSWERS": "webhook"}, [], "INSTANT_ANSWERS is webhook"),
        ({"CHAT_TYPE": "7"}, [], "conversation has a setting that is missing or wrong"),
        ({}, ["--webhook-host", "evil.example"], "WEBHOOK_HOSTS does not have the host"),
    ],
)
def test_help_that_does_not_come(language: str, settings: dict[str, str], options: list[str], said: str) -> None:
    """Anything but the help is a failure, whatever it is, and the setting that caused it is named."""
    with LocalCloud(Options(secret=SECRET, language=language, conversation_settings=settings)) as cloud:
        code, _, err = run(cloud.dingtalk.trigger, "--webhook-host", "127.0.0.1", "--help-only", *options)
    assert (code, err.count("\n")) == (1, 1)
    assert said in err


@pytest.mark.parametrize(
    ("settings", "options", "said"),
    [
        ({"SENSITIVE_WORDS": "single word"}, [], "SENSITIVE_WORDS has a word of it"),
        ({"MAX_QUESTION_LEN": "1"}, [], "MAX_QUESTION_LEN is shorter than it"),
        ({"ALLOW_USERS": "ann"}, [], "ALLOW_USERS does not have that person"),
    ],
)
def test_refusals_name_their_setting(settings: dict[str, str], options: list[str], said: str) -> None:
    """A question that is refused is a failure that names the setting."""
    with LocalCloud(Options(secret=SECRET, language="en", conversation_settings=settings)) as cloud:
        code, _, err = run(cloud.dingtalk.trigger, "--webhook-host", "127.0.0.1", *options)
    assert code == 1
    assert said in err


def test_help_through_the_webhook() -> None:
    """Where reply posts it, it is waited for."""
    with LocalCloud(Options(secret=SECRET, language="en", settings={"INSTANT_ANSWERS": "webhook"})) as cloud:
        code, out, err = run(cloud.dingtalk.trigger, "--help-only", "--webhook", "127.0.0.1:0")
    assert (code, err) == (0, "")
    assert "answered after " in out


def test_every_refusal_has_its_setting() -> None:
    """No sentence with which `conversation` refuses a question is without one, in either language."""
    refusals = {name for name in vars(wording("en")) if name.startswith("refused_")}
    of_commands = {"refused_admins_only", "refused_only_private", "refused_stale"}
    assert refusals - of_commands <= set(CAUSES)
    for language in ("zh", "en"):
        for name, cause in CAUSES.items():
            sentence = getattr(wording(language), name)
            assert cause_of(sentence.format(request_id="0123456789", size=9, limit=8)) == cause
        assert is_help(wording(language).help.format(intro="mine", commands="- a\n- b"))
        assert not is_help(wording(language).unknown_command.format(word="x", nearest="y"))


def test_with_a_webhook(deployed: LocalCloud) -> None:
    """The answer to a real question comes to the tool's own webhook."""
    deployed.reset()
    deployed.model.script("Forty-two.")
    code, out, err = run(deployed.dingtalk.trigger, "--webhook", "127.0.0.1:0")
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "handed over to reply"
    assert out.splitlines()[2].startswith("answered after ")
    assert out.endswith(": Forty-two.\n")


def test_no_answer(deployed: LocalCloud) -> None:
    """An answer that does not come is a failure, with the place to look."""
    deployed.reset()
    deployed.invoke_fails("lost")
    code, _, err = run(deployed.dingtalk.trigger, "--webhook", "127.0.0.1:0", "--seconds", "0.2")
    assert (code, err) == (1, "smoke: no answer came within 0.2 s; look into the log: s reply logs\n")


def test_not_handed_over(deployed: LocalCloud) -> None:
    """What people would read instead of an answer is shown."""
    deployed.reset()
    deployed.invoke_fails("403")
    code, _, err = run(deployed.dingtalk.trigger, "--webhook-host", "127.0.0.1")
    assert code == 1
    assert err.startswith("smoke: the message was not handed over, and people would read: ")


def test_where_only_some_may_talk_to_the_robot() -> None:
    """A deployment for two people in groups: the message is sent for one of them, or the remedy is said."""
    settings = {"ALLOW_USERS": "ann,ben", "CHAT_TYPE": "2", "ALLOW_GROUPS": "the-group"}
    with LocalCloud(Options(secret=SECRET, language="en", settings=settings)) as cloud:
        asked = (cloud.dingtalk.trigger, "--webhook-host", "127.0.0.1")
        for lacking in ([], ["--sender", "ann"], ["--group", "the-group"], ["--sender", "ann", "--group", "other"]):
            code, _, err = run(*asked, *lacking)
            assert code == 1
            assert "--sender USERID, --group ID" in err
        code, out, err = run(*asked, "--sender", "ann", "--group", "the-group")
        assert (code, err) == (0, "")
        assert out.endswith("handed over to reply\n")


def test_a_host_that_is_not_allowed(deployed: LocalCloud) -> None:
    """The default webhook's host is DingTalk's own, which this deployment does not know."""
    code, _, err = run(deployed.dingtalk.trigger)
    assert code == 1
    assert "people would read" in err


@pytest.mark.parametrize(
    ("path", "secret", "said"),
    [
        ("", "x" * 64, "the message was answered 401; wanted 200; the function does not know this secret"),
        ("/%zz", "x" * 64, "answered 401"),
    ],
)
def test_refused(deployed: LocalCloud, path: str, secret: str, said: str) -> None:
    """A refusal is explained."""
    code, _, err = run(deployed.dingtalk.trigger + path, secret=secret)
    assert code == 1
    assert said in err


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (404, "", "CALLBACK_PATH"),
        (403, "", "authType: anonymous"),
        (502, "", "s conversation logs"),
        (200, "<html>", "not conversation"),
        (200, "[]", "not conversation"),
        (200, "{}", "not conversation"),
    ],
)
def test_something_else(other: StandIn, status: int, text: str, said: str) -> None:
    """Whatever else answers is told from `conversation`."""
    other.answers["POST"] = (status, {}, text)
    code, _, err = run(other.url)
    assert (code, err.count("\n")) == (1, 1)
    assert said in err


def test_nobody_there() -> None:
    """An address that does not answer is a failure."""
    code, out, err = run(CLOSED)
    assert (code, out) == (1, "")
    assert err.startswith("smoke: 127.0.0.1 does not answer: ")


@pytest.mark.parametrize(
    ("url", "secret", "said"), [("", SECRET, "URL=https://"), (CLOSED, "", "export DINGTALK_APP_SECRET=")]
)
def test_what_is_not_given(url: str, secret: str, said: str, tmp_path: Path) -> None:
    """Without address or secret nothing is sent."""
    code, _, err = run(url, "--env", str(tmp_path / ".env"), secret=secret)
    assert code == 2
    assert said in err


OTHERS = {"DINGTALK_APP_SECRET": "y" * 64, "DINGTALK_CREDENTIALS": f"{CLIENT_ID}:{SECRET}"}


@pytest.mark.parametrize("where", ["environment", ".env"])
@pytest.mark.parametrize(
    ("variables", "robot", "code"),
    [
        ({"SMOKE_SECRET": SECRET, "DINGTALK_APP_SECRET": "y" * 64}, "", 0),
        ({"DINGTALK_APP_SECRET": SECRET}, "", 0),
        ({"DINGTALK_CREDENTIALS": f"{CLIENT_ID}:{SECRET}"}, "", 0),
        ({"DINGTALK_CREDENTIALS": f"{CLIENT_ID}:{SECRET}", "DINGTALK_APP_SECRET": SECRET}, "", 0),
        (OTHERS, CLIENT_ID, 0),
        (OTHERS, "", 2),
        (OTHERS, "dingnobody", 2),
    ],
)
def test_where_the_secret_is(
    deployed: LocalCloud, tmp_path: Path, where: str, variables: dict[str, str], robot: str, code: int
) -> None:
    """In the environment or in .env, under the names of a deployment; of several robots one is named."""
    env = tmp_path / ".env"
    if where == ".env":
        env.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    arguments = [deployed.dingtalk.trigger, "--help-only", "--webhook-host", "127.0.0.1", "--env", str(env)]
    with redirect_stdout(out), redirect_stderr(err):
        found = smoke.main([*arguments, *(["--robot", robot] if robot else [])], {} if where == ".env" else variables)
    assert found == code, err.getvalue()
    assert code == 0 or f"--robot {CLIENT_ID}" in err.getvalue()
    assert SECRET not in out.getvalue() + err.getvalue()


PLAIN = ["http://x.example", "http://localhost.example", "http://127.0.0.1@x.example", "http://x.example\\@127.0.0.1"]
PLAIN += ["http://127.0.0.1.x.example", "http://[::2]", "http://10.0.0.1", "HTTP://x.example", "https://u@x.example"]
PLAIN += ["http://128.0.0.1", "http://0.0.0.0", "http://[::ffff:8.8.8.8]", "http://x.example#127.0.0.1", "ftp://x"]


@pytest.mark.parametrize("url", PLAIN)
def test_nothing_signed_goes_over_plain_http(url: str) -> None:
    """Nor to an address that clients read differently; nothing is sent at all."""
    code, out, err = run(url)
    assert (code, out) == (2, "")
    assert "https" in err


@pytest.mark.parametrize(
    "url",
    ["https://x.example", "https://x.example:8443/p", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"],
)
def test_where_signatures_may_go(url: str) -> None:
    """Over https anywhere, and to this machine."""
    assert may_carry_signatures(url)


def test_this_machine_is_not_asked_through_a_proxy(deployed: LocalCloud) -> None:
    """A proxy for plain http would be told the signature."""
    for name in ("http_proxy", "HTTP_PROXY"):
        assert run(deployed.dingtalk.trigger, "--help-only", "--webhook-host", "127.0.0.1", **{name: CLOSED})[0] == 0


def test_a_webhook_that_cannot_be_served(deployed: LocalCloud) -> None:
    """A taken port, or no port: nothing is sent."""
    deployed.reset()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for address in (f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:x", "127.0.0.1:99999"):
            code, _, err = run(deployed.dingtalk.trigger, "--webhook", address)
            assert (code, err.count("\n")) == (2, 1)
            assert "name another HOST:PORT" in err
    assert deployed.invocations() == []


def test_as_a_command(deployed: LocalCloud) -> None:
    """It runs as the Makefile runs it, with the secret in the environment."""
    command = [sys.executable, str(ROOT / "tools" / "smoke.py"), deployed.dingtalk.trigger, "--help-only"]
    environ = {**os.environ, "SMOKE_SECRET": SECRET}
    done = subprocess.run(
        [*command, "--webhook-host", "127.0.0.1"], capture_output=True, text=True, env=environ, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
