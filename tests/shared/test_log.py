"""One JSON line per event, and never what must not be in one."""

import io
import json

import pytest

from shared.log import LONGEST_VALUE, Log, Value


def line(log_level: int = 20, secrets: tuple[str, ...] = (), **fields: Value) -> dict[str, object]:
    stream = io.StringIO()
    Log(level=log_level, secrets=secrets, stream=stream).info("event", **fields)
    (text,) = stream.getvalue().splitlines()
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_one_json_line() -> None:
    """Level, event and fields; line ends in values stay inside, absent values are left out."""
    assert line(text="a\nb\u2028\x85", number=1.23456, flag=True, nothing=None) == {
        "level": "INFO",
        "event": "event",
        "text": "a\nb\u2028\x85",
        "number": 1.235,
        "flag": True,
    }


@pytest.mark.parametrize(
    ("level", "written"),
    [
        (10, ["DEBUG", "INFO", "WARNING", "ERROR"]),
        (20, ["INFO", "WARNING", "ERROR"]),
        (25, ["WARNING", "ERROR"]),
        (100, ["ERROR"]),
    ],
)
def test_levels(level: int, written: list[str]) -> None:
    """Lower levels are left out; errors never are."""
    stream = io.StringIO()
    log = Log(level=level, stream=stream)
    for write in (log.debug, log.info, log.warning, log.error):
        write("event")
    assert [json.loads(text)["level"] for text in stream.getvalue().splitlines()] == written


def test_fields_of_a_run() -> None:
    """Fields given once are in every line; a line's own win."""
    stream = io.StringIO()
    log = Log(stream=stream, fields={"a": 1, "b": 1}).with_fields(b=2, c=2)
    log.error("event", c=3)
    assert json.loads(stream.getvalue()) == {"level": "ERROR", "event": "event", "a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    "text",
    [
        "https://oapi.dingtalk.com/robot/sendBySession?session=5ec12e75ec12e7",
        "key sk-5ec12e75ec12e7 refused",
        "Bearer 5ec12e75ec12e7",
        "LTAI5ec12e75ec12e7",
        "my 5ec12e7 secret",
        "5ec12e7",
        "x" * (LONGEST_VALUE - 3) + "5ec12e7",
    ],
)
def test_secrets_are_struck_out(text: str) -> None:
    """Known secrets, session webhooks and what looks like a key do not appear, not even in half."""
    shown = json.dumps(line(secrets=("5ec12e7", ""), value=text))
    assert "5ec12" not in shown


def test_values_are_short() -> None:
    """A line stays far below what FC's log keeps."""
    assert line(value="长" * 10_000)["value"] == "长" * LONGEST_VALUE


def test_a_lone_surrogate_is_written_all_the_same() -> None:
    """Half an emoji in an id must not cost the answer."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    Log(stream=stream).info("event", value="茶\ud83d")
    assert json.loads(raw.getvalue())["value"] == "茶\ud83d"
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Log(stream=narrow).info("event", value="茶")
    narrow.seek(0)
    assert json.loads(narrow.read())["value"] == "茶"


OBEYED = ["\x7f", *map(chr, range(0x80, 0xA0)), "\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\x1b", "\x00"]
OBEYED += [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


@pytest.mark.parametrize("sign", OBEYED, ids=lambda sign: f"{ord(sign):04x}")
def test_nothing_in_a_line_is_obeyed(sign: str) -> None:
    """Controls of a terminal, ends of lines and signs that turn text around are escaped; a parser reads what was."""
    stream = io.StringIO()
    Log(stream=stream, fields={"request_id": sign}).info(f"event{sign}", value=f"admin{sign}nimda 茶")
    text = stream.getvalue()
    assert sign not in text
    assert "茶" in text
    assert json.loads(text)["value"] == f"admin{sign}nimda 茶"
