"""Every shape of a callback becomes a message or a polite answer; none raises."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.message import Message
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


TEXT = {"elementType": "TEXT", "value": "卡片文字"}
CARDS: tuple[object, ...] = (
    {"cardData": {"cardParamMap": {"content": "卡片文字"}}},
    {"cardData": {"cardParamMap": {"config": "{}", "flowStatus": "3", "markdown": "卡片文字"}}},
    {"cardData": '{"cardParamMap": {"content": "卡片文字"}}'},
    {"cardData": {"cardParamMap": '{"msgContent": "卡片文字"}'}},
    {"cardParamMap": {"text": " 卡片文字 "}, "summary": "[卡片]"},
    {"cardData": {"cardParamMap": {"sys_full_json_obj": '{"order": ["msgContent"], "msgContent": "卡片文字"}'}}},
    {"data": {"cardParamMap": {"content": "卡片文字"}}},
    {"card": {"cardData": {"cardParamMap": {"content": "卡片文字"}}}},
    {"actionCard": {"title": "t", "markdown": "卡片文字"}},
    {"cardContent": {"elements": [{"elementType": "TEXT", "text": {"content": "卡片文字"}}]}},
    {"cardContent": {"contents": [{"type": "markdown", "text": "卡片文字"}]}},
    '{"cardData": {"cardParamMap": {"content": "卡片文字"}}}',
    {"content": '{"cardData": {"cardParamMap": {"content": "卡片文字"}}}'},
    {"content": {"text": "卡片文字"}},
    {"markdown": {"title": "t", "text": "卡片文字"}},
    {"markdown": "卡片文字"},
    {"title": "卡片文字"},
    {"cardContent": [TEXT]},
    {"cardContent": TEXT},
    {"cardContent": "卡片文字"},
    {"cardContent": json.dumps([TEXT])},
    {"cardContent": [{"elementType": "MARKDOWN", "text": "卡片文字"}]},
    {"cardContent": [{"elementType": "ROOT", "children": [{"elementType": "RICHTEXT", "children": [TEXT]}]}]},
    {"cardContent": {"children": {"children": {"children": [{"children": [TEXT]}]}}}},
    {"cardContent": [{"elementType": "IMAGE", "value": "https://example.com/a.png"}, TEXT]},
    {"elementType": "CARD", "children": [{"elementType": "PARAGRAPH", "children": json.dumps([TEXT])}]},
)


@pytest.mark.parametrize("content", CARDS, ids=lambda content: json.dumps(content, ensure_ascii=False)[:60])
def test_the_words_of_a_quoted_card(content: object) -> None:
    """Wherever they stand: what the template was filled with, or elements at any depth; never the envelope."""
    bench = Bench()
    replied = {"msgType": "interactiveCard", "content": content}
    bench.post(payload("group_text", text={"content": "什么意思", "isReplyMsg": True, "repliedMsg": replied}))
    if isinstance(content, dict) and "cardData" in content:
        beside = {"msgType": "interactiveCard", **content}
        bench.post(payload("group_text", text={"content": "什么意思", "repliedMsg": beside}, msgId="beside"))
    assert {event["quote"] for event in bench.fc.events} == {"卡片文字"}


@pytest.mark.parametrize(
    ("content", "quote"),
    [
        ({"cardContent": [{"children": [TEXT]}, {"children": [TEXT, TEXT]}]}, "卡片文字\n卡片文字卡片文字"),
        ({"cardContent": [{"value": "a"}, {"value": "b", "children": [{"value": "c"}]}, {"value": "d"}]}, "abc\nd"),
        ({"cardData": {"cardParamMap": {"content": '{"answer": 42}'}}}, '{"answer": 42}'),
        ({"content": '{"answer": 42}'}, '{"answer": 42}'),
        ({"cardData": {"cardParamMap": {"flowStatus": "3"}}}, ""),
        ({"cardContent": [{"elementType": "IMAGE", "value": "https://example.com/a.png"}]}, ""),
        ({"cardContent": [[], None, 5, {"children": [[], 7]}]}, ""),
    ],
)
def test_cards_of_several_elements_and_of_none(content: object, quote: str) -> None:
    """In their order, lines apart; words that look like JSON are words; without words it cannot be read."""
    bench = Bench()
    replied = {"msgType": "interactiveCard", "content": content}
    bench.post(payload("group_text", text={"content": "什么意思", "repliedMsg": replied}))
    assert (bench.fc.events[0]["quote"], bench.fc.events[0]["quote_unreadable"]) == (quote, not quote)


def test_a_card_as_deep_as_json_goes() -> None:
    """A tree of hundreds of levels is read, not climbed into."""
    tree: object = TEXT
    for _ in range(400):
        tree = {"children": [tree]}
    bench = Bench()
    replied = {"msgType": "interactiveCard", "content": {"cardContent": tree}}
    bench.post(payload("group_text", text={"content": "什么意思", "repliedMsg": replied}))
    assert bench.fc.events[0]["quote"] == "卡片文字"


PICTURE = {"type": "picture", "downloadCode": "code"}


@pytest.mark.parametrize(
    ("nodes", "asked"),
    [
        (["@Tea Bot", " 龙井产自哪里？"], "龙井产自哪里？"),
        (["@Tea Bot ", "龙井产自哪里？"], "龙井产自哪里？"),
        (["@茶 博士", "龙井产自哪里？"], "龙井产自哪里？"),
        (["@ChatGPT 助手 2号", "\n", "龙井"], "龙井"),
        (["\n", "@Tea Bot", "龙井"], "龙井"),
        ([PICTURE, "@Tea Bot", "这是什么茶"], "这是什么茶"),
        ([{"type": "at", "atName": "Tea Bot"}, "龙井"], "龙井"),
        ([{"msgType": "text", "content": "@Tea Bot"}, {"msgType": "text", "content": "龙井"}], "龙井"),
        (["@Tea Bot", "@周 周", "爱喝什么"], "@周 周爱喝什么"),
        (["@Tea Bot 为什么龙井贵", "？"], "@Tea Bot 为什么龙井贵？"),
        (["@小助手 你好"], "@小助手 你好"),
        (["@小助手 我想看图", PICTURE], "@小助手 我想看图"),
        (["@小助手 翻译", "\n", "hello"], "@小助手 翻译\nhello"),
        (["@小助手 总结一下", PICTURE], "@小助手 总结一下"),
        (["@Tea describe this", PICTURE], "@Tea describe this"),
        (["@茶 博士 ", "\n", "龙井"], "龙井"),
        (["@智能 助手", "\n", "龙井"], "龙井"),
        (["@Tea Bot v2.0 ", "龙井"], "龙井"),
        (["@Qwen3.6 助手", "龙井"], "龙井"),
        (["@小助手", "a", " ", "b", "\n", "c"], "a b\nc"),
        (["@小助手", "第一行", {"text": "\n"}, {"type": "text", "content": "\n"}, "第三行"], "第一行\n\n第三行"),
        (["@小助手", "甲", {"text": "", "content": "\u3000"}, "乙"], "甲\u3000乙"),
        (["@小助手", "a", {"type": "text", "text": "\t"}, "b", " "], "a\tb"),
    ],
)
def test_nodes_of_rich_text(nodes: list[object], asked: str) -> None:
    """The robot's name goes, also with a blank in it, and only where it is a node of its own; blank nodes stay."""
    bench = Bench()
    rich = [{"text": node} if isinstance(node, str) else node for node in nodes]
    bench.post(payload("group_richText_mention_text", content={"richText": rich}))
    assert (bench.fc.events[0]["text"], bench.fc.events[0]["command"]) == (asked, "")


@pytest.mark.parametrize(
    "nodes", [["@Tea Bot", "重置"], ["@Tea Bot", " ", "/clear"], ["@小助手 重置"], ["@小助手 重置", "\n"]]
)
def test_a_command_in_rich_text(nodes: list[str]) -> None:
    """Behind a name with a blank, and in one node with a name."""
    bench = Bench()
    bench.post(payload("group_richText_mention_text", content={"richText": [{"text": node} for node in nodes]}))
    assert bench.fc.events[0]["command"] == "clear"


@pytest.mark.parametrize(("nodes", "said"), [([], "/clear"), ([PICTURE], ZH.type_picture)])
@pytest.mark.parametrize("name", ["@Tea Bot", "@Tea Bot 2", "@茶博士"])
def test_a_name_with_a_blank_alone(name: str, nodes: list[object], said: str) -> None:
    """Nothing is asked: help, or what cannot be read."""
    bench = Bench()
    shown = bench.post(payload("group_richText_mention_text", content={"richText": [{"text": name}, *nodes]})).shown
    assert said in shown
    assert bench.fc.posts == []


def test_blank_nodes_of_quoted_rich_text() -> None:
    """They stay there too."""
    bench = Bench()
    nodes = [{"msgType": "text", "content": word} for word in ("@Tea Bot", " ", "甲", "\n", "乙")]
    replied = {"msgType": "richText", "content": {"richText": nodes}}
    bench.post(payload("group_text", text={"content": "什么意思", "repliedMsg": replied}))
    assert bench.fc.events[0]["quote"] == "@Tea Bot 甲\n乙"


ROBOT = payload("group_text")["chatbotUserId"]
BY_ROBOT = {"senderId": ROBOT}
BY_ZHOU = {"senderId": "$:LWCP_v1:$ZhouEncrypted=="}


@pytest.mark.parametrize("form", [lambda t: {"text": t}, lambda t: {"content": t}, lambda t: {"cardContent": t}])
@pytest.mark.parametrize(
    ("sender", "quoted", "quote"),
    [
        (BY_ROBOT, "@staff-lin\n\n绿茶", "绿茶"),
        (BY_ROBOT, "@0123456789 （1/2）\n\n绿茶", "（1/2）\n\n绿茶"),
        (BY_ROBOT, "@manager001 Sorry, no.", "Sorry, no."),
        (BY_ROBOT, "＠林小满 绿茶", "绿茶"),
        (BY_ROBOT, "@a.b@corp-1\n绿茶 @周周", "绿茶 @周周"),
        (BY_ROBOT, "（2/2）\n\n绿茶", "（2/2）\n\n绿茶"),
        (BY_ROBOT, "绿茶", "绿茶"),
        (BY_ROBOT, "@staff-lin", ""),
        ({}, "@manager001\n\n绿茶", "绿茶"),
        ({}, "@manager001 (1/3)\n\ntea", "(1/3)\n\ntea"),
        ({}, "@staff-lin 绿茶", "绿茶"),
        ({}, "@Tom 绿茶", "@Tom 绿茶"),
        (BY_ZHOU, "@staff-lin 绿茶", "绿茶"),
        (BY_ZHOU, "@周周\n绿茶", "@周周\n绿茶"),
        (BY_ZHOU, "a@staff-lin 绿茶", "a@staff-lin 绿茶"),
    ],
)
def test_the_robots_own_mention_is_no_part_of_a_quote(
    sender: dict[str, str], quoted: str, quote: str, form: Callable[[str], object]
) -> None:
    """It is a staff id, which no model is to see; what people wrote of others stays."""
    bench = Bench()
    replied = {"msgType": "text", "content": form(quoted), **sender}
    bench.post(payload("group_text", text={"content": "详细一点", "isReplyMsg": True, "repliedMsg": replied}))
    assert (bench.fc.events[0]["quote"], bench.fc.events[0]["quote_unreadable"]) == (quote, not quote)


def test_no_mention_is_taken_from_a_private_chat() -> None:
    """There the robot mentions nobody: an @ at the beginning is the answer's own."""
    bench = Bench()
    robot = payload("single_text")["chatbotUserId"]
    replied = {"msgType": "markdown", "senderId": robot, "content": {"text": "@media print\n{}"}}
    bench.post(payload("single_text", text={"content": "什么意思", "repliedMsg": replied}))
    assert bench.fc.events[0]["quote"] == "@media print\n{}"


@pytest.mark.parametrize("expires", [10**14, 253_402_300_800_000, "999999999999999", 10**30, -1, "soon", 1.5, None])
def test_a_webhook_that_expires_at_no_time(expires: object) -> None:
    """Counts as not known: what is handed over is something that `reply` can read."""
    bench = Bench()
    assert bench.post(question("几点了", sessionWebhookExpiredTime=expires)).status == 200
    assert bench.fc.events[0]["reply_to"]["expires_at"] == 0
    assert Message.from_event(bench.fc.posts[0].body).reply_to.expires_at == 0
