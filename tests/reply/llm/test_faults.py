"""What goes wrong between us and a model, and what comes of it: over real HTTP, from a scripted server."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate

import pytest

from reply.services import Answer, ChatMessage
from shared.errors import ModelFailed, ModelFailure
from shared.log import Log
from tests.reply.kit import NOW
from tests.reply.llm.conftest import KEY, Setup, threads_end
from tests.reply.llm.server import (
    CHUNKED,
    CLOSE,
    DONE,
    HEAD,
    RESET,
    TRICKLE,
    ScriptedServer,
    answered,
    chunked,
    completion,
    event,
    refusal,
    response,
    said,
)

ASKED = [ChatMessage("user", "What is the airspeed of a swallow?")]
PAGE = "<!DOCTYPE html><html><body>Welcome to nginx!</body></html>"


def fail(setup: Setup, seconds: float = 1.2, **changes: object) -> ModelFailed:
    """Ask, and return how it failed. With 1.2 s no second try is worth while."""
    with pytest.raises(ModelFailed) as caught:
        setup.model(**changes).ask(ASKED, seconds)
    return caught.value


def ask_for_a_while(setup: Setup) -> Answer:
    """Ask with growing times until at least a word comes in time: the machine may be busy."""
    model = setup.model()
    for seconds in (0.1, 0.5, 2.5):
        with suppress(ModelFailed):
            return model.ask(ASKED, seconds)
    return model.ask(ASKED, 10)


REASON = ModelFailure
REFUSALS = {
    "key": (refusal(401, "Incorrect API key provided", "invalid_api_key"), REASON.KEY_REFUSED),
    "key, without a body": (response(401, b""), REASON.KEY_REFUSED),
    "key, by a gateway's page": (response(401, PAGE), REASON.KEY_REFUSED),
    "key, by 403": (refusal(403, "Your project may not do this"), REASON.KEY_REFUSED),
    "key, by 400": (refusal(400, "API key not valid. Please pass a valid API key."), REASON.KEY_REFUSED),
    "quota": (refusal(429, "You exceeded your current quota", "insufficient_quota"), REASON.QUOTA),
    "quota, by 402": (refusal(402, "Insufficient Balance"), REASON.QUOTA),
    "quota, by 400": (response(400, {"code": "Arrearage", "message": "Access denied"}), REASON.QUOTA),
    "quota, by 403 in Chinese": (refusal(403, "该令牌额度已用尽"), REASON.QUOTA),
    "region": (refusal(403, "Country not supported", "unsupported_country_region_territory"), REASON.REGION),
    "region, by 400": (refusal(400, "User location is not supported for the API use."), REASON.REGION),
    "model": (refusal(404, "The model `m-asked` does not exist", "model_not_found"), REASON.UNKNOWN_MODEL),
    "model, by 400": (refusal(400, "Model Not Exist", "invalid_request_error"), REASON.UNKNOWN_MODEL),
    "model, by 403": (refusal(403, "Project does not have access to model m", "model_not_found"), REASON.UNKNOWN_MODEL),
    "deployment": (refusal(404, "The API deployment does not exist", "DeploymentNotFound"), REASON.UNKNOWN_MODEL),
    "model, by name only": (response(404, {"error": "model 'm-asked' is unknown here"}), REASON.UNKNOWN_MODEL),
    "path": (response(404, {"detail": "Not Found"}), REASON.NOT_JSON),
    "path, in words": (refusal(404, "Invalid URL (POST /chat/completions)"), REASON.NOT_JSON),
    "path, by a page": (response(404, PAGE), REASON.NOT_JSON),
    "method": (response(405, {"detail": "Method Not Allowed"}), REASON.NOT_JSON),
    "a firewall's page": (response(403, PAGE), REASON.NOT_JSON),
    "plain http sent to https": (response(400, PAGE), REASON.NOT_JSON),
    "context": (refusal(400, "too long", "context_length_exceeded", "messages"), REASON.TOO_LONG),
    "context, in words": (refusal(400, "This model's maximum context length is 4096 tokens"), REASON.TOO_LONG),
    "context, by DashScope": (
        response(400, {"error": {"message": "Range of input length should be [1, 30720]"}}),
        REASON.TOO_LONG,
    ),
    "context, with the question behind it": (
        response(
            400, {"error": {"message": "maximum context length is 8 tokens", "code": 400, "input": "x" * 300_000}}
        ),
        REASON.TOO_LONG,
    ),
    "context, with the question in it": (
        response(400, {"object": "error", "message": "The prompt is too long: " + "好" * 200_000, "code": 40303}),
        REASON.TOO_LONG,
    ),
    "filter, by a list with the question in it": (
        response(400, [{"error": {"code": "data_inspection_failed", "message": "x", "input": ["y" * 200_000]}}]),
        REASON.FILTERED,
    ),
    "request, by 422, with the question in it": (
        response(422, {"detail": [{"loc": ["body"], "msg": "wrong", "input": "x" * 200_000}]}),
        REASON.BAD_REQUEST,
    ),
    "a long page": (response(503, PAGE + "x" * 200_000), REASON.BUSY),
    "context, by 413": (response(413, PAGE), REASON.TOO_LONG),
    "context, by the rate limit": (refusal(429, "Request too large for m: Limit 10, Requested 20"), REASON.TOO_LONG),
    "filter": (refusal(400, "The response was filtered", "content_filter", "prompt"), REASON.FILTERED),
    "filter, by DashScope": (response(400, {"error": {"code": "data_inspection_failed"}}), REASON.FILTERED),
    "filter, by DeepSeek": (refusal(400, "Content Exists Risk"), REASON.FILTERED),
    "busy": (refusal(429, "Rate limit reached for m on requests per min"), REASON.BUSY),
    "busy, by a page": (response(429, PAGE), REASON.BUSY),
    "busy, by Azure": (refusal(429, "exceeded token rate limit. See https://aka.ms/oai/quotaincrease"), REASON.BUSY),
    "overloaded": (refusal(503, "The engine is currently overloaded"), REASON.BUSY),
    "overloaded, by 529": (refusal(529, "x"), REASON.BUSY),
    "server": (refusal(500, "The server had an error"), REASON.SERVER),
    "gateway's page": (response(502, PAGE), REASON.SERVER),
    "request": (refusal(400, "Invalid value for 'messages'"), REASON.BAD_REQUEST),
    "request, by 422": (response(422, {"detail": [{"loc": ["body"], "msg": "wrong"}]}), REASON.BAD_REQUEST),
    "redirect": (response(302, b"", location="https://elsewhere.example/"), REASON.NOT_JSON),
    "redirect to another path": (response(308, b"", location="/elsewhere"), REASON.NOT_JSON),
    "deep JSON in a refusal": (response(500, "[" * 100_000), REASON.SERVER),
    "odd JSON in a refusal": (response(400, {"error": {"message": {"a": 1}, "code": [1, None]}}), REASON.BAD_REQUEST),
    "a list in a refusal": (response(429, [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}]), REASON.BUSY),
    "no JSON object in a refusal": (response(400, [None]), REASON.BAD_REQUEST),
    "page instead of an answer": (response(200, PAGE), REASON.NOT_JSON),
    "page behind blanks": (response(200, "\n  " + PAGE), REASON.NOT_JSON),
    "text instead of an answer": (response(200, "OK"), REASON.NOT_JSON),
    "other JSON": (response(200, {"status": "ok"}), REASON.NOT_JSON),
    "broken JSON": (response(200, '{"choices": ['), REASON.NOT_JSON),
    "JSON that is no object": (response(200, [1, 2]), REASON.NOT_JSON),
    "empty list": (response(200, []), REASON.NOT_JSON),
    "garbage in the stream": (HEAD + b"data: garbage\n\n", REASON.NOT_JSON),
    "a number in the stream": (HEAD + event(7), REASON.NOT_JSON),
    "deep JSON in the stream": (HEAD + event(b"[" * 100_000), REASON.NOT_JSON),
    "a line without end": (HEAD + b"data: " + b"x" * 4_100_000, REASON.NOT_JSON),
    "an error with status 200": (response(200, {"error": {"message": "Arrearage"}}), REASON.QUOTA),
    "an error with status 200, in words": (response(200, {"error": "went wrong"}), REASON.SERVER),
    "an error in the stream": (HEAD + event({"error": {"message": "overloaded"}}), REASON.BUSY),
    "an error in the stream with a status": (
        HEAD + event({"error": {"code": 401, "message": "x"}}),
        REASON.KEY_REFUSED,
    ),
    "an error in the stream, other form": (HEAD + event({"code": "X", "message": "throttled"}), REASON.BUSY),
    "nothing at all": (HEAD, REASON.SERVER),
    "only the end of the connection": (b"", REASON.UNREACHABLE),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", REASON.UNREACHABLE),
    "chunks that end too early": (CHUNKED + chunked(said("")), REASON.UNREACHABLE),
    "a stream that ends too early": (HEAD + said(""), REASON.SERVER),
    "a first event that ends too early": (HEAD + b'data: {"choices": [{"del', REASON.SERVER),
    "comments only": (HEAD + b": please wait\n\n", REASON.SERVER),
    "thinking that ends too early": (HEAD + said("<think>hm"), REASON.SERVER),
    "broken compression": (
        response(200, b"xxxxxxxxxxxxxxxxxxxx", content_encoding="gzip"),
        REASON.UNREACHABLE,
    ),
    "filtered before a word": (answered("", finish="content_filter"), REASON.FILTERED),
    "resources before a word": (answered("", finish="insufficient_system_resource"), REASON.SERVER),
    "no text": (answered(""), REASON.EMPTY),
    "blanks": (answered(" ", "\n\n", "\u3000\u00a0"), REASON.EMPTY),
    "thinking only": (answered("<think>hm</think>\n\n"), REASON.EMPTY),
    "thinking without end": (answered("<think>hm"), REASON.EMPTY),
    "thinking cut by the limit": (answered("<think>hm", finish="length"), REASON.THOUGHT_TOO_LONG),
    "thinking beside the text, cut by the limit": (
        HEAD + event({"choices": [{"delta": {"reasoning_content": "hm"}, "finish_reason": "length"}]}) + DONE,
        REASON.THOUGHT_TOO_LONG,
    ),
    "tool call": (
        HEAD
        + event({"choices": [{"delta": {"content": None, "tool_calls": [{"id": "t"}]}, "finish_reason": "tool_calls"}]})
        + DONE,
        REASON.EMPTY,
    ),
    "null content": (response(200, completion(None)), REASON.EMPTY),
    "content of another type": (response(200, completion(7)), REASON.EMPTY),
    "no choices": (response(200, {"choices": []}), REASON.EMPTY),
    "choices of another type": (response(200, {"choices": [7]}), REASON.EMPTY),
}


@pytest.mark.parametrize(("raw", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_tells_the_reason(setup: Setup, raw: bytes, reason: ModelFailure) -> None:
    """Every failure has the reason that its sentence for people needs, and asks the server once."""
    setup.server.then(raw)
    failed = fail(setup)
    assert failed.reason is reason, failed.detail
    assert len(setup.server.requests) == 1


def test_cannot_connect(setup: Setup) -> None:
    """A server that is not there is unreachable, and the log learns what happened."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        failed = fail(setup, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
    assert failed.reason is ModelFailure.UNREACHABLE
    assert "refused" in str(failed.facts["why"])


def test_breaks_before_an_answer(setup: Setup) -> None:
    """A connection that is reset before a word came counts as unreachable."""
    setup.server.then(CHUNKED + chunked(said("")), RESET)
    assert fail(setup).reason is ModelFailure.UNREACHABLE


def test_breaks_in_an_answer(setup: Setup) -> None:
    """A connection that ends in the middle leaves what has come, marked."""
    setup.server.then(CHUNKED + chunked(said("half of")), CLOSE)
    answer = setup.model().ask(ASKED, 10)
    assert (answer.text, answer.cut) == ("half of", "stalled")


SILENCES: dict[str, list[bytes | str]] = {
    "after the connection": [],
    "in the headers": [b"HTTP/1.1 200 OK\r\ncontent-ty"],
    "before the first byte": [HEAD],
    "in the first event": [HEAD + b'data: {"choices": [{"delta": {"content": "ha'],
    "while thinking": [HEAD + said("<think>hm")],
    "while thinking, behind a finish": [HEAD + said("<think>hm", "stop")],
    "behind a finish without a word": [HEAD + said("", "stop")],
    "in an error": [b"HTTP/1.1 500 X\r\ncontent-length: 100\r\n\r\n{"],
}


@pytest.mark.parametrize("sent", SILENCES.values(), ids=SILENCES)
def test_ends_a_silence(setup: Setup, sent: list[bytes | str]) -> None:
    """A server that falls silent before a word came is given up when the time is over."""
    setup.server.then(*sent, setup.server.pause())
    assert fail(setup, 0.1).reason is ModelFailure.TIMEOUT


def test_ends_a_silent_handshake(setup: Setup) -> None:
    """The time bounds the encryption's handshake, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failed = fail(setup, 0.1, base_url=f"https://127.0.0.1:{silent.getsockname()[1]}/v1")
        assert failed.reason is ModelFailure.TIMEOUT


def test_ends_a_trickle(setup: Setup) -> None:
    """Comments that keep the connection alive do not stretch the time; the thread left behind hangs up."""
    setup.server.then(HEAD, TRICKLE)
    assert fail(setup, 0.1).reason is ModelFailure.TIMEOUT
    assert setup.server.gone.wait(10)


def test_ends_a_trickle_behind_half_an_answer(setup: Setup) -> None:
    """What came before the trickle is shown, marked."""
    setup.server.then(HEAD + said("half of"), TRICKLE)
    answer = ask_for_a_while(setup)
    assert (answer.text, answer.cut) == ("half of", "stalled")
    assert setup.server.gone.wait(10)


def test_shows_half_an_answer_when_the_rest_does_not_come(setup: Setup) -> None:
    """A stall in the middle leaves what has come, marked."""
    setup.server.then(HEAD + said("half of"), setup.server.pause())
    answer = ask_for_a_while(setup)
    assert (answer.text, answer.cut) == ("half of", "stalled")


def test_leaves_no_thread_behind(setup: Setup, capfd: pytest.CaptureFixture[str]) -> None:
    """The thread of a call that was given up ends by its own time-out, without a word, though the server stays."""
    setup.server.then(HEAD, setup.server.pause())
    assert fail(setup, 0.1).reason is ModelFailure.TIMEOUT
    threads_end()
    assert capfd.readouterr() == ("", "")
    assert setup.log == ""


def test_has_no_time_at_all(setup: Setup) -> None:
    """Without time nothing is asked."""
    for seconds in (0, -1):
        assert fail(setup, seconds).reason is ModelFailure.TIMEOUT
    assert setup.server.requests == []


@pytest.mark.parametrize(
    "first",
    [refusal(429, "slow down"), refusal(500), response(502, PAGE), refusal(503), b"", HEAD, refusal(408), refusal(409)],
)
def test_tries_again(setup: Setup, first: bytes) -> None:
    """What passes by itself is tried again after a pause."""
    setup.server.then(first).then(answered("yes"))
    assert setup.model().ask(ASKED, 30).text == "yes"
    assert setup.clock.slept == [0.5]


def test_waits_longer_each_time_and_not_for_ever(setup: Setup) -> None:
    """A server that stays broken is asked six times, with growing pauses, and then reported."""
    setup.server.then(refusal(500, "broken"))
    assert fail(setup, 60).reason is ModelFailure.SERVER
    assert setup.clock.slept == [0.5, 1, 2, 4, 8]
    assert len(setup.server.requests) == 6


def test_does_not_begin_a_wait_that_cannot_pay(setup: Setup) -> None:
    """No pause is begun that leaves no second for another try."""
    setup.server.then(refusal(503, "busy"))
    assert fail(setup, 4).reason is ModelFailure.BUSY
    assert setup.clock.slept == [0.5, 1]


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"retry_after": "7"}, [7]),
        ({"retry_after": "0"}, [0.5]),
        ({"retry_after": "-3"}, [0.5]),
        ({"retry_after": "nan"}, [0.5]),
        ({"retry_after": "soon"}, [0.5]),
        ({"retry_after": "1.5"}, [1.5]),
        ({"retry_after_ms": "2500", "retry_after": "9"}, [2.5]),
        ({"retry_after": formatdate(NOW + 5, usegmt=True)}, [5]),
        ({"retry_after": formatdate(NOW - 5, usegmt=True)}, [0.5]),
        ({"retry_after": "Mon, 99 Foo 2026 99:99:99 GMT"}, [0.5]),
    ],
)
def test_waits_as_long_as_asked(setup: Setup, headers: dict[str, str], waited: list[float]) -> None:
    """Retry-After is honoured in all its forms."""
    setup.server.then(refusal(429, "slow down", **headers)).then(answered("yes"))
    assert setup.model().ask(ASKED, 30).text == "yes"
    assert setup.clock.slept == waited


@pytest.mark.parametrize("asked_for", ["60", "inf", "1e999", formatdate(NOW + 600, usegmt=True)])
def test_does_not_wait_beyond_its_time(setup: Setup, asked_for: str) -> None:
    """A pause longer than the time left is not begun."""
    setup.server.then(refusal(429, "slow down", retry_after=asked_for))
    assert fail(setup, 30).reason is ModelFailure.BUSY
    assert setup.clock.slept == []


KEYS = ("sk-one-0123456789", "sk-two-0123456789", "sk-three-0123456789")


@pytest.mark.parametrize(
    "refused", [refusal(401, "no"), refusal(403, "no"), refusal(429, "x", "insufficient_quota"), refusal(402, "pay")]
)
def test_takes_the_next_key_and_stays_with_it(setup: Setup, refused: bytes) -> None:
    """A refused or empty key is passed over at once; later questions begin with the one that worked."""
    setup.server.then(refused).then(refused).then(answered("yes"))
    model = setup.model(keys=KEYS)
    assert [model.ask(ASKED, 5).text, model.ask(ASKED, 5).text] == ["yes", "yes"]
    assert [request.key for request in setup.server.requests] == [*KEYS, KEYS[2]]
    assert setup.clock.slept == []
    assert '"key": 1' in setup.log
    assert '"remedy"' in setup.log


def test_tries_each_key_once(setup: Setup) -> None:
    """When no key is left the refusal is reported, and the next question begins where this one ended."""
    setup.server.then(refusal(401, "no"))
    model = setup.model(keys=KEYS)
    for _ in range(2):
        with pytest.raises(ModelFailed) as caught:
            model.ask(ASKED, 5)
        assert caught.value.reason is ModelFailure.KEY_REFUSED
    assert [request.key for request in setup.server.requests] == [*KEYS, KEYS[2], KEYS[0], KEYS[1]]


def test_other_refusals_keep_the_key(setup: Setup) -> None:
    """Another key does not help against a region or an unknown model."""
    setup.server.then(refusal(403, "x", "unsupported_country_region_territory"))
    assert fail(setup, keys=KEYS).reason is ModelFailure.REGION
    assert len(setup.server.requests) == 1


def test_the_failure_tells_no_secret(setup: Setup) -> None:
    """Neither a key nor the question is in the failure or the log, whatever the server repeats."""
    question = ASKED[0].content
    setup.server.then(refusal(401, f"bad key {KEY}, asked: {question}")).then(refusal(401, f"{'x' * 460} {KEYS[1]}"))
    failed = fail(setup, keys=(KEY, KEYS[1]), log_text=True)
    for told in (str(failed), failed.detail, setup.log):
        assert KEY[:8] not in told
        assert KEYS[1][:6] not in told
        assert question not in told
    assert "bad key ***, asked: ***" in setup.log
    assert failed.detail.endswith("xxx ***")
    assert failed.__cause__ is None


ESCAPED = ASKED[0].content.replace(" ", "\\u0020")
SPACED = ASKED[0].content.replace(" ", "\n  ")
REPEATS = {
    "in other white space": refusal(400, f"cannot parse: {SPACED}"),
    "escaped": refusal(400, f"cannot parse: {ESCAPED}"),
    "percent-encoded": refusal(400, f"cannot parse: {ASKED[0].content.replace(' ', '%20')}"),
    "in capitals": refusal(400, ASKED[0].content.upper()),
    "in pieces": refusal(400, "What is the airspeed - of a swallow?"),
    "as the code": refusal(400, "no", ASKED[0].content),
    "as the parameter": refusal(400, "no", param=SPACED),
    "as the type": response(400, {"error": {"message": "no", "type": SPACED}}),
    "as flagged input": response(
        403, {"error": {"code": 403, "message": "flagged", "metadata": {"flagged_input": ASKED[0].content}}}
    ),
    "as a validator's input": response(422, {"detail": [{"loc": ["body"], "msg": "no", "input": SPACED}]}),
    "as plain text": response(400, SPACED),
    "as a page": response(200, f"<html>{SPACED}</html>"),
    "as broken JSON": response(200, f'{{"choices": "{SPACED}'),
    "in the stream": HEAD + event({"error": {"message": SPACED, "code": SPACED}}),
    "as an ending": answered("", finish=SPACED),
    "as a header": b"HTTP/1.1 200 OK\r\n" + SPACED.encode() + b"\r\n\r\n",
}


@pytest.mark.parametrize("raw", REPEATS.values(), ids=REPEATS)
def test_a_repeated_question_is_not_logged(setup: Setup, raw: bytes) -> None:
    """What a provider says is not in the log, in whatever form it repeats the question; status and code are."""
    setup.server.then(raw)
    failed = fail(setup)
    Log(stream=setup.lines).error("model_failed", reason=failed.reason.value, **failed.facts)
    for word in ("airspeed", "swallow"):
        assert word not in setup.log.lower()
        assert word not in str(failed).lower()


def test_the_failure_leaves_out_a_repeated_request(setup: Setup) -> None:
    """Of a validator's answer only place and complaint are kept."""
    wrong = [{"loc": ["body", "messages"], "msg": "too few", "type": "x", "input": {"content": "secret question"}}]
    setup.server.then(response(422, {"detail": wrong}))
    detail = fail(setup).detail
    assert "too few" in detail
    assert "secret" not in detail


def test_does_not_follow_a_redirect(setup: Setup) -> None:
    """The key is not taken to another address; the log learns which one it was."""
    with ScriptedServer().then(answered("stolen")) as other:
        setup.server.then(response(307, b"", location=f"http://{other.address}/v1/chat/completions"))
        failed = fail(setup)
        assert failed.reason is ModelFailure.NOT_JSON
        assert "127.0.0.1" in failed.detail
        assert other.requests == []


REFUSED = {
    "max_tokens": refusal(400, "Use 'max_completion_tokens' instead.", "unsupported_parameter", "max_tokens"),
    "temperature": refusal(400, "Unsupported value: 'temperature' does not support 0.2 with this model."),
    "stream_options": response(422, {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]}),
    "stream": refusal(400, "Your organization must be verified to stream this model.", "unsupported_value", "stream"),
}
SENT = {"max_tokens": 100, "temperature": 0.2, "stream_options": {"include_usage": True}, "stream": True}


@pytest.mark.parametrize(("name", "refused"), REFUSED.items(), ids=REFUSED)
def test_leaves_out_what_the_model_refuses(setup: Setup, name: str, refused: bytes) -> None:
    """A parameter that is refused by name is left out or renamed at once, and so from then on."""
    setup.server.then(refused).then(answered("yes"))
    model = setup.model(temperature=0.2, max_answer_len=100)
    assert [model.ask(ASKED, 5).text, model.ask(ASKED, 5).text] == ["yes", "yes"]
    first, second, third = [
        {k: v for k, v in r.body.items() if k not in ("messages", "model")} for r in setup.server.requests
    ]
    wanted = {k: v for k, v in SENT.items() if k != name}
    wanted |= {"max_completion_tokens": 100} if name == "max_tokens" else {}
    if name == "stream":
        wanted = {"max_tokens": 100, "temperature": 0.2, "stream": False}
    assert first == SENT
    assert second == third == wanted
    assert setup.clock.slept == []


def test_leaves_out_all_that_is_refused(setup: Setup) -> None:
    """One refusal after the other ends with the bare question, or with the refusal itself."""
    for name in ("stream_options", "temperature", "max_tokens", "max_completion_tokens", "stream"):
        setup.server.then(refusal(400, f"Unrecognized request argument supplied: {name}", param=name))
    setup.server.then(response(200, completion("yes")))
    model = setup.model(temperature=0.2, max_answer_len=100)
    assert model.ask(ASKED, 5).text == "yes"
    assert set(setup.server.requests[-1].body) == {"messages", "model", "stream"}
    setup.server.scripts[:] = [[refusal(400, "Unrecognized request argument supplied: stream", param="stream")]]
    with pytest.raises(ModelFailed) as caught:
        model.ask(ASKED, 5)
    assert caught.value.reason is ModelFailure.BAD_REQUEST


def test_does_not_take_a_long_context_for_a_refused_parameter(setup: Setup) -> None:
    """A context that is too long is reported as such although the message names max_tokens."""
    words = "This model's maximum context length is 10 tokens, you asked for 20 (15 in the messages, 5 in max_tokens)."
    setup.server.then(refusal(400, words))
    assert fail(setup, max_answer_len=5).reason is ModelFailure.TOO_LONG
    assert len(setup.server.requests) == 1


def test_sends_neither_temperature_nor_limit_unless_set(setup: Setup) -> None:
    """What is unset is not sent."""
    setup.server.then(answered("yes"))
    setup.model().ask(ASKED, 5)
    assert set(setup.server.requests[0].body) == {"model", "messages", "stream", "stream_options"}


@pytest.fixture
def loud() -> Callable[[], str]:
    """Every record that any logger lets through, as an operator's runtime would show it."""
    heard: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    root, level, handler = logging.getLogger(), logging.getLogger().level, Handler()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    def stop() -> str:
        root.removeHandler(handler)
        root.setLevel(level)
        return "\n".join(heard)

    return stop


def test_the_packages_keep_quiet(setup: Setup, loud: Callable[[], str]) -> None:
    """The packages below log nothing, even where the runtime has turned everything on."""
    setup.server.then(refusal(500)).then(answered("yes"))
    setup.model().ask(ASKED, 30)
    threads_end()
    assert loud() == ""


def test_time_is_bounded_in_reality(setup: Setup) -> None:
    """A silent server costs the time given and not its own."""
    setup.server.then(setup.server.pause())
    began = time.monotonic()
    fail(setup, 0.1)
    assert time.monotonic() - began < 5  # far above 0.1 s, far below what the server would take


def test_closing(setup: Setup) -> None:
    """A server that closes without a word is tried again."""
    setup.server.then(CLOSE).then(answered("yes"))
    assert setup.model().ask(ASKED, 30).text == "yes"
