"""Everything that DingTalk can answer to a post, or not answer: shown once, explained, or on record as undeliverable.

Codes: https://open.dingtalk.com/document/orgapp/server-api-error-codes-1 ; an error comes with HTTP 200.
"""

from __future__ import annotations

from collections.abc import Mapping

from proof.dingtalk_special import special_trials
from proof.fault_trials import try_all
from proof.faults import ANSWER, CLOSED, Trouble, explained, trials
from proof.plan import Plan
from proof.result import Result

BLOCKED = explained("blocked_by_dingtalk")
PARTS = "A sentence of an answer that comes in several parts. " * 160
"""Three parts."""

PACE = 0.003
"""Real seconds that a function's sleep of one second takes: it waits for minutes where DingTalk is down."""

SHORT_RUN = 9
"""FC's time-out of `reply` where DingTalk is slow: a socket's time-out is in real seconds."""

PASSING = ("-1", "130101", "410100", "460101", "40035", "43004", "400105", "999999")
CLOSING = ("300001", "90030", "310000", "400013", "400101", "400102", "400106")
BLOCKING = ("430101", "430102", "430103", "430104")
STATUSES = ("500", "502", "503", "504", "429", "413", "403", "404")


def troubles() -> list[Trouble]:
    """What is answered to a post."""
    passes: list[tuple[str, str, Mapping[str, object]]] = [
        *((f"errcode {code}", "errcode", {"code": code}) for code in PASSING),
        *((f"HTTP {status}", "http-error", {"status": status}) for status in STATUSES),
        ("HTTP 302", "redirect", {}),
        ("HTML page", "html", {}),
        ("throttled", "throttled", {}),
    ]
    return [
        *(Trouble(name, switch, how, once=ANSWER, always=CLOSED, single=True) for name, switch, how in passes),
        *(
            Trouble(f"errcode {code}", "errcode", {"code": code}, once=CLOSED, always=CLOSED, single=True)
            for code in CLOSING
        ),
        *(
            Trouble(f"errcode {code}", "errcode", {"code": code}, once=BLOCKED, always=CLOSED, single=True)
            for code in BLOCKING
        ),
        Trouble("slow", "slow-post", {"seconds": 0.4}, once=ANSWER, always=ANSWER, single=True),
        Trouble("errcode as text", "odd-response", {"what": "text-code"}, once=ANSWER, always=ANSWER, single=True),
        *_unheard(),
        *_in_parts(),
        Trouble("webhook expired", "webhook-expired", {"seconds": 0.0}, once=CLOSED, paid=0),
    ]


def _unheard() -> list[Trouble]:
    """Posts of which nobody hears whether they were shown: posted once more, which window 1 is about."""
    found = []
    for name, shown, hidden, how in (
        ("reset", "cut-after-delivery", "post-cut", {}),
        ("empty JSON", "odd-response", "odd-refusal", {"what": "empty-json"}),
        ("errcode missing", "odd-response", "odd-refusal", {"what": "no-code"}),
        ("empty body", "odd-response", "odd-refusal", {"what": "empty"}),
    ):
        found.append(Trouble(f"{name}, shown", shown, how, once=ANSWER, always=ANSWER))
        found.append(Trouble(f"{name}, not shown", hidden, how, once=ANSWER, always=CLOSED))
    return found


def _in_parts() -> list[Trouble]:
    """A split answer that meets something between its parts."""
    codes = ("130101", "-1", "460101")
    passes = [(f"errcode {code}", "errcode", {"code": code}) for code in codes]
    passes += [("HTTP 500", "http-error", {"status": "500"}), ("throttled", "throttled", {})]
    return [
        Trouble("parts", "slow-post", {"seconds": 0.0}, answer=PARTS, once=ANSWER, single=True),
        *(
            Trouble(f"{name} between parts", switch, how, after=1, answer=PARTS, once=ANSWER, always=ANSWER)
            for name, switch, how in passes
        ),
        *(
            Trouble(f"errcode {code} between parts", "errcode", {"code": code}, after=1, answer=PARTS, once=ANSWER)
            for code in ("300001", "90030", "400106")
        ),
        Trouble(
            "blocked between parts",
            "errcode",
            {"code": "430104"},
            after=1,
            answer=PARTS,
            once=BLOCKED,
        ),
        Trouble("reset between parts, shown", "cut-after-delivery", after=1, answer=PARTS, once=ANSWER),
        Trouble("reset between parts, not shown", "post-cut", after=1, answer=PARTS, once=ANSWER, single=True),
        # Where an instance has to start first, it has expired before the first part.
        Trouble(
            "webhook expires between parts", "webhook-expired", {"seconds": 6.6}, answer=PARTS, once=ANSWER | CLOSED
        ),
    ]


def slow_troubles() -> list[Trouble]:
    """DingTalk takes longer than a post may."""
    return [
        Trouble("slower than the time-out", "slow-post", {"seconds": 4.0}, once=ANSWER, always=ANSWER),
        Trouble("response later than the time-out", "timeout-after-delivery", {"seconds": 4.0}, once=ANSWER),
    ]


def run(plan: Plan) -> Result:
    """Try them all."""
    result = Result("dingtalk_faults")
    try_all(plan, result, plan.sample("dingtalk", trials(troubles())), pace=PACE)
    result.numbers["a function's sleep of 1 s took"] = f"{PACE:g} s"
    try_all(plan, result, plan.sample("slow", trials(slow_troubles())), reply_timeout=SHORT_RUN)
    special_trials(plan, result)
    return result
