"""The promise, through the front door: one answer, or one explained failure, or one explained refusal."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from local.cloud import LocalCloud, Reply, Sent, failing
from local.fc import AsyncRules
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]


def outcome_texts(cloud: LocalCloud, sent: Sent, seconds: float = 60) -> list[str]:
    return [answer.text for answer in cloud.wait(sent, seconds)]


def test_fifty_copies_at_once_are_one_model_call_and_one_post(cloud: LocalCloud) -> None:
    """A storm of one callback: every copy is acknowledged, the model is paid once, the person sees one answer."""
    sent = cloud.compose(cloud.person(), "hello")
    deliveries = cloud.deliver(sent, copies=50)
    assert len(outcome_texts(cloud, sent)) == 1
    assert {delivery.status for delivery in deliveries} == {200}
    assert (len(cloud.model.requests), len(sent.posts)) == (1, 1)


def test_the_answer_is_acknowledged_first_and_comes_through_the_webhook(cloud: LocalCloud) -> None:
    """The callback's response is empty; the answer is a markdown post whose title is its beginning."""
    cloud.model.script(Reply(text="**Paris** is the capital."))
    sent = cloud.say(cloud.person(), "capital of France?")
    [answer] = cloud.wait(sent)
    assert (sent.status, answer.via, answer.kind) == (200, "webhook", "markdown")
    assert answer.title.startswith("Paris")
    assert "**Paris** is the capital." in answer.text


MODEL_FAULTS: list[tuple[str, Reply, str]] = [
    ("401", failing(401, "invalid_api_key", "no"), ZH.failed_key_refused),
    ("quota", failing(429, "insufficient_quota", "no"), ZH.failed_quota),
    ("403 region", failing(403, "unsupported_country_region_territory", "no"), ZH.failed_region),
    ("404 model", failing(404, "model_not_found", "the model does not exist"), ZH.failed_unknown_model),
    ("400 too long", failing(400, "context_length_exceeded", "no"), ZH.failed_too_long),
    ("400 filter", failing(400, "content_filter", "no"), ZH.failed_filtered),
    ("429", failing(429, "rate_limit_exceeded", "slow down", Retry_After="1"), ZH.failed_busy),
    ("503", failing(503, "overloaded", "no"), ZH.failed_busy),
    ("html", Reply(raw=b"<html></html>", content_type="text/html"), ZH.failed_not_json),
    ("empty body", Reply(raw=b""), ZH.failed_server),
    ("no choices", Reply(raw=b'{"choices":[]}'), ZH.failed_empty),
    ("null content", Reply(raw=b'{"choices":[{"message":{"content":null}}]}'), ZH.failed_empty),
    ("thinking only", Reply(chunks=["<thi", "nk>so", "</think>"]), ZH.failed_empty),
]


@pytest.mark.parametrize(("name", "reply", "sentence"), MODEL_FAULTS, ids=[fault[0] for fault in MODEL_FAULTS])
def test_model_faults_are_explained_once(cloud: LocalCloud, name: str, reply: Reply, sentence: str) -> None:
    """Whatever the provider does, one sentence, at once, and FC runs nothing again."""
    cloud.model.script(*[reply] * 12)
    sent = cloud.say(cloud.person(), "hello")
    [text] = outcome_texts(cloud, sent)
    assert text.startswith(sentence[:12])
    assert [i.attempts for i in cloud.invocations(sent, "async")] == [1]


@pytest.mark.parametrize("cut", [{"stall_after": 2}, {"reset_after": 2}])
def test_a_stream_that_stops_delivers_what_has_come(new_cloud: NewCloud, cut: dict[str, int]) -> None:
    """A stall or a broken connection in the middle: the words so far, with a note."""
    cloud = new_cloud(TIMEOUT="1")
    cloud.model.script(Reply(chunks=["Once ", "upon ", "a time"], **cut))
    [text] = outcome_texts(cloud, cloud.say(cloud.person(), "a story"))
    assert text.startswith("Once upon")
    assert ZH.stalled in text


def test_a_trickling_stream_is_bounded_as_a_whole(new_cloud: NewCloud) -> None:
    """Each byte comes in time, the whole does not: TIMEOUT holds for the whole call."""
    cloud = new_cloud(TIMEOUT="1")
    cloud.model.script(Reply(chunks=["x"] * 200, between=0.1))
    [text] = outcome_texts(cloud, cloud.say(cloud.person(), "hello"))
    assert ZH.stalled in text


def test_a_busy_model_is_asked_again(cloud: LocalCloud) -> None:
    """429 with Retry-After, then an answer: the person sees the answer only."""
    cloud.model.script(failing(429, "rate_limit_exceeded", "", Retry_After="1"), Reply(text="here it is"))
    assert outcome_texts(cloud, cloud.say(cloud.person(), "hello")) == ["here it is"]


def test_a_second_key_takes_over(new_cloud: NewCloud) -> None:
    """The first key has no quota left: the next one answers, and later questions start with it."""
    cloud = new_cloud(CHATGPT_API_KEY="sk-first-key-0001,sk-second-key-0002")
    cloud.model.script(failing(429, "insufficient_quota", "no"), Reply(text="fine"))
    lin = cloud.person()
    assert outcome_texts(cloud, cloud.say(lin, "hello")) == ["fine"]
    cloud.wait(cloud.say(lin, "again"))
    keys = [request.headers["Authorization"][-4:] for request in cloud.model.requests]
    assert keys == ["0001", "0002", "0002"]


DINGTALK_FAULTS: list[tuple[str, int]] = [("-1", 1), ("130101", 1), ("40035", 1), ("http-500", 1), ("460101", 1)]


@pytest.mark.parametrize(("kind", "times"), DINGTALK_FAULTS)
def test_passing_dingtalk_faults_are_mended(cloud: LocalCloud, kind: str, times: int) -> None:
    """Busy, too fast, misread, a server error, too large: posted again in the right way, seen once."""
    cloud.dingtalk_fails(kind, times)
    [text] = outcome_texts(cloud, cloud.say(cloud.person(), "hello"))
    assert "hello" in text


@pytest.mark.parametrize("kind", ["300001", "90030", "400013", "400102", "400106", "310000"])
def test_closed_ways_are_recorded_and_not_retried(cloud: LocalCloud, kind: str) -> None:
    """No way left: a record, one ERROR line, one run, one post."""
    cloud.dingtalk_fails(kind, 9)
    sent = cloud.say(cloud.person(), "hello")
    assert outcome_texts(cloud, sent) == []
    assert [i.attempts for i in cloud.invocations(sent)][1:] == [1]
    assert len(sent.posts) == 1
    assert len([line for line in cloud.logs("reply") if '"undeliverable"' in line.text and "ERROR" in line.text]) == 1


def test_blocked_content_is_explained(cloud: LocalCloud) -> None:
    """4301xx: the person reads a neutral sentence instead; on record it failed, and no later prompt has it."""
    lin = cloud.person()
    cloud.dingtalk_fails("430104")
    [text] = outcome_texts(cloud, cloud.say(lin, "hello"))
    assert text.startswith(ZH.blocked_by_dingtalk[:12])
    request_id = re.findall(r"[0-9a-f]{10}", text)[-1]
    assert list((cloud.bucket / "records").rglob(f"{request_id}*.failed.*.json"))
    cloud.wait(cloud.say(lin, "and now?"))
    assert "hello" not in str(cloud.model.requests[-1].messages)


def test_a_throttled_address_is_tried_by_later_runs_and_given_up(cloud: LocalCloud) -> None:
    """Throttled longer than a run lasts: FC runs it again; the model is paid once; the answer is shown in the end."""
    cloud.dingtalk_fails("throttled", 2)
    sent = cloud.say(cloud.person(), "hello")
    [text] = outcome_texts(cloud, sent)
    assert "hello" in text
    assert len(cloud.model.requests) == 1


def test_a_response_that_is_always_lost_is_three_posts_at_most(cloud: LocalCloud) -> None:
    """DingTalk shows the answer and its response never arrives: posted soon and at the end again, then no more."""
    cloud.dingtalk_fails("shown-then-reset", 99)
    sent = cloud.say(cloud.person(), "hello")
    assert len(outcome_texts(cloud, sent)) == 3
    assert [i.attempts for i in cloud.invocations(sent, "async")] == [1]
    assert any("delivery_in_doubt" in line.text for line in cloud.logs("reply"))


def test_dingtalk_throttled_for_good_ends_in_a_record(new_cloud: NewCloud) -> None:
    """Every attempt and the failure destination are refused: recorded as undeliverable, not retried for ever."""
    cloud = new_cloud(pace=0.002)
    cloud.dingtalk_fails("throttled", 99)
    sent = cloud.say(cloud.person(), "hello")
    assert outcome_texts(cloud, sent) == []
    assert any(".undeliverable." in path.name for path in (cloud.bucket / "records").rglob("*.json"))
    assert len(cloud.model.requests) == 1


@pytest.mark.parametrize("point", ["start", "model", "answered", "post", "end"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_killed_instances_end_in_one_outcome(cloud: LocalCloud, point: str, times: int) -> None:
    """Killed at any point, as often as FC tries: one outcome; the last resort is the failure destination."""
    cloud.kill_at(point, times)
    sent = cloud.say(cloud.person(), "hello")
    assert len(outcome_texts(cloud, sent)) == 1


def test_a_hanging_run_is_explained_before_fc_kills_it(new_cloud: NewCloud) -> None:
    """A mount that hangs: the watchdog speaks in time, and FC's retry adds nothing."""
    cloud = new_cloud(reply_timeout=3, pace=1.0)
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "warm up"))
    cloud.disk_fails("slow", match="conversations", seconds=5.0)
    sent = cloud.say(lin, "hello")
    [text] = outcome_texts(cloud, sent)
    assert text.startswith(ZH.failed_timeout[:12])


@pytest.mark.parametrize("kind", ["lost", "accepted-then-reset", "duplicate"])
def test_doubtful_hand_overs_end_in_one_outcome(cloud: LocalCloud, kind: str) -> None:
    """A response lost after acceptance, or an event that FC runs twice at once: one answer."""
    cloud.invoke_fails(kind)
    cloud.model.default = lambda _: Reply(text="hello to you", first_token=0.7)
    sent = cloud.say(cloud.person(), "hello")
    texts = outcome_texts(cloud, sent)
    if kind == "lost":  # FC itself lost what it had accepted: nothing can know
        assert texts == []
    else:
        assert len(texts) == 1


def test_an_unknown_hand_over_tells_what_to_do(cloud: LocalCloud) -> None:
    """Neither attempt got a clear answer: the person is told to send it again if nothing comes."""
    cloud.invoke_fails("500", 2)
    [text] = outcome_texts(cloud, cloud.say(cloud.person(), "hello"))
    assert text.startswith(ZH.handover_unknown[:12])


@pytest.mark.parametrize("fault", ["read-only", "full", "permission", "missing", "error-at-close"])
def test_a_broken_bucket_never_stops_an_answer(cloud: LocalCloud, fault: str) -> None:
    """The person is answered, and told in one line that it is not remembered."""
    lin = cloud.person()
    cloud.disk_fails(fault)
    [text] = outcome_texts(cloud, cloud.say(lin, "hello"))
    assert "hello" in text
    assert (ZH.no_memory in text) != (ZH.not_remembered in text)
    cloud.mend_disk()
    [text] = outcome_texts(cloud, cloud.say(lin, "and now?"))
    assert ZH.no_memory not in text


def test_a_stale_listing_loses_nothing(cloud: LocalCloud) -> None:
    """New files hidden from listings while a turn is handled: afterwards everything is there."""
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "first"))
    cloud.disk_fails("stale")
    cloud.wait(cloud.say(lin, "second"))
    cloud.mend_disk()
    cloud.wait(cloud.say(lin, "third"))
    asked = [m["content"] for m in cloud.model.requests[-1].messages if m["role"] == "user"]
    assert asked == ["first", "second", "third"]


def test_an_event_that_waited_too_long_is_explained(cloud: LocalCloud) -> None:
    """Eleven minutes in FC's queue: a sentence, and the model is not paid."""
    sent = cloud.compose(cloud.person(), "hello")
    cloud.cold_start(0.5)
    cloud.recycle()
    cloud.deliver(sent)
    cloud.advance(660)
    [text] = outcome_texts(cloud, sent)
    assert text.startswith(ZH.failed_too_late[:12])
    assert cloud.model.requests == []


def test_an_expired_webhook_costs_nothing(cloud: LocalCloud) -> None:
    """Two hours in the queue: no model call, no post, a record and an ERROR line."""
    sent = cloud.compose(cloud.person(), "hello")
    cloud.cold_start(0.5)
    cloud.recycle()
    cloud.deliver(sent)
    cloud.advance(7200)
    assert outcome_texts(cloud, sent) == []
    assert (cloud.model.requests, sent.posts) == ([], [])
    assert any('"undeliverable"' in line.text for line in cloud.logs("reply"))


def test_the_failure_destination_is_understood(new_cloud: NewCloud) -> None:
    """FC drops an event that is too old and reports it: one apology, or a record where the way is closed."""
    cloud = new_cloud(rules=AsyncRules(retry_delay=0.5))
    cloud.kill_at("start")
    sent = cloud.compose(cloud.person(), "hello")
    cloud.deliver(sent)
    assert cloud.until(lambda: any(i.attempts for i in cloud.invocations(sent, "async")))
    cloud.advance(5402)
    cloud.wait(sent)
    assert [i.how for i in cloud.invocations(sent)] == ["trigger", "async", "destination"]
    assert any('"undeliverable"' in line.text for line in cloud.logs("reply"))


def test_what_fc_gives_up_on_is_apologised_for_once(cloud: LocalCloud) -> None:
    """Every attempt dies: FC's report leads back to `reply`, which apologises; a second report changes nothing."""
    cloud.kill_at("start", 3)
    sent = cloud.say(cloud.person(), "hello")
    [text] = outcome_texts(cloud, sent)
    assert text.startswith(ZH.failed_gave_up[:12])
    assert [i.how for i in cloud.invocations(sent)] == ["trigger", "async", "destination"]


def test_another_body_under_the_same_id_is_not_answered(new_cloud: NewCloud) -> None:
    """The first is answered; the other is acknowledged and logged, also where FC does not refuse its task id."""
    cloud = new_cloud(rules=AsyncRules(task_ids=False))
    lin = cloud.person()
    first = cloud.say(lin, "first")
    cloud.wait(first)
    second = cloud.say(lin, "second", change={"msgId": first.message_id})
    assert (second.status, outcome_texts(cloud, second)) == (200, [])
    assert any("same_id_other_body" in line.text for line in cloud.logs("reply"))


def test_a_message_without_an_id_is_answered_once(cloud: LocalCloud) -> None:
    """A hash of robot and body stands in for the id, so a redelivery is recognised."""
    sent = cloud.say(cloud.person(), "hello", drop=["msgId"])
    cloud.wait(sent)
    cloud.redeliver(sent, copies=3)
    assert len(outcome_texts(cloud, sent)) == 1
