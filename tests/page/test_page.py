"""The page against a server whose state the test decides."""

import json
import subprocess

import pytest

from tests.page.conftest import TELEPHONE
from tests.page.scripted import GROUP, LIN, ZHOU, state_of
from tests.page.seeing import expects, item, sees, until, write

HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg onload='window.ran = 1'></svg>",
    "<iframe srcdoc='<script>parent.ran = 1</script>'></iframe>",
    "[click](javascript:window.ran=1)",
    "![x](javascript:window.ran=1)",
    "[data](data:text/html,<script>window.ran=1</script>)",
    "<a href='javascript:window.ran=1'>x</a>",
    "```<img src=x onerror=window.ran=1>\n<script>window.ran=1</script>\n```",
    "<style>*{display:none}</style><form action=/api/reset method=post><button>x</button></form>",
    '[x](https://example.com/" onmouseover="window.ran=1)',
]


STATES = [
    (state_of("sent"), "已发送，等待确认"),
    (state_of("acknowledged", ack_ms=23, status=200), "23 ms 确认，等待回答"),
    (state_of("answered", ack_ms=23, answered_ms=1834, status=200), "23 ms 确认 · 1.8 s 回答"),
    (state_of("failed", ack_ms=8, why="函数返回 HTTP 500", status=500), "失败：函数返回 HTTP 500"),
    (state_of("failed"), "失败：原因不明，请看经过"),
    (state_of("undelivered"), "未送达机器人：没有 @ 它"),
]


@pytest.mark.parametrize(("state", "sentence"), STATES, ids=[sentence for _, sentence in STATES])
def test_state_of_a_message_is_visible(visit, scripted, state, sentence):
    """Below each message stands what became of it, and it changes live."""
    message = scripted.message(text="早上好")
    page = visit(scripted.url)
    sees(page, ".state", "已发送，等待确认")
    scripted.change(message, state=state)
    sees(page, ".state", sentence)
    expects(page.locator(".state")).to_have_count(1)


def test_answers_say_how_they_came(visit, scripted):
    """An answer from the HTTP response body is marked, and the parts of a long one are counted."""
    help_, long = scripted.message(text="帮助"), scripted.message(text="说长一点")
    scripted.answer(help_, "直接提问即可", via="body")
    scripted.answer(long, "前半")
    page = visit(scripted.url)
    expects(item(page, "直接提问即可").locator(".state")).to_contain_text("HTTP 响应体")
    expects(item(page, "前半").locator(".state")).to_have_text("会话 Webhook")
    scripted.answer(long, "后半")
    sees(page, ".state", "第 2/2 条")
    expects(item(page, "前半").locator(".state")).to_contain_text("第 1/2 条")
    expects(item(page, "前半")).to_contain_text("回答 林晓：说长一点")


@pytest.mark.parametrize(("demo", "banner", "model"), [(True, True, ""), (False, False, "gpt-local")])
def test_demonstration_is_said(visit, scripted, demo, banner, model):
    """With the demonstration model a banner says so and how to use a key; with a real one its name is shown."""
    scripted.state["model"] = {"demo": demo, "name": "gpt-local"}
    page = visit(scripted.url)
    sees(page, "#title", "小助手")
    expects(page.locator("#demo")).to_be_visible(visible=banner)
    expects(page.locator("#model")).to_have_text(model)
    if banner:
        page.click("#demo summary")
        expects(page.locator("#demo pre")).to_contain_text("CHATGPT_API_KEY")
        expects(page.locator("#demo pre")).to_contain_text("BASE_URL")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_anybody_says_runs(visit, scripted, text):
    """Markup in a name, a title, a question or an answer is text; links lead nowhere but to the web."""
    scripted.state["people"] = [{"id": "lin", "name": f"林{text}", "staffId": "a", "admin": False}]
    scripted.state["conversations"] = [{"id": LIN, "title": text, "kind": "group", "people": ["lin"]}]
    scripted.state["robot"] = {"name": text}
    question = scripted.message(text=text, state=state_of("failed", why=text))
    for kind in ("markdown", "text", "link"):
        scripted.answer(question, text, kind=kind, title=text, mentions=["lin"])
    scripted.stories[question["id"]] = {"request": {"url": text, "body": text}, "logs": [text], text: text}
    page = visit(scripted.url)
    item(page, "").last.wait_for()
    page.locator(".state").first.click()
    page.locator(".story pre").first.wait_for()
    for link in page.locator("main .bubble a").all():
        assert link.get_attribute("href") in (None, "x", "#") or link.get_attribute("href").startswith("https://")
    assert (
        page.locator("#threads :is(script, img, iframe, form, style, svg svg, [onerror], [onmouseover])").count() == 0
    )
    assert page.evaluate("window.ran") is None


def test_keyboard_sends_breaks_and_recalls(visit, scripted):
    """Enter sends, Shift-Enter breaks the line, the arrows walk through what one has said, here and before a reload."""
    scripted.message(text="更早的")
    page = visit(scripted.url)
    sees(page, ".plain", "更早的")
    write(page, "第一行", "Shift+Enter")
    page.keyboard.type("第二行")
    page.keyboard.press("Enter")
    sees(page, ".plain", "第二行")
    assert scripted.drafts[-1]["text"] == "第一行\n第二行"
    recalled = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
        recalled.append(page.input_value("#text"))
    assert recalled == ["第一行\n第二行", "更早的", "更早的", "第一行\n第二行", ""]
    write(page, "   ")
    assert len(scripted.drafts) == 1


def test_one_can_write_once_there_is_somebody_to_write_to(visit, scripted):
    """Until the server has said who is there, the text takes nothing that would be lost; then it has the cursor."""
    scripted.ready.clear()
    page = visit(scripted.url)
    sees(page, "#send", "发送")
    assert page.locator("#text").is_disabled()
    scripted.ready.set()
    sees(page, "#title", "小助手")
    page.keyboard.type("你好")
    page.keyboard.press("Enter")
    sees(page, ".plain", "你好")


def test_enter_that_ends_a_composition_does_not_send(visit, scripted):
    """While an input method composes, its Enter chooses a word."""
    page = visit(scripted.url)
    sees(page, "#title", "小助手")
    page.fill("#text", "ni")
    page.evaluate(
        "document.querySelector('#text').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    write(page, "你好")
    sees(page, ".plain", "你好")
    assert [draft["text"] for draft in scripted.drafts] == ["你好"]


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


def test_several_people_speak(visit, scripted):
    """Whom one speaks as is one's own side of the chat, and decides which conversations there are."""
    page = visit(f"{scripted.url}/#{GROUP}")
    page.locator(".speaker", has_text="周明").click()
    write(page, "我是周明")
    sees(page, ".message.mine .plain", "我是周明")
    page.click("#me")
    page.get_by_role("menuitemradio", name="林晓").click()
    sees(page, ".message:not(.mine) .plain", "我是周明")
    page.locator(".entry-title", has_text="小助手").click()
    write(page, "我是林晓")
    sees(page, ".message.mine .plain", "我是林晓")
    assert [(d["conversation"], d["person"]) for d in scripted.drafts] == [(GROUP, "zhou"), (LIN, "lin")]


def test_mentioned_people_are_shown_by_name(visit, scripted):
    """As in DingTalk: @staffId in the text becomes the name, but only of somebody who is really mentioned."""
    question = scripted.message(GROUP, "zhou", "问", state=state_of("answered", ack_ms=1, answered_ms=2))
    scripted.answer(question, "@user002 答 `@user002` @manager001", mentions=["zhou"])
    scripted.answer(question, "纯文本", kind="text", mentions=["zhou"])
    page = visit(f"{scripted.url}/#{GROUP}")
    sees(page, ".markdown-body", "@周明 答 @user002 @manager001")
    sees(page, ".bubble.text", "纯文本 @周明")


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


def test_reload_keeps_what_one_was_doing(visit, scripted):
    """Language, person, conversation, toggle and draft are as before; the messages come from the server."""
    page = visit(scripted.url)
    page.click("#language")
    page.click("#me")
    page.get_by_role("menuitemradio", name="周明").click()
    page.locator(".entry-title", has_text="产品讨论组").click()
    page.click("#mention")
    page.fill("#text", "半句话")
    scripted.message(GROUP, "wang", "别人说的", state=state_of("undelivered"))
    sees(page, ".plain", "别人说的")
    page.reload()
    sees(page, ".plain", "别人说的")
    sees(page, ".state", "Not delivered")
    expects(page.locator("#text")).to_have_value("半句话")
    expects(page.locator("#mention")).to_have_attribute("aria-pressed", "false")
    expects(page.locator(".me-name")).to_have_text("周明")
    expects(page.locator("html")).to_have_attribute("lang", "en")


def test_address_leads_to_a_conversation_and_a_story(visit, scripted):
    """#conversation opens it, as one of its people; #conversation/message opens the story too; back closes it."""
    message = scripted.message(ZHOU, "zhou", "你好")
    scripted.stories[message["id"]] = {"request": {"method": "POST", "url": "http://127.0.0.1:1/"}}
    page = visit(f"{scripted.url}/#private%2Fzhou%3D")
    sees(page, "#subtitle", "周明 与机器人的单聊")
    expects(page.locator("#story")).to_be_hidden()
    page.locator(".state").click()
    sees(page, ".start-line", "POST http://127.0.0.1:1/")
    page.reload()
    sees(page, ".start-line", "POST http://127.0.0.1:1/")
    page.keyboard.press("Escape")
    page.locator("#story").wait_for(state="hidden")
    page.go_back()
    page.locator("#story").wait_for()


def test_lost_connection_is_said_and_what_was_missed_is_shown(visit, scripted):
    """After a break the page connects again by itself and shows what happened in between, once."""
    scripted.message(text="之前")
    page = visit(scripted.url)
    sees(page, ".plain", "之前")
    scripted.hang_up()
    sees(page, "#offline", "正在重连")
    scripted.message(text="断开时")
    page.locator("#offline").wait_for(state="hidden")
    scripted.message(text="之后")
    sees(page, ".plain", "之后")
    expects(page.locator(".plain")).to_have_text(["之前", "断开时", "之后"])


def test_reset_empties_the_page(visit, scripted):
    """The button asks first, then everything is gone, also from the list."""
    scripted.message(text="将被忘记")
    page = visit(scripted.url)
    sees(page, ".plain", "将被忘记")
    page.click("#reset")
    page.click("#reset-cancel")
    assert scripted.resets == 0
    page.click("#reset")
    page.click("#reset-go")
    page.locator(".empty").first.wait_for()
    expects(page.locator(".message")).to_have_count(0)
    expects(page.locator("#conversations")).not_to_contain_text("将被忘记")


def test_unread_answers_are_counted(visit, scripted):
    """A conversation that is not open counts its new answers; somebody else's show at one's own picture."""
    page = visit(f"{scripted.url}/#private%2Flin%3D")
    sees(page, "#title", "小助手")
    question = scripted.message(GROUP, "zhou", "问", state=state_of("answered"))
    scripted.answer(question, "答")
    sees(page, ".badge", "1")
    other = scripted.message(ZHOU, "zhou", "问", state=state_of("answered"))
    scripted.answer(other, "答")
    page.locator("#me .unread-dot").wait_for()
    page.locator(".entry-title", has_text="产品讨论组").click()
    page.locator(".list .badge").wait_for(state="detached")


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


STORY = {
    "request": {
        "method": "POST",
        "url": "http://127.0.0.1:9/dingtalk?a=1&b=2",
        "headers": {"timestamp": "1", "sign": "a+b/c==", "Host": "127.0.0.1:9", "Content-Type": "application/json"},
        "body": '{"text":{"content":"it\'s \\"$HOME\\" `x` \\\\ 你好\\n"}}',
    },
    "response": {"status": 200, "ms": 23, "headers": {}, "body": "{}"},
    "invocations": [{"task_id": "m_1", "status": 202, "attempts": [{"number": 1, "outcome": "ok", "ms": 40}]}],
    "model": [{"url": "http://127.0.0.1:8/v1/chat/completions", "first_token_ms": 4}],
    "webhook": [{"url": "http://127.0.0.1:7/robot/sendBySession", "result": {"errcode": 0}}],
    "logs": ['{"event": "handed_over"}', '{"event": "answered"}'],
}


def test_story_shows_everything_and_copies_as_curl(visit, scripted, picture):
    """A question's story, or that of its answer, has all chapters; the curl command sends the very same bytes."""
    question = scripted.message(text="你好", state=state_of("answered", ack_ms=23, answered_ms=400))
    scripted.answer(question, "答")
    scripted.stories[question["id"]] = STORY
    page = visit(scripted.url)
    page.locator(".message[data-from=bot] .state").click()
    sees(page, ".start-line", "POST http://127.0.0.1:9/dingtalk?a=1&b=2")
    page.evaluate("for (const chapter of document.querySelectorAll('#story details')) chapter.open = true")
    for wanted in ("回调请求", "sign: a+b/c==", "200 · 23 ms", "m_1", "first_token_ms", "sendBySession", "handed_over"):
        expects(page.locator("#story")).to_contain_text(wanted)
    picture(page, "story")
    command = page.evaluate("(request) => import('/static/curl.js').then((m) => m.asCurl(request))", STORY["request"])
    shell = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    words = subprocess.run(["sh", "-c", shell], capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    assert words[:3] == ["-X", "POST", STORY["request"]["url"]]
    assert words[words.index("--data-raw") + 1] == STORY["request"]["body"]
    assert "sign: a+b/c==" in words
    assert not any(word.startswith("Host") for word in words)


def test_story_follows_the_message_while_it_happens(visit, scripted):
    """An open story is read again when its message or an answer to it changes."""
    question = scripted.message(text="你好")
    scripted.stories[question["id"]] = {"request": {"url": "http://127.0.0.1:9/"}}
    page = visit(scripted.url)
    item(page, "你好").locator(".state").click()
    sees(page, ".start-line", "http://127.0.0.1:9/")
    scripted.stories[question["id"]] = {**STORY, "logs": ["后来的一行"]}
    scripted.answer(question, "答")
    sees(page, "#story summary", "函数日志")


def test_many_messages_are_only_appended_to(visit, scripted, picture):
    """With 2,000 messages the latest are there at once, all others follow, and a new one touches none of them."""
    for number in range(1000):
        question = scripted.message(text=f"问题 {number}", state=state_of("answered", ack_ms=9, answered_ms=99))
        scripted.answer(question, f"**回答** {number}\n\n- 一\n- 二")
    page = visit(scripted.url)
    sees(page, ".message", "回答 999")
    until(page, "document.querySelectorAll('.message').length === 2000")
    page.evaluate("for (const node of document.querySelectorAll('.message')) node.old = true")
    write(page, "还快吗")
    sees(page, ".plain", "还快吗")
    assert page.evaluate("[...document.querySelectorAll('.message')].filter((node) => node.old).length") == 2000
    expects(page.locator(".message:last-child .plain")).to_have_text("还快吗")
    until(page, "document.querySelector('.message:last-child').getBoundingClientRect().bottom < innerHeight")
    order = page.evaluate("[...document.querySelectorAll('.message .bubble')].map((node) => node.textContent)")
    assert [text for text in order if text.startswith("问题")] == [f"问题 {number}" for number in range(1000)]
    picture(page, "many")


def test_reader_of_old_messages_is_not_pulled_down(visit, scripted):
    """Who has scrolled up stays there, is told of new messages, and gets to them with one press."""
    for number in range(80):
        scripted.message(text=f"第 {number} 条", state=state_of("answered"))
    page = visit(scripted.url)
    sees(page, ".plain", "第 79 条")
    until(page, "!document.querySelector('[aria-busy]')")
    page.hover(".thread:not([hidden])")
    page.mouse.wheel(0, -3000)
    until(page, "(t => t.scrollHeight - t.scrollTop - t.clientHeight > 1000)(document.querySelector('.thread'))")
    scripted.message(sender="zhou", text="新来的")
    page.locator("#newer").wait_for()
    page.click("#newer")
    until(page, "(t => t.scrollHeight - t.scrollTop - t.clientHeight < 2)(document.querySelector('.thread'))")
    page.locator("#newer").wait_for(state="hidden")


MARKDOWN = """# 标题

**粗** *斜* [链接](https://example.com/a) ![图](https://example.com/x.png)

1. 一
2. 二

> 引用

| 名 | 值 |
|---|--:|
| a | 1 |

```python
print("<b>")
```
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_markdown_is_shown_and_pictures_are_not_loaded(visit, scripted, picture, scheme):
    """Headings, lists, quotes, tables, code and links are rendered; a picture is a link, because nothing is loaded."""
    scripted.answer(scripted.message(text="排版"), MARKDOWN)
    page = visit(scripted.url, color_scheme=scheme)
    shown = page.locator(".markdown-body")
    shown.wait_for()
    for tag in ("h1", "strong", "em", "ol li", "blockquote", "td.to-right", "pre code"):
        assert shown.locator(tag).count() >= 1, tag
    links = [(link.get_attribute("href"), link.text_content()) for link in shown.locator("a").all()]
    assert links == [("https://example.com/a", "链接"), ("https://example.com/x.png", "[图片] 图")]
    assert {link.get_attribute("rel") for link in shown.locator("a").all()} == {"noopener noreferrer"}
    picture(page, f"markdown-{scheme}")


def test_telephone_shows_one_thing_at_a_time(visit, scripted, picture):
    """List, chat and story each fill the screen; nothing is wider than it; back leads back."""
    question = scripted.message(text="排版", state=state_of("answered", ack_ms=9, answered_ms=99))
    scripted.answer(question, MARKDOWN)
    scripted.stories[question["id"]] = STORY
    page = visit(scripted.url, TELEPHONE, has_touch=True, is_mobile=True)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    page.locator(".list").wait_for()
    expects(page.locator(".chat")).to_be_hidden()
    picture(page, "telephone-list")
    page.locator(".entry-title", has_text="小助手").tap()
    page.locator(".markdown-body").wait_for()
    expects(page.locator(".list")).to_be_hidden()
    assert page.evaluate(fits)
    picture(page, "telephone-chat")
    page.locator(".state").first.tap()
    page.locator(".start-line").first.wait_for()
    assert page.evaluate(fits)
    picture(page, "telephone-story")
    page.locator("#story-close").tap()
    page.locator(".back").tap()
    page.locator(".list").wait_for()
    page.locator(".entry-title", has_text="产品讨论组").tap()
    page.locator("#mention").wait_for()
    assert page.evaluate(fits)
    picture(page, "telephone-group")


def test_both_languages_say_the_same(visit, scripted):
    """Every sentence exists in both languages, with the same values in it."""
    page = visit(scripted.url)
    words = page.evaluate("import('/static/words.js').then((module) => module.WORDS)")
    assert set(words) == {"zh", "en"}
    assert words["zh"].keys() == words["en"].keys()
    for key, sentence in words["zh"].items():
        values = {part.split("}")[0] for part in sentence.split("{")[1:]}
        assert values == {part.split("}")[0] for part in words["en"][key].split("{")[1:]}, key


def test_everything_has_a_name_for_who_cannot_see_it(visit, scripted):
    """Landmarks, a live log, and a name on every control; the log is announced politely."""
    scripted.answer(scripted.message(text="问"), "答")
    page = visit(scripted.url)
    page.locator(".markdown-body").wait_for()
    for role in ("banner", "main", "navigation", "log", "textbox"):
        assert page.get_by_role(role).count() >= 1, role
    controls = "[...document.querySelectorAll('button, a, textarea')].filter((node) => !node.closest('[hidden]'))"
    names = page.evaluate(f"{controls}.map((node) => node.getAttribute('aria-label') || node.textContent.trim())")
    assert all(names), json.dumps(names)
    assert page.locator("[role=log]").get_attribute("aria-live") == "polite"
