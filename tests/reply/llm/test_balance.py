"""What a provider says is left: asked with the key and through the proxy, and nothing is made up."""

from __future__ import annotations

import pytest

from reply.llm.balance import LARGEST_BODY
from reply.services import Balance
from shared.errors import BalanceUnknown
from tests.reply.llm.conftest import KEY, Setup
from tests.reply.llm.server import RESET, response

SECONDS = 5.0


def deepseek(*infos: object) -> bytes:
    return response(200, {"is_available": True, "balance_infos": list(infos)})


def info(total: object, currency: str = "CNY") -> dict[str, object]:
    return {"currency": currency, "total_balance": total, "granted_balance": "0.00", "topped_up_balance": total}


def test_deepseek(setup: Setup) -> None:
    """Its own address, without the `/v1`; each currency is told, an empty account too."""
    setup.server.then(deepseek(info("110.00"), info("0.00", "USD")))
    model = setup.model(base_url="http://api.deepseek.com/v1", proxy=f"http://{setup.server.address}")
    assert model.balance(SECONDS) == [Balance("110.00", "CNY"), Balance("0.00", "USD")]
    [request] = setup.server.requests
    assert request.line.split()[:2] == ["GET", "http://api.deepseek.com/user/balance"]
    assert request.key == KEY


def relay(setup: Setup, granted: object, used: object) -> list[Balance]:
    setup.server.then(response(200, granted)).then(response(200, used))
    return list(setup.model().balance(SECONDS))


def test_a_relay(setup: Setup) -> None:
    """The granted amount and what was used of it, which is told in hundredths."""
    found = relay(setup, {"hard_limit_usd": 20.5, "access_until": 0}, {"object": "list", "total_usage": 312.0})
    assert found == [Balance(granted="20.50", used="3.12")]
    assert [request.line.split()[1] for request in setup.server.requests] == [
        "/v1/dashboard/billing/subscription",
        "/v1/dashboard/billing/usage",
    ]
    assert {request.key for request in setup.server.requests} == {KEY}


@pytest.mark.parametrize(
    ("until", "expires_at"),
    [(1_800_000_000, 1_800_000_000), (0, 0), (-1, 0), (None, 0), ("soon", 0), (10**18, 0), (1.5, 0)],
)
def test_an_expiry_is_told_only_when_there_is_one(setup: Setup, until: object, expires_at: int) -> None:
    """Never 1970-01-01."""
    [found] = relay(setup, {"hard_limit_usd": 1, "access_until": until}, {"total_usage": 0})
    assert found.expires_at == expires_at


def test_nothing_is_remembered(setup: Setup) -> None:
    """Each time is asked anew."""
    model = setup.model()
    for used in (100, 200):
        setup.server.then(response(200, {"hard_limit_usd": 5})).then(response(200, {"total_usage": used}))
    assert [model.balance(SECONDS)[0].used for _ in range(2)] == ["1.00", "2.00"]


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        (response(404, "no such page"), False),
        (response(405, ""), False),
        (response(200, "<html>welcome</html>"), False),
        (response(200, b"\xff\xfe"), False),
        (response(200, ""), False),
        (response(401, {"error": {"message": "who are you"}}), True),
        (response(403, {}), True),
        (response(429, {"hard_limit_usd": 5}), True),
        (response(500, {"hard_limit_usd": 5}), True),
        (response(302, "", location="http://127.0.0.1:1/"), True),
        (response(200, {"error": {"message": "no such token"}}), True),
        (response(200, []), True),
        (response(200, {}), True),
        (response(200, {"hard_limit_usd": None}), True),
        (response(200, {"hard_limit_usd": "much"}), True),
        (response(200, {"hard_limit_usd": True}), True),
        (response(200, b'{"hard_limit_usd": NaN}'), True),
        (response(200, b'{"hard_limit_usd": 1e999}'), True),
        (response(200, {"hard_limit_usd": 100_000_000}), False),
        (response(200, b'{"hard_limit_usd": 5' + b" " * LARGEST_BODY + b"}"), True),
        (b"no HTTP at all\r\n\r\n", True),
    ],
)
def test_whatever_else_comes_is_no_balance(setup: Setup, answer: bytes, offered: bool) -> None:
    """Every status is looked at, errors under status 200 too; nothing becomes zero."""
    setup.server.then(answer).then(response(200, {"total_usage": 100}))
    with pytest.raises(BalanceUnknown) as raised:
        setup.model().balance(SECONDS)
    assert raised.value.offered == offered


@pytest.mark.parametrize("answer", [response(500, {}), response(200, {}), response(200, {"total_usage": "x"})])
def test_half_an_answer_is_none(setup: Setup, answer: bytes) -> None:
    """A granted amount alone is not what is left."""
    setup.server.then(response(200, {"hard_limit_usd": 5})).then(answer)
    with pytest.raises(BalanceUnknown):
        setup.model().balance(SECONDS)


@pytest.mark.parametrize("infos", [[], ["x"], [info(None)], [info("x")], [info("")]])
def test_deepseek_without_a_balance(setup: Setup, infos: list[object]) -> None:
    """No row, or a row without an amount."""
    setup.server.then(deepseek(*infos))
    with pytest.raises(BalanceUnknown):
        setup.model(base_url="http://api.deepseek.com", proxy=f"http://{setup.server.address}").balance(SECONDS)


def test_a_server_that_says_nothing(setup: Setup) -> None:
    """The time-out holds, and a broken connection is no balance either."""
    pause = setup.server.pause()
    setup.server.then(pause)
    with pytest.raises(BalanceUnknown):
        setup.model().balance(0.2)
    pause.set()
    setup.server.scripts = [[RESET]]
    with pytest.raises(BalanceUnknown):
        setup.model().balance(SECONDS)


def test_openai_and_azure_are_not_asked(setup: Setup) -> None:
    """They have closed it to keys: nothing is sent to them."""
    model = setup.model(base_url="https://api.openai.com/v1", proxy=f"http://{setup.server.address}")
    with pytest.raises(BalanceUnknown) as raised:
        model.balance(SECONDS)
    assert not raised.value.offered
    assert setup.server.requests == []
