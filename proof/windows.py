"""The three windows: for every further outcome of a message, whether one was open for it.

Each needs a reason of its own. An acceptance that stayed unknown excuses one; and so does every earlier telling of
which nobody could tell that it was shown: a response of its posts was lost, its run had died, or, where the bucket
failed, FC ran the event several times.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from local.cloud import LocalCloud
from local.messages import Post, Sent, Shown
from proof.sentences import says

WINDOWS = {
    1: "DingTalk accepted the post, and the record of it was not durable yet",
    2: "FC's acceptance of the hand-over stayed unknown",
    3: "the bucket was unreachable or hid new files while an instance died, or while FC ran one event several times",
}
"""The three windows in which a second outcome cannot be excluded. There is no fourth."""

UNHEARD = frozenset({"shown-then-reset", "shown-then-no-code", "shown-then-empty-json", "shown-then-empty"})
"""Faults after which DingTalk has shown a post, and its response does not say so; of a slow one `gone` tells."""

TOO_LONG = 460101
"""The code with which DingTalk refuses what is too long."""

_PART = re.compile(r"[（(](\d+)/(\d+)[）)]")

Telling = list[Shown]
"""What tells one outcome: one message of the robot, or the parts of a split answer."""


@dataclass(frozen=True)
class Conditions:
    """What went wrong on purpose while the message was worked on, as far as the judge cannot see it in the simulator.

    `bucket`: a run of the message met a bucket that could not be read or written, or hid files; `records` is whether
    that concerned records, too. `acceptance`: FC took the hand-over without saying so.
    """

    bucket: bool = False
    acceptance: bool = False
    records: bool = True


NORMAL = Conditions()
"""Nothing that the judge could not see."""


def tellings(shown: Iterable[Shown], posts: Iterable[Post] = ()) -> list[Telling]:
    """What was shown, by the outcome that it tells: a part belongs to the newest telling that still lacks it.

    Where DingTalk has refused one of the `posts` as too long, the rest may come in more parts than was said before.
    """
    finer = any(post.errcode == TOO_LONG for post in posts)
    found: list[Telling] = []
    for message in shown:
        lacking = [telling for telling in found if _lacks(telling, message, finer)]
        if lacking:
            lacking[-1].append(message)
        else:
            found.append([message])
    return found


def _lacks(telling: Telling, message: Shown, finer: bool) -> bool:
    number, total = part_of(message)
    last, of = part_of(telling[-1])
    if finer and of < total and number == last + 1:
        return bool(of)
    return bool(total) and of == total and number not in [part_of(other)[0] for other in telling]


def part_of(shown: Shown) -> tuple[int, int]:
    """(number, total) of a part of a split answer, (0, 0) of what stands alone."""
    match = _PART.search(shown.text[:20]) or _PART.search(shown.text[-20:])
    return (int(match[1]), int(match[2])) if match else (0, 0)


def windows(cloud: LocalCloud, sent: Sent, told: Sequence[Telling], conditions: Conditions) -> list[int]:
    """The window that was open for each telling but the first, 0 where none was; in the order in which they came."""
    told = sorted(told, key=lambda telling: _came(sent, telling[0]))  # a slow post is shown long after it came
    doubts = _doubts(cloud, sent, told, conditions)
    recorded = recorded_at(cloud, sent)
    found: list[int] = []
    for number, telling in enumerate(told[1:], 1):
        if conditions.acceptance and 2 not in found and _perhaps_started(told[:number]) != _perhaps_started([telling]):
            found.append(2)  # whatever is on record: who hands over reads no records
            continue
        came = _came(sent, telling[0])
        open_then = [doubt.third for doubt in doubts[:number] if doubt and doubt.since <= came]
        sound = not (conditions.bucket and conditions.records)
        known = recorded is not None and recorded * 1000 < came - 1 and sound
        used = sum(window in (1, 3) for window in found)
        excused = len(open_then) > used and not known and telling[0].via == "webhook"
        found.append((3 if any(open_then) else 1) if excused else 0)
    return found


def _perhaps_started(told: Sequence[Telling]) -> bool:
    return any(says(telling[0], "handover_unknown") for telling in told)


@dataclass(frozen=True)
class _Doubt:
    """Since when (ms) nobody could tell of a telling that it was shown; `third` is whether the bucket hid it."""

    since: float
    third: bool


def _doubts(cloud: LocalCloud, sent: Sent, told: Sequence[Telling], conditions: Conditions) -> list[_Doubt | None]:
    """The doubt about each telling, however many of its posts give reason for it; None where there is none."""
    found: list[_Doubt | None] = []
    asked: list[Post] = []
    for telling in told:
        posts = [post for post in (_post_of(sent, message) for message in telling) if post and post not in asked]
        asked += posts  # one post is no reason for two
        reasons = [reason for post in posts for reason in _reasons(cloud, sent, post, conditions)]
        since = min((reason.since for reason in reasons), default=None)
        found.append(None if since is None else _Doubt(since, any(reason.third for reason in reasons)))
    return found


def _reasons(cloud: LocalCloud, sent: Sent, post: Post, conditions: Conditions) -> list[_Doubt]:
    runs = [outcome for invocation in cloud.invocations(sent) for outcome in invocation.outcomes]
    several = sum(bool(invocation.outcomes) for invocation in cloud.invocations(sent, "async")) > 1
    mine = [run for run in runs if run.instance == post.instance and run.began * 1000 - 1 <= post.came]
    died = [run.ended * 1000 for run in mine if run.kind in ("exit", "timeout")]
    found = [_Doubt(min(died), conditions.bucket)] if died else []
    if post.gone or post.fault in UNHEARD:
        found.append(_Doubt(post.came, False))
    if conditions.bucket and several and not found:
        found.append(_Doubt(post.came, True))
    return found


def _post_of(sent: Sent, shown: Shown) -> Post | None:
    """The post with which it came; a slow one shows it long after it came."""
    posts = [post for post in sent.posts if shown.via == "webhook" and post.errcode == 0 and post.at >= shown.at]
    return min(posts, key=lambda post: post.at, default=None)


def _came(sent: Sent, shown: Shown) -> float:
    """When DingTalk got what it showed then (ms)."""
    post = _post_of(sent, shown)
    return post.came if post else shown.at


def saved(cloud: LocalCloud, sent: Sent, outcome: str = "") -> list[float]:
    """When records of a message were durable (seconds in the cloud); of one `outcome` where it is given."""
    turns = turn_ids(cloud, sent)
    return [
        change.at
        for pool in cloud.fc.pools.values()
        for change in list(pool.files)
        if change.operation == "saved"
        and change.path.startswith("records/")
        and change.path.endswith(".json")
        and f".{outcome}" in change.path
        and any(turn in change.path for turn in turns)
    ]


def recorded_at(cloud: LocalCloud, sent: Sent) -> float | None:
    """When the record of an outcome was durable first (seconds in the cloud), None when it never was."""
    return min(saved(cloud, sent), default=None)


def turn_ids(cloud: LocalCloud, sent: Sent) -> set[str]:
    """The hashed ids under which logs and records know a message: as handed over, and as made from its own id."""
    found = {invocation.task_id[2:] for invocation in cloud.invocations(sent) if invocation.task_id.startswith("m_")}
    if sent.message_id:
        found.add(
            hashlib.sha256(f"{robot_id(cloud)}\n{sent.message_id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        )
    return found


def robot_id(cloud: LocalCloud) -> str:
    """The id under which the functions know the cloud's robot."""
    return "r" + hashlib.sha256(b"robot\n" + cloud.options.secret.encode()).hexdigest()[:12]
