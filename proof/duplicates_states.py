"""The states in which a message comes once more: a function each, which drives one message (or two under one id)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from local.cloud import Reply, Sent, failing
from proof.duplicates_trial import COPIES, DAY, HELD, HOUR, LATE, SECOND_ROBOT, Trial
from reply.settings import CHINA

# At once


def storm(trial: Trial) -> None:
    """Fifty copies of a question."""
    trial.at_once(trial.compose())
    trial.end()


def staggered_storm(trial: Trial) -> None:
    """Fifty copies of a question, each run as soon as it was handed over."""
    trial.racing = not trial.barrier
    trial.deliver(trial.compose(), copies=COPIES)
    trial.end()


def storm_and_death(trial: Trial) -> None:
    """Fifty copies, and the instance that asks the model is killed: FC's retry of that very event goes on."""
    trial.cloud.switch_on("killed", where=trial.place, times=1, step="model")
    trial.at_once(trial.compose())
    trial.end(paid=2)


def storm_without_id(trial: Trial) -> None:
    """Fifty copies of a message without `msgId`."""
    trial.at_once(trial.compose(drop=["msgId"]))
    trial.end()


def storm_of_two_bodies(trial: Trial) -> None:
    """Two bodies under one id, twenty-five copies of each."""
    first = trial.compose()
    trial.at_once(first, trial.other_body(first), copies=COPIES // 2)
    trial.end()


def storm_of_help(trial: Trial) -> None:
    """What is answered in the response: the same words for every copy."""
    trial.deliver(trial.compose("帮助"), copies=COPIES)
    trial.end(paid=0)


def storm_of_clear(trial: Trial) -> None:
    """A command that `reply` carries out."""
    trial.at_once(trial.compose("清空"))
    trial.end(paid=0)


def two_robots(trial: Trial) -> None:
    """Two robots are given the same id: two messages, each with an answer of its own robot."""
    first = trial.compose()
    second = trial.compose(change={"msgId": first.message_id})
    headers = trial.cloud.signed_headers(secret=SECOND_ROBOT)
    copies = COPIES // 2 if trial.barrier else 1
    trial.deliver(first, copies=copies)
    trial.deliver(second, copies=copies, headers=headers)
    trial.end()


# While the first is on its way


def queued(trial: Trial) -> None:
    """The first waits in FC's queue."""
    trial.cloud.switch_on("queued", where=trial.place, times=1, seconds=LATE)
    sent = trial.compose()
    trial.deliver(sent)
    trial.waiting(0)
    trial.again(sent)
    trial.cloud.advance(LATE + 1)
    trial.end()


def running(trial: Trial) -> None:
    """The model thinks about the first."""
    _meanwhile(trial, thinking, trial.again)


def other_body_while_running(trial: Trial) -> None:
    """The model thinks about the first, and another body comes under its id."""
    sent = trial.compose()
    thinking(trial, sent, HELD[0])
    trial.again(trial.other_body(sent))
    trial.end()


def posting(trial: Trial) -> None:
    """DingTalk takes its time to accept the answer to the first."""
    _meanwhile(trial, accepting, trial.again)


def died(trial: Trial) -> None:
    """The first run was killed, and FC has not run it again yet."""
    sent = _dead(trial, "model")
    trial.again(sent)
    trial.cloud.advance(LATE + 1)
    trial.end(paid=2)


def died_long_ago(trial: Trial) -> None:
    """The first run was killed, is past its deadline, and FC still has not run it again."""
    sent = _dead(trial, "model", retry_after=9 * LATE)
    trial.cloud.advance(4 * LATE)
    trial.again(sent)
    trial.still_runs(sent)  # until the others are over: FC would stop one under which the clock moves this far
    trial.cloud.advance(6 * LATE)
    trial.end(paid=2)


# When the first is done


def failed(trial: Trial) -> None:
    """The first was explained as failed."""
    sent = trial.compose()
    trial.cloud.model.script(replace(failing(401, "invalid_api_key", "no"), when=sent.text))
    _after(trial, sent)
    trial.end()


def gave_up(trial: Trial) -> None:
    """Every run of the first was killed, and FC's failure destination has apologised."""
    trial.cloud.switch_on("killed", where=trial.place, times=3, step="start")
    _after(trial, trial.compose())
    trial.end()


def succeeded(trial: Trial) -> None:
    """The first was answered: at once, after the minute after which DingTalk delivers again, and much later."""
    sent = trial.compose()
    _after(trial, sent)
    trial.cloud.wait(sent)
    trial.cloud.advance(60)
    trial.again(sent)
    trial.cloud.advance(600)
    trial.again(sent)
    trial.end()


def other_body_later(trial: Trial) -> None:
    """The first was answered, and another body comes under its id."""
    sent = trial.compose()
    trial.deliver(sent)
    trial.cloud.wait(sent)
    trial.again(trial.other_body(sent))
    trial.end()


def without_id(trial: Trial) -> None:
    """A message without `msgId`, again when it was answered."""
    _after(trial, trial.compose(drop=["msgId"]))
    trial.end()


def without_id_and_time(trial: Trial) -> None:
    """Neither `msgId` nor `createAt`: known by the time that DingTalk signed."""
    sent, headers = trial.compose(drop=["msgId", "createAt"]), trial.cloud.signed_headers()
    trial.deliver(sent, headers=headers)
    trial.cloud.wait(sent)
    trial.deliver(sent, copies=5 if trial.barrier else 1, headers=headers)
    trial.end()


def next_day(trial: Trial) -> None:
    """A day later, when its webhook has long expired."""
    _after(trial, trial.compose(), later=DAY + HOUR)
    trial.end()


def next_day_webhook(trial: Trial) -> None:
    """A day later, with a webhook that is good for an answer."""
    _after(trial, trial.compose(), later=DAY + HOUR, fresh=True)
    trial.end()


def next_day_without_id(trial: Trial) -> None:
    """A day later, without `msgId`."""
    _after(trial, trial.compose(drop=["msgId"]), later=DAY + HOUR, fresh=True)
    trial.end()


def next_day_forgotten(trial: Trial) -> None:
    """A day later, over two midnights, when the conversation has gone on and its document has let go of the turn."""
    _to_the_clock(trial, hour=23, minute=30)
    sent = trial.compose()
    trial.deliver(sent)
    trial.cloud.wait(sent)
    trial.cloud.advance(DAY + HOUR / 2)
    for _ in range(7):
        trial.chat()
    trial.cloud.advance(HOUR)
    trial.fresh_webhook(sent)
    trial.again(sent)
    trial.end()


# Over midnight


def retried_after_midnight(point: str) -> Callable[[Trial], None]:
    """Killed at `point` before midnight; FC runs it again, and DingTalk delivers it again, after it."""

    def drive(trial: Trial) -> None:
        _to_the_clock(trial, hour=23, minute=58)
        sent = _dead(trial, point)
        trial.cloud.advance(LATE + 1)
        trial.cloud.wait(sent)
        trial.cloud.advance(2 * LATE)
        trial.again(sent)
        trial.end(paid=2)
        _one_day(trial, sent)

    return drive


def undated_after_midnight(trial: Trial) -> None:
    """A message without `createAt`, answered before midnight and delivered again after it."""
    _to_the_clock(trial, hour=23, minute=59)
    _after(trial, trial.compose(drop=["createAt"]), later=3 * LATE)
    trial.end()


# Notices: what `reply` posts for `conversation`, where responses are not shown


def notice_storm(trial: Trial) -> None:
    """Fifty copies of a request for help."""
    trial.at_once(trial.compose("帮助"))
    trial.end(paid=0)


def notice_again(trial: Trial) -> None:
    """Again when the help was shown."""
    _after(trial, trial.compose("帮助"))
    trial.end(paid=0)


def notice_next_day(trial: Trial) -> None:
    """Again a day later."""
    _after(trial, trial.compose("帮助"), later=DAY + HOUR, fresh=True)
    trial.end(paid=0)


def notice_forgotten(trial: Trial) -> None:
    """Again a day later, over two midnights."""
    _to_the_clock(trial, hour=23, minute=30)
    _after(trial, trial.compose("帮助"), later=DAY + HOUR, fresh=True)
    trial.end(paid=0)


def notice_undated(trial: Trial) -> None:
    """A message without `createAt`, again after midnight."""
    _to_the_clock(trial, hour=23, minute=59)
    _after(trial, trial.compose("帮助", drop=["createAt"]), later=3 * LATE)
    trial.end(paid=0)


def _after(trial: Trial, sent: Sent, *, later: float = 0.0, fresh: bool = False) -> None:
    trial.deliver(sent)
    trial.cloud.wait(sent)
    if later:
        trial.cloud.advance(later)
    if fresh:
        trial.fresh_webhook(sent)
    trial.again(sent)


def _meanwhile(trial: Trial, slowly: Callable[[Trial, Sent, float], None], again: Callable[[Sent], None]) -> None:
    """Deliver `slowly`, and `again` before that is over."""
    for seconds in HELD:
        sent = trial.compose()
        slowly(trial, sent, seconds)
        again(sent)
        if trial.still_runs(sent):
            break
    else:
        trial.broken.append(("the first was always over already", "a redelivery while it runs"))
    trial.end()


def thinking(trial: Trial, sent: Sent, seconds: float) -> None:
    """Deliver, to a model that is slow by so many real seconds; returns when it has been asked."""
    trial.cloud.model.script(Reply(f"answer to {sent.text}", first_token=seconds, when=sent.text))
    trial.deliver(sent)
    trial.until(lambda: any(sent.text in request.question for request in trial.cloud.model.requests), "thinking")


def accepting(trial: Trial, sent: Sent, seconds: float) -> None:
    """Deliver, to a DingTalk that is slow by so many real seconds; returns when the model has answered."""
    trial.cloud.dingtalk_fails("slow", where=trial.place, seconds=seconds)
    trial.deliver(sent)
    trial.until(lambda: any(sent.text in r.question and r.done_at for r in trial.cloud.model.requests), "answered")


def _dead(trial: Trial, point: str, retry_after: float = LATE) -> Sent:
    """A message whose first run was killed, and whose retry waits for the clock."""
    trial.cloud.switch_on("queued", where=trial.place, times=1, seconds=LATE)
    trial.cloud.switch_on("queued", where=trial.place, times=1, seconds=retry_after)
    trial.cloud.switch_on("killed", where=trial.place, times=1, step=point)
    sent = trial.compose()
    trial.deliver(sent)
    trial.waiting(1)
    trial.cloud.advance(LATE + 1)
    trial.waiting(0)
    return sent


def _to_the_clock(trial: Trial, *, hour: int, minute: int) -> None:
    """Move the clock on to this time of day, where the records' days end."""
    now = datetime.fromtimestamp(trial.cloud.clock.now(), CHINA)
    wanted = now.replace(hour=hour, minute=minute, second=0)
    trial.cloud.advance(((wanted if wanted > now else wanted + timedelta(days=1)) - now).total_seconds())


def _one_day(trial: Trial, sent: Sent) -> None:
    """The records of a person who wrote one message are in the folder of its day."""
    day = datetime.fromtimestamp(sent.at / 1000, CHINA).strftime("%Y-%m-%d")
    found = sorted(p.parts[-3] for p in (trial.cloud.bucket / "records").glob(f"*/*/{trial.person.staff_id}/*.json"))
    if found != [day]:
        trial.broken.append((f"records on {found}", f"one, on {day}"))


STATES: Mapping[str, Callable[[Trial], None]] = {
    "storm": storm,
    "staggered storm": staggered_storm,
    "storm and a killed instance": storm_and_death,
    "storm without id": storm_without_id,
    "storm of two bodies": storm_of_two_bodies,
    "storm of help": storm_of_help,
    "storm of a command": storm_of_clear,
    "two robots": two_robots,
    "queued": queued,
    "running": running,
    "other body while running": other_body_while_running,
    "posting": posting,
    "died": died,
    "died long ago": died_long_ago,
    "failed": failed,
    "gave up": gave_up,
    "succeeded": succeeded,
    "other body later": other_body_later,
    "without id": without_id,
    "without id and time": without_id_and_time,
    "next day": next_day,
    "next day, new webhook": next_day_webhook,
    "next day without id": next_day_without_id,
    "next day, forgotten": next_day_forgotten,
    **{
        f"retried after midnight, killed at {point}": retried_after_midnight(point)
        for point in ("start", "model", "answered", "post", "posted", "end")
    },
    "undated, after midnight": undated_after_midnight,
}
"""What is tried where instant answers travel in the response."""

NOTICES: Mapping[str, Callable[[Trial], None]] = {
    "storm of a notice": notice_storm,
    "notice again": notice_again,
    "notice next day": notice_next_day,
    "notice next day, over two midnights": notice_forgotten,
    "notice undated, after midnight": notice_undated,
}
"""What is tried where `reply` posts them."""
