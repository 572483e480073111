"""The fifteen defects measured in the only earlier bot of this architecture: here, each is behaviour that holds.

The defects were found by running https://github.com/cyoahs/Dingtalk-ChatGPT-Connector against stand-ins.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import LocalCloud, Reply, failing
from shared.wording import wording

ZH = wording("zh")
HOUR_MS = 3_600_000


def test_01_the_same_message_twice_is_answered_once(cloud: LocalCloud) -> None:
    """A redelivery is acknowledged and does nothing: while the first runs, and after it ended."""
    sent = cloud.compose(cloud.person(), "hello")
    cloud.deliver(sent, copies=2)
    assert len(cloud.wait(sent)) == 1
    cloud.redeliver(sent)
    assert len(cloud.wait(sent)) == 1
    assert {delivery.status for delivery in sent.deliveries} == {200}
    assert (len(cloud.model.requests), len(sent.posts)) == (1, 1)


@pytest.mark.parametrize(
    ("shift_ms", "status"),
    [
        (-48 * HOUR_MS, 401),
        (-HOUR_MS - 5_000, 401),
        (-HOUR_MS + 60_000, 200),
        (0, 200),
        (4 * 60_000, 200),
        (5 * 60_000 + 60_000, 401),
    ],
)
def test_02_an_old_or_future_signature_is_refused(cloud: LocalCloud, shift_ms: int, status: int) -> None:
    """Correctly signed, but more than an hour ago or five minutes ahead: 401, and nothing is invoked."""
    sent = cloud.compose(cloud.person(), "hello")
    cloud.deliver(sent, headers=cloud.signed_headers(str(int(cloud.clock.now() * 1000) + shift_ms)))
    cloud.wait(sent)
    assert sent.status == status
    assert len(cloud.invocations(sent, "async")) == (status == 200)


def test_03_missing_and_wrong_signatures_look_the_same(cloud: LocalCloud) -> None:
    """No header, half of them, garbage, another secret, another time: one status and one body."""
    right = cloud.signed_headers()
    body = json.dumps(cloud.compose(cloud.person(), "hello").payload).encode()
    attempts = [
        {},
        {"timestamp": right["timestamp"]},
        {"sign": right["sign"]},
        {**right, "sign": ""},
        {**right, "sign": "garbage"},
        {**right, "timestamp": "soon"},
        {**right, "timestamp": ""},
        {**right, "timestamp": str(int(right["timestamp"]) + 1)},
        cloud.signed_headers(secret="another-secret"),
        cloud.signed_headers("1577262236757"),
    ]
    answers = {(d.status, d.body) for d in (cloud.deliver_raw(headers, body) for headers in attempts)}
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert not cloud.invocations(how="async")


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("picture", "", ZH.unsupported.format(kind=ZH.type_picture)),
        ("video", "", ZH.unsupported.format(kind=ZH.type_video)),
        ("file", "a.pdf", ZH.unsupported.format(kind=ZH.type_file)),
        ("chatRecord", "x", ZH.unsupported.format(kind=ZH.type_record)),
        ("interactiveCard", "x", ZH.unsupported.format(kind=ZH.type_card)),
        ("unknownMsgType", "", ZH.unsupported.format(kind=ZH.type_other)),
        ("audio", "", ZH.unsupported.format(kind=ZH.type_audio)),
    ],
)
def test_04_messages_without_text_are_declined_kindly(cloud: LocalCloud, kind: str, words: str, expected: str) -> None:
    """An instant sentence that names what does work; no second function, no webhook call."""
    sent = cloud.say(cloud.person(), words, kind=kind)
    assert [(answer.via, answer.text) for answer in cloud.wait(sent)] == [("body", expected)]
    assert cloud.invocations(sent, "async") == []


@pytest.mark.parametrize("kind", ["richText", "audio"])
def test_04_words_in_mixed_and_voice_messages_are_questions(cloud: LocalCloud, kind: str) -> None:
    """The text parts of a mixed message and DingTalk's own speech recognition are used."""
    [answer] = cloud.wait(cloud.say(cloud.person(), "what is this?", kind=kind))
    assert "what is this?" in answer.text


def test_05_the_quota_message_is_acknowledged_and_logged(cloud: LocalCloud) -> None:
    """errorCode 20001 has no text: 200, one ERROR line for the operator, no model call, nothing invoked."""
    sent = cloud.say(cloud.person(), kind="quota")
    assert (sent.status, cloud.wait(sent)) == (200, [])
    assert cloud.invocations(sent, "async") == []
    [line] = [json.loads(line.text) for line in cloud.logs("conversation")]
    assert (line["level"], line["event"]) == ("ERROR", "quota_used_up")


@pytest.mark.parametrize(("kind", "times"), [("403", 1), ("429", 2)])
def test_06_a_refused_hand_over_is_told_at_once(cloud: LocalCloud, kind: str, times: int) -> None:
    """FC does not accept the invocation: the person reads so in the response body, with the request id."""
    cloud.invoke_fails(kind, times)
    sent = cloud.say(cloud.person(), "hello")
    [answer] = cloud.wait(sent)
    assert answer.via == "body"
    assert answer.text[:10] == ZH.handover_refused[:10]
    [line] = [json.loads(line.text) for line in cloud.logs("conversation") if "hand_over_refused" in line.text]
    assert line["request_id"] in answer.text


@pytest.mark.parametrize("kind", ["429", "500", "reset"])
def test_06_one_failed_attempt_is_mended_by_another(cloud: LocalCloud, kind: str) -> None:
    """One 429, 5xx or broken connection: tried again within the deadline, and the person sees one answer."""
    cloud.invoke_fails(kind, 1)
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    assert (answer.via, "hello" in answer.text) == ("webhook", True)


@pytest.mark.parametrize(
    "webhook",
    [
        "http://169.254.169.254/robot/sendBySession?session=abc",
        "https://evil.example/robot/sendBySession?session=abc",
        "https://evil.example\\@oapi.dingtalk.com/robot/sendBySession?session=abc",
        "https://oapi.dingtalk.com@evil.example/robot/sendBySession?session=abc",
        "https://oapi.dingtalk.com.evil.example/robot/sendBySession?session=abc",
        "file:///etc/passwd",
        "",
    ],
)
def test_07_a_foreign_webhook_is_never_posted_to(cloud: LocalCloud, webhook: str) -> None:
    """A reply address that is not DingTalk's: nothing is invoked or posted, the person and the operator are told."""
    sent = cloud.say(cloud.person(), "hello", change={"sessionWebhook": webhook})
    [answer] = cloud.wait(sent)
    assert answer.via == "body"
    assert cloud.invocations(sent, "async") == []
    [line] = [json.loads(line.text) for line in cloud.logs("conversation") if "refused_webhook" in line.text]
    assert line["level"] == "ERROR"
    assert "WEBHOOK_HOSTS" in str(line)
    assert "session=abc" not in str(line)


def test_08_an_errcode_inside_http_200_is_a_failure(cloud: LocalCloud) -> None:
    """300001: recorded as undeliverable with one ERROR line; the answer stays in the history."""
    cloud.dingtalk_fails("300001")
    lin = cloud.person()
    sent = cloud.say(lin, "first question")
    assert cloud.wait(sent) == []
    errors = [json.loads(line.text) for line in cloud.logs("reply") if '"ERROR"' in line.text]
    assert [(line["event"], line["code"]) for line in errors] == [("undeliverable", "300001")]
    cloud.wait(cloud.say(lin, "second question"))
    assert next(m["content"] for m in cloud.model.requests[-1].messages) == "first question"


@pytest.mark.parametrize("point", ["start", "answered", "posted", "end"])
def test_09_fc_running_the_event_again_costs_and_shows_nothing_twice(cloud: LocalCloud, point: str) -> None:
    """Killed and retried: one answer in all; the model is not paid again once its answer was saved."""
    cloud.kill_at(point)
    sent = cloud.say(cloud.person(), "hello")
    answers = cloud.wait(sent)
    texts = {answer.text for answer in answers}
    assert len(texts) == 1
    # "posted" is the named window: DingTalk showed the answer, and the instance died before it could know.
    assert len(answers) == (2 if point == "posted" else 1)
    assert len(cloud.model.requests) == (2 if point == "answered" else 1)


def test_10_an_empty_question_is_answered_with_help(cloud: LocalCloud) -> None:
    """Only a mention, or blanks: help, and no model call."""
    lin = cloud.person()
    sent = cloud.say(lin, " ", cloud.group(lin))
    [answer] = cloud.wait(sent)
    assert (answer.via, "帮助" in answer.title or "命令" in answer.text) == ("body", True)
    assert cloud.model.requests == []


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (failing(500, "server_error", "boom sk-abcdef1234567890"), ZH.failed_server),
        (Reply(raw=b"<html>gateway</html>", content_type="text/html"), ZH.failed_not_json),
        (failing(401, "invalid_api_key", "Incorrect API key provided: sk-abcdef1234567890"), ZH.failed_key_refused),
        (failing(404, "model_not_found", "The model does not exist"), ZH.failed_unknown_model),
        (Reply(text=""), ZH.failed_empty),
        (Reply(text="<think>hmm</think>"), ZH.failed_empty),
    ],
)
def test_11_a_model_failure_is_explained_once(cloud: LocalCloud, reply: Reply, sentence: str) -> None:
    """One sentence with the request id; the provider's own text is not shown and FC does not retry."""
    cloud.model.script(*[reply] * 8)
    sent = cloud.say(cloud.person(), "hello")
    [answer] = cloud.wait(sent, seconds=60)
    assert answer.text[:8] == sentence[:8]
    assert "sk-" not in answer.text
    [invocation] = cloud.invocations(sent, "async")
    assert invocation.attempts == 1


def test_12_a_nickname_is_no_path_and_no_identity(new_cloud: Callable[..., LocalCloud], tmp_path: Path) -> None:
    """A hostile display name writes nothing outside the store, and two people of one name share nothing."""
    cloud = new_cloud(bucket=tmp_path / "above" / "bucket")
    one, other = cloud.person("../../escaped"), cloud.person("../../escaped")
    cloud.wait(cloud.say(one, "my secret is 1234"))
    cloud.wait(cloud.say(other, "what is my secret?"))
    assert "1234" not in str(cloud.model.requests[-1].messages)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(cloud.bucket in path.parents for path in files)
    assert not [path for path in files if "escaped" in str(path)]


def test_13_five_turns_at_once_are_all_kept_in_order(cloud: LocalCloud) -> None:
    """Nothing is lost, and history is in the order of creation."""
    lin = cloud.person()
    sent = [cloud.compose(lin, f"question {number}") for number in range(5)]
    for number, message in enumerate(sent):
        message.payload["createAt"] += number
    cloud.deliver_all(sent)
    assert [len(answers) for answers in cloud.wait_all(sent)] == [1] * 5
    cloud.wait(cloud.say(lin, "and now?", change={"createAt": sent[-1].payload["createAt"] + 1000}))
    asked = [m["content"] for m in cloud.model.requests[-1].messages if m["role"] == "user"]
    assert asked == [*(f"question {number}" for number in range(5)), "and now?"]


def test_14_a_broken_history_file_is_set_aside(cloud: LocalCloud) -> None:
    """Truncated or foreign content never stops a conversation, and is kept for whoever wants to look."""
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "hello"))
    [folder] = {path.parent for path in (cloud.bucket / "conversations").rglob("*.json") if lin.staff_id in str(path)}
    (folder / "0000000000001-0123456789abcdef.json").write_bytes(b"\x80\x04cos\nsystem\n.")
    [answer] = cloud.wait(cloud.say(lin, "still there?"))
    assert "still there?" in answer.text
    assert [path.read_bytes() for path in folder.glob("*.set-aside")] == [b"\x80\x04cos\nsystem\n."]
    assert any("unreadable_file_set_aside" in line.text for line in cloud.logs("reply"))


def test_15_a_long_answer_comes_in_ordered_parts(cloud: LocalCloud) -> None:
    """30,000 characters: every part fits DingTalk's limit, numbered and in order, cut with a note after MAX_PARTS."""
    text = "\n\n".join(f"paragraph {number}: " + "words " * 60 for number in range(80))
    cloud.model.script(Reply(text=text))
    sent = cloud.say(cloud.person(), "tell me everything")
    answers = cloud.wait(sent)
    assert len(answers) == 5
    assert all(len(answer.text) <= 3500 for answer in answers)
    assert [f"{number}/5" in answer.text for number, answer in enumerate(answers, 1)] == [True] * 5
    assert ZH.parts_cut.format(shown=5) in answers[-1].text
    assert {post.errcode for post in sent.posts} == {0}


def test_15_an_empty_answer_is_a_sentence(cloud: LocalCloud) -> None:
    """No empty message is ever posted."""
    cloud.model.script(Reply(text="  \n "))
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    assert answer.text[:8] == ZH.failed_empty[:8]


def test_history_length_zero_is_none(new_cloud: Callable[..., LocalCloud]) -> None:
    """`HISTORY_LENGTH=0` means none, where the Connector sent everything."""
    cloud = new_cloud(HISTORY_LENGTH="0")
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "one"))
    cloud.wait(cloud.say(lin, "two"))
    assert [m["content"] for m in cloud.model.requests[-1].messages] == ["two"]
