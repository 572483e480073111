"""How `conversation` invokes `reply`: by its name, asynchronously, once, and with an end.

https://www.alibabacloud.com/help/en/fc/user-guide/asynchronous-invocation .
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctoring import regions
from doctoring.examination import Examination
from doctoring.finding import Finding, or_ok, problem, warning
from doctoring.functions import dig, is_number

WEBHOOK_LIFE_S = 5400
"""A session webhook lives 90 minutes."""
SHORTEST_EVENT_AGE_S = 600
"""Younger events are answered; see TOO_LATE_MS of `reply`."""


def link(examined: Examination) -> Iterator[Finding]:
    """`conversation` invokes the `reply` that is deployed beside it."""
    named, deployed = examined.conversation.dispatch.function, examined.deployment.props("reply").get("functionName")
    findings = []
    if named != deployed:
        found = f"CHATGPT_FUNCTION is {named!r}, and reply is deployed as {deployed!r}"
        findings.append(problem("functions.link", found, "the same", "write ${resources.reply.props.functionName}"))
    yield from or_ok("functions.link", findings, f"conversation invokes {deployed}")


def asynchronous(examined: Examination) -> Iterator[Finding]:
    """Task mode, retries, age of events, and where failures go."""
    yield from or_ok("functions.async", _asynchronous(examined), "task mode, retries, event age and onFailure fit")


def _asynchronous(examined: Examination) -> Iterator[Finding]:
    props = examined.deployment.props("reply")
    config = props.get("asyncInvokeConfig")
    config = config if isinstance(config, dict) else {}
    yield from _claims(examined, config, str(props.get("region")))
    retries, known = config.get("maxAsyncRetryAttempts"), examined.reply.answer.attempts - 1
    if retries != known:
        found = (
            f"maxAsyncRetryAttempts is {retries if retries is not None else 'unset (3)'}, and ASYNC_RETRIES is {known}"
        )
        remedy = "write the same number in both: the last attempt explains the failure"
        yield problem("functions.async", found, "the same", remedy)
    age = config.get("maxAsyncEventAgeInSeconds")
    if not is_number(age) or not SHORTEST_EVENT_AGE_S <= age <= WEBHOOK_LIFE_S:
        found = f"maxAsyncEventAgeInSeconds is {age if age is not None else 'unset'}"
        wanted = f"{SHORTEST_EVENT_AGE_S} to {WEBHOOK_LIFE_S}: a webhook lives no longer"
        yield problem("functions.async", found, wanted, f"write {WEBHOOK_LIFE_S}")
    destination = str(dig(config, "destinationConfig", "onFailure", "destination") or "")
    if not destination.endswith(f"functions/{props.get('functionName')}"):
        found = f"onFailure leads to {destination or 'nowhere'}: nobody would apologise when FC gives up"
        wanted = f"acs:fc:{props.get('region')}::functions/{props.get('functionName')}"
        yield problem("functions.async", found, wanted, "correct destinationConfig")


def _claims(examined: Examination, config: dict[str, Any], region: str) -> Iterator[Finding]:
    task, claim = config.get("asyncTask") is True, examined.reply.claim
    if not task and claim == "task":
        found = "asyncTask is off and CLAIM is task: a redelivered message would be answered twice"
        yield problem("functions.async", found, "one of the two", "write asyncTask: true, or export CLAIM=oss")
    if task and region not in regions.WITH_TASK_MODE.split():
        found = f"asyncTask is on, and {region} is not documented to have task mode"
        yield problem("functions.async", found, "CLAIM=oss there", "export CLAIM=oss and remove asyncTask")
    if task and claim == "oss":
        found = "asyncTask is on and CLAIM is oss: each message is claimed twice"
        yield warning("functions.async", found, "one of the two", "leave CLAIM out: task mode costs nothing")
