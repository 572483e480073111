"""Answers that need no model: in the response body, or posted by `reply` when the deployer wants that."""

import json
import re
import unicodedata

import pytest

from conversation.wiring import build
from shared.commands import COMMANDS
from shared.deployed import Template
from shared.wording import Wording, wording

from .kit import Bench, payload, question

ZH, EN = wording("zh"), wording("en")


@pytest.mark.parametrize("name", ["single_text", "group_text"])
@pytest.mark.parametrize("text", ["帮助", "/help", "\\help", " ／ＨＥＬＰ ", "/帮助", "@小助手 帮助", "", "  ", "\n"])
def test_help(text: str, name: str) -> None:
    """Help, by its words and for a blank text, names every command; it is markdown as DingTalk documents it."""
    bench = Bench()
    result = bench.post(payload(name, text={"content": text}))
    body = json.loads(result.text)
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["title"] == ZH.help_title
    assert [command.name for command in COMMANDS if getattr(ZH, f"command_{command.name}") not in result.shown] == [
        command.name for command in COMMANDS if command.admins_only
    ]
    assert all(
        f"`/{word}`" in result.shown for command in COMMANDS if not command.admins_only for word in command.slashed[:1]
    )
    assert (result.line["event"], bench.fc.posts) == ("answered_instantly", [])


ADMIN = payload("single_text")["senderStaffId"]
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]")


def listed(shown: str, words: Wording = ZH) -> set[str]:
    """The names of the commands that a help lists."""
    return {command.name for command in COMMANDS if getattr(words, f"command_{command.name}") in shown}


def test_help_in_english() -> None:
    """LANGUAGE=en: generated from the same table, every command in it by its English word, and no Chinese at all."""
    bench = Bench.with_settings(LANGUAGE="en", ADMIN_USERS=ADMIN, ADMIN_EXPORT="on")
    shown = bench.post(payload("single_text", text={"content": "/help"})).shown
    assert listed(shown, EN) == {command.name for command in COMMANDS}
    for command in COMMANDS:
        [line] = [line for line in shown.splitlines() if getattr(EN, f"command_{command.name}") in line]
        assert line.startswith(f"- `/{command.slashed[0]}`: "), command.name
    assert EN.help_remembers.strip() in shown
    assert HAN.findall(shown) == []


@pytest.mark.parametrize("text", ["help", "Help", "HELP", "help!", "/help@bot", "ｈｅｌｐ"])
def test_a_bare_help_is_help(text: str) -> None:
    """In either language."""
    for language, words in (("zh", ZH), ("en", EN)):
        assert Bench.with_settings(LANGUAGE=language).post(question(text)).shown.startswith(words.help_intro[:4])


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
@pytest.mark.parametrize(
    ("settings", "without", "remembers"),
    [
        ({"ADMIN_EXPORT": "on"}, set(), True),
        ({}, {"export"}, True),
        ({"ADMIN_EXPORT": "off"}, {"export"}, True),
        ({"DEFAULT_MODE": "单聊"}, {"export"}, False),
        ({"HISTORY_LENGTH": "0"}, {"export", "single", "context"}, False),
        ({"HISTORY_LENGTH": "0", "DEFAULT_MODE": "单聊", "ADMIN_EXPORT": "on"}, {"single", "context"}, False),
        ({"HISTORY_LENGTH": "1", "DEFAULT_MODE": "串聊"}, {"export"}, True),
    ],
)
def test_help_promises_what_is_switched_on(
    settings: dict[str, str], without: set[str], remembers: bool, words: Wording
) -> None:
    """No command that would only say that it is off, and no memory where there is none."""
    bench = Bench.with_settings(ADMIN_USERS=ADMIN, LANGUAGE="zh" if words is ZH else "en", **settings)
    shown = bench.post(payload("single_text", text={"content": "帮助"})).shown
    assert listed(shown, words) == {command.name for command in COMMANDS} - without
    assert (words.help_remembers in shown) is remembers
    assert (words.help_alone in shown) is not remembers


@pytest.mark.parametrize(("kind", "told"), [("0", True), ("1", False), ("2", True)])
def test_help_speaks_of_groups_where_it_answers_there(kind: str, told: bool) -> None:
    """Nobody is told to mention it in a group in which it answers nobody."""
    shown = (
        Bench.with_settings(CHAT_TYPE=kind, ADMIN_USERS=ADMIN).post(payload("single_text", text={"content": ""})).shown
    )
    assert (ZH.help_in_groups in shown) is told


@pytest.mark.parametrize(("setting", "near"), [("on", "#查对话"), ("off", "")])
def test_nearest_names_nothing_that_is_off(setting: str, near: str) -> None:
    """A hint that leads to "it is off" is none."""
    bench = Bench.with_settings(ADMIN_USERS=ADMIN, ADMIN_EXPORT=setting)
    shown = bench.post(payload("single_text", text={"content": "/查对活"})).shown
    sentence = ZH.unknown_command_nearest if near else ZH.unknown_command
    assert shown == sentence.format(word="/查对活", nearest=near)


@pytest.mark.parametrize(
    ("name", "value"), [("DEFAULT_MODE", "x"), ("HISTORY_LENGTH", "101"), ("ADMIN_EXPORT", "maybe")]
)
def test_a_wrong_setting_of_the_help_is_named(name: str, value: str) -> None:
    """Once, as `reply` does."""
    line = Bench.with_settings(**{name: value}).post(question("帮助")).line
    assert line["event"] == "refused_settings"
    assert line["remedy_1"].startswith(f"{name} is {value!r}; wanted ")
    assert "remedy_2" not in line


@pytest.mark.parametrize("name", ["single_text", "group_text"])
@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("\\foo", ""),
        ("/foo", ""),
        ("／foo", ""),
        ("/" + "x" * 20, ""),
        ("/cler", "/clear"),
        ("＼ＨＬＥＰ", "/help"),
        ("/重制", "重置"),
        ("/模版", "模板"),
        ("/群", ""),
        ("@小助手 /hepl", "/help"),
    ],
)
def test_an_unknown_command_is_named(text: str, near: str, name: str) -> None:
    """A lone slash word that is no command gets a hint with the nearest one, not the model."""
    bench = Bench()
    result = bench.post(payload(name, text={"content": f" {text}"}))
    word = "/" + unicodedata.normalize("NFKC", text.split()[-1])[1:].casefold()
    sentence = ZH.unknown_command_nearest if near else ZH.unknown_command
    assert result.shown == sentence.format(word=word, nearest=near)
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


LONG = {
    "help": ("帮助", {"HELP": "**关于我**\\n" * 600}, (), "可用命令"),
    "help of quotes": ("帮助", {"HELP": '"' * 11_000}, (), "可用命令"),
    "templates": ("模板", {}, [Template(f"#第{n}个模板", "x") for n in range(800)], "`#第799个模板`"),
    "preview": ("#长", {}, [Template("#长", "前" * 6000, "后")], "___后"),
    "a preview of any length": ("#长", {}, [Template("#长", "\x01" * 200_000)], ZH.sentence_cut.partition("}")[2]),
}


@pytest.mark.parametrize("case", LONG)
def test_what_is_too_long_for_a_response_goes_out_in_parts(case: str) -> None:
    """A body has no parts: `reply` shows the whole of it in some; where it cannot be asked, its beginning is said."""
    text, settings, templates, end = LONG[case]
    bench = Bench.with_settings(**settings)
    bench.receiver = build(bench.environ, bench.clock, bench.fc.send, bench.log, tuple(templates))
    assert bench.post(question(text)).shown == ""
    (event,) = bench.fc.events
    assert end in event["notice"]
    assert len(bench.fc.posts[0].body) <= 128 * 1024
    bench.fc.script = [403]
    result = bench.post(question(text, msgId="again"))
    assert result.shown.startswith(event["notice"][:3000])
    assert result.shown.endswith(ZH.sentence_cut.partition("}")[2])
    assert len(result.shown) <= 3500
    assert len(result.text.encode()) <= 20_000


@pytest.mark.parametrize("over", [False, True])
def test_the_longest_answer_in_a_response(over: bool) -> None:
    """3,500 characters are said at once."""
    bench = Bench.with_settings(HELP="字")
    room = 3500 - len(bench.post(question("帮助")).shown)
    bench = Bench.with_settings(HELP="字" * (room + 1 + over))
    assert (bench.post(question("帮助")).shown == "") is over


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
