"""The story of a message."""

import json
import subprocess
from urllib.parse import quote

from tests.page.scripted import GROUP, state_of
from tests.page.seeing import expects, item, sees

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def copied(page, button):
    """Press a button that copies, and return what is on the clipboard then."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.click(button)
    sees(page, "#copied", "已复制")
    return page.evaluate("navigator.clipboard.readText()")


STORY = {
    "request": {
        "method": "POST",
        "url": "http://127.0.0.1:9/dingtalk?a=1&b=2",
        "headers": {"timestamp": "1", "sign": "a+b/c==", "Host": "127.0.0.1:9", "Content-Type": "application/json"},
        "body": '{"text":{"content":"it\'s \\"$HOME\\" `x` \\\\ 你好\\n"}}',
    },
    "response": {"status": 200, "ms": 23, "headers": {}, "body": "{}"},
    "invocations": [{"task_id": "m_1", "status": 202, "attempts": [{"number": 1, "outcome": "ok", "ms": 40}]}],
    "model": [
        {"url": "http://127.0.0.1:8/v1/chat/completions", "first_token_ms": 4, "total_ms": 9, "answer": "模型说的"}
    ],
    "webhook": [{"url": "http://127.0.0.1:7/robot/sendBySession", "result": {"errcode": 0}}],
    "logs": ['{"event": "handed_over"}', '{"event": "answered"}'],
}


def test_story_shows_everything_and_copies_as_curl(visit, scripted, picture):
    """Every step of a message can be read, with its result beside its heading; the request runs in any shell."""
    question = scripted.message(text="你好", state=state_of("answered", ack_ms=23, answered_ms=400))
    scripted.answer(question, "答")
    scripted.stories[question["id"]] = STORY
    page = visit(scripted.url, permissions=CLIPBOARD)
    page.locator(".message[data-from=bot] .state").click()
    sees(page, "#story summary", "回调请求")
    page.evaluate("for (const chapter of document.querySelectorAll('#story details')) chapter.open = true")
    sees(page, ".start-line", "POST http://127.0.0.1:9/dingtalk?a=1&b=2")
    for wanted in ("sign: a+b/c==", "200 · 23 ms", "m_1", "首字 4 ms · 共 9 ms", "sendBySession", "handed_over"):
        expects(page.locator("#story")).to_contain_text(wanted)
    labels = ["状态码", "任务 ID", "耗时", "HTTP 头", "正文", "应答"]
    found = page.locator("#story :is(dt, .label)").all_text_contents()
    assert [label for label in labels if label not in found] == []
    picture(page, "story")
    shell = "curl() { printf '%s\\0' \"$@\"; }\n" + copied(page, "#curl")
    words = subprocess.run(["sh", "-c", shell], capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    assert words[:3] == ["-X", "POST", STORY["request"]["url"]]
    assert words[words.index("--data-raw") + 1] == STORY["request"]["body"]
    assert "sign: a+b/c==" in words
    assert not any(word.startswith("Host") for word in words)


def test_story_is_copied_for_later(visit, scripted):
    """As one line of JSON that can be replayed, and as a Python test with what the model said and the person saw."""
    first = scripted.message(GROUP, "zhou", 'he said "hi"\n', state=state_of("answered"))
    second = scripted.message(GROUP, "zhou", "再说", quote=first["id"], kind="richText", state=state_of("answered"))
    scripted.answer(second, "第一行\n第二行")
    scripted.stories[second["id"]] = STORY
    page = visit(f"{scripted.url}/#{GROUP}/{quote(second['id'], safe='')}", permissions=CLIPBOARD)
    page.locator("#copy-recording").wait_for()
    recording = copied(page, "#copy-recording")
    assert "\n" not in recording
    assert json.loads(recording) == {name: STORY["request"][name] for name in ("headers", "body")}
    test = copied(page, "#copy-test")
    compile(test, "copied", "exec")
    for wanted in (
        '    cloud.model.script("模型说的")',
        '    person = cloud.person("周明", staff_id="user002", admin=False)',
        r'    sent = cloud.say(person, "再说", place, kind="richText", quote=Quote("he said \"hi\"\n"))',
        r'        ("webhook", "第一行\n第二行"),',
    ):
        assert wanted in test.splitlines()


def test_message_is_delivered_again(visit, scripted):
    """From its story, at once or after a minute of the cloud's clock."""
    question = scripted.message(text="你好", state=state_of("answered"))
    scripted.stories[question["id"]] = STORY
    page = visit(scripted.url)
    page.locator(".state").click()
    page.click("[data-after='0']")
    sees(page, "#copied", "已重复投递")
    page.click("[data-after='60']")
    sees(page, "#copied", "60 秒后")
    assert scripted.drafts == [{"message": question["id"], "after": after} for after in (0, 60)]


def test_story_follows_the_message_while_it_happens(visit, scripted):
    """An open story is read again when its message or an answer to it changes."""
    question = scripted.message(text="你好")
    scripted.stories[question["id"]] = {"request": {"url": "http://127.0.0.1:9/"}}
    page = visit(scripted.url)
    item(page, "你好").locator(".state").click()
    sees(page, "#story summary", "回调请求")
    expects(page.locator("#story")).not_to_contain_text("函数日志")
    scripted.stories[question["id"]] = {**STORY, "logs": ["后来的一行"]}
    scripted.answer(question, "答")
    sees(page, "#story summary", "函数日志")


def test_names_in_a_story_are_in_the_language_of_the_page(visit, scripted):
    """Every name and value of the local cloud's interface has a word in both; what is unknown stays as it is."""
    question = scripted.message(text="你好", state=state_of("answered"))
    run = {"function": "reply", "how": "async", "state": "succeeded", "task_id": "m_1", "unheard_of": 1}
    attempt = {"result": "exit", "ms": 1234, "cold": True, "instance": "i-1"}
    scripted.stories[question["id"]] = {**STORY, "invocations": [{**run, "attempts": [attempt]}]}
    page = visit(scripted.url)
    page.locator(".state").click()
    chapter = page.locator("[data-chapter=invocations]")
    for wanted in ("reply · 异步调用", "状态成功", "结果进程死亡", "耗时1.2 s", "冷启动是", "unheard_of1", "实例i-1"):
        expects(chapter).to_contain_text(wanted)
    page.click("#language")
    for wanted in ("reply · asynchronous", "statesucceeded", "resultdied", "took1.2 s", "cold startyes", "unheard_of1"):
        expects(chapter).to_contain_text(wanted)


def test_a_real_model_is_told_from_the_log(visit, scripted):
    """The chapter says why there is no request and has what was logged; the copied test scripts the answer."""
    scripted.state["model"] = {"demo": False, "name": "m-1"}
    question = scripted.message(text="你好", state=state_of("answered"))
    scripted.answer(question, "真的回答")
    told = {"logged": "outcome", "model": "m-1", "first_token_ms": 300, "total_ms": 900, "usage": {"prompt_tokens": 5}}
    scripted.stories[question["id"]] = {**STORY, "model": [{"logged": "model_retry", "reason": "server"}, told]}
    page = visit(scripted.url, permissions=CLIPBOARD)
    page.locator(".message[data-from=bot] .state").click()
    chapter = page.locator("[data-chapter=model]")
    expects(chapter.locator("summary")).to_contain_text("首字 300 ms · 共 900 ms")
    chapter.locator("summary").click()
    expects(chapter.locator(".hint")).to_contain_text("真实模型由函数直接访问")
    expects(chapter).to_contain_text("prompt_tokens")
    assert '    cloud.model.script("真的回答")' in copied(page, "#copy-test").splitlines()
