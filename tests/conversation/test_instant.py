"""Answers that need no model: in the response body, or posted by `reply` when the deployer wants that."""

import json

import pytest

from shared.commands import COMMANDS
from shared.wording import wording

from .kit import Bench, payload, question

ZH, EN = wording("zh"), wording("en")


@pytest.mark.parametrize("text", ["帮助", "/help", "\\help", " ／ＨＥＬＰ ", "/帮助", "", "  ", "\n"])
def test_help(text: str) -> None:
    """Help, by its words and for a blank text, names every command; it is markdown as DingTalk documents it."""
    bench = Bench()
    result = bench.post(question(text))
    body = json.loads(result.text)
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["title"] == ZH.help_title
    assert all(f"`/{command.slashed[0]}`" in result.shown for command in COMMANDS)
    assert (result.line["event"], bench.fc.posts) == ("answered_instantly", [])


def test_help_in_english() -> None:
    """LANGUAGE chooses the sentences."""
    shown = Bench.with_settings(LANGUAGE="en").post(question("/help")).shown
    assert EN.command_clear in shown


@pytest.mark.parametrize("text", ["\\foo", "/foo", "／foo", "/清除", "/" + "x" * 20])
def test_an_unknown_command_is_named(text: str) -> None:
    """A lone slash word that is no command gets a hint, not the model."""
    bench = Bench()
    result = bench.post(question(text))
    assert result.shown == ZH.unknown_command.format(word="/" + text[1:])
    assert bench.fc.posts == []


@pytest.mark.parametrize(
    "text",
    [
        "/api/users gives 500, why?",
        "\\frac{a}{b}",
        "/foo bar",
        "/" + "x" * 21,
        "/x1",
        "/",
        "\\",
        "//",
        "/help me",
        "请帮助",
        "清空购物车",
        "/etc/passwd",
    ],
)
def test_a_question_that_begins_like_a_command(text: str) -> None:
    """Only one slash and one word is a command that was meant; everything else is asked."""
    bench = Bench()
    bench.post(question(text))
    assert (bench.fc.events[0]["text"], bench.fc.events[0]["command"]) == (text, "")


@pytest.mark.parametrize("text", ["\\clear", "/clear", "清空", "重置", " /CLEAR ", "／清空"])
@pytest.mark.parametrize("name", ["single_text", "group_text"])
def test_a_command_that_needs_storage_is_handed_over(text: str, name: str) -> None:
    """`reply` is told which command it is; the blank that a group adds does not hide it."""
    bench = Bench()
    bench.post(payload(name, text={"content": f" {text}"}))
    assert bench.fc.events[0]["command"] == "clear"


INSTANT = {
    "help": (question("/help"), "/clear"),
    "unknown command": (question("/foo"), "/foo"),
    "unsupported": (payload("single_picture"), ZH.type_picture),
    "too large": (question("x" * 70_000), "64 KB"),
    "event too large": (question("😀" * 15_000), "128 KB"),
    "quote": (payload("group_quote_text", text={"content": "/help", "isReplyMsg": True}), "/clear"),
}


@pytest.mark.parametrize("case", INSTANT)
def test_notices_can_be_posted_instead(case: str) -> None:
    """With INSTANT_ANSWERS=webhook the same sentences go to `reply` for posting, and the body stays silent."""
    body, words = INSTANT[case]
    bench = Bench.with_settings(INSTANT_ANSWERS="webhook")
    result = bench.post(body)
    (event,) = bench.fc.events
    assert words in event["notice"]
    assert event["notice"] == Bench().post(body).shown
    assert (result.shown, event["text"], event["quote"], event["command"]) == ("", "", "", "")


def test_a_notice_that_cannot_be_handed_over_stands_in_the_body() -> None:
    """It is an outcome already: better shown there than replaced by an apology."""
    bench = Bench.with_settings(INSTANT_ANSWERS="webhook")
    bench.fc.script = [403]
    assert bench.post(payload("single_picture")).shown == ZH.unsupported.format(kind=ZH.type_picture)


@pytest.mark.parametrize("name", ["single_picture", "group_mention_only", "single_video"])
def test_a_redelivery_gets_the_same_body(name: str) -> None:
    """The same answer twice in two response bodies of one message is one outcome."""
    bench = Bench()
    first = bench.post(payload(name))
    bench.clock.sleep(60)
    assert bench.post(payload(name)).text == first.text
