"""Judges one message by the promise: what its person saw, and whether a double falls into a named window.

Everything is read from what the simulator has seen (posts, response bodies, runs, files, log lines), nothing from what
the functions say about themselves, except the record `undeliverable`, which is itself the outcome when no way is left.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from local.cloud import LocalCloud
from local.functions import CODE
from local.messages import Sent, Shown

sys.path.insert(0, str(CODE))
from shared.wording import Wording, wording

ANSWERED, FAILED, REFUSED, UNDELIVERABLE, NONE = "answered", "failed", "refused", "undeliverable", "none"
OUTCOMES = (ANSWERED, FAILED, REFUSED, UNDELIVERABLE)

WINDOWS = {
    1: "DingTalk accepted the post, and the record of it was not durable yet",
    2: "FC's acceptance of the hand-over stayed unknown",
    3: "the bucket was unreachable or hid new files while an instance died, or while FC ran one event several times",
}
"""The three windows in which a second outcome cannot be excluded. There is no fourth."""

_PART = re.compile(r"[（(](\d+)/(\d+)[）)]")
_REFUSED_FIELDS = ("refused_", "limit_", "unsupported", "too_large", "webhook_refused", "webhook_missing")
_FAILED_FIELDS = ("failed_", "handover_", "blocked_by_dingtalk")


@dataclass(frozen=True)
class Conditions:
    """What went wrong on purpose while the message was worked on, as far as the judge cannot see it in the simulator.

    `bucket`: a run of the message met a bucket that could not be read or written, or hid files. `acceptance`: FC took
    the hand-over without saying so.
    """

    bucket: bool = False
    acceptance: bool = False


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


def judge(cloud: LocalCloud, sent: Sent, conditions: Conditions = Conditions()) -> Verdict:
    """What became of a message of which nothing runs any more (`cloud.wait` has returned)."""
    shown = list(sent.answers)
    if not shown:
        return _unseen(cloud, sent)
    outcome = next((kind for kind in map(kind_of, shown) if kind == ANSWERED), kind_of(shown[0]))
    missing = _missing_parts(shown)
    blocked = next((message for message in shown if says(message, "blocked_by_dingtalk")), None)
    if missing and blocked:
        shown.remove(blocked)  # it stands for the parts that are missing
        outcome = FAILED
    elif missing and not _closed(cloud, sent):
        return Verdict(sent.id, outcome, violation=f"part {missing} of a split answer never came")
    further = _further(shown)
    if not further:
        return Verdict(sent.id, outcome, violation=_disorder(sent, shown))
    windows = _windows(cloud, sent, further, conditions)
    extra, window = len(further), 0 if 0 in windows else windows[-1]
    if window:
        return Verdict(sent.id, outcome, extra, window)
    found = f"{extra + 1} outcomes, and no window was open for number {windows.index(0) + 2}: {cloud.describe(sent)}"
    return Verdict(sent.id, outcome, extra, violation=found)


def kind_of(shown: Shown) -> str:
    """Whether a message of the robot is an answer, an explained failure or an explained refusal."""
    for prefix, kind in ((_FAILED_FIELDS, FAILED), (_REFUSED_FIELDS, REFUSED)):
        if any(pattern.search(shown.text) for pattern in _patterns(prefix)):
            return kind
    return ANSWERED


def _unseen(cloud: LocalCloud, sent: Sent) -> Verdict:
    if _closed(cloud, sent):
        return Verdict(sent.id, UNDELIVERABLE)
    return Verdict(sent.id, NONE, violation=f"no outcome, and no record that no way was left: {cloud.describe(sent)}")


def _closed(cloud: LocalCloud, sent: Sent) -> bool:
    """Whether an ERROR line says that DingTalk had closed every way, or was silent to the end, as it was.

    Of an answer of which something was shown it may have been silent to one part only.
    """
    turns = turn_ids(cloud, sent)
    pairs = list(pairwise(post.errcode is None for post in sent.posts))
    silent = any(all(pair) for pair in (pairs if sent.answers else pairs[-1:]))
    wanted = {"undeliverable", "quota_used_up", *(["delivery_in_doubt"] if silent else [])}
    return any(
        _error_event(line.text) in wanted
        for pool in cloud.fc.pools.values()
        for line in list(pool.logs)
        if any(turn[:10] in line.text for turn in turns)  # the request id: not every line has the whole
    )


def _error_event(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    return str(found.get("event", "")) if isinstance(found, dict) and found.get("level") == "ERROR" else ""


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


def _parts(shown: Iterable[Shown]) -> list[tuple[int, int]]:
    """(number, total) of what is a part of a split answer, (0, 0) of what stands alone."""
    found = [_PART.search(message.text[:20]) or _PART.search(message.text[-20:]) for message in shown]
    return [(int(match[1]), int(match[2])) if match else (0, 0) for match in found]


def _outcomes(shown: list[Shown]) -> int:
    """How many outcomes these are: the parts of a split answer are one, a part that came twice makes it two."""
    counts = Counter(_parts(shown))
    alone = counts.pop((0, 0), 0)
    return alone + max(counts.values(), default=0)


def _further(shown: list[Shown]) -> list[Shown]:
    """The messages of the robot with which a second outcome began, a third, and so on."""
    seen: list[Shown] = []
    found: list[Shown] = []
    for message in shown:
        seen.append(message)
        found += [message] * (max(0, _outcomes(seen) - 1) - len(found))
    return found


def _disorder(sent: Sent, shown: list[Shown]) -> str:
    """Parts that came in another order than theirs, where DingTalk took every one at once."""
    numbers = [number for number, total in _parts(shown) if total]
    late = any(post.fault for post in sent.posts)
    return f"parts came in the order {numbers}" if numbers != sorted(numbers) and not late else ""


def _missing_parts(shown: list[Shown]) -> int:
    """The first part of a split answer that is not among these, 0 when none is missing."""
    parts = [part for part in _parts(shown) if part[1]]
    total = max((part[1] for part in parts), default=0)
    numbers = {part[0] for part in parts}
    return next((number for number in range(1, total + 1) if number not in numbers), 0)


def _windows(cloud: LocalCloud, sent: Sent, further: list[Shown], conditions: Conditions) -> list[int]:
    """The window that was open for each further outcome, 0 where none was.

    Each needs a reason of its own: an acceptance that stayed unknown excuses one, and so does every earlier post of
    which nobody could tell that it was shown: its response was lost, its run had died, or, where the bucket failed,
    FC ran the event several times.
    """
    unknown = any(says(shown, "handover_unknown") for shown in sent.answers)
    if unknown and not conditions.acceptance:
        return [0] * len(further)
    doubts = _doubts(cloud, sent, conditions)
    recorded = _recorded_at(cloud, sent)
    windows: list[int] = []
    rest = [message for message in further if not says(message, "handover_unknown")]
    if unknown and len(rest) == len(further):  # the sentence that says so came first
        rest = rest[1:]
    for message in rest:
        came = _came(sent, message)
        open_then = [third for since, third in doubts if since <= came]
        known = recorded is not None and recorded * 1000 < came - 1 and not conditions.bucket
        excused = len(open_then) > len(windows) and not known and message.via == "webhook"
        windows.append((3 if any(open_then) else 1) if excused else 0)
    return [2, *windows] if unknown else windows  # whatever is on record: who hands over reads no records


def _doubts(cloud: LocalCloud, sent: Sent, conditions: Conditions) -> list[tuple[float, bool]]:
    """Since when (ms) nobody could tell of a post that DingTalk had shown it, and whether that opens window 3."""
    runs = [outcome for invocation in cloud.invocations(sent) for outcome in invocation.outcomes]
    several = sum(bool(invocation.outcomes) for invocation in cloud.invocations(sent, "async")) > 1
    found: list[tuple[float, bool]] = []
    for post in (post for post in sent.posts if post.errcode == 0):
        mine = [run for run in runs if run.instance == post.instance and run.began * 1000 - 1 <= post.came]
        died = [run.ended * 1000 for run in mine if run.kind in ("exit", "timeout")]
        if died:
            found.append((min(died), conditions.bucket))
        elif post.gone or post.fault.startswith("shown-then"):
            found.append((post.came, False))
        elif conditions.bucket and several:
            found.append((post.came, True))
    return found


def _came(sent: Sent, shown: Shown) -> float:
    """When DingTalk got what it showed then (ms): a slow one shows a post long after it came."""
    posts = [post for post in sent.posts if shown.via == "webhook" and post.errcode == 0 and post.at >= shown.at]
    return min(posts, key=lambda post: post.at).came if posts else shown.at


def _recorded_at(cloud: LocalCloud, sent: Sent) -> float | None:
    """When the record of an outcome was durable first (seconds in the cloud), None when it never was."""
    turns = turn_ids(cloud, sent)
    names = [
        (change.at, change.path)
        for pool in cloud.fc.pools.values()
        for change in list(pool.files)
        if change.operation == "saved" and change.path.startswith("records/") and change.path.endswith(".json")
    ]
    return min((at for at, path in names if any(turn in path for turn in turns)), default=None)


def says(shown: Shown, field_name: str) -> bool:
    """Whether a message of the robot contains the sentence of that name (of `Wording`), in either language."""
    return any(pattern.search(shown.text) for pattern in _patterns((field_name,)))


@cache
def _patterns(prefixes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Every sentence, in both languages, whose name begins so, as a pattern of what people read."""
    found = []
    for language in (wording("zh"), wording("en")):
        for name in Wording.__dataclass_fields__:
            if name.startswith(prefixes):
                pieces = re.split(r"\{[^}]*\}", getattr(language, name))
                found.append(re.compile(".*".join(map(re.escape, pieces)), re.DOTALL))
    return tuple(found)
