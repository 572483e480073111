"""Whatever comes in, nothing raises, nobody is told anything, and only a valid signature invokes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .kit import ENVIRON, FIXTURES, Bench, payload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({field for path in FIXTURES.glob("*.json") for field in payload(path.stem)})
INNER = ["content", "text", "richText", "repliedMsg", "isReplyMsg", "msgType", "type", "recognition", "cardContent"]
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
SHAPES = st.dictionaries(
    st.sampled_from(INNER), JSON | st.dictionaries(st.sampled_from(INNER), JSON, max_size=3), max_size=4
)
HTTP = st.fixed_dictionaries({"http": JSON | st.fixed_dictionaries({"method": st.text(max_size=6)})})
VALUES = JSON | SHAPES | SHAPES.map(json.dumps)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "x", ""])
HEADERS = st.dictionaries(
    st.sampled_from(["timestamp", "sign", "Timestamp", "SIGN", "content-type", "x"]),
    st.text(max_size=30) | st.sampled_from(["1790000002500", "0", "-1"]),
    max_size=4,
)


@settings(deadline=None)
@given(event=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_event(event: bytes) -> None:
    """Bytes that are no HTTP request."""
    bench = Bench()
    assert bench.serve(event, None)["statusCode"] in (400, 401, 404, 405)
    assert bench.fc.posts == []


@settings(deadline=None)
@given(
    about=st.fixed_dictionaries(
        {},
        optional={
            "rawPath": JSON,
            "body": JSON,
            "isBase64Encoded": JSON,
            "headers": JSON | HEADERS,
            "requestContext": JSON
            | st.fixed_dictionaries({"http": JSON | st.fixed_dictionaries({"method": st.text(max_size=6)})}),
        },
    )
)
def test_any_http_event(about: dict[str, Any]) -> None:
    """Events that look like an HTTP trigger's, with anything in any field."""
    bench = Bench()
    result = bench.serve(json.dumps(about).encode(), None)
    assert result["statusCode"] in (200, 400, 401, 404, 405)
    assert result["statusCode"] != 200 or json.loads(result["body"] or "{}").get("status") in ("ok", None)
    assert bench.fc.posts == []


@settings(deadline=None)
@given(
    method=METHODS,
    path=st.text(max_size=10),
    headers=HEADERS,
    body=st.binary(max_size=80),
)
def test_any_unsigned_request(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    """In both forms: never 5xx, never 200 for a POST, never an invocation; and both answer alike."""
    answers = []
    for fc2 in (False, True):
        bench = Bench(fc2=fc2)
        result = bench.request(method, path, {name.lower(): value for name, value in headers.items()}, body)
        assert result.status < 500
        assert (result.status == 200) <= (method in ("GET", "HEAD"))
        assert bench.fc.posts == []
        answers.append((result.status, result.text))
    assert answers[0] == answers[1]


@settings(deadline=None)
@given(
    name=st.sampled_from(NAMES),
    field=st.sampled_from([*FIELDS, "errorCode"]),
    value=JSON | SHAPES | SHAPES.map(json.dumps),
)
def test_any_value_in_any_field(name: str, field: str, value: object) -> None:
    """A signed message with anything in one field has one outcome, and it is not a fault of ours."""
    bench = Bench()
    result = bench.post(json.dumps({**payload(name), field: value}))
    assert result.status == 200
    assert result.line["event"] in {"handed_over", "answered_instantly", "refused_webhook", "quota_used_up"}
    assert len(bench.fc.posts) == (result.line["event"] == "handed_over")


@settings(deadline=None)
@given(body=JSON | SHAPES)
def test_any_signed_body(body: object) -> None:
    """A signed body of any shape is refused, answered or explained."""
    result = Bench().post(json.dumps(body))
    assert result.status == (200 if isinstance(body, dict) else 400)
    assert result.line["event"] != "fault"


FOUND = sorted((FIXTURES.parent / "ingress").glob("*.json"))


@pytest.mark.parametrize("fc2", [False, True], ids=["fc3", "fc2"])
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_a_fuzz_found(path: Path, fc2: bool) -> None:
    """A body that once broke something has its outcome, and an answer that can be sent."""
    bench = Bench({**ENVIRON, "ADMIN_USERS": "manager001"}, fc2=fc2)
    result = bench.post(path.read_bytes())
    assert result.status == 200
    assert result.text.encode("utf-8")
    assert result.line["event"] in {"handed_over", "answered_instantly"}
