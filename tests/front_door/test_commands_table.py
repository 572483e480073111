"""Every trigger word, in every form people write it, through the front door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from local.cloud import LocalCloud
from local.people import Conversation, Person
from shared.commands import COMMANDS
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]
ADMIN = "staff-admin"

WORDS = {
    "帮助": "可用命令",
    "help": "可用命令",
    "/help": "可用命令",
    "/start": "可用命令",
    "模板": "#翻译",
    "/templates": "#翻译",
    "清空": ZH.cleared,
    "重置": ZH.cleared,
    "退出": ZH.cleared,
    "结束": ZH.cleared,
    "\\clear": ZH.cleared,
    "/clear": ZH.cleared,
    "/new": ZH.cleared,
    "/reset": ZH.cleared,
    "/restart": ZH.cleared,
    "重新开始": ZH.cleared,
    "新会话": ZH.cleared,
    "清空上下文": ZH.cleared,
    "#清除记忆": ZH.cleared,
    "单聊": "单聊",
    "/single": "单聊",
    "串聊": "串聊",
    "/context": "串聊",
    "角色": "角色",
    "/persona": "角色",
    "用量": "今天",
    "/usage": "今天",
    "余额": "用量",
    "/balance": "用量",
    "查对话": "username",
    "#查对话": "username",
    "/export": "username",
    "#域名": "example.com",
    "/domain": "example.com",
    "#证书": "example.com",
    "/certificate": "example.com",
    "/cert": "example.com",
    "群ID": "cid",
    "/groupid": "cid",
}
"""Each word as people know it, and a part of what it is answered with. A lone `#域名` or `#证书` explains itself."""


NAMES_PEOPLE = {"用量", "/usage", "查对话", "#查对话", "/export"}
"""Behind these a mention names somebody."""


PRIVATE_ONLY = {"查对话", "#查对话", "/export", "余额", "/balance"}


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda word: word,
    "blanks": lambda word: f"  {word}\u3000\n",
    "upper case": str.upper,
    "full width": wide,
    "mention before": lambda word: f"@小助手 {word}",
    "mention without a blank": lambda word: f"@小助手{word}",
    "unseen characters": lambda word: f"\ufeff@小助手\u200b \u2060{word}\u200d",
    "mention behind": lambda word: f"{word} @小助手",
    "full stop": lambda word: f"{word}。",
}


def test_no_word_is_missing() -> None:
    """The list above is all that is taught, so that a word cannot be lost."""
    known = {word.casefold().lstrip("/\\#") for word in WORDS}
    taught = {word for c in COMMANDS for word in (*c.words, *c.slashed, *c.hashed)}
    assert taught <= known <= taught | {word for c in COMMANDS for word in c.said}


@pytest.fixture(scope="module")
def office() -> Iterator[LocalCloud]:
    from local.cloud import Options

    with LocalCloud(Options(settings={"ADMIN_USERS": ADMIN, "ADMIN_EXPORT": "on"})) as cloud:
        yield cloud


def place_of(cloud: LocalCloud, person: Person, where: str) -> Conversation:
    return cloud.group(person) if where == "group" else cloud.private(person)


@pytest.mark.parametrize("where", ["private", "group"])
@pytest.mark.parametrize("form", FORMS)
def test_every_word_in_every_form(office: LocalCloud, form: str, where: str) -> None:
    """An administrator gets each command's answer, once, without a model call."""
    admin = office.person("Admin", staff_id=ADMIN)
    place = place_of(office, admin, where)
    sent = {
        word: office.compose(admin, FORMS[form](word), place)
        for word in WORDS
        if not (form == "mention behind" and word in NAMES_PEOPLE)
    }
    office.deliver_all(list(sent.values()))
    shown = dict(zip(sent, office.wait_all(list(sent.values()), 100), strict=True))
    wrong = {word: [a.text for a in answers] for word, answers in shown.items() if not is_right(word, answers, where)}
    assert wrong == {}
    assert office.model.requests == []


def is_right(word: str, answers: list[object], where: str) -> bool:
    texts = [str(getattr(answer, "text", "")) for answer in answers]
    private_only = word in PRIVATE_ONLY and where == "group"
    return len(texts) == 1 and (private_only or WORDS[word] in texts[0])


def test_who_may_not_is_told(new_cloud: NewCloud) -> None:
    """A denied person reads one refusal for each word, and nothing is invoked."""
    cloud = new_cloud(DENY_USERS="staff-denied")
    denied = cloud.person("Denied", staff_id="staff-denied")
    sent = [cloud.compose(denied, word) for word in WORDS]
    cloud.deliver_all(sent)
    for message, answers in zip(sent, cloud.wait_all(sent, 60), strict=True):
        assert [answer.via for answer in answers] == ["body"], message.text
        assert "用量" not in answers[0].text
    assert not cloud.invocations(how="async")


def test_admins_words_of_others(cloud: LocalCloud) -> None:
    """`余额` and `查对话` are refused in words; `群ID` is an ordinary question."""
    lin = cloud.person()
    for word in ("余额", "查对话", "#查对话 username:张三"):
        [answer] = cloud.wait(cloud.say(lin, word))
        assert answer.via == "body", word
    assert cloud.model.requests == []
    cloud.wait(cloud.say(lin, "群ID"))
    assert len(cloud.model.requests) == 1


WITH_MORE = {
    "角色": ZH.persona_set,
    "/persona": ZH.persona_set,
    "用量": ZH.usage_nobody,
    "/usage": ZH.usage_nobody,
    "查对话": ZH.export_nobody.partition("{name}")[2],
    "#查对话": ZH.export_nobody.partition("{name}")[2],
    "/export": ZH.export_nobody.partition("{name}")[2],
    "#域名": ZH.domain_usage,
    "/domain": ZH.domain_usage,
    "#证书": ZH.certificate_usage,
    "/certificate": ZH.certificate_usage,
    "/cert": ZH.certificate_usage,
}
"""What a word is answered with that something unknown follows; every other word is an ordinary question then."""


@pytest.mark.parametrize("where", ["private", "group"])
def test_every_word_with_an_unknown_argument(office: LocalCloud, where: str) -> None:
    """A command that takes one says what it makes of it, or how it is used; the others' words are asked."""
    admin = office.person("Admin", staff_id=ADMIN)
    place = place_of(office, admin, where)
    requests = len(office.model.requests)
    shown = dict.fromkeys(WORDS, "")
    for word in WORDS:
        [answer] = office.wait(office.say(admin, f"{word} xyzzy", place))
        shown[word] = answer.text
    asked = {str(request.messages[-1]["content"]) for request in office.model.requests[requests:]}
    assert asked == {f"{word} xyzzy" for word in set(WORDS) - set(WITH_MORE)}
    private_only = NAMES_PEOPLE if where == "group" else set()
    for word, sentence in WITH_MORE.items():
        expected = ZH.refused_only_private if word in private_only else sentence.split("{")[0]
        assert expected in shown[word], word
    office.model.reset()


BROKEN = {
    "清空": ZH.clear_failed,
    "重置": ZH.clear_failed,
    "退出": ZH.clear_failed,
    "结束": ZH.clear_failed,
    "\\clear": ZH.clear_failed,
    "/clear": ZH.clear_failed,
    "/new": ZH.clear_failed,
    "/reset": ZH.clear_failed,
    "/restart": ZH.clear_failed,
    "重新开始": ZH.clear_failed,
    "新会话": ZH.clear_failed,
    "清空上下文": ZH.clear_failed,
    "#清除记忆": ZH.clear_failed,
    "单聊": ZH.not_saved,
    "/single": ZH.not_saved,
    "串聊": ZH.not_saved,
    "/context": ZH.not_saved,
    "角色 诗人": ZH.not_saved,
    "角色 清除": ZH.not_saved,
    "/persona 诗人": ZH.not_saved,
    "角色": ZH.persona_unread,
    "/persona": ZH.persona_unread,
    "用量": ZH.usage_unavailable,
    "/usage": ZH.usage_unavailable,
    "用量 全部": ZH.usage_unavailable,
    "查对话 username:张三": ZH.export_failed,
    "#查对话 username:张三": ZH.export_failed,
}
"""What needs the bucket, and the sentence where it is down; all others are answered as ever."""


def test_every_word_with_the_bucket_down(new_cloud: NewCloud) -> None:
    """Each is still answered once: with its answer, or with a sentence that it did not work."""
    cloud = new_cloud(ADMIN_USERS=ADMIN, ADMIN_EXPORT="on")
    admin = cloud.person("Admin", staff_id=ADMIN)
    cloud.wait(cloud.say(admin, "warm"))
    cloud.disk_fails("permission")
    sent = [cloud.compose(admin, word) for word in {**WORDS, **BROKEN}]
    cloud.deliver_all(sent)
    for message, answers in zip(sent, cloud.wait_all(sent, 100), strict=True):
        assert len(answers) == 1, message.text
        expected = BROKEN[message.text].split("{")[0] if message.text in BROKEN else WORDS[message.text]
        assert expected in answers[0].text, message.text


@pytest.mark.parametrize("word", ["/nosuch", "\\不存在"])
def test_an_unknown_word_is_told(cloud: LocalCloud, word: str) -> None:
    """A lone slash word that is no command; `reply` is not invoked."""
    sent = cloud.say(cloud.person(), word)
    assert json.loads(sent.body)
    assert [answer.via for answer in cloud.wait(sent)] == ["body"]


def test_a_session_ends_on_the_local_cloud(new_cloud: NewCloud) -> None:
    """With a moved clock: the context is forgotten, told once in the next answer's first line."""
    cloud = new_cloud(SESSION_TIMEOUT="600")
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "first"))
    cloud.advance(601)
    [answer] = cloud.wait(cloud.say(lin, "second"))
    assert answer.text.startswith(ZH.session_ended[:8])
    assert [m["content"] for m in cloud.model.requests[-1].messages] == ["second"]
    [answer] = cloud.wait(cloud.say(lin, "third"))
    assert not answer.text.startswith(ZH.session_ended[:8])
