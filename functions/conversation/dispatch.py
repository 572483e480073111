"""Handing a message over to `reply`: an asynchronous invocation, at most 4 seconds, with one retry.

https://www.alibabacloud.com/help/en/fc/user-guide/asynchronous-invocation and /task-deduplication: 202 means taken,
409 that a task of this id was taken before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from conversation.outgoing import NotSent, Post, Reply, Send, Unanswered
from conversation.runtime import Runtime
from shared.clock import Clock
from shared.errors import HandOverFailed, HandOverRefused, HandOverUnknown
from shared.log import Log
from shared.message import Message
from shared.settings import SettingsReader

TOTAL_SECONDS = 4.0
"""What the hand-over may take in all: DingTalk's own time-out is not documented, a neighbouring one is 2.5 s."""
FIRST_TRY_SECONDS = 2.5
"""What the first try may take of it, so that a second can settle what the first left open."""
SHORTEST_TRY_SECONDS = 0.3
PAUSE_SECONDS = 0.2
TRIES = 2

_ENDPOINT = re.compile(r"(?:(https?)://)?([A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)/?", re.IGNORECASE)
_FUNCTION = re.compile(r"[A-Za-z0-9_$-]{1,200}")
REMEDIES_BY_CODE: Mapping[str, str] = {
    "SecurityToken": "the function's temporary credentials were refused: single ones: nothing, FC gives the function "
    "new ones; many: deploy again",
    "InvalidAccessKeyId": "the role's credentials are not known: see that the role is still there, deploy again",
    "Signature": "the signature was refused: see the function's clock, and INVOKE_ENDPOINT; else report this line",
    "InvalidTimeStamp": "the function's clock is wrong: single ones: nothing; many: report it to Alibaba Cloud",
    "Overdue": "the account is in arrears: pay",
    "InDebt": "the account is in arrears: pay",
    "NotFound": "CHATGPT_FUNCTION, or INVOKE_ENDPOINT, which is of another region",
    "Throttled": "raise the account's limits, or wait",
}
"""What to do, by the first of these that FC's error code holds: it says more than the status."""

REMEDIES_BY_STATUS: Mapping[int, str] = {
    400: "see the code at https://www.alibabacloud.com/help/en/fc/",
    401: "see the function's role and the clock",
    403: "allow the function's role fc:InvokeFunction on the function in CHATGPT_FUNCTION",
    404: "CHATGPT_FUNCTION, or INVOKE_ENDPOINT, which is of another region",
    429: "raise the account's limits, or wait",
}
"""The same by HTTP status, for other codes; other statuses are as 400."""

REMEDIES_BY_PROBLEM: Mapping[str, str] = {
    "FC could not be reached": "INVOKE_ENDPOINT, and the function's way out to the internet",
    "FC gave this function no credentials": "give this function the role that may invoke reply",
    "account and region are not known": "set INVOKE_ENDPOINT to https://HOST",
    "aliyun-fc2 is not in this package": "build it for FC 2.0",
}
"""The same for what went wrong before FC could answer."""


@dataclass(frozen=True)
class DispatchSettings:
    """Which function to invoke, and where. An empty endpoint is built from account and region.

    `service` is FC 2.0's and has a meaning only when this function is itself called as FC 2.0.
    """

    function: str
    secure: bool = True
    authority: str = ""
    service: str = ""

    @classmethod
    def read(cls, reader: SettingsReader) -> DispatchSettings:
        """Read CHATGPT_FUNCTION, INVOKE_ENDPOINT (alias ENDPOINT) and SERVICE_NAME."""
        function = reader.text(
            "CHATGPT_FUNCTION", required="nothing can be answered; set it to the name of the function `reply`"
        )
        if function and not _FUNCTION.fullmatch(function):
            reader.problem(f"CHATGPT_FUNCTION is {function[:80]!r}; wanted a function's name")
        endpoint = reader.text("INVOKE_ENDPOINT", aliases=("ENDPOINT",))
        match = _ENDPOINT.fullmatch(endpoint)
        if endpoint and not match:
            reader.problem(
                f"INVOKE_ENDPOINT is {endpoint[:80]!r}; wanted https://HOST, or nothing: then it is built from "
                "account and region"
            )
        return cls(
            function=function,
            secure=not match or (match[1] or "https").lower() == "https",
            authority=match[2].lower() if match else "",
            service=reader.text("SERVICE_NAME"),
        )


@dataclass(frozen=True)
class Accepted:
    """FC has taken the message, now or (`again`) when it was handed over before."""

    again: bool
    tries: int
    request_id: str


class Call(Protocol):
    """How an invocation is written down for one of FC's two interfaces."""

    def __call__(self, event: bytes, task_id: str, runtime: Runtime) -> Post:
        """The request to make. Raises HandOverRefused when something needed for it is missing."""
        ...


class Dispatch:
    """Hands messages over: by `fc2` when this function is called as FC 2.0 and SERVICE_NAME is set, else by `fc3`."""

    def __init__(self, fc3: Call, fc2: Call | None, send: Send, clock: Clock, log: Log) -> None:
        self._fc3 = fc3
        self._fc2 = fc2
        self._send = send
        self._clock = clock
        self._log = log
        self._ignored_service = False

    def __call__(self, message: Message, runtime: Runtime) -> Accepted:
        """Hand over within TOTAL_SECONDS. Raises HandOverRefused or HandOverUnknown."""
        until = self._clock.now() + TOTAL_SECONDS
        doubt: HandOverFailed | None = None
        failure: HandOverFailed = HandOverRefused("no time")
        for number in range(1, TRIES + 1):
            try:
                reply = self._try(message, runtime, until, number)
            except NotSent as problem:
                failure = not_invoked("FC could not be reached", str(problem))
            except Unanswered as problem:
                failure = HandOverUnknown(f"FC did not answer: {problem}")
            else:
                if reply.status in (202, 409):
                    return Accepted(reply.status == 409, number, reply.request_id)
                failure = _failure(reply)
                if not _worth_a_retry(reply.status):
                    break
            doubt = doubt or (failure if isinstance(failure, HandOverUnknown) else None)
            if until - self._clock.now() < PAUSE_SECONDS + SHORTEST_TRY_SECONDS:
                break
            if number < TRIES:
                self._clock.sleep(PAUSE_SECONDS)
        # A try that may have arrived outweighs a later one that certainly did not.
        raise doubt or failure

    def _try(self, message: Message, runtime: Runtime, until: float, number: int) -> Reply:
        # Each try is a hand-over of its own: `reply` tells FC's retries of one event from two events by this id.
        handed_over = message.handed_over(os.urandom(16).hex(), int(self._clock.now() * 1000))
        post = self._call(runtime)(handed_over.to_event(), f"m_{message.turn_id}", runtime)
        left = until - self._clock.now()
        if left <= 0:
            raise NotSent("preparing the request took all the time")
        return self._send(post, min(left, FIRST_TRY_SECONDS) if number < TRIES else left)

    def _call(self, runtime: Runtime) -> Call:
        if self._fc2 is None:
            return self._fc3
        if runtime.platform == "fc2":
            return self._fc2
        if not self._ignored_service:
            self._ignored_service = True
            self._log.warning("service_name_ignored")
        return self._fc3


def _worth_a_retry(status: int) -> bool:
    return status == 429 or status >= 500


def _failure(reply: Reply) -> HandOverFailed:
    found = f"FC answered {reply.status} {reply.code}".strip() + (f" ({reply.request_id})" if reply.request_id else "")
    if 400 <= reply.status < 500:
        return HandOverRefused(f"{found}; wanted 202", _remedy(reply))
    return HandOverUnknown(f"{found}; wanted 202")


def _remedy(reply: Reply) -> str:
    by_code = (remedy for code, remedy in REMEDIES_BY_CODE.items() if code.lower() in reply.code.lower())
    return next(by_code, REMEDIES_BY_STATUS.get(reply.status, REMEDIES_BY_STATUS[400]))


def not_invoked(problem: str, detail: str = "") -> HandOverRefused:
    """The error for one of REMEDIES_BY_PROBLEM."""
    return HandOverRefused(f"{problem}: {detail}" if detail else problem, REMEDIES_BY_PROBLEM[problem])
