"""What the page sends."""

import base64

from tests.page.scripted import GROUP, state_of
from tests.page.seeing import expects, item, sees, write

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG = {"name": "x.png", "mimeType": "image/png", "buffer": PIXEL}
PASTE = """(data) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([bytes], "x.png", { type: "image/png" }));
  const event = new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true });
  document.querySelector("#text").dispatchEvent(event);
}"""


def choose(page, kind):
    """Choose a kind of message from the menu."""
    page.click("#more")
    page.locator(f"#kind-menu [data-kind={kind}]").click()


def sent(draft):
    """What of a draft says what is sent."""
    return {name: value for name, value in draft.items() if name not in ("conversation", "person", "picture")}


def test_pictures_come_from_disk_and_clipboard(visit, scripted, picture):
    """Alone it is a picture, with words it is both in one message; it can be taken back, and nothing else is taken."""
    page = visit(scripted.url)
    sees(page, "#title", "小助手")
    page.set_input_files("#picture-file", PNG)
    page.locator(".attached-photo").wait_for()
    page.click("#send")
    page.locator(".photo").wait_for()
    page.evaluate(PASTE, base64.b64encode(PIXEL).decode())
    page.locator(".attached-photo").wait_for()
    picture(page, "attached")
    write(page, "这是什么？")
    sees(page, ".message .plain", "这是什么？")
    page.set_input_files("#picture-file", PNG)
    page.click("#detach")
    page.locator("#attached").wait_for(state="hidden")
    page.set_input_files("#picture-file", {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    sees(page, "#trouble", "PNG")
    assert [sent(draft) for draft in scripted.drafts] == [
        {"kind": "picture", "text": ""},
        {"kind": "richText", "text": "这是什么？"},
    ]
    assert scripted.pictures == [PIXEL, PIXEL]


def test_every_other_kind_is_sent_from_the_menu(visit, scripted, picture):
    """A kind without words goes at once, one with words waits for them, a file goes by its name."""
    page = visit(scripted.url)
    sees(page, "#title", "小助手")
    page.click("#more")
    sees(page, "#kind-menu button", "语音，带识别结果")
    picture(page, "kind-menu")
    page.keyboard.press("Escape")
    for kind in ("unknownMsgType", "quota"):
        choose(page, kind)
        sees(page, f".bubble.{kind}")
    choose(page, "audio")
    sees(page, "#attached", "识别结果")
    write(page, "明天几点开会")
    sees(page, ".bubble.audio", "明天几点开会")
    choose(page, "richText")
    write(page, "")
    sees(page, "#trouble", "要写上文字")
    write(page, "只有文字")
    sees(page, ".bubble.richText", "只有文字")
    with page.expect_file_chooser() as chooser:
        choose(page, "file")
    chooser.value.set_files({"name": "报表.xlsx", "mimeType": "application/x", "buffer": b"x"})
    sees(page, "#attached", "报表.xlsx")
    write(page, "请看附件")
    sees(page, ".bubble.file", "报表.xlsx")
    sees(page, ".bubble.text", "请看附件")
    assert [sent(draft) for draft in scripted.drafts] == [
        {"kind": "unknownMsgType", "text": ""},
        {"kind": "quota", "text": ""},
        {"kind": "audio", "text": "明天几点开会"},
        {"kind": "richText", "text": "只有文字"},
        {"kind": "file", "name": "报表.xlsx", "text": ""},
        {"text": "请看附件"},
    ]


def test_chosen_messages_are_forwarded(visit, scripted):
    """The dialog lists what was said; its ids are sent, in their order."""
    messages = [scripted.message(text=text, state=state_of("answered")) for text in ("一", "二", "三")]
    page = visit(scripted.url)
    sees(page, ".plain", "三")
    choose(page, "chatRecord")
    page.get_by_label("林晓：一").check()
    page.get_by_label("林晓：三").check()
    page.click("#records-go")
    sees(page, "#attached", "转发 2 条")
    page.click("#send")
    sees(page, ".bubble.chatRecord")
    assert [sent(draft) for draft in scripted.drafts] == [
        {"kind": "chatRecord", "records": [messages[0]["id"], messages[2]["id"]], "text": ""}
    ]


def test_groups_take_no_files_and_voices(visit, scripted):
    """As in DingTalk; the menu says so, a dropped file is declined, and the mention goes with other kinds too."""
    page = visit(f"{scripted.url}/#{GROUP}")
    sees(page, "#title", "产品讨论组")
    page.click("#more")
    expects(page.locator("[data-kind=audio]")).to_have_attribute("aria-disabled", "true")
    expects(page.locator("[data-kind=audio]")).to_contain_text("单独聊天")
    page.locator("#kind-menu [data-kind=quota]").click()
    sees(page, ".bubble.quota")
    page.set_input_files("#any-file", {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    sees(page, "#trouble", "单独聊天")
    assert [sent(draft) for draft in scripted.drafts] == [{"kind": "quota", "text": "", "mention": True}]


def test_group_message_reaches_the_bot_only_when_it_is_mentioned(visit, scripted, picture):
    """The toggle decides; without it the message is shown as not delivered; a typed @ counts too."""
    page = visit(scripted.url)
    page.locator(".entry-title", has_text="产品讨论组").click()
    write(page, "几点开会")
    sees(page, ".bubble", "@小助手 几点开会")
    page.click("#mention")
    expects(page.locator("#mention")).to_have_attribute("aria-pressed", "false")
    write(page, "中午吃什么")
    sees(page, ".state", "未送达机器人：没有 @ 它")
    write(page, "@小助手 还在吗")
    sees(page, ".plain", "还在吗")
    picture(page, "group")
    assert [(d["text"], d["mention"]) for d in scripted.drafts] == [
        ("几点开会", True),
        ("中午吃什么", False),
        ("还在吗", True),
    ]


def test_quote_goes_with_the_next_message_only(visit, scripted):
    """The quoted message is shown above the text and sent as its id."""
    first = scripted.message(text="第一条")
    page = visit(scripted.url)
    item(page, "第一条").hover()
    item(page, "第一条").locator(".quote").click()
    sees(page, "#quoting", "林晓：第一条")
    write(page, "接着说")
    write(page, "再说")
    sees(page, ".plain", "再说")
    assert [draft.get("quote") for draft in scripted.drafts] == [first["id"], None]


def test_refused_message_is_given_back(visit, scripted):
    """The server's sentence is shown, and nothing that was typed is lost."""
    visit.problems.clear()
    page = visit(scripted.url)
    sees(page, "#title", "小助手")
    scripted.refusal = "这条消息超过了 20,000 字节"
    write(page, "很长")
    sees(page, "#trouble", "没有发出去：这条消息超过了 20,000 字节")
    expects(page.locator("#text")).to_have_value("很长")
    # The browser itself reports a 400 in its console; nothing else may be there.
    assert len(visit.problems) == 1
    assert "400" in visit.problems.pop()


def test_an_expert_alters_the_callback(visit, scripted, picture):
    """While the fold is open, the shape of the quote and the fields of the body are as asked; closed, nothing is."""
    scripted.answer(scripted.message(text="问"), "答")
    page = visit(scripted.url)
    page.locator("#expert summary").click()
    page.locator("#expert-shape option").nth(2).wait_for(state="attached")
    page.select_option("#expert-shape", "legacy")
    page.fill("#expert-change", '{"senderStaffId": "", "extra": [1]}')
    page.fill("#expert-drop", "robotCode, msgId")
    item(page, "答").hover()
    item(page, "答").locator(".quote").click()
    picture(page, "expert")
    write(page, "改动了")
    sees(page, ".plain", "改动了")
    assert {name: scripted.drafts[-1].get(name) for name in ("quoteShape", "change", "drop")} == {
        "quoteShape": "legacy",
        "change": {"senderStaffId": "", "extra": [1]},
        "drop": ["robotCode", "msgId"],
    }
    page.fill("#expert-change", "[1]")
    write(page, "写错了")
    sees(page, "#trouble", "JSON 对象")
    expects(page.locator("#text")).to_have_value("写错了")
    page.locator("#expert summary").click()
    page.press("#text", "Enter")
    sees(page, ".plain", "写错了")
    assert not {"quoteShape", "change", "drop"} & scripted.drafts[-1].keys()
    expects(page.locator("#trouble")).to_be_hidden()
