"""Every shape of a callback becomes a message or a polite answer; none raises."""

import json
from typing import Any

import pytest

from shared.wording import wording

from .kit import FIXTURES, Bench, payload, question

ZH = wording("zh")
UNREADABLE = object()

# fixture: the question, and the quote in front of it
QUESTIONS = {
    "single_text": ("绿茶和红茶有什么区别？", None),
    "single_audio": ("今天喝什么茶", None),
    "single_richText": ("先看图：\n这是什么茶？", None),
    "single_markdown": ("**茶**是什么", None),
    "single_reply": ("接着说", None),
    "single_content_as_json_string": ("泡几分钟", None),
    "single_numbers_as_strings": ("字符串时间", None),
    "single_misspelt_createA": ("拼错的字段", None),
    "single_no_robotCode": ("没有机器人编码", None),
    "single_quote_old_shape": ("当前消息", "旧引用"),
    "single_quote_audio": ("这是什么意思", UNREADABLE),
    "single_quote_audio_recognised": ("这是什么意思", "语音原文"),
    "single_quote_video": ("这是什么意思", UNREADABLE),
    "single_quote_ciphertext": ("这是什么意思", UNREADABLE),
    "group_text": ("乌龙茶怎么泡？", None),
    "group_text_top_level_content": ("内容在顶层", None),
    "group_external_sender": ("外部提问", None),
    "group_outgoing_robot": ("你好", None),
    "group_richText_mention_text": ("龙井产自哪里？", None),
    "group_richText_typed_nodes": ("请问@周周爱喝什么", None),
    "group_richText_leading_at": ("普洱贵吗", None),
    "group_richText_quote": ("详细一点", "茶有六大类"),
    "group_quote_text": ("这是什么意思", "茶有六大类"),
    "group_quote_text_in_content": ("这是什么意思", "茶有六大类"),
    "group_quote_markdown": ("这是什么意思", "**白茶**"),
    "group_quote_picture": ("这是什么意思", UNREADABLE),
    "group_quote_richText": ("这是什么意思", "@周周\n看这杯"),
    "group_quote_file": ("这是什么意思", UNREADABLE),
    "group_quote_chatRecord": ("这是什么意思", "A:[消息]\nB:这个就是"),
    "group_quote_unknown": ("这是什么意思", UNREADABLE),
    "group_quote_bot_card": ("关于你的回答", UNREADABLE),
    "group_quote_card_with_text": ("这是什么意思", "卡片文字"),
    "group_quote_only_id": ("当前消息", UNREADABLE),
}

# fixture: what the person is told that cannot be read yet
UNSUPPORTED = {
    "single_picture": ZH.type_picture,
    "single_audio_unrecognised": ZH.type_audio,
    "single_video": ZH.type_video,
    "single_file": ZH.type_file,
    "single_file_sent_by_api": ZH.type_file,
    "single_richText_picture_only": ZH.type_picture,
    "single_unknownMsgType": ZH.type_other,
    "single_interactiveCard": ZH.type_card,
    "single_chatRecord": ZH.type_record,
    "single_actionCard": ZH.type_card,
    "single_link": ZH.type_other,
    "group_richText_mention_picture": ZH.type_picture,
    "group_interactiveCard_by_bot": ZH.type_card,
}

HELP = ("group_mention_only", "group_richText_mention_only")
SILENT = ("single_quota_used_up", "single_quota_used_up_as_text")


def test_every_fixture_has_an_expectation() -> None:
    """A payload shape that is known is a payload shape that is tested."""
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*QUESTIONS, *UNSUPPORTED, *HELP, *SILENT}


@pytest.mark.parametrize("fc2", [False, True], ids=["fc3", "fc2"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_message_with_text_is_handed_over(name: str, fc2: bool) -> None:
    """Text, spoken words and rich text become the question, without the mention; what is quoted goes with it."""
    bench = Bench(fc2=fc2)
    result = bench.post(payload(name))
    assert (result.status, json.loads(result.text)) == (200, {"msgtype": "empty"})
    text, quote = QUESTIONS[name]
    (event,) = bench.fc.events
    assert event["text"] == text
    assert (event["quote"], event["quote_unreadable"]) == (
        "" if quote in (None, UNREADABLE) else quote,
        quote is UNREADABLE,
    )
    assert event["group"] is name.startswith("group")
    assert event["robot"] == "dingteabot"
    assert (event["command"], event["notice"]) == ("", "")


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_cannot_be_read_is_said_so_at_once(name: str) -> None:
    """An unsupported type gets a sentence in the response body; nothing is invoked, and the log names the type."""
    bench = Bench()
    result = bench.post(payload(name))
    assert (result.status, result.shown) == (200, ZH.unsupported.format(kind=UNSUPPORTED[name]))
    assert bench.fc.posts == []
    assert (result.line["event"], result.line["msgtype"]) == ("answered_instantly", payload(name)["msgtype"])


@pytest.mark.parametrize("name", HELP)
def test_a_bare_mention_asks_for_help(name: str) -> None:
    """Who says nothing but the robot's name is shown what the robot can do."""
    bench = Bench()
    assert "/clear" in bench.post(payload(name)).shown
    assert bench.fc.posts == []


@pytest.mark.parametrize("name", SILENT)
def test_a_used_up_quota_is_for_the_operator(name: str) -> None:
    """DingTalk's quota message is acknowledged and logged as an error; it asks nothing, so nothing is answered."""
    bench = Bench()
    result = bench.post(payload(name, sessionWebhook="https://elsewhere.example/"))
    assert (result.status, result.shown, bench.fc.posts) == (200, "", [])
    assert (result.line["level"], result.line["event"]) == ("ERROR", "quota_used_up")


def test_a_quota_code_beside_a_question_is_no_obstacle() -> None:
    """The body is not signed, and DingTalk's code is documented for messages without text only."""
    bench = Bench()
    assert bench.post(question("?", errorCode=20001)).line["event"] == "handed_over"


def test_the_message_carries_what_reply_needs() -> None:
    """Ids, sender, reply address and times arrive as they were sent."""
    bench = Bench()
    bench.post(payload("group_text"))
    (event,) = bench.fc.events
    assert event["id"] == "msgTea/Group+0002=="
    assert event["conversation_id"] == "cidTeaGroup0009=="
    assert event["sender"] == {"id": "staff-lin", "staff_id": "staff-lin", "nick": "林小满"}
    assert event["reply_to"] == {
        "webhook": "https://oapi.dingtalk.com/robot/sendBySession?session=5e55105e55105e55105e55105e5510aa",
        "expires_at": 1_790_005_400_300,
    }
    assert event["created_at"] == 1_790_000_000_000
    assert event["handed_over_at"] == 1_790_000_002_500
    assert len(event["handover"]) == 32


@pytest.mark.parametrize("name", ["group_external_sender", "group_outgoing_robot"])
def test_a_sender_without_staff_id_goes_by_the_encrypted_id(name: str) -> None:
    """Outsiders are people too; they have no staff id to be mentioned by."""
    bench = Bench()
    bench.post(payload(name))
    (event,) = bench.fc.events
    assert (event["sender"]["id"], event["sender"]["staff_id"]) == ("$:LWCP_v1:$LinEncrypted==", "")


def test_people_who_cannot_be_told_apart_share_nothing() -> None:
    """Without any sender id each message has a sender of its own, and without a conversation id a conversation."""
    bench = Bench()
    for number in (1, 2):
        bench.post(question("?", msgId=f"m{number}", senderStaffId=None, senderId=None, conversationId=None))
    first, second = bench.fc.events
    assert first["sender"]["id"] != second["sender"]["id"]
    assert first["conversation_id"] != second["conversation_id"]


SIGNED_MS = 1_790_000_002_500
DAY, MINUTE = 86_400_000, 60_000
NO_TIMES: tuple[object, ...] = (0, -5, "", "soon", "１２３", None, True, [], {}, 1.5, 10**30)


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (SIGNED_MS - DAY, SIGNED_MS - DAY),
        (SIGNED_MS - DAY - 1, SIGNED_MS - DAY),
        (SIGNED_MS + 5 * MINUTE, SIGNED_MS + 5 * MINUTE),
        (SIGNED_MS + 5 * MINUTE + 1, SIGNED_MS + 5 * MINUTE),
        (str(SIGNED_MS - 7), SIGNED_MS - 7),
        (1, SIGNED_MS - DAY),
        (10**14, SIGNED_MS + 5 * MINUTE),
        *((nonsense, SIGNED_MS) for nonsense in NO_TIMES),
    ],
)
def test_the_time_of_a_message_is_kept_near_the_signed_time(created: object, expected: int) -> None:
    """`createAt` is not signed: it counts from a day before to 5 minutes after the signed time, or not at all."""
    bench = Bench()
    bench.post(question("几点了", createAt=created))
    assert bench.fc.events[0]["created_at"] == expected


class TestWithoutMessageId:
    """A message without an id gets one from what it says."""

    def event(self, seconds: float = 0, **changes: Any) -> dict[str, object]:
        bench = Bench()
        bench.clock.seconds += seconds
        bench.post(payload("single_text", **{"msgId": None, **changes}))
        return bench.fc.events[0]

    def test_a_redelivery_is_recognised(self) -> None:
        """The same body, signed anew and given a new webhook, is the same message."""
        again = "https://oapi.dingtalk.com/robot/sendBySession?session=ffff"
        assert self.event()["id"] == self.event(60, sessionWebhook=again, sessionWebhookExpiredTime=5)["id"]

    def test_another_body_is_another_message(self) -> None:
        """The text, the sender or the time makes a difference."""
        changes: tuple[dict[str, Any], ...] = ({}, {"text": {"content": "?"}}, {"createAt": 5}, {"senderId": "x"})
        ids = {str(self.event(**change)["id"]) for change in changes}
        assert len(ids) == 4

    def test_without_a_time_the_signed_one_counts(self) -> None:
        """Two equal messages that say nothing of their time are told apart by the signature's."""
        assert self.event(createAt=None)["id"] != self.event(60, createAt=None)["id"]
        assert self.event(createAt=None)["id"] == self.event(createAt=None)["id"]

    @pytest.mark.parametrize("blank", ["", "  ", None, [], {"a": 1}, True])
    def test_a_blank_id_is_none(self, blank: object) -> None:
        """What is not an id does not make all messages one."""
        assert str(self.event(msgId=blank)["id"]).startswith("body-")


def test_the_hash_of_a_body_is_the_messages_own() -> None:
    """It is the same whatever the order of keys and the webhook, and another when the text is."""
    bench = Bench()
    body = payload("single_text")
    bench.post(body)
    bench.post(dict(reversed(body.items())) | {"sessionWebhook": body["sessionWebhook"] + "1"})
    bench.post(body | {"text": {"content": "另一个问题"}})
    first, same, other = (event["body_hash"] for event in bench.fc.events)
    assert first == same != other


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 你好", "你好"),
        ("\u2005\u200b你好\ufeff \n", "你好"),
        ("@张三 是谁", "@张三 是谁"),
        ("问 @张三", "问 @张三"),
        ("a  b\nc", "a  b\nc"),
    ],
)
def test_only_blanks_around_a_text_are_taken_away(text: str, expected: str) -> None:
    """DingTalk leaves a blank where the mention was; names in the question belong to it."""
    bench = Bench()
    bench.post(payload("group_text", text={"content": text}))
    assert bench.fc.events[0]["text"] == expected


@pytest.mark.parametrize(
    ("text", "command", "asked"),
    [
        ("@小助手重置", "clear", ""),
        (" \u200b@小助手\u200b重置\u2060", "clear", ""),
        ("@小助手/clear", "clear", ""),
        ("\ufeff重置\u200d", "clear", ""),
        ("@小助手怎么退出", "", "@小助手怎么退出"),
        ("@小助手今天天气怎么样？", "", "@小助手今天天气怎么样？"),
    ],
)
@pytest.mark.parametrize("rich", [False, True])
def test_what_hangs_on_a_mention(text: str, command: str, asked: str, rich: bool) -> None:
    """In a group, where a mention's blank is missing: the command, or the question as it was written."""
    changes = {"content": {"richText": [{"text": text}]}} if rich else {"text": {"content": text}}
    bench = Bench()
    bench.post(payload("group_richText_mention_text" if rich else "group_text", **changes))
    assert (bench.fc.events[0]["command"], bench.fc.events[0]["text"]) == (command, asked)


@pytest.mark.parametrize(("length", "cut"), [(2000, False), (2001, True), (20_000, True)])
def test_a_long_quote_is_cut(length: int, cut: bool) -> None:
    """A quote has a limit and says when it was cut."""
    bench = Bench()
    replied = {"msgType": "text", "content": {"text": "茶" * length}}
    bench.post(payload("single_text", text={"content": "什么意思", "isReplyMsg": True, "repliedMsg": replied}))
    quote = bench.fc.events[0]["quote"]
    assert quote == (ZH.quote_cut.format(quote="茶" * 2000) if cut else "茶" * length)


NONSENSE: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "text",
    "{",
    "[",
    "{}",
    "[]",
    [],
    [None],
    [[]],
    {},
    {"content": None},
    {"a": []},
)


@pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)
@pytest.mark.parametrize(
    "name", ["single_text", "group_richText_quote", "group_quote_richText", "single_audio", "single_file"]
)
def test_nonsense_in_any_field_is_survived(name: str, nonsense: object) -> None:
    """Whatever stands in a field, the answer is 200 and there is one."""
    for field in (*payload(name), "errorCode", "quoteMessage", "content", "text"):
        result = Bench().post({**payload(name), field: nonsense})
        assert result.status == 200, field
        assert result.line["event"] in {"handed_over", "answered_instantly", "refused_webhook"}, field


@pytest.mark.parametrize(
    "content",
    [
        {"richText": [{"text": 5}, {"type": 7}, {}, None, "x", {"text": "好"}]},
        {"richText": '[{"text": "好"}]'},
        '{"richText": [{"text": "好"}]}',
    ],
)
def test_rich_text_in_odd_forms(content: object) -> None:
    """What can be read of rich text is used."""
    bench = Bench()
    bench.post(payload("single_richText", content=content))
    assert bench.fc.events[0]["text"] == "好"
