"""The judge: it must see what the promise forbids, and call nothing else a violation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from local.cloud import LocalCloud, Reply, Sent, failing
from local.messages import Post, Shown
from proof.outcomes import ANSWERED, FAILED, NONE, REFUSED, UNDELIVERABLE, Conditions, judge
from shared.wording import wording

NewCloud = Callable[..., LocalCloud]


def said(cloud: LocalCloud, text: str = "hello", **how: object) -> Sent:
    sent = cloud.say(cloud.person(), text, **how)  # type: ignore[arg-type]  # keywords of `compose`
    cloud.wait(sent)
    return sent


def test_every_outcome_has_its_name(new_cloud: NewCloud) -> None:
    """An answer, an explained failure, an explained refusal, no way left: all keep the promise."""
    cloud = new_cloud(watch_files=True, SENSITIVE_WORDS="forbidden")
    assert judge(cloud, said(cloud)).outcome == ANSWERED
    cloud.model.script(failing(401, "invalid_api_key", "no"))
    assert judge(cloud, said(cloud)).outcome == FAILED
    assert judge(cloud, said(cloud, "a forbidden word")).outcome == REFUSED
    cloud.dingtalk_fails("300001")
    undeliverable = said(cloud)
    assert judge(cloud, undeliverable).outcome == UNDELIVERABLE
    assert not any(judge(cloud, sent).violation for sent in cloud.dingtalk.timeline if isinstance(sent, Sent))


def test_silence_is_a_violation(cloud: LocalCloud) -> None:
    """A message of which nothing was shown and nothing recorded."""
    verdict = judge(cloud, cloud.compose(cloud.person(), "never delivered"))
    assert "no outcome" in verdict.violation


def test_a_double_without_a_reason_is_a_violation(cloud: LocalCloud) -> None:
    """Somebody else posts to the webhook once more: nothing had died, so no window was open."""
    sent = said(cloud)
    sent.answers.append(sent.answers[0])
    verdict = judge(cloud, sent)
    assert (verdict.extra, verdict.window) == (1, 0)
    assert "no window was open" in verdict.violation


def test_a_lost_response_is_window_1(new_cloud: NewCloud) -> None:
    """DingTalk shows the post and its response is lost: posted once more, before any record."""
    cloud = new_cloud(watch_files=True)
    cloud.dingtalk_fails("shown-then-reset")
    verdict = judge(cloud, said(cloud))
    assert (verdict.outcome, verdict.extra, verdict.window, verdict.violation) == (ANSWERED, 1, 1, "")


def test_a_dingtalk_that_never_responds_leaves_no_way(new_cloud: NewCloud) -> None:
    """Every post is lost and an ERROR line says so; with one response in the end, stopping would be silence."""
    cloud = new_cloud(watch_files=True)
    cloud.dingtalk_fails("reset", 99)
    sent = said(cloud)
    assert judge(cloud, sent).outcome == UNDELIVERABLE
    sent.posts[-1] = replace(sent.posts[-1], errcode=-1)
    assert "no outcome" in judge(cloud, sent).violation


def test_a_blocked_part_is_explained_by_what_stands_in_its_place(new_cloud: NewCloud) -> None:
    """The first part and the sentence that the rest is not allowed are one outcome; without that, a part is missing."""
    cloud = new_cloud(watch_files=True)
    cloud.model.script(Reply(text="A sentence that goes on. " * 350))
    cloud.switch_on("errcode", code="430104", times=1, after=1)
    sent = said(cloud)
    assert len(sent.answers) == 2
    assert not judge(cloud, sent).violation
    del sent.answers[1]
    assert "part 2" in judge(cloud, sent).violation


@pytest.mark.parametrize(("seconds", "doubled"), [(0.1, 0), (4.0, 1)])
def test_a_post_that_is_shown_after_its_sender_left_is_window_1(
    new_cloud: NewCloud, seconds: float, doubled: int
) -> None:
    """DingTalk takes longer than the function can wait and shows the post all the same: nobody heard of it."""
    cloud = new_cloud(watch_files=True, reply_timeout=9)
    cloud.dingtalk_fails("slow", seconds=seconds)
    sent = said(cloud)
    cloud.until(lambda: len(sent.answers) > doubled)
    verdict = judge(cloud, sent)
    assert (verdict.extra, verdict.window, verdict.violation) == (doubled, doubled, "")


def test_a_double_after_its_record_is_no_window(new_cloud: NewCloud) -> None:
    """The response was lost and posted again, but a third post after the record has no excuse."""
    cloud = new_cloud(watch_files=True)
    cloud.dingtalk_fails("shown-then-reset")
    sent = said(cloud)
    assert not judge(cloud, sent).violation
    late = said(cloud).answers[0]
    sent.answers.append(late)
    verdict = judge(cloud, sent)
    assert (verdict.extra, verdict.window) == (2, 0)
    assert "number 3" in verdict.violation


@pytest.mark.parametrize("conditions", [Conditions(), Conditions(bucket=True)])
def test_a_death_excuses_no_more_than_the_post_of_the_run_that_died(
    new_cloud: NewCloud, conditions: Conditions
) -> None:
    """One run died before it had posted anything: whatever the bucket does, nothing was in doubt."""
    cloud = new_cloud(watch_files=True)
    cloud.kill_at("model")
    sent = said(cloud)
    assert not judge(cloud, sent, conditions).violation
    sent.answers.append(sent.answers[0])
    assert judge(cloud, sent, conditions).violation


@pytest.mark.parametrize(("bucket", "window"), [(False, 1), (True, 3)])
def test_a_run_that_dies_after_its_post_opens_one_window_once(new_cloud: NewCloud, bucket: bool, window: int) -> None:
    """It is killed when DingTalk has shown its post: the next run posts again, and a third outcome has no excuse."""
    cloud = new_cloud(watch_files=True)
    cloud.kill_at("posted")
    sent = said(cloud)
    conditions = Conditions(bucket=bucket)
    verdict = judge(cloud, sent, conditions)
    assert (verdict.extra, verdict.window, verdict.violation) == (1, window, "")
    sent.answers.append(said(cloud).answers[0])
    assert judge(cloud, sent, conditions).violation


def test_a_bucket_that_fails_excuses_nothing_by_itself(cloud: LocalCloud) -> None:
    """Without a run that died or a response that was lost, there is no window."""
    sent = said(cloud)
    sent.answers.append(sent.answers[0])
    assert judge(cloud, sent, Conditions(bucket=True)).violation


def test_a_bucket_that_fails_while_fc_runs_an_event_twice_is_window_3(new_cloud: NewCloud) -> None:
    """Two runs at once that cannot see each other: one double is excused, and only where the bucket failed."""
    cloud = new_cloud(watch_files=True)
    said(cloud)
    cloud.switch_on("invoke-duplicated", times=1)
    cloud.disk_fails("missing")
    sent = said(cloud)
    assert len(sent.posts) == 2
    verdict = judge(cloud, sent, Conditions(bucket=True))
    assert (verdict.extra, verdict.window, verdict.violation) == (1, 3, "")
    assert judge(cloud, sent).violation
    sent.answers += sent.answers[:2]
    assert judge(cloud, sent, Conditions(bucket=True)).violation


def test_parts_in_another_order_are_seen(new_cloud: NewCloud) -> None:
    """A long answer is read from its first part on."""
    cloud = new_cloud(watch_files=True)
    cloud.model.script(Reply(text="A sentence that goes on. " * 1500))
    sent = said(cloud)
    sent.answers.reverse()
    assert "order" in judge(cloud, sent).violation


def test_an_unknown_acceptance_is_window_2_only_where_it_was_unknown(new_cloud: NewCloud) -> None:
    """FC takes the hand-over and says so too late: the person is told to wait, and was answered by then."""
    cloud = new_cloud(watch_files=True)
    said(cloud)  # an instance is warm: it answers before the second try is given up
    cloud.invoke_fails("slow", 2, seconds=2.6)
    sent = said(cloud)
    assert [shown.via for shown in sent.answers] == ["webhook", "body"]
    verdict = judge(cloud, sent, Conditions(acceptance=True))
    assert (verdict.window, verdict.violation) == (2, "")
    assert judge(cloud, sent).violation


def test_an_unknown_acceptance_and_a_lost_response_excuse_one_outcome_each(new_cloud: NewCloud) -> None:
    """The post is repeated because its response was lost, and the person is told to wait: three, and not a fourth."""
    cloud = new_cloud(watch_files=True)
    said(cloud)
    cloud.invoke_fails("slow", 2, seconds=2.6)
    cloud.dingtalk_fails("shown-then-reset")
    sent = said(cloud)
    assert [shown.via for shown in sent.answers] == ["webhook", "webhook", "body"]
    verdict = judge(cloud, sent, Conditions(acceptance=True))
    assert (verdict.extra, verdict.window, verdict.violation) == (2, 2, "")
    sent.answers.insert(2, sent.answers[0])
    assert judge(cloud, sent, Conditions(acceptance=True)).violation


def test_parts_are_one_outcome_and_a_missing_one_is_seen(new_cloud: NewCloud) -> None:
    """A long answer comes in parts; without one of them the answer is not whole."""
    cloud = new_cloud(watch_files=True)
    cloud.model.script(Reply(text="A sentence that goes on. " * 1500))
    sent = said(cloud)
    assert len(sent.answers) > 1
    assert not judge(cloud, sent).violation
    del sent.answers[0]
    assert "part 1" in judge(cloud, sent).violation


# What a person saw, made by hand: no build that is known does these things


def shown(sent: Sent, *texts: str, after: Shown | None = None, via: str = "") -> list[Shown]:
    """Messages of the robot like its first one, each 1 s (of the cloud) after the one before."""
    like = sent.answers[0]
    start = (after or sent.answers[-1]).at
    return [
        replace(like, text=text, at=start + 1000 * number, via=via or like.via) for number, text in enumerate(texts, 1)
    ]


def posted(sent: Sent, messages: list[Shown], instance: str) -> list[Post]:
    """The posts with which they came, of one instance."""
    return [replace(sent.posts[0], at=one.at, came=one.at, instance=instance, fault="") for one in messages]


PARTS = ("（1/3）one", "（2/3）two", "（3/3）three")


def test_one_death_excuses_one_telling_however_many_parts_it_had(new_cloud: NewCloud) -> None:
    """A run that died after three parts is one reason: the second time they come has it, the third time none."""
    cloud = new_cloud(watch_files=True)
    cloud.kill_at("posted")
    sent = said(cloud)
    dead, alive = (run.instance for run in cloud.invocations(sent, "async")[0].outcomes)
    posts = list(sent.posts)
    assert [post.instance for post in posts] == [dead, alive]
    first, second = (
        [replace(one, text=text) for one, text in zip([shown_then] * 3, PARTS, strict=True)]
        for shown_then in sent.answers
    )
    sent.answers[:] = [*first, *second]
    assert judge(cloud, sent).window == 1
    third = shown(sent, *PARTS)
    sent.answers += third
    sent.posts += posted(sent, third, alive)
    assert judge(cloud, sent).violation


def test_a_word_that_it_may_have_begun_is_excused_once(new_cloud: NewCloud) -> None:
    """It comes beside the answer where FC kept silent; a second time it is one message too many."""
    cloud = new_cloud(watch_files=True)
    sent = said(cloud)
    perhaps = wording("zh").handover_unknown.format(request_id="0123456789")
    sent.answers += shown(sent, perhaps, via="body")
    silent = Conditions(acceptance=True)
    assert (judge(cloud, sent, silent).window, judge(cloud, sent, silent).violation) == (2, "")
    sent.answers += shown(sent, perhaps, via="body")
    assert judge(cloud, sent, silent).violation


def test_two_answers_in_different_numbers_of_parts_are_two(new_cloud: NewCloud) -> None:
    """Whatever else went wrong with one of their posts."""
    cloud = new_cloud(watch_files=True)
    sent = said(cloud)
    sent.answers[:] = shown(sent, "（1/2）a", "（2/2）b", *PARTS)
    sent.posts[0] = replace(sent.posts[0], fault="slow")
    verdict = judge(cloud, sent)
    assert (verdict.extra, bool(verdict.violation)) == (1, True)


def test_parts_of_two_answers_are_no_answer(new_cloud: NewCloud) -> None:
    """The model was asked again between the parts, so the second one is of another text."""
    cloud = new_cloud(watch_files=True)
    sent = said(cloud)
    request = cloud.model.requests[-1]
    sent.answers[:] = shown(sent, "（1/2）a", "（2/2）b")
    assert not judge(cloud, sent).violation
    cloud.model.requests.append(replace(request, done_at=sent.answers[0].at + 500))
    sent.posts[:] = posted(sent, sent.answers, "one")
    assert not judge(cloud, sent).violation  # the other run stayed silent
    sent.posts[1:] = posted(sent, sent.answers[1:], "another")
    assert "between the parts" in judge(cloud, sent).violation


def test_a_response_that_was_heard_is_no_doubt(new_cloud: NewCloud) -> None:
    """DingTalk shows the post and answers late, but in time, or with its code as text: nothing was in doubt."""
    cloud = new_cloud(watch_files=True)
    for fault in ("shown-then-slow", "shown-then-text-code"):
        sent = said(cloud)
        sent.posts[0] = replace(sent.posts[0], fault=fault)
        again = shown(sent, sent.answers[0].text)
        sent.answers += again
        sent.posts += posted(sent, again, sent.posts[0].instance)
        assert judge(cloud, sent).violation, fault


def test_a_log_line_alone_closes_no_way(new_cloud: NewCloud) -> None:
    """Where nothing was posted and the webhook is good, or there is no record, giving up is silence."""
    cloud = new_cloud(watch_files=True)
    cloud.dingtalk_fails("300001")
    sent = said(cloud)
    assert judge(cloud, sent).outcome == UNDELIVERABLE
    posts, sent.posts[:] = list(sent.posts), []
    assert judge(cloud, sent).outcome == NONE
    sent.posts[:] = [replace(posts[0], errcode=130101)]
    assert judge(cloud, sent).outcome == NONE
    sent.posts[:] = posts
    for pool in cloud.fc.pools.values():
        pool.files[:] = [change for change in pool.files if ".undeliverable." not in change.path]
    assert judge(cloud, sent).outcome == NONE
    assert judge(cloud, sent, Conditions(bucket=True)).outcome == UNDELIVERABLE


def test_a_record_that_was_seen_ends_the_doubt_where_only_conversations_failed(new_cloud: NewCloud) -> None:
    """The bucket failed, but not for records: a post after one has no excuse."""
    cloud = new_cloud(watch_files=True)
    cloud.kill_at("posted")
    sent = said(cloud)
    late = shown(sent, sent.answers[0].text)
    sent.answers[:] = [sent.answers[0], *late]
    sent.posts[1:] = posted(sent, late, "another")
    assert judge(cloud, sent, Conditions(bucket=True)).window == 3
    assert judge(cloud, sent, Conditions(bucket=True, records=False)).violation
