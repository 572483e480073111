"""The page on the real local cloud: signed callbacks, both functions in their processes, the session webhook."""

import re
from typing import Any

import pytest

from local.cloud import Reply
from tests.page.conftest import DESKTOP, TELEPHONE
from tests.page.seeing import expects, sees, until, write
from tests.page.test_page_messages import HOSTILE
from tests.page.test_page_sending import PNG
from tests.page.test_page_story import CLIPBOARD, copied

ANSWERED = re.compile(r"[\d.]+ m?s 确认 · [\d.]+ m?s 回答")


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_question_is_answered(visit, address, cloud, picture, size):
    """Open, type, Enter: the answer appears, and the question says how long its acknowledgement and answer took."""
    cloud.model.script(Reply(chunks=["**上", "海**今天晴，*25* 度。\n\n- ", "出门不用带伞"], between=0.02))
    page = visit(address, size)
    if size is TELEPHONE:
        page.locator(".entry-title").first.click()
    write(page, "上海今天天气怎么样？")
    sees(page, ".markdown-body strong", "上海")
    sees(page, ".mine .state", ANSWERED)
    expects(page.locator(".message[data-from=bot] .state")).to_contain_text("会话 webhook")
    picture(page, f"answered-{size['width']}")


def test_help_comes_in_the_response_body(visit, address):
    """An instant answer is marked as such, in the list of commands that the functions know."""
    page = visit(address)
    write(page, "帮助")
    sees(page, ".markdown-body", "/clear")
    expects(page.locator(".message[data-from=bot] .tag")).to_have_text("HTTP 响应体")


def test_a_message_that_gets_no_answer_does_not_wait_for_one(visit, address):
    """The functions say nothing to a message of a used up quota; the page says so instead of waiting for ever."""
    page = visit(address)
    page.click("#more")
    page.locator("#kind-menu [data-kind=quota]").wait_for()
    page.keyboard.press("End")
    expects(page.locator("#kind-menu button").last).to_be_focused()
    page.locator("#kind-menu [data-kind=quota]").click()
    sees(page, ".mine .state", "机器人没有说话")


def test_group_answers_who_mentions_the_bot(visit, address, cloud, picture):
    """A message without the @ is not delivered; with it, the asker is answered and mentioned by name."""
    page = visit(f"{address}#group-1")
    page.click("#mention")
    write(page, "随便聊聊")
    sees(page, ".state", "未送达机器人")
    page.locator(".speaker", has_text="周明").click()
    page.click("#mention")
    write(page, "几点开会？")
    answer = sees(page, ".message[data-from=bot] .bubble", "几点开会")
    expects(answer).to_contain_text("@周明")
    expects(page.locator(".message[data-from=bot]")).to_have_count(1)
    assert len(cloud.model.requests) == 1
    picture(page, "group-answered")


def test_reload_keeps_the_conversation(visit, address):
    """What was said and what became of it come back from the server."""
    page = visit(address)
    write(page, "记住这句话")
    sees(page, ".mine .state", ANSWERED)
    bubbles = page.locator(".thread:not([hidden]) .bubble")
    expects(bubbles).to_have_count(2)
    before = bubbles.all_text_contents()
    page.reload()
    sees(page, ".mine .state", ANSWERED)
    expects(bubbles).to_have_text(before)


def test_script_from_person_and_model_does_not_run(visit, address, cloud):
    """Hostile text as a question and as the model's answer is only text."""
    page = visit(address)
    for number, text in enumerate(HOSTILE[:3], 1):
        cloud.model.script(text)
        write(page, text)
        expects(page.locator(".message[data-from=bot]")).to_have_count(number)
    expects(page.locator("#threads :is(script, img, iframe, [onerror], [onload])")).to_have_count(0)
    assert page.evaluate("window.ran") is None


FAULTS = [
    ("key-refused", "帮我润色一下周报", ".message[data-from=bot] >> text=密钥"),
    ("invoke-refused", "明天的会议改到几点了？", ".message[data-from=bot] >> text=HTTP 响应体"),
    ("bucket-read-only", "记住：接口人是周明", ".message[data-from=bot] >> text=存储暂时不可用"),
    ("errcode", "接口人是谁？", ".mine .state >> text=300001"),
]
"""A fault of each group, a question, and where the fault shows."""


def test_faults_of_each_group_are_met_once(visit, address, picture):
    """Switched on for the next message here, each shows in the chat and is gone; then the clock moves and all works."""
    page = visit(address)
    page.click("#tools-open")
    sees(page, "#fault-groups summary", "存储桶")
    page.evaluate("for (const group of document.querySelectorAll('#fault-groups details')) group.open = true")
    for fault, question, where in FAULTS:
        page.locator(f"[data-fault={fault}]").click()
        page.locator("#faults-active [data-number]").wait_for()
        page.evaluate("document.querySelector('#tools .panel-body').scrollTop = 0")
        picture(page, "page-faults")
        write(page, question)
        page.locator(where).last.wait_for()
        sees(page, "#faults-active", "没有打开任何故障")
    picture(page, "faults-met")
    page.click("[data-advance='86400']")
    sees(page, "#unusual", "快 1 天")
    write(page, "明天见")
    sees(page, ".message[data-from=bot] .bubble", "明天见")


def test_contexts_of_two_people_in_a_group_do_not_mix(visit, address, cloud):
    """What one has told the bot is in that one's next request, and in nobody else's."""
    page = visit(f"{address}#group-1")
    answers = page.locator(".message[data-from=bot]")
    for number, (person, text) in enumerate((("林晓", "我叫小红"), ("周明", "我叫什么"), ("林晓", "你记得吗")), 1):
        page.locator(".speaker", has_text=person).click()
        write(page, text)
        expects(answers).to_have_count(number)
    assert ["小红" in str(request.body) for request in cloud.model.requests] == [True, False, True]


def test_quote_picture_and_clear(visit, address, cloud):
    """A quoted answer reaches the model; a picture is answered; the command forgets, and says so."""
    cloud.model.script("答案是四十二")
    page = visit(address)
    answers = page.locator(".message[data-from=bot]")
    write(page, "问题是什么")
    expects(answers).to_have_count(1)
    answers.first.hover()
    answers.first.locator(".quote").click()
    write(page, "为什么")
    expects(answers).to_have_count(2)
    expects(page.locator(".quoted")).to_contain_text("答案是四十二")
    assert "答案是四十二" in str(cloud.model.requests[-1].body["messages"][-1])
    page.set_input_files("#picture-file", PNG)
    page.locator(".attached-photo").wait_for()
    page.click("#send")
    expects(answers).to_have_count(3)
    until(page, "document.querySelector('.photo')?.naturalWidth === 1")
    write(page, "\\clear")
    expects(answers).to_have_count(4)
    write(page, "还记得吗")
    expects(answers).to_have_count(5)
    assert "四十二" not in str(cloud.model.requests[-1].body)


def run_test(source, cloud):
    """Run a copied test."""
    names: dict[str, Any] = {}
    exec(compile(source, "copied", "exec"), names)  # noqa: S102 - what is tested is that this is a program
    names["test_this_message"](cloud)


def test_story_is_copied_as_a_test_that_passes(visit, address, cloud):
    """What the button copies is a test for the project's own fixture, and it holds."""
    cloud.model.script('他说 "好"\n\n- 一')
    page = visit(address, permissions=CLIPBOARD)
    write(page, "说点什么")
    sees(page, ".mine .state", ANSWERED).click()
    sees(page, "#story summary", "模型请求")
    source = copied(page, "#copy-test")
    run_test(source, cloud)
    with pytest.raises(AssertionError):
        run_test(source.replace("他说", "她说", 1), cloud)


def test_redelivery_changes_nothing(visit, address):
    """The same callback again, from the story: it is told there, and the person sees one answer."""
    page = visit(address)
    write(page, "只回答一次")
    sees(page, ".mine .state", ANSWERED).click()
    page.click("[data-after='0']")
    sees(page, "#story summary", "重复投递")
    expects(page.locator(".message[data-from=bot]")).to_have_count(1)


def test_long_answer_comes_in_parts(visit, address, cloud):
    """Each part is a message of its own and says which one it is."""
    cloud.model.script(Reply("\n\n".join(f"第 {n} 段：" + "很长的内容。" * 40 for n in range(24))))
    page = visit(address)
    write(page, "写长一点")
    sees(page, ".state", "第 1/2 条")
    sees(page, ".state", "第 2/2 条")


ANSWER = """可以用 `functools.cache`，它会记住每个参数的结果：

```python
@cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
```

- 第一次调用时计算
- 之后**直接返回**记住的结果
"""


def test_story_has_every_step(visit, address, cloud, picture):
    """The signed request, its response, both runs, the model request, the post, files and log lines are all there."""
    cloud.model.script(Reply(ANSWER, first_token=0.1, between=0.01))
    page = visit(address)
    write(page, "怎样让递归的斐波那契函数快一点？")
    sees(page, ".mine .state", ANSWERED).click()
    sees(page, ".story summary", "webhook 投递")
    page.locator("[data-chapter=invocations] summary").click()
    page.locator("[data-chapter=model] summary").click()
    sees(page, "[data-chapter=model] dt", "首字")
    picture(page, "page")
    page.evaluate("for (const chapter of document.querySelectorAll('#story details')) chapter.open = true")
    for wanted in (
        "首字",
        "sign:",
        "sessionWebhook",
        "reply · 异步调用",
        "first_token_ms",
        '"errcode": 0',
        '"role": "user"',
    ):
        expects(page.locator("#story")).to_contain_text(wanted)
    picture(page, "story-real")


def test_reset_forgets(visit, address, cloud):
    """After a reset there are no messages, and the bot does not remember either."""
    page = visit(address)
    write(page, "我叫小红")
    sees(page, ".mine .state", ANSWERED)
    page.click("#reset")
    page.click("#reset-go")
    page.locator(".empty").first.wait_for()
    write(page, "我叫什么")
    sees(page, ".mine .state", ANSWERED)
    assert "小红" not in str(cloud.model.requests[-1].body)
