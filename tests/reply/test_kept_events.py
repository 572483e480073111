"""The last two versions' events: `conversation` and `reply` are not replaced at the same moment, in either order."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.versions import of_version
from reply.answer import answer
from shared.message import VERSION, Message
from tests.documents import ROOT
from tests.reply.kit import ZH, World

KEPT = sorted((ROOT / "tests" / "fixtures" / "events").glob("*.json"))
"""Events as `conversation` wrote them, oldest first; the newest has the form of today."""


def fields(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_kept_events_are_answered(path: Path, tmp_path: Path) -> None:
    """What an earlier `conversation` handed over is answered like today's, with every field that it had."""
    kept, world = fields(path), World(tmp_path)
    message = Message.from_event(path.read_bytes())
    assert {name: value for name, value in json.loads(message.to_event()).items() if name in kept} == kept
    assert answer(message, world.services(), world.until(180)) == "answered"
    assert world.chat.seen == ["echo: 你好"]


def test_the_newest_kept_event_has_the_form_of_today() -> None:
    """Whoever changes the form of the event keeps the new one beside the old: the last two versions' are here."""
    assert len(KEPT) >= 2
    newest = fields(KEPT[-1])
    written = json.loads(Message.from_event(KEPT[-1].read_bytes()).to_event())
    assert written == newest, "add a file with the new form to tests/fixtures/events, and leave the last one as it is"
    assert newest["v"] == VERSION


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_an_event_of_tomorrow_is_answered_or_explained(path: Path, tmp_path: Path) -> None:
    """One with a field more is answered; one of another version is explained to the person and in the log."""
    added = Message.from_event(of_version("newer", path.read_bytes()))
    higher = replace(Message.from_event(of_version("newer-breaking", path.read_bytes())), id="another")
    world = World(tmp_path)
    assert answer(added, world.services(), world.until(180)) == "answered"
    assert answer(higher, world.services(), world.until(180)) == "failed"
    assert world.chat.seen == ["echo: 你好", ZH.failed_version.format(request_id=higher.request_id)]
    [line] = world.lines("later_version")
    assert (line["found"], line["wanted"]) == (VERSION + 1, VERSION)
