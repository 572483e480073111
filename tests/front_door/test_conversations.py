"""Conversations through the front door: who sees which context, quotes, commands, groups."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.cloud import LocalCloud, Quote, Reply
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]


def last_prompt(cloud: LocalCloud) -> list[str]:
    return [message["content"] for message in cloud.model.requests[-1].messages]


def test_context_is_kept_and_cleared(cloud: LocalCloud) -> None:
    """The next question sees the last; after `\\clear` it does not."""
    lin = cloud.person()
    cloud.model.script(Reply(text="hi Lin"))
    cloud.wait(cloud.say(lin, "I am Lin"))
    cloud.wait(cloud.say(lin, "who am I?"))
    assert last_prompt(cloud) == ["I am Lin", "hi Lin", "who am I?"]
    [answer] = cloud.wait(cloud.say(lin, "\\clear"))
    assert answer.text == ZH.cleared
    cloud.wait(cloud.say(lin, "who am I?"))
    assert last_prompt(cloud) == ["who am I?"]


@pytest.mark.parametrize("words", ["\\clear", "/clear", "清空", "重置", "＼ＣＬＥＡＲ", "／clear ", "\u3000\\Clear"])
@pytest.mark.parametrize("where", ["private", "group"])
def test_clear_in_all_its_forms(cloud: LocalCloud, words: str, where: str) -> None:
    """Case, full width, blanks and the space a group adds do not matter."""
    lin = cloud.person()
    place = cloud.private(lin) if where == "private" else cloud.group(lin)
    [answer] = cloud.wait(cloud.say(lin, words, place))
    assert ZH.cleared in answer.text
    assert cloud.model.requests == []


@pytest.mark.parametrize(
    ("words", "cleared"),
    [("重新开始。", True), ("清空对话！", True), ("重新开始？", False), ("重新开始。我们聊茶。", False)],
)
def test_a_spoken_word_is_a_command(cloud: LocalCloud, words: str, cleared: bool) -> None:
    """What DingTalk recognised has a mark behind it; whatever asks or says more goes to the model."""
    lin = cloud.person()
    [answer] = cloud.wait(cloud.say(lin, words, kind="audio"))
    assert (answer.text == ZH.cleared) is cleared
    assert len(cloud.model.requests) == (not cleared)


@pytest.mark.parametrize(
    ("words", "asked"),
    [("/foo", 0), ("\\什么", 0), ("/api/users gives 500, why?", 1), ("\\frac{a}{b}", 1), ("/" + "x" * 21, 1)],
)
def test_only_a_lone_slash_word_is_an_unknown_command(cloud: LocalCloud, words: str, asked: int) -> None:
    """Everything else is a question."""
    [answer] = cloud.wait(cloud.say(cloud.person(), words))
    assert len(cloud.model.requests) == asked
    assert (answer.via == "body") == (asked == 0)


def test_group_members_have_contexts_of_their_own(cloud: LocalCloud) -> None:
    """In a group nobody reads what another one asked; the asker is mentioned."""
    lin, zhou = cloud.person("Lin"), cloud.person("Zhou")
    room = cloud.group(lin, zhou)
    [answer] = cloud.wait(cloud.say(lin, "mine", room))
    assert answer.mentions == (lin.staff_id,)
    assert f"@{lin.staff_id}" in answer.text
    cloud.wait(cloud.say(zhou, "whose?", room))
    assert last_prompt(cloud) == ["whose?"]
    cloud.wait(cloud.say(lin, "again", room))
    assert last_prompt(cloud)[0] == "mine"
    cloud.wait(cloud.say(lin, "private"))
    assert last_prompt(cloud) == ["private"]


def test_a_group_can_share_one_context(new_cloud: NewCloud) -> None:
    """CONTEXT_SCOPE=group."""
    cloud = new_cloud(CONTEXT_SCOPE="group")
    lin, zhou = cloud.person("Lin"), cloud.person("Zhou")
    room = cloud.group(lin, zhou)
    cloud.wait(cloud.say(lin, "ours", room))
    cloud.wait(cloud.say(zhou, "whose?", room))
    assert last_prompt(cloud)[0] == "ours"


def test_a_person_without_staff_id_is_served(cloud: LocalCloud) -> None:
    """No staff id: no mention, and a context of their own."""
    guest = cloud.person("Guest", staff_id="")
    room = cloud.group(guest)
    cloud.wait(cloud.say(guest, "first", room))
    [answer] = cloud.wait(cloud.say(guest, "second", room))
    assert answer.mentions == ()
    assert last_prompt(cloud)[0] == "first"


@pytest.mark.parametrize("shape", ["text", "content", "richText", "legacy"])
def test_quoted_text_stands_before_the_question(cloud: LocalCloud, shape: str) -> None:
    """Marked as a quote, in every shape DingTalk sends."""
    cloud.wait(cloud.say(cloud.person(), "why?", quote=Quote("the sky is blue", shape=shape)))
    [prompt] = last_prompt(cloud)
    assert prompt.index("the sky is blue") < prompt.index("why?")


@pytest.mark.parametrize("shape", ["card", "unknownMsgType", "encrypted", "id", "picture"])
def test_an_unreadable_quote_is_said_so(cloud: LocalCloud, shape: str) -> None:
    """Nothing is invented, ciphertext is dropped, and the question is answered."""
    cloud.wait(cloud.say(cloud.person(), "why?", quote=Quote("", shape=shape)))
    [prompt] = last_prompt(cloud)
    assert prompt == ZH.quote_unreadable.format(question="why?")


@pytest.mark.parametrize("kind", ["topLevelContent", "contentAsString", "markdown"])
def test_odd_shapes_of_text_are_read(cloud: LocalCloud, kind: str) -> None:
    """`content` at the top level, `content` as a JSON string, markdown sent by an API."""
    sent = cloud.say(cloud.person(), "hello there", kind=kind)
    [answer] = cloud.wait(sent)
    assert "hello there" in answer.text


def test_nothing_about_a_person_reaches_the_provider(cloud: LocalCloud) -> None:
    """No staff id, no sender id, no name, no conversation id in what the model is sent."""
    lin = cloud.person("Lin Zhiyuan")
    cloud.wait(cloud.say(lin, "hello", cloud.group(lin)))
    [request] = cloud.model.requests
    sent = str(request.body) + str(request.headers)
    assert lin.staff_id not in sent
    assert lin.sender_id not in sent
    assert "Zhiyuan" not in sent


def test_quoting_an_answer_shows_no_staff_id(cloud: LocalCloud) -> None:
    """In a group every answer begins with the asker's staff id; whoever quotes it does not send that to the model."""
    lin, zhou = cloud.person("Lin"), cloud.person("Zhou")
    room = cloud.group(lin, zhou)
    cloud.model.script(Reply(text="long " * 900))
    first, *_ = cloud.wait(cloud.say(lin, "tell me more", room), 2)
    assert first.text.startswith(f"@{lin.staff_id}")
    for person in (lin, zhou):
        cloud.wait(cloud.say(person, "what is this?", room, quote=Quote(first.text)))
        assert "long long" in last_prompt(cloud)[-1]
        assert not [text for text in last_prompt(cloud) if lin.staff_id in text]


def test_a_long_table_is_readable_in_every_part(cloud: LocalCloud) -> None:
    """Each part has the head, and whole rows under it."""
    head, rows = "| no. | what |\n|---|---|", [f"| {n} | {'some words ' * 12}{n} |" for n in range(60)]
    cloud.model.script(Reply(text="\n".join(["Here you are:", "", head, *rows])))
    parts = cloud.wait(cloud.say(cloud.person(), "a table please"), 3)
    assert all(part.text.count(head) == 1 for part in parts)
    shown = [line for part in parts for line in part.text.splitlines() if line.startswith("| ")]
    assert [line for line in shown if line not in head] == rows


def test_english(new_cloud: NewCloud) -> None:
    """LANGUAGE=en: every sentence people read is English."""
    cloud = new_cloud(LANGUAGE="en")
    [answer] = cloud.wait(cloud.say(cloud.person(), "/clear"))
    assert answer.text == wording("en").cleared


def test_plain_text_replies(new_cloud: NewCloud) -> None:
    """REPLY_FORMAT=text."""
    cloud = new_cloud(REPLY_FORMAT="text")
    cloud.model.script(Reply(text="**as is**"))
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    assert (answer.kind, answer.text) == ("text", "**as is**")


def test_the_system_prompt_comes_first(new_cloud: NewCloud) -> None:
    """SYSTEM_PROMPT is sent with every question, and with nothing else of ours."""
    cloud = new_cloud(SYSTEM_PROMPT="be brief")
    cloud.wait(cloud.say(cloud.person(), "hello"))
    assert cloud.model.requests[-1].messages == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hello"},
    ]
