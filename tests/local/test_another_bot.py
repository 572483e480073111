"""Bots that are not ours: one function alone, its settings, its faults, what it raises, and quotes of what was seen."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import LocalCloud, Options, Reply
from local.quotes import Quote
from tests.local.conftest import STANDINS


@pytest.fixture(scope="module")
def _single() -> Iterator[LocalCloud]:
    with LocalCloud(Options(code=(STANDINS,), conversation_handler="single.handler", language="en")) as cloud:
        yield cloud


@pytest.fixture
def single(_single: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud with one function alone."""
    yield _single
    _single.reset()


def test_one_function_alone_has_every_setting(single: LocalCloud) -> None:
    """The model's address and key, the bucket, the secret, and where it can hand over to itself."""
    found = json.loads(single.say(single.person(), "where").answers[0].text)
    assert found["BASE_URL"] == f"{single.model.site.url}/v1"
    assert found["OSS_MOUNT_POINT"] == str(single.bucket)
    assert {"CHATGPT_API_KEY", "OSS_BUCKET", "OSS_ENDPOINT", "DINGTALK_APP_SECRET", "INVOKE_ENDPOINT"} <= set(found)
    assert found["CHATGPT_FUNCTION"] == found["FC_FUNCTION_NAME"] == "conversation"


@pytest.mark.parametrize("words", ["hello", "later"])
def test_one_function_alone_answers(single: LocalCloud, words: str) -> None:
    """In its own run, or in one that it has asked for."""
    single.model.script(Reply("All is well."))
    sent = single.say(single.person(), words)
    assert [shown.text for shown in single.wait(sent)] == ["All is well."]
    assert len(single.invocations(sent)) == (2 if words == "later" else 1)


SETTINGS = {
    "front given, back not": ({"conversation_handler": "single.handler"}, True),
    "back said to be none": ({"conversation_handler": "single.handler", "reply_handler": ""}, True),
    "both given": ({"conversation_handler": "front.handler", "reply_handler": "back.handler"}, False),
    "this project's": ({}, False),
    "this project's front alone": ({"reply_handler": ""}, True),
    "another back": ({"reply_handler": "back.handler"}, False),
}


@pytest.mark.parametrize(("handlers", "alone"), SETTINGS.values(), ids=SETTINGS)
def test_what_is_one_function_alone(handlers: dict[str, str], alone: bool) -> None:
    """Where the second one is not named, or said to be none."""
    assert Options(**handlers).alone is alone  # type: ignore[arg-type]


FAULTS = {
    "model": ({"name": "server-error"}, "HTTPError: HTTP Error 500: Internal Server Error (single.py, line "),
    "bucket": ({"name": "bucket-read-only"}, "OSError: [Errno 30]"),
    "killed": ({"name": "killed", "step": "post"}, "FunctionProcessExited"),
    "bucket full": ({"name": "bucket-full"}, "OSError: [Errno 28]"),
}


@pytest.mark.parametrize(("fault", "told"), FAULTS.values(), ids=FAULTS)
def test_one_function_alone_meets_the_faults_of_both(
    single: LocalCloud, fault: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is meant for the second function is met by the only one; a test that fails shows what it raised."""
    single.switch_on(**fault, times=1)
    sent = single.say(single.person(), "hello")
    assert single.wait(sent) == []
    assert sent.status == 502
    assert told in single.describe(sent)
    raised = [o for i in single.invocations(sent) for o in i.outcomes if o.stack]
    assert (told in capsys.readouterr().err) is bool(raised)


def test_a_raised_error_of_a_second_function_has_its_place(plain: LocalCloud) -> None:
    """Type, message, file and line, for every attempt."""
    sent = plain.say(plain.person(), "fail")
    plain.wait(sent)
    errors = [outcome.error for outcome in plain.invocations(sent, "async")[0].outcomes]
    line = next(n for n, text in enumerate((STANDINS / "back.py").read_text().splitlines(), 1) if "on demand" in text)
    assert errors == [f"ValueError: on demand (back.py, line {line})"] * 3


def test_code_in_a_relative_folder_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is meant as it is when the cloud is made, wherever instances start."""
    monkeypatch.chdir(STANDINS.parent)
    options = Options(code=(Path("standins"),), conversation_handler="single.handler", language="en")
    with LocalCloud(options) as cloud:
        monkeypatch.chdir("/")
        assert len(cloud.wait(cloud.say(cloud.person(), "hello"))) == 1


QUOTED = {
    "a text of a person": ("hello", {}, {"msgType": "text", "content": {"text": "hello"}}),
    "a picture": ("", {"kind": "picture"}, {"msgType": "picture"}),
    "a file": ("notes.pdf", {"kind": "file"}, {"msgType": "file"}),
    "a voice message": ("spoken", {"kind": "audio"}, {"msgType": "audio"}),
    "a card": ("card", {"kind": "interactiveCard"}, {"msgType": "interactiveCard"}),
}


@pytest.mark.parametrize(("text", "how", "expected"), QUOTED.values(), ids=QUOTED)
def test_a_message_of_a_person_can_be_quoted(plain: LocalCloud, text: str, how: dict, expected: dict) -> None:
    """It arrives in the shape that fits it, with its sender and, where DingTalk sends one, its id."""
    lin = plain.person("Lin")
    first = plain.compose(lin, text, **how)
    again = plain.compose(lin, "what is this?", quote=first)
    replied = again.payload["text"]["repliedMsg"]
    assert expected.items() <= replied.items()
    assert replied["senderId"] == lin.sender_id
    assert again.quotes == first.id
    if "msgId" in replied:
        assert (replied["msgId"], replied["createdAt"]) == (first.message_id, first.at)


def test_what_the_robot_said_can_be_quoted(plain: LocalCloud) -> None:
    """As DingTalk sends it: the robot's text, without a message id that anybody knows."""
    lin = plain.person("Lin")
    plain.model.script(Reply("All is well."))
    [shown] = plain.wait(plain.say(lin, "hello"))
    for again in (plain.compose(lin, "why?", quote=shown), plain.compose(lin, "why?", quote=Quote("All is well."))):
        replied = again.payload["text"]["repliedMsg"]
        assert (replied["msgType"], replied["content"]) == ("text", {"text": "All is well."})
        assert replied["senderId"].startswith("$:LWCP_v1:$LocalRobot")


def test_a_bot_that_raises_nothing_is_not_told_of(plain: LocalCloud, capsys: pytest.CaptureFixture[str]) -> None:
    """Where all went well, the error output stays empty."""
    plain.wait(plain.say(plain.person(), "hello"))
    assert capsys.readouterr().err == ""
