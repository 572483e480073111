"""A wrong or reset robot secret is not silent: what looks like DingTalk and nobody signed is one WARNING an hour."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .kit import FIXTURES, Bench, payload, question

OTHER = "the secret after it was reset"


def level(bench: Bench, body: object, **more: Any) -> str:
    """The level of the request's one line; it was answered as every other that is not signed."""
    result = bench.post(body, **{"headers": bench.headers(secret=OTHER), **more})
    assert (result.status, result.text) == (401, '{"error": "Unauthorized"}')
    line = result.line
    assert line["event"] == ("signature_unknown" if line["level"] == "WARNING" else "rejected")
    assert ("remedy" in line) == (line["level"] == "WARNING")
    return str(line["level"])


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_every_kind_of_callback_is_known(name: str) -> None:
    """Texts, pictures, quotes, cards, from groups and from outside the organisation."""
    assert level(Bench(), payload(name)) == "WARNING"


def test_once_an_hour_and_instance() -> None:
    """The others are INFO; the next hour begins when the last line was written; another instance writes its own."""
    bench = Bench()
    assert [level(bench, question("?")) for _ in range(3)] == ["WARNING", "INFO", "INFO"]
    bench.clock.sleep(3599)
    assert level(bench, question("?")) == "INFO"
    bench.clock.sleep(1)
    assert [level(bench, question("?")) for _ in range(2)] == ["WARNING", "INFO"]
    bench.clock.sleep(-7200)
    assert level(bench, question("?")) == "WARNING"
    assert level(Bench(), question("?")) == "WARNING"


def test_what_the_line_says() -> None:
    """Which robot the request claims to be, and what to do; neither the words nor the headers."""
    bench = Bench()
    headers = bench.headers(secret=OTHER)
    line = bench.post(question("a secret plan", robotCode="dingabc123"), headers=headers).line
    assert line["claimed_robot"] == "dingabc123"
    assert "was a robot's secret reset" in line["remedy"]
    assert not any(word in json.dumps(line) for word in ("secret plan", headers["sign"], headers["timestamp"]))


def test_a_robot_that_cannot_be_one_is_not_repeated() -> None:
    """A line has no words of whoever sent the request."""
    for claimed in ("a b", "\u202e", "<script>", "x\ny", 5, None, ["dingabc"]):
        assert (
            "claimed_robot"
            not in Bench().post(question("?", robotCode=claimed), headers={**Bench().headers(secret=OTHER)}).line
        )


GOOD = question("?")
SCANNERS: list[Any] = ["", "{}", "[]", "null", "no JSON", "{" * 30_000, '{"msgtype": "text"}', b"\xff\xfe", "<xml/>"]
SCANNERS += [{**GOOD, name: value} for name in ("msgtype", "conversationId", "senderId") for value in ("", 5, None, {})]
SCANNERS += [{**GOOD, "padding": "x" * 70_000}]


@pytest.mark.parametrize("body", SCANNERS, ids=range(len(SCANNERS)))
def test_scanners_are_none_of_these(body: Any) -> None:
    """Not of DingTalk's form, or too large to be looked at: INFO, however often, and no hour is used up."""
    bench = Bench()
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    for _ in range(2):
        result = bench.post(sent, headers=bench.headers(secret=OTHER))
        assert result.status == (413 if len(sent) > 65_536 else 401)
        assert (result.line["event"], result.line["level"]) == ("rejected", "INFO")
    assert level(bench, GOOD) == "WARNING"


@pytest.mark.parametrize(
    "change",
    [
        {"sign": "x"},
        {"sign": "x" * 44},
        {"sign": "A" * 43 + "="},
        {"sign": "A" * 42 + "=="},
        {"sign": "%" * 43 + "="},
        {"timestamp": "1"},
        {"timestamp": "1790000002"},
        {"timestamp": "17900000025001"},
        {"timestamp": ""},
        {"sign": ""},
    ],
)
def test_headers_of_another_form(change: dict[str, str]) -> None:
    """DingTalk sends milliseconds, and the Base64 of 32 bytes."""
    bench = Bench()
    well_formed = change == {"sign": "A" * 43 + "="}
    assert level(bench, GOOD, headers={**bench.headers(secret=OTHER), **change}) == (
        "WARNING" if well_formed else "INFO"
    )


def test_an_old_signature_of_the_right_secret_is_none() -> None:
    """Somebody repeats an old request: the secret is right."""
    bench = Bench()
    assert level(bench, GOOD, headers=bench.headers(age_ms=7_200_000)) == "INFO"


def test_a_right_signature_says_nothing() -> None:
    """Messages go on as ever beside it."""
    bench = Bench()
    assert level(bench, GOOD) == "WARNING"
    result = bench.post(GOOD)
    assert (result.status, result.line["level"], result.line["event"]) == (200, "INFO", "handed_over")
