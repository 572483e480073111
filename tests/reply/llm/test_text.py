"""Thinking is not part of an answer, however it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply.llm.reading import Reading
from reply.llm.text import visible, well_formed
from tests.reply.kit import FakeClock
from tests.reply.llm.server import DONE, said

CASES = {
    "plain": ("Hello", "Hello"),
    "blank lines around": ("\n \n\nHello\n\nyou\n\n", "Hello\n\nyou"),
    "indented code": ("\n    x = 1\n", "    x = 1"),
    "in front": ("<think>hm\nhm</think>\n\nHello", "Hello"),
    "behind blanks and a mark": ("\ufeff \n<think>hm</think>Hello", "Hello"),
    "capital letters": ("<THINK>hm</Think> Hello", "Hello"),
    "empty": ("<think></think>Hello", "Hello"),
    "twice": ("<think>a</think>\n<think>b</think>Hello", "Hello"),
    "not closed": ("<think>hm", ""),
    "second not closed": ("<think>a</think><think>b", ""),
    "nothing behind": ("<think>hm</think> \n", ""),
    "letters whose small form is longer": ("<think>İİİİ</think>Hello", "Hello"),
    "closing tag alone on its line": ("hm\nhm\n</think>\n\nHello", "Hello"),
    "closing tag in a sentence": ("Write </think> at the end", "Write </think> at the end"),
    "closing tag in code": ("Use this:\n```\n</think>\n```", "Use this:\n```\n</think>\n```"),
    "in a sentence": ("The tag <think>x</think> is odd", "The tag <think>x</think> is odd"),
    "in code": ("```\n<think>x</think>\n```", "```\n<think>x</think>\n```"),
    "in code behind thinking": ("<think>a</think>`<think>`", "`<think>`"),
    "later in prose": ("First.\n<think>x\n</think>\nSecond.", "First.\n<think>x\n</think>\nSecond."),
    "half a tag": ("<thi", "<thi"),
    "another tag": ("<thinker>a</thinker>", "<thinker>a</thinker>"),
    "blanks only": (" \n\t\u3000\u00a0", ""),
}


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES)
def test_shows_only_the_answer(text: str, wanted: str) -> None:
    """Thinking in front goes; the same tags inside an answer stay."""
    assert visible(text) == wanted


@given(st.text().filter(lambda text: "</think>" not in text.lower()), st.text(alphabet="ab< \n`好").map(str.strip))
def test_any_thinking_goes(thinking: str, answer: str) -> None:
    """Whatever is thought, what stands behind it is the answer."""
    assert visible(f"<think>{thinking}</think>\n\n{answer}") == answer


@given(st.text(alphabet=st.characters(categories=None)))  # type: ignore[arg-type] # None lets surrogates in
def test_any_text_becomes_sendable(text: str) -> None:
    """Every string can be encoded afterwards; one that could before is unchanged."""
    made = well_formed(text)
    assert made.encode().decode() == made
    assert well_formed(made) == made


def test_joins_the_halves_of_a_character() -> None:
    """A surrogate pair in two pieces is one character."""
    assert well_formed("a\ud83d\ude00b") == "a😀b"


def read(chunks: list[bytes]) -> str:
    """What a reading makes of these chunks."""

    @contextmanager
    def source() -> Iterator[list[bytes]]:
        yield chunks

    reading = Reading(FakeClock())
    reading.start(source)
    reading.wait(lambda: 10.0)
    answer = reading.answer(began=0, model="m")
    assert answer is None or answer.cut == ""
    return answer.text if answer else ""


def cut(whole: bytes, at: list[int], unit: int = 1) -> list[bytes]:
    """Split at these places, counted in units of bytes."""
    edges = [0, *sorted(place % (len(whole) // unit + 1) * unit for place in at), len(whole)]
    return [whole[a:b] for a, b in pairwise(edges)]


PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</th", "\n", " ", "hm", "好", "😀", "```", "`"]),
    max_size=12,
)
PLACES = st.lists(st.integers(min_value=0, max_value=10_000), max_size=20)


@settings(deadline=None)  # each example starts a thread, which a busy machine may delay
@given(pieces=PIECES, between=PLACES, bytes_at=PLACES)
def test_it_does_not_matter_where_a_stream_is_split(pieces: list[str], between: list[int], bytes_at: list[int]) -> None:
    """The same answer comes out wherever the text is split into events and the events into packets."""
    text = "".join(pieces)
    parts = cut(text.encode("utf-16-le"), between, unit=2)
    events = b"".join(said(part.decode("utf-16-le", "surrogatepass")) for part in parts)
    stream = events + said(finish="stop") + DONE
    assert read(cut(stream, bytes_at)) == visible(text)


@settings(deadline=None)  # each example starts a thread, which a busy machine may delay
@given(pieces=PIECES, bytes_at=PLACES)
def test_it_does_not_matter_where_plain_json_is_split(pieces: list[str], bytes_at: list[int]) -> None:
    """The same holds for an answer that is not streamed."""
    text = "".join(pieces)
    whole = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    assert read(cut(whole, bytes_at)) == visible(text)
