"""What a model says, as the person gets it: over real HTTP, from a scripted server."""

from __future__ import annotations

import json
import threading
import time

import pytest

from reply.llm.reading import QUIET_SECONDS
from reply.services import Answer, ChatMessage, Usage
from tests.reply.llm.conftest import KEY, Setup, threads_end
from tests.reply.llm.server import (
    CHUNKED,
    DONE,
    HEAD,
    KEEP,
    answered,
    chunked,
    completion,
    counted,
    event,
    response,
    said,
)

ASKED = [ChatMessage("system", "Be brief."), ChatMessage("user", "What is 6 × 7?")]


def test_streams_the_answer_and_counts_the_tokens(setup: Setup) -> None:
    """A streamed answer arrives whole, with the model's name and the usage; the request names no person."""
    setup.server.then(answered("", "Forty", "-two", "。\n\n好"))
    answer = setup.model().ask(ASKED, 5)
    assert answer == Answer("Forty-two。\n\n好", "m-1", "", Usage(7, 5), 0)
    (request,) = setup.server.requests
    assert request.line == "POST /v1/chat/completions HTTP/1.1"
    assert request.key == KEY
    assert request.body == {
        "model": "m-asked",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is 6 × 7?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


STREAMS = {
    "CRLF line ends, comments and event names": (
        HEAD + (b": hi\n\nevent: x\nid: 1\n" + said("yes", "stop") + DONE).replace(b"\n", b"\r\n"),
        "yes",
        "",
    ),
    "no blank after the colon": ((HEAD + said("yes", "stop") + DONE).replace(b"data: ", b"data:"), "yes", ""),
    "end mark without a finish reason": (HEAD + said("yes") + DONE, "yes", ""),
    "finish reason without an end mark": (HEAD + said("yes") + said(finish="stop"), "yes", ""),
    "end mark without its line end": (HEAD + said("yes") + b"data: [DONE]", "yes", ""),
    "null content, null finish, empty choices, no choices": (
        HEAD + said(None) + event({"choices": []}) + event({"x": 1}) + event({"choices": None}) + said("yes") + DONE,
        "yes",
        "",
    ),
    "reasoning fields are not read": (
        HEAD
        + event({"choices": [{"delta": {"reasoning_content": "hm", "reasoning": "hm", "content": None}}]})
        + said("yes", "stop")
        + DONE,
        "yes",
        "",
    ),
    "content in parts": (HEAD + said([{"type": "thinking"}, {"type": "text", "text": "yes"}], "stop"), "yes", ""),
    "message instead of delta": (
        HEAD + event({"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}),
        "yes",
        "",
    ),
    "a refusal in the model's own words": (
        HEAD + event({"choices": [{"delta": {"refusal": "I will not."}, "finish_reason": "stop"}]}),
        "I will not.",
        "",
    ),
    "halves of a surrogate pair in two pieces": (HEAD + said("a\ud83d") + said("\ude00b", "stop"), "a😀b", ""),
    "a lone half": (HEAD + said("a\ud83d", "stop"), "a�", ""),
    "broken UTF-8": (
        HEAD + said("a?", "stop").replace(b"?", b"\xff"),
        "a�",
        "",
    ),
    "byte order mark and blank lines in front": (HEAD + b"\xef\xbb\xbf\n\n" + said("yes", "stop"), "yes", ""),
    "the provider's own limit": (answered("one, two", finish="length"), "one, two", "length"),
    "filtered after a while": (answered("one, two", finish="content_filter"), "one, two", "filtered"),
    "the provider ran out of resources": (answered("one", finish="insufficient_system_resource"), "one", "error"),
    "an error in the middle": (HEAD + said("one") + event({"error": {"message": "overloaded"}}), "one", "error"),
    "an error after the end": (HEAD + said("one", "stop") + event({"error": {"message": "x"}}), "one", ""),
    "garbage in the middle": (HEAD + said("one") + b"data: {broken\n\n" + said("two", "stop"), "onetwo", ""),
    "a web page in the middle": (HEAD + said("one") + b"data: <html>502</html>\n\n", "one", "stalled"),
    "closed in the middle": (HEAD + said("one") + b'data: {"choices": [{"del', "one", "stalled"),
    "chunks that end too early": (CHUNKED + chunked(said("one")), "one", "stalled"),
    "thinking in front": (answered("<th", "ink>\nhm, 6×7", "</thi", "nk>", "\n\n42"), "42", ""),
    "plain JSON although a stream was asked for": (response(200, completion("yes")), "yes", ""),
    "plain JSON with a wrong content type": (response(200, json.dumps(completion("yes"))), "yes", ""),
    "plain JSON cut by the limit": (response(200, completion("one", "length")), "one", "length"),
    "plain JSON without a finish reason": (response(200, completion("yes", None)), "yes", ""),
    "plain JSON in a list": (response(200, [completion("yes")]), "yes", ""),
    "a stream with a wrong content type": (response(200, said("yes", "stop") + DONE), "yes", ""),
}


@pytest.mark.parametrize(("raw", "text", "cut"), STREAMS.values(), ids=STREAMS)
def test_takes_what_servers_send(setup: Setup, raw: bytes, text: str, cut: str) -> None:
    """Every form of an answer that is seen in the wild becomes its visible text, marked when it may be incomplete."""
    setup.server.then(raw)
    answer = setup.model().ask(ASKED, 5)
    assert (answer.text, answer.cut) == (text, cut)
    assert len(setup.server.requests) == 1


def test_names_the_model_asked_for_when_the_server_gives_no_name(setup: Setup) -> None:
    """The answer always names a model, and no usage is invented."""
    setup.server.then(HEAD + event({"model": "", "choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}))
    answer = setup.model().ask(ASKED, 5)
    assert (answer.model, answer.usage) == ("m-asked", None)


@pytest.mark.parametrize(
    ("usage", "wanted"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2}, Usage(1, 2)),
        ({"prompt_tokens": 0, "completion_tokens": 2}, Usage(0, 2)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, None),
        ({"input_tokens": 1, "output_tokens": 2}, Usage(1, 2)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "input_tokens": 1, "output_tokens": 2}, Usage(1, 2)),
        ({"prompt_tokens": -1, "completion_tokens": 2}, None),
        ({"prompt_tokens": True, "completion_tokens": 2}, None),
        ({"prompt_tokens": "1", "completion_tokens": 2}, None),
        ({"prompt_tokens": None}, None),
        ("many", None),
        ([], None),
    ],
)
def test_counts_only_what_is_a_count(setup: Setup, usage: object, wanted: Usage | None) -> None:
    """A usage of another form is left out and does not disturb the answer."""
    setup.server.then(HEAD + said("yes", "stop", usage=usage) + DONE)
    assert setup.model().ask(ASKED, 5).usage == wanted


def test_a_usage_of_zeros_takes_none_away(setup: Setup) -> None:
    """A relay that ends with zeros has counted nothing: limits in tokens must hold all the same."""
    counts = [{"prompt_tokens": 7, "completion_tokens": 5}, {"prompt_tokens": 0, "completion_tokens": 0}]
    setup.server.then(HEAD + b"".join(said("yes", usage=usage) for usage in counts) + DONE)
    assert setup.model().ask(ASKED, 5).usage == Usage(7, 5)


@pytest.mark.parametrize("content", [["ye", "s"], [{"text": "yes"}], [{"type": "text", "text": "yes"}, {"text": None}]])
def test_reads_parts_of_text_in_every_form(setup: Setup, content: object) -> None:
    """A delta's content may be a list: of parts with a type or without, or of texts."""
    setup.server.then(HEAD + said(content) + DONE)
    assert setup.model().ask(ASKED, 5).text == "yes"


def test_finds_the_usage_inside_a_choice(setup: Setup) -> None:
    """Some servers put the usage into the choice."""
    choice = {"delta": {"content": "x"}, "finish_reason": "stop", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    setup.server.then(HEAD + event({"choices": [choice]}) + DONE)
    assert setup.model().ask(ASKED, 5).usage == Usage(3, 4)


def test_waits_only_shortly_for_the_usage(setup: Setup) -> None:
    """An answer that is whole is held back for seconds only, nor called incomplete, when the stream stays open."""
    pause = setup.server.pause()
    setup.server.then(HEAD + said("yes") + said(finish="stop"), pause)
    began = time.monotonic()
    answer = setup.model().ask(ASKED, 30)
    assert (answer.text, answer.cut, answer.usage) == ("yes", "", None)
    assert QUIET_SECONDS <= time.monotonic() - began < 30


def test_takes_a_usage_that_comes_a_little_later(setup: Setup) -> None:
    """The usage may come in a packet of its own."""
    pause = setup.server.pause()
    setup.server.then(HEAD + said("yes", "stop"), pause, counted(1, 2) + DONE)
    threading.Timer(0.05, pause.set).start()
    assert setup.model().ask(ASKED, 5).usage == Usage(1, 2)


def test_uses_its_connection_again(setup: Setup) -> None:
    """Two answers one after the other come over one connection."""
    body = chunked(said("yes", "stop")) + chunked(counted() + DONE) + b"0\r\n\r\n"
    setup.server.then(CHUNKED + body, KEEP)
    model = setup.model()
    for _ in range(2):
        assert model.ask(ASKED, 5).text == "yes"
        threads_end()
    assert [request.connection for request in setup.server.requests] == [1, 1]


def test_sends_text_that_utf8_cannot_hold(setup: Setup) -> None:
    """A lone surrogate in a question does not stop it."""
    setup.server.then(answered("ok"))
    assert setup.model().ask([ChatMessage("user", "a\ud83d")], 5).text == "ok"
    assert setup.server.requests[0].body["messages"][0]["content"] == "a�"


def test_cuts_an_answer_without_end(setup: Setup) -> None:
    """An answer of more than a million characters is cut there."""
    setup.server.then(HEAD + said("x" * 400_000) * 3)
    answer = setup.model().ask(ASKED, 5)
    assert (len(answer.text), answer.cut) == (1_000_000, "length")


def test_measures_the_first_token(setup: Setup) -> None:
    """The time to the first token counts from the question, waits for retries included."""
    setup.server.then(response(503, {"error": {"message": "busy"}})).then(answered("yes"))
    setup.clock.time = 1000.0
    assert setup.model().ask(ASKED, 30).first_token_ms == 500
