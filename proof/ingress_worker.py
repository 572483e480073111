"""One process of the ingress fuzz: the real entry point, called as FC calls it, with nothing behind it.

    python -m proof.ingress_worker '{"code": […], "seed": 1, "first": 0, "count": 1000}'

prints one line of JSON. It must import nothing of the functions before their code is on the path.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from local.loopback import hold
from proof.ingress_hostile import ADMIN
from proof.ingress_requests import CANARY, SECRET, TOKEN, Request, environ, event, request

SETTINGS = {
    "DINGTALK_APP_SECRET": SECRET,
    "CHATGPT_FUNCTION": "reply",
    "ADMIN_USERS": ADMIN,
    "SENSITIVE_WORDS": "forbidden",
    "MAX_QUESTION_LEN": "5000",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "access-key-id-of-the-fuzz",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "access-key-secret-of-the-fuzz",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "security-token-of-the-fuzz",
}
NEVER_LOGGED = (
    *(SECRET, TOKEN, CANARY, SETTINGS["ALIBABA_CLOUD_ACCESS_KEY_ID"]),
    *(SETTINGS["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], SETTINGS["ALIBABA_CLOUD_SECURITY_TOKEN"]),
)
STATUSES = frozenset({200, 400, 401, 404, 405, 413})
MOST = 20
"""Violations that one process reports in full."""


@dataclass
class Found:
    """What a process found. `refusals` are the forms of refusal by status: there must be one of each."""

    tried: Counter[str] = field(default_factory=Counter)
    refusals: dict[int, set[str]] = field(default_factory=dict)
    violations: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


class Trigger:
    """The entry point with what it is given: FC, its environment and standard output."""

    def __init__(self, found: Found) -> None:
        import conversation.outgoing as outgoing

        self.sent: list[Any] = []
        self._found = found
        vars(outgoing)["send"] = self._send  # before the entry point imports it: nothing leaves this process
        from conversation.index import handler

        self._handler = handler
        self._reply, self._refused = outgoing.Reply, outgoing.NotSent

    def _send(self, post: Any, _: float) -> Any:
        self.sent.append(post)
        status = (202, 202, 202, 409, 403)[len(post.body) % 5]
        return self._reply(status, "1-invoked", "AccessDenied" if status == 403 else "")

    def call(self, made: Request) -> tuple[int, str, str]:
        """Status, body and headers of the answer. Raises whatever the handler raises; AssertionError on its form."""
        context = SimpleNamespace(request_id="1-fuzz", account_id="1234567890", region="cn-fuzz")
        if made.fc2:
            return self._wsgi(environ(made, context))
        result = self._handler(event(made), context)
        assert isinstance(result, dict), f"a result of type {type(result).__name__}"
        json.dumps(result).encode()
        body, headers = result["body"], result["headers"]
        assert isinstance(body, str)
        assert isinstance(headers, dict)
        assert result["isBase64Encoded"] is False
        assert isinstance(result["statusCode"], int)
        body.encode()  # what FC sends must be UTF-8
        return result["statusCode"], body, _flat(headers)

    def _wsgi(self, given: Mapping[str, Any]) -> tuple[int, str, str]:
        started: list[Any] = []
        chunks = self._handler(given, lambda status, headers: started.append((status, headers)))
        assert isinstance(chunks, list)
        assert all(isinstance(chunk, bytes) for chunk in chunks)
        assert len(started) == 1, f"start_response was called {len(started)} times"
        status, headers = started[0]
        assert all(isinstance(text, str) for pair in headers for text in pair)
        return int(status.split()[0]), b"".join(chunks).decode(), _flat(dict(headers))


def _flat(headers: Mapping[str, str]) -> str:
    assert not any(sign in name + value for name, value in headers.items() for sign in "\r\n\0")
    return json.dumps(sorted((name.lower(), value) for name, value in headers.items()))


def tried(seed: int, first: int, count: int, keep: int) -> Found:
    """Try requests `first` to `first + count`; one event of `keep` handed over is kept."""
    found = Found()
    trigger = Trigger(found)
    real = sys.stdout
    for number in range(first, first + count):
        made = request(seed, number, round(time.time() * 1000))
        trigger.sent.clear()
        sys.stdout = log = io.StringIO()
        try:
            answer = trigger.call(made)
        except BaseException as problem:  # noqa: BLE001  # whatever escapes is what is looked for
            _report(found, made, f"{type(problem).__name__}: {problem}"[:300], "no exception, an answer of its form")
            continue
        finally:
            sys.stdout = real
        for violation in _violations(made, answer, len(trigger.sent), log.getvalue(), found):
            _report(found, made, *violation)
        if trigger.sent and number % keep == 0:
            found.events.append(trigger.sent[-1].body.decode("ascii"))
    return found


def _report(found: Found, made: Request, what: str, wanted: str) -> None:
    found.tried["violations"] += 1
    if len(found.violations) < MOST:
        found.violations.append((f"request {made.number}", f"{what}: {made.described()}", wanted))


def _violations(
    made: Request, answer: tuple[int, str, str], invoked: int, log: str, found: Found
) -> list[tuple[str, str]]:
    status, body, headers = answer
    broken = []
    found.tried[f"status {status}"] += 1
    found.tried["requests"] += 1
    found.tried["valid signatures"] += made.valid
    found.tried["invocations"] += invoked
    if status not in STATUSES:
        broken.append((f"status {status}", "never 5xx, and nothing unheard of"))
    if invoked and not (made.valid and made.method.upper() == "POST"):
        broken.append((f"{invoked} invocations without a valid signature", "none"))
    if made.method.upper() == "POST" and not made.valid and status not in (401, 413):
        broken.append((f"status {status} for a bad signature", "401, or 413"))
    if made.method.upper() == "HEAD":
        if body:
            broken.append((f"a body for HEAD: {body[:100]}", "none"))
    elif status != 200:
        found.refusals.setdefault(status, set()).add(f"{body} {headers}")
    elif body and not isinstance(json.loads(body), dict):
        broken.append((f"a body that is no object: {body[:100]}", "a JSON object"))
    return broken + _in_log(log)


def _in_log(log: str) -> list[tuple[str, str]]:
    lines = log.splitlines()
    broken = [
        (f"{secret!r} in the log: {log[:400]}", "no secret, webhook or text")
        for secret in NEVER_LOGGED
        if secret in log
    ]
    if len(lines) != 1:
        return [*broken, (f"{len(lines)} log lines: {log[:400]}", "one")]
    try:
        line = json.loads(lines[0])
    except ValueError:
        return [*broken, (f"a line that is no JSON: {log[:400]}", "JSON")]
    if line.get("event") == "fault" or "event" not in line:
        broken.append((f"a fault of the program: {log[:400]}", "none"))
    return broken


def main(argument: str) -> None:
    """Do what the argument asks (JSON), and print what was found."""
    hold()
    asked = json.loads(argument)
    sys.path[:0] = asked["code"]
    for name in list(os.environ):
        if name not in ("PATH", "LANG", "LC_ALL", "HOME"):
            del os.environ[name]
    os.environ.update(SETTINGS)
    found = tried(asked["seed"], asked["first"], asked["count"], asked["keep"])
    refusals = {status: sorted(forms) for status, forms in found.refusals.items()}
    told = {"tried": found.tried, "violations": found.violations, "events": found.events, "refusals": refusals}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
