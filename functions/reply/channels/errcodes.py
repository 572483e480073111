"""What DingTalk's results mean, and what to do about each.

Errors come with HTTP 200 and an `errcode` in the body. Codes:
https://open.dingtalk.com/document/orgapp/server-api-error-codes-1 and
https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages ; the throttling page:
https://open.dingtalk.com/document/orgapp/call-frequency-limit .
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from shared.remedies import LATE


class Action(Enum):
    """What to do after one post."""

    SHOWN = "shown"
    AGAIN = "again"
    """Not accepted for now: post again, three times in all."""
    ONCE_MORE = "once_more"
    """Posted, but not known whether it is shown: post once more only."""
    WAIT = "wait"
    """Throttled: post again after `wait` seconds, or in a later run."""
    FINER = "finer"
    """Too large: post smaller parts."""
    NEUTRAL = "neutral"
    """The content is not allowed: post a neutral sentence instead."""
    PLAIN = "plain"
    """The body was not understood: post it once as plain text, then give up."""
    UNKNOWN = "unknown"
    """A code nobody has documented: post it once as plain text, then leave it to a later run."""
    GIVE_UP = "give_up"
    """The way is closed: no attempt can help."""


@dataclass(frozen=True)
class Verdict:
    """What one post came to: `code` is the errcode or a short word, `wait` is in seconds.

    `meaning` and `remedy` (what to do) are for the log, and stand in docs/operations.md.
    """

    action: Action
    code: str
    meaning: str = ""
    remedy: str = ""
    wait: float = 0.0


TOO_FAST_S = 60.0
"""At least this long after "send too fast": the limit is counted per minute."""

THROTTLED_S = 300.0
"""How long a throttled source address is banned."""

_BLOCKED = ("DingTalk does not allow the content", "nothing: the answer's content is not allowed")
_OWN_BUG = ("DingTalk does not understand the post", "a defect of the program: report this line")
_TOO_FAST = ("too many posts in a minute", "fewer people or shorter answers in a minute: DingTalk limits each robot")
_FAILED = ("DingTalk's servers failed", "DingTalk's status page; tell the person to ask again")

_TABLE: Mapping[str, Verdict] = {
    verdict.code: verdict
    for verdict in (
        Verdict(Action.SHOWN, "0"),
        Verdict(Action.AGAIN, "-1", *_FAILED),
        Verdict(Action.WAIT, "130101", *_TOO_FAST, TOO_FAST_S),
        Verdict(Action.WAIT, "410100", *_TOO_FAST, TOO_FAST_S),
        Verdict(Action.FINER, "460101", "too large even in its smallest parts", "lower MAX_ANSWER_LEN"),
        *(Verdict(Action.NEUTRAL, str(code), *_BLOCKED) for code in (430101, 430102, 430103, 430104)),
        *(Verdict(Action.PLAIN, code, *_OWN_BUG) for code in ("40035", "43004", "400105")),
        Verdict(Action.GIVE_UP, "300001", "the session webhook has expired or is unknown", LATE),
        Verdict(Action.GIVE_UP, "310000", "the robot's security settings refuse the post", "the developer console"),
        Verdict(
            Action.GIVE_UP,
            "90030",
            "the organisation's monthly webhook quota is used up",
            "buy more, or wait for the next month",
        ),
        Verdict(Action.GIVE_UP, "400013", "the group is gone", "nothing"),
        Verdict(Action.GIVE_UP, "400101", "the webhook has no token", "nothing"),
        Verdict(Action.GIVE_UP, "400102", "the robot is stopped", "start it in the developer console"),
        Verdict(Action.GIVE_UP, "400106", "the robot is not in the group any more", "add the robot again"),
    )
}

_WAY_OUT = "the function's way out to the internet; DingTalk's status page"
_UNHEARD = "DingTalk did not say whether it showed the post"

NOT_CONNECTED = Verdict(Action.AGAIN, "not_connected", "DingTalk could not be reached", _WAY_OUT)
NO_RESPONSE = Verdict(Action.ONCE_MORE, "no_response", _UNHEARD, _WAY_OUT)
UNSENDABLE = Verdict(Action.GIVE_UP, "unsendable", *_OWN_BUG)
EXPIRED = Verdict(Action.GIVE_UP, "expired", "the session webhook has expired; nothing more was posted", LATE)
OTHER_HOST = Verdict(
    Action.GIVE_UP,
    "webhook_host_refused",
    "the host is not in WEBHOOK_HOSTS of reply, or it is no webhook",
    "add the host to WEBHOOK_HOSTS, and deploy both functions with the same",
)
DEADLINE = Verdict(Action.AGAIN, "deadline", "the run had no time left to post", "see what was slow: model_ms, wait_ms")
_THROTTLED = Verdict(
    Action.WAIT, "throttled", "DingTalk throttles the function's address", "spread the load", THROTTLED_S
)
_UNREADABLE = Verdict(Action.ONCE_MORE, "unreadable", _UNHEARD, "report this line if it comes back")
_TOO_LARGE = Verdict(Action.FINER, "http_413", "too large even in its smallest parts", "lower MAX_ANSWER_LEN")
_TOO_MANY = Verdict(Action.WAIT, "http_429", *_TOO_FAST, TOO_FAST_S)

WORDS = (NOT_CONNECTED, NO_RESPONSE, UNSENDABLE, EXPIRED, OTHER_HOST, DEADLINE, _THROTTLED, _UNREADABLE)
"""Verdicts whose code is a word of ours."""

_UNDOCUMENTED = ("a code that is not documented", "look it up in DingTalk's list of error codes; report this line")


def judged(status: int, body: bytes) -> Verdict:
    """What the HTTP status and (the beginning of) the body of a response say. Never raises."""
    if status >= 500:
        return Verdict(Action.AGAIN, f"http_{status}", *_FAILED)
    content = _content(body)
    if isinstance(content, dict) and _is_code(content.get("errcode")):
        return _judged_code(str(content["errcode"]).strip())
    if status == 413:
        return _TOO_LARGE
    if status == 429:
        return _TOO_MANY
    if status in (200, 403) and _is_throttling(content, body):
        return _THROTTLED
    if 200 <= status < 300:
        return _UNREADABLE
    return Verdict(Action.UNKNOWN, f"http_{status}", *_UNDOCUMENTED)


def _judged_code(code: str) -> Verdict:
    if code in _TABLE:
        return _TABLE[code]
    if code.startswith("4301") and len(code) == 6:
        return Verdict(Action.NEUTRAL, code, *_BLOCKED)
    return Verdict(Action.UNKNOWN, code[:20], *_UNDOCUMENTED)


def _content(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _is_code(found: object) -> bool:
    """A number, or a text with one: a sample in the documentation has "0"."""
    return (isinstance(found, int) and not isinstance(found, bool)) or (isinstance(found, str) and bool(found.strip()))


def _is_throttling(content: object, body: bytes) -> bool:
    if isinstance(content, dict):
        return content.get("punish") == "deny" or str(content.get("status")) == "1111"
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
