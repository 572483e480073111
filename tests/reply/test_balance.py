"""The command that tells what is left with the provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from reply.answer import answer
from reply.services import Balance
from shared.errors import BalanceUnknown
from tests.reply.kit import NOW, ZH, World, message


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ask(world: World, role: str = "admin", **changes: object) -> str:
    answer(message("", command="balance", role=role, **changes), world.services(), world.until())
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
    """As the provider tells it, in groups as in private chats."""
    world.model.balances = found
    expected = ZH.balance_found.format(lines="\n".join(f"- {line}" for line in lines))
    assert ask(world) == expected
    assert ask(world, id="m2", group=True) == expected
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
