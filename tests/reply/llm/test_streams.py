"""The odd streams that providers and relays really send: over real HTTP, with real pauses, from a scripted server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reply.llm.reading import Reading
from reply.services import ChatMessage
from shared.errors import ModelFailed, ModelFailure
from tests.reply.kit import FakeClock
from tests.reply.llm.conftest import Setup
from tests.reply.llm.server import (
    CHUNKED,
    CLOSE,
    DONE,
    HEAD,
    RESET,
    Step,
    answered,
    chunked,
    completion,
    counted,
    event,
    response,
    said,
)

ASKED = [ChatMessage("user", "What is 6 × 7?")]
LAST = b"0\r\n\r\n"
"""The end of a chunked body."""


def thought(text: str, finish: str | None = None) -> bytes:
    return event({"choices": [{"delta": {"reasoning_content": text}, "finish_reason": finish}]})


def whole(text: object, finish: str | None = "stop", **beside: object) -> bytes:
    """An event that carries a message, as MiniMax ends its streams."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish, **beside}
    return event({"object": "chat.completion", "choices": [choice]})


FINISHES: dict[str, tuple[list[Step], str, str]] = {
    "on every chunk": ([HEAD + said("a", "stop"), 0.6, said("b", "stop"), 0.6, said("c", "stop") + DONE], "abc", ""),
    "on every chunk, without an end mark": ([HEAD + said("a", "stop"), 0.6, said("b", "stop")], "ab", ""),
    "as the text null": ([HEAD + said("a", "null"), 0.6, said("b", "NULL") + said(finish="stop")], "ab", ""),
    "as the texts None and nothing": ([HEAD + said("a", "None"), 0.6, said("b", " ") + DONE], "ab", ""),
    "on the thinking": ([HEAD + thought("hm", "stop"), 1.0, said("a") + said("b", "stop") + DONE], "ab", ""),
    "on the thinking, in the text": ([HEAD + said("<think>hm", "stop"), 1.0, said("</think>a") + DONE], "a", ""),
    "on the first chunk, with the role": ([HEAD + said("", "stop"), 1.0, said("a") + DONE], "a", ""),
    "before more text": (
        [HEAD + said("a") + said(finish="stop"), 2.0, said("b") + said(finish="stop") + DONE],
        "ab",
        "",
    ),
    "before the usage": ([HEAD + said("a", "stop"), 0.6, counted() + DONE], "a", ""),
    "stop, and then length": ([HEAD + said("a", "stop"), 0.6, said("b", "length") + DONE], "ab", "length"),
    "length, and then a relay's stop": ([HEAD + said("a", "length") + said(finish="stop") + DONE], "a", "length"),
    "stop on every chunk, and the connection breaks": (
        [CHUNKED + chunked(said("a", "stop")), 0.3, chunked(said("b", "stop")), RESET],
        "ab",
        "stalled",
    ),
    "stop on every chunk, and an error": (
        [HEAD + said("a", "stop") + said("b", "stop") + event({"error": {"message": "x", "code": "overloaded"}})],
        "ab",
        "error",
    ),
    "stop, and then the connection breaks": ([CHUNKED + chunked(said("a") + said(finish="stop")), RESET], "a", ""),
}


@pytest.mark.parametrize(("steps", "text", "cut"), FINISHES.values(), ids=FINISHES)
def test_a_finish_is_not_the_end_when_text_comes_behind_it(
    setup: Setup, steps: list[Step], text: str, cut: str
) -> None:
    """Whatever a server says of its finish, what comes behind it belongs to the answer."""
    setup.server.then(*steps)
    answer = setup.model().ask(ASKED, 20)
    assert (answer.text, answer.cut) == (text, cut)


@pytest.mark.parametrize("steps", [[said("a") + said(finish="stop") + DONE], [said("a", "stop"), CLOSE]])
def test_a_stream_that_ends_costs_no_silence(setup: Setup, steps: list[Step]) -> None:
    """A provider that sends its end mark, or closes, is answered at once, though the connection may stay open."""
    open_end = [] if CLOSE in steps else [setup.server.pause()]
    setup.server.then(HEAD, *steps, *open_end)
    began = time.monotonic()
    assert setup.model().ask(ASKED, 30).text == "a"
    assert time.monotonic() - began < 3


def quietly(*chunks: bytes | float, quiet: float = 0.3) -> tuple[str, str, float]:
    """What a reading makes of these chunks and pauses when the connection stays open, and how long that took (s)."""
    closing: list[bool] = []

    def played() -> Iterator[bytes]:
        for chunk in (*chunks, *[0.05] * 200):
            if isinstance(chunk, bytes):
                yield chunk
            elif not closing:
                time.sleep(chunk)

    @contextmanager
    def source() -> Iterator[Iterator[bytes]]:
        yield played()

    reading = Reading(FakeClock(), quiet=quiet)
    reading.start(source)
    began = time.monotonic()
    reading.wait(lambda: max(0.0, began + 5 - time.monotonic()))
    took = time.monotonic() - began
    closing.append(True)
    answer = reading.answer(began=0, model="m")
    return (answer.text, answer.cut, took) if answer else ("", "", took)


def test_a_finish_is_believed_after_a_silence() -> None:
    """A finish by itself needs the silence once, one that came along with text twice; text begins it anew."""
    text, cut, alone = quietly(said("a") + said(finish="stop"))
    assert (text, cut) == ("a", "")
    text, cut, with_text = quietly(said("a", "stop"))
    assert (text, cut) == ("a", "")
    chunks = (said("a") + said(finish="stop"), 0.3, said("b") + said(finish="stop"), 0.8, said("c", "stop"))
    text, cut, behind = quietly(*chunks, quiet=0.7)
    assert (text, cut) == ("abc", "")
    # From below only: a busy machine takes longer.
    assert alone >= 0.3
    assert with_text >= 0.6
    assert behind >= 0.3 + 0.8 + 1.4


MESSAGES = {
    "the whole message at the end": (said("6 × 7") + said(" is 42") + whole("6 × 7 is 42"), "6 × 7 is 42"),
    "with an empty delta beside it": (said("42") + whole("42", delta={}) + DONE, "42"),
    "with a delta of nothing beside it": (said("42") + whole("42", delta={"content": ""}) + DONE, "42"),
    "with a null delta beside it": (said("42") + whole("42", delta=None) + DONE, "42"),
    "in every event, beside deltas": (
        event({"choices": [{"delta": {"content": "4"}, "message": {"content": "4"}}]})
        + event({"choices": [{"delta": {"content": "2"}, "message": {"content": "42"}, "finish_reason": "stop"}]}),
        "42",
    ),
    "at the beginning, and then deltas": (whole("", None) + said("4") + said("2", "stop"), "42"),
    "another one than the deltas": (said("42") + whole("42\n") + DONE, "42"),
    "in parts": (said("42") + whole([{"type": "text", "text": "42"}]) + DONE, "42"),
    "where deltas had blanks only": (said("\n") + whole("42") + DONE, "42"),
    "where deltas had thinking only": (thought("hm") + whole("42") + DONE, "42"),
    "no deltas at all": (whole("42"), "42"),
    "pieces in messages": (whole("4", None) + whole("2") + DONE, "42"),
    "twice": (said("42") + whole("42") + whole("42") + DONE, "42"),
    "twice, without deltas": (
        whole("An answer of a few words.", None) + whole("An answer of a few words."),
        "An answer of a few words.",
    ),
    "as the last delta": (
        b"".join(map(said, ["An answer ", "of a ", "few words."])) + said("An answer of a few words.", "stop"),
        "An answer of a few words.",
    ),
    "as the last delta, before the finish": (
        b"".join(map(said, ["An answer ", "of a ", "few words.", "An answer of a few words."])) + said("", "stop"),
        "An answer of a few words.",
    ),
    "words said twice in large pieces": (said("An answer of a few words.") * 2, "An answer of a few words." * 2),
    "text beside no delta": (event({"choices": [{"text": "4"}]}) + event({"choices": [{"text": "2"}]}), "42"),
}


@pytest.mark.parametrize(("events", "text"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_counts_only_without_deltas(setup: Setup, events: bytes, text: str) -> None:
    """A whole message behind the deltas is not shown a second time."""
    setup.server.then(HEAD + events)
    answer = setup.model().ask(ASKED, 5)
    assert (answer.text, answer.cut) == (text, "")


ONE, TWO = said("one "), said("two", "stop")
ERROR = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
FRAMES: dict[str, tuple[bytes, str, str]] = {
    "data without a value": (ONE + b"data:\n\n" + TWO, "one two", ""),
    "data without a value in front": (b"data:\n\ndata: \n\n" + ONE + TWO, "one two", ""),
    "data twice": (b"data: " + ONE + b"data:" + TWO + DONE, "one two", ""),
    "a place in a queue": (
        event({"status": "processing", "message": "queue position 3"}) + ONE + TWO,
        "one two",
        "",
    ),
    "the end mark without brackets": (ONE + b"data: DONE\n\n", "one ", ""),
    "an event name alone": (b"event: heartbeat\n\n" + ONE + b"event: heartbeat\n\n" + TWO, "one two", ""),
    "a heartbeat with data": (ONE + b"event: ping\ndata: {}\n\nevent: ping\ndata: ping\n\n" + TWO, "one two", ""),
    "empty text as data": (b'data: ""\n\n' + ONE + b'data: ""\n\n' + TWO, "one two", ""),
    "null as data": (ONE + b"data: null\n\n" + TWO, "one two", ""),
    "a time stamp as data": (ONE + b"data: 1795198444\n\ndata: 2026-11-28T08:00:00Z\n\n" + TWO, "one two", ""),
    "a bare time stamp": (b"2026-11-28 08:00:00\n" + ONE + b"2026-11-28 08:00:01\n\n" + TWO, "one two", ""),
    "only an id": (b"id: 1\n\n" + ONE + b"id: 2\nretry: 3\n\n" + TWO, "one two", ""),
    "a line that is no JSON": (ONE + b"data: {broken\n\n" + TWO, "one two", ""),
    "a line that is no JSON and no data": (ONE + b"upstream is slow\n" + TWO, "one two", ""),
    "deep JSON": (ONE + event(b"[" * 100_000) + TWO, "one two", ""),
    "single line feeds": ((ONE + TWO + DONE).replace(b"\n\n", b"\n"), "one two", ""),
    "CR alone": ((ONE + TWO + DONE).replace(b"\n", b"\r"), "one two", ""),
    "CRLF": ((ONE + TWO + DONE).replace(b"\n", b"\r\n"), "one two", ""),
    "JSON lines": ((ONE + TWO).replace(b"data: ", b"").replace(b"\n\n", b"\n"), "one two", ""),
    "JSON lines without a finish": ((ONE + said("two")).replace(b"data: ", b"").replace(b"\n\n", b"\n"), "one two", ""),
    "several objects in a line": ((ONE + TWO).replace(b"\n\ndata: ", b""), "one two", ""),
    "several events in a line": ((ONE + TWO).replace(b"\n\n", b""), "one two", ""),
    "an object over several lines": (
        ONE + b'data: {"choices": [\ndata: {"delta": {"content": "two"},\ndata: "finish_reason": "stop"}]}\n\n',
        "one two",
        "",
    ),
    "a line end inside of a string": (ONE + said("t\\wo", "stop").replace(b"\\\\", b"\n"), "one t\nwo", ""),
    "the end mark as JSON": (ONE + b'data: "[DONE]"\n\n', "one ", ""),
    "the end mark without data": (ONE + b"[DONE]\n\n", "one ", ""),
    "an error as the last block": (ONE + json.dumps(ERROR).encode(), "one ", "error"),
    "an error as the last block, over several lines": (ONE + json.dumps(ERROR, indent=2).encode(), "one ", "error"),
    "an error as a named event": (ONE + b'event: error\ndata: {"code": "x", "message": "y"}\n\n', "one ", "error"),
    "an error in words": (ONE + b"event: error\ndata: upstream timed out\n\n", "one ", "error"),
    "an error glued to the last event": (ONE.rstrip() + json.dumps(ERROR).encode(), "one ", "error"),
    "a page as the last block": (ONE + b"<html>\n<h1>502 Bad Gateway</h1>\n</html>\n", "one ", "stalled"),
    "words as the last block": (ONE + b"upstream connect error\n", "one ", "stalled"),
}


@pytest.mark.parametrize(("events", "text", "cut"), FRAMES.values(), ids=FRAMES)
def test_nothing_between_events_ends_an_answer(setup: Setup, events: bytes, text: str, cut: str) -> None:
    """Empty events, heartbeats and lines that are no JSON are left out; an error is one in whatever frame."""
    setup.server.then(HEAD + events)
    answer = setup.model().ask(ASKED, 5)
    assert (answer.text, answer.cut) == (text.strip(), cut)
    assert len(setup.server.requests) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("name", ["CR alone", "CRLF", "JSON lines", "an object over several lines"])
def test_it_does_not_matter_where_odd_frames_are_split(name: str, size: int) -> None:
    """The same comes out however the bytes arrive."""
    events, text, cut = FRAMES[name]
    pieces = [events[start : start + size] for start in range(0, len(events), size)]
    assert quietly(*pieces, DONE)[:2] == (text, cut)


def test_a_line_that_is_no_json_is_logged(setup: Setup) -> None:
    """What was left out is counted in the log, without a word of it."""
    setup.server.then(HEAD + ONE + b"data: {secret words\n\nmore words\n" + TWO + DONE)
    assert setup.model().ask(ASKED, 5).text == "one two"
    assert '"event": "model_lines_skipped", "lines": 2' in setup.log
    assert "words" not in setup.log


@pytest.mark.parametrize("beats", [b"data:\n\n" * 3, b'data: ""\n\n', b"event: heartbeat\n\n", b"data: 1795198444\n\n"])
def test_heartbeats_alone_are_no_wrong_address(setup: Setup, beats: bytes) -> None:
    """A server that sent nothing but heartbeats and broke off had an error: it is asked again."""
    setup.server.then(HEAD + beats).then(answered("yes"))
    assert setup.model().ask(ASKED, 30).text == "yes"
    assert len(setup.server.requests) == 2


@pytest.mark.parametrize(
    "body",
    [json.dumps(ERROR).encode(), json.dumps(ERROR, indent=1).encode(), b"event: error\n" + event(ERROR["error"])],
)
def test_an_error_in_any_frame_has_its_reason(setup: Setup, body: bytes) -> None:
    """An error before a word is told as what it is."""
    setup.server.then(HEAD + b": hi\n\n" + body)
    with pytest.raises(ModelFailed) as caught:
        setup.model().ask(ASKED, 1.2)
    assert caught.value.reason is ModelFailure.BUSY


STORY = "从前有一座山，山里有一座庙，庙里有一个老和尚在给小和尚讲故事。"
ENGLISH = "Once upon a time there was a mountain with a temple on it."


def growing(text: str, step: int) -> list[str]:
    return [text[:end] for end in range(step, len(text), step)] + [text]


GROWING = {
    "every five characters": (growing(STORY, 5), STORY),
    "every character": (growing(ENGLISH, 1), ENGLISH),
    "in three deltas": ([STORY[:8], STORY[:16], STORY], STORY),
    "with an empty one in front": (["", *growing(STORY, 4)], STORY),
    "some of them twice": ([part for part in growing(ENGLISH, 6) for _ in (1, 2)], ENGLISH),
    "with a line end in front": (["\n\n", *growing(STORY, 4)], STORY),
    "with thinking in front": (growing(f"<think>hm</think>{STORY}", 6), STORY),
    "and a piece behind": ([*growing(STORY, 8), "完。"], f"{STORY}完。"),
    "a model that laughs": (["哈", "哈哈", "哈哈哈"], "哈" * 6),
    "a model that laughs on and on": (["哈" * count for count in range(1, 30)], "哈" * 435),
    "a model that laughs aloud": ([f"{'哈哈！' * count}" for count in range(1, 12)], "哈哈！" * 66),
    "a line that is drawn": (["=" * 2**power for power in range(7)], "=" * 127),
    "long pieces that are the same": ([ENGLISH] * 4, ENGLISH * 4),
    "a piece that repeats the one before": (["你好", "你好，我在", "。"], "你好你好，我在。"),
    "short ones": (["1", "12", "123", "1234"], "1121231234"),
    "a row that breaks off": (["a", "ab", "c" * 30], "aab" + "c" * 30),
}


@pytest.mark.parametrize(("deltas", "text"), GROWING.values(), ids=GROWING)
def test_deltas_that_hold_the_whole_so_far(setup: Setup, deltas: list[str], text: str) -> None:
    """Each delta replaces the text where several in a row have repeated it all; a model that repeats itself stays."""
    setup.server.then(answered(*deltas))
    answer = setup.model().ask(ASKED, 5)
    assert (answer.text, answer.cut) == (text, "")


ENDS: dict[str, tuple[list[Step], str]] = {
    "the connection closes behind a whole event": ([HEAD + said("a") + said("b")], ""),
    "a chunked body that ends": ([CHUNKED + chunked(said("a")), 0.5, chunked(said("b")) + LAST], ""),
    "a body as long as announced": ([response(200, said("a") + said("b"))], ""),
    "the last event lacks its line end": ([HEAD + said("a") + said("b").rstrip()], ""),
    "a heartbeat at the end": ([HEAD + said("a") + said("b") + b"event: ping\ndata: 1795198444\n\n: bye"], ""),
    "usage at the end": ([HEAD + said("a") + said("b") + counted()], ""),
    "a chunked body without its end": ([CHUNKED + chunked(said("a") + said("b")), CLOSE], "stalled"),
    "a reset": ([CHUNKED + chunked(said("a") + said("b")), 0.2, RESET], "stalled"),
    "shorter than announced": (
        [response(200, said("a") + said("b"), content_length="5000"), CLOSE],
        "stalled",
    ),
    "inside of an event": ([HEAD + said("a") + said("b") + b'data: {"choices": [{"del'], "stalled"),
    "inside of an event, in order": ([response(200, said("a") + said("b") + b'data: {"choi')], "stalled"),
    "inside of an event's first word": ([HEAD + said("a") + said("b") + b"dat"], "stalled"),
    "a gateway's page": ([HEAD + said("a") + said("b") + b"data: <html>502</html>\n\n"], "stalled"),
}


@pytest.mark.parametrize(("steps", "cut"), ENDS.values(), ids=ENDS)
def test_a_stream_without_any_mark(setup: Setup, steps: list[Step], cut: str) -> None:
    """Of a provider that marks no end, a stream that ended in order is whole, one that broke is not."""
    setup.server.then(*steps)
    answer = setup.model().ask(ASKED, 20)
    assert (answer.text, answer.cut) == ("ab", cut)


CUTS: dict[str, tuple[bytes, tuple[str, str]]] = {
    "length": (answered("a", finish="length"), ("length", "length")),
    "length, in Gemini's word": (answered("a", finish="MAX_TOKENS"), ("length", "max_tokens")),
    "the context window": (
        answered("a", finish="model_context_window_exceeded"),
        ("length", "model_context_window_exceeded"),
    ),
    "filtered": (answered("a", finish="content_filter"), ("filtered", "content_filter")),
    "filtered, by Zhipu": (answered("a", finish="sensitive"), ("filtered", "sensitive")),
    "filtered, by Gemini": (answered("a", finish="PROHIBITED_CONTENT"), ("filtered", "prohibited_content")),
    "filtered, with the reason behind it": (
        answered("a", finish="content_filter: PROHIBITED_CONTENT"),
        ("filtered", "content_filter"),
    ),
    "filtered, by Gemini's pictures": (answered("a", finish="IMAGE_SAFETY"), ("filtered", "image_safety")),
    "length, as an enumeration": (answered("a", finish="FinishReason.MAX_TOKENS"), ("length", "max_tokens")),
    "filtered, by an error": (
        HEAD + said("a") + event({"error": {"message": "x", "code": "data_inspection_failed"}}),
        ("filtered", "data_inspection_failed"),
    ),
    "resources": (answered("a", finish="insufficient_system_resource"), ("error", "insufficient_system_resource")),
    "the network": (answered("a", finish="network_error"), ("error", "network_error")),
    "an error with a number": (
        HEAD + said("a") + event({"error": {"message": "x", "code": 502}, "choices": [{"finish_reason": "error"}]}),
        ("error", "502"),
    ),
    "an error with a type": (
        HEAD + said("a") + event({"error": {"message": "x", "type": "server_error", "code": None}}),
        ("error", "server_error"),
    ),
    "an error whose code is a sentence": (
        HEAD + said("a") + event({"error": {"message": "overloaded", "code": "you asked: What is 6 × 7?"}}),
        ("error", "busy"),
    ),
    "broken": (HEAD + said("a") + b"data: {", ("stalled", "")),
    "whole": (answered("a"), ("", "")),
    "whole, whatever it is called": (answered("a", finish="end_turn"), ("", "")),
}


@pytest.mark.parametrize(("raw", "wanted"), CUTS.values(), ids=CUTS)
def test_says_why_an_answer_is_cut(setup: Setup, raw: bytes, wanted: tuple[str, str]) -> None:
    """The reason, and the provider's own code for it, where it is no sentence."""
    setup.server.then(raw)
    answer = setup.model().ask(ASKED, 5)
    assert (answer.text, (answer.cut, answer.cut_code)) == ("a", wanted)


PNG = "data:image/png;base64," + "iVBORw0KGgo" * 20_000
PICTURES = {
    "in Markdown": (said(f"Here: ![a cat]({PNG}) Nice?", "stop"), "Here: 🖼️ a cat Nice?", 1),
    "nothing but a picture": (said(f"![]({PNG})", "stop"), "🖼️", 1),
    "in HTML": (said(f'<img alt="x" src="{PNG}" width="10"> Nice?', "stop"), "🖼️ Nice?", 1),
    "bare": (said(f"Here: {PNG} Nice?", "stop"), "Here: 🖼️ Nice?", 1),
    "in code": (said(f"```\n{PNG}\n```", "stop"), "```\n🖼️\n```", 1),
    "two of them": (said(f"![a]({PNG})\n![b]({PNG})", "stop"), "🖼️ a\n🖼️ b", 2),
    "over many deltas": (b"".join(map(said, ["![a](dat", *PNG[3:].split("0"), ") b"])) + DONE, "🖼️ a b", 1),
    "with line ends": (
        said("![a](data:image/jpeg;base64," + ("A" * 76 + "\n") * 50 + "AA==) b", "stop"),
        "🖼️ a b",
        1,
    ),
    "cut in the middle": (said(f"Here: ![a cat]({PNG}", "stop"), "Here: 🖼️ a cat", 1),
    "beside the text": (
        event({"choices": [{"delta": {"content": "Here:", "images": [{"image_url": {"url": PNG}}]}}]}) + DONE,
        "Here:\n\n🖼️",
        1,
    ),
    "as a part": (
        event({"choices": [{"delta": {"content": [{"type": "image_url", "image_url": {"url": PNG}}]}}]}) + DONE,
        "🖼️",
        1,
    ),
    "another type in capitals": (said(f"DATA:IMAGE/WEBP;BASE64,{'A' * 9000}", "stop"), "🖼️", 1),
    "without a type": (said(f"![a](data:;base64,{'A' * 9000}) b", "stop"), "🖼️ a b", 1),
    "of another type": (said(f"[a](data:text/html;charset=utf-8;base64,{'A' * 9000}) b", "stop"), "🖼️ a b", 1),
    "behind a blank": (said(f"![a](data:image/png;base64, {'A' * 9000}) b", "stop"), "🖼️ a b", 1),
    "without its scheme": (said(f"![a]({'iVBORw0KGgo' * 900}) b", "stop"), "🖼️ a b", 1),
    "with line ends, without padding": (
        said("![a](data:image/jpeg;base64," + ("A" * 76 + "\n") * 50 + "AAAA) b", "stop"),
        "🖼️ a b",
        1,
    ),
    "a long address": (said(f"![a](https://a.example/{'A' * 300}) b"), f"![a](https://a.example/{'A' * 300}) b", 0),
    "at an address": (said("![a](https://example.com/a.png)", "stop"), "![a](https://example.com/a.png)", 0),
    "an answer about them": (
        said("Write `![x](data:image/gif;base64,R0lGODlhAQABAAAAACw=)`.", "stop"),
        "Write `![x](data:image/gif;base64,R0lGODlhAQABAAAAACw=)`.",
        0,
    ),
}


@pytest.mark.parametrize(("events", "text", "pictures"), PICTURES.values(), ids=PICTURES)
def test_takes_pictures_out_of_the_text(setup: Setup, events: bytes, text: str, pictures: int) -> None:
    """A picture that came as text leaves a mark; an example of one stays."""
    setup.server.then(HEAD + events)
    answer = setup.model().ask(ASKED, 5)
    assert (answer.text, answer.pictures, answer.cut) == (text, pictures, "")


def test_plain_json_with_a_large_picture(setup: Setup) -> None:
    """A picture of several megabytes does not cut the words behind it."""
    setup.server.then(response(200, completion(f"![a](data:image/png;base64,{'A' * 3_000_000}) done")))
    answer = setup.model().ask(ASKED, 10)
    assert (answer.text, answer.cut) == ("🖼️ a done", "")
