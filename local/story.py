"""What became of a message, and how: the page's state line and its story."""

from __future__ import annotations

from typing import Any

from local.cards import CardCall
from local.catalogue_words import words_of
from local.fc import Invocation
from local.functions import SECURITY_TOKEN
from local.messages import Delivery, Sent
from local.parts import Parts
from local.runs import Outcome
from local.sentences import LANGUAGES, sentence
from local.story_model import logged, requested

Json = dict[str, Any]


def state_of(sent: Sent, parts: Parts) -> Json:
    """Return phase, times in ms since it was sent (by one clock: they tell the order), status and why it failed."""
    state: Json = {
        "phase": "sent",
        "ack_ms": None,
        "answered_ms": None,
        "why": None,
        "whys": None,
        "status": sent.status,
    }
    if not sent.reaches_robot:
        whys = {language: sentence(language, "not_mentioned") for language in LANGUAGES}
        return {**state, "phase": "undelivered", "why": whys[parts.options.language], "whys": whys}
    complete = [answer.complete_at for answer in sent.answers if answer.complete_at is not None]
    if complete:
        state |= {"phase": "answered", "answered_ms": max(0, complete[0] - sent.at)}
    if not sent.deliveries:
        return state
    state["ack_ms"] = max(0, sent.deliveries[0].at - sent.at)
    if complete:
        return state
    runs = parts.fc.carrying(sent.session)
    found = {language: _why_failed(sent, runs, language) for language in LANGUAGES}
    why = found[parts.options.language]
    # Nothing was handed over, so nothing can come, unless the message is delivered again or has an open card.
    silent = not why and not sent.answers and all(run.how == "trigger" and run.over for run in runs)
    return {
        **state,
        "phase": "failed" if why else "silent" if silent else "acknowledged",
        "why": why,
        "whys": why and found,
    }


def _why_failed(sent: Sent, invocations: list[Invocation], language: str) -> str | None:
    first = sent.deliveries[0]
    if first.status is None:
        return sentence(language, "no_answer", error=first.error)
    broken = [(i.function, o) for i in invocations if i.how == "trigger" for o in i.outcomes if not o.ok]
    if first.status >= 300:
        answered = sentence(language, "status", status=first.status)
        return f"{answered}{'; ' if language == 'en' else '；'}{_failed(*broken[0], language)}" if broken else answered
    handed_over = [invocation for invocation in invocations if invocation.how != "trigger"]
    refused = [post.errcode for post in sent.posts if post.errcode]
    if not (handed_over or refused) or not all(invocation.over for invocation in invocations):
        return None
    failed = [(i.function, outcome) for i in handed_over for outcome in i.outcomes if not outcome.ok]
    if sent.answers:
        return sentence(language, "card_open")
    if refused:
        known = words_of(str(refused[-1]))
        code = known[language == "en"] if known else refused[-1]
        detail = sentence(language, "errcode", code=code)
    elif failed:
        detail = _failed(*failed[-1], language)
    else:
        detail = sentence(language, "nothing_posted")
    return sentence(language, "silent", detail=detail)


def _failed(function: str, outcome: Outcome, language: str) -> str:
    return sentence(language, "run_failed", function=function, message=outcome.error[:300])


def story_of(sent: Sent, parts: Parts) -> Json:
    """Return every step of a message, in order, as JSON."""
    invocations = parts.fc.carrying(sent.session)
    runs = {invocation.request_id for invocation in invocations}
    deliveries = [_delivery(delivery, parts) for delivery in sent.deliveries]
    first = deliveries[0] if deliveries else {"request": None, "response": None}
    story: Json = {**first, "invocations": [_invocation(invocation) for invocation in invocations], "model": []}
    story["webhook"] = [
        {"at": post.at, "status": post.status, "errcode": post.errcode, "fault": post.fault or None}
        | {"body": _text(post.body), "answer": _text(post.answer)}
        for post in sent.posts
    ]
    cards = [_card_call(call, parts) for call in parts.dingtalk.cards.calls if call.message == sent.id]
    if cards:
        story["cards"] = cards
    pools = parts.fc.pools.values()
    files = [
        change for pool in pools for change in pool.files if change.request_id in runs and change.operation != "saved"
    ]
    # One that was tried again, because its folder had to be made first, is one.
    story["files"] = list(dict.fromkeys(f"{change.operation} {change.path}" for change in files))
    lines = sorted((line for pool in pools for line in pool.logs if line.request_id in runs), key=lambda line: line.at)
    asked = [requested(request) for request in parts.model.requests if request.turn in runs]
    story["model"] = asked or logged(lines)
    story["logs"] = [f"{line.function}  {line.text}" for line in lines]
    if len(deliveries) > 1:
        story["redeliveries"] = deliveries[1:]
    return story


def _delivery(delivery: Delivery, parts: Parts) -> Json:
    request = {"method": "POST", "url": parts.dingtalk.trigger + "/", "headers": dict(delivery.headers)}
    response = {"status": delivery.status, "ms": delivery.ack_ms, "error": delivery.error or None}
    return {
        "request": request | {"body": _text(delivery.request)},
        "response": response | {"headers": dict(delivery.response_headers), "body": _text(delivery.body)},
    }


def _invocation(invocation: Invocation) -> Json:
    attempts = [
        {"result": outcome.kind, "ms": outcome.ms, "cold": outcome.cold, "instance": outcome.instance}
        | ({"error": outcome.error} if not outcome.ok else {})
        for outcome in invocation.outcomes
    ]
    return {
        "function": invocation.function,
        "how": invocation.how,
        "state": invocation.state,
        "task_id": invocation.task_id or None,
        "request_id": invocation.request_id,
        "attempts": attempts,
        "event": _text(invocation.event),
    }


def _card_call(call: CardCall, parts: Parts) -> Json:
    found = {"at": call.at, "method": call.method, "url": parts.dingtalk.site.url + call.path, "status": call.status}
    return {**found, "fault": call.fault or None, "body": _text(call.body), "answer": _text(call.answer)}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace(SECURITY_TOKEN, "***")
