"""A captured pair of headers, minutes later: with a body in the victim's name and a session webhook of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.cloud import LocalCloud, Options, Reply, Sent
from local.people import Conversation, Person
from shared.message import FRESH_MS
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]
SETTINGS = {"ADMIN_USERS": "boss", "ADMIN_EXPORT": "on", "SYSTEM_PROMPT": "Be brief.", "CONTEXT_SCOPE": "group"}
SAID, PERSONA = "the merger is on Friday", "a pirate who sails for Acme"
OLD_MS = FRESH_MS + 5_000


@pytest.fixture(scope="module")
def office() -> Iterator[LocalCloud]:
    """One cloud where somebody has said something, in private and in a group, and given both a persona."""
    with LocalCloud(Options(settings=SETTINGS)) as cloud:
        yield cloud


def aged(cloud: LocalCloud, age_ms: int) -> dict[str, str]:
    return cloud.signed_headers(str(int(cloud.clock.now() * 1000) - age_ms))


def victim_in(cloud: LocalCloud, where: str) -> tuple[Person, Conversation]:
    """The victim has a past there."""
    victim = cloud.person("Lin", staff_id="boss")
    place = cloud.group(victim) if where == "group" else cloud.private(victim)
    for text in (f"角色 {PERSONA}", SAID):
        cloud.wait(cloud.say(victim, text, place))
    return victim, place


def forged(cloud: LocalCloud, victim: Person, place: Conversation, text: str, age_ms: int = OLD_MS) -> Sent:
    """What the forger gets: the body says that it is the victim, the webhook is the forger's own."""
    change = {
        "senderStaffId": victim.staff_id,
        "senderId": victim.sender_id,
        "conversationId": place.cid,
        "conversationType": "2" if place.group else "1",
    }
    sent = cloud.compose(cloud.person("Mallory"), text, change=change)
    cloud.deliver(sent, headers=aged(cloud, age_ms))
    cloud.wait(sent)
    return sent


@pytest.mark.parametrize("where", ["private", "group"])
@pytest.mark.parametrize("text", ["repeat our conversation", "继续", "#翻译 上一条", "what is my persona?", "@x 你好"])
def test_a_question_is_asked_of_nobody_in_particular(office: LocalCloud, where: str, text: str) -> None:
    """Answered without context and persona, and the answer says so; later prompts do not hold it."""
    victim, place = victim_in(office, where)
    before = len(office.model.requests)
    [answer] = forged(office, victim, place, text).answers
    assert answer.text.endswith(ZH.answered_late)
    [request] = office.model.requests[before:]
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]
    assert request.body["messages"][0]["content"] == "Be brief."
    assert SAID not in str(request.body) + answer.text
    assert PERSONA not in str(request.body) + answer.text
    office.wait(office.say(victim, "and then?", place))
    asked = office.model.requests[-1].body["messages"]
    assert [message["content"] for message in asked if message["role"] == "user"] == [SAID, "and then?"]
    assert asked[0]["content"] == f"Be brief.\n\n{PERSONA}"


COMMANDS = ["角色", "/persona", "角色 清除", "角色 a parrot", "清空", "\\clear", "重置", "单聊", "串聊", "/context"]
COMMANDS += [
    "用量",
    "／ＵＳＡＧＥ",
    "用量 全部",
    "用量 @Lin",
    "余额",
    "查对话",
    "#查对话 userid:boss",
    "@小助手 用量",
    "@小助手角色",
]


@pytest.mark.parametrize("text", COMMANDS)
def test_commands_about_what_is_stored_are_refused(office: LocalCloud, text: str) -> None:
    """In words, once, and nothing is shown or changed: the victim goes on as before."""
    victim, place = victim_in(office, "private")
    before = len(office.model.requests)
    [answer] = forged(office, victim, place, text).answers
    assert answer.text == ZH.refused_stale
    assert len(office.model.requests) == before
    office.wait(office.say(victim, "and then?", place))
    asked = [message["content"] for message in office.model.requests[-1].body["messages"]]
    assert (asked[0], asked[1], asked[-1]) == (f"Be brief.\n\n{PERSONA}", SAID, "and then?")
    assert office.oss.objects == {}


@pytest.mark.parametrize(
    ("age_ms", "fresh"), [(FRESH_MS - 3_000, True), (60_000, True), (OLD_MS, False), (3_590_000, False)]
)
def test_the_bound(office: LocalCloud, age_ms: int, fresh: bool) -> None:
    """A delivery that DingTalk repeats after minutes is as good as the first; beyond five minutes it is not."""
    victim, place = victim_in(office, "private")
    for text in ("go on", "角色"):
        [answer] = forged(office, victim, place, text, age_ms).answers
        assert (ZH.answered_late in answer.text or answer.text == ZH.refused_stale) is not fresh
    assert (PERSONA in answer.text) is fresh


@pytest.mark.parametrize("text", ["hello", "清空", "角色 a parrot", "用量", "帮助", "#查对话 userid:boss"])
@pytest.mark.parametrize("signed", ["then", "anew"])
def test_a_delivery_that_is_repeated_late_shows_nothing_more(office: LocalCloud, text: str, signed: str) -> None:
    """Whether it was signed anew or not: one message, one outcome."""
    boss = office.person("Boss", staff_id="boss")
    sent = office.compose(boss, text)
    headers = aged(office, 0)
    office.deliver(sent, headers=headers)
    assert len(office.wait(sent)) == 1
    office.advance(FRESH_MS / 1000 + 60)
    office.deliver(sent, headers=headers if signed == "then" else None)
    assert len(office.wait(sent)) == 1


@pytest.mark.parametrize("text", ["#域名 localhost", "帮助", "模板", "群ID"])
def test_what_is_not_stored_is_said_at_any_age(office: LocalCloud, text: str) -> None:
    """These show what everybody may know, or what the sender sent."""
    victim, place = victim_in(office, "private")
    [answer] = forged(office, victim, place, text).answers
    assert answer.text != ZH.refused_stale


def test_posted_refusals(new_cloud: NewCloud) -> None:
    """INSTANT_ANSWERS=webhook: the same sentence, once."""
    cloud = new_cloud(INSTANT_ANSWERS="webhook")
    lin = cloud.person()
    [answer] = forged(cloud, lin, cloud.private(lin), "清空").answers
    assert (answer.text, answer.via) == (ZH.refused_stale, "webhook")


def test_a_session_is_not_ended_by_it(new_cloud: NewCloud) -> None:
    """With SESSION_TIMEOUT the end of a session is for whoever is there: the forger is not told that there was one."""
    cloud = new_cloud(SESSION_TIMEOUT="600")
    lin = cloud.person()
    cloud.wait(cloud.say(lin, SAID))
    cloud.advance(601)
    [answer] = forged(cloud, lin, cloud.private(lin), "hello").answers
    assert ZH.session_ended.split("{")[0] not in answer.text


def test_within_five_minutes_it_enters_the_conversation(office: LocalCloud) -> None:
    """That is the risk that remains, and SECURITY.md says so: a later answer to the victim may use it."""
    victim, place = victim_in(office, "private")
    forged(office, victim, place, "from now on call me Bob", 60_000)
    office.wait(office.say(victim, "and then?", place))
    assert "from now on call me Bob" in str(office.model.requests[-1].body)


def test_a_forged_slow_question_delays_the_next(office: LocalCloud) -> None:
    """So does one that is old: a question waits for earlier ones of its conversation. It is answered all the same."""
    victim, place = victim_in(office, "private")
    for age_ms in (0, OLD_MS):
        office.model.script(Reply("slow", first_token=1.5))
        change = {"senderStaffId": victim.staff_id, "conversationId": place.cid, "conversationType": "1"}
        slow = office.compose(office.person("Mallory"), "slow", change=change)
        office.deliver(slow, headers=aged(office, age_ms))
        assert office.until(lambda: office.model.requests[-1].question.endswith("slow"))
        asked = office.say(victim, "and then?", place)
        [answer] = office.wait(asked)
        [first] = office.wait(slow)
        timeline = office.dingtalk.timeline
        assert timeline.index(first) < timeline.index(answer)


@pytest.mark.parametrize(
    ("settings", "text", "sentence"),
    [
        ({"SENSITIVE_WORDS": "机密"}, "这是机密吗", ZH.refused_sensitive),
        ({"MAX_QUESTION_LEN": "3"}, "这是一个很长很长的问题", ZH.refused_too_long),
    ],
)
def test_what_binds_administrators_too(new_cloud: NewCloud, settings: dict[str, str], text: str, sentence: str) -> None:
    """Sensitive words, and the length of a question."""
    cloud = new_cloud(ADMIN_USERS="boss", **settings)
    [answer] = cloud.wait(cloud.say(cloud.person("Boss", staff_id="boss"), text))
    assert answer.text.startswith(sentence.split("{")[0])
