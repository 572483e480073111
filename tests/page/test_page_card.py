"""Cards that fill while they stream, on the local cloud: a bot calls the stand-in over HTTP, a person looks on."""

import pytest

from local.cloud import LocalCloud, Options
from tests.local.card_bot import card_bot
from tests.local.conftest import STANDINS
from tests.page.conftest import DESKTOP, TELEPHONE
from tests.page.seeing import expects, sees, write

WORDS = ["**上", "**上海**今天晴", "**上海**今天晴，*25* 度。\n\n| 时 | 度 |\n|-|-|\n| 9 | 21 |"]
HOSTILE = "<img src=x onerror='window.ran=1'><script>window.ran=1</script>[x](javascript:window.ran=1)"
CARD = ".message[data-from=bot] .streaming-card"


@pytest.fixture(scope="module")
def quiet():
    """A cloud whose functions acknowledge and say nothing: the bot is the test."""
    options = Options(code=(STANDINS,), conversation_handler="quiet.handler", reply_handler="back.handler")
    with LocalCloud(options) as cloud:
        yield cloud


@pytest.fixture
def cloud(quiet):
    """That cloud, emptied after each test."""
    yield quiet
    quiet.reset()


@pytest.fixture
def bot(cloud):
    with card_bot(cloud) as found:
        yield found


def asked(page, cloud, text):
    """Ask on the page, and return the message once it is acknowledged."""
    write(page, text)
    sees(page, ".mine .state", "确认")
    return cloud.dingtalk.timeline[-1]


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_the_card_grows_before_ones_eyes(visit, address, cloud, bot, picture, size):
    """Processing, more and more words, finished, all in one message and without a reload; a reload loses nothing."""
    page = visit(f"{address}#private-1", size)
    sent = asked(page, cloud, "上海今天天气怎么样？")
    bot.create(sent)
    card = page.locator(CARD)
    expects(card.locator(".card-state")).to_have_text("处理中")
    page.evaluate(f"document.querySelector('{CARD}').closest('li').kept = window.kept = true")
    for number, text in enumerate(WORDS):
        assert bot.stream(text)[0] == 200
        expects(card.locator(".markdown-body")).to_contain_text(["上", "上海今天晴", "25 度。"][number])
        expects(card.locator(".card-state")).to_have_text("输入中")
        expects(card).to_have_attribute("aria-busy", "true")
        expects(page.locator(".mine .state")).to_contain_text("等待")
    picture(page, f"card-streaming-{size['width']}")
    page.reload()
    expects(card.locator("strong")).to_have_text("上海")
    expects(card.locator(".card-state")).to_have_text("输入中")
    bot.stream(WORDS[-1] + "\n\n出门不用带伞。", isFinalize=True)
    expects(card).to_contain_text("出门不用带伞。")
    expects(card.locator(".card-state")).to_have_count(0)
    expects(card).to_have_attribute("aria-busy", "false")
    expects(card.locator("td")).to_have_text(["9", "21"])
    sees(page, ".mine .state", "回答")
    expects(page.locator(".message[data-from=bot]")).to_have_count(1)
    picture(page, f"card-finished-{size['width']}")


def test_growing_keeps_the_message_in_its_place(visit, address, cloud, bot):
    """The list item of a card is the same one from first to last, so that nothing jumps and focus stays."""
    page = visit(f"{address}#private-1")
    bot.create(asked(page, cloud, "一"))
    sees(page, CARD)
    page.evaluate("document.querySelector('.message[data-from=bot]').kept = true")
    for text in ("很", "很长" * 200, "完"):
        bot.stream(text, isFinalize=text == "完")
        expects(page.locator(f"{CARD} .markdown-body")).to_have_text(text)
    assert page.evaluate("document.querySelector('.message[data-from=bot]').kept")


def test_hostile_words_on_a_card_do_not_run(visit, address, cloud, bot):
    """Neither in the streamed text nor in the title."""
    page = visit(f"{address}#private-1")
    bot.create(asked(page, cloud, "一"), cardData={"cardParamMap": {"content": HOSTILE, "title": HOSTILE}})
    bot.stream(HOSTILE)
    expects(page.locator(f"{CARD} .card-state")).to_have_text("输入中")
    expects(page.locator("#threads :is(script, img, [onerror], a)")).to_have_count(0)
    assert page.evaluate("window.ran") is None


def test_a_failed_card_and_a_fault_are_told(visit, address, cloud, bot, picture):
    """The card says that it failed; the story has every call, and which one was refused by the fault."""
    page = visit(f"{address}#private-1")
    bot.create(asked(page, cloud, "一"))
    cloud.switch_on("card-refused", times=1)
    sees(page, "#unusual", "1")
    assert bot.stream("没有到")[0] == 500
    bot.stream("抱歉，没有写完。", isFinalize=True, isError=True)
    expects(page.locator(f"{CARD} .card-state")).to_have_text("出错")
    page.locator(".message[data-from=bot] .state").click()
    sees(page, "#story summary", "卡片接口").click()
    expects(page.locator("[data-chapter=cards] .brief")).to_have_text("500")
    expects(page.locator("[data-chapter=cards] .values > li")).to_have_count(3)
    picture(page, "card-failed")
