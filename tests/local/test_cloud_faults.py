"""Every fault of the local cloud does what it imitates, and only as often as asked."""

import json
import os
import re
import subprocess
import sys
import time

import pytest

from local.cloud import LocalCloud, Reply, failing


def said(cloud: LocalCloud, prefix: str) -> list[str]:
    return [line.text.removeprefix(prefix) for line in cloud.logs("reply") if line.text.startswith(prefix)]


@pytest.mark.parametrize(
    ("fault", "first", "shown"),
    [
        ("300001", (200, 300001), 0),
        ("-1", (200, -1), 0),
        ("http-500", (500, None), 1),
        ("http-302", (302, None), 1),
        ("html", (200, None), 1),
        ("throttled", (200, None), 1),
        ("reset", (500, None), 1),
    ],
)
def test_a_webhook_post_fails_as_told_and_shows_nothing(plain, fault, first, shown) -> None:
    """A failing post shows nothing; where the function then fails, its next run's post is shown."""
    plain.dingtalk_fails(fault)
    lin = plain.person()
    sent = plain.say(lin, "hello")
    plain.wait(sent)
    assert (sent.posts[0].status, sent.posts[0].errcode, sent.posts[0].fault) == (*first, fault)
    assert len(plain.seen(plain.private(lin))) == shown


def test_a_post_can_be_shown_although_its_answer_is_lost(plain) -> None:
    """A connection cut after the post was taken leaves the answer seen; a run that tries again shows it twice."""
    plain.dingtalk_fails("shown-then-reset")
    sent = plain.say(plain.person(), "hello")
    assert len(plain.wait(sent)) == 2
    assert [outcome.kind for outcome in plain.invocations(sent, "async")[0].outcomes] == ["error", "result"]


def test_the_webhook_refuses_what_dingtalk_refuses(plain) -> None:
    """Size, expiry, JSON, content type, message type and title are checked, with DingTalk's codes."""
    import requests

    sent = plain.compose(plain.person(), "x")
    url = sent.payload["sessionWebhook"]
    post = requests.Session()
    post.trust_env = False
    good = {"msgtype": "text", "text": {"content": "hi"}}
    answers = [
        post.post(url, json={"msgtype": "text", "text": {"content": "x" * 20_000}}),
        post.post(url, data=b"{", headers={"Content-Type": "application/json"}),
        post.post(url, data=b"{}", headers={"Content-Type": "text/plain"}),
        post.post(url, json={"msgtype": "image", "image": {}}),
        post.post(url, json={"msgtype": "markdown", "markdown": {"title": "", "text": "x"}}),
        post.post(url[:-4] + "0000", json=good),
        post.post(url, json=good),
    ]
    plain.advance(91 * 60)
    answers.append(post.post(url, json=good))
    post.close()
    codes = [answer.json()["errcode"] for answer in answers]
    assert codes == [460101, 40035, 43004, 400105, 40035, 300001, 0, 300001]
    assert [shown.text for shown in sent.answers] == ["hi"]


def test_too_many_posts_a_minute_are_refused_when_a_rate_is_set(plain) -> None:
    """With a rate, the posts above it get 130101 until a minute has passed."""
    plain.dingtalk.rate = 1
    lin = plain.person()
    plain.wait(plain.say(lin, "one"))
    second = plain.say(lin, "two")
    plain.wait(second)
    assert {post.errcode for post in second.posts} == {130101}
    plain.advance(61)
    assert len(plain.wait(plain.say(lin, "three"))) == 1


@pytest.mark.parametrize(
    ("fault", "body", "runs"),
    [
        ("429", "refused 429", 0),
        ("500", "refused 500", 0),
        ("reset", None, 0),
        ("lost", "{}", 0),
        ("duplicate", "{}", 2),
        ("accepted-then-reset", None, 1),
        ("slow", "{}", 1),
    ],
)
def test_an_invocation_goes_wrong_as_told(plain, fault, body, runs) -> None:
    """What the caller of the Invoke API sees and what is really run are set by the fault."""
    plain.invoke_fails(fault, seconds=0.05 if fault == "slow" else 0)
    sent = plain.say(plain.person(), "hello")
    plain.wait(sent)
    assert len(plain.invocations(sent, "async")) == runs
    if body is None:
        assert sent.status == 502
    else:
        assert body in sent.body.decode()


@pytest.mark.parametrize(
    ("point", "models", "answers"),
    [("start", 1, 1), ("model", 2, 1), ("answered", 2, 1), ("post", 2, 1), ("posted", 2, 2), ("end", 2, 2)],
)
def test_an_instance_dies_where_told_and_the_event_is_run_again(plain, point, models, answers) -> None:
    """Killed at a step, a run leaves what it had done, and FC's retry runs the rest in another instance."""
    plain.kill_at(point)
    sent = plain.say(plain.person(), "hello")
    assert len(plain.wait(sent)) == answers
    assert len(plain.model.requests) == models
    first, second = plain.invocations(sent, "async")[0].outcomes
    assert (first.kind, second.kind) == ("exit", "result")
    assert first.instance != second.instance


@pytest.mark.parametrize(("words", "kind"), [("fail", "error"), ("exit", "exit")])
def test_a_run_that_always_fails_is_retried_twice_and_then_reported(plain, words, kind) -> None:
    """Three attempts, then the failure destination gets the event with FC's fields."""
    sent = plain.say(plain.person(), words)
    assert [answer.text for answer in plain.wait(sent)] == ["gave up"]
    queued, destination = (plain.invocations(sent, how)[0] for how in ("async", "destination"))
    assert [outcome.kind for outcome in queued.outcomes] == [kind] * 3
    assert queued.state == "failed"
    for part in (b'"requestContext"', b'"approximateInvokeCount": 3', b'"requestPayload"', b'"responseContext"'):
        assert part in destination.event


def test_an_event_that_grew_too_old_is_not_run(plain) -> None:
    """An event older than its limit goes to the failure destination without another attempt."""
    plain.kill_at("start", times=3)
    plain.cold_start(0.4)
    plain.recycle()
    sent = plain.say(plain.person(), "hello")
    plain.advance(6000)
    assert [post.errcode for post in sent.posts] == []
    plain.wait(sent)
    assert plain.invocations(sent, "async")[0].state == "expired"
    assert len(plain.invocations(sent, "destination")) == 1


def test_a_run_that_takes_too_long_is_killed(new_cloud) -> None:
    """At the function's time-out the instance is killed; the next attempt gets a new one."""
    from tests.local.conftest import STANDIN_OPTIONS

    cloud = new_cloud(**STANDIN_OPTIONS, reply_timeout=1.0, pace=1.0)
    sent = cloud.say(cloud.person(), "hang")
    assert [answer.text for answer in cloud.wait(sent)] == ["gave up"]
    outcomes = cloud.invocations(sent, "async")[0].outcomes
    assert [outcome.kind for outcome in outcomes] == ["timeout"] * 3
    assert len({outcome.instance for outcome in outcomes}) == 3


def test_instances_start_cold_and_stay_warm(plain) -> None:
    """A recycled instance makes a cold start; the next run finds it warm."""
    plain.recycle()
    sent = [plain.say(plain.person(), "hello") for _ in range(1)]
    plain.wait_all(sent)
    again = plain.say(plain.person(), "hello")
    plain.wait(again)
    first, second = (plain.invocations(message, "async")[0].outcomes[0] for message in (*sent, again))
    assert (first.cold, second.cold) == (True, False)
    assert first.instance == second.instance


def test_more_calls_than_instances_wait_in_line(new_cloud) -> None:
    """Each instance runs one call at a time; what exceeds their number waits and is run."""
    from tests.local.conftest import STANDIN_OPTIONS

    cloud = new_cloud(**STANDIN_OPTIONS, instances=2)
    people = [cloud.person() for _ in range(6)]
    messages = [cloud.compose(person, f"hello {person.id}") for person in people]
    cloud.deliver_all(messages)
    assert [len(answers) for answers in cloud.wait_all(messages)] == [1] * 6
    used = {outcome.instance for i in cloud.invocations(how="async") for outcome in i.outcomes}
    assert len(used) <= 2


@pytest.mark.parametrize(
    ("name", "details", "state"),
    [
        ("read-only", {}, "EROFS"),
        ("full", {}, "ENOSPC"),
        ("permission", {}, "EACCES"),
        ("missing", {}, "ENOENT"),
        ("error-at-close", {}, "EIO"),
        ("slow", {"seconds": 0.01}, "written"),
    ],
)
def test_the_bucket_fails_as_told(plain, name, details, state) -> None:
    """A write meets the fault's error code, and works again once the bucket is mended."""
    lin = plain.person()
    plain.wait(plain.say(lin, "before"))
    plain.disk_fails(name, **details)
    plain.wait(plain.say(lin, "during"))
    plain.mend_disk()
    plain.wait(plain.say(lin, "after"))
    assert said(plain, "disk ") == ["written", state, "written"]


def test_a_full_bucket_lets_files_be_removed(tmp_path) -> None:
    """No space is left for what is new; what is there can go, which a read-only bucket refuses."""
    (tmp_path / "old").write_text("old")
    program = (
        "import os, sys; from local.runner_disk import Disk; d = Disk(sys.argv[1]);"
        "d.set_faults([{'name': sys.argv[2]}]); os.remove(sys.argv[1] + '/old')"
    )
    run = [sys.executable, "-c", program, str(tmp_path)]
    assert subprocess.run([*run, "read-only"], capture_output=True, check=False).returncode == 1
    assert subprocess.run([*run, "full"], capture_output=True, check=False).returncode == 0
    assert not (tmp_path / "old").exists()


def test_a_fault_of_the_bucket_can_be_narrowed(plain) -> None:
    """A fault with `match` leaves other paths alone."""
    plain.disk_fails("permission", match="elsewhere")
    plain.wait(plain.say(plain.person(), "hello"))
    assert said(plain, "disk ") == ["written"]


def test_a_stale_listing_hides_what_came_later(plain) -> None:
    """While listings are stale, files written since are not listed, by listdir and by scandir."""
    lin = plain.person()
    plain.wait(plain.say(lin, "hello"))
    old = sorted(os.listdir(plain.bucket / "notes"))
    plain.disk_fails("stale")
    plain.wait(plain.say(lin, "list"))
    assert len(os.listdir(plain.bucket / "notes")) == len(old) + 1
    assert said(plain, "sees ") == said(plain, "scans ") == [",".join(old)]


def test_a_corrupt_file_reads_as_other_bytes(plain) -> None:
    """What is stored stays as it is; what is read differs."""
    (plain.bucket / "notes").mkdir(exist_ok=True)
    (plain.bucket / "notes" / "known.txt").write_bytes(b"0123456789")
    plain.disk_fails("corrupt", match="known")
    plain.wait(plain.say(plain.person(), "read"))
    assert said(plain, "reads ") == [repr(b"01234\x00\xff{89")]


def test_an_instance_dies_at_a_given_operation_on_the_bucket(plain) -> None:
    """A run killed at its first operation leaves no file of its own."""
    plain.disk_fails("kill", at=1)
    sent = plain.say(plain.person(), "hello")
    plain.wait(sent)
    assert [outcome.kind for outcome in plain.invocations(sent, "async")[0].outcomes] == ["exit"] * 3


def test_the_clock_moves_for_running_functions_too(plain) -> None:
    """Functions see the cloud's time, and a sleep of theirs is as long as they asked, for them."""
    plain.advance(3 * 86400)
    sent = plain.say(plain.person(), "now")
    shown = float(re.search(r"[\d.]+", sent.answers[0].text)[0])
    assert abs(shown - plain.clock.now()) < 60
    plain.wait(plain.say(plain.person(), "clock"))
    assert [[float(part) >= 30 for part in line.split()] for line in said(plain, "slept ")] == [[True, True]]


MOVES = {"three days on": 3 * 86400, "past a webhook": 91 * 60, "a year back": -365 * 86400, "into a leap day": 0}


@pytest.mark.parametrize("seconds", MOVES.values(), ids=MOVES)
def test_every_way_to_ask_for_the_present_follows_the_moved_clock(plain, seconds) -> None:
    """Whatever of `time` and `datetime` tells the present, in warm instances and held classes, too."""
    plain.wait(plain.say(plain.person(), "warm"))
    plain.advance(seconds or 1_835_395_200 - time.time())  # 29 February 2028
    plain.wait(plain.say(plain.person(), "dates"))
    [line] = said(plain, "dates ")
    found = {name: round(at - plain.clock.now()) for name, at in json.loads(line).items()}
    assert {name: off for name, off in found.items() if abs(off) > 60} == {}
    assert len(found) == 19


def test_a_time_zone_among_the_settings_is_the_functions(new_cloud, plain_options) -> None:
    """As on FC, TZ decides what local time is."""
    cloud = new_cloud(**plain_options, TZ="Asia/Tokyo")
    cloud.wait(cloud.say(cloud.person(), "zone"))
    assert said(cloud, "zone ") == ["JST 9"]


def test_events_that_are_run_twice_can_have_a_pace_of_their_own(plain, monkeypatch) -> None:
    """Their waits for each other are then as long as they are deployed; those of all others stay short."""
    monkeypatch.setattr(plain.fc, "pace_of_doubles", 1.0)
    plain.switch_on("invoke-duplicated", times=1)
    doubled, other = (plain.say(plain.person(), words) for words in ("sleep 0.1", "sleep 30"))
    plain.wait_all([doubled, other])
    gained = [run.outcomes[0].gained for run in plain.invocations(doubled, "async")]
    assert gained == [0.0, 0.0]
    assert plain.invocations(other, "async")[0].outcomes[0].gained > 20


@pytest.mark.parametrize(
    "reply",
    [
        failing(429, "rate_limit_exceeded", Retry_After="1"),
        failing(401, "invalid_api_key"),
        Reply(raw=b"<html></html>", content_type="text/html", status=502),
        Reply("cut off here", reset_after=1),
    ],
    ids=["429", "401", "html", "reset"],
)
def test_the_model_fails_as_scripted_once(plain, reply) -> None:
    """A scripted failure is met by one request; the next one gets the echo."""
    plain.model.script(reply)
    sent = plain.say(plain.person(), "hello")
    assert len(plain.wait(sent)) == 1
    assert len(plain.model.requests) == 2
    assert "hello" in sent.answers[0].text


def test_scripted_replies_come_in_order_and_can_wait_for_their_prompt(plain) -> None:
    """A reply with `when` is kept for the prompt that contains it."""
    plain.model.script(Reply("for zebra", when="zebra"), "first", "second")
    lin = plain.person()
    texts = [plain.wait(plain.say(lin, words))[0].text for words in ("one", "a zebra", "two", "three")]
    assert texts[:3] == ["first", "for zebra", "second"]
    assert "three" in texts[3]


def test_a_misspelt_fault_is_refused(plain) -> None:
    """A fault that would never happen is an error of the test."""
    for wrong in (
        lambda: plain.dingtalk_fails("https-500"),
        lambda: plain.invoke_fails("lots"),
        lambda: plain.kill_at("middle"),
        lambda: plain.disk_fails("readonly"),
    ):
        with pytest.raises(ValueError, match="wanted one that matches"):
            wrong()
