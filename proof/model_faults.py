"""Everything that a model's server, the network before it, or its settings can do wrong: each is explained or overcome.

https://platform.openai.com/docs/guides/error-codes ; reports of silent failures in soimy/openclaw-channel-dingtalk#208,
#379, #538.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from local.odd_refusals import REFUSALS
from local.odd_streams import FORMS
from proof.fault_settings import settings_trials
from proof.fault_trials import try_all
from proof.faults import ANSWER, CUT_BY_ERROR, PART, Trouble, Wanted, explained, trials
from proof.plan import Plan
from proof.result import Result

MODEL_SECONDS = 3
"""TIMEOUT where the model is too slow on purpose: real seconds, for a socket's time-out is not scaled."""

BUSY, SERVER, EMPTY = explained("failed_busy"), explained("failed_server"), explained("failed_empty")
NOT_JSON, UNREACHABLE = explained("failed_not_json"), explained("failed_unreachable")
KEY, QUOTA, TOO_LONG = explained("failed_key_refused"), explained("failed_quota"), explained("failed_too_long")
TIMEOUT, FILTERED = explained("failed_timeout"), explained("failed_filtered")
UNKNOWN_MODEL = explained("failed_unknown_model")
LEFT_OUT, DROPPED = Wanted(ANSWER.outcomes, note="context_left_out"), Wanted(ANSWER.outcomes, note="context_dropped")
LONG = Wanted(ANSWER.outcomes)
SAID = "光的散射使天空呈现蓝色：波长越短，散射得越多。傍晚的光要穿过更厚的大气，剩下的便是红色。"


def _date(seconds: float) -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


def _stays(name: str, switch: str, wanted: Wanted, **parameters: object) -> Trouble:
    """A refusal that no second try can mend: the same for once and for always."""
    return Trouble(name, switch, parameters, once=wanted, always=wanted)


def _passes(name: str, switch: str, wanted: Wanted, **parameters: object) -> Trouble:
    """A failure that is tried again: an answer when it passes, `wanted` when it stays."""
    return Trouble(name, switch, parameters, once=ANSWER, always=wanted)


def _of_context(name: str, switch: str, wanted: Wanted, without: Wanted = LEFT_OUT, **parameters: object) -> Trouble:
    """A failure that may lie in the context: the first question meets it, a later one is asked once without context."""
    return Trouble(name, switch, parameters, once=without, always=wanted, alone=wanted)


def _harmless(name: str, switch: str, wanted: Wanted = ANSWER, **parameters: object) -> Trouble:
    return Trouble(name, switch, parameters, once=wanted, always=wanted)


def troubles() -> list[Trouble]:
    """What one server can do, in the time it has."""
    return [
        _passes("connection dropped", "dropped", UNREACHABLE),
        _passes("stream cut before a word", "stream-cut", UNREACHABLE, chunks=0),
        _harmless("stream cut in the middle", "stream-cut", PART, chunks=3),
        _stays("401", "key-refused", KEY),
        _stays("403 region", "region-refused", explained("failed_region")),
        _stays("404 model", "model-unknown", UNKNOWN_MODEL),
        _of_context("400", "request-refused", explained("failed_bad_request"), DROPPED),
        _stays("429 quota", "quota", QUOTA),
        _passes("429", "rate-limit-plain", BUSY),
        _passes("429 Retry-After 2", "retry-after", BUSY, value="2"),
        _passes("429 Retry-After date", "retry-after", BUSY, value=_date(3)),
        _passes("429 Retry-After past date", "retry-after", BUSY, value=_date(-3600)),
        _passes("429 Retry-After negative", "retry-after", BUSY, value="-5"),
        _passes("429 Retry-After nonsense", "retry-after", BUSY, value="soon"),
        _passes("429 Retry-After nan", "retry-after", BUSY, value="nan"),
        _stays("429 Retry-After an hour", "retry-after", BUSY, value="3600"),
        _stays("429 Retry-After a date tomorrow", "retry-after", BUSY, value=_date(86_400)),
        _stays("429 Retry-After year 9999", "retry-after", BUSY, value="Fri, 31 Dec 9999 23:59:59 GMT"),
        _stays("429 Retry-After 1e300", "retry-after", BUSY, value="1e300"),
        _stays("429 Retry-After inf", "retry-after", BUSY, value="inf"),
        _passes("500", "server-error", SERVER, status="500"),
        _passes("502", "server-error", SERVER, status="502"),
        _passes("503", "server-error", BUSY, status="503"),
        _passes("529", "server-error", BUSY, status="529"),
        _passes("502 as HTML", "html-answer", SERVER),
        _stays("HTML page", "html-page", NOT_JSON),
        *(_stays(f"redirect {status}", "redirected", NOT_JSON, status=status) for status in ("301", "302", "307")),
        _passes("empty body", "empty-body", SERVER),
        _of_context("empty choices", "no-choices", EMPTY),
        _of_context("null content", "null-content", EMPTY),
        _of_context("no text", "empty", EMPTY),
        _of_context("thinking only", "thinking-only", EMPTY),
        _of_context("tool call", "tool-call", EMPTY),
        _of_context("filtered", "filtered", FILTERED, DROPPED),
        _harmless("stream without any end mark", "stream-ending", marks="none"),
        _harmless("stream without [DONE]", "stream-ending", marks="finish"),
        _harmless("garbage in the stream", "garbage", PART, chunks=3),
        _stays("garbage at the beginning of the stream", "garbage", NOT_JSON, chunks=0),
        _passes("429 inside the stream", "error-in-stream", BUSY, code="rate_limit_exceeded"),
        _passes("500 inside the stream", "error-in-stream", SERVER, code="server_error"),
        _stays("quota inside the stream", "error-in-stream", QUOTA, code="insufficient_quota"),
        _harmless("error in the middle of the stream", "error-in-stream", CUT_BY_ERROR, chunks=3),
        *odd_streams(),
        *odd_refusals(),
        _stays("half of a JSON answer", "half-json", NOT_JSON),
        _stays("JSON of another kind", "other-json", NOT_JSON),
        _harmless("an answer that is not streamed", "not-streamed"),
        *(
            _harmless(f"stream as {kind}", "content-type", type=kind)
            for kind in ("text/html", "text/plain", "application/octet-stream")
        ),
        _passes("gzip garbage", "gzip-garbage", UNREACHABLE),
        _harmless("usage missing", "no-usage"),
        _harmless("very long answer", "very-long", LONG, characters=200_000),
        Trouble("1 MB answer", "no-usage", once=LONG, answer="A sentence of a very long answer. " * 31_000),
        _of_context("context too long", "context-too-long", TOO_LONG),
    ]


def odd_streams() -> list[Trouble]:
    """Streams that are no error: the answer is shown whole and once, or with the note that says why it is not."""
    notes = {
        "picture": "pictures_left_out",
        "length": "length_cut",
        "filtered": "filtered_cut",
        "error-block": "error_cut",
    }
    found = []
    for form in FORMS:
        wanted = Wanted(ANSWER.outcomes, note=notes.get(form, ""), text=SAID)
        if form == "thinking-limit":
            wanted = explained("failed_thought_too_long")
        found.append(Trouble(f"odd stream: {form}", "odd-stream", {"form": form}, wanted, answer=SAID))
    return found


def odd_refusals() -> list[Trouble]:
    """What providers say in words of their own: told as what it is, answered after a wait, or without the context."""
    ends: dict[str, tuple[Wanted, Wanted]] = {
        "rate": (ANSWER, BUSY),
        "quota": (QUOTA, QUOTA),
        "balance": (QUOTA, QUOTA),
        "channel": (UNKNOWN_MODEL, UNKNOWN_MODEL),
        "false": (KEY, KEY),
        "moderation": (DROPPED, FILTERED),
        "filter": (DROPPED, FILTERED),
        "length": (LEFT_OUT, TOO_LONG),
    }
    found = []
    for form in REFUSALS:
        once, always = ends[form.rpartition("-")[2]]
        alone = None if once in (ANSWER, always) else always
        found.append(Trouble(f"odd refusal: {form}", "provider-refusal", {"form": form}, once, always, alone))
    return found


def slow_troubles() -> list[Trouble]:
    """A server that takes longer than TIMEOUT."""
    return [
        _stays("stall before the first byte", "stall", TIMEOUT, chunks=0),
        _stays("late first token", "slow-first-token", TIMEOUT, seconds=MODEL_SECONDS + 20.0),
        _harmless("stall in the middle", "stall", PART, chunks=3),
        _harmless("trickle of a piece a second", "trickle", PART, seconds=1.0),
        _stays("trickle of a byte a second", "drip", TIMEOUT, seconds=1.0),
        _stays("headers of a byte a second", "slow-headers", TIMEOUT, seconds=1.0),
        _harmless("late first token, in time", "slow-first-token", seconds=0.5),
    ]


def two_key_troubles() -> list[Trouble]:
    """What another key of two can mend."""
    return [
        _passes("401 of two keys", "key-refused", KEY),
        _passes("429 quota of two keys", "quota", QUOTA),
        _of_context("moderation of two keys", "provider-refusal", FILTERED, DROPPED, form="openrouter-moderation"),
        _passes("quota of two keys, one-api", "provider-refusal", QUOTA, form="one-api-quota"),
        _passes("quota inside the stream, two keys", "error-in-stream", QUOTA, code="insufficient_quota"),
    ]


def run(plan: Plan) -> Result:
    """Try them all."""
    result = Result("model_faults")
    try_all(plan, result, plan.sample("model", trials(troubles())))
    try_all(plan, result, plan.sample("slow", trials(slow_troubles())), TIMEOUT=str(MODEL_SECONDS))
    keys = "sk-first-key-0001,sk-second-key-0002"
    try_all(plan, result, plan.sample("keys", trials(two_key_troubles())), CHATGPT_API_KEY=keys)
    settings_trials(plan, result)
    return result
