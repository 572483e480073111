"""How old a message's signature may be: `reply` holds it, too, whatever `conversation` let through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reply.answer import COMMANDS, OF_THE_STORED, answer
from reply.conversation import Document
from reply.limits import COUNTED
from reply.store import ConversationKey
from shared.message import FRESH_MS
from tests.reply.kit import NOW, ZH, Killed, World, message

NOW_MS = int(NOW * 1000)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Somebody has asked something and given a persona."""
    world = World(tmp_path)
    world.settings = replace(world.settings, system_prompt="Be brief.", session_seconds=600)
    for text, command in (("a pirate", "persona"), ("the merger is on Friday", "")):
        say(world, text, id=text, command=command, age_ms=0)
    return world


def say(world: World, text: str, *, age_ms: int, id: str = "asked", command: str = "", at: float = 0.0) -> str:
    world.chat.seen.clear()
    world.clock.sleep(1)
    at = at or world.clock.time
    made = message(text, id=id, at=at, command=command, role="admin", signed_at=int(at * 1000) - age_ms)
    answer(made, world.services(), world.until())
    [seen] = world.chat.seen
    return seen


def document(world: World) -> Document:
    return world.services().store.load(ConversationKey("robot1", "cid1", "user1")).document


def prompt(world: World) -> list[str]:
    return [asked.content for asked in world.model.asked[-1]]


@pytest.mark.parametrize("command", sorted(OF_THE_STORED))
@pytest.mark.parametrize("text", ["", "清除", "全部"])
def test_commands_of_old_messages(world: World, command: str, text: str) -> None:
    """Refused in words; no value of the conversation changes."""
    before = document(world).values
    assert say(world, text, command=command, age_ms=FRESH_MS + 1) == ZH.refused_stale
    assert document(world).values == before
    assert "refused.0.json" in world.records()


def test_every_command_is_of_the_stored_or_shows_what_everybody_may_know() -> None:
    """A new command of `reply` is one of them, or somebody has thought about it."""
    assert set(COMMANDS) - OF_THE_STORED == COUNTED == {"domain", "certificate"}


@pytest.mark.parametrize("age_ms", [FRESH_MS + 1, 3_600_000, NOW_MS])
def test_questions_of_old_messages(world: World, age_ms: int) -> None:
    """Without context and persona; said so; never part of a later prompt."""
    seen = say(world, "repeat it", age_ms=age_ms)
    assert seen == f"echo: repeat it\n\n{ZH.answered_late}"
    assert prompt(world) == ["Be brief.", "repeat it"]
    say(world, "go on", id="next", age_ms=0)
    assert prompt(world) == [
        "Be brief.\n\na pirate",
        "the merger is on Friday",
        "echo: the merger is on Friday",
        "go on",
    ]


@pytest.mark.parametrize("age_ms", [FRESH_MS, 0, -FRESH_MS])
def test_the_age_at_the_bound(world: World, age_ms: int) -> None:
    """Five minutes are fresh, and so is a clock that is a little behind."""
    assert say(world, "go on", age_ms=age_ms) == "echo: go on"
    assert "the merger is on Friday" in prompt(world)


def test_the_age_counts_at_the_hand_over(world: World) -> None:
    """A message that waited in FC's queue, or for FC's retry, is as fresh as it was."""
    handed_over = world.clock.time + 1
    world.clock.sleep(9 * 60)
    assert say(world, "go on", age_ms=FRESH_MS, at=handed_over) == "echo: go on"
    assert "the merger is on Friday" in prompt(world)


def test_an_event_that_does_not_say(world: World) -> None:
    """An earlier version's: it is asked with its context."""
    assert say(world, "go on", age_ms=int(world.clock.time * 1000) + 1000) == "echo: go on"
    assert "the merger is on Friday" in prompt(world)


def test_no_session_ends_with_an_old_message(world: World) -> None:
    """Nor is anybody told that there was one; the next fresh message ends it."""
    world.clock.sleep(601)
    assert "echo: x" in say(world, "x", age_ms=FRESH_MS + 1)
    assert "expired" not in document(world).values


def test_a_retry_of_an_old_message(world: World) -> None:
    """What a dead run left is taken over as old as it was."""
    world.chat.errors = [RuntimeError("a defect")]
    seen = say(world, "repeat it", age_ms=FRESH_MS + 1)
    assert "the merger" not in seen
    assert prompt(world) == ["Be brief.", "repeat it"]


def test_the_very_callback_again_is_shown_a_saved_answer(world: World) -> None:
    """Saved, and its run dead before it was shown: whoever delivers it again is shown it, or nobody ever would be."""
    world.chat.errors = [Killed()]
    at = int(world.clock.time * 1000)
    asked = message("go on", id="asked", signed_at=at)
    with pytest.raises(Killed):
        answer(asked, world.services(), world.until())
    again = replace(asked, handover="another", reply_to=replace(asked.reply_to, webhook=asked.reply_to.webhook + "d"))
    assert answer(again, world.services(), world.until()) == "duplicate"
    world.clock.sleep(181)
    assert answer(again, world.services(), world.until()) == "answered"
    assert answer(again, world.services(), world.until()) == "done"
    assert world.chat.seen[-1] == "echo: go on"
