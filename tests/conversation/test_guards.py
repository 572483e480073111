"""Who may use the bot, where, and for what: one row per rule, and the sentence that the person is shown."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conversation import guards
from conversation.guards import GuardSettings
from conversation.wiring import build
from shared.commands import COMMANDS, Command
from shared.deployed import Template
from shared.message import FRESH_MS, Message, ReplyTarget, Sender
from shared.settings import SettingsReader
from shared.tokens import estimated_tokens
from shared.wording import Wording, wording

from .kit import Bench, payload

ZH, EN = wording("zh"), wording("en")
GROUP = payload("group_text")
PRIVATE = payload("single_text")
STAFF = PRIVATE["senderStaffId"]


def message(*, group: bool = False, staff: str = "u1", sender: str = "u1", room: str = "c1") -> Message:
    return Message("m", "robot", room, group, Sender(sender, staff), ReplyTarget(""), 0)


def told(**settings: str) -> GuardSettings:
    reader = SettingsReader(settings)
    found = GuardSettings.read(reader, {"robot": "robot"})
    assert reader.problems == reader.closed == []
    return found


def access(about: Message, **settings: str) -> str:
    known = told(**settings)
    return guards.access(replace(about, role=guards.role(about, known)), known) or ""


GUEST = {"staff": "", "sender": "$:guest"}


@pytest.mark.parametrize(
    ("about", "settings", "refused"),
    [
        (message(), {}, ""),
        (message(group=True), {"CHAT_TYPE": "0"}, ""),
        (message(), {"CHAT_TYPE": "2"}, "private"),
        (message(group=True), {"CHAT_TYPE": "2"}, ""),
        (message(), {"CHAT_TYPE": "1"}, ""),
        (message(group=True), {"CHAT_TYPE": "1"}, "group_chat"),
        (message(group=True), {"CHAT_TYPE": "1", "ADMIN_USERS": "u1"}, ""),
        (message(group=True), {"ALLOW_GROUPS": "c2, c1"}, ""),
        (message(group=True), {"ALLOW_GROUPS": "c2"}, "group"),
        (message(), {"ALLOW_GROUPS": "c2"}, ""),
        (message(group=True), {"ALLOW_GROUPS": "c2", "ADMIN_USERS": "u1"}, ""),
        (message(group=True), {"ALLOW_GROUPS": "c2", "VIP_USERS": "u1"}, "group"),
        (message(), {"ALLOW_USERS": "u1，u2"}, ""),
        (message(), {"ALLOW_USERS": "u2"}, "user"),
        (message(), {"ALLOW_USERS": "u"}, "user"),
        (message(), {"ALLOW_USERS": "U1"}, "user"),
        (message(), {"DENY_USERS": "u1"}, "user"),
        (message(), {"DENY_USERS": "u2"}, ""),
        (message(), {"ALLOW_USERS": "u1", "DENY_USERS": "u1"}, "user"),
        (message(), {"DENY_USERS": "u1", "ADMIN_USERS": "u1"}, ""),
        (message(), {"ALLOW_USERS": "u2", "VIP_USERS": "u1"}, "user"),
        (message(group=True), {"CHAT_TYPE": "1", "ALLOW_GROUPS": "c2", "DENY_USERS": "u1"}, "group_chat"),
        (message(group=True), {"ALLOW_GROUPS": "c2", "DENY_USERS": "u1"}, "group"),
        (message(**GUEST), {"ALLOW_USERS": "u1"}, "user"),
        (message(**GUEST), {"ALLOW_USERS": "$:guest"}, ""),
        (message(**GUEST), {"DENY_USERS": "$:guest"}, "user"),
        (message(**GUEST), {"DENY_USERS": "$:guest", "ADMIN_USERS": "$:guest"}, "user"),
        (message(group=True, **GUEST), {"CHAT_TYPE": "1", "ADMIN_USERS": "$:guest"}, "group_chat"),
    ],
)
def test_access(about: Message, settings: dict[str, str], refused: str) -> None:
    """Kind of chat, then group, then person; denial wins; administrators are exempt, VIPs and guests are not."""
    assert access(about, **settings) == refused


@pytest.mark.parametrize(
    ("staff", "role"), [("boss", "admin"), ("vip", "vip"), ("both", "admin"), ("u1", ""), ("", ""), ("BOSS", "")]
)
def test_roles(staff: str, role: str) -> None:
    """By staff id only, exactly as it is written; an administrator is one also when among the VIPs."""
    settings = told(ADMIN_USERS="boss,both,$:x", VIP_USERS="vip,both,$:x")
    assert guards.role(message(staff=staff, sender=staff or "$:x"), settings) == role


OPEN = Command("open", "reply")
ADMINS = Command("admins", "reply", admins_only=True)
STORED = Command("stored", "reply", of_the_stored=True)
OTHERS = Command("others", "reply", confidential=True, of_the_stored=True)
BOTH = Command("both", "reply", admins_only=True, confidential=True, of_the_stored=True)


@pytest.mark.parametrize(
    ("command", "role", "group", "age", "refused"),
    [
        (OPEN, "", True, 10**9, ""),
        (ADMINS, "", False, 0, "admins_only"),
        (ADMINS, "vip", False, 0, "admins_only"),
        (ADMINS, "admin", True, 10**9, ""),
        (STORED, "", False, FRESH_MS, ""),
        (STORED, "admin", False, FRESH_MS + 1, "stale"),
        (STORED, "", True, FRESH_MS + 1, "stale"),
        (OTHERS, "", False, 0, ""),
        (OTHERS, "", True, 0, "only_private"),
        (OTHERS, "", False, FRESH_MS, ""),
        (OTHERS, "", False, FRESH_MS + 1, "stale"),
        (OTHERS, "", False, -1, ""),
        (OTHERS, "", True, FRESH_MS + 1, "only_private"),
        (BOTH, "", True, FRESH_MS + 1, "admins_only"),
        (BOTH, "admin", True, 0, "only_private"),
        (BOTH, "admin", False, FRESH_MS + 1, "stale"),
        (BOTH, "admin", False, FRESH_MS, ""),
    ],
)
def test_permission(command: Command, role: str, group: bool, age: int, refused: str) -> None:
    """What is for administrators, what is private because it is confidential, and how old its signature may be."""
    assert (guards.permission(command, replace(message(group=group), role=role), age) or "") == refused


def test_every_command_of_the_table_is_held_to_its_flags() -> None:
    """Through the front door, whatever commands there are: refused to others, in groups, and to old callbacks."""
    for command in COMMANDS:
        text = {"content": f" {command.words[0] if command.words else f'#{command.hashed[0]}'} "}
        if command.admins_only and not command.or_question:
            assert Bench().post(payload("single_text", text=text)).shown == ZH.refused_admins_only, command.name
        if command.confidential:
            bench = Bench.with_settings(ADMIN_USERS=f"{STAFF},{GROUP['senderStaffId']}")
            assert bench.post(payload("group_text", text=text)).shown == ZH.refused_only_private, command.name
        if command.of_the_stored:
            # Handed over as a notice: `reply` knows whether this is a redelivery of what was answered.
            bench = Bench.with_settings(ADMIN_USERS=STAFF)
            late = bench.post(payload("single_text", text=text), headers=bench.headers(age_ms=FRESH_MS + 1))
            [event] = bench.fc.events
            assert (late.shown, event["notice"], event["command"]) == ("", ZH.refused_stale, ""), command.name
            assert late.line["refused"] == "stale"


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("single_text", {"CHAT_TYPE": "2"}, "refused_private"),
        ("group_text", {"CHAT_TYPE": "1"}, "refused_group_chat"),
        ("group_text", {"ALLOW_GROUPS": "cidOther"}, "refused_group"),
        ("single_text", {"ALLOW_USERS": "somebody-else"}, "refused_user"),
        ("single_text", {"DENY_USERS": STAFF}, "refused_user"),
        ("single_picture", {"DENY_USERS": STAFF}, "refused_user"),
        ("group_external_sender", {"ALLOW_USERS": STAFF}, "refused_user"),
    ],
)
@pytest.mark.parametrize("text", ["a question", "帮助", "/nonsense", "群ID", "模板", "", "#翻译 x"])
@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_a_refusal_is_told(name: str, settings: dict[str, str], sentence: str, text: str, words: object) -> None:
    """In the response body, whatever was sent; nothing is invoked, and no list shows."""
    bench = Bench.with_settings(**settings, LANGUAGE="zh" if words is ZH else "en")
    changes = {} if name == "single_picture" else {"text": {"content": text}}
    result = bench.post(
        payload(name, senderStaffId=STAFF, **changes) if name != "group_external_sender" else payload(name)
    )
    assert result.shown == getattr(words, sentence).format(request_id=result.line["request_id"])
    assert bench.fc.posts == []
    assert not [value for value in settings.values() if len(value) > 1 and value in result.shown]
    assert result.line["refused"] == {"refused_private": "private"}.get(sentence, sentence.removeprefix("refused_"))
    assert result.line["sender"]


def test_denied_and_not_allowed_look_the_same() -> None:
    """Nobody learns on which list they are."""
    denied = Bench.with_settings(DENY_USERS=STAFF).post(PRIVATE).shown
    assert Bench.with_settings(ALLOW_USERS="x").post(PRIVATE).shown == denied


def test_a_refusal_can_be_posted_instead() -> None:
    """INSTANT_ANSWERS=webhook holds for refusals too."""
    bench = Bench.with_settings(DENY_USERS=STAFF, INSTANT_ANSWERS="webhook")
    assert bench.post(PRIVATE).shown == ""
    assert bench.fc.events[0]["notice"].startswith(ZH.refused_user[:10])
    assert bench.fc.events[0]["text"] == ""


def test_who_may_not_use_it_is_not_told_about_size_either() -> None:
    """A body that is too large gets the same refusal as any other."""
    body = payload("single_text", text={"content": "x" * 70_000})
    result = Bench.with_settings(DENY_USERS=STAFF).post(body)
    assert result.shown == ZH.refused_user.format(request_id=result.line["request_id"])


@pytest.mark.parametrize(
    ("settings", "role"), [({}, ""), ({"VIP_USERS": STAFF}, "vip"), ({"ADMIN_USERS": STAFF}, "admin")]
)
def test_reply_is_told_the_role(settings: dict[str, str], role: str) -> None:
    """What counts for limits and for its own commands."""
    bench = Bench.with_settings(**settings)
    bench.post(PRIVATE)
    assert bench.fc.events[0]["role"] == role


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("how do I build a BOMB?", True),
        ("ＢＯＭＢ", True),
        ("bombastic", True),
        ("炸弹怎么做", True),
        ("b o m b", False),
        ("boom", False),
        ("角色 bomb maker", True),
        ("#翻译 bomb", True),
        ("/bomb", True),
        ("/helo", False),
        ("帮助", False),
        ("清空", False),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"ADMIN_USERS": STAFF}], ids=["member", "admin"])
def test_sensitive_words(text: str, refused: bool, settings: dict[str, str]) -> None:
    """A question, a template's words or a command's argument with one is refused, an administrator's too."""
    bench = Bench.with_settings(SENSITIVE_WORDS="bomb,炸弹", **settings)
    shown = bench.post(payload("single_text", text={"content": text})).shown
    assert (shown == ZH.refused_sensitive) is refused


def test_a_sensitive_word_in_a_quote() -> None:
    """What is quoted is asked too."""
    body = payload("group_quote_text")
    quoted = json.loads(Bench().post(body).text)
    assert quoted == {"msgtype": "empty"}
    bench = Bench()
    bench.post(body)
    word = bench.fc.events[0]["quote"][:4]
    assert Bench.with_settings(SENSITIVE_WORDS=word).post(body).shown == ZH.refused_sensitive


@pytest.mark.parametrize(
    ("text", "limit", "tokens"),
    [
        ("你好" * 50, 100, 0),
        ("你好" * 50, 99, 100),
        ("你好" * 50, 0, 0),
        ("角色 " + "你好" * 50, 10, 0),
        ("#翻译", 1, 0),
        ("帮助", 1, 0),
        ("/nonsense", 1, 0),
    ],
)
def test_the_length_of_a_question(text: str, limit: int, tokens: int) -> None:
    """Above the limit both numbers are said; a command is never too long, and 0 is no limit."""
    bench = Bench.with_settings(MAX_QUESTION_LEN=str(limit))
    shown = bench.post(payload("single_text", text={"content": text})).shown
    assert (shown == ZH.refused_too_long.format(size=tokens, limit=limit)) is bool(tokens)


QUOTED = {"isReplyMsg": True, "repliedMsg": {"msgType": "text", "content": {"text": "茶" * 40}}}


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"content": "#T 你好"}, lambda words: "甲" * 30 + "你好" + "乙" * 20),
        ({"content": "你好", **QUOTED}, lambda words: words.quoted.format(quote="茶" * 40, question="你好")),
        ({"content": "#T", **QUOTED}, lambda words: "甲" * 30 + "茶" * 40 + "乙" * 20),
        (
            {"content": "#T 你好", **QUOTED},
            lambda words: words.quoted.format(quote="茶" * 40, question="甲" * 30 + "你好" + "乙" * 20),
        ),
        ({"content": "你好", "isReplyMsg": True}, lambda words: words.quote_unreadable.format(question="你好")),
    ],
)
def test_what_goes_with_a_question_counts(
    said: dict[str, object], asked: Callable[[Wording], str], words: Wording
) -> None:
    """The template's words and the quote, as the model is asked: at the limit it is asked, above it is refused."""
    size = estimated_tokens(asked(words))
    for limit, refused in ((size, False), (size - 1, True)):
        bench = Bench.with_settings(MAX_QUESTION_LEN=str(limit), LANGUAGE="zh" if words is ZH else "en")
        template = (Template("#T", "甲" * 30, "乙" * 20),)
        bench.receiver = build(bench.environ, bench.clock, bench.fc.send, bench.log, template)
        shown = bench.post(payload("single_text", text=said)).shown
        assert shown == (words.refused_too_long.format(size=size, limit=limit) if refused else "")
        assert len(bench.fc.events) == (not refused)


def test_sensitive_words_come_before_length() -> None:
    """Shortening would not help."""
    bench = Bench.with_settings(MAX_QUESTION_LEN="1", SENSITIVE_WORDS="bomb")
    assert bench.post(payload("single_text", text={"content": "bomb " * 50})).shown == ZH.refused_sensitive


@pytest.mark.parametrize("text", ["群ID", "群id", "群Ｉｄ", "＠小助手 群ID", "\u3000群ID\u3000", "/群ID", "＼群ＩＤ"])
@pytest.mark.parametrize("body", [PRIVATE, GROUP], ids=["private", "group"])
def test_the_id_of_a_conversation(text: str, body: dict[str, object]) -> None:
    """Administrators are told it at once; from anybody else it is a question, unchanged."""
    said = {**body, "text": {"content": f" {text}"}}
    bench = Bench.with_settings(ADMIN_USERS=str(body["senderStaffId"]))
    assert bench.post(said).shown == ZH.group_id.format(id=body["conversationId"])
    assert bench.fc.posts == []
    other = Bench.with_settings(VIP_USERS=str(body["senderStaffId"]), ADMIN_USERS="somebody-else")
    assert other.post(said).shown == ""
    assert (other.fc.events[0]["command"], other.fc.events[0]["text"]) == ("", text.strip())


def test_the_id_of_a_conversation_takes_no_argument() -> None:
    """`群ID 是什么` is a question, an administrator's too."""
    bench = Bench.with_settings(ADMIN_USERS=STAFF)
    bench.post(payload("single_text", text={"content": "群ID 是什么"}))
    assert bench.fc.events[0]["text"] == "群ID 是什么"


def test_help_shows_what_is_for_the_reader() -> None:
    """Commands of administrators to administrators only."""
    body = payload("single_text", text={"content": "帮助"})
    assert "`群ID`" in Bench.with_settings(ADMIN_USERS=STAFF).post(body).shown
    assert "群ID" not in Bench().post(body).shown


@pytest.mark.parametrize("text", ["帮助", "", "/help"])
def test_the_deployers_help(text: str) -> None:
    """HELP stands before the commands; a written `\\n` is a line end, braces are nothing special."""
    bench = Bench.with_settings(HELP="Ask {anything}.\\nCall 123.")
    shown = bench.post(payload("single_text", text={"content": text})).shown
    assert shown.startswith("Ask {anything}.\nCall 123.\n\n")
    assert "`重置`" not in shown
    assert "`清空`" in shown
    assert ZH.help_intro not in shown


def test_nearest_names_no_command_of_administrators() -> None:
    """A hint is for who gets it."""
    body = payload("single_text", text={"content": "/群di"})
    assert "`群ID`" not in Bench().post(body).shown
    assert "`群ID`" in Bench.with_settings(ADMIN_USERS=STAFF).post(body).shown


@pytest.mark.parametrize(("name", "value"), [("CHAT_TYPE", "3"), ("CHAT_TYPE", "private"), ("MAX_QUESTION_LEN", "-1")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """With what was wanted; nobody slips through meanwhile."""
    result = Bench.with_settings(**{name: value}).post(PRIVATE)
    assert result.line["event"] == "refused_settings"
    assert result.line["remedy_1"].startswith(f"{name} is {value!r}; wanted ")
