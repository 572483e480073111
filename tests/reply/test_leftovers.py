"""What a killed run leaves on the bucket, and who clears it away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reply.answer import answer, apologise
from shared.message import Message
from tests.reply.kit import World, message

END = {"FC's retry": answer, "FC's failure destination": apologise}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def _ended(world: World, finish: Callable[..., str], what: Message) -> str:
    return finish(what, world.services(), world.until())


@pytest.mark.parametrize("finish", END.values(), ids=END)
def test_a_note_of_an_open_question_does_not_outlive_its_record(world: World, finish: Callable[..., str]) -> None:
    """Killed between the record and the removal of the note: whoever finds the record removes the note."""
    _ended(world, answer, message())
    [record] = world.files("records")
    record.with_name(f"{message().turn_id}.open").write_bytes(b"{}")
    assert _ended(world, finish, message()) == "done"
    assert world.files("records") == [record]
    assert len(world.chat.seen) == 1
