"""Webhooks behind which nobody listens, for good or for a while, and those that expire while the model thinks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local.cloud import LocalCloud, Reply, Sent
from proof.fault_trials import WAIT_SECONDS
from proof.outcomes import ANSWERED, UNDELIVERABLE, judge
from proof.plan import Case, Plan
from proof.result import Result, Violation

HOST = "127.0.0.1"
AWAY_SECONDS = 0.5
"""Real seconds that DingTalk cannot be reached, where it comes back: half a minute of the instance's time and more."""


def special_trials(plan: Plan, result: Result) -> None:
    """Try each, in a private chat and in a group."""
    cases = [
        Case(f"{name}, {place}", {"name": name, "group": place == "group"})
        for name in ("connection refused", "connection refused for a while", "webhook expires while the model thinks")
        for place in ("private", "group")
    ]
    cases = plan.sample("special", cases)
    if not cases:
        return
    with plan.cloud(instances=4) as cloud:
        for case in cases:
            result.cases += 1
            sent, wanted = _tried(cloud, case)
            verdict = judge(cloud, sent)
            result.tally.add(verdict)
            if verdict.outcome != wanted or verdict.extra:
                result.violations.append(Violation(case.name, f"{verdict.outcome}, {cloud.describe(sent)}", wanted))
            cloud.reset()


def _tried(cloud: LocalCloud, case: Case) -> tuple[Sent, str]:
    if case.parameters["name"] == "connection refused":
        with _nobody() as port:
            return _delivered(cloud, case, port), UNDELIVERABLE
    if case.parameters["name"] == "connection refused for a while":
        with _nobody() as port:
            timer = threading.Timer(AWAY_SECONDS, _forward, (port, cloud.dingtalk.site.port))
            timer.daemon = True
            timer.start()
            sent = _delivered(cloud, case, port)
            timer.cancel()
            return sent, ANSWERED
    cloud.model.script(Reply(text="too late", first_token=1.5))
    cloud.switch_on("webhook-expired", times=1, seconds=6.0)
    return _delivered(cloud, case, 0), UNDELIVERABLE


def _delivered(cloud: LocalCloud, case: Case, port: int) -> Sent:
    person = cloud.person()
    place = cloud.group(person) if case.parameters["group"] else None
    sent = cloud.compose(person, case.name, place)
    if port:
        address = f"http://{HOST}:{port}/robot/sendBySession?session={sent.session}"
        sent.payload["sessionWebhook"] = address
    cloud.deliver(sent)
    cloud.wait(sent, WAIT_SECONDS)
    return sent


@contextmanager
def _nobody() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    yield port


def _forward(port: int, to: int) -> None:
    """Listen on `port`, and pass one connection on, both ways."""
    with socket.create_server((HOST, port)) as server:
        connection, _ = server.accept()
        with connection, socket.create_connection((HOST, to)) as other:
            back = threading.Thread(target=_copy, args=(other, connection), daemon=True)
            back.start()
            _copy(connection, other)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
    except OSError:
        pass  # one side has gone, and so does the other
