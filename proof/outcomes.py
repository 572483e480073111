"""Judges one message by the promise: what its person saw, and whether a double falls into a named window.

Everything is read from what the simulator has seen (posts, response bodies, runs, files), nothing from what the
functions say about themselves, with one exception: the ERROR line that no way was left, and its record. They are the
outcome only where the simulator has seen the ways closed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from local.cloud import LocalCloud
from local.messages import Post, Sent, Shown
from proof.sentences import says
from proof.windows import NORMAL, WINDOWS, Conditions, Telling, part_of, robot_id, saved, tellings, turn_ids, windows

__all__ = ["OUTCOMES", "WINDOWS", "Conditions", "Tally", "Verdict", "judge", "kind_of", "robot_id", "says", "turn_ids"]

ANSWERED, FAILED, REFUSED, UNDELIVERABLE, NONE = "answered", "failed", "refused", "undeliverable", "none"
OUTCOMES = (ANSWERED, FAILED, REFUSED, UNDELIVERABLE)

EXPIRES_SOON_MS = 60_000
"""A webhook that is good for less than this may be taken for expired."""

_REFUSED_FIELDS = ("refused_", "limit_", "unsupported", "too_large", "webhook_refused", "webhook_missing")
_FAILED_FIELDS = ("failed_", "handover_", "blocked_by_dingtalk")
_FOR_NOW = (-1, 130101, 410100)
"""Codes with which DingTalk refuses a post for the moment."""


@dataclass(frozen=True)
class Verdict:
    """What became of one message. `violation` is a sentence, "" when the promise was kept.

    `window` is that of the last of the extra outcomes (`extra` of them), 0 without any, or where one had none.
    """

    message: str
    outcome: str
    extra: int = 0
    window: int = 0
    violation: str = ""


@dataclass
class Tally:
    """Messages by what became of them; `doubled` by window. It can be added up over parts and runs."""

    messages: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    doubled: Counter[int] = field(default_factory=Counter)
    violations: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count one message."""
        self.messages += 1
        self.outcomes[verdict.outcome] += 1
        if verdict.extra and verdict.window:
            self.doubled[verdict.window] += 1
        if verdict.violation:
            self.violations.append(verdict)

    def merge(self, other: Tally) -> None:
        """Count the messages of another tally too."""
        self.messages += other.messages
        self.outcomes += other.outcomes
        self.doubled += other.doubled
        self.violations += other.violations


def judge(cloud: LocalCloud, sent: Sent, conditions: Conditions = NORMAL) -> Verdict:
    """What became of a message of which nothing runs any more (`cloud.wait` has returned)."""
    shown = list(sent.answers)
    if not shown:
        return _unseen(cloud, sent, conditions)
    outcome = next((kind for kind in map(kind_of, shown) if kind == ANSWERED), kind_of(shown[0]))
    missing = _missing_parts(tellings(shown, sent.posts))
    blocked = next((message for message in shown if says(message, "blocked_by_dingtalk")), None)
    if missing and blocked:
        shown.remove(blocked)  # it stands for the parts that are missing
        outcome = FAILED
    elif missing and not _closed(cloud, sent, conditions):
        return Verdict(sent.id, outcome, violation=f"part {missing} of a split answer never came")
    told = tellings(shown, sent.posts)
    extra = len(told) - 1
    if not extra:
        return Verdict(sent.id, outcome, violation=_disorder(sent, told[0]) or _mixed(cloud, sent, told[0]))
    found = windows(cloud, sent, told, conditions)
    if 0 not in found:
        return Verdict(sent.id, outcome, extra, found[-1])
    problem = f"{extra + 1} outcomes, and no window was open for number {found.index(0) + 2}: {cloud.describe(sent)}"
    return Verdict(sent.id, outcome, extra, violation=problem)


def kind_of(shown: Shown) -> str:
    """Whether a message of the robot is an answer, an explained failure or an explained refusal."""
    for prefixes, kind in ((_FAILED_FIELDS, FAILED), (_REFUSED_FIELDS, REFUSED)):
        if says(shown, *prefixes):
            return kind
    return ANSWERED


def _unseen(cloud: LocalCloud, sent: Sent, conditions: Conditions) -> Verdict:
    if _closed(cloud, sent, conditions):
        return Verdict(sent.id, UNDELIVERABLE)
    return Verdict(sent.id, NONE, violation=f"no outcome, and not every way was closed: {cloud.describe(sent)}")


def _closed(cloud: LocalCloud, sent: Sent, conditions: Conditions) -> bool:
    """Whether DingTalk had closed every way, or was silent to the end, and an ERROR line and the record say so.

    Of an answer of which something was shown it may have been silent to one part only.
    """
    said = _errors(cloud, sent)
    if "quota_used_up" in said:
        return sent.kind == "quota"
    if "delivery_in_doubt" in said and _silent(sent):
        return True
    expired = sent.webhook_expires_at <= cloud.clock.now_ms() + EXPIRES_SOON_MS
    elsewhere = not str(sent.payload.get("sessionWebhook", "")).startswith(cloud.dingtalk.site.url)  # nobody is there
    if "undeliverable" not in said or not (expired or elsewhere or _refused(sent)):
        return False
    seen = cloud.options.watch_files and not (conditions.bucket and conditions.records)
    return bool(saved(cloud, sent, "undeliverable")) if seen else True


def _silent(sent: Sent) -> bool:
    pairs = list(pairwise(post.errcode is None for post in sent.posts))
    return any(all(pair) for pair in (pairs if sent.answers else pairs[-1:]))


def _refused(sent: Sent) -> bool:
    """Whether DingTalk has refused a post for good, or more than one for now."""
    refused = [post for post in sent.posts if post.errcode != 0]
    return len(refused) > 1 or any(not _for_now(post) for post in refused)


def _for_now(post: Post) -> bool:
    return post.errcode in _FOR_NOW or (post.errcode is None and (post.status in (200, 429) or post.status >= 500))


def _errors(cloud: LocalCloud, sent: Sent) -> set[str]:
    """Names of the ERROR lines about a message."""
    turns = turn_ids(cloud, sent)
    return {
        _error_event(line.text)
        for pool in cloud.fc.pools.values()
        for line in list(pool.logs)
        if any(turn[:10] in line.text for turn in turns)  # the request id: not every line has the whole
    }


def _error_event(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    return str(found.get("event", "")) if isinstance(found, dict) and found.get("level") == "ERROR" else ""


def _disorder(sent: Sent, telling: Telling) -> str:
    """Parts that came in another order than theirs, where the function heard what became of each."""
    numbers = [part_of(message)[0] for message in telling]
    unheard = any(post.gone for post in sent.posts)
    return f"parts came in the order {numbers}" if numbers != sorted(numbers) and not unheard else ""


def _mixed(cloud: LocalCloud, sent: Sent, telling: Telling) -> str:
    """Parts of more than one answer: several instances posted them, and the model gave another one between them."""
    instances = {post.instance for post in sent.posts if post.errcode == 0}
    if len(instances) < 2:
        return ""  # an event that is run twice may ask the model twice, and one of the runs stays silent
    runs = {invocation.request_id for invocation in cloud.invocations(sent)}
    first, last = min(message.at for message in telling), max(message.at for message in telling)
    again = [r for r in list(cloud.model.requests) if r.turn in runs and first < r.done_at < last]
    return "the model gave another answer between the parts of one" if again else ""


def _missing_parts(told: list[Telling]) -> int:
    """The first part of a split answer that nobody has seen, 0 when one is whole, or none is split."""
    seen: dict[int, set[int]] = {}
    for telling in told:
        _, total = part_of(telling[-1])
        if total:
            seen.setdefault(total, set()).update(part_of(message)[0] for message in telling)
    lacking = [min(set(range(1, total + 1)) - numbers, default=0) for total, numbers in seen.items()]
    return 0 if 0 in lacking else max(lacking, default=0)
