"""Modes, persona, expiry and length: what holds for a question, and who is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reply.answer import answer
from reply.commands.persona import LONGEST_PERSONA
from reply.services import Answer
from shared.errors import DeliveryDelayed
from tests.reply.kit import NOW, ZH, World, message


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class Talk:
    """One person talking, a second between messages unless told otherwise."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = 0

    def say(self, text: str = "", command: str = "", after: float = 1.0) -> str:
        self.number += 1
        self.world.clock.time += after
        at = self.world.clock.time
        what = message(text, id=f"m{self.number}", at=at, command=command)
        answer(what, self.world.services(), self.world.until())
        return self.world.chat.seen[-1]

    @property
    def prompt(self) -> list[str]:
        return [m.content for m in self.world.model.asked[-1]]


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def test_single_questions_stand_alone(talk: Talk) -> None:
    """After 单聊 no context goes in and none is made; after 串聊 the earlier context goes on."""
    talk.say("q1")
    assert talk.say(command="single") == ZH.mode_single.format(returns="").rstrip()
    talk.say("q2")
    assert talk.prompt == ["q2"]
    assert talk.say(command="context") == ZH.mode_context.format(returns="").rstrip()
    talk.say("q3")
    assert talk.prompt == ["q1", "echo: q1", "q3"]


def test_no_context_is_promised_where_none_is_kept(talk: Talk) -> None:
    """With HISTORY_LENGTH=0 串聊 says that each question stands on its own all the same, and so it does."""
    talk.world.settings = replace(talk.world.settings, rounds=0)
    assert talk.say(command="context") == ZH.mode_no_context.format(returns="").rstrip()
    talk.say("first")
    talk.say("second")
    assert [m.content for m in talk.world.model.asked[-1]] == ["second"]


def test_the_default_mode_is_a_setting(talk: Talk) -> None:
    """DEFAULT_MODE=单聊."""
    talk.world.settings = replace(talk.world.settings, default_single=True)
    talk.say("q1")
    talk.say("q2")
    assert talk.prompt == ["q2"]
    talk.say(command="context")
    talk.say("q3")
    talk.say("q4")
    assert talk.prompt == ["q3", "echo: q3", "q4"]


def test_clear_ends_mode_and_persona(talk: Talk) -> None:
    """重置 forgets all three."""
    talk.say("q1")
    talk.say(command="single")
    talk.say("你是诗人", command="persona")
    talk.say(command="clear")
    talk.say("q2")
    talk.say("q3")
    assert talk.prompt == ["q2", "echo: q2", "q3"]


ENDED = ZH.session_ended.format(mode=ZH.name_context)


@pytest.mark.parametrize(("after", "ended"), [(600.0, False), (600.001, True)])
def test_a_session_ends_after_its_last_use(talk: Talk, after: float, ended: bool) -> None:
    """At SESSION_TIMEOUT it lives, past it the context is forgotten, and the next answer says so once."""
    talk.world.settings = replace(talk.world.settings, session_seconds=600)
    talk.say("q1")
    talk.say("q2", after=599)
    shown = talk.say("q3", after=after)
    assert shown == (f"{ENDED}\n\necho: q3" if ended else "echo: q3")
    assert ("q1" in talk.prompt) != ended
    assert talk.say("q4") == "echo: q4"
    assert talk.prompt[-3:] == ["q3", "echo: q3", "q4"]


@pytest.mark.parametrize("command", ["usage", "context", "single", "persona", "clear"])
def test_a_command_does_not_bring_an_ended_session_back(talk: Talk, command: str) -> None:
    """The first message after the end may be a command: it says so once, and the context stays forgotten."""
    talk.world.settings = replace(talk.world.settings, session_seconds=600)
    talk.say("q1")
    assert talk.say(command=command, after=601).startswith(ENDED)
    talk.say(command="context")
    talk.say("q2")
    assert talk.prompt == ["q2"]


def test_a_chosen_mode_ends_with_its_session(talk: Talk) -> None:
    """The default returns; the person was told when it would. The persona stays."""
    talk.world.settings = replace(talk.world.settings, session_seconds=600)
    returns = ZH.mode_returns.format(minutes=10, mode=ZH.name_context)
    assert talk.say(command="single") == ZH.mode_single.format(returns=returns)
    talk.say("你是诗人", command="persona")
    talk.say("q1")
    assert talk.say("q2", after=601) == f"{ENDED}\n\necho: q2"
    talk.say("q3")
    assert talk.prompt == ["你是诗人", "q2", "echo: q2", "q3"]


def test_a_session_with_nothing_to_forget_does_not_end(talk: Talk) -> None:
    """Nobody is told about a context that never was."""
    talk.world.settings = replace(talk.world.settings, session_seconds=600)
    talk.say(command="clear")
    assert talk.say("q1", after=5000) == "echo: q1"


def test_the_end_is_told_after_a_retry_too(talk: Talk) -> None:
    """The first line is part of the answer that FC's retry delivers."""
    talk.world.settings = replace(talk.world.settings, session_seconds=600)
    talk.say("q1")
    talk.world.clock.time += 601
    late = message("q2", id="late", at=talk.world.clock.time)
    talk.world.chat.errors = [DeliveryDelayed("-1")]
    with pytest.raises(DeliveryDelayed):
        answer(late, talk.world.services(), talk.world.until())
    answer(late, talk.world.services(), talk.world.until())
    assert talk.world.chat.seen[-1] == f"{ENDED}\n\necho: q2"


def test_a_persona_of_ones_own(talk: Talk) -> None:
    """Set, shown, used behind the system prompt, removed."""
    talk.world.settings = replace(talk.world.settings, system_prompt="be brief")
    assert talk.say(command="persona") == ZH.persona_none
    assert talk.say("你是诗人", command="persona") == ZH.persona_set.format(persona="你是诗人")
    assert talk.say(command="persona") == ZH.persona_shown.format(persona="你是诗人")
    talk.say("q1")
    assert talk.prompt == ["be brief\n\n你是诗人", "q1"]
    assert talk.say("ＣＬＥＡＲ", command="persona") == ZH.persona_removed
    assert talk.say("清除。", command="persona") == ZH.persona_removed
    talk.say("q2")
    assert talk.prompt == ["be brief", "q1", "echo: q1", "q2"]


@pytest.mark.parametrize(("size", "kept"), [(LONGEST_PERSONA, True), (LONGEST_PERSONA + 1, False)])
def test_a_persona_has_a_limit(talk: Talk, size: int, kept: bool) -> None:
    """It goes with every question: the sentence has both numbers."""
    shown = talk.say("字" * size, command="persona")
    if not kept:
        assert shown == ZH.persona_too_long.format(size=size, limit=LONGEST_PERSONA)
    talk.say("q1")
    assert len(talk.prompt) == (2 if kept else 1)


@pytest.mark.parametrize("command", ["single", "context", "persona"])
def test_settings_on_a_broken_bucket_are_explained(talk: Talk, command: str) -> None:
    """Nobody is told that something was set when it was not."""
    talk.world.mount.rmdir()
    talk.world.mount.write_text("not a directory")
    assert talk.say("你是诗人", command=command).startswith(ZH.not_saved[:20])


@pytest.mark.parametrize(("limit", "rounds"), [(0, 3), (20, 3), (19, 2), (14, 2), (13, 1), (8, 1), (7, 0), (1, 0)])
def test_the_oldest_rounds_go_first(talk: Talk, limit: int, rounds: int) -> None:
    """MAX_TEXT bounds the whole prompt in estimated tokens: a round here has 6, the question 2; it always goes."""
    for number in range(3):
        talk.say(f"q{number}")
    talk.world.settings = replace(talk.world.settings, prompt_tokens=limit)
    talk.say("q9")
    asked = [content for content in talk.prompt if content.startswith("q")]
    assert asked == [*(f"q{number}" for number in range(3 - rounds, 3)), "q9"]


def test_sensitive_words_are_masked_and_not_remembered(talk: Talk) -> None:
    """What the person does not see does not come back through the context."""
    talk.world.sensitive = ("秘密",)
    talk.world.model.queue = [Answer("这是秘密的事", "fake")]
    assert talk.say("q1") == "这是🚫🚫的事"
    talk.say("q2")
    assert "秘密" not in str(talk.prompt)


def test_two_people_in_a_group_do_not_share_modes(world: World) -> None:
    """Mode and persona belong to the context, and the context to the person."""
    room = {"group": True, "conversation_id": "cidG"}
    first = message("你是诗人", id="m1", command="persona", **room)
    answer(first, world.services(), world.until())
    other = replace(message("q", id="m2", at=NOW + 1, **room), sender=replace(first.sender, id="user2"))
    answer(other, world.services(), world.until())
    assert [m.content for m in world.model.asked[-1]] == ["q"]
