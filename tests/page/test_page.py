"""The page as a whole, against a server whose state the test decides."""

import json
from urllib.parse import quote

import pytest

from tests.page.conftest import TELEPHONE
from tests.page.scripted import GROUP, LIN, ZHOU, state_of
from tests.page.seeing import expects, sees, until, write
from tests.page.test_page_messages import MARKDOWN
from tests.page.test_page_story import STORY


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
    expects(page.locator("#tools-open")).to_be_disabled()
    scripted.ready.set()
    expects(page.locator("#tools-open")).to_be_enabled()
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
    sees(page, "#subtitle", "周明 与机器人的单独聊天")
    expects(page.locator("#story")).to_be_hidden()
    page.locator(".state").click()
    sees(page, "#story summary", "回调请求")
    page.reload()
    sees(page, "#story summary", "回调请求")
    page.keyboard.press("Escape")
    page.locator("#story").wait_for(state="hidden")
    page.go_back()
    page.locator("#story").wait_for()
    page.goto(f"{scripted.url}/#private%2Fzhou%3D/!tools")
    sees(page, "#fault-groups summary", "钉钉")


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
    sees(page, "#story summary", "回调请求")
    assert page.evaluate(fits)
    picture(page, "telephone-story")
    page.locator("#story-close").tap()
    page.locator("#tools-open").tap()
    sees(page, ".fault", "钉钉拒收回答")
    assert page.evaluate(fits)
    picture(page, "telephone-tools")
    page.locator("#tools-close").tap()
    page.locator("#more").tap()
    sees(page, "#kind-menu button", "语音")
    assert page.evaluate(fits)
    page.keyboard.press("Escape")
    page.locator(".back").tap()
    page.locator(".list").wait_for()
    page.locator(".entry-title", has_text="产品讨论组").tap()
    page.locator("#mention").wait_for()
    assert page.evaluate(fits)
    picture(page, "telephone-group")


def test_back_on_a_telephone_opens_nothing_that_was_closed(visit, scripted):
    """However panels were opened and closed: Back leads from the chat to the list, and away."""
    question = scripted.message(text="你好", state=state_of("answered"))
    scripted.stories[question["id"]] = STORY
    page = visit(scripted.url, TELEPHONE, has_touch=True, is_mobile=True)
    page.locator(".entry-title", has_text="小助手").tap()
    for _ in range(2):
        page.locator(".state").first.tap()
        sees(page, "#story summary", "回调请求")
        page.locator("#story-close").tap()
        page.locator("#story").wait_for(state="hidden")
        page.locator("#tools-open").tap()
        page.locator("#tools-close").tap()
        page.locator("#tools").wait_for(state="hidden")
    page.locator("#tools-open").tap()
    page.locator("#tools").wait_for()
    page.go_back()
    page.locator("#tools").wait_for(state="hidden")
    page.locator(".threads").wait_for()
    page.go_back()
    page.locator(".list").wait_for()
    expects(page.locator(".chat")).to_be_hidden()
    page.locator(".entry-title", has_text="小助手").tap()
    page.locator(".back").tap()
    page.locator(".list").wait_for()
    page.go_back()
    page.wait_for_url("about:blank")


def test_a_panel_reached_by_its_address_closes_to_its_chat(visit, scripted):
    """On a telephone, where nothing lies behind it: Back leads away, not to the panel again."""
    scripted.message(text="你好", state=state_of("answered"))
    page = visit(f"{scripted.url}/#{quote(LIN, safe='')}/!tools", TELEPHONE, has_touch=True, is_mobile=True)
    page.locator("#tools").wait_for()
    page.locator("#tools-close").tap()
    page.locator("#tools").wait_for(state="hidden")
    sees(page, ".plain", "你好")
    page.go_back()
    page.wait_for_url("about:blank")


def test_who_one_is_and_who_administers_is_said(visit, scripted, picture):
    """Staff ids, DingTalk's administrators, and the bot's own, who are others; where there are none, how to be one."""
    page = visit(scripted.url)
    page.click("#me")
    lin = page.get_by_role("menuitemradio", name="林晓")
    expects(lin).to_contain_text("manager001")
    expects(lin).to_contain_text("钉钉管理员")
    expects(page.locator("#people-menu .hint")).to_have_count(0)
    for bot_admin, said in ((False, "ADMIN_USERS=manager001"), (True, "由设置 ADMIN_USERS 决定")):
        people = [{**person, "botAdmin": bot_admin and person["id"] == "zhou"} for person in scripted.state["people"]]
        scripted.state["people"] = people
        page.reload()
        page.click("#me")
        sees(page, "#people-menu .hint", said)
        expects(page.locator("#people-menu .tag", has_text="机器人管理员")).to_have_count(int(bot_admin))
    picture(page, "people")


def test_what_is_open_has_no_unread_badge(visit, scripted):
    """Not in the list, not in the menu of people, whether its answers came before the page was opened or after."""
    scripted.answer(scripted.message(text="问", state=state_of("answered")), "答")
    page = visit(f"{scripted.url}/#{quote(LIN, safe='')}")
    sees(page, ".markdown-body", "答")
    scripted.answer(scripted.message(text="再问", state=state_of("answered")), "再答")
    sees(page, ".markdown-body", "再答")
    until(page, "!document.querySelector('.list .badge')")
    page.click("#me")
    expects(page.locator("#people-menu .badge")).to_have_count(0)
    scripted.answer(scripted.message(ZHOU, "zhou", "问", state=state_of("answered")), "答")
    page.keyboard.press("Escape")
    page.click("#me")
    sees(page, "#people-menu .badge", "1")


RESETS = {"": "存储桶里的一切都会被清空", "kept": "里面的内容会保留"}


@pytest.mark.parametrize("kept", RESETS)
def test_reset_says_what_goes_and_what_stays(visit, scripted, kept):
    """The dialog names the bucket's folder, and whether it is emptied."""
    scripted.state["bucket"] = {"folder": "/somewhere/oss", "kept": bool(kept)}
    page = visit(scripted.url)
    page.click("#reset")
    sees(page, "#reset-body", RESETS[kept])
    sees(page, "#reset-folder", "/somewhere/oss")
    page.keyboard.press("Escape")
    page.click("#language")
    page.click("#reset")
    sees(page, "#reset-body", "stays" if kept else "for good")


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
    page = visit(f"{scripted.url}/#{quote(LIN, safe='')}/!tools")
    page.locator(".markdown-body").wait_for()
    sees(page, ".fault", "钉钉拒收回答")
    for role in ("banner", "main", "navigation", "log", "textbox", "complementary", "switch"):
        assert page.get_by_role(role).count() >= 1, role
    controls = "[...document.querySelectorAll('button, a, textarea, select, input')]"
    names = page.evaluate(
        f"{controls}.filter((node) => !node.closest('[hidden]'))"
        ".map((node) => node.getAttribute('aria-label') || node.textContent.trim())"
    )
    assert page.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map((node) => node.id)).size"
    ) == page.evaluate("document.querySelectorAll('[id]').length")
    assert all(names), json.dumps(names)
    assert page.locator("[role=log]").get_attribute("aria-live") == "polite"


def test_a_failure_is_told_in_the_language_of_the_page(visit, scripted):
    """In the chat and in its story, also after the language was changed; the cloud's own where it has no other."""
    whys = {"zh": "钉钉拒收", "en": "DingTalk refused it"}
    question = scripted.message(text="两种", state=state_of("failed", why=whys["zh"], whys=whys))
    scripted.stories[question["id"]] = STORY
    scripted.message(text="一种", state=state_of("failed", why="只有这句"))
    page = visit(scripted.url)
    sees(page, ".state", "失败：钉钉拒收")
    page.click("#language")
    sees(page, ".state", "DingTalk refused it")
    sees(page, ".state", "只有这句")
    page.locator(".message", has_text="两种").locator(".state").click()
    sees(page, "#story .summary", "DingTalk refused it")
