"""What the page shows of each message."""

import base64

import pytest

from tests.page.scripted import GROUP, LIN, state_of
from tests.page.seeing import expects, item, sees, until

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


CARDS = {
    "link": {
        "title": "发布说明",
        "text": "第二版",
        "picUrl": "https://example.com/x.png",
        "messageUrl": "https://example.com/l",
    },
    "actionCard": {
        "title": "卡片",
        "text": "#### 标题",
        "btnOrientation": "1",
        "btns": [
            {"title": "同意", "actionURL": "https://example.com/yes"},
            {"title": "拒绝", "actionURL": "dingtalk://example/no"},
        ],
    },
    "feedCard": {
        "links": [
            {"title": "第一篇", "messageURL": "https://example.com/1", "picURL": "https://example.com/1.png"},
            {"title": "第二篇", "messageURL": "https://example.com/2", "picURL": "https://example.com/2.png"},
        ]
    },
}


def test_cards_are_shown_and_lead_where_they_say(visit, scripted, picture):
    """A link, a card with buttons and a list of links have their words and addresses; pictures are not loaded."""
    question = scripted.message(text="卡片", state=state_of("answered"))
    for kind, part in CARDS.items():
        scripted.answer(question, part.get("text", ""), kind=kind, payload={"msgtype": kind, kind: part})
    single = {"title": "一", "text": "正文", "singleTitle": "阅读全文", "singleURL": "https://example.com/s"}
    scripted.answer(question, "正文", kind="actionCard", payload={"msgtype": "actionCard", "actionCard": single})
    page = visit(scripted.url)
    sees(page, ".card-button", "阅读全文")
    links = page.evaluate(
        "[...document.querySelectorAll('.bubble a')].map((a) => [a.getAttribute('href'), a.innerText])"
    )
    assert [(address, words.split("\n")[0]) for address, words in links] == [
        ("https://example.com/l", "发布说明"),
        ("https://example.com/yes", "同意"),
        ("dingtalk://example/no", "拒绝"),
        ("https://example.com/1", "第一篇"),
        ("https://example.com/2", "第二篇"),
        ("https://example.com/s", "阅读全文"),
    ]
    expects(page.locator(".markdown-body h4")).to_have_text("标题")
    picture(page, "cards")


SENT = [
    ("picture", {"media": "/api/media/1"}, "img.photo"),
    ("richText", {"media": "/api/media/1", "text": "看图"}, "img.photo"),
    ("picture", {"media": None}, ".boxed"),
    ("audio", {"text": "明天几点开会"}, ".voice"),
    ("video", {}, ".boxed"),
    ("file", {"name": "报表.xlsx"}, ".boxed"),
    ("chatRecord", {"text": "甲：早\n乙：早"}, ".record-line"),
    ("quota", {}, ".boxed"),
    ("unknownMsgType", {}, ".boxed"),
    ("interactiveCard", {"text": "卡片里的字"}, ".other-kind"),
]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_everything_that_people_send_is_shown(visit, scripted, picture):
    """Each kind looks like what it is, and the list names one that has no words."""
    scripted.pictures.append(PIXEL)
    for kind, more, _ in SENT:
        scripted.message(**{"kind": kind, "state": state_of("answered"), **more})
    page = visit(scripted.url)
    until(page, f"document.querySelectorAll('.message').length === {len(SENT)}")
    for number, (_, more, selector) in enumerate(SENT):
        bubble = page.locator(".message .bubble").nth(number)
        expects(bubble.locator(selector).first).to_be_visible()
        expects(bubble).to_contain_text(more.get("name") or more.get("text", "").partition("\n")[0])
    picture(page, "kinds")
    scripted.message(kind="file", name="合同.pdf")
    sees(page, ".entry-last", "[合同.pdf]")


def test_mobile_client_shows_tables_and_code_as_written(visit, scripted, picture):
    """The switch imitates DingTalk's clients, also after a reload; everything else is the same on both."""
    scripted.answer(scripted.message(text="排版"), MARKDOWN)
    page = visit(scripted.url)
    sees(page, ".markdown-body pre", "print")
    page.click("[data-client=mobile]")
    sees(page, ".markdown-body .as-written", 'print("<b>")')
    expects(page.locator(".markdown-body :is(table, pre, code)")).to_have_count(0)
    expects(page.locator(".markdown-body")).to_contain_text("| 名 | 值 |")
    expects(page.locator(".markdown-body h1")).to_have_text("标题")
    picture(page, "mobile-client")
    page.reload()
    sees(page, ".markdown-body .as-written", "print")
    page.click("[data-client=pc]")
    sees(page, ".markdown-body pre", "print")


STATES = [
    (state_of("sent"), "已发送，等待确认"),
    (state_of("acknowledged", ack_ms=23, status=200), "23 ms 确认，等待回答"),
    (state_of("silent", ack_ms=5, status=200), "5 ms 确认，机器人没有说话"),
    (state_of("answered", ack_ms=23, answered_ms=1834, status=200), "23 ms 确认 · 1.8 s 回答"),
    (state_of("answered", ack_ms=54, answered_ms=21, status=200), "21 ms 回答 · 54 ms 确认"),
    (state_of("failed", ack_ms=8, why="函数返回 HTTP 500", status=500), "失败：函数返回 HTTP 500"),
    (state_of("failed"), "失败：原因不明，请看经过"),
    (state_of("undelivered"), "未送达机器人：没有 @ 它"),
]


def test_state_of_a_message_is_visible(visit, scripted):
    """Below each message stands what became of it, and it changes live."""
    message = scripted.message(text="早上好")
    page = visit(scripted.url)
    for state, sentence in STATES:
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
    expects(item(page, "前半").locator(".state")).to_have_text("会话 webhook")
    scripted.answer(long, "后半")
    sees(page, ".state", "第 2/2 条")
    expects(item(page, "前半").locator(".state")).to_contain_text("第 1/2 条")
    expects(item(page, "前半")).to_contain_text("回答 林晓：说长一点")


def test_mentioned_people_are_shown_by_name(visit, scripted):
    """As in DingTalk: @staffId in the text becomes the name, but only of somebody who is really mentioned."""
    question = scripted.message(GROUP, "zhou", "问", state=state_of("answered", ack_ms=1, answered_ms=2))
    scripted.answer(question, "@user002 答 `@user002` @manager001", mentions=["zhou"])
    scripted.answer(question, "纯文本", kind="text", mentions=["zhou"])
    page = visit(f"{scripted.url}/#{GROUP}")
    sees(page, ".markdown-body", "@周明 答 @user002 @manager001")
    sees(page, ".bubble.text", "纯文本 @周明")


def test_nothing_that_anybody_says_runs(visit, scripted):
    """Markup in a name, a title, a question, an answer or a card is text; links lead nowhere but to the web."""
    everything = "\n\n".join(HOSTILE)
    people = [{"id": f"p{n}", "name": f"林{text}", "staffId": "a", "admin": False} for n, text in enumerate(HOSTILE)]
    scripted.state["people"] = people
    scripted.state["conversations"] = [
        {"id": LIN, "title": everything, "kind": "group", "people": [person["id"] for person in people]}
    ]
    scripted.state["robot"] = {"name": everything}
    for number, text in enumerate(HOSTILE):
        question = scripted.message(sender=f"p{number}", text=text, name=text, state=state_of("failed", why=text))
        scripted.message(sender=f"p{number}", text=text, name=text, kind="file")
        for kind in ("markdown", "text", "link", "actionCard", "feedCard", "other"):
            part = {"text": text, "title": text, "messageUrl": "javascript:window.ran=1", "picUrl": text}
            part |= {"singleTitle": text, "singleURL": text, "links": [{"title": text, "messageURL": text}, None]}
            scripted.answer(question, text, kind=kind, title=text, mentions=["p0"], payload={kind: part})
    story = {"request": {"url": everything, "body": everything}, "logs": HOSTILE, everything: everything}
    scripted.stories[question["id"]] = story
    page = visit(scripted.url)
    until(page, f"document.querySelectorAll('.message').length === {8 * len(HOSTILE)}")
    page.locator(".state").last.click()
    sees(page, "#story summary", "函数日志")
    for address in page.evaluate("[...document.querySelectorAll('main .bubble a')].map((a) => a.getAttribute('href'))"):
        assert address.startswith("https://"), address
    bad = "#threads :is(script, img, iframe, form, style, svg svg, [onerror], [onmouseover], [onload])"
    expects(page.locator(bad)).to_have_count(0)
    assert page.evaluate("window.ran") is None


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


def test_the_list_shows_words_without_their_marks(visit, scripted):
    """What markdown is written with, tables above all, says nothing in a line of the list."""
    scripted.answer(scripted.message(text="表"), "**天气**\n\n| 时 | 度 |\n|:-|--:|\n| 9 | -3 |\n\n- 晴 1-2 级")
    page = visit(scripted.url)
    expects(page.locator(".entry-last").first).to_have_text("天气 时 度 9 -3 晴 1-2 级")
