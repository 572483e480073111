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
    """What one post came to: `code` is the errcode or a short word, `wait` is in seconds, `remedy` is for the log."""

    action: Action
    code: str
    wait: float = 0.0
    remedy: str = ""


TOO_FAST_S = 60.0
"""At least this long after "send too fast": the limit is counted per minute."""

THROTTLED_S = 300.0
"""How long a throttled source address is banned."""

_CONTENT = "nothing to do: DingTalk did not allow the content of this answer"
_OWN_BUG = "this is a defect of the program: report it with this line"
_TOO_FAST = "fewer people or shorter answers per minute; DingTalk limits each robot"

_TABLE: Mapping[str, Verdict] = {
    verdict.code: verdict
    for verdict in (
        Verdict(Action.SHOWN, "0"),
        Verdict(Action.AGAIN, "-1"),
        Verdict(Action.WAIT, "130101", TOO_FAST_S, _TOO_FAST),
        Verdict(Action.WAIT, "410100", TOO_FAST_S, _TOO_FAST),
        Verdict(Action.FINER, "460101", remedy="lower MAX_ANSWER_LEN"),
        *(Verdict(Action.NEUTRAL, str(code), remedy=_CONTENT) for code in (430101, 430102, 430103, 430104)),
        *(Verdict(Action.PLAIN, code, remedy=_OWN_BUG) for code in ("40035", "43004", "400105")),
        Verdict(Action.GIVE_UP, "300001", remedy="the session webhook has expired or is unknown; nothing to do"),
        Verdict(Action.GIVE_UP, "310000", remedy="the robot's security settings refuse it; see the developer console"),
        Verdict(
            Action.GIVE_UP, "90030", remedy="the organisation's monthly webhook quota is used up; buy more or wait"
        ),
        Verdict(Action.GIVE_UP, "400013", remedy="the group is gone"),
        Verdict(Action.GIVE_UP, "400101", remedy="the webhook has no token; nothing to do"),
        Verdict(Action.GIVE_UP, "400102", remedy="the robot is stopped; enable it in the developer console"),
        Verdict(Action.GIVE_UP, "400106", remedy="the robot is not in the group any more; add it again"),
    )
}

NOT_CONNECTED = Verdict(Action.AGAIN, "not_connected", remedy="the function cannot reach DingTalk; check its network")
NO_RESPONSE = Verdict(Action.ONCE_MORE, "no_response", remedy="the answer may have been shown twice, or not at all")
UNSENDABLE = Verdict(Action.GIVE_UP, "unsendable", remedy=_OWN_BUG)
_THROTTLED = Verdict(Action.WAIT, "throttled", THROTTLED_S, "DingTalk throttles this source address; spread the load")
_UNREADABLE = Verdict(Action.ONCE_MORE, "unreadable", remedy=NO_RESPONSE.remedy)


def judged(status: int, body: bytes) -> Verdict:
    """What the HTTP status and (the beginning of) the body of a response say. Never raises."""
    if status >= 500:
        return Verdict(Action.AGAIN, f"http_{status}", remedy="DingTalk's servers failed; try later")
    content = _content(body)
    if isinstance(content, dict) and _is_code(content.get("errcode")):
        return _judged_code(str(content["errcode"]).strip())
    if status == 413:
        return Verdict(Action.FINER, "http_413")
    if status == 429:
        return Verdict(Action.WAIT, "http_429", TOO_FAST_S, _TOO_FAST)
    if status in (200, 403) and _is_throttling(content, body):
        return _THROTTLED
    if 200 <= status < 300:
        return _UNREADABLE
    return Verdict(Action.UNKNOWN, f"http_{status}", remedy="report this line: no such answer is documented")


def _judged_code(code: str) -> Verdict:
    if code in _TABLE:
        return _TABLE[code]
    if code.startswith("4301") and len(code) == 6:
        return Verdict(Action.NEUTRAL, code, remedy=_CONTENT)
    return Verdict(Action.UNKNOWN, code[:20], remedy="report this line: no such code is documented")


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
