"""A story as text: the whole exchange of one message, step by step, for a terminal."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator

from local.story import Json

WIDTH = 116
_WAYS = {
    "trigger": "through its HTTP trigger",
    "async": "asynchronously",
    "sync": "synchronously",
    "destination": "because an invocation failed",
}
_PLACES = {"body": "the response body", "webhook": "the session webhook", "card": "a card"}
_ENDS = {"result": "returned", "error": "raised", "exit": "died", "init": "could not be imported"}
_SESSION = re.compile(r"(session=[0-9a-f]{8})[0-9a-f]+")


def story_text(message: Json, answers: list[Json], story: Json) -> str:
    """Return the story of a message, with what people saw of it at the end."""
    return "\n".join(_lines(message, answers, story))


def _lines(message: Json, answers: list[Json], story: Json) -> Iterator[str]:
    for delivery in [story, *story.get("redeliveries", ())]:
        if delivery["request"] is not None:
            yield from _callback(delivery["request"], delivery["response"])
    for invocation in story["invocations"]:
        yield from _invocation(invocation)
    for request in story["model"]:
        yield from _model(request)
    for post in story["webhook"]:
        yield "reply → DingTalk: post to the session webhook"
        yield from _wrapped(post["body"])
        yield f"DingTalk → reply: {post['status']}{_told(post)}"
        yield from _wrapped(post["answer"])
    for call in story.get("cards", ()):
        yield f"reply → DingTalk: {call['method']} {call['url']}"
        yield from _wrapped(call["body"])
        yield f"DingTalk → reply: {call['status']}{_told(call)}"
        yield from _wrapped(call["answer"])
    files = [entry.removeprefix("os.") for entry in story["files"] if not entry.startswith("os.mkdir")]
    yield from _list("Bucket", files, wrapped=False)
    yield from _list("Log lines", story["logs"], wrapped=True)
    yield from _end(message, answers)


def _told(call: Json) -> str:
    return f", as told by the fault {call['fault']}" if call["fault"] else ""


def _callback(request: Json, response: Json) -> Iterator[str]:
    yield f"DingTalk → conversation: {request['method']} {request['url']}"
    for name, value in request["headers"].items():
        yield f"    {name}: {value[:8] + '…' if name.lower() == 'sign' else value}"
    yield from _wrapped(request["body"])
    if response["status"] is None:
        yield f"conversation → DingTalk: {response['error']}"
        return
    yield f"conversation → DingTalk: {response['status']} after {response['ms']} ms"
    yield from _wrapped(response["body"])


def _invocation(invocation: Json) -> Iterator[str]:
    task = f", task {invocation['task_id']}" if invocation["task_id"] else ""
    yield (f"Function Compute runs {invocation['function']} {_WAYS[invocation['how']]}{task}: {invocation['state']}")
    for number, attempt in enumerate(invocation["attempts"], 1):
        cold = ", cold start" if attempt["cold"] else ""
        error = f", {attempt['error']}" if "error" in attempt else ""
        how_it_ended = _ENDS.get(attempt["result"], attempt["result"])
        yield f"    attempt {number}: {how_it_ended} after {attempt['ms']} ms{cold}{error}"


def _model(request: Json) -> Iterator[str]:
    if "logged" in request:
        told = [f"{name} {value}" for name, value in request.items() if name != "usage" and value is not None]
        counts = [f"{name} {value}" for name, value in request.get("usage", {}).items()]
        yield f"reply ↔ model, as reply logged it: {', '.join([*told, *counts])}"
        return
    yield f"reply → model: POST {request['path']}"
    yield from _wrapped(json.dumps(request["body"], ensure_ascii=False))
    times = [
        f"{what} after {ms} ms"
        for what, ms in (("first token", request["first_token_ms"]), ("complete", request["total_ms"]))
        if ms is not None
    ]
    usage = request["usage"]
    tokens = f"{usage['prompt_tokens']} + {usage['completion_tokens']} tokens"
    yield f"model → reply: {', '.join([str(request['status']), *times, tokens])}"
    yield from _wrapped(request["answer"])


def _end(message: Json, answers: list[Json]) -> Iterator[str]:
    for number, answer in enumerate(answers, 1):
        place = _PLACES[answer["via"]]
        count = f" {number} of {len(answers)}" if len(answers) > 1 else ""
        later = f"{answer['at'] - message['at']} ms after the question"
        yield f"Seen in the chat{count}: {answer['kind']} through {place}, {later}"
        yield from _wrapped(answer["text"])
    if not answers:
        yield f"Nothing was seen in the chat: {message['state']['why'] or 'no answer yet'}"


def _list(title: str, entries: list[str], *, wrapped: bool) -> Iterator[str]:
    if entries:
        yield f"{title}:"
    for entry in entries:
        yield from _wrapped(entry) if wrapped else [f"    {entry}"]


def _wrapped(text: str) -> Iterator[str]:
    short = _SESSION.sub(r"\1…", text)
    for line in short.splitlines():
        yield from textwrap.wrap(
            line,
            WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
            break_on_hyphens=False,
        ) or [""]
