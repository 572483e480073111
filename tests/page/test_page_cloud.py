"""The page on the real local cloud: signed callbacks, both functions in their processes, the session webhook."""

import re

import pytest

from local.cloud import Reply, failing
from local.page_server import PageServer
from tests.page.conftest import DESKTOP, TELEPHONE
from tests.page.seeing import expects, sees, write
from tests.page.test_page_messages import HOSTILE

ANSWERED = re.compile(r"[\d.]+ m?s 确认 · [\d.]+ m?s 回答")


@pytest.fixture
def address(cloud):
    """Where the page of the shared cloud is."""
    server = PageServer(cloud.parts, {"demo": True, "name": "echo"})
    cloud.do(server.site.start(0))
    yield server.site.url
    cloud.do(server.stop())


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_question_is_answered(visit, address, cloud, picture, size):
    """Open, type, Enter: the answer appears, and the question says how long its acknowledgement and answer took."""
    cloud.model.script("**上海**今天晴，*25* 度。\n\n- 出门不用带伞")
    page = visit(address, size)
    if size is TELEPHONE:
        page.locator(".entry-title").first.click()
    write(page, "上海今天天气怎么样？")
    sees(page, ".markdown-body strong", "上海")
    sees(page, ".mine .state", ANSWERED)
    expects(page.locator(".message[data-from=bot] .state")).to_contain_text("会话 Webhook")
    picture(page, f"answered-{size['width']}")


def test_help_comes_in_the_response_body(visit, address):
    """An instant answer is marked as such, in the list of commands that the functions know."""
    page = visit(address)
    write(page, "帮助")
    sees(page, ".markdown-body", "/clear")
    expects(page.locator(".message[data-from=bot] .tag")).to_have_text("HTTP 响应体")


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


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_script_from_person_and_model_does_not_run(visit, address, cloud, text):
    """The same hostile text as a question and as the model's answer is only text."""
    cloud.model.script(text)
    page = visit(address)
    write(page, text)
    sees(page, ".mine .state", ANSWERED)
    page.locator(".message[data-from=bot]").wait_for()
    assert page.locator("#threads :is(script, img, iframe, [onerror], [onload])").count() == 0
    assert page.evaluate("window.ran") is None


def test_model_that_fails_is_explained(visit, address, cloud, picture):
    """The person reads a sentence with a request id, not the provider's text."""
    cloud.model.script(failing(401))
    page = visit(address)
    write(page, "在吗")
    answer = sees(page, ".message[data-from=bot] .bubble", "密钥")
    expects(answer).to_have_text(re.compile(r"[0-9a-f]{10}"))
    picture(page, "explained-failure")


def test_long_answer_comes_in_parts(visit, address, cloud):
    """Each part is a message of its own and says which one it is."""
    cloud.model.script(Reply("\n\n".join(f"第 {n} 段：" + "很长的内容。" * 40 for n in range(24))))
    page = visit(address)
    write(page, "写长一点")
    sees(page, ".state", "第 1/2 条")
    sees(page, ".state", "第 2/2 条")


def test_story_has_every_step(visit, address, picture):
    """The signed request, its response, both runs, the model request, the post and the log lines are all there."""
    page = visit(address)
    write(page, "你好")
    sees(page, ".mine .state", ANSWERED).click()
    sees(page, ".story summary", "Webhook 投递")
    page.evaluate("for (const chapter of document.querySelectorAll('#story details')) chapter.open = true")
    for wanted in ("sign:", "sessionWebhook", "reply · ", "first_token_ms", '"errcode": 0', '"role": "user"'):
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
