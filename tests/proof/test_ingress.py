"""Ingress fuzz: a sample breaks nothing, and a build that lets something through is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.ingress import run
from proof.ingress_requests import MINUTE_MS, good, request, signed
from proof.plan import Plan
from proof.result import report
from tests.proof.broken import broken

NOW_MS = 1_790_000_000_000


def test_a_sample_keeps_the_promise() -> None:
    """Some requests to the handlers, some over HTTP in both forms: all are answered as they must be."""
    plan = Plan(share=0.005)
    result = run(plan)
    assert result.cases > 1000
    assert not result.broken, report(plan, [result])
    assert int(result.numbers["invocations"]) > 50
    assert int(result.numbers["events to reply: events"]) > 5


def test_a_request_is_made_by_its_number() -> None:
    """The same seed makes the same form of request; another one does not."""
    first, again, other = (request(seed, 7, NOW_MS) for seed in (1, 1, 2))
    assert (first.method, first.path, first.headers, first.valid) == (
        again.method,
        again.path,
        again.headers,
        again.valid,
    )
    assert (first.headers, len(first.body)) != (other.headers, len(other.body))


def test_signatures_are_judged_apart_from_the_code() -> None:
    """Of good headers, changed ones are good only where nothing but form was changed."""
    plan = Plan()
    made = [signed(plan.random(f"{number}"), NOW_MS) for number in range(400)]
    valid = [headers for headers in made if good(headers, NOW_MS)]
    assert 200 < len(valid) < 390
    assert not any(good(headers, NOW_MS + 70 * MINUTE_MS) for headers in valid)


BROKEN = [
    (
        "conversation/channels/dingtalk.py",
        "if hmac.compare_digest(signature(stamp, r.secret), sign)]",
        "if signature(stamp, r.secret)]",
        "for a bad signature",
    ),
    (
        "conversation/channels/dingtalk.py",
        "if not -FARTHEST_AHEAD <= age <= OLDEST:",
        "if False:",
        "for a bad signature",
    ),
    (
        "conversation/channels/json_fields.py",
        'return value.strip() if isinstance(value, str) else ""',
        "return value.strip()",
        "fault of the program",
    ),
    (
        "conversation/http.py",
        'body = self._encoded().decode("utf-8")',
        "body = self.body + chr(0xD800)",
        "UnicodeEncodeError",
    ),
    ("reply/bucket.py", "c if c in _PLAIN else", "c if True else", "outside the mount"),
    (
        "reply/channels/session_webhook.py",
        "url = self._checked(message)",
        "url = message.reply_to.webhook",
        "a look-up of",
    ),
]


@pytest.mark.parametrize(("path", "line", "instead", "found"), BROKEN)
def test_a_broken_build_is_caught(tmp_path: Path, path: str, line: str, instead: str, found: str) -> None:
    """One line of the code is changed in a copy, and what it lets through is reported."""
    result = run(Plan(code=broken(tmp_path, path, line, instead), share=0.005, only="^requests 0 on$"))
    assert any(found in violation.found for violation in result.violations), result.broken[:3]
