"""The command that tells what is left with the provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from reply.answer import answer
from reply.commands.others import FRESH_MS
from reply.services import Balance
from shared.errors import BalanceUnknown
from tests.reply.kit import NOW, ZH, World, message


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ask(world: World, role: str = "admin", **changes: object) -> str:
    fields: dict[str, object] = {"command": "balance", "role": role, "signed_at": int(NOW * 1000), **changes}
    answer(message("", **fields), world.services(), world.until())  # type: ignore[arg-type]  # as its fields want them
    return world.chat.seen[-1]


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([Balance("110.00", "CNY")], ["余额 `110.00 CNY`"]),
        ([Balance("1.00", "CNY"), Balance("0.00", "USD")], ["余额 `1.00 CNY`", "余额 `0.00 USD`"]),
        ([Balance(granted="20.50", used="3.12")], ["额度 `20.50`，已用 `3.12`"]),
        ([Balance(granted="1.00", used="0.00", expires_at=int(NOW))], ["额度 `1.00`，已用 `0.00`，2026-09-21 到期"]),
    ],
)
def test_what_is_left(world: World, found: list[Balance], lines: list[str]) -> None:
    """As the provider tells it."""
    world.model.balances = found
    expected = ZH.balance_found.format(lines="\n".join(f"- {line}" for line in lines))
    assert ask(world) == expected
    assert world.model.asked == []


@pytest.mark.parametrize(("offered", "sentence"), [(False, ZH.balance_not_offered), (True, ZH.balance_failed)])
def test_a_provider_that_does_not_tell(world: World, offered: bool, sentence: str) -> None:
    """A sentence that points to what the bot itself has counted; the provider's words go to the log only."""
    world.model.balances = BalanceUnknown("status 500 of organisation 42", offered=offered)
    assert ask(world) == sentence
    assert "用量" in sentence
    assert world.lines("balance_unknown")[0]["provider_error"] == "status 500 of organisation 42"


@pytest.mark.parametrize("role", ["", "vip"])
def test_it_is_for_administrators(world: World, role: str) -> None:
    """Also when an event that `conversation` should have stopped comes this far."""
    world.model.balances = [Balance("110.00", "CNY")]
    assert ask(world, role) == ZH.refused_admins_only


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"group": True}, ZH.refused_only_private),
        ({"signed_at": int(NOW * 1000) - FRESH_MS - 1}, ZH.refused_stale),
        ({"signed_at": 0}, ZH.refused_stale),
    ],
)
def test_it_is_for_private_chats(world: World, changes: dict[str, object], refused: str) -> None:
    """What the company has left is not for a group to see, nor for whoever kept an old signature."""
    world.model.balances = [Balance("110.00", "CNY")]
    assert refused in ask(world, **changes)
    assert "110.00" not in str(world.chat.seen)
