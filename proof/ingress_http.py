"""The sample of the ingress fuzz that goes over HTTP: through the trigger of the local cloud, in both forms."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from local.cloud import Delivery, LocalCloud, Sent
from local.payloads import KINDS
from proof.ingress_hostile import mutated
from proof.ingress_requests import SECRET, request
from proof.ingress_worker import STATUSES
from proof.outcomes import judge
from proof.plan import Plan
from proof.result import Result, Violation

REQUESTS, MESSAGES = 2_000, 1_000
"""Requests of any form, and messages whose person must see one outcome, for each form of the trigger."""

AT_ONCE, INSTANCES = 24, 6
_OF_THE_CLIENT = frozenset({"content-length", "transfer-encoding", "host", "content-encoding"})
_UNSEEN = ("quota",)
"""Kinds that are no message of a person."""


def run(plan: Plan, result: Result) -> None:
    """Both forms, one after the other."""
    if plan.only:
        return
    for platform, runtime in (("fc3", "python3.12"), ("fc2", "python3.10")):
        with plan.cloud(platform=platform, runtime=runtime, instances=INSTANCES, secret=SECRET) as cloud:
            choose = plan.random(f"ingress {platform}")
            first = choose.randrange(10**9)
            _requests(plan, cloud, first, max(10, round(REQUESTS * plan.share)), result)
            _messages(cloud, choose, max(10, round(MESSAGES * plan.share)), result)


def _requests(plan: Plan, cloud: LocalCloud, first: int, count: int, result: Result) -> None:
    """Requests of the fuzz, as far as HTTP carries them: never 5xx, and no function that failed."""
    for start in range(first, first + count, AT_ONCE):
        made = [request(plan.seed, number, cloud.clock.now_ms()) for number in range(start, start + AT_ONCE)]
        answers = cloud.do(_posted(cloud, [(one.headers, one.body, one.method, one.path) for one in made]))
        for one, answer in zip(made, answers, strict=True):
            if answer is None:
                continue
            result.cases += 1
            if answer.status not in STATUSES:
                found = f"{answer.status} {answer.error} {answer.body[:200]!r} for {one.described()}"
                result.violations.append(Violation(f"request {one.number} over HTTP", found, "never 5xx from input"))
        cloud.reset()


async def _posted(
    cloud: LocalCloud, made: Sequence[tuple[Mapping[str, Any], bytes, str, str]]
) -> list[Delivery | None]:
    async def post(headers: Mapping[str, Any], body: bytes, method: str, path: str) -> Delivery | None:
        texts = {n: v for n, v in headers.items() if isinstance(v, str) and n.lower() not in _OF_THE_CLIENT}
        try:
            return await cloud.dingtalk.post(texts, body, method or "POST", path or "/")
        except (ValueError, TypeError, UnicodeError):
            return None  # no client can send that

    return list(await asyncio.gather(*(post(*one) for one in made)))


def _messages(cloud: LocalCloud, choose: random.Random, count: int, result: Result) -> None:
    """Signed messages that were changed: each has one outcome, and no run of either function fails."""
    kinds = [kind for kind in KINDS if kind not in _UNSEEN]
    for start in range(0, count, AT_ONCE):
        batch = [_changed(cloud, choose, choose.choice(kinds)) for _ in range(min(AT_ONCE, count - start))]
        cloud.deliver_all(batch)
        cloud.wait_all(batch, 90)
        for sent in batch:
            result.cases += 1
            result.tally.add(judge(cloud, sent))
            for invocation in cloud.invocations(sent):
                failed = [outcome.message for outcome in invocation.outcomes if not outcome.ok]
                if failed:
                    found = f"{failed} for {json.dumps(sent.payload)[:3000]}"
                    result.violations.append(Violation(f"message {sent.id}", found, "no run fails"))
        cloud.reset()


def _changed(cloud: LocalCloud, choose: random.Random, kind: str) -> Sent:
    """A message in its own chat, changed but for what makes it a message that somebody waits for."""
    sent = cloud.compose(cloud.person(), "what is this?", kind=kind)
    kept = {name: sent.payload[name] for name in ("sessionWebhook", "sessionWebhookExpiredTime")}
    changed = mutated(choose, sent.payload, "127.0.0.1", sent.session) | kept
    # Two bodies under one id are a conflict, and the second is not answered: that is tried elsewhere.
    changed["msgId"] = f"{changed.get('msgId', '')}{secrets.token_hex(8)}"
    for name in ("errorCode", "errCode", "errcode"):
        changed.pop(name, None)
    sent.payload.clear()
    sent.payload.update(changed)
    return sent
